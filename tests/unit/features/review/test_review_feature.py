import asyncio
from pathlib import PurePosixPath

import pytest
from tests.unit.features.review.review_scene import MemoryOnly, TellingReviewer, changed_file, comment, request

from inkling.core.change import Unreadable
from inkling.core.errors import SandboxError
from inkling.core.review import ReviewBudget, ReviewProgress, ReviewRequest, Severity
from inkling.features.review import NamedReviewer, Review, ReviewFeature, ReviewWishes

CODE = "a = eval(x)\nb = eval(y)\nc = eval(z)\n"
WISHES = ReviewWishes(scope="main:index")


def _ignore(_progress: ReviewProgress) -> None:
    pass


async def _review(
    *reviewers: TellingReviewer,
    asked: ReviewRequest | None = None,
    memory: MemoryOnly | None = None,
    wishes: ReviewWishes = WISHES,
) -> Review:
    named = [NamedReviewer(name=f"reviewer {number}", reviewer=each) for number, each in enumerate(reviewers)]
    feature = ReviewFeature(named, memory or MemoryOnly())
    return await feature.review(asked or request(changed_file("cart.py", CODE)), wishes, _ignore)


async def test_a_failing_reviewer_does_not_spoil_the_others(caplog: pytest.LogCaptureFixture) -> None:
    review = await _review(
        TellingReviewer(error=SandboxError("there is no sandbox")),
        TellingReviewer(comments=[comment()], checked=["one file"]),
        TellingReviewer(error=ZeroDivisionError("secret code")),
    )
    assert [found.comment.message for found in review.shown] == ["Something is wrong in line 1 of cart.py."]
    assert review.checked == ("one file",)
    assert [(each.what, each.why) for each in review.unchecked] == [
        ("reviewer 0", "there is no sandbox"),
        ("reviewer 2", "it failed, a fault of Inkling's (ZeroDivisionError); the log shows where"),
    ]
    assert "reviewer=reviewer 2 failed" in caplog.text


async def test_a_review_that_is_cancelled_cancels_its_reviewers() -> None:
    is_waiting, was_cancelled = asyncio.Event(), asyncio.Event()

    class Waiting(TellingReviewer):
        async def review(self, request: ReviewRequest, on_progress: object) -> object:  # type: ignore[override]  # it never answers
            is_waiting.set()
            try:
                await asyncio.Event().wait()
            finally:
                was_cancelled.set()

    task = asyncio.ensure_future(_review(Waiting(), TellingReviewer()))
    await is_waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert was_cancelled.is_set()


async def test_a_reviewer_that_is_not_done_in_time_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkling.features.review.feature.GRACE_S", 0.0)

    class Late(TellingReviewer):
        async def review(self, request: ReviewRequest, on_progress: object) -> object:  # type: ignore[override]  # it never answers
            return await asyncio.Event().wait()

    asked = request(changed_file("cart.py", CODE))
    asked = ReviewRequest(changes=asked.changes, budget=ReviewBudget(wall_s=0.01))
    review = await _review(Late(), TellingReviewer(comments=[comment()]), asked=asked)
    assert len(review.shown) == 1
    assert "was not done after" in review.unchecked[0].why


async def test_nobody_is_asked_about_nothing() -> None:
    reviewer = TellingReviewer(comments=[comment()])
    review = await _review(reviewer, asked=request())
    assert (reviewer.n_asked, review.shown, review.unchecked) == (0, (), ())
    review = await _review(reviewer, asked=request(changed_file("logo.png", "", unreadable=Unreadable.BINARY)))
    assert reviewer.n_asked == 0
    assert [(each.what, each.why) for each in review.unchecked] == [("logo.png", "not text")]


async def test_files_that_are_not_read_are_named_by_reason() -> None:
    files = [changed_file(f"data/{n}.bin", "", unreadable=Unreadable.BINARY) for n in range(5)]
    review = await _review(asked=request(*files, changed_file("n.ipynb", "", unreadable=Unreadable.NOTEBOOK)))
    assert [each.what for each in review.unchecked] == [
        "data/0.bin, data/1.bin, data/2.bin and 2 more files",
        "n.ipynb",
    ]


async def test_what_is_worth_most_comes_first_and_the_rest_is_counted() -> None:
    comments = [
        comment(line=1, severity=Severity.NOTE, confidence=0.9, rule="a.note"),
        comment(line=2, severity=Severity.ERROR, confidence=0.6),
        comment(line=3, severity=Severity.WARNING, confidence=0.95),
        comment(line=1, severity=Severity.ERROR, confidence=0.4, rule="a.guess", message="Perhaps."),
    ]
    review = await _review(TellingReviewer(comments=comments), wishes=ReviewWishes(scope="s", max_comments=2))
    assert [found.comment.line for found in review.shown] == [2, 3]
    assert [found.comment.rule for found in review.beyond] == ["a.note"]
    assert [found.comment.rule for found in review.folded] == ["a.guess"]
    assert review.shown[0].lines == ("b = eval(y)",)


