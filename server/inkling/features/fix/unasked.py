"""Fixes that nobody asked for: looked for in idle time after a test failed, and offered only when they are verified."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from inkling.core.execution import CaseOutcome, ProjectView, ResourceLimits, SuiteRun
from inkling.core.ports import Background, Clock, Timer, WorkspaceScope
from inkling.core.repair import PatchVerdict, RepairBudget, RepairProgress
from inkling.core.settings import FixOnFailure, GateSettings, Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Reason, Scored, SuggestionId, Trigger
from inkling.features.fix.feature import FixFeature
from inkling.features.fix.recorder import MODEL_VERSION, FixRecorder
from inkling.features.fix.request import FailingTests, FixOutcome, FixRequest, OfferedFix
from inkling.features.fix.tests_of import failing, file_of
from inkling.features.gate import Bar, Verdict, decide

logger = logging.getLogger(__name__)

IDLE_S = 3.0  # without a key: longer than people pause within a thought
HOLD_S = 20.0  # until the machine is looked at again
MAX_HOLDS = 30  # ten minutes; who runs something else for longer has forgotten the test
MAX_ATTEMPTS = 5  # searches for one failing run that typing may stop before it is given up
MOST_LOAD = 0.7  # of the processors, over the last minute; above it somebody needs them
FAST_S = 0.5  # a test that is run on saving takes no longer
ALL_FAST_S = 2.0  # and all of them together


class Machine(Protocol):
    """Tells whether the machine has time and power to spare."""

    async def is_on_battery(self) -> bool:
        """Tells whether it runs on battery; False where that cannot be told."""
        ...

    async def load(self) -> float:
        """Returns how many processes ran or waited in the last minute, for each processor; 0 where that is unknown."""
        ...


class FixEditor(Protocol):
    """The editor, as far as it has to do with fixes that nobody asked for."""

    async def view(self, folder: Path) -> ProjectView | None:
        """Returns a project as the user sees it now; None where its tests may not be run."""
        ...

    def offer(self, outcome: FixOutcome, offered: OfferedFix) -> None:
        """Shows a light bulb and a quiet hint at the fix's place."""
        ...

    def withdraw(self, fix_id: SuggestionId) -> None:
        """Takes them away again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UnaskedPorts:
    """What fixes that nobody asked for are made with.

    Attributes:
        feature: Looks for them.
        recorder: Writes down what was offered and what was not.
        machine: Says when there is time.
        clock: Waits.
        background: Runs the search.
        threshold: Returns the least probability to show that the user's setting of the knob amounts to now.
    """

    feature: FixFeature
    recorder: FixRecorder
    machine: Machine
    clock: Clock
    background: Background
    threshold: Callable[[GateSettings], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of a test from its last run: how long it took, and which files it needs."""

    duration_s: float
    files: frozenset[PurePosixPath]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """What is kept of a run."""

    known: Mapping[str, _Known]
    passed: frozenset[str]
    failed: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Pending:
    """Failing tests of one folder that wait for a search."""

    node_ids: tuple[str, ...]
    n_attempts: int = 0
    n_holds: int = 0


@dataclass(slots=True, kw_only=True)
class _Offer:
    """A fix on offer: the files that it is for, and the tests that it mends."""

    folder: Path
    files: frozenset[Path]
    node_ids: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Folder:
    """What is known of one project."""

    tests: dict[str, _Known] = field(default_factory=dict)
    n_changes: int = 0
    searched: tuple[tuple[str, ...], int] | None = None


