"""The model mind as a reviewer: what may be sent, in which order it is asked, and when it ends."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from inkling.core.review import Findings, ReviewProgress, ReviewRequest, Unchecked
from inkling.llm.review.account import WHO, Account
from inkling.llm.review.claims import ClaimRunner
from inkling.llm.review.facts import ChangedPart, ReviewFacts
from inkling.llm.review.inquiry import Inquiry
from inkling.llm.review.sending import sendable
from inkling.llm.text_model import Purpose, TextModel

SHARE_FOR_EARLIER: Final = 0.25  # of the time of a review, that others may take before the model is asked
N_AT_ONCE: Final = 3  # parts that are asked about side by side


class ModelReviewer:
    """Asks a language model about each changed part, and runs what it claims. Implements `core.ports.Reviewer`."""

    def __init__(self, model: TextModel, purpose: Purpose, facts: ReviewFacts) -> None:
        """Prepares the reviewer; nothing is sent before `review`.

        Args:
            model: Whom to ask.
            purpose: Which of its models, CHAT or EDIT.
            facts: What others know of the change.
        """
        self._model = model
        self._purpose = purpose
        self._facts = facts

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        """Returns what the model says that quotes a changed line and that no run speaks against.

        When the time or the tokens are up it returns what there is, and says what was not asked. An endpoint that does
        not answer is said, too: the other reviewers need none.
        """
        budget, facts = request.budget, self._facts
        account, parts = Account(), tuple[ChangedPart, ...]()
        inquiry: Inquiry | None = None
        try:
            async with asyncio.timeout(budget.wall_s):
                on_progress(ReviewProgress(doing="waiting for what others find", n_done=0, n_steps=1))
                found = await facts.earlier.within(budget.wall_s * SHARE_FOR_EARLIER)
                may_go = await asyncio.to_thread(sendable, request.changes, facts)
                parts, account.kept = may_go.parts, [str(path) for path in may_go.kept]
                inquiry = Inquiry(
                    model=self._model,
                    purpose=self._purpose,
                    request=request,
                    facts=facts,
                    runner=self._runner(request),
                    files={file.path: file for file in request.changes.files},
                    found=found,
                    account=account,
                )
                await _ask_all(inquiry, parts, on_progress)
        except TimeoutError:
            if inquiry is None:
                why = "it was not asked, since the time was up; a larger budget may help"
                return Findings(comments=(), unchecked=(Unchecked(what=WHO, why=why),))
            await asyncio.to_thread(inquiry.take_broken_off)
        drafts = inquiry.drafts
        return Findings(
            comments=[draft.comment() for draft in drafts if not draft.is_dropped],
            checked=account.checked(drafts),
            unchecked=account.unchecked(parts, facts.questions, budget.wall_s),
        )

    def _runner(self, request: ReviewRequest) -> ClaimRunner | None:
        suites = self._facts.suites
        return ClaimRunner(suites, request.changes) if suites is not None and request.may_run else None


async def _ask_all(
    inquiry: Inquiry, parts: Sequence[ChangedPart], on_progress: Callable[[ReviewProgress], None]
) -> None:
    """Asks about all parts, some side by side, in their order."""
    left: Iterator[ChangedPart] = iter(parts)
    n_done = 0

    async def work() -> None:
        nonlocal n_done
        for part in left:
            doing = f"asking the language model about {part.name}"
            on_progress(ReviewProgress(doing=doing, n_done=n_done, n_steps=len(parts)))
            await inquiry.look_at(part)
            n_done += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(N_AT_ONCE):
            group.create_task(work())
