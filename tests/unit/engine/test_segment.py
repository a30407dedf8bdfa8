"""Segments: sorted as promised, the same after writing, and damage is noticed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.engine.index.segment import DamagedSegmentError, Segment, SegmentWriter, open_segment, sort_places
from inkling.engine.language.evidence import Expectation
from inkling.engine.language.lexer import lex


@given(st.lists(st.sampled_from([0, 1, 2, 3, 3_000_000]) | st.integers(0, 4), max_size=200))
def test_places_are_sorted_by_what_stands_before_them(tokens: list[int]) -> None:
    order = sort_places(np.array(tokens, np.int32)).tolist()
    contexts = [([0 if place - n < 0 else tokens[place - n] for n in range(1, 13)], place) for place in order]
    assert sorted(order) == list(range(len(tokens)))
    assert contexts == sorted(contexts)


def written(path: Path) -> Segment:
    writer = SegmentWriter()
    writer.add("a", lex("x = naïve\ny = 1\n"))
    writer.add("empty", [])
    writer.add("b", lex("x = nab\n"))
    writer.write(path)
    return open_segment(path)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    segment = written(tmp_path / "new" / "one.segment")
    assert list(segment.files) == ["a", "empty", "b"]
    assert segment.file_tokens("a") == lex("x = naïve\ny = 1\n")
    assert segment.file_tokens("empty") == []
    assert segment.file_tokens("c") is None
    assert list(tmp_path.glob("new/*")) == [tmp_path / "new" / "one.segment"]


def test_what_follows_is_counted(tmp_path: Path) -> None:
    segment = written(tmp_path / "one.segment")
    deepest, *others = segment.places(["x", " = "])
    assert deepest.depth == 2
    assert segment.next_tokens(deepest, None) == {"naïve": 1.0, "nab": 1.0}
    assert segment.next_tokens(others[-1], None) == {"naïve": 1.0, "nab": 1.0, "1": 1.0}
    assert segment.next_tokens(deepest, Expectation("naï", is_after_space=False)) == {"naïve": 1.0}
    assert segment.next_tokens(segment.places(["nab"])[0], None) == {"\n": 1.0}
    assert segment.places(["never"]) == []


@pytest.mark.parametrize("place", [0, 9, 20, -5])
def test_a_flipped_bit_is_noticed(tmp_path: Path, place: int) -> None:
    path = tmp_path / "one.segment"
    written(path)
    data = bytearray(path.read_bytes())
    data[place] ^= 4
    path.write_bytes(data)
    with pytest.raises(DamagedSegmentError):
        open_segment(path)


@pytest.mark.parametrize("n_kept", [0, 10, 40, 500])
def test_a_torn_file_is_noticed(tmp_path: Path, n_kept: int) -> None:
    path = tmp_path / "one.segment"
    written(path)
    path.write_bytes(path.read_bytes()[:n_kept])
    with pytest.raises(DamagedSegmentError):
        open_segment(path)
