"""What callers become when a function gives its result another way: awaited, called, or of another shape."""

import ast
import builtins
import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkling.core.next_edit import LineChange
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.call_sites import LEAST_CERTAIN, METHODS_OF_BUILTINS, CallSite, call_sites
from inkling.engine.next_edit.reading.outline import Function, definers, outline, subclasses
from inkling.engine.next_edit.reading.scopes import FunctionNode, Role, Scope, class_of_receiver, column_in, names_in
from inkling.engine.next_edit.renames.name_changes import latest_changes
from inkling.engine.next_edit.signatures.call_updates import Update
from inkling.engine.next_edit.signatures.item_lists import Replacement
from inkling.engine.next_edit.signatures.parameters import SignatureChange
from inkling.engine.next_edit.situation import Situation

_PROPERTY_OF_UNKNOWN_OBJECT = 0.3  # Attributes of one name stand on many classes.
_NAMED_AS_RETURNED = 0.7  # A caller may call the new value otherwise.
_VERBS = frozenset(("build", "calc", "calculate", "compute", "create", "find", "get", "load", "make", "read"))
_BUILTINS = frozenset(dir(builtins))


def await_updates(situation: Situation, change: SignatureChange) -> Iterator[Update]:
    """Yields `await` at calls of what became a coroutine, and its removal where it no longer is one."""
    if change.was_async == change.is_async:
        return
    for site in call_sites(situation, change.view, change.function):
        if site.certainty < LEAST_CERTAIN or not isinstance(_function_of(site.scope), ast.AsyncFunctionDef):
            continue
        start, end = _span(site.view, site.call)
        before, after = site.view.lines[start[0]][: start[1]], site.view.lines[end[0]][end[1] :]
        is_awaited = before.rstrip().endswith("await")
        if change.is_async and not is_awaited:
            is_used = after.startswith((".", "[", "("))
            replacements = [Replacement(start=start, end=start, text="(await " if is_used else "await ")]
            if is_used:
                replacements.append(Replacement(start=end, end=end, text=")"))
            yield Update(view=site.view, replacements=tuple(replacements), certainty=site.certainty)
        elif is_awaited and not change.is_async:
            word = (start[0], before.rindex("await"))
            replacement = Replacement(start=word, end=start, text="")
            yield Update(view=site.view, replacements=(replacement,), certainty=site.certainty)


def property_updates(situation: Situation, change: SignatureChange) -> Iterator[Update]:
    """Yields the call of what was a property, and plain reading of what became one."""
    owner, name = change.function.owner, change.function.name
    if owner is None or change.was_property == change.is_property or change.after:
        return
    heirs = {owner, *(heir for _, heir in subclasses(situation, owner.name))}
    is_known_elsewhere = name in METHODS_OF_BUILTINS or any(
        other.owner not in heirs for _, other in definers(situation, name)
    )
    for uri in situation.nearest_first:
        view = situation.files[uri]
        names = names_in(view, (name,)) if name in view.lines_with else None
        if names is None:
            continue
        is_known_here = is_known_elsewhere or any(
            found.binds and found.role is Role.ATTRIBUTE and class_of_receiver(found) not in heirs
            for found in names.named(name)
        )
        for found in names.named(name, Role.ATTRIBUTE):
            call = names.calls.get(found.node)
            receiver = class_of_receiver(found)
            if found.binds or (call is None) == change.is_property:
                continue
            if receiver not in heirs and (receiver is not None or is_known_here):
                continue
            certainty = 1.0 if receiver is not None else _PROPERTY_OF_UNKNOWN_OBJECT
            end = (found.line, found.column + len(name))
            if call is None:
                yield Update(view=view, replacements=(Replacement(start=end, end=end, text="()"),), certainty=certainty)
            elif not call.args and not call.keywords:
                replacement = Replacement(start=end, end=_span(view, call)[1], text="")
                yield Update(view=view, replacements=(replacement,), certainty=certainty)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnChange:
    """A `return` whose tuple got or lost values.

    Attributes:
        view: The file.
        function: The function.
        before: What was returned, one text for each value.
        after: What is returned now.
        age: Changes since.
    """

    view: FileView
    function: Function
    before: tuple[str, ...]
    after: tuple[str, ...]
    age: int


def return_changes(situation: Situation) -> Iterator[ReturnChange]:
    """Yields the functions of which a `return` lately changed its shape, where all of them have the new one."""
    for age, change in latest_changes(situation):
        before, after = _returned(change.removed), _returned(change.inserted)
        if len(before) != 1 or len(after) != 1 or len(before[0]) == len(after[0]):
            continue
        view = situation.files[change.uri]
        function = outline(view).function_at(_line_of_return(change))
        if function is not None and _all_return(function, len(after[0])):
            yield ReturnChange(view=view, function=function, before=before[0], after=after[0], age=age)


def _line_of_return(change: LineChange) -> int:
    number = next(n for n, line in enumerate(change.inserted) if line.strip().startswith("return "))
    return change.first_line + number


