"""*Fix with feedback*: from something that fails to fixes with evidence, or to clear words why there are none."""

import asyncio
import contextlib
import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from inkling.core.errors import SandboxError, UnreadableFileError, UserError
from inkling.core.execution import Collection, ProjectView, SuiteRequest, SuiteRun
from inkling.core.repair import (
    Evidence,
    Failure,
    Fix,
    FixAnswer,
    JudgedPatch,
    Judgement,
    NoFixReason,
    PatchVerdict,
    RepairProgress,
    RepairRequest,
)
from inkling.core.suggestion import new_suggestion_id
from inkling.features.fix import words
from inkling.features.fix.choice import NONE_OF_THEM, consistent_with, proposed
from inkling.features.fix.hint import hint_words
from inkling.features.fix.ports import FixTools, OpenTools
from inkling.features.fix.recorder import FixRecorder
from inkling.features.fix.reproduction import Reproduced, Reproduction
from inkling.features.fix.request import FixOutcome, FixRequest, NoFix, OfferedFix, Place
from inkling.features.fix.search import Found, OnProgress, search_and_judge
from inkling.features.fix.verification import Verification, unified_diff

MAX_SUSPICIOUS = 10  # lines that are shown
MAX_SESSIONS = 8  # searches whose question can still be answered
LEAST_SEARCH_SHARE = 0.5  # of the budget, however long it took to see the failure


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """A search that found something, kept for the answer to its question."""

    request: FixRequest
    repair: RepairRequest
    reproduced: Reproduced
    found: Found
    judgement: Judgement
    started_at_s: float
    texts: Mapping[PurePosixPath, str]
    answered: str = ""


