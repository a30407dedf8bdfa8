"""What a review is printed as: SARIF, annotations, text; and what is kept of it on disk."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from tests.unit.features.review.review_scene import (
    MemoryOnly,
    TellingReviewer,
    changed_file,
    comment,
    request,
)

from inkling.app.review_answer import ReviewAnswer
from inkling.app.review_baseline import read_baseline, write_baseline
from inkling.app.review_json import review_json, review_sarif
from inkling.app.review_memory import ReviewFile
from inkling.app.review_report import annotation, print_review
from inkling.core.edit import TextEdit
from inkling.core.errors import UserError
from inkling.core.repair import FileEdit
from inkling.core.review import Confirmation, Reproduction, ReviewComment, Severity, Topic
from inkling.features.review import Closing, NamedReviewer, RememberedComment, ReviewFeature, ReviewWishes

AFTER = "def share(a, b):\n    naïve = '🦑'\n    return a / b\n"
BEFORE = "def share(a, b):\n    if b == 0:\n        return 0\n    return a / b\n"
RAISES = comment(
    line=3,
    rule="behaviour.raises",
    topic=Topic.BEHAVIOUR,
    severity=Severity.ERROR,
    confidence=0.97,
    message="`share(1, 0)` returned `0`, now raises `ZeroDivisionError`.",
    reason="The check for zero has gone.",
    symbol="share",
    claims_failure=True,
    confirmation=Confirmation.CONFIRMED,
    reproduction=Reproduction(
        call="share(1, 0)", before="returns `0`", after="raises `ZeroDivisionError`", test="def test(): …", n_inputs=212
    ),
    suggestion=(
        FileEdit(
            path=PurePosixPath("cart.py"),
            edit=TextEdit(offset=AFTER.index("a / b"), n_removed=5, inserted="a / b if b else 0"),
        ),
    ),
    also_at=((PurePosixPath("a b/ö.py"), 7),),
)


def _answer(*comments: ReviewComment, prefix: str = "", after: str = AFTER) -> ReviewAnswer:
    asked = request(changed_file("cart.py", after, BEFORE))
    feature = ReviewFeature([NamedReviewer(name="r", reviewer=TellingReviewer(comments=comments))], MemoryOnly())
    review = asyncio.run(feature.review(asked, ReviewWishes(scope="s"), lambda _progress: None))
    return ReviewAnswer(review=review, changes=asked.changes, prefix=prefix)


def _check_sarif(log: Any) -> None:
    """Holds a log to what the schema demands of the parts that are used here.

    Source: SARIF 2.1.0, sections 3.13, 3.14, 3.19, 3.27, 3.28, 3.29, 3.30, 3.49, 3.55, 3.57.
    """
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        assert driver["name"]
        assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
        rules = [rule["id"] for rule in driver["rules"]]
        assert len(set(rules)) == len(rules)
        for invocation in run["invocations"]:
            assert isinstance(invocation["executionSuccessful"], bool)
        for result in run["results"]:
            assert result["message"]["text"]
            assert rules[result["ruleIndex"]] == result["ruleId"]
            assert result["level"] in ("none", "note", "warning", "error")
            assert 0 <= result["rank"] <= 100
            assert all(isinstance(value, str) and value for value in result["partialFingerprints"].values())
            related = result.get("relatedLocations", [])
            assert len({location["id"] for location in related}) == len(related)
            for location in [*result["locations"], *related]:
                place = location["physicalLocation"]
                assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
                assert not place["artifactLocation"]["uri"].startswith("/")
                assert " " not in place["artifactLocation"]["uri"]
                assert 1 <= place["region"]["startLine"] <= place["region"]["endLine"]
            for fix in result.get("fixes", []):
                assert fix["artifactChanges"]
                for change in fix["artifactChanges"]:
                    assert change["artifactLocation"]["uri"]
                    for replacement in change["replacements"]:
                        region = replacement["deletedRegion"]
                        assert min(region.values()) >= 1
                        start, end = (
                            (region["startLine"], region["startColumn"]),
                            (region["endLine"], region["endColumn"]),
                        )
                        assert start <= end
                        assert isinstance(replacement["insertedContent"]["text"], str)


def test_sarif_holds_what_the_standard_demands() -> None:
    log = json.loads(json.dumps(review_sarif(_answer(RAISES, comment(line=2), prefix="server/"))))
    _check_sarif(log)
    results = {result["ruleId"]: result for result in log["runs"][0]["results"]}
    raises = results["behaviour.raises"]
    assert raises["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "server/cart.py"
    related = raises["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert related == "server/a%20b/%C3%B6.py"
    replacement = raises["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["deletedRegion"] == {"startLine": 3, "startColumn": 12, "endLine": 3, "endColumn": 17}
    assert "share(1, 0) returns `0` before and raises" in raises["message"]["text"]
    _check_sarif(review_sarif(_answer()))


def test_a_line_that_went_is_placed_where_it_would_be() -> None:
    gone = comment(line=2, is_on_old_side=True)
    answer = _answer(gone)
    assert answer.place(gone) == (1, 1)
    assert answer.review.shown[0].lines == ("    if b == 0:",)
    assert review_sarif(answer)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 1,
        "endLine": 1,
    }
    outside = comment("gone.py", line=99, is_on_old_side=True)
    assert answer.place(outside) == (99, 99)


def test_json_says_all_there_is() -> None:
    answer = json.loads(json.dumps(review_json(_answer(RAISES, comment(line=2, confidence=0.1, rule="a.guess")))))
    (shown,) = answer["comments"]
    assert shown["reproduction"]["test"] == "def test(): …"
    assert shown["suggestion_diff"].endswith("-    return a / b\n+    return a / b if b else 0\n")
    assert [each["rule"] for each in answer["folded"]] == ["a.guess"]


def test_an_annotation_is_one_command_whatever_is_in_it() -> None:
    evil = comment(
        "a,b:c.py",
        message="100% sure\r\n::error file=x::pwned",
        rule="x\n::set-output name=a::b",
    )
    answer = _answer(evil)
    said = annotation(answer, answer.review.shown[0])
    assert "\n" not in said
    assert "\r" not in said
    assert said.startswith("::warning file=a%2Cb%3Ac.py,line=1,endLine=1,title=x%0A%3A%3Aset-output name=a%3A%3Ab (")
    assert said.endswith("::100%25 sure%0D%0A::error file=x::pwned")


def test_text_is_readable_and_gives_no_orders(capsys: pytest.CaptureFixture[str]) -> None:
    print_review(_answer(RAISES), show_folded=False)
    shown = capsys.readouterr().out
    assert shown.startswith(
        "cart.py:3  error  behaviour.raises  (confirmed by a run, 97% sure)\n"
        "  3 |     return a / b\n"
        "  `share(1, 0)` returned `0`, now raises `ZeroDivisionError`.\n"
        "  The check for zero has gone.\n"
        "  Reproduction, found on 212 inputs:\n"
        "    | share(1, 0)\n"
        "    | before: returns `0`\n"
        "    | now:    raises `ZeroDivisionError`\n"
        "  Suggestion:\n"
    )
    assert "    | +    return a / b if b else 0\n  Also at a b/ö.py:7.\n  fingerprint " in shown
    evil = "::set-env name=PATH::x \x1b[2J\x07\n::error::second\n"
    print_review(
        _answer(comment(line=1, end_line=2, message="One\n::error::two \x9b0m"), after=evil), show_folded=False
    )
    shown = capsys.readouterr().out
    assert not [line for line in shown.splitlines() if line.strip().startswith("::")]
    assert not set(shown) & set(map(chr, [*range(9), *range(11, 32), *range(127, 160)]))


def test_what_was_shown_is_remembered_and_dismissed_by_the_beginning_of_its_name(tmp_path: Path) -> None:
    memory = ReviewFile(tmp_path / "data", tmp_path / "shop/.git")
    comments = [
        RememberedComment(fingerprints=names, rule="r.x", path=PurePosixPath("cart.py"), message="Words.")
        for names in (("abcd1111", "eeee0000"), ("abcd2222",))
    ]
    asyncio.run(memory.remember("main:index", comments, frozenset({"ffff0000"})))
    assert asyncio.run(memory.seen("main:index")) == {"abcd1111", "eeee0000", "abcd2222", "ffff0000"}
    assert asyncio.run(memory.seen("other")) == frozenset()
    with pytest.raises(UserError, match="is the beginning of 2 fingerprints; give more of it"):
        memory.close_named("abcd", Closing.DISMISSED, "why")
    with pytest.raises(UserError, match="no comment that was shown here"):
        memory.close_named("abc", Closing.DISMISSED, "why")
    closed = memory.close_named("ABCD1", Closing.DISMISSED, "why")
    assert (closed.name, closed.rule, closed.message) == ("abcd1111", "r.x", "Words.")
    other_window = ReviewFile(tmp_path / "data", tmp_path / "shop/.git")
    assert asyncio.run(other_window.closed()) == {"abcd1111", "eeee0000"}
    assert memory.path.stat().st_mode & 0o777 == 0o600
    assert asyncio.run(ReviewFile(tmp_path / "data", tmp_path / "elsewhere/.git").closed()) == frozenset()


def test_a_damaged_memory_is_set_aside_and_a_full_disk_spoils_nothing(tmp_path: Path) -> None:
    memory = ReviewFile(tmp_path / "data", tmp_path / ".git")
    for damaged in (
        "{",
        '{"version": 1, "closed": [], "scopes": {}}',
        '{"version": 1, "closed": {}, "scopes": {"s": {}}}',
    ):
        memory.path.parent.mkdir(exist_ok=True, parents=True)
        memory.path.write_text(damaged, encoding="utf-8")
        assert asyncio.run(memory.closed()) == frozenset()
        assert not memory.path.exists()
    blocked = ReviewFile(tmp_path / "data" / "a file", tmp_path / ".git")
    (tmp_path / "data" / "a file").write_text("", encoding="utf-8")
    asyncio.run(blocked.remember("s", [], frozenset()))
    assert asyncio.run(blocked.closed()) == frozenset()
    with pytest.raises(UserError, match="what becomes of comments cannot be kept"):
        blocked.close_named("abcd", Closing.DISMISSED, "why")


def test_what_is_closed_is_listed_and_opened_again_from_either_side(tmp_path: Path) -> None:
    shell, editor = (ReviewFile(tmp_path / "data", tmp_path / ".git") for _ in range(2))
    one, other = (
        RememberedComment(fingerprints=names, rule=rule, path=PurePosixPath("cart.py"), message="Words.")
        for names, rule in ((("abcd1111", "eeee0000"), "r.x"), (("abcd2222",), "r.y"))
    )
    asyncio.run(editor.close(one, Closing.RESOLVED, ""))
    asyncio.run(editor.close(other, Closing.RULE_SILENCED, "not here"))
    assert asyncio.run(shell.closed()) == {"abcd1111", "eeee0000"}
    assert asyncio.run(shell.silenced()) == {"r.y"}
    assert [(each.name, each.closing.value, each.reason) for each in shell.closed_entries()] == [
        ("r.y", "rule_silenced", "not here"),
        ("eeee0000", "resolved", ""),
        ("abcd1111", "resolved", ""),
    ]
    with pytest.raises(UserError, match=r"nothing that is closed here has the fingerprint 'r\.z'"):
        shell.reopen_named("r.z")
    assert shell.reopen_named("r.y").closing is Closing.RULE_SILENCED
    assert shell.reopen_named("eeee").message == "Words."
    assert (asyncio.run(editor.closed()), asyncio.run(editor.silenced())) == (frozenset(), frozenset())
    asyncio.run(shell.close(other, Closing.RULE_SILENCED, ""))
    asyncio.run(editor.reopen(other))
    assert asyncio.run(shell.silenced()) == frozenset()


def test_a_memory_of_an_older_inkling_is_read_and_one_of_a_newer_is_left_alone(tmp_path: Path) -> None:
    memory = ReviewFile(tmp_path / "data", tmp_path / ".git")
    memory.path.parent.mkdir(parents=True)
    kept = {"as": "dismissed", "reason": "why", "at": 1, "rule": "r.x", "path": "cart.py", "message": "Words."}
    memory.path.write_text(json.dumps({"version": 1, "closed": {"abcd1111": kept}, "scopes": {}}), encoding="utf-8")
    assert asyncio.run(memory.closed()) == {"abcd1111"}
    asyncio.run(memory.remember("s", [], frozenset()))
    assert [each.name for each in memory.closed_entries()] == ["abcd1111"]
    newer = json.dumps({"version": 99, "closed": ["in another form"]})
    memory.path.write_text(newer, encoding="utf-8")
    assert asyncio.run(memory.closed()) == frozenset()
    asyncio.run(memory.remember("s", [], frozenset()))
    with pytest.raises(UserError, match="was written by a newer Inkling"):
        memory.reopen_named("abcd1111")
    assert memory.path.read_text(encoding="utf-8") == newer


def test_two_reviews_at_once_lose_nothing(tmp_path: Path) -> None:
    async def remember_all() -> None:
        memories = [ReviewFile(tmp_path, tmp_path / ".git") for _ in range(20)]
        await asyncio.gather(*(each.remember(f"s{n}", [], frozenset({f"f{n}"})) for n, each in enumerate(memories)))

    asyncio.run(remember_all())
    memory = ReviewFile(tmp_path, tmp_path / ".git")
    assert [asyncio.run(memory.seen(f"s{n}")) for n in range(20)] == [{f"f{n}"} for n in range(20)]


def test_a_baseline_is_the_same_file_for_the_same_comments(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    assert write_baseline(path, _answer(comment(line=2), RAISES).review) == 2
    first = path.read_bytes()
    assert write_baseline(path, _answer(RAISES, comment(line=2)).review) == 2
    assert path.read_bytes() == first
    assert len(read_baseline(path)) == 2
    if os.getuid():
        path.chmod(0)
        with pytest.raises(UserError, match="cannot be read"):
            read_baseline(path)


def test_a_thread_that_reads_on_does_not_hold_up_a_review_that_is_over() -> None:
    program = (
        "import asyncio, threading\n"
        "from inkling.app.review_once import _until_ended, leave\n"
        "async def review():\n"
        "    asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)\n"
        "    return 'review'\n"
        "print(asyncio.run(_until_ended(review())))\n"
        "leave(1)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=240, check=False)
    assert (done.returncode, done.stdout) == (1, "review\n"), done.stderr
