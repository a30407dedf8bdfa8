"""What a model is told when it is asked for the next edit."""

import pytest

from inkling.context.prompt_context import estimate_tokens
from inkling.core.next_edit import LineChange
from inkling.core.redact import MASK
from inkling.core.snapshot import DocumentUri
from inkling.llm.next_edit.prompt import (
    ANSWER_TOKENS,
    CHANGE_TOKENS,
    MAX_CHANGE_LINES,
    PROBLEM_TOKENS,
    WINDOW_TOKENS,
    Problem,
    Scene,
    request_for,
)
from inkling.llm.next_edit.windows import Anchor, ShownFile, choose_windows, masked_lines

URI = DocumentUri("file:///a.py")
OTHER = DocumentUri("file:///b.py")
KEY = "sk-abcdefghijklmnopqrstuvwxyz123456"


def _file(n_lines: int, uri: DocumentUri = URI) -> ShownFile:
    lines = tuple(f"value_{number} = compute({number})" for number in range(1, n_lines + 1))
    return ShownFile(uri=uri, path=None, name=uri.rpartition("/")[2], lines=lines)


def _stretches(files: list[ShownFile], anchors: list[Anchor], budget: int) -> list[tuple[str, int, int]]:
    windows = choose_windows({file.uri: file for file in files}, anchors, budget)
    return [(window.file.name, window.first_line, window.end_line) for window in windows]


def _at(line: int, uri: DocumentUri = URI, reach: int = 3) -> Anchor:
    return Anchor(uri=uri, line=line, reach=reach)


def test_near_lines_of_each_anchor_come_before_far_lines_of_the_first() -> None:
    files = [_file(400), _file(400, OTHER)]
    tight = _stretches(files, [_at(100), _at(300), _at(50, OTHER)], 3 * 7 * 10 + 3 * 12)
    assert [(name, first < end) for name, first, end in tight] == [("a.py", True), ("a.py", True), ("b.py", True)]
    roomy = _stretches(files, [_at(100), _at(300)], 10_000)
    assert roomy == [("a.py", 91, 110), ("a.py", 291, 310)]


def test_windows_that_meet_are_one_and_end_with_the_file() -> None:
    assert _stretches([_file(30)], [_at(2), _at(8)], 10_000) == [("a.py", 0, 18)]
    assert _stretches([_file(5)], [_at(99)], 10_000) == [("a.py", 0, 5)]


def test_where_there_is_no_room_there_is_no_window() -> None:
    assert _stretches([_file(30)], [_at(2)], 5) == []
    assert _stretches([_file(0)], [_at(0)], 1000) == []
    assert _stretches([_file(30)], [_at(2, OTHER)], 1000) == []


def test_what_is_beyond_a_line_that_nobody_wrote_is_not_shown() -> None:
    lines = ("a = 1", "b = 2", "x" * 1000, "c = 3")
    file = ShownFile(uri=URI, path=None, name="a.py", lines=lines)
    assert _stretches([file], [_at(0)], 10_000) == [("a.py", 0, 2)]
    assert _stretches([file], [_at(2)], 10_000) == []


def test_secrets_are_masked_line_by_line() -> None:
    lines = [
        "-----BEGIN RSA PRIVATE KEY-----",
        "AAAA",
        "BBBB",
        "-----END RSA PRIVATE KEY-----",
        f'KEY = "{KEY}"',
        "x = 1",
    ]
    masked = masked_lines(lines)
    assert len(masked) == len(lines)
    assert not {"AAAA", "BBBB"} & set(masked)
    assert masked[4] == f'KEY = "{MASK}"'
    assert masked[5] == "x = 1"
    assert "BBBB" not in masked_lines(lines, 2, 3)


def _scene(changes: tuple[LineChange, ...] = (), problems: tuple[Problem, ...] = ()) -> Scene:
    file = _file(400)
    return Scene(
        windows=choose_windows({URI: file}, [_at(99, reach=40)], WINDOW_TOKENS),
        changes=changes,
        problems=problems,
        places=((URI, 99), (URI, 3)),
        cursor_uri=URI,
        cursor_line=99,
        name=lambda uri: uri.rpartition("/")[2],
    )


def _change(number: int, n_lines: int = 1, text: str = "") -> LineChange:
    return LineChange(
        uri=URI,
        first_line=number,
        removed=tuple(f"old_{number}_{line} = 1" for line in range(n_lines)),
        inserted=(text or f"new_{number} = 2",),
        above=("first", "nearest_above = 0"),
        below=("nearest_below = 3", "last"),
    )


def _told(scene: Scene) -> str:
    return request_for(scene).messages[-1].content


def test_windows_problems_changes_and_the_cursor_are_told() -> None:
    told = _told(_scene((_change(99),), (Problem(line=99, words="undefined name 'compute'"),)))
    assert "\n100|value_100 = compute(100)\n" in told
    assert "line 100: undefined name 'compute'" in told
    assert "@@ a.py:99\n nearest_above = 0\n-old_99_0 = 1\n+new_99 = 2\n nearest_below = 3\n" in told
    assert "The cursor is in a.py on line 100." in told
    assert "Worth a look, the likeliest first: a.py:100, a.py:4." in told
    assert "\n first\n" not in told


def test_changes_are_told_oldest_first_and_too_large_ones_not_at_all() -> None:
    told = _told(_scene((_change(1), _change(2, MAX_CHANGE_LINES), _change(3))))
    assert told.index("new_1 ") < told.index("new_3 ")
    assert "new_2 " not in told


def test_secrets_in_changes_are_masked() -> None:
    told = _told(_scene((_change(1, text=f'API_KEY = "{KEY}"'),)))
    assert KEY not in told
    assert f'+API_KEY = "{MASK}"' in told


@pytest.mark.parametrize("n_changes", [0, 1, 200])
def test_the_whole_stays_within_its_budget(n_changes: int) -> None:
    changes = tuple(_change(number, 12) for number in range(n_changes))
    problems = tuple(Problem(line=line, words="something is wrong " * 5) for line in range(50))
    request = request_for(_scene(changes, problems))
    instructions, told = (estimate_tokens(message.content) for message in request.messages)
    assert told <= WINDOW_TOKENS + CHANGE_TOKENS + PROBLEM_TOKENS + 100
    assert instructions < 500
    assert request.max_tokens == ANSWER_TOKENS