class FixFeature:
    """Looks for fixes, one search in a folder at a time."""

    def __init__(self, open_tools: OpenTools, recorder: FixRecorder) -> None:
        self._open_tools = open_tools
        self._recorder = recorder
        self._running: set[Path] = set()
        self._unasked: dict[Path, asyncio.Task[FixOutcome]] = {}
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    async def fix(self, request: FixRequest, on_progress: OnProgress) -> FixOutcome:
        """Returns fixes or why there are none; cancelled, it leaves nothing behind.

        A search that nobody asked for makes room for one that somebody asks for.
        """
        await self._end_unasked(request.view.folder)
        outcome = await self._alone_in_folder(request, on_progress)
        if request.is_hint:
            outcome = _with_hint_only(outcome)
        self._recorder.answered(request, outcome)
        return outcome

    async def fix_unasked(self, request: FixRequest, on_progress: OnProgress) -> FixOutcome | None:
        """Returns the same for a search that nobody waits for; None where it was stopped, or another one runs."""
        folder = request.view.folder
        if folder in self._running:
            return None
        # A task of its own, so that it can be stopped without stopping who waits here; it ends with this call.
        search = asyncio.create_task(self._alone_in_folder(request, on_progress))
        self._unasked[folder] = search
        try:
            await asyncio.wait([search])
            return None if search.cancelled() else search.result()
        finally:
            del self._unasked[folder]
            await _end(search)

    def stop_unasked(self, folder: Path) -> None:
        """Stops a search in a folder that nobody waits for, if there is one."""
        search = self._unasked.get(folder)
        if search is not None:
            search.cancel()

    async def answer_question(self, session_id: str, answer: int, on_progress: OnProgress) -> FixOutcome:
        """Returns the fixes that are left after the user answered the question of a search.

        Args:
            session_id: Names the search.
            answer: Index of the right answer; `choice.NONE_OF_THEM` where none is.
            on_progress: Is told what is being tried.

        Raises:
            UserError: The search is forgotten, had no question, or no such answer.
            SandboxError: There is no sandbox, or it failed.
        """
        session = self._sessions.get(session_id)
        question = session.judgement.question if session else None
        if session is None or question is None:
            raise UserError(words.FORGOTTEN)
        if not NONE_OF_THEM <= answer < len(question.answers):
            raise UserError(f"There are {len(question.answers)} answers to choose from; {answer} is none of them.")
        left = consistent_with(session.judgement.patches, question, answer)
        judgement = Judgement(patches=left)
        tools = await self._open_tools(gives_way=False)
        if len({judged.behaviour for judged in left}) > 1:
            # What the others agreed on has changed, and so has what to ask next.
            again = await tools.judge.judge(session.repair, [judged.patch for judged in left])
            judgement = _with_probabilities_of(left, again)
        is_known = answer != NONE_OF_THEM
        answered = f"{question.call} gives {question.answers[answer]}" if is_known else session.answered
        outcome = await self._show(tools, replace(session, judgement=judgement, answered=answered), on_progress)
        self._recorder.answered(session.request, outcome)
        return outcome

    async def run_tests(self, request: SuiteRequest) -> SuiteRun:
        """Returns what came of tests. A search that nobody asked for makes room.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        await self._end_unasked(request.view.folder)
        tools = await self._open_tools(gives_way=False)
        return await tools.suites.run_suite(request)

    async def collect_tests(self, request: SuiteRequest) -> Collection:
        """Returns the tests that a request names without running any.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        tools = await self._open_tools(gives_way=False)
        return await tools.suites.collect(request)

    async def _end_unasked(self, folder: Path) -> None:
        search = self._unasked.get(folder)
        if search is not None:
            await _end(search)

    async def _alone_in_folder(self, request: FixRequest, on_progress: OnProgress) -> FixOutcome:
        folder = request.view.folder
        if folder in self._running:
            return self._outcome(request, _without_fix(NoFix(reason=NoFixReason.BUSY, message=words.BUSY)))
        self._running.add(folder)
        try:
            return await self._fix(request, on_progress)
        except SandboxError as error:
            return self._outcome(request, _without_fix(NoFix(reason=NoFixReason.NO_SANDBOX, message=str(error))))
        finally:
            self._running.discard(folder)

    async def _fix(self, request: FixRequest, on_progress: OnProgress) -> FixOutcome:
        started_at_s = time.monotonic()

        def tell(doing: str) -> None:
            on_progress(RepairProgress(doing=doing, n_tried=0, n_plausible=0))

        tell("starting the sandbox")
        tools = await self._open_tools(gives_way=request.is_unasked)
        reproduced = await Reproduction(tools, request, tell).reproduce()
        if isinstance(reproduced, NoFix):
            answer = replace(_without_fix(reproduced), seconds=time.monotonic() - started_at_s)
            answer = await self._with_linter(tools, request, answer)
            return await self._with_texts(tools, self._outcome(request, answer))
        elapsed_s = time.monotonic() - started_at_s
        wall_s = request.budget.wall_s
        left_s = max(wall_s - elapsed_s, wall_s * LEAST_SEARCH_SHARE)
        repair = RepairRequest(
            view=reproduced.view, failure=reproduced.failure, budget=replace(request.budget, wall_s=left_s)
        )
        # Before the search, so that a file which another program changes meanwhile is known to be another one.
        texts = await _texts(tools, request.view, reproduced.failure)
        found, judgement = await search_and_judge(tools, repair, on_progress)
        if reproduced.program is not None:
            judgement = _never_sure(judgement)
        session = _Session(
            request=request,
            repair=repair,
            reproduced=reproduced,
            found=found,
            judgement=judgement,
            started_at_s=started_at_s,
            texts=texts,
        )
        return await self._show(tools, session, on_progress)

    async def _show(self, tools: FixTools, session: _Session, on_progress: OnProgress) -> FixOutcome:
        """Runs the best patches anew and says what is known; keeps the session where there is something to ask."""
        request, reproduced, judgement = session.request, session.reproduced, session.judgement
        candidates = proposed(judgement.patches, request.precision)
        fixes: list[Fix] = []
        if candidates:
            n_plausible = len(session.found.patches)
            on_progress(
                RepairProgress(
                    doing="running the tests once more with what was found",
                    n_tried=session.found.n_tried,
                    n_plausible=n_plausible,
                )
            )
            verification = Verification(tools, request, reproduced, session.answered)
            fixes = await verification.fixes(candidates)
        is_sure = bool(fixes) and fixes[0].judged.verdict is PatchVerdict.VERIFIED
        answer = FixAnswer(
            fixes=tuple(fixes),
            reason=None,
            message="",
            failure=reproduced.failure,
            question=None if is_sure else judgement.question,
            n_tried=session.found.n_tried,
            seconds=time.monotonic() - session.started_at_s,
        )
        outcome = await self._with_texts(tools, self._outcome(request, _in_words(answer, session)), session.texts)
        if outcome.answer.question is not None:
            self._sessions[outcome.session_id] = session
            if len(self._sessions) > MAX_SESSIONS:
                self._sessions.popitem(last=False)
        return outcome

    async def _with_linter(self, tools: FixTools, request: FixRequest, answer: FixAnswer) -> FixAnswer:
        """Adds the linter's own fixes where a tool's finding cannot be tested."""
        place = request.target
        if answer.reason is not NoFixReason.NO_TEST_REACHES_IT or not isinstance(place, Place):
            return answer
        fixes = []
        for patch in await tools.linter.fixes(request.view, place.path, place.first_line):
            patched = await tools.texts.patched(request.view, patch.edits)
            fixes.append(
                Fix(
                    judged=JudgedPatch(patch=patch, probability=0.0, verdict=PatchVerdict.UNTESTED),
                    evidence=Evidence(failed_before=(), n_others_pass=0, n_not_run=0, n_inputs=0),
                    diff=await unified_diff(tools.texts, request.view, patched),
                )
            )
        if not fixes:
            return answer
        return replace(answer, fixes=tuple(fixes), reason=None, message=f"{answer.message} {words.LINTER_FIX}")

    async def _with_texts(
        self, tools: FixTools, outcome: FixOutcome, known: Mapping[PurePosixPath, str] = MappingProxyType({})
    ) -> FixOutcome:
        """Adds the texts of the files that the answer speaks of, where they are known as the search saw them."""
        paths = {edit.path for fix in outcome.answer.fixes for edit in fix.judged.patch.edits}
        if outcome.answer.failure is not None:
            paths.update(line.path for line in outcome.answer.failure.suspicious[:MAX_SUSPICIOUS])
        texts = {path: known[path] for path in paths & known.keys()}
        for path in paths - known.keys():
            with contextlib.suppress(UnreadableFileError):
                texts[path] = await tools.texts.text(outcome.view, path)
        return replace(outcome, texts=texts)

    def _outcome(self, request: FixRequest, answer: FixAnswer) -> FixOutcome:
        return FixOutcome(
            session_id=uuid.uuid4().hex,
            answer=answer,
            offered=tuple(OfferedFix(id=new_suggestion_id(), fix=fix) for fix in answer.fixes),
            view=request.view,
        )


