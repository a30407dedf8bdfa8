"""What was just added beside others of its kind: a function, a member, an entry, a branch."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inkling.core.next_edit import LineChange
from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.symmetry.casings import Counterpart, counterpart

MOST_SIBLINGS = 6
MOST_LINES_AWAY = 400  # a definition further off is no neighbour

_TOKEN = re.compile(r"\w+|[^\w\s]")
_DEFINITION = re.compile(r"[ \t]*(?:async[ \t]+)?(def|class)[ \t]+(\w+)")
_NO_ENTRY = ("#", "@", "import ", "from ", ">>>", "return", '"""')


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Lines that belong together: a definition with its decorators, a branch with its body, or a single line.

    Attributes:
        view: The file.
        first_line: The first.
        end_line: The line after the last.
    """

    view: FileView
    first_line: int
    end_line: int

    @property
    def lines(self) -> tuple[str, ...]:
        """Its lines."""
        return self.view.lines[self.first_line : self.end_line]

    def holds(self, line: int) -> bool:
        """Returns whether a line is one of its own."""
        return self.first_line <= line < self.end_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A name that a change added, with its siblings.

    Attributes:
        name: The name.
        age: Changes since.
        unit: Where it is defined or listed.
        siblings: How each sibling's name becomes the new one, with the sibling's unit, in the order of the text.
    """

    name: str
    age: int
    unit: Unit
    siblings: tuple[tuple[Counterpart, Unit], ...]


def unit_at(view: FileView, line: int) -> Unit:
    """Returns the unit that begins at a line, or that the line is the header of."""
    width = len(indentation(view.lines[line]))
    first = line
    while (
        first > 0
        and view.lines[first - 1].startswith(" " * width + "@")
        and not _DEFINITION.match(view.lines[first - 1])
    ):
        first -= 1
    end = line
    while end < len(view.lines) - 1 and view.lines[end].lstrip().startswith("@"):
        end += 1
    end += 1
    last = end
    while end < len(view.lines):
        text = view.lines[end]
        if text.strip():
            is_closing = text.strip()[0] in ")]}" and len(indentation(text)) == width
            if len(indentation(text)) <= width and not is_closing:
                break
            last = end + 1
        end += 1
    return Unit(view=view, first_line=first, end_line=last)


def newcomers(view: FileView, change: LineChange, age: int) -> Iterator[Newcomer]:
    """Yields what a change added beside siblings; nothing where it rewrote lines."""
    if not change.inserted or len(change.inserted) <= len(change.removed):
        return
    end = min(change.end_line, len(view.lines))
    line = change.first_line
    while line < end:
        text = view.lines[line]
        if not text.strip() or text.lstrip().startswith(_NO_ENTRY):
            line += 1
            continue
        unit = unit_at(view, line)
        found = _definition(view, unit, line, age) if _DEFINITION.match(text) else _entry(view, unit, line, age)
        if found is not None and not any(found.name in removed for removed in change.removed):
            yield found
        line = max(unit.end_line, line + 1)


def _definition(view: FileView, unit: Unit, line: int, age: int) -> Newcomer | None:
    header = _DEFINITION.match(view.lines[line])
    if header is None:
        return None
    name, lead, container = header[2], indentation(view.lines[line]), _container(view, line)
    first_of: dict[str, int] = {}  # a property and its setter have one name; the first of them is the sibling
    for number in range(max(0, line - MOST_LINES_AWAY), min(len(view.lines), line + MOST_LINES_AWAY)):
        text = view.lines[number]
        other = _DEFINITION.match(text) if text.startswith(lead) and not unit.holds(number) else None
        if other is None or other[1] != header[1] or indentation(text) != lead or other[2].startswith("__"):
            continue
        if other[2] != name and _container(view, number) == container:
            first_of.setdefault(other[2], number)
    near = sorted(first_of.items(), key=lambda each: abs(each[1] - line))[:MOST_SIBLINGS]
    siblings = [
        (renaming, unit_at(view, number))
        for other_name, number in near
        if (renaming := counterpart(other_name, name)) is not None
    ]
    if not siblings or name.startswith("__"):
        return None
    siblings.sort(key=lambda each: each[1].first_line)
    return Newcomer(name=name, age=age, unit=unit, siblings=tuple(siblings))


def _container(view: FileView, line: int) -> int:
    """Returns the line of the definition that a definition stands in; -1 at the left margin."""
    width = len(indentation(view.lines[line]))
    owner = view.definition_of[line]
    while owner >= 0 and len(indentation(view.lines[owner])) >= width:
        above = owner - 1
        while above >= 0 and view.definition_of[above] == owner:
            above -= 1
        owner = view.definition_of[above] if above >= 0 else -1
    return owner


def _entry(view: FileView, unit: Unit, line: int, age: int) -> Newcomer | None:
    """Returns a line or branch as an entry of a list of such, its name the first word that differs."""
    tokens = _TOKEN.findall(view.lines[line].rstrip(",; "))
    lead = indentation(view.lines[line])
    siblings: list[tuple[Counterpart, Unit]] = []
    name = ""
    for step in (-1, 1):
        other = unit.first_line - 1 if step < 0 else unit.end_line
        n_found = 0
        while 0 <= other < len(view.lines) and n_found < MOST_SIBLINGS // 2:
            text = view.lines[other]
            if not text.strip() or len(indentation(text)) > len(lead):
                other += step
                continue
            if len(indentation(text)) < len(lead):
                break
            pair = _difference(tokens, _TOKEN.findall(text.rstrip(",; ")))
            if pair is None or (name and pair[1] != name):
                break
            if (renaming := counterpart(*pair)) is not None:
                name = pair[1]
                siblings.append((renaming, unit_at(view, other)))
                n_found += 1
            other += step
    if not siblings:
        return None
    siblings.sort(key=lambda each: each[1].first_line)
    return Newcomer(name=name, age=age, unit=unit, siblings=tuple(siblings))


def _difference(tokens: list[str], others: list[str]) -> tuple[str, str] | None:
    """Returns the first words in which two lines of one shape differ, the other line's first."""
    if len(tokens) != len(others) or len(tokens) < 2:
        return None
    pairs = [(old, new) for new, old in zip(tokens, others, strict=True) if new != old]
    if not pairs or not all(old.isidentifier() == new.isidentifier() for old, new in pairs):
        return None
    words = [(old, new) for old, new in pairs if old.isidentifier()]
    if not words or any(not old.isidentifier() and not (old.isdigit() and new.isdigit()) for old, new in pairs):
        return None
    same = sum(new == old and new.isidentifier() for new, old in zip(tokens, others, strict=True))
    return words[0] if same or len(words) == 1 or len(set(words)) == 1 or len(tokens) > 2 * len(words) else None
