"""Judging candidates: cheap checks, the gate, the checks that leave this process, and the row for each."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inkling.core.errors import StoreError
from inkling.core.events import Decision, Feature, Silence
from inkling.core.ports import (
    N_PREVIOUS,
    GateInput,
    NameVerdict,
    PreviousSuggestion,
    RequestInput,
    SyntaxVerdict,
)
from inkling.core.settings import Settings
from inkling.core.snapshot import Snapshot
from inkling.core.suggestion import (
    Candidate,
    Check,
    CompletionRequest,
    NoSuggestion,
    Reason,
    Scored,
    Suggestion,
    Trigger,
    new_suggestion_id,
)
from inkling.core.text import line_prefix, line_start, position_at, split_lines
from inkling.features.checks import repeats_suffix
from inkling.features.completion_ports import CompletionPorts
from inkling.features.gate import Asking, Bar, decide

logger = logging.getLogger(__name__)

N_PROJECT_DIGITS = 6  # hexadecimal; tell a user's few folders of one name apart
REASON_OF_NAMES = {
    NameVerdict.UNKNOWN_ATTRIBUTE: Reason.UNKNOWN_ATTRIBUTE,
    NameVerdict.UNKNOWN_IMPORT: Reason.UNKNOWN_IMPORT,
}
"""Why a candidate is dropped by what is known of its names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request on its way through the feature.

    Attributes:
        request: What was asked.
        asking: What the first stage of the gate said.
        started_at_s: When it came, on the clock of `time.perf_counter`.
    """

    request: CompletionRequest
    asking: Asking
    started_at_s: float

    @property
    def elapsed_s(self) -> float:
        """Returns the seconds since it came."""
        return time.perf_counter() - self.started_at_s


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A candidate after checks and gate."""

    candidate: Candidate
    reason: Reason | None
    checked: frozenset[Check] = frozenset()
    scored: Scored | None = None
    threshold: float
    propensity: float = 0.0
    was_explored: bool = False


