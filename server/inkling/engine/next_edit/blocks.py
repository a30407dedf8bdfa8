"""Runs of whole lines: whether the same stand elsewhere, and what they are there when they are indented otherwise."""

from collections.abc import Iterator, Sequence

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


def places_of_block(view: FileView, lines: Sequence[str]) -> Iterator[int]:
    """Yields where lines stand, indented by more or less; blank lines at the beginning count."""
    offset = first_filled(lines)
    if offset is None:
        return
    stripped = [line.strip() for line in lines]
    for line in view.lines_like.get(stripped[offset], ()):
        start = line - offset
        there = view.lines[start : start + len(lines)] if start >= 0 else ()
        if [other.strip() for other in there] == stripped and is_indented_alike(lines, there):
            yield start


def is_indented_alike(lines: Sequence[str], others: Sequence[str]) -> bool:
    """Tells whether two runs of lines have the same shape, wherever each of them begins."""
    return reindented(lines, block_indentation(lines), block_indentation(others)) == tuple(others)
