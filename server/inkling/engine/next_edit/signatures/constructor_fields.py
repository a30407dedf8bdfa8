"""What a constructor stores of its parameters, and what is passed for the fields of a dataclass."""

import ast
import re
from collections.abc import Iterator, Sequence

from inkling.core.next_edit import LineChange
from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.reading.outline import CONSTRUCTOR_OF_FIELDS, Function, outline
from inkling.engine.next_edit.renames.name_changes import latest_changes
from inkling.engine.next_edit.signatures.call_updates import Update
from inkling.engine.next_edit.signatures.item_lists import Replacement
from inkling.engine.next_edit.signatures.parameters import Parameter, SignatureChange
from inkling.engine.next_edit.situation import Situation

_ALL_ARE_STORED = 0.95
_MOST_ARE_STORED = 0.6
_NOTHING_TO_STORE = 0.7
_FIELD = re.compile(r"\s+(?P<name>[^\W\d]\w*)\s*:\s*(?!.*\bClassVar\b)[^=]+(?P<default>=.*)?$")
_FIELD_CLASSES = frozenset({"dataclass", "define", "frozen", "mutable", "s", "attrs", "NamedTuple"})


def stored_parameters(change: SignatureChange) -> Iterator[Update]:
    """Yields `self.x = x` for a parameter that a constructor got, and its removal for one that is gone."""
    function = change.function
    if function.name != "__init__" or function.owner is None:
        return
    stored = {target: (statement, prefix) for target, statement, prefix in _stores(function)}
    renamed = change.renamed
    for gone in change.removed:
        if gone.name in stored and gone.name not in renamed:
            statement, _ = stored[gone.name]
            lines = range(statement.lineno - 1, statement.end_lineno or statement.lineno)
            yield _replaced(change.view, lines, "", _NOTHING_TO_STORE)
    others = [found.name for found in change.after if found not in change.added and not found.stars]
    n_stored = sum(name in stored for name in others)
    if not others or 2 * n_stored < len(others):
        return
    certainty = _ALL_ARE_STORED if n_stored == len(others) else _MOST_ARE_STORED
    order = [found.name for found in change.after]
    for added in change.added:
        if added.stars or added.name in renamed.values() or _is_used(change.view, function, added.name):
            continue
        previous = [name for name in order[: order.index(added.name)] if name in stored]
        following = [name for name in order[order.index(added.name) :] if name in stored]
        if previous or following:
            statement, prefix = stored[previous[-1] if previous else following[0]]
            line = (statement.end_lineno or statement.lineno) if previous else statement.lineno - 1
            margin = indentation(change.view.lines[statement.lineno - 1])
            text = f"{margin}self.{prefix}{added.name} = {added.name}\n"
            yield _replaced(change.view, range(line, line), text, certainty)


def _stores(function: Function) -> Iterator[tuple[str, ast.stmt, str]]:
    """Yields parameter, statement and prefix of the attribute for each `self.x = x` or `self._x = x`."""
    for statement in function.node.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=attribute)], value=ast.Name(id=name))
                | ast.AnnAssign(
                    target=ast.Attribute(value=ast.Name(id="self"), attr=attribute), value=ast.Name(id=name)
                )
            ):
                if attribute.lstrip("_") == name:
                    yield name, statement, "_" if attribute.startswith("_") else ""
            case _:
                pass


def _is_used(view: FileView, function: Function, name: str) -> bool:
    """Returns whether a name stands in the body of a function, its docstring left out."""
    body = function.node.body
    first = body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    start = (first.end_lineno or first.lineno) if is_docstring else first.lineno - 1
    return any(start <= line < (function.node.end_lineno or 0) for line in view.lines_with.get(name, ()))


def _replaced(view: FileView, lines: range, text: str, certainty: float) -> Update:
    replacement = Replacement(start=(lines.start, 0), end=(lines.stop, 0), text=text)
    return Update(view=view, replacements=(replacement,), certainty=certainty)


def field_changes(situation: Situation) -> Iterator[SignatureChange]:
    """Yields the dataclasses, attrs classes and named tuples whose fields were lately added, removed or moved."""
    latest = [
        (age, change)
        for age, change in latest_changes(situation)
        if any(_FIELD.match(line) for line in (*change.removed, *change.inserted))
    ]
    read: list[LineChange] = []
    for age, change in latest:
        if change in read:
            continue
        view = situation.files[change.uri]
        for owner in outline(view).classes:
            if not _is_inside(change, owner) or not _has_fields(owner):
                continue
            if any(function.name == "__init__" for function in outline(view).methods(owner)):
                continue
            # A field that is moved is taken out by one change and put in by another.
            others = [other for _, other in latest if other.uri == change.uri and _is_inside(other, owner)]
            changes = [other for other in others if other is change or _is_move(change, other)]
            read += changes
            before, after = _fields_before(owner, changes), tuple(field for _, field in _fields(owner))
            if [found.name for found in before] != [found.name for found in after]:
                yield SignatureChange(
                    view=view,
                    function=Function(node=CONSTRUCTOR_OF_FIELDS, owner=owner, outer=None),
                    before=before,
                    after=after,
                    was_async=False,
                    was_property=False,
                    is_property=False,
                    age=age,
                )


def _is_inside(change: LineChange, owner: ast.ClassDef) -> bool:
    return owner.lineno - 1 < change.first_line <= (owner.end_lineno or 0)


def _is_move(one: LineChange, other: LineChange) -> bool:
    """Returns whether a field that one of two changes took out is one that the other put in."""
    return any(
        not {found.name for found in _fields_in(change.removed)}.isdisjoint(
            found.name for found in _fields_in(another.inserted)
        )
        for change, another in ((one, other), (other, one))
    )


def _fields_before(owner: ast.ClassDef, changes: Sequence[LineChange]) -> tuple[Parameter, ...]:
    """Returns the fields of a class as they were before changes."""
    placed = [
        (line, 1, field)
        for line, field in _fields(owner)
        if not any(change.first_line <= line < change.end_line for change in changes)
    ]
    placed += [(change.first_line, 0, field) for change in changes for field in _fields_in(change.removed)]
    return tuple(field for _, _, field in sorted(placed, key=lambda found: found[:2]))


def _has_fields(owner: ast.ClassDef) -> bool:
    expressions = [
        found.func if isinstance(found, ast.Call) else found for found in (*owner.decorator_list, *owner.bases)
    ]
    names = {found.id if isinstance(found, ast.Name) else getattr(found, "attr", "") for found in expressions}
    return not names.isdisjoint(_FIELD_CLASSES)


def _fields(owner: ast.ClassDef) -> Iterator[tuple[int, Parameter]]:
    """Yields the fields of a class, each with its line."""
    for node in owner.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)) if "ClassVar" not in ast.unparse(node.annotation):
                yield node.lineno - 1, _parameter(name, is_optional=node.value is not None)
            case _:
                pass


def _fields_in(lines: tuple[str, ...]) -> Iterator[Parameter]:
    for line in lines:
        match = _FIELD.match(line)
        if match:
            yield _parameter(match["name"], is_optional=match["default"] is not None)


def _parameter(name: str, *, is_optional: bool) -> Parameter:
    return Parameter(name=name, text=name, stars="", is_optional=is_optional, is_keyword_only=False)
