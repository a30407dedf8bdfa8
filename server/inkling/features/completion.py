"""Ghost text: from a question at the cursor to a suggestion, or to silence with a reason."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from inkling.core.errors import WorkerError
from inkling.core.events import Outcome, OutcomeKind
from inkling.core.ports import Completer, StreamingCompleter
from inkling.core.settings import Settings
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import (
    Candidate,
    CompletionRequest,
    NoSuggestion,
    Reason,
    Suggestion,
    Trigger,
)
from inkling.core.text import line_end, line_start
from inkling.features.ahead import LIKELY, after_accept
from inkling.features.checks import is_place_to_complete
from inkling.features.completion_ports import CompletionPorts
from inkling.features.gate import ALWAYS_ASKED, Asking, Bar, decide_to_ask
from inkling.features.judging import Judge, Question
from inkling.features.late import LateSuggestions
from inkling.features.meaning import without_duplicates
from inkling.features.slow_answers import SlowAnswers

logger = logging.getLogger(__name__)

GRACE_S = 0.15  # since the question; a quick text waits so long for a slow mind that is very likely to speak within it
INVOKED_WAIT_S = 2.0  # who asks explicitly wants to choose among what all minds say
MOST_SUGGESTIONS = 5  # for who asks explicitly; nobody cycles through more
MAX_LINE_CHARS = 2000  # nobody writes longer lines by hand; generated and minified files have them
_Answer = Sequence[Candidate] | NoSuggestion | WorkerError | TimeoutError


class CompletionFeature:
    """Answers what to show at the cursor, and writes down every decision on the way.

    Attributes:
        late: What comes after a question was answered.
    """

    def __init__(self, ports: CompletionPorts, settings: Settings) -> None:
        self.ports = ports
        self._settings = settings
        self._judge = Judge(ports, settings)
        self.late = LateSuggestions(self._judge, ports.log, ports.background)
        self._latest: tuple[CompletionRequest, Suggestion] | None = None

    def configure(self, settings: Settings) -> None:
        """Takes new settings; requests that are under way end with the old ones."""
        self._settings = settings
        self._judge.configure(settings)

    def open_folders(self, folders: tuple[Path, ...]) -> None:
        """Takes the workspace folders: paths in the event store are relative to them, and each is a project there."""
        self._judge.open_folders(folders)

    def document_closed(self, uri: DocumentUri) -> None:
        """Takes that a document was closed: nothing more is offered there."""
        self.late.stop(uri)

    def outcomes_reported(self, outcomes: Sequence[Outcome]) -> None:
        """Takes outcomes; while the user looks at a suggestion that is likely to be accepted, the next is asked for."""
        request, suggestion = self._latest or (None, None)
        if request is None or suggestion is None or suggestion.scored.probability < LIKELY:
            return
        client, uri = self.late.client, request.snapshot.uri
        was_read = any(each.suggestion_id == suggestion.id and each.kind is OutcomeKind.SHOWN for each in outcomes)
        if was_read and client is not None and client.snapshot(uri) == request.snapshot:
            self._latest = None
            for mind in self.ports.slow_completers():
                mind.prepare(after_accept(request, suggestion.candidate))

    async def complete(self, request: CompletionRequest) -> Suggestion | NoSuggestion:
        """Returns the best candidate that may be shown, or why there is none.

        Who asks explicitly gets others beside it, as its alternatives. Cancellation is passed on to whatever is being
        awaited; nothing is recorded then.
        """
        question = Question(request=request, asking=ALWAYS_ASKED, started_at_s=time.perf_counter())
        ready = self.late.take(request)
        if ready is not None:
            self._latest = (request, ready)
            return ready
        self.late.stop(request.snapshot.uri)
        self._latest = None
        reason = self._reason_not_to_ask(request)
        if reason is not None:
            return self._judge.stay_silent(question, reason)
        question = replace(question, asking=self._weigh_asking(request))
        if not question.asking.is_asked:
            return self._judge.stay_silent(question, Reason.NOT_WORTH_ASKING)
        try:
            return await self._ask(question)
        except WorkerError as error:
            logger.warning("completion without its worker: %s", error)
            return self._judge.stay_silent(question, Reason.WORKER_UNAVAILABLE)

    async def _ask(self, question: Question) -> Suggestion | NoSuggestion:
        """Asks all minds at once. What the quick ones say is shown as soon as it may be.

        Only where nothing of it may be shown are the slow ones waited for; they limit by themselves how long they take.

        Raises:
            WorkerError: The quick minds have no process, and the slow ones nothing to say.
        """
        request, slow = question.request, self.ports.slow_completers()
        answers = SlowAnswers(slow, request)
        self.ports.background.start(answers.listen())
        is_followed = False
        try:
            quick = await self._ask_quick(question)
            # The time that slow minds are given is none that the checks have taken.
            left_s = self._deadline_s - question.elapsed_s
            await self._give_grace(question, slow, answers)
            answer: Suggestion | NoSuggestion | None = None
            if isinstance(quick, Sequence):
                answer = await self._choose_within(left_s, question, [*quick, *answers.take()])
            while not isinstance(answer, Suggestion) and await answers.is_there_more():
                answer = await self._choose(question, answers.take())
            if answer is None:
                return self._stay_silent(question, [quick, answers.silence] if slow else [quick])
            if isinstance(answer, Suggestion):
                self._latest = (request, answer)
                if request.trigger is Trigger.AUTOMATIC:
                    is_followed = True
                    self.late.follow(question, answer, answers)
            return answer
        finally:
            if not is_followed:
                answers.end()

    async def _ask_quick(self, question: Question) -> _Answer:
        """Asks every quick mind, within the deadline; one that fails does not silence the others."""
        try:
            async with asyncio.timeout(self._deadline_s):
                minds = self.ports.completers
                return _gathered(await asyncio.gather(*(_answer_of(mind, question.request) for mind in minds)))
        except TimeoutError as error:
            return error

    async def _give_grace(self, question: Question, slow: Sequence[StreamingCompleter], answers: SlowAnswers) -> None:
        """Waits for the slow minds where that is hardly felt, or where the user waits anyway."""
        if question.request.trigger is Trigger.INVOKED:
            await answers.wait_for_end(INVOKED_WAIT_S - question.elapsed_s)
            return
        left_s = GRACE_S - question.elapsed_s
        if any(mind.is_due_within(question.request, left_s) for mind in slow):
            await answers.is_there_more(left_s)

    async def _choose_within(
        self, limit_s: float, question: Question, candidates: Sequence[Candidate]
    ) -> Suggestion | NoSuggestion | None:
        """As `_choose`; None where the checks take longer. Who asks explicitly has time."""
        is_invoked = question.request.trigger is Trigger.INVOKED
        try:
            async with asyncio.timeout(None if is_invoked else max(0.0, limit_s)):
                return await self._choose(question, candidates)
        except TimeoutError:
            return None

    async def _choose(self, question: Question, candidates: Sequence[Candidate]) -> Suggestion | NoSuggestion:
        at_most = MOST_SUGGESTIONS if question.request.trigger is Trigger.INVOKED else 1
        return await self._judge.choose(question, self._rank(question.request, candidates), at_most)

    def _rank(self, request: CompletionRequest, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Returns candidates of several minds by their probability; those of one mind come in order."""
        if len({candidate.source for candidate in candidates}) > 1:
            # Of two minds that say the same the surer one is heard.
            # The beginning of a line is for where nobody is sure of a whole one.
            candidates = sorted(candidates, key=lambda each: (each.is_partial, -self._judge.probability(request, each)))
        elif request.trigger is Trigger.AUTOMATIC:
            return candidates
        return list(without_duplicates(request, candidates))

    def _stay_silent(self, question: Question, said: Sequence[_Answer]) -> NoSuggestion:
        """Says why nothing was proposed.

        Raises:
            WorkerError: Nobody could be asked.
        """
        answer = _gathered(said)
        if isinstance(answer, WorkerError):
            raise answer
        # Candidates that are not chosen from were not checked in time.
        reason = answer.reason if isinstance(answer, NoSuggestion) else Reason.DEADLINE
        return self._judge.stay_silent(question, reason)

    @property
    def _deadline_s(self) -> float:
        return self._settings.completion.deadline_ms / 1000

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
        probability = self.ports.asking.probability(self._judge.known_before(request))
        return decide_to_ask(probability, bar, self.ports.draw())


async def _answer_of(
    completer: Completer, request: CompletionRequest
) -> Sequence[Candidate] | NoSuggestion | WorkerError:
    """Returns a mind's answer, or how it failed."""
    try:
        return await completer.complete(request)
    except WorkerError as error:
        return error


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