class Judge:
    """Decides about candidates, and writes every decision down."""

    def __init__(self, ports: CompletionPorts, settings: Settings) -> None:
        self._ports = ports
        self._settings = settings
        self._projects: dict[Path, str] = {}
        self._previous: deque[PreviousSuggestion] = deque(maxlen=N_PREVIOUS)

    def configure(self, settings: Settings) -> None:
        """Takes new settings."""
        self._settings = settings

    def open_folders(self, folders: tuple[Path, ...]) -> None:
        """Takes the workspace folders: paths in the event store are relative to them, and each is a project there."""
        hash_of = self._ports.log.fingerprint
        self._projects = {folder: f"{folder.name}-{hash_of(str(folder))[:N_PROJECT_DIGITS]}" for folder in folders}

    def known_before(self, request: CompletionRequest) -> RequestInput:
        """Returns what the first stage of the gate may look at."""
        return RequestInput(
            request=request,
            at_ms=_now_ms(),
            project=self._project(request.snapshot),
            recent_outcomes=self._ports.log.recent_outcomes(),
            previous=self._shown_before(request),
        )

    def probability(self, request: CompletionRequest, candidate: Candidate) -> float:
        """Returns the probability that a candidate is accepted."""
        return self._ports.model.score(self._gate_input(request, candidate)).probability

    async def choose(
        self, question: Question, candidates: Sequence[Candidate], at_most: int = 1
    ) -> Suggestion | NoSuggestion:
        """Judges candidates in order until so many may be shown, and records all that were judged.

        Returns:
            The first that may be shown, with the others as its alternatives; or why the first candidate may not.
        """
        decisions: list[Decision] = []
        shown: list[Suggestion] = []
        silence = NoSuggestion(reason=Reason.NO_CANDIDATE)
        for candidate in candidates:
            judged = await self._judge(question, candidate)
            decision = self._to_decision(question, judged)
            if judged.reason is None and judged.scored is not None:
                shown.append(_to_suggestion(question.request, judged, judged.scored, decision))
            elif not decisions and judged.reason is not None:
                silence = NoSuggestion(reason=judged.reason, probability=decision.probability)
            decisions.append(decision)
            if len(shown) == at_most:
                break
        self._record(decisions)
        if not shown:
            return silence
        first, *others = shown
        self._remember(question.request, first.candidate)
        return replace(first, alternatives=tuple(others))

    def drop(self, question: Question, candidate: Candidate, reason: Reason) -> None:
        """Records that a candidate is not shown, for a reason that needs no judging."""
        threshold = self._ports.model.threshold(self._settings.gate)
        dropped = _Judged(candidate=candidate, reason=reason, threshold=threshold)
        self._record([self._to_decision(question, dropped)])

    def _record(self, decisions: Sequence[Decision]) -> None:
        if decisions:
            self._ports.background.start(logged(self._ports.log.record_decisions(decisions)))

    async def _judge(self, question: Question, candidate: Candidate) -> _Judged:
        """Cheap checks first; the first that fails gives the reason."""
        request, asking, gate = question.request, question.asking, self._settings.gate
        # One chance a request: with two, the log could not tell which of them let a suggestion through.
        explore = 0.0 if asking.was_explored else gate.explore
        bar = Bar(threshold=self._ports.model.threshold(gate), explore=explore)

        def drop(reason: Reason, checked: frozenset[Check] = frozenset()) -> _Judged:
            return _Judged(candidate=candidate, reason=reason, checked=checked, threshold=bar.threshold)

        if repeats_suffix(request, candidate):
            return drop(Reason.REPEATS_SUFFIX)
        if request.trigger is Trigger.AUTOMATIC and self._was_rejected(request, candidate):
            return drop(Reason.REJECTED_BEFORE)
        scored = self._ports.model.score(self._gate_input(request, candidate))
        verdict = decide(scored, request.trigger, bar, self._ports.draw())
        reason, checked = verdict.reason, frozenset[Check]()
        if reason is None:
            # Only what would be shown is worth the time of the checks that leave this process.
            reason, checked = await self._verify(request, candidate)
        # A check is no policy: what it drops would not be shown in any draw.
        is_dropped_by_check = reason is not None and verdict.reason is None
        return _Judged(
            candidate=candidate,
            reason=reason,
            checked=checked,
            scored=scored,
            threshold=verdict.threshold,
            propensity=0.0 if is_dropped_by_check else asking.propensity * verdict.propensity,
            was_explored=(asking.was_explored or verdict.was_explored) and reason is None,
        )

    def _gate_input(self, request: CompletionRequest, candidate: Candidate) -> GateInput:
        return GateInput(
            request=request,
            candidate=candidate,
            at_ms=_now_ms(),
            project=self._project(request.snapshot),
            recent_outcomes=self._ports.log.recent_outcomes(),
            previous=self._shown_before(request),
        )

    def _shown_before(self, request: CompletionRequest) -> tuple[PreviousSuggestion, ...]:
        """Returns what was shown, without answers to this very question: asking twice must not hide an answer."""
        question = (request.snapshot.uri, request.snapshot.version, request.offset)
        return tuple(shown for shown in self._previous if (shown.uri, shown.version, shown.offset) != question)

    def _remember(self, request: CompletionRequest, candidate: Candidate) -> None:
        shown = PreviousSuggestion(
            uri=request.snapshot.uri,
            version=request.snapshot.version,
            offset=request.offset,
            n_chars=len(candidate.text),
        )
        self._previous = deque((*self._shown_before(request), shown), maxlen=N_PREVIOUS)

    async def _verify(self, request: CompletionRequest, candidate: Candidate) -> tuple[Reason | None, frozenset[Check]]:
        """Asks the syntax and the name checker side by side; returns why not, and what was verified."""
        syntax, names = await asyncio.gather(
            self._ports.syntax.check(request, candidate), self._ports.names.check(request, candidate)
        )
        checked = frozenset({Check.PARSES} if syntax is SyntaxVerdict.PARSES else ()) | (
            frozenset({Check.NAMES_EXIST}) if names is NameVerdict.EXIST else frozenset()
        )
        if syntax is SyntaxVerdict.BREAKS:
            return Reason.DOES_NOT_PARSE, checked
        return REASON_OF_NAMES.get(names), checked

    def _was_rejected(self, request: CompletionRequest, candidate: Candidate) -> bool:
        return self._ports.log.was_rejected(
            context_fingerprint=self._context_fingerprint(request),
            text_fingerprint=self._text_fingerprint(request, candidate),
        )

    def _context_fingerprint(self, request: CompletionRequest) -> str:
        """A place is known again by its file and the nearest line above that is not blank."""
        text = request.snapshot.text
        above = text[: line_start(text, request.offset)].rstrip()
        line_above = above[line_start(above, len(above)) :].strip()
        return self._ports.log.fingerprint(f"{self._display_path(request.snapshot)}\n{line_above}")

    def _text_fingerprint(self, request: CompletionRequest, candidate: Candidate) -> str:
        """A text is known again by the line it completes, however much of that was typed and whatever follows it."""
        lines = split_lines(line_prefix(request.snapshot.text, request.offset) + candidate.text.lstrip("\r\n"))
        return self._ports.log.fingerprint("".join(lines[:1]).strip())

    def _display_path(self, snapshot: Snapshot) -> str:
        if snapshot.path is None:
            return snapshot.uri.rsplit("/", 1)[-1]
        folder = self._folder(snapshot)
        return snapshot.path.name if folder is None else snapshot.path.relative_to(folder).as_posix()

    def _project(self, snapshot: Snapshot) -> str:
        """Returns the name of the workspace folder with a short keyed hash, so that two of one name differ."""
        folder = self._folder(snapshot)
        return "" if folder is None else self._projects[folder]

    def _folder(self, snapshot: Snapshot) -> Path | None:
        path = snapshot.path
        return None if path is None else next((each for each in self._projects if path.is_relative_to(each)), None)

    def _to_decision(self, question: Question, judged: _Judged) -> Decision:
        request, candidate, scored = question.request, judged.candidate, judged.scored
        keeps_text = self._settings.telemetry.store_text
        return Decision(
            suggestion_id=new_suggestion_id(),
            at_ms=_now_ms(),
            feature=Feature.COMPLETION,
            trigger=request.trigger,
            source=candidate.source,
            was_offered=judged.reason is None,
            reason=judged.reason,
            probability=scored.probability if scored else None,
            threshold=judged.threshold,
            propensity=judged.propensity,
            model_version=scored.model_version if scored else "",
            features=scored.features if scored else {},
            checked=judged.checked,
            path=self._display_path(request.snapshot),
            line=position_at(request.snapshot.text, request.offset).line,
            n_chars=len(candidate.text),
            n_lines=len(candidate.text.splitlines()),
            text_fingerprint=self._text_fingerprint(request, candidate),
            context_fingerprint=self._context_fingerprint(request),
            latency_ms=question.elapsed_s * 1000,
            was_explored=judged.was_explored,
            project=self._project(request.snapshot),
            text=candidate.text if keeps_text else None,
            line_prefix=line_prefix(request.snapshot.text, request.offset) if keeps_text else "",
        )

    def stay_silent(self, question: Question, reason: Reason) -> NoSuggestion:
        """Records why there is nothing; with what the first stage said where that is the reason."""
        request, text = question.request, question.request.snapshot.text
        asking = question.asking if reason is Reason.NOT_WORTH_ASKING else None
        silence = Silence(
            at_ms=_now_ms(),
            feature=Feature.COMPLETION,
            trigger=request.trigger,
            reason=reason,
            path=self._display_path(request.snapshot),
            line=position_at(text, request.offset).line,
            latency_ms=question.elapsed_s * 1000,
            project=self._project(request.snapshot),
            probability=asking.probability if asking else None,
            threshold=asking.threshold if asking else None,
            propensity=asking.propensity if asking else None,
        )
        self._ports.background.start(logged(self._ports.log.record_silence(silence)))
        return NoSuggestion(reason=reason, probability=silence.probability)


def _to_suggestion(request: CompletionRequest, judged: _Judged, scored: Scored, decision: Decision) -> Suggestion:
    return Suggestion(
        id=decision.suggestion_id,
        candidate=judged.candidate,
        offset=request.offset,
        version=request.snapshot.version,
        scored=scored,
        checked=judged.checked,
    )


async def logged(recording: Awaitable[None]) -> None:
    """Awaits a recording; a decision that cannot be stored costs a line in the log, not the suggestion."""
    try:
        await recording
    except StoreError as error:
        logger.error("a decision was not recorded: %s", error)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
