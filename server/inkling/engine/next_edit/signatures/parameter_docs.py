"""Entries for parameters in docstrings, in the styles of Google, NumPy and Sphinx."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.reading.outline import Function, outline
from inkling.engine.next_edit.reading.scopes import FunctionNode
from inkling.engine.next_edit.signatures.call_updates import Update
from inkling.engine.next_edit.signatures.item_lists import Replacement
from inkling.engine.next_edit.signatures.parameters import SignatureChange
from inkling.engine.next_edit.situation import Situation

_GONE = 0.9
_AS_IN_ANOTHER_DOCSTRING = 0.5
_MOST_FUNCTIONS = 200  # In which an entry for a new parameter is looked for.
_SECTION = re.compile(r"\s*(?:Args|Arguments|Parameters|Params|Other Parameters|Keyword Args|Attributes):?\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a docstring says of one parameter.

    Attributes:
        name: The parameter.
        lines: Its lines in the file.
    """

    name: str
    lines: range


def entries(view: FileView, node: FunctionNode | ast.ClassDef) -> list[Entry]:
    """Returns the entries of a docstring, in their order; none where it has no such section."""
    statement = node.body[0]
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
        return []
    if not isinstance(statement.value.value, str):
        return []
    lines = range(statement.lineno - 1, statement.end_lineno or statement.lineno)
    found = [*_sphinx(view, lines)]
    return found or [*_sections(view, lines)]


def _sphinx(view: FileView, lines: range) -> Iterator[Entry]:
    for number in lines:
        match = re.match(r"\s*:param\b[^:]*?\*{0,2}(\w+):", view.lines[number])
        if match:
            width = len(indentation(view.lines[number]))
            stop = _end_of_entry(view, number, width, lines.stop)
            if stop < lines.stop and re.match(rf"\s*:type {match.group(1)}:", view.lines[stop]):
                stop = _end_of_entry(view, stop, width, lines.stop)
            yield Entry(name=match.group(1), lines=range(number, stop))


def _sections(view: FileView, lines: range) -> Iterator[Entry]:
    width = -1
    is_numpy = False
    number = lines.start
    while number < lines.stop:
        line = view.lines[number]
        if _SECTION.match(line):
            is_numpy = number + 1 < lines.stop and set(view.lines[number + 1].strip()) == {"-"}
            number += 2 if is_numpy else 1
            width = len(indentation(view.lines[number])) if number < lines.stop else -1
            continue
        pattern = r"\s*\*{0,2}(\w+)\s*(?::|$)" if is_numpy else r"\s*\*{0,2}(\w+)\s*(?:\([^)]*\))?:"
        match = re.match(pattern, line)
        is_dedented = bool(line.strip()) and len(indentation(line)) < width
        is_heading = is_numpy and number + 1 < lines.stop and set(view.lines[number + 1].strip()) == {"-"}
        if is_dedented or is_heading:
            width = -1
        elif width >= 0 and match and len(indentation(line)) == width:
            stop = _end_of_entry(view, number, width, lines.stop)
            yield Entry(name=match.group(1), lines=range(number, stop))
            number = stop
            continue
        number += 1


def _end_of_entry(view: FileView, first: int, width: int, stop: int) -> int:
    number = end = first + 1
    while number < stop:
        line = view.lines[number]
        if line.strip():
            if len(indentation(line)) <= width or line.strip() in ('"""', "'''"):
                break
            end = number + 1
        number += 1
    return end


def doc_updates(situation: Situation, change: SignatureChange) -> Iterator[Update]:
    """Yields entries of parameters that are gone, and entries for new ones that another docstring describes."""
    holders: list[FunctionNode | ast.ClassDef] = [change.function.node]
    if change.function.name == "__init__" and change.function.owner is not None:
        holders.append(change.function.owner)
    renamed = change.renamed
    for holder in holders:
        known = entries(change.view, holder)
        names = [entry.name for entry in known]
        for entry in known:
            if any(entry.name == gone.name and entry.name not in renamed for gone in change.removed):
                yield _replaced(change.view, entry.lines, (), _GONE)
        order = [parameter.name for parameter in change.after]
        for added in change.added:
            previous = [name for name in order[: order.index(added.name)] if name in names]
            if (
                not known
                or added.name in names
                or added.name in renamed.values()
                or (order[0] != added.name and not previous)
            ):
                continue
            model = _described_elsewhere(situation, change.function, added.name)
            if model is not None:
                view, lines = model
                at = known[names.index(previous[-1])].lines.stop if previous else known[0].lines.start
                shift = len(indentation(change.view.lines[known[0].lines.start]))
                own = len(indentation(view.lines[lines.start]))
                text = tuple(
                    " " * (len(indentation(line)) - own + shift) + line.strip() if line.strip() else ""
                    for line in view.lines[lines.start : lines.stop]
                )
                yield _replaced(change.view, range(at, at), text, _AS_IN_ANOTHER_DOCSTRING)


def _replaced(view: FileView, lines: range, inserted: tuple[str, ...], certainty: float) -> Update:
    start, end = (lines.start, 0), (lines.stop, 0)
    text = "".join(f"{line}\n" for line in inserted)
    return Update(view=view, replacements=(Replacement(start=start, end=end, text=text),), certainty=certainty)


def _described_elsewhere(situation: Situation, function: Function, name: str) -> tuple[FileView, range] | None:
    """Returns the entry for a parameter of the same name in the nearest function before, or in any after."""
    n_functions = 0
    for uri in situation.nearest_first:
        view = situation.files[uri]
        if name not in view.lines_with:
            continue
        functions = sorted(outline(view).functions, key=lambda found: abs(found.node.lineno - function.node.lineno))
        for other in functions:
            if other.node is function.node:
                continue
            n_functions += 1
            if n_functions > _MOST_FUNCTIONS:
                return None
            first, last = other.node.lineno - 1, other.node.end_lineno or other.node.lineno
            if any(first <= line < last for line in view.lines_with[name]):
                for entry in entries(view, other.node):
                    if entry.name == name:
                        return view, entry.lines
    return None
