"""Events are believed only as far as they make sense."""

import json
from collections.abc import Sequence
from pathlib import PurePosixPath

import pytest

from inkling.core.execution import CaseOutcome
from inkling.sandbox.suite.child.frames import HEADER, FrameError, FrameKind, FrameReader, encode
from inkling.sandbox.suite.told import EventReader, Told

CASE = {"kind": "case", "id": "test_a.py::test_a", "outcome": "passed", "s": 0.1, "raised": None, "output": ""}
RAISED = {"type": "E", "message": "", "frames": []}


def told(events: Sequence[object], *, piece: int = 7) -> Told:
    data = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    reader = EventReader()
    for start in range(0, len(data), piece):
        reader.feed(data[start : start + piece])
    return reader.told


@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_events_in_pieces_of_any_size(piece: int) -> None:
    lines = {"kind": "lines", "set": 0, "ranges": [[1, 3], [7, 7]]}
    result = told([lines, {**CASE, "lines": {"shop.py": 0}}, {"kind": "ended", "exit_code": 0}], piece=piece)
    assert not result.is_garbled
    assert result.cases["test_a.py::test_a"].outcome is CaseOutcome.PASSED
    assert result.coverage["test_a.py::test_a"] == {PurePosixPath("shop.py"): {1, 2, 3, 7}}
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "event",
    [
        1,
        [],
        {},
        {"kind": "none"},
        {"kind": []},
        {**CASE, "id": 3},
        {**CASE, "outcome": "good"},
        {**CASE, "s": -1},
        {**CASE, "s": float("nan")},
        {**CASE, "s": float("inf")},
        {**CASE, "s": True},
        {**CASE, "raised": {}},
        {**CASE, "raised": {**RAISED, "frames": [1]}},
        {**CASE, "raised": {**RAISED, "frames": [["../x.py", 1, "f"]]}},
        {**CASE, "raised": {**RAISED, "frames": [["/etc/passwd", 1, "f"]]}},
        {**CASE, "raised": {**RAISED, "frames": [["a\0b", 1, "f"]]}},
        {**CASE, "raised": {**RAISED, "frames": [["x.py", 0, "f"]]}},
        {**CASE, "raised": {**RAISED, "syntax": {}}},
        {**CASE, "lines": []},
        {"kind": "lines", "set": 0, "ranges": [[1, 10**12]]},
        {"kind": "lines", "set": 0, "ranges": [[1, 10**6]] * 5},
        {"kind": "lines", "set": 0, "ranges": [[1]]},
        {"kind": "lines", "set": -1, "ranges": []},
        {"kind": "ended", "exit_code": 2**60},
        {"kind": "ended", "exit_code": "0"},
        {
            "kind": "visit",
            "path": "x.py",
            "lines": [1, 2],
            "function": "f",
            "visit": 1,
            "before": {"a": 1},
            "after": {},
        },
    ],
)
def test_nonsense_is_noticed_and_nothing_after_it_believed(event: object) -> None:
    result = told([event, CASE])
    assert result.is_garbled
    assert result.cases == {}


@pytest.mark.parametrize("data", [b"\xff\xfe\n", b"{\n", b"[" * 100_000 + b"\n", b"9" * 5000 + b"\n", b"x" * 3_000_000])
def test_bytes_that_are_no_json(data: bytes) -> None:
    reader = EventReader()
    reader.feed(data)
    reader.feed(json.dumps(CASE).encode() + b"\n")
    assert reader.told.is_garbled
    assert reader.told.cases == {}


def test_a_line_that_is_not_complete_is_no_nonsense() -> None:
    reader = EventReader()
    reader.feed(json.dumps(CASE).encode() + b"\n" + b'{"kind": "ca')
    assert not reader.told.is_garbled
    assert len(reader.told.cases) == 1


def test_halves_of_surrogate_pairs_become_writable() -> None:
    result = told([{**CASE, "output": "a\ud800b"}])
    assert result.cases["test_a.py::test_a"].output == "a?b"


def test_a_secret_that_is_cut_is_masked_all_the_same() -> None:
    before = {"text": "x" * 60 + " ghp_" + "a1" * 20, "password": "'hunter2'", "n": "1"}
    visit = {
        "kind": "visit",
        "path": "x.py",
        "lines": [1, 2],
        "function": "f",
        "visit": 1,
        "before": before,
        "after": {},
    }
    (seen,) = told([visit]).visits
    assert "ghp_" not in seen.before["text"]
    assert len(seen.before["text"]) <= 80
    assert seen.before["password"] == "'<redacted>'"  # noqa: S105 - masked
    assert seen.before["n"] == "1"


def test_frames_in_pieces() -> None:
    data = encode(FrameKind.EVENTS, b"abc") + encode(FrameKind.DONE, b"")
    reader = FrameReader()
    assert [frame for n in range(len(data)) for frame in reader.feed(data[n : n + 1])] == [
        (FrameKind.EVENTS, b"abc"),
        (FrameKind.DONE, b""),
    ]


@pytest.mark.parametrize("header", [HEADER.pack(2**31, 3), HEADER.pack(0, 9)])
def test_what_is_no_frame(header: bytes) -> None:
    with pytest.raises(FrameError):
        list(FrameReader().feed(header))
