"""Reviews that an editor asks for: one at a time, remembered, closed, and written down."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from tests.unit.features.fakes import FakeBackground, FakeLog
from tests.unit.features.review.review_scene import MemoryOnly, TellingReviewer, changed_file, comment, request
from tests.unit.features.test_survival_tracker import Disk, ManualClock

from inkling.core.errors import UserError
from inkling.core.execution import SuiteRequest, SuiteRun
from inkling.core.review import ReviewComment, ReviewProgress
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Reason, SuggestionId
from inkling.features.review import (
    AsStated,
    Closing,
    CommentAcceptance,
    EditorReviews,
    LineWatch,
    NamedReviewer,
    RememberedComment,
    ReviewedChange,
    ReviewFeature,
    ReviewQuestion,
    ReviewRecorder,
    ReviewWishes,
)
from inkling.features.survival import SurvivalPorts

FOLDER = Path("/shop")
CODE = "a = eval(x)\nb = eval(y)\nc = eval(z)\n"


class Closings(MemoryOnly):
    """Remembers what is closed, too."""

    async def close(self, comment: RememberedComment, closing: Closing, reason: str) -> None:
        if closing is Closing.RULE_SILENCED:
            self.silenced_rules.add(comment.rule)
        else:
            self.dismissed |= set(comment.fingerprints)

    async def reopen(self, comment: RememberedComment) -> None:
        self.silenced_rules.discard(comment.rule)
        self.dismissed -= set(comment.fingerprints)


class Tools:
    """Reviews a change without a repository."""

    def __init__(self, *comments: ReviewComment) -> None:
        self.reviewer = TellingReviewer(comments=comments)
        self.closings = Closings()
        self.is_reviewing = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.ended: list[str] = []
        self.n_left = 0

    async def review(
        self, question: ReviewQuestion, acceptance: CommentAcceptance, on_progress: Callable[[ReviewProgress], None]
    ) -> ReviewedChange:
        self.is_reviewing.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.ended.append("cancelled")
            raise
        asked = request(changed_file("cart.py", CODE))
        feature = ReviewFeature([NamedReviewer(name="one", reviewer=self.reviewer)], self.closings, acceptance)
        wishes = ReviewWishes(scope="main", max_comments=question.max_comments)
        review = await feature.review(asked, wishes, on_progress)
        self.ended.append("reviewed")
        return ReviewedChange(
            review=review, changes=asked.changes, project=FOLDER, closings=self.closings, leave=self._leave
        )

    async def files(self, folder: Path) -> frozenset[PurePosixPath]:
        return frozenset()

    async def run_tests(self, request: SuiteRequest) -> SuiteRun:
        raise AssertionError("nothing is run here")

    def _leave(self) -> None:
        self.n_left += 1


class NothingOpen:
    def snapshot(self, uri: DocumentUri) -> Snapshot | None:
        return None

    def uri_of(self, path: Path) -> DocumentUri:
        return DocumentUri(path.as_uri())


def reviews(tools: Tools, log: FakeLog | None = None) -> EditorReviews:
    log, clock, background, disk = log or FakeLog(), ManualClock(), FakeBackground(), Disk()
    recorder = ReviewRecorder(log, background, clock.now_ms, lambda: SuggestionId("hidden"))  # type: ignore[arg-type]  # what a recorder uses of a log
    ports = SurvivalPorts(log=log, background=background, clock=clock, files=disk, commits=disk)  # type: ignore[arg-type]  # as above

    async def acceptance() -> CommentAcceptance:
        return AsStated()

    return EditorReviews(tools, recorder, LineWatch(ports, NothingOpen()), acceptance)


def _ignore(_progress: ReviewProgress) -> None:
    pass


QUESTION = ReviewQuestion(folder=FOLDER)
EVAL = comment(line=1)
SURE = comment(line=2, rule="ruff.F821", confidence=0.9, message="Undefined name.")
FOLDED = comment(line=3, rule="risk.float", confidence=0.2, message="Floats are compared.")


async def test_a_newer_review_of_a_folder_cancels_the_older_one() -> None:
    tools = Tools(EVAL)
    editor = reviews(tools)
    tools.may_end.clear()
    older = asyncio.ensure_future(editor.review(QUESTION, _ignore))
    await tools.is_reviewing.wait()
    newer = asyncio.ensure_future(editor.review(QUESTION, _ignore))
    with pytest.raises(asyncio.CancelledError):
        await older
    tools.may_end.set()
    assert len((await newer).comments) == 1
    assert tools.ended == ["cancelled", "reviewed"]


async def test_closing_ends_what_goes_on_and_takes_away_what_lies_on_disk() -> None:
    tools = Tools(EVAL)
    editor = reviews(tools)
    session = await editor.review(QUESTION, _ignore)
    tools.may_end.clear()
    tools.is_reviewing.clear()
    running = asyncio.ensure_future(editor.review(replace(QUESTION, folder=Path("/other")), _ignore))
    await tools.is_reviewing.wait()
    await editor.close()
    assert running.cancelled()
    assert tools.n_left == 1
    with pytest.raises(UserError, match="not remembered any more"):
        editor.session(session.id)


async def test_only_the_latest_reviews_are_remembered() -> None:
    tools = Tools()
    editor = reviews(tools)
    sessions = [await editor.review(QUESTION, _ignore) for _ in range(10)]
    assert tools.n_left == 2
    assert editor.session(sessions[2].id) is sessions[2]
    with pytest.raises(UserError, match="review the changes again"):
        editor.session(sessions[1].id)


async def test_a_silenced_rule_closes_all_of_its_comments_and_opens_them_again() -> None:
    tools = Tools(EVAL, SURE, comment(line=3, message="Another one."))
    editor = reviews(tools)
    session = await editor.review(QUESTION, _ignore)
    by_rule = {each.found.comment.line: each.id for each in session.comments}
    await session.close(by_rule[2], Closing.DISMISSED, "fine")
    await session.close(by_rule[1], Closing.RULE_SILENCED, "not here")
    assert set(session.closed) == set(by_rule.values())
    again = await editor.review(QUESTION, _ignore)
    assert (again.comments, again.reviewed.review.n_closed) == ((), 3)
    await session.reopen(by_rule[3])
    assert set(session.closed) == {by_rule[2]}
    assert len((await editor.review(QUESTION, _ignore)).comments) == 2
    with pytest.raises(UserError, match="of another review"):
        await session.reopen(SuggestionId("nobody's"))


async def test_what_is_shown_folded_and_hidden_is_written_down_with_its_reason() -> None:
    log, tools = FakeLog(), Tools(EVAL, SURE, FOLDED)
    editor = reviews(tools, log)
    session = await editor.review(replace(QUESTION, max_comments=1), _ignore)
    shown, folded, beyond = log.decisions
    assert (shown.suggestion_id, shown.was_offered, shown.probability) == (session.comments[0].id, True, 0.9)
    assert shown.features["rule:ruff.F821"] == shown.features["topic:risk"] == 1.0
    assert (folded.was_offered, folded.features["is_folded"]) == (True, 1.0)
    assert (beyond.was_offered, beyond.reason, beyond.line) == (False, Reason.BEYOND_MOST, 0)
    assert {each.project for each in log.decisions} == {"shop-/shop"}
    await session.close(session.comments[0].id, Closing.DISMISSED, "")
    await session.close(session.comments[1].id, Closing.RULE_SILENCED, "")
    log.decisions.clear()
    await editor.review(QUESTION, _ignore)
    assert [each.reason for each in log.decisions] == [None, Reason.CLOSED_BEFORE, Reason.RULE_SILENCED]
