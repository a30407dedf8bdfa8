"""A model's answer as remarks: what quotes a changed line is one, whatever stands around it."""

import json
from pathlib import PurePosixPath
from typing import Any

import pytest

from inkling.core.change import ChangedFile, FileChange, Hunk, LineSpan
from inkling.core.edit import apply_edit
from inkling.core.redact import MASK
from inkling.core.review import Severity
from inkling.llm.review.facts import ChangedPart, Excerpt
from inkling.llm.review.objects import BadAnswerError, objects_in
from inkling.llm.review.purse import TokenPurse
from inkling.llm.review.replies import Remark, parse_reply
from inkling.llm.review.scoring import parse_scores
from inkling.llm.review.showing import HUNK_TOKENS, ShownPart, masked_lines, shown, shown_excerpt

KEY = "sk-abcdefghijklmnopqrstuvwxyz123456"
BEFORE = "def total(prices):\n    return sum(prices)\n\n\nLIMIT = 3\n"
AFTER = (
    "def total(prices):\n    result = 1\n    for price in prices:\n        result = 1\n    return result\n\n\n"
    f'LIMIT = 3\nKEY = "{KEY}"\n'
)
FILE = ChangedFile(
    path=PurePosixPath("cart.py"),
    old_path=PurePosixPath("cart.py"),
    change=FileChange.MODIFIED,
    before=BEFORE,
    after=AFTER,
    hunks=(
        Hunk(before=LineSpan(first=2, n_lines=1), after=LineSpan(first=2, n_lines=4)),
        Hunk(before=LineSpan(first=6, n_lines=0), after=LineSpan(first=9, n_lines=1)),
    ),
)
PART = ChangedPart(path=FILE.path, symbol="total", lines_before=(2,), lines_after=(2, 3, 4, 5), module="cart")


def _part(file: ChangedFile = FILE, part: ChangedPart = PART) -> ShownPart:
    return shown(part, file)


def _read(**said: Any) -> Remark | None:
    answer = json.dumps({"comments": [{"quote": "    result = 1", "message": "It is wrong."} | said]})
    reply = parse_reply(answer, _part(), ())
    assert reply.n_unfit == (0 if reply.remarks else 1)
    return reply.remarks[0] if reply.remarks else None


def test_changed_lines_are_shown_with_their_numbers_and_those_around() -> None:
    assert _part().hunk.split("\n") == [
        "     1 | def total(prices):",
        "-    2 |     return sum(prices)",
        "+    2 |     result = 1",
        "+    3 |     for price in prices:",
        "+    4 |         result = 1",
        "+    5 |     return result",
        "     6 | ",
        "     7 | ",
        "     8 | LIMIT = 3",
    ]


def test_secrets_are_masked_line_by_line() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nabc\ndef\n-----END PRIVATE KEY-----"
    assert masked_lines(f'A = """\n{key}\n"""\nB = "{KEY}"') == (
        'A = """',
        "-----BEGIN PRIVATE KEY-----",
        "",
        "",
        "-----END PRIVATE KEY-----",
        '"""',
        f'B = "{MASK}"',
    )


def test_of_a_long_function_what_matters_is_shown() -> None:
    text = "def long():\n" + "".join(f"    step({number})\n" for number in range(2, 500))
    excerpt = Excerpt(path=FILE.path, name="long", text=text, lines=LineSpan(first=1, n_lines=499), focus=300)
    lines = shown_excerpt(excerpt).split("\n")
    assert lines[:2] == ["def long():", "    ..."]
    assert "    step(300)" in lines
    assert len(lines) == 83


def test_of_a_huge_hunk_the_first_lines_are_shown_and_can_be_quoted() -> None:
    text = "".join(f"value_{number} = compute_something_of({number})\n" for number in range(2000))
    added = ChangedFile(
        path=FILE.path,
        old_path=None,
        change=FileChange.ADDED,
        after=text,
        hunks=(Hunk(before=LineSpan(first=1, n_lines=0), after=LineSpan(first=1, n_lines=2000)),),
    )
    part = _part(added, ChangedPart(path=FILE.path, lines_after=tuple(range(1, 2001))))
    assert not part.is_whole
    assert 0 < len(part.lines_after) < HUNK_TOKENS
    last = max(part.lines_after)
    answer = json.dumps(
        {"comments": [{"quote": line, "message": "So."} for line in text.split("\n")[last - 1 : last + 1]]}
    )
    reply = parse_reply(answer, part, ())
    assert [remark.line for remark in reply.remarks] == [last]
    assert reply.n_unfit == 1


