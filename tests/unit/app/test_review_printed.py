"""What a shell prints of a review: secrets masked, places said once, lines where they are now."""

import asyncio
import json
import subprocess
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from tests.unit.features.review.review_scene import MemoryOnly, TellingReviewer, changed_file, comment, request

from inkling.app import places, review_closings
from inkling.app.review_answer import ReviewAnswer
from inkling.app.review_json import review_json, review_sarif
from inkling.app.review_memory import ReviewFile
from inkling.app.review_report import annotation, print_review
from inkling.core.change import ChangedFile, FileChange, Hunk, LineSpan
from inkling.core.edit import TextEdit
from inkling.core.repair import FileEdit
from inkling.core.review import Reproduction, ReviewComment, Severity
from inkling.features.review import Closing, NamedReviewer, RememberedComment, ReviewFeature, ReviewWishes

KEY = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
OTHER = "ghp_" + "99C7e42F292c6912E7710c838347Ae178B4b"


def _answer(files: list[ChangedFile], *comments: ReviewComment) -> ReviewAnswer:
    asked = request(*files)
    feature = ReviewFeature([NamedReviewer(name="r", reviewer=TellingReviewer(comments=comments))], MemoryOnly())
    review = asyncio.run(feature.review(asked, ReviewWishes(scope="s"), lambda _progress: None))
    return ReviewAnswer(review=review, changes=asked.changes)


def test_no_secret_is_printed_in_any_format(capsys: pytest.CaptureFixture[str]) -> None:
    text = f"GH = '{KEY}'\nused = 1\n"
    edit = FileEdit(path=PurePosixPath("cart.py"), edit=TextEdit(offset=0, n_removed=0, inserted=f"OLD = '{KEY}'\n"))
    shown = Reproduction(call=f"f('{KEY}')", before="returns 1", after=f"'{KEY}'", test=f"f('{KEY}')", n_inputs=1)
    answer = _answer(
        [changed_file("cart.py", text)],
        comment(rule="risk.secret", message="This looks like a secret."),
        comment(line=2, message=f"`f()` returned `{KEY}`.", suggestion=(edit,), reproduction=shown),
    )
    print_review(answer, show_folded=True)
    printed = [capsys.readouterr().out, json.dumps(review_json(answer)), json.dumps(review_sarif(answer))]
    printed += [annotation(answer, found) for found in answer.review.shown]
    assert not [each for each in printed if KEY in each]
    assert "GH = '<redacted>'" in printed[0]


def test_two_secrets_are_two_comments() -> None:
    said = comment(rule="risk.secret", severity=Severity.ERROR, message="This looks like a secret.")
    answer = _answer(
        [changed_file("cart.py", f"A = '{KEY}'\nB = '{OTHER}'\n")], said, replace(said, line=2, end_line=2)
    )
    assert [(found.comment.line, len(found.fingerprints)) for found in answer.review.shown] == [(1, 1), (2, 1)]


def test_what_went_is_annotated_where_it_would_be_now() -> None:
    hunks = (
        Hunk(before=LineSpan(first=1, n_lines=0), after=LineSpan(first=1, n_lines=4)),
        Hunk(before=LineSpan(first=3, n_lines=1), after=LineSpan(first=7, n_lines=0)),
    )
    file = replace(changed_file("cart.py", "n\nn\nn\nn\na\nb\nd\n", "a\nb\nc\nd\n"), hunks=hunks)
    gone = comment(line=3, is_on_old_side=True, message="`c` is gone.")
    answer = _answer([file], gone)
    said = annotation(answer, answer.review.shown[0])
    assert "line=7,endLine=7," in said
    assert "`c` is gone. (before the change: line 3)" in said
    assert answer.place(replace(gone, line=2, end_line=2)) == (6, 6)


def test_a_place_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    places = ((PurePosixPath("a.py"), 1), (PurePosixPath("a.py"), 11))
    answer = _answer([changed_file("cart.py", "x\n")], comment(message="Still used: a.py:11.", also_at=places))
    print_review(answer, show_folded=False)
    assert "  Also at a.py:1.\n" in capsys.readouterr().out


def test_a_deleted_folder_is_one_comment() -> None:
    files = [
        replace(changed_file(f"shop/{name}.py", "", "def f(): ...\n"), change=FileChange.DELETED, after=None)
        for name in ("report", "split")
    ]
    gone = [
        comment(
            f"shop/{file}.py",
            rule="contract.gone",
            symbol=symbol,
            is_on_old_side=True,
            claims_failure=True,
            severity=Severity.ERROR,
            also_at=((PurePosixPath("test_shop.py"), line),),
        )
        for file, symbol, line in (("report", "pages", 1), ("split", "clamp", 2), ("split", "average", 2))
    ]
    (found,) = _answer(files, *gone).review.shown
    assert found.comment.message == (
        "2 files of shop/ are gone with `pages`, `clamp`, `average`, and 2 places still use them."
    )
    assert [line for _, line in found.comment.also_at] == [1, 2]
    assert len(found.fingerprints) == 3
    (found,) = _answer(files[1:], *gone[1:]).review.shown
    assert found.comment.message.startswith("shop/split.py is gone with `clamp`, `average`, and 1 place still uses ")


def test_nothing_changed_is_said_as_in_the_editor(capsys: pytest.CaptureFixture[str]) -> None:
    print_review(_answer([]), show_folded=False)
    assert capsys.readouterr().err == "Nothing has changed: there is no difference in the working tree.\n"


def test_what_is_closed_is_listed_by_the_fingerprint_that_was_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    memory = ReviewFile(places.find().data_dir, tmp_path / ".git")
    review_closings.list_closed(tmp_path, as_json=False)
    assert capsys.readouterr().out.startswith("Nothing is closed here")
    shown = RememberedComment(
        fingerprints=("aaaa1111", "bbbb2222"), rule="risk.eval", path=PurePosixPath("a.py"), message="Eval."
    )
    asyncio.run(memory.remember("s", [shown], frozenset()))
    memory.close_named("aaaa1111", Closing.DISMISSED, "ours")
    review_closings.list_closed(tmp_path, as_json=False)
    assert capsys.readouterr().out == (
        "aaaa1111  dismissed  risk.eval  a.py: Eval.  (ours)\n  and bbbb2222, closed with it\n"
    )
    review_closings.list_closed(tmp_path, as_json=True)
    listed = json.loads(capsys.readouterr().out)["closed"]
    assert [(each["fingerprint"], each["closed_with"]) for each in listed] == [
        ("bbbb2222", "aaaa1111"),
        ("aaaa1111", "aaaa1111"),
    ]
    memory.reopen_named("aaaa1111")
    assert memory.closed_entries() == []