def _returned(lines: Sequence[str]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for line in lines:
        if line.strip().startswith("return "):
            try:
                statement = ast.parse(f"def _():\n {line.strip()}").body[0]
            except (SyntaxError, ValueError):
                continue
            value = statement.body[0].value if isinstance(statement, ast.FunctionDef) else None  # type: ignore[attr-defined]  # It is a return.
            if isinstance(value, ast.Tuple):
                found.append(tuple(ast.unparse(element) for element in value.elts))
            elif isinstance(value, ast.expr):
                found.append((ast.unparse(value),))
    return found


def _all_return(function: Function, n_values: int) -> bool:
    returned = [node.value for node in _own_nodes(function.node) if isinstance(node, ast.Return)]
    sizes = {len(value.elts) if isinstance(value, ast.Tuple) else 1 for value in returned if value is not None}
    return sizes == {n_values}


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, FunctionNode | ast.ClassDef | ast.Lambda | ast.expr):
            yield child
            yield from _own_nodes(child)


def unpacking_updates(situation: Situation, change: ReturnChange) -> Iterator[Update]:
    """Yields the targets of assignments from calls, with the names of values that came, without those that went."""
    for site in call_sites(situation, change.view, change.function):
        target = _target_of(site)
        if target is None or site.certainty < LEAST_CERTAIN:
            continue
        elements = list(target.elts) if isinstance(target, ast.Tuple) else [target]
        if len(elements) != len(change.before):
            continue
        own = dict(zip(change.before, (_text(site.view, element) for element in elements), strict=True))
        wanted = [own.get(value) or _target_name(value) for value in change.after]
        gone = [name for value, name in own.items() if value not in change.after]
        come = [name for name in wanted if name not in own.values()]
        if any(_is_read_after(site, target, name) for name in gone):
            continue
        if any(_is_something_else(site, name) for name in come):
            continue
        is_single = len(change.before) == 1
        if not all(name.isidentifier() or name in own.values() for name in wanted) or len(set(wanted)) < len(wanted):
            continue
        if is_single and change.before[0] not in change.after:
            continue
        start, end = _span(site.view, target)
        replacement = Replacement(start=start, end=end, text=", ".join(wanted))
        is_named = len(change.after) > len(change.before)
        certainty = site.certainty * (_NAMED_AS_RETURNED if is_named else 1)
        yield Update(view=site.view, replacements=(replacement,), certainty=certainty)


def _target_name(value: str) -> str:
    """Returns what a caller may call a returned value: a variable as it is called, else its last part.

    Of a call that is the called name without a verb before it: `total` for `self._total`, `order["total"]` and
    `compute_total(order)`. Empty where nothing names the value.
    """
    match ast.parse(f"({value},)", mode="eval").body.elts[0]:  # type: ignore[attr-defined]  # It is a tuple.
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            name = name.lstrip("_")
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            pass
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name not in _BUILTINS:
            words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
            name = "_".join(words[words[0] in _VERBS :]).lower() if words else ""
        case _:
            return ""
    return "" if keyword.iskeyword(name) or name in _BUILTINS else name


def _is_read_after(site: CallSite, target: ast.expr, name: str) -> bool:
    """Returns whether the scope of a call reads a name after the assignment to it, or a function in it does."""
    names = names_in(site.view, (name,))
    if names is None:
        return True
    after = _span(site.view, target)[1]
    for found in names.named(name, Role.NAME):
        owner = names.owner(found)
        is_of_scope = owner is not None and owner.node is site.scope.node
        if not found.binds and is_of_scope and (found.place > after or found.scope.node is not site.scope.node):
            return True
    return False


def _is_something_else(site: CallSite, name: str) -> bool:
    """Returns whether a name is a parameter, an import or a definition in the scope of a call."""
    names = names_in(site.view, (name,))
    roles = (Role.PARAMETER, Role.IMPORTED, Role.DEFINITION)
    return names is None or any(found.scope.node is site.scope.node for found in names.named(name, *roles))


def _target_of(site: CallSite) -> ast.expr | None:
    """Returns the one target of the assignment whose value a call is, awaited or not."""
    scope: ast.AST | None = site.scope.node
    for node in _own_nodes(scope) if scope is not None else ():
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            value = node.value.value if isinstance(node.value, ast.Await) else node.value
            if value is site.call:
                target = node.targets[0]
                return target if isinstance(target, ast.Name | ast.Tuple) else None
    return None


def _function_of(scope: Scope) -> ast.AST:
    while scope.is_comprehension and scope.parent is not None:
        scope = scope.parent
    return scope.node


def _span(view: FileView, node: ast.expr) -> tuple[tuple[int, int], tuple[int, int]]:
    end_line = (node.end_lineno or node.lineno) - 1
    start = (node.lineno - 1, column_in(view.lines[node.lineno - 1], node.col_offset))
    return start, (end_line, column_in(view.lines[end_line], node.end_col_offset or 0))


def _text(view: FileView, node: ast.expr) -> str:
    start, end = _span(view, node)
    return view.lines[start[0]][start[1] : end[1]] if start[0] == end[0] else ast.unparse(node)
