"""Reviews as the client reads them."""

from pathlib import Path, PurePosixPath

from tests.unit.features.review.review_scene import MemoryOnly, TellingReviewer, changed_file, comment, request

from inkling.core.change import ChangedFile
from inkling.core.edit import TextEdit
from inkling.core.repair import FileEdit
from inkling.core.review import Confirmation, Reproduction, ReviewComment, ReviewProgress, Severity, Topic
from inkling.core.suggestion import SuggestionId
from inkling.features.review import (
    NamedReviewer,
    OfferedComment,
    ReviewedChange,
    ReviewFeature,
    ReviewQuestion,
    ReviewSession,
    ReviewWishes,
)
from inkling.lsp.fix_messages import WirePosition, WireRange
from inkling.lsp.review_messages import ReviewResult
from inkling.lsp.review_to_lsp import ReviewWriter, SeenFile

FOLDER = Path("/shop")
TEXT = "a = '🛒'; b = sum(x)\nreturn a / b\n"
SUGGESTION = (
    FileEdit(path=PurePosixPath("cart.py"), edit=TextEdit(offset=TEXT.index("sum"), n_removed=3, inserted="max")),
)
RAISES = comment(
    line=2,
    rule="behaviour.raises",
    topic=Topic.BEHAVIOUR,
    severity=Severity.ERROR,
    confidence=0.97,
    claims_failure=True,
    confirmation=Confirmation.CONFIRMED,
    reproduction=Reproduction(call="share(1, 0)", before="returns 0", after="raises", test="…", n_inputs=1),
    also_at=((PurePosixPath("b c.py"), 7),),
)
RENAMED = comment(line=1, suggestion=SUGGESTION)
SEEN = {PurePosixPath("cart.py"): SeenFile(uri="file:///shop/cart.py", version=7, text=TEXT, reviewed=TEXT)}


def _ignore(_progress: ReviewProgress) -> None:
    pass


async def _written(
    *comments: ReviewComment,
    seen: dict[PurePosixPath, SeenFile] | None = None,
    file: ChangedFile | None = None,
    opened: dict[Path, str] | None = None,
) -> ReviewResult:
    asked = request(file or changed_file("cart.py", TEXT, "old\n"))
    reviewer = NamedReviewer(name="one", reviewer=TellingReviewer(comments=comments))
    review = await ReviewFeature([reviewer], MemoryOnly()).review(asked, ReviewWishes(scope="main"), _ignore)
    reviewed = ReviewedChange(
        review=review,
        changes=asked.changes,
        project=FOLDER,
        closings=MemoryOnly(),
        leave=lambda: None,  # type: ignore[arg-type]  # nothing is closed here
    )
    offered = [
        OfferedComment(id=SuggestionId(str(number)), found=found, is_folded=found in review.folded)
        for number, found in enumerate((*review.shown, *review.folded))
    ]
    question = ReviewQuestion(folder=FOLDER)
    session = ReviewSession(id="r", question=question, reviewed=reviewed, comments=tuple(offered))
    return ReviewWriter("utf-16", session, SEEN if seen is None else seen, opened or {}).result()


async def test_a_comment_covers_whole_lines_and_says_what_was_run() -> None:
    result = await _written(RAISES)
    assert result.message == "Reviewed the working tree: 1 file, 1 comment."
    (shown,) = result.comments
    assert shown.range == WireRange(start=WirePosition(line=1, character=0), end=WirePosition(line=2, character=0))
    assert (shown.uri, shown.anchor_line, shown.confidence) == ("file:///shop/cart.py", 1, 0.97)
    assert [(place.uri, place.line) for place in shown.also_at] == [("file:///shop/b%20c.py", 6)]
    assert shown.evidence == [
        "Old and new version were run side by side on 1 input in a sandbox.",
        "A pytest module passes on the old version and fails on the new one.",
    ]
    assert shown.reproduction is not None
    assert (shown.suggestion, shown.suggestion_diff) == ([], "")


