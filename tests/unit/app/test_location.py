"""FILE:LINE:COL, and files that cannot be read."""

from pathlib import Path

import pytest

from inkling.app.location import read_location
from inkling.core.errors import BadLocationError, UnreadableFileError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a:b.py"
    path.write_bytes("s = '🐍'\r\nx = 1\r\n".encode())
    return path


@pytest.mark.parametrize(("place", "offset"), [("1:1", 0), ("1:8", 7), ("2:1", 9), ("2:6", 14), ("3:1", 16)])
def test_lines_and_columns_count_from_one(source: Path, place: str, offset: int) -> None:
    location = read_location(f"{source}:{place}")
    assert location.offset == offset
    assert location.snapshot.path == source.resolve()


@pytest.mark.parametrize("place", ["1:9", "4:1", "0:1", "1:0"])
def test_a_place_that_is_not_there_is_named(source: Path, place: str) -> None:
    with pytest.raises(BadLocationError, match="both count from 1"):
        read_location(f"{source}:{place}")


@pytest.mark.parametrize("argument", ["a.py", "a.py:1", ":1:1", "a.py:x:1", "a.py:1:-2", ""])
def test_another_form_is_refused_with_an_example(argument: str) -> None:
    with pytest.raises(BadLocationError, match=r"FILE:LINE:COL, for example"):
        read_location(argument)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "latin.py").write_bytes(b"# caf\xe9\n")
    with pytest.raises(UnreadableFileError, match="is not UTF-8"):
        read_location(f"{tmp_path / 'latin.py'}:1:1")
    with pytest.raises(UnreadableFileError, match="No such file"):
        read_location(f"{tmp_path / 'absent.py'}:1:1")
    with pytest.raises(UnreadableFileError, match="directory"):
        read_location(f"{tmp_path}:1:1")
