"""Lines of a search worker come out of a sandbox: what does not fit is no patch."""

import json
from pathlib import PurePosixPath

import pytest

from inkling.core.edit import TextEdit
from inkling.core.repair import FileEdit, Patch
from inkling.core.suggestion import Source
from inkling.engine.repair.protocol import (
    DoneLine,
    PatchLine,
    ProblemLine,
    ProgressLine,
    ProtocolError,
    SearchTask,
    WorkerLine,
    encode_line,
    parse_line,
)

PATH = PurePosixPath("program.py")
TEXTS = {PATH: "return a < b\n"}
FIELDS = {
    "line": "patch",
    "edits": [["program.py", 9, 1, "<="]],
    "kind": "comparison",
    "explanation": "It looks like the wrong comparison.",
    "prior": 0.5,
    "n_edits": 1,
}


@pytest.mark.parametrize(
    "line",
    [
        ProgressLine(doing="trying", n_tried=3),
        DoneLine(n_tried=4),
        ProblemLine(message="no tests"),
        PatchLine(
            patch=Patch(
                edits=(FileEdit(path=PATH, edit=TextEdit(offset=9, n_removed=1, inserted="<=")),),
                kind="comparison",
                source=Source.EMBEDDED,
                explanation="It looks like the wrong comparison.",
                prior=0.5,
            )
        ),
    ],
)
def test_a_line_comes_through_as_it_was(line: WorkerLine) -> None:
    assert parse_line(encode_line(line), TEXTS) == line


def test_a_task_comes_through_as_it_was() -> None:
    task = SearchTask(
        folder="/p",
        failing=("t.py::a",),
        passing=(),
        suspicious={"program.py": {3: 0.5}},
        budget_s=3.0,
        part=0,
        n_parts=2,
    )
    assert SearchTask.from_line(task.to_line()) == task


@pytest.mark.parametrize(
    "change",
    [
        {"line": "something"},
        {"edits": []},
        {"edits": [["other.py", 0, 1, "x"]]},
        {"edits": [["program.py", 9, 100, "x"]]},
        {"edits": [["program.py", -1, 1, "x"]]},
        {"edits": [["program.py", 0, 5, "x"], ["program.py", 3, 1, "y"]]},
        {"edits": [["program.py", 0, 1, "x" * 100_000]]},
        {"edits": [["program.py", 0, 1, None]]},
        {"edits": [["program.py", True, 1, "x"]]},
        {"prior": 0},
        {"prior": "nan"},
        {"prior": 10**9},
        {"explanation": ["words"]},
        {"kind": "k" * 1000},
    ],
)
def test_a_line_that_does_not_fit_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ProtocolError):
        parse_line(json.dumps(FIELDS | change).encode(), TEXTS)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"3", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_line(data, TEXTS)