async def _texts(tools: FixTools, view: ProjectView, failure: Failure) -> dict[PurePosixPath, str]:
    """Returns the files with suspicious lines: those that a fix may change."""
    texts = {}
    for path in {line.path for line in failure.suspicious}:
        with contextlib.suppress(UnreadableFileError):
            texts[path] = await tools.texts.text(view, path)
    return texts


async def _end(search: asyncio.Task[FixOutcome]) -> None:
    """Cancels a search and waits until nothing of it is left."""
    search.cancel()
    await asyncio.wait([search])


def _with_hint_only(outcome: FixOutcome) -> FixOutcome:
    """Returns the answer with a hint in place of what was found; where nothing is known of a failure, as it is."""
    failure = outcome.answer.failure
    if failure is None:
        return outcome
    fix = next((fix for fix in outcome.answer.fixes if fix.judged.verdict is PatchVerdict.VERIFIED), None)
    text = outcome.texts.get(fix.judged.patch.edits[0].path, "") if fix is not None else ""
    message = words.HINT_OF_A_FIX if fix is not None else words.HINT_WITHOUT_A_FIX
    answer = replace(outcome.answer, fixes=(), question=None, message=message)
    return replace(outcome, answer=answer, offered=(), hint=hint_words(failure, fix, text))


def _without_fix(no_fix: NoFix) -> FixAnswer:
    return FixAnswer(fixes=(), reason=no_fix.reason, message=no_fix.message, failure=no_fix.failure)


def _in_words(answer: FixAnswer, session: _Session) -> FixAnswer:
    """Says in words what came out, and why where there is no fix."""
    n_other_faults, knobs = session.reproduced.n_other_faults, session.request.knobs
    n_plausible = sum(judged.verdict is not PatchVerdict.REFUSED for judged in session.judgement.patches)
    reason = None
    if answer.fixes:
        message = words.found(answer.fixes[0].evidence, answer.fixes[0].judged, n_other_faults)
    elif n_plausible and not proposed(session.judgement.patches, session.request.precision):
        reason = NoFixReason.ONLY_PLAUSIBLE
        message = words.only_plausible(n_plausible, knobs, is_asked=answer.question is not None)
    else:
        reason = NoFixReason.NOTHING_FOUND
        message = words.nothing_found(answer.n_tried, n_other_faults, knobs)
    said = [message, *([words.hangs(session.reproduced.hangs)] if session.reproduced.hangs else [])]
    return replace(answer, reason=reason, message=" ".join([*said, *session.found.problems]))


def _never_sure(judgement: Judgement) -> Judgement:
    """Returns a judgement in which nothing is verified: a program that ends need not do what it should."""
    patches = [
        replace(each, verdict=PatchVerdict.PLAUSIBLE) if each.verdict is PatchVerdict.VERIFIED else each
        for each in judgement.patches
    ]
    return replace(judgement, patches=patches)


def _with_probabilities_of(known: Sequence[JudgedPatch], judgement: Judgement) -> Judgement:
    """Returns a second judgement with what an answered question told of each patch before it."""
    probability_of = {judged.patch.edits: judged.probability for judged in known}
    updated = [replace(each, probability=probability_of[each.patch.edits]) for each in judgement.patches]
    return replace(judgement, patches=sorted(updated, key=lambda judged: -judged.probability))