async def test_a_suggestion_is_for_the_version_that_was_seen_in_the_units_of_the_client() -> None:
    result = await _written(RENAMED, opened={FOLDER / "cart.py": "file:///SHOP/cart.py"})
    (shown,) = result.comments
    assert shown.uri == "file:///SHOP/cart.py"
    (edits,) = shown.suggestion
    assert (edits.uri, edits.version) == ("file:///shop/cart.py", 7)
    (edit,) = edits.edits
    assert (edit.range.start, edit.range.end, edit.new_text) == (
        WirePosition(line=0, character=14),
        WirePosition(line=0, character=17),
        "max",
    )
    assert "+a = '🛒'; b = max(x)\n" in shown.suggestion_diff


def _opened(text: str | None) -> dict[PurePosixPath, SeenFile]:
    return {PurePosixPath("cart.py"): SeenFile(uri="file:///shop/cart.py", version=8, text=text, reviewed=TEXT)}


async def test_a_comment_and_its_suggestion_go_with_their_lines_to_where_they_stand_in_the_editor() -> None:
    other = "import os\r\n# 🛒\r\n" + TEXT.replace("\n", "\r\n")
    again = comment(line=2, rule="risk.other", message="Two.", also_at=((PurePosixPath("cart.py"), 1),))
    result = await _written(RENAMED, again, seen=_opened(other))
    shown, second = result.comments
    assert shown.range == WireRange(start=WirePosition(line=2, character=0), end=WirePosition(line=3, character=0))
    assert (shown.anchor_line, shown.is_rewritten) == (2, False)
    (edit,) = shown.suggestion[0].edits
    assert (edit.range.start, edit.range.end) == (
        WirePosition(line=2, character=14),
        WirePosition(line=2, character=17),
    )
    assert [place.line for place in second.also_at] == [2]


async def test_a_comment_on_lines_that_are_rewritten_says_so_and_its_suggestion_is_only_for_reading() -> None:
    for text in ("import os\nb = max(x)\nreturn a / b\n", "return a / b\n", ""):
        (shown,) = (await _written(RENAMED, seen=_opened(text))).comments
        assert (shown.is_rewritten, shown.suggestion) == (True, [])
        assert shown.range.start.line == 0
        assert "+a = '🛒'; b = max(x)\n" in shown.suggestion_diff


async def test_where_a_text_is_not_known_lines_are_as_they_were_reviewed() -> None:
    for seen in ({}, _opened(None)):
        (shown,) = (await _written(RENAMED, seen=seen)).comments
        assert (shown.range.start.line, shown.is_rewritten, shown.suggestion) == (0, False, [])


async def test_lines_that_went_are_shown_where_they_would_be_in_the_editor() -> None:
    file = changed_file("cart.py", TEXT, "one\ntwo\nthree\n")
    gone = comment(line=3, is_on_old_side=True)
    (shown,) = (await _written(gone, file=file, seen=_opened("# top\n" + TEXT))).comments
    assert (shown.range.start.line, shown.anchor_line, shown.is_rewritten) == (2, 1, False)


async def test_lines_that_went_are_shown_where_they_were_and_the_less_certain_comes_last() -> None:
    file = changed_file("cart.py", TEXT, "one\ntwo\nthree\n")
    gone = comment(line=3, is_on_old_side=True, severity=Severity.NOTE)
    unsure = comment(line=1, confidence=0.1, severity=Severity.ERROR, rule="risk.other", message="Who knows.")
    result = await _written(unsure, gone, file=file)
    assert [(each.is_on_old_side, each.is_folded, each.anchor_line) for each in result.comments] == [
        (True, False, 0),
        (False, True, 0),
    ]
    assert result.comments[0].range.start.line == 2
    assert result.message == "Reviewed the working tree: 1 file, 1 comment, 1 less certain folded away."
