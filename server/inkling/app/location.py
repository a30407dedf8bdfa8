"""`FILE:LINE:COL` on the command line."""

from dataclasses import dataclass
from pathlib import Path

from inkling.core.errors import BadLocationError, UnreadableFileError
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.text import Position, offset_at

MAX_FILE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file, with the file's text.

    Attributes:
        snapshot: The file as it is on disk.
        offset: The place, in code points.
    """

    snapshot: Snapshot
    offset: int


def read_location(argument: str) -> Location:
    """Returns the place that `FILE:LINE:COL` names; lines and columns count from 1, columns in characters.

    Raises:
        BadLocationError: The argument has another form, or the file has no such place.
        UnreadableFileError: The file is missing, not UTF-8, or too large.
    """
    name, line, column = _split(argument)
    path = Path(name)
    text = read_source(path)
    offset = offset_at(text, Position(line=line - 1, column=column - 1))
    if offset is None:
        raise BadLocationError(f"{name} has no line {line} with a column {column}; both count from 1")
    snapshot = Snapshot(uri=DocumentUri(path.resolve().as_uri()), path=path.resolve(), version=-1, text=text)
    return Location(snapshot=snapshot, offset=offset)


def project_folder(location: Location) -> Path:
    """Returns the nearest folder above the file that looks like a project's, else the file's own."""
    path = location.snapshot.path
    folder = path.parent if path is not None else Path.cwd()
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in (".git", "pyproject.toml", "setup.py", "setup.cfg")):
            return candidate
    return folder


def _split(argument: str) -> tuple[str, int, int]:
    parts = argument.rsplit(":", 2)
    if len(parts) != 3 or not parts[0] or not (parts[1].isdecimal() and parts[2].isdecimal()):
        raise BadLocationError(f"{argument!r} is not of the form FILE:LINE:COL, for example app.py:12:8")
    return parts[0], int(parts[1]), int(parts[2])


def read_source(path: Path) -> str:
    """Returns the text of a UTF-8 file, line ends as they are.

    Raises:
        UnreadableFileError: The file is missing, not UTF-8, or too large.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UnreadableFileError(f"{path} is larger than {MAX_FILE_BYTES // 2**20} MB")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFileError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read: {error.strerror}") from error