async def test_a_dismissed_comment_does_not_come_back_when_its_lines_move_or_its_file_does() -> None:
    memory = MemoryOnly()
    review = await _review(TellingReviewer(comments=[comment(line=2)]), memory=memory)
    memory.dismissed.update(review.shown[0].fingerprints)
    moved = request(changed_file("shop/cart.py", "import os\n\n\nif x:\n    b  = eval(y)\n"))
    again = await _review(TellingReviewer(comments=[comment("shop/cart.py", 5)]), memory=memory, asked=moved)
    assert (again.shown, again.n_closed) == ((), 1)
    changed = request(changed_file("cart.py", "b = eval(other)\n"))
    other = await _review(TellingReviewer(comments=[comment(line=1)]), memory=memory, asked=changed)
    assert len(other.shown) == 1


async def test_of_two_equal_comments_one_is_dismissed_and_the_other_stays() -> None:
    twice = request(changed_file("cart.py", "a = eval(x)\na = eval(x)\n"))
    comments = [comment(line=1, message="First."), comment(line=2, message="Second.")]
    memory = MemoryOnly()
    review = await _review(TellingReviewer(comments=comments), memory=memory, asked=twice)
    assert len({found.fingerprint for found in review.shown}) == 2
    memory.dismissed.update(review.shown[0].fingerprints)
    again = await _review(TellingReviewer(comments=comments), memory=memory, asked=twice)
    assert [found.comment.message for found in again.shown] == ["Second."]


async def test_what_is_in_the_baseline_is_not_shown() -> None:
    first = await _review(TellingReviewer(comments=[comment(line=1)]))
    wishes = ReviewWishes(scope="s", baseline=frozenset(first.shown[0].fingerprints))
    review = await _review(TellingReviewer(comments=[comment(line=1), comment(line=2)]), wishes=wishes)
    assert ([found.comment.line for found in review.shown], review.n_in_baseline) == ([2], 1)


async def test_since_the_last_review_only_what_is_new_is_shown_and_it_stays_so() -> None:
    memory, wishes = MemoryOnly(), ReviewWishes(scope="work:since main", only_new=True)
    reviewer = TellingReviewer(comments=[comment(line=1)])
    assert len((await _review(reviewer, memory=memory, wishes=wishes)).shown) == 1
    reviewer.comments = [comment(line=1), comment(line=2)]
    second = await _review(reviewer, memory=memory, wishes=wishes)
    assert ([found.comment.line for found in second.shown], second.n_seen) == ([2], 1)
    third = await _review(reviewer, memory=memory, wishes=wishes)
    assert (third.shown, third.n_seen) == ((), 2)
    reviewer.comments = [comment(line=2)]
    await _review(reviewer, memory=memory, wishes=wishes)
    reviewer.comments = [comment(line=1), comment(line=2)]
    back = await _review(reviewer, memory=memory, wishes=wishes)
    assert [found.comment.line for found in back.shown] == [1]
    elsewhere = ReviewWishes(scope="other:since main", only_new=True)
    assert len((await _review(reviewer, memory=memory, wishes=elsewhere)).shown) == 2


async def test_what_was_beyond_the_limit_is_new_at_the_next_review() -> None:
    memory, wishes = MemoryOnly(), ReviewWishes(scope="s", only_new=True, max_comments=1)
    reviewer = TellingReviewer(comments=[comment(line=1, confidence=0.9), comment(line=2)])
    assert [found.comment.line for found in (await _review(reviewer, memory=memory, wishes=wishes)).shown] == [1]
    assert [found.comment.line for found in (await _review(reviewer, memory=memory, wishes=wishes)).shown] == [2]


async def test_a_comment_on_a_file_that_is_not_part_of_the_change_is_shown_without_lines() -> None:
    review = await _review(TellingReviewer(comments=[comment("README.md", 7)]))
    assert (review.shown[0].lines, review.shown[0].comment.path) == ((), PurePosixPath("README.md"))


async def test_progress_of_all_is_told_as_one() -> None:
    told: list[ReviewProgress] = []
    named = [NamedReviewer(name=name, reviewer=TellingReviewer()) for name in "ab"]
    await ReviewFeature(named, MemoryOnly()).review(request(changed_file("cart.py", CODE)), WISHES, told.append)
    assert [(each.n_done, each.n_steps) for each in told] == [(1, 2), (2, 4)]