@pytest.mark.parametrize(
    ("quote", "said_line", "place"),
    [
        ("    result = 1", 2, (2, 2, False)),
        ("        result = 1", 5, (4, 4, False)),
        ("result = 1", None, (2, 2, False)),
        ("    for price in prices:\n        result = 1\n", 1, (3, 4, False)),
        ("    return sum(prices)", 2, (2, 2, True)),
    ],
)
def test_a_quote_says_which_line_is_meant(quote: str, said_line: int | None, place: tuple[int, int, bool]) -> None:
    remark = _read(quote=quote, line=said_line)
    assert remark is not None
    assert (remark.line, remark.end_line, remark.is_on_old_side) == place


@pytest.mark.parametrize(
    "said",
    [
        {"quote": "    result = 2"},
        {"quote": "+   2 |     result = 1"},
        {"quote": "def total(prices):"},
        {"quote": "LIMIT = 3"},
        {"quote": "    result = 1\n    return total"},
        {"quote": ""},
        {"quote": None},
        {"message": ""},
        {"message": "It is wrong.\u202e"},
        {"message": "wrong " * 200},
        {"fails": True},
        {"kind": "bug"},
    ],
)
def test_what_does_not_fit_is_left_out(said: dict[str, Any]) -> None:
    assert _read(**said) is None


def test_words_are_one_line_without_links() -> None:
    remark = _read(message="See\n[this](https://example.org) ![x][1]", severity="fatal", kind="taste")
    assert remark is not None
    assert remark.message == "See [this] (https://example.org) ![x] [1]"
    assert (remark.severity, remark.kind) == (Severity.NOTE, "other")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"suggestion": "    result = 0"}, "    result = 0"),
        ({"suggestion": "    result = 0\n    count = 0\n"}, "    result = 0\n    count = 0"),
        ({"suggestion": "    result = ("}, None),
        ({"suggestion": "    result = 1"}, None),
        ({"suggestion": f"    result = '{MASK}'"}, None),
        ({"suggestion": "    result = 0", "quote": "result = 1"}, None),
        ({"suggestion": "    return 0", "quote": "    return sum(prices)"}, None),
    ],
)
def test_a_suggestion_replaces_the_quoted_lines_alone_and_parses(said: dict[str, Any], line: str | None) -> None:
    remark = _read(**({"line": 2} | said))
    assert remark is not None
    expected = None if line is None else AFTER.replace("    result = 1", line, 1)
    assert (remark.suggestion and apply_edit(AFTER, remark.suggestion)) == expected


def test_lists_in_all_kinds_of_answers() -> None:
    assert objects_in('{"comments": []}', "comments") == ([], True)
    assert objects_in('Well {so}:\n```json\n{"comments" : [ {"a": 1}, 7, {"b": [2]} ] }```', "comments") == (
        [{"a": 1}, {"b": [2]}],
        True,
    )
    assert objects_in('{"comments": [{"a": 1}, {"b": "tex', "comments") == ([{"a": 1}], False)
    assert objects_in('{"comments": [' + '{"a":' * 100_000, "comments") == ([], False)
    for answer in ("", "no", '{"comments": {}}', '["comments"]'):
        with pytest.raises(BadAnswerError):
            objects_in(answer, "comments")


def test_scores_go_by_both_numbers_and_all_questions() -> None:
    yes = {"true": True, "new": True, "unintended": True, "concrete": True, "changes_code": True}
    scores = [
        {"id": 1, "checks": yes, "right": 0.9, "worth": 0.6},
        {"id": 3, "checks": yes | {"new": False, "true": "yes"}, "right": 1, "worth": 1},
        {"id": 4, "checks": yes, "right": 7, "worth": 1},
        {"id": 5, "checks": None, "right": 1, "worth": 1},
        {"id": True, "checks": yes, "right": 1, "worth": 1},
        {"id": 9, "checks": yes, "right": 1, "worth": 1},
    ]
    assert parse_scores(json.dumps({"scores": scores}), 5) == [0.6, None, pytest.approx(0.6), None, None]


async def test_tokens_are_waited_for_while_somebody_may_give_some_back() -> None:
    purse = TokenPurse(100)
    assert await purse.take(70)
    purse.settle(70, 20)
    assert await purse.take(80)
    purse.settle(80, 80)
    assert not await purse.take(1)
