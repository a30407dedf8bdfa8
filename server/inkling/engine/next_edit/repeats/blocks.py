"""Runs of whole lines: whether the same stand elsewhere, and what they are there when they are indented otherwise."""

from collections.abc import Sequence

from inkling.engine.next_edit.file_view import FileView, indentation


def first_filled(lines: Sequence[str]) -> int | None:
    """Returns the index of the first line that is not blank."""
    return next((index for index, line in enumerate(lines) if line.strip()), None)


def block_indentation(lines: Sequence[str]) -> str:
    """Returns what the first line that is not blank begins with."""
    index = first_filled(lines)
    return "" if index is None else indentation(lines[index])


def reindented(lines: Sequence[str], before: str, after: str) -> tuple[str, ...] | None:
    """Returns lines that are indented by other white space; None where one is indented by less than that before."""
    if before == after:
        return tuple(lines)
    if not all(line.startswith(before) or not line.strip() for line in lines):
        return None
    return tuple(after + line[len(before) :] if line.strip() else line for line in lines)


def stands_at(view: FileView, start: int, lines: Sequence[str]) -> bool:
    """Tells whether lines stand at a place, all of them indented by as much more or less."""
    there = view.lines[start : start + len(lines)] if start >= 0 else ()
    if [line.strip() for line in there] != [line.strip() for line in lines]:
        return False
    return reindented(lines, block_indentation(lines), block_indentation(there)) == there
