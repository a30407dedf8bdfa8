"""All questions of one review, within its tokens: asked part by part, the claims run, the comments scored."""

import asyncio
import contextlib
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from inkling.context.prompt_context import estimate_tokens
from inkling.core.change import ChangedFile
from inkling.core.concurrency import side_by_side
from inkling.core.errors import ModelError, SandboxError
from inkling.core.review import ReviewComment, ReviewRequest
from inkling.llm.review.account import Account
from inkling.llm.review.claims import ClaimRunner, Judged, Verdict
from inkling.llm.review.draft import Draft
from inkling.llm.review.facts import ChangedPart, ReviewFacts
from inkling.llm.review.objects import BadAnswerError
from inkling.llm.review.purse import TokenPurse
from inkling.llm.review.replies import parse_reply
from inkling.llm.review.scoring import ToScore, parse_scores, scoring_messages
from inkling.llm.review.sending import FirstQuestion, first_question
from inkling.llm.review.showing import ShownPart
from inkling.llm.text_model import ChatMessage, ChatRequest, Purpose, TextModel

ANSWER_TOKENS: Final = 1600  # of a first answer: four comments with a test each
SCORE_TOKENS: Final = 500  # of a second one
LEAST_TOKENS: Final = 500  # of a question; fewer are no use
MAX_FAILURES: Final = 2  # of the endpoint, after which it is not asked about further parts


@dataclass(slots=True, kw_only=True)
class Inquiry:
    """What one review asks, and what it has heard so far.

    Attributes:
        model: Whom to ask.
        purpose: Which of its models.
        request: The change, and what the review may cost.
        facts: What others know of the change.
        runner: Runs claims; None where nothing is run.
        files: The changed files that may be sent.
        found: What was found by others.
        account: What was asked and what was not.
        drafts: What was said, as far as it has come.
    """

    model: TextModel
    purpose: Purpose
    request: ReviewRequest
    facts: ReviewFacts
    runner: ClaimRunner | None
    files: dict[PurePosixPath, ChangedFile]
    found: Sequence[ReviewComment]
    account: Account
    drafts: list[Draft] = field(default_factory=list)
    _endpoint_problem: str = ""
    _broken_off: list[tuple[FirstQuestion, str]] = field(default_factory=list)
    _purse: TokenPurse = field(init=False)
    _runs: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """Fills the purse."""
        self._purse = TokenPurse(self.request.budget.n_model_tokens)
        self._runs = asyncio.Semaphore(self.request.budget.n_processes)

    async def look_at(self, part: ChangedPart) -> None:
        """Asks about a part; what comes of it is in `drafts` and `account`."""
        if len(self.account.failed) >= MAX_FAILURES:
            self.account.failed.append((part, self.account.failed[-1][1]))
            return
        if self._purse.is_short_of(2 * LEAST_TOKENS + ANSWER_TOKENS + SCORE_TOKENS):
            self.account.beyond_tokens.append(part)
            return
        first = await asyncio.to_thread(first_question, part, self.request.changes, self.facts, self.found)
        part_shown, messages = first.shown, first.messages
        n_taken = 2 * _n_tokens(messages) + ANSWER_TOKENS + SCORE_TOKENS
        if not await self._purse.take(n_taken):
            self.account.beyond_tokens.append(part)
            return
        spent, pieces = _Spent(), list[str]()
        try:
            answer = await self._ask(messages, ANSWER_TOKENS, spent, pieces)
            reply = await asyncio.to_thread(parse_reply, answer, part_shown, first.questions)
            pieces.clear()
            self.account.asked.append(part)
            if not part_shown.is_whole:
                self.account.shortened.append(part)
            self.account.n_unfit += reply.n_unfit
            self.account.n_broken_off += not reply.is_whole
            drafts = [Draft(part=part, remark=remark) for remark in reply.remarks]
            self.drafts += drafts
            await side_by_side(*(self._run(draft) for draft in drafts))
            await self._score([draft for draft in drafts if not draft.is_dropped], part_shown, spent)
        except ModelError as error:
            # Later ones differ only in when the endpoint is asked again.
            self._endpoint_problem = self._endpoint_problem or str(error).rstrip(".")
            self.account.failed.append((part, self._endpoint_problem))
        except BadAnswerError as error:
            self.account.failed.append((part, str(error)))
        except asyncio.CancelledError:
            self._broken_off.append((first, "".join(pieces)))
            raise
        finally:
            self._purse.settle(n_taken, spent.n_tokens)

    def take_broken_off(self) -> None:
        """Takes what is whole of answers that the end of the time broke off; parses code, so it belongs in a thread."""
        for first, answer in self._broken_off:
            with contextlib.suppress(BadAnswerError):
                reply = parse_reply(answer, first.shown, first.questions)
                self.account.n_unfit += reply.n_unfit
                self.drafts += [Draft(part=first.shown.part, remark=remark) for remark in reply.remarks]

    async def _run(self, draft: Draft) -> None:
        """Runs what a remark claims, and its suggestion where the claim holds."""
        claim, remark = draft.remark.claim, draft.remark
        if claim is None:
            return
        if self.runner is None:
            draft.judged = Judged(verdict=Verdict.NOT_RUN, words="no code is run here")
            return
        try:
            async with self._runs:
                draft.judged = await self.runner.judge(claim, draft.part)
                text = self.files[draft.part.path].after
                if draft.is_confirmed and remark.suggestion is not None and text is not None:
                    # What does not mend what it is said to mend is not offered.
                    draft.has_suggestion = await self.runner.is_mended_by(remark.suggestion, claim, draft.part, text)
        except SandboxError as error:
            draft.judged = Judged(verdict=Verdict.NOT_RUN, words=str(error).rstrip("."))

    async def _score(self, drafts: Sequence[Draft], part_shown: ShownPart, spent: "_Spent") -> None:
        """Asks which of the comments on a part are worth saying; without an answer they count for less."""
        if not drafts:
            return
        to_score = [ToScore(remark=draft.remark, judged=draft.judged) for draft in drafts]
        messages = await asyncio.to_thread(scoring_messages, part_shown, self.request.changes, to_score)
        try:
            scores = parse_scores(await self._ask(messages, SCORE_TOKENS, spent, []), len(drafts))
        except (ModelError, BadAnswerError):
            scores = [None] * len(drafts)
        for draft, score in zip(drafts, scores, strict=True):
            draft.score = score
        self.account.n_unscored += scores.count(None)

    async def _ask(self, messages: tuple[ChatMessage, ...], max_tokens: int, spent: "_Spent", pieces: list[str]) -> str:
        """Returns the model's answer, which may break off; its tokens count, also when it is ended early.

        Args:
            messages: The question.
            max_tokens: Of the answer.
            spent: Where its tokens are added.
            pieces: Gets the answer as it comes.

        Raises:
            ModelError: The endpoint did not answer.
        """
        request = ChatRequest(messages=messages, max_tokens=max_tokens)
        try:
            async with aclosing(self.model.chat(request, self.purpose)) as chunks:
                async for chunk in chunks:
                    pieces.append(chunk.text)  # noqa: PERF401 - what came before a failure counts, too
        except ModelError:
            if not pieces:
                raise
        finally:
            spent.n_tokens += _n_tokens(messages) + estimate_tokens("".join(pieces))
        return "".join(pieces)


@dataclass(slots=True)
class _Spent:
    """Estimated tokens of the questions and answers about one part."""

    n_tokens: int = 0


def _n_tokens(messages: Sequence[ChatMessage]) -> int:
    return sum(estimate_tokens(message.content) for message in messages)
