"""A changed name outside of readable code: in comments, docstrings and strings, and in lines that do not parse."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.reading.mended_tree import mended_tree
from inkling.engine.next_edit.reading.outline import outline
from inkling.engine.next_edit.reading.scopes import column_in, names_in
from inkling.engine.next_edit.renames.name_changes import NameChange
from inkling.engine.next_edit.renames.rename_targets import Renaming
from inkling.engine.next_edit.renames.target import Target

_DOCUMENTED = 0.9  # An entry for a parameter or attribute in a docstring.
_QUOTED = 0.7  # Between backticks.
_ALONE_IN_A_STRING = 0.4
_IN_PROSE = 0.3
_DONE_BEFORE = 0.2  # More, where the developer changed the name in such a place, too.
_IN_BROKEN_CODE = 0.5
_LEAST_UNUSUAL = 6  # Code points; shorter names are words of English too often.
_HEADING = re.compile(r"\s*(?:Args|Arguments|Parameters|Params|Other Parameters|Keyword Args|Attributes):?\s*$")
_OF_ATTRIBUTE = re.compile(r"\s*(?:Attributes\b|:(?:ivar|var)\b)")


def word_targets(view: FileView, change: NameChange, renaming: Renaming) -> Iterator[Target]:
    """Yields the places of a changed name that the syntax tree does not show."""
    if not change.is_plain:
        return
    mended = mended_tree(view)
    lost = [line for line, _ in renaming.unread if mended is None or line in mended.lost_lines]
    if lost:
        yield from _in_broken_code(view, change, lost)
        return
    is_done_before = bool(renaming.unread) and is_unusual(change.old)
    regions = list(renaming.regions)
    if is_done_before and not regions and not _is_in_code(view, change.old):
        regions.append((view, range(len(view.lines))))
    targets = {(target.view, target.line, target.column) for target in renaming.targets}
    seen: set[tuple[FileView, int]] = set()
    for file, lines in regions:
        numbers = [number for number in file.lines_with.get(change.old, ()) if number in lines]
        if not numbers:
            continue
        names = names_in(file, (change.old,))
        if names is None:
            continue
        in_code = {found.place for found in names.named(change.old)}
        for number in numbers:
            if (file, number) in seen:
                continue
            seen.add((file, number))
            if file is view and number in change.kept:
                continue
            if _documented(change.old).match(file.lines[number]):
                described = _parameter_of_entry(file, change.old, number)
                if described is not None and (file, *described) not in targets:
                    continue  # It describes a parameter, and that keeps its name.
            for column in _columns(change.old, file.lines[number]):
                if (number, column) in in_code:
                    continue
                certainty = _certainty(change.old, file.lines[number], column, is_done_before=is_done_before)
                if certainty:
                    yield Target(view=file, line=number, column=column, certainty=certainty)


def _is_in_code(view: FileView, name: str) -> bool:
    names = names_in(view, (name,))
    return names is None or bool(names.occurrences)


def is_unusual(name: str) -> bool:
    """Returns whether a name can hardly be a word of prose: long, with an underscore, a digit or an inner capital."""
    return len(name) >= _LEAST_UNUSUAL and re.search(r"[^\W_]_|\d|[a-z][A-Z]", name) is not None


def _columns(name: str, line: str) -> list[int]:
    return [found.start() for found in _word(name).finditer(line)]


@lru_cache(maxsize=64)
def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


@lru_cache(maxsize=64)
def _documented(name: str) -> re.Pattern[str]:
    """Returns what an entry begins with in docstrings of the styles of NumPy, Google and Sphinx."""
    escaped = re.escape(name)
    return re.compile(
        rf"\s*(?:(?:\w+, *)*\*{{0,2}}{escaped}(?: *\([^)]*\))? ?:|:(?:param|type|ivar|var)\b[^:]*\b{escaped}:)"
    )


def _parameter_of_entry(view: FileView, name: str, line: int) -> tuple[int, int] | None:
    """Returns where the parameter stands that an entry of a docstring describes; None for that of an attribute."""
    above = (view.lines[number] for number in range(line, -1, -1) if number in view.prose_lines)
    heading = next((text for text in above if _HEADING.match(text)), "")
    if _OF_ATTRIBUTE.match(view.lines[line]) or _OF_ATTRIBUTE.match(heading):
        return None
    read = outline(view)
    function = read.function_at(line)
    if function is None:
        classes = [found for found in read.classes if found.lineno - 1 <= line < (found.end_lineno or 0)]
        methods = read.methods(classes[-1]) if classes else []
        function = next((found for found in methods if found.name == "__init__"), None)
    if function is None:
        return None
    arguments = function.node.args
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
    found = next((argument for argument in every if argument is not None and argument.arg == name), None)
    if found is None:
        return None
    return found.lineno - 1, column_in(view.lines[found.lineno - 1], found.col_offset)


def _certainty(name: str, line: str, column: int, *, is_done_before: bool) -> float:
    before, after = line[:column], line[column + len(name) :]
    more = _DONE_BEFORE if is_done_before else 0.0
    if _documented(name).match(line) and not re.search(r"[^\w\s,:*]", before):
        return _DOCUMENTED
    if before.endswith("`") and after.startswith("`"):
        return _QUOTED + more
    if before.endswith(("'", '"')) and after.startswith(before[-1]):
        return _ALONE_IN_A_STRING + more if is_done_before or is_unusual(name) else 0.0
    return _IN_PROSE + more if is_done_before or is_unusual(name) else 0.0


def _in_broken_code(view: FileView, change: NameChange, changed_lines: Iterable[int]) -> Iterator[Target]:
    """Yields the words of code in the innermost function around changed lines, by indentation alone."""
    for changed_line in changed_lines:
        definition = view.definition_of[changed_line]
        if definition < 0 and not is_unusual(change.old):
            continue
        for number in view.lines_with.get(change.old, ()):
            if definition < 0 or _is_in_block(view, definition, number):
                for column in _columns_in_code(change.old, view.lines[number]):
                    yield Target(view=view, line=number, column=column, certainty=_IN_BROKEN_CODE)


def _is_in_block(view: FileView, definition: int, number: int) -> bool:
    owner = number
    while owner > definition:
        outer = view.definition_of[owner]
        if outer == owner:
            outer = _definition_around(view, owner)
        owner = outer
    return owner == definition


def _definition_around(view: FileView, definition: int) -> int:
    """Returns the line of the `def` or `class` around that of another one; -1 for none."""
    width = len(indentation(view.lines[definition]))
    for number in range(definition - 1, -1, -1):
        line = view.lines[number]
        if line.lstrip().startswith(("def ", "class ", "async def ")) and len(indentation(line)) < width:
            return number
    return -1


def _columns_in_code(name: str, line: str) -> list[int]:
    pattern = rf"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\#.*|(?<![\w.])({re.escape(name)})(?!\w)"
    return [found.start() for found in re.finditer(pattern, line) if found.group(1)]