class UnaskedFixes:
    """Looks for fixes of failing tests when nothing else is to be done, one search at a time."""

    def __init__(self, ports: UnaskedPorts) -> None:
        self._ports = ports
        self._settings = Settings()
        self._editor: FixEditor | None = None
        self._folders: dict[Path, _Folder] = {}
        self._pending: dict[Path, _Pending] = {}
        self._offers: dict[SuggestionId, _Offer] = {}
        self._versions: dict[DocumentUri, int] = {}
        self._timer: Timer | None = None
        self._last_edit_ms = 0
        self._is_working = False
        self._searched: tuple[Path, _Pending] | None = None

    def configure(self, settings: Settings) -> None:
        """Takes new settings."""
        self._settings = settings
        if settings.fix.on_failure is FixOnFailure.OFF:
            self._pending.clear()

    def attach(self, editor: FixEditor) -> None:
        """Takes the editor that fixes are offered to; without one nothing is looked for."""
        self._editor = editor

    @property
    def wants_coverage(self) -> bool:
        """Whether runs should tell which files each test needs, so that saving one of them can run it again."""
        return self._settings.fix.on_failure is FixOnFailure.SAVE

    async def tests_ended(self, folder: Path, run: SuiteRun) -> None:
        """Takes what came of tests that the user ran."""
        ended = await asyncio.to_thread(_read_run, run)
        known = self._folders.setdefault(folder, _Folder())
        known.tests.update(ended.known)
        for fix_id, offer in list(self._offers.items()):
            if offer.folder == folder and ended.passed.issuperset(offer.node_ids):
                self._withdraw(fix_id)
        if ended.failed:
            self._want(folder, ended.failed)
        elif folder in self._pending and ended.passed.issuperset(self._pending[folder].node_ids):
            del self._pending[folder]

    def asked(self, folder: Path) -> None:
        """Takes that somebody asks for a fix there: that search is the one to be made."""
        self._pending.pop(folder, None)
        if self._searched is not None and self._searched[0] == folder:
            self._searched[1].n_attempts = MAX_ATTEMPTS

    def open_workspace(self, scope: WorkspaceScope) -> None:
        """Forgets folders that are no longer open."""
        self._folders = {
            folder: known
            for folder, known in self._folders.items()
            if any(folder.is_relative_to(each) for each in scope.folders)
        }

    def document_changed(self, snapshot: Snapshot) -> None:
        """Takes that somebody typed: a search that runs is stopped, and offers for the file are gone.

        A document that is only opened, or told of again, changes nothing.
        """
        known = self._versions.get(snapshot.uri)
        self._versions[snapshot.uri] = snapshot.version
        if known in (None, snapshot.version):
            return
        self._last_edit_ms = self._ports.clock.now_ms()
        if self._searched is not None:
            self._ports.feature.stop_unasked(self._searched[0])
        if snapshot.path is None:
            return
        self._changed(snapshot.path)
        for fix_id, offer in list(self._offers.items()):
            if snapshot.path in offer.files:
                self._withdraw(fix_id)

    def document_closed(self, uri: DocumentUri) -> None:
        """Forgets a document."""
        self._versions.pop(uri, None)

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that were saved, created, renamed or deleted."""
        for path in paths:
            self._saved(path)

    def _saved(self, path: Path) -> None:
        """Where that is set, runs the tests again that need a file, if they are fast."""
        self._changed(path)
        if self._settings.fix.on_failure is not FixOnFailure.SAVE:
            return
        for folder, known in self._folders.items():
            if path.is_relative_to(folder):
                fast = _fast_tests(known, PurePosixPath(path.relative_to(folder).as_posix()))
                if fast:
                    self._want(folder, fast)

    def _changed(self, path: Path) -> None:
        for folder, known in self._folders.items():
            if path.is_relative_to(folder):
                known.n_changes += 1

    def _want(self, folder: Path, node_ids: tuple[str, ...]) -> None:
        if self._settings.fix.on_failure is FixOnFailure.OFF or self._editor is None:
            return
        known = self._folders[folder]
        if known.searched == (node_ids, known.n_changes):
            return  # nothing has changed since the last search for these tests
        self._pending[folder] = _Pending(node_ids=node_ids)
        self._look_in(IDLE_S)

    def _look_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._ports.clock.call_later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._pending or self._is_working:
            return
        idle_s = (self._ports.clock.now_ms() - self._last_edit_ms) / 1000
        if idle_s < IDLE_S:
            self._look_in(IDLE_S - idle_s)
            return
        self._is_working = True
        self._ports.background.start(self._work())

    async def _work(self) -> None:
        folder = next(iter(self._pending))
        pending = self._pending[folder]
        try:
            if await self._is_held_back():
                pending.n_holds += 1
                if pending.n_holds > MAX_HOLDS:
                    self._drop(folder, pending)
                return
            self._drop(folder, pending)
            self._searched = folder, pending
            was_done = await self._search(folder, pending)
            if not was_done and folder not in self._pending and pending.n_attempts < MAX_ATTEMPTS:
                pending.n_attempts += 1
                self._pending[folder] = pending
        finally:
            self._searched = None
            self._is_working = False
            if self._pending:
                self._look_in(HOLD_S if pending.n_holds else IDLE_S)

    def _drop(self, folder: Path, pending: _Pending) -> None:
        if self._pending.get(folder) is pending:
            del self._pending[folder]

    async def _is_held_back(self) -> bool:
        if not self._settings.fix.on_battery and await self._ports.machine.is_on_battery():
            return True
        return await self._ports.machine.load() > MOST_LOAD

    async def _search(self, folder: Path, pending: _Pending) -> bool:
        """Returns whether the search came to its end."""
        view = await self._editor.view(folder) if self._editor is not None else None
        if view is None:
            return True
        known = self._folders[folder]
        state = (pending.node_ids, known.n_changes)
        settings = self._settings
        request = FixRequest(
            view=view,
            target=FailingTests(node_ids=pending.node_ids),
            # What a model's tokens cost, only who asks may spend.
            budget=RepairBudget(wall_s=settings.fix.budget_seconds, n_processes=1, n_model_tokens=0),
            limits=ResourceLimits(wall_s=settings.sandbox.timeout_seconds, memory_mb=settings.sandbox.memory_mb),
            is_unasked=True,
        )
        outcome = await self._ports.feature.fix_unasked(request, _log_progress)
        if outcome is None:
            return False
        known.searched = state
        if outcome.offered and outcome.offered[0].fix.judged.verdict is PatchVerdict.VERIFIED:
            self._offer(outcome, outcome.offered[0])
        else:
            self._ports.recorder.silent(request, outcome)
        return True

    def _offer(self, outcome: FixOutcome, offered: OfferedFix) -> None:
        verdict = self._verdict(outcome, offered)
        self._ports.recorder.judged(outcome, offered, verdict)
        if verdict.reason is not None or self._editor is None:
            logger.debug("a fix stays hidden reason=%s", verdict.reason)
            return
        files = {outcome.view.folder / edit.path for edit in offered.fix.judged.patch.edits}
        self._offers[offered.id] = _Offer(
            folder=outcome.view.folder, files=frozenset(files), node_ids=offered.fix.evidence.failed_before
        )
        self._editor.offer(outcome, offered)

    def _verdict(self, outcome: FixOutcome, offered: OfferedFix) -> Verdict:
        """The gate, as for every suggestion; nothing is shown at random: a fix that is likely wrong teaches nothing."""
        threshold = self._ports.threshold(self._settings.gate)
        if self._ports.recorder.was_rejected(outcome, offered):
            return Verdict(reason=Reason.REJECTED_BEFORE, threshold=threshold, propensity=0.0)
        scored = Scored(probability=offered.fix.judged.probability, features={}, model_version=MODEL_VERSION)
        return decide(scored, Trigger.AUTOMATIC, Bar(threshold=threshold, explore=0.0), draw=1.0)

    def _withdraw(self, fix_id: SuggestionId) -> None:
        del self._offers[fix_id]
        if self._editor is not None:
            self._editor.withdraw(fix_id)


def _read_run(run: SuiteRun) -> _Ended:
    """Returns what is kept of a run; it may have ten thousand tests, so this belongs in a thread."""
    known = {}
    for case in run.cases:
        files = [path for path, lines in run.coverage.get(case.node_id, {}).items() if lines]
        known[case.node_id] = _Known(duration_s=case.duration_s, files=frozenset({*files, file_of(case.node_id)}))
    return _Ended(
        known=known,
        passed=frozenset(case.node_id for case in run.cases if case.outcome is CaseOutcome.PASSED),
        failed=tuple(case.node_id for case in failing(run.cases)),
    )


def _fast_tests(known: _Folder, path: PurePosixPath) -> tuple[str, ...]:
    """Returns tests that need a file, the fastest first, as many as are fast together."""
    needing: Iterable[tuple[str, _Known]] = (item for item in known.tests.items() if path in item[1].files)
    chosen, total_s = [], 0.0
    for node_id, test in sorted(needing, key=lambda item: item[1].duration_s):
        total_s += test.duration_s
        if test.duration_s > FAST_S or total_s > ALL_FAST_S:
            break
        chosen.append(node_id)
    return tuple(chosen)


def _log_progress(progress: RepairProgress) -> None:
    logger.debug("unasked search n_tried=%d n_plausible=%d", progress.n_tried, progress.n_plausible)
