"""Ghost text: from a question at the cursor to a suggestion, or to silence with a reason."""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.core.errors import ModelError, StoreError, WorkerError
from inkling.core.events import Decision, Feature, Silence
from inkling.core.ports import (
    N_PREVIOUS,
    AcceptanceModel,
    AskingModel,
    Background,
    Completer,
    EventLog,
    GateInput,
    NameChecker,
    NameVerdict,
    PreviousSuggestion,
    RequestInput,
    SyntaxChecker,
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
from inkling.core.text import line_end, line_prefix, line_start, position_at
from inkling.features.checks import is_place_to_complete, repeats_suffix
from inkling.features.gate import ALWAYS_ASKED, Asking, Bar, decide, decide_to_ask

logger = logging.getLogger(__name__)

N_PROJECT_DIGITS = 6  # hexadecimal; tell a user's few folders of one name apart
ASKING_SHARE = 0.8  # of the deadline; the rest is for checks, so that what came in time is shown in time
MAX_LINE_CHARS = 2000  # nobody writes longer lines by hand; generated and minified files have them
_Answer = Sequence[Candidate] | NoSuggestion | WorkerError | TimeoutError
_REASON_OF_NAMES = {
    NameVerdict.UNKNOWN_ATTRIBUTE: Reason.UNKNOWN_ATTRIBUTE,
    NameVerdict.UNKNOWN_IMPORT: Reason.UNKNOWN_IMPORT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionPorts:
    """What ghost text is made with.

    Attributes:
        completers: Minds that answer in milliseconds.
        slow_completers: Returns the minds that may answer after the deadline; settings change which there are.
        syntax: Checks candidates.
        names: Checks candidates.
        asking: Stage 1 of the gate.
        model: Stage 2 of the gate.
        log: Where decisions go.
        background: Writes them down.
        draw: Returns random numbers, uniform in [0, 1).
    """

    completers: Sequence[Completer]
    syntax: SyntaxChecker
    names: NameChecker
    asking: AskingModel
    model: AcceptanceModel
    log: EventLog
    background: Background
    draw: Callable[[], float] = random.random
    slow_completers: Callable[[], Sequence[Completer]] = tuple


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


class CompletionFeature:
    """Answers what to show at the cursor, and writes down every decision on the way."""

    def __init__(self, ports: CompletionPorts, settings: Settings) -> None:
        self.ports = ports
        self._settings = settings
        self._projects: dict[Path, str] = {}
        self._previous: deque[PreviousSuggestion] = deque(maxlen=N_PREVIOUS)

    def configure(self, settings: Settings) -> None:
        """Takes new settings; requests that are under way end with the old ones."""
        self._settings = settings

    def open_folders(self, folders: tuple[Path, ...]) -> None:
        """Takes the workspace folders: paths in the event store are relative to them, and each is a project there."""
        hash_of = self.ports.log.fingerprint
        self._projects = {folder: f"{folder.name}-{hash_of(str(folder))[:N_PROJECT_DIGITS]}" for folder in folders}

    async def complete(self, request: CompletionRequest) -> Suggestion | NoSuggestion:
        """Returns the best candidate that may be shown, or why there is none.

        Cancellation is passed on to whatever is being awaited; nothing is recorded then.
        """
        started_at_s = time.perf_counter()
        reason = self._reason_not_to_ask(request)
        if reason is not None:
            return self._stay_silent(request, reason, started_at_s)
        asking = self._weigh_asking(request)
        if not asking.is_asked:
            return self._stay_silent(request, Reason.NOT_WORTH_ASKING, started_at_s, asking)
        slow = self.ports.slow_completers()
        try:
            if slow:
                return await self._complete_with(slow, request, asking, started_at_s)
            async with asyncio.timeout(self._settings.completion.deadline_ms / 1000):
                candidates = await self._ask(request)
                if isinstance(candidates, NoSuggestion):
                    return self._stay_silent(request, candidates.reason, started_at_s)
                return await self._choose(request, asking, candidates, started_at_s)
        except TimeoutError:
            return self._stay_silent(request, Reason.DEADLINE, started_at_s)
        except WorkerError as error:
            logger.warning("completion without its worker: %s", error)
            return self._stay_silent(request, Reason.WORKER_UNAVAILABLE, started_at_s)

    async def _complete_with(
        self, slow: Sequence[Completer], request: CompletionRequest, asking: Asking, started_at_s: float
    ) -> Suggestion | NoSuggestion:
        """Chooses among what all minds say within the deadline; only where nothing of it may be shown, waits longer.

        The slow minds limit by themselves how long they take.
        """
        n_quick = len(self.ports.completers)
        # They end with this call, whatever way it ends.
        tasks = [asyncio.create_task(_answer_of(each, request)) for each in (*self.ports.completers, *slow)]
        try:
            await asyncio.wait(tasks, timeout=self._settings.completion.deadline_ms / 1000 * ASKING_SHARE)
            late = [task for task in tasks[n_quick:] if not task.done()]
            too_late = TimeoutError("not within the deadline")
            said = _gathered([task.result() if task.done() else too_late for task in tasks if task not in late])
            answer: Suggestion | NoSuggestion | None = None
            if not isinstance(said, Exception | NoSuggestion):
                answer = await self._choose_in_time(request, asking, self._rank(request, said), started_at_s)
            if late and not isinstance(answer, Suggestion):
                await asyncio.wait(late)
                said_late = _gathered([task.result() for task in late])
                if not isinstance(said_late, Exception | NoSuggestion):
                    return await self._choose(request, asking, self._rank(request, said_late), started_at_s)
                said = _gathered([said, said_late])
            if answer is not None:
                return answer
            if isinstance(said, Exception):
                raise said
            reason = said.reason if isinstance(said, NoSuggestion) else Reason.DEADLINE
            return self._stay_silent(request, reason, started_at_s)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _choose_in_time(
        self, request: CompletionRequest, asking: Asking, candidates: Sequence[Candidate], started_at_s: float
    ) -> Suggestion | NoSuggestion | None:
        """As `_choose`; None where the deadline passes meanwhile."""
        left_s = self._settings.completion.deadline_ms / 1000 - (time.perf_counter() - started_at_s)
        try:
            async with asyncio.timeout(max(0.0, left_s)):
                return await self._choose(request, asking, candidates, started_at_s)
        except TimeoutError:
            return None

    def _rank(self, request: CompletionRequest, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Returns candidates of several minds by their probability; those of one mind come in order."""
        if len({candidate.source for candidate in candidates}) < 2:
            return candidates
        scores = [self.ports.model.score(self._gate_input(request, each)).probability for each in candidates]
        ranked = sorted(zip(scores, candidates, strict=True), key=lambda scored: -scored[0])
        # Of two minds that say the same the surer one is heard.
        first_by_text = {candidate.text.strip(): candidate for _, candidate in reversed(ranked)}
        return [candidate for _, candidate in ranked if first_by_text[candidate.text.strip()] is candidate]

    def _reason_not_to_ask(self, request: CompletionRequest) -> Reason | None:
        text, offset = request.snapshot.text, request.offset
        if not self._settings.completion.enabled:
            return Reason.DISABLED
        if not 0 <= offset <= len(text):
            return Reason.POSITION_OUTSIDE
        if len(text) > self._settings.completion.max_file_kb * 1024:
            return Reason.FILE_TOO_LARGE
        if line_end(text, offset) - line_start(text, offset) > MAX_LINE_CHARS:
            return Reason.LINE_TOO_LONG
        if not is_place_to_complete(request):
            return Reason.NOT_AT_A_PLACE_TO_COMPLETE
        return None

    def _weigh_asking(self, request: CompletionRequest) -> Asking:
        """Tells whether the minds are worth asking; who asks explicitly is always answered."""
        gate = self._settings.gate
        bar = Bar(threshold=self.ports.asking.threshold(gate), explore=gate.explore)
        if request.trigger is Trigger.INVOKED or bar.threshold <= 0:
            return ALWAYS_ASKED
        known = RequestInput(
            request=request,
            at_ms=_now_ms(),
            project=self._project(request.snapshot),
            recent_outcomes=self.ports.log.recent_outcomes(),
            previous=self._shown_before(request),
        )
        return decide_to_ask(self.ports.asking.probability(known), bar, self.ports.draw())

    async def _ask(self, request: CompletionRequest) -> Sequence[Candidate] | NoSuggestion:
        """Asks every mind; one that fails does not silence the others."""
        answer = _gathered(await asyncio.gather(*(_answer_of(each, request) for each in self.ports.completers)))
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _choose(
        self, request: CompletionRequest, asking: Asking, candidates: Sequence[Candidate], started_at_s: float
    ) -> Suggestion | NoSuggestion:
        """Judges the candidates in order until one may be shown, and records all that were judged."""
        decisions: list[Decision] = []
        answer: Suggestion | NoSuggestion = NoSuggestion(reason=Reason.NO_CANDIDATE)
        for candidate in candidates:
            judged = await self._judge(request, asking, candidate)
            decision = self._to_decision(request, judged, started_at_s)
            decisions.append(decision)
            if judged.reason is None and judged.scored is not None:
                answer = Suggestion(
                    id=decision.suggestion_id,
                    candidate=candidate,
                    offset=request.offset,
                    version=request.snapshot.version,
                    scored=judged.scored,
                    checked=judged.checked,
                )
                self._remember(request, candidate)
                break
            if len(decisions) == 1 and judged.reason is not None:
                answer = NoSuggestion(reason=judged.reason, probability=decision.probability)
        self.ports.background.start(_logged(self.ports.log.record_decisions(decisions)))
        return answer

    async def _judge(self, request: CompletionRequest, asking: Asking, candidate: Candidate) -> _Judged:
        """Cheap checks first; the first that fails gives the reason."""
        gate = self._settings.gate
        # One chance a request: with two, the log could not tell which of them let a suggestion through.
        explore = 0.0 if asking.was_explored else gate.explore
        bar = Bar(threshold=self.ports.model.threshold(gate), explore=explore)

        def drop(reason: Reason, checked: frozenset[Check] = frozenset()) -> _Judged:
            return _Judged(candidate=candidate, reason=reason, checked=checked, threshold=bar.threshold)

        if repeats_suffix(request, candidate):
            return drop(Reason.REPEATS_SUFFIX)
        if request.trigger is Trigger.AUTOMATIC and self._was_rejected(request, candidate):
            return drop(Reason.REJECTED_BEFORE)
        scored = self.ports.model.score(self._gate_input(request, candidate))
        verdict = decide(scored, request.trigger, bar, self.ports.draw())
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
            recent_outcomes=self.ports.log.recent_outcomes(),
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
            self.ports.syntax.check(request, candidate), self.ports.names.check(request, candidate)
        )
        checked = frozenset({Check.PARSES} if syntax is SyntaxVerdict.PARSES else ()) | (
            frozenset({Check.NAMES_EXIST}) if names is NameVerdict.EXIST else frozenset()
        )
        if syntax is SyntaxVerdict.BREAKS:
            return Reason.DOES_NOT_PARSE, checked
        return _REASON_OF_NAMES.get(names), checked

    def _was_rejected(self, request: CompletionRequest, candidate: Candidate) -> bool:
        return self.ports.log.was_rejected(
            context_fingerprint=self._context_fingerprint(request),
            text_fingerprint=self._text_fingerprint(request, candidate),
        )

    def _context_fingerprint(self, request: CompletionRequest) -> str:
        """A place is known again by its file and the nearest line above that is not blank."""
        text = request.snapshot.text
        above = text[: line_start(text, request.offset)].rstrip()
        line_above = above[line_start(above, len(above)) :].strip()
        return self.ports.log.fingerprint(f"{self._display_path(request.snapshot)}\n{line_above}")

    def _text_fingerprint(self, request: CompletionRequest, candidate: Candidate) -> str:
        """A text is known again by the line it completes, however much of that line was typed."""
        line = line_prefix(request.snapshot.text, request.offset) + candidate.text
        return self.ports.log.fingerprint(line.strip())

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

    def _to_decision(self, request: CompletionRequest, judged: _Judged, started_at_s: float) -> Decision:
        candidate, scored = judged.candidate, judged.scored
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
            latency_ms=(time.perf_counter() - started_at_s) * 1000,
            was_explored=judged.was_explored,
            project=self._project(request.snapshot),
            text=candidate.text if keeps_text else None,
            line_prefix=line_prefix(request.snapshot.text, request.offset) if keeps_text else "",
        )

    def _stay_silent(
        self, request: CompletionRequest, reason: Reason, started_at_s: float, asking: Asking | None = None
    ) -> NoSuggestion:
        """Records why there is nothing; with what the first stage said where that is the reason."""
        text = request.snapshot.text
        silence = Silence(
            at_ms=_now_ms(),
            feature=Feature.COMPLETION,
            trigger=request.trigger,
            reason=reason,
            path=self._display_path(request.snapshot),
            line=position_at(text, request.offset).line,
            latency_ms=(time.perf_counter() - started_at_s) * 1000,
            project=self._project(request.snapshot),
            probability=asking.probability if asking else None,
            threshold=asking.threshold if asking else None,
            propensity=asking.propensity if asking else None,
        )
        self.ports.background.start(_logged(self.ports.log.record_silence(silence)))
        return NoSuggestion(reason=reason, probability=silence.probability)


async def _answer_of(completer: Completer, request: CompletionRequest) -> _Answer:
    """Returns a mind's answer, or how it failed."""
    try:
        return await completer.complete(request)
    except WorkerError as error:
        return error
    except ModelError as error:
        logger.info("the endpoint did not answer: %s", error)
        return NoSuggestion(reason=Reason.MODEL_UNAVAILABLE)


def _gathered(answers: Sequence[_Answer]) -> _Answer:
    """Returns all candidates; where there are none, the most telling reason; an error only where all failed."""
    candidates: list[Candidate] = []
    failures: list[WorkerError | TimeoutError] = []
    silence = NoSuggestion(reason=Reason.NO_CANDIDATE)
    for answer in answers:
        if isinstance(answer, WorkerError | TimeoutError):
            failures.append(answer)
        elif not isinstance(answer, NoSuggestion):
            candidates.extend(answer)
        elif silence.reason is Reason.NO_CANDIDATE:
            silence = answer
    if not candidates and len(failures) == len(answers) and failures:
        return failures[0]
    for failure in failures:
        logger.warning("a completer failed: %s", failure)
    return candidates or silence


async def _logged(recording: Awaitable[None]) -> None:
    """Awaits a recording; a decision that cannot be stored costs a line in the log, not the suggestion."""
    try:
        await recording
    except StoreError as error:
        logger.error("a decision was not recorded: %s", error)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
