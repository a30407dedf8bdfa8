"""The parameters of a function before and after a change of its `def`."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from inkling.core.next_edit import LineChange
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.outline import Function, outline
from inkling.engine.next_edit.renames.name_changes import latest_changes
from inkling.engine.next_edit.signatures.item_lists import ItemList, item_list
from inkling.engine.next_edit.situation import Situation

_MOST_DECORATORS = 12  # Lines above a `def` that are looked at for decorators.


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter.

    Attributes:
        name: Its name.
        text: All of it as it is written, with stars, annotation and default.
        stars: Empty, or one or two stars.
        is_optional: Whether it has a default.
        is_keyword_only: Whether it stands after a star.
    """

    name: str
    text: str
    stars: str
    is_optional: bool
    is_keyword_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureChange:
    """A `def` that was changed.

    Attributes:
        view: The file.
        function: The function as it is now.
        before: Its parameters before; `self` and `cls` left out, as in `after`.
        after: Its parameters now.
        was_async: Whether it was a coroutine.
        was_property: Whether it was a property.
        is_property: Whether it is a property now.
        age: Changes since.
    """

    view: FileView
    function: Function
    before: tuple[Parameter, ...]
    after: tuple[Parameter, ...]
    was_async: bool
    was_property: bool
    is_property: bool
    age: int

    @property
    def is_async(self) -> bool:
        """Whether it is a coroutine now."""
        return isinstance(self.function.node, ast.AsyncFunctionDef)

    @property
    def removed(self) -> list[Parameter]:
        """The parameters that are gone."""
        names = {parameter.name for parameter in self.after}
        return [parameter for parameter in self.before if parameter.name not in names]

    @property
    def added(self) -> list[Parameter]:
        """The parameters that are new."""
        names = {parameter.name for parameter in self.before}
        return [parameter for parameter in self.after if parameter.name not in names]

    @property
    def renamed(self) -> dict[str, str]:
        """New names by old ones: parameters that are new in the place of others, as many as before."""
        if len(self.before) != len(self.after):
            return {}
        pairs = list(zip(self.before, self.after, strict=True))
        added, removed = self.added, self.removed
        return {old.name: new.name for old, new in pairs if old in removed and new in added}


def signature_changes(situation: Situation) -> Iterator[SignatureChange]:
    """Yields the functions whose `def` was lately changed, the latest change first."""
    for age, change in latest_changes(situation):
        view = situation.files[change.uri]
        if not view.lines or not _may_touch_a_header(view, change):
            continue
        for function in outline(view).functions:
            header = function.header
            decorators = [node.lineno - 1 for node in function.node.decorator_list]
            first = min([header.start, *decorators])
            if change.first_line < header.stop and change.end_line >= first:
                yield from _changed(view, function, change, age)


def _may_touch_a_header(view: FileView, change: LineChange) -> bool:
    """Returns whether a change is of a line with a `def`, of a decorator, or inside of parentheses after a `def`."""
    touched = (*change.removed, *change.inserted)
    if any("def " in line or line.lstrip().startswith("@") for line in touched):
        return True
    owner = view.definition_of[min(change.first_line, len(view.lines) - 1)]
    return owner >= 0 and not view.lines[owner].rstrip().endswith(":") and change.first_line - owner < len(view.lines)


def _changed(view: FileView, function: Function, change: LineChange, age: int) -> Iterator[SignatureChange]:
    after_list = parameter_list(view.lines, function.header.start)
    before_lines = [*view.lines[: change.first_line], *change.removed, *view.lines[change.end_line :]]
    line = _line_before(function, change)
    before_list = parameter_list(before_lines, line) if line is not None and line < len(before_lines) else None
    if line is None or after_list is None or before_list is None:
        return
    before, after = parameters(before_list.texts), parameters(after_list.texts)
    if before is None or after is None:
        return
    if function.owner is not None and not is_static(function):
        before, after = before[1:], after[1:]
    found = SignatureChange(
        view=view,
        function=function,
        before=before,
        after=after,
        was_async=before_lines[line].lstrip().startswith("async "),
        was_property=_is_property(before_lines, line),
        is_property=_is_property(view.lines, function.header.start),
        age=age,
    )
    is_other = before != after or found.was_async != found.is_async or found.was_property != found.is_property
    if is_other:
        yield found


def _line_before(function: Function, change: LineChange) -> int | None:
    """Returns the line on which the function's `def` stood before a change; None where it did not stand there."""
    start = function.header.start
    if start < change.first_line:
        return start
    if start >= change.end_line:
        return start - len(change.inserted) + len(change.removed)
    pattern = re.compile(rf"\s*(?:async\s+)?def\s+{re.escape(function.name)}\s*\(")
    return next((change.first_line + n for n, line in enumerate(change.removed) if pattern.match(line)), None)


def _is_property(lines: Sequence[str], line: int) -> bool:
    for number in range(line - 1, max(-1, line - _MOST_DECORATORS), -1):
        stripped = lines[number].strip()
        if not stripped.startswith("@"):
            return False
        if re.fullmatch(r"@(?:\w+\.)*(?:cached_)?property", stripped):
            return True
    return False


def is_static(function: Function) -> bool:
    """Returns whether a method takes neither its object nor its class."""
    return any(isinstance(node, ast.Name) and node.id == "staticmethod" for node in function.node.decorator_list)


def parameter_list(lines: Sequence[str], line: int) -> ItemList | None:
    """Returns the parameters of the `def` on a line as they stand in the text."""
    found = re.match(r"\s*(?:async\s+)?def\s+\w+\s*\(", lines[line])
    return item_list(lines, (line, found.end() - 1)) if found else None


@lru_cache(maxsize=512)
def parameters(texts: tuple[str, ...]) -> tuple[Parameter, ...] | None:
    """Returns the parameters that items are, without lone stars and slashes; None for what cannot be a list of them."""
    try:
        node = ast.parse(f"def _({', '.join(texts)}): ...").body[0]
    except (SyntaxError, ValueError, RecursionError):
        return None
    if not isinstance(node, ast.FunctionDef):
        return None
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    optional = {found.arg for found in positional[len(positional) - len(arguments.defaults) :]}
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    optional |= {found.arg for found, default in pairs if default is not None}
    keyword_only = {found.arg for found in arguments.kwonlyargs}
    found: list[Parameter] = []
    for text in texts:
        match = re.match(r"(\*{0,2})\s*(\w+)", text)
        if match:
            stars, name = match.groups()
            found.append(
                Parameter(
                    name=name,
                    text=text,
                    stars=stars,
                    is_optional=name in optional,
                    is_keyword_only=name in keyword_only,
                )
            )
    # A name that stands twice is a `def` that Python refuses: what its calls should become is not yet said.
    return tuple(found) if len({parameter.name for parameter in found}) == len(found) else None
