"""A new entry in its list: which lines change, and what they say then."""

import re
from dataclasses import dataclass

from inkling.engine.next_edit.file_view import indentation
from inkling.engine.next_edit.symmetry.counterparts import Counterpart
from inkling.engine.next_edit.symmetry.listings import Item, Listing, ListingKind

_AFTER_ITEM = re.compile(r"\s*(,?)\s*(?:#.*)?")


@dataclass(frozen=True, slots=True)
class WrittenLines:
    """Lines that come in place of others."""

    first_line: int
    end_line: int
    lines: tuple[str, ...]


def written(found: Counterpart) -> WrittenLines | None:
    """Returns the lines with a new entry; where its content is not known, the empty place of it.

    None where the list is written in a way that one entry more cannot be told from.
    """
    listing, item = found.listing, found.listing.items[found.number]
    if listing.kind.has_whole_lines:
        return _as_lines(found, item)
    if not found.lines:
        return _nothing(item, is_before=found.is_before)
    if all(_has_own_lines(entry.item) for entry in found.entries) and _has_own_lines(item):
        return None if listing.kind is ListingKind.OPERANDS else _on_own_lines(found, item)
    return _within_line(found, item)


def _nothing(item: Item, *, is_before: bool) -> WrittenLines:
    line = item.start.line if is_before else item.end.line + 1
    return WrittenLines(line, line, ())


def _as_lines(found: Counterpart, item: Item) -> WrittenLines:
    at = item.start.line if found.is_before else item.end.line + 1
    if not found.lines:
        return WrittenLines(at, at, ())
    blank = ("",) * _n_blank_lines(found)
    lines = _indented(found.lines, indentation(item.file_lines[item.line]))
    return WrittenLines(at, at, (*lines, *blank) if found.is_before else (*blank, *lines))


def _n_blank_lines(found: Counterpart) -> int:
    """Returns how many blank lines stand before entries of a block, the fewest."""
    counts = []
    for entry in found.entries:
        if entry.number:
            between = entry.item.file_lines[found.listing.items[entry.number - 1].end.line + 1 : entry.item.start.line]
            counts.append(sum(not line.strip() for line in between))
    return min(counts, default=0)


def _indented(lines: tuple[str, ...], wanted: str) -> tuple[str, ...]:
    there = indentation(lines[0])
    return tuple(wanted + line.removeprefix(there) if line.strip() else "" for line in lines)


def _has_own_lines(item: Item) -> bool:
    before = item.file_lines[item.start.line][: item.start.column]
    after = item.file_lines[item.end.line][item.end.column :]
    return not before.strip() and _AFTER_ITEM.fullmatch(after) is not None


def _on_own_lines(found: Counterpart, item: Item) -> WrittenLines:
    lead = item.file_lines[item.start.line][: item.start.column]
    lines = (lead + found.lines[0], *found.lines[1:])
    with_comma = (*lines[:-1], lines[-1] + ",")
    if found.is_before:
        return WrittenLines(item.start.line, item.start.line, with_comma)
    last = item.file_lines[item.end.line]
    after = _AFTER_ITEM.match(last, item.end.column)
    if after is not None and after[1]:
        return WrittenLines(item.end.line + 1, item.end.line + 1, with_comma)
    completed = f"{last[: item.end.column]},{last[item.end.column :]}"
    return WrittenLines(item.end.line, item.end.line + 1, (completed, *lines))


def _within_line(found: Counterpart, item: Item) -> WrittenLines | None:
    if len(found.lines) > 1 or item.start.line != item.end.line:
        return None
    glue = _glue(found.listing, found.number)
    if glue is None:
        return None
    line = item.file_lines[item.start.line]
    if found.is_before:
        changed = line[: item.start.column] + found.lines[0] + glue + line[item.start.column :]
    else:
        changed = line[: item.end.column] + glue + found.lines[0] + line[item.end.column :]
    return WrittenLines(item.start.line, item.start.line + 1, (changed,))


def _glue(listing: Listing, number: int) -> str | None:
    """Returns what stands between an item and one beside it on the same line; None where that is more than a sign."""
    for before, after in ((number - 1, number), (number, number + 1)):
        if before >= 0 and after < len(listing.items):
            one, other = listing.items[before], listing.items[after]
            if one.end.line == other.start.line:
                glue = one.file_lines[one.end.line][one.end.column : other.start.column]
                return glue if re.fullmatch(r"\s*(?:[,|]|or|and)\s*", glue) else None
    return ", " if listing.kind in (ListingKind.ITEMS, ListingKind.NAMES, ListingKind.ARGUMENTS) else None
