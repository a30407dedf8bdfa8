"""A simulated user who always dismisses one rule: reviews that are written into a real store learn to fold it away."""

import asyncio
from pathlib import Path

from tests.contract.telemetry.samples import NOW_MS
from tests.unit.features.review.review_scene import MemoryOnly, TellingReviewer, changed_file, comment, request

from inkling.app.background import TaskGroupBackground
from inkling.app.learning import review_acceptance, stored_review_acceptance
from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.review import ReviewProgress, Topic
from inkling.core.suggestion import SuggestionId
from inkling.features.review import (
    FoundComment,
    NamedReviewer,
    OfferedComment,
    ReviewedChange,
    ReviewFeature,
    ReviewQuestion,
    ReviewRecorder,
    ReviewSession,
    ReviewWishes,
)
from inkling.telemetry import EventStore

N_REVIEWS = 8
DISLIKED = comment("cart.py", 1, rule="ruff.B006", topic=Topic.LINT, confidence=0.9)
LIKED = comment("cart.py", 2, rule="ruff.F821", topic=Topic.LINT, confidence=0.7, message="Undefined name.")
OTHER = comment("cart.py", 3, rule="risk.eval", confidence=0.8, message="Code is run.")


class User:
    """Reviews, reads everything, dismisses one rule and resolves another."""

    def __init__(self, data_dir: Path, store: EventStore) -> None:
        self._data_dir = data_dir
        self._store = store
        self._n = 0

    async def review(self) -> tuple[list[str], list[str]]:
        """Returns the rules that are shown and those that are folded away, and answers the comments."""
        self._n += 1
        asked = request(changed_file("cart.py", "a = 1\nb = 2\nc = 3\n"))
        acceptance = await review_acceptance(self._data_dir, self._store)
        reviewer = NamedReviewer(name="one", reviewer=TellingReviewer(comments=[DISLIKED, LIKED, OTHER]))
        feature = ReviewFeature([reviewer], MemoryOnly(), acceptance)
        review = await feature.review(asked, ReviewWishes(scope="main"), _ignore)
        comments = [*self._offered(review.shown, is_folded=False), *self._offered(review.folded, is_folded=True)]
        reviewed = ReviewedChange(
            review=review,
            changes=asked.changes,
            project=Path("/shop"),
            closings=None,
            leave=lambda: None,  # type: ignore[arg-type]  # nothing is closed here
        )
        session = ReviewSession(
            id=str(self._n), question=ReviewQuestion(folder=Path("/shop")), reviewed=reviewed, comments=tuple(comments)
        )
        await self._record(session)
        await self._answer(session)
        return ([each.comment.rule for each in review.shown], [each.comment.rule for each in review.folded])

    def _offered(self, found: tuple[FoundComment, ...], *, is_folded: bool) -> list[OfferedComment]:
        return [
            OfferedComment(id=SuggestionId(f"{self._n}-{each.comment.rule}"), found=each, is_folded=is_folded)
            for each in found
        ]

    async def _record(self, session: ReviewSession) -> None:
        async with asyncio.TaskGroup() as group:
            recorder = ReviewRecorder(
                self._store, TaskGroupBackground(group), lambda: NOW_MS, lambda: SuggestionId("hidden")
            )
            recorder.reviewed(session)

    async def _answer(self, session: ReviewSession) -> None:
        answers = {DISLIKED.rule: OutcomeKind.REJECTED, LIKED.rule: OutcomeKind.ACCEPTED}
        for each in session.comments:
            kind = answers.get(each.found.comment.rule, OutcomeKind.SHOWN)
            outcome = Outcome(event_id=EventId(f"{each.id}-{kind}"), suggestion_id=each.id, kind=kind, at_ms=NOW_MS)
            await self._store.record_outcomes([outcome])


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _ignore(_progress: ReviewProgress) -> None:
    pass


async def test_a_rule_that_is_always_dismissed_sinks_and_is_folded_and_what_is_taken_rises(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    user = User(tmp_path, store)
    reviews = [await user.review() for _ in range(N_REVIEWS)]
    assert reviews[0] == (["ruff.B006", "risk.eval", "ruff.F821"], [])
    assert reviews[-1] == (["ruff.F821", "risk.eval"], ["ruff.B006"])
    n_until_folded = next(number for number, (_, folded) in enumerate(reviews) if folded)
    assert 2 <= n_until_folded <= 5
    assert all(folded for _, folded in reviews[n_until_folded:])
    learned = await review_acceptance(tmp_path, store)
    assert learned.probability(OTHER) == OTHER.confidence
    assert stored_review_acceptance(tmp_path) == learned
    await store.close()
    files = _files(tmp_path)
    assert stored_review_acceptance(tmp_path) == learned
    assert _files(tmp_path) == files


async def test_without_a_readable_store_reviewers_are_taken_at_their_word(tmp_path: Path) -> None:
    store = await EventStore.open(tmp_path)
    await store.close()
    assert (await review_acceptance(tmp_path, store)).probability(DISLIKED) == DISLIKED.confidence


def test_a_shell_without_a_store_makes_none(tmp_path: Path) -> None:
    assert stored_review_acceptance(tmp_path / "none").probability(DISLIKED) == DISLIKED.confidence
    assert _files(tmp_path) == []
    (tmp_path / "events.db").write_bytes(b"no database " * 100)
    assert stored_review_acceptance(tmp_path).probability(DISLIKED) == DISLIKED.confidence
    assert _files(tmp_path) == ["events.db"]
