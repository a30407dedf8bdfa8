"""What calls of a function become when its parameters change."""

import ast
import builtins
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.call_sites import LEAST_CERTAIN, CallSite, call_sites
from inkling.engine.next_edit.reading.scopes import FunctionNode, Role, Scope, class_of_receiver, column_in, names_in
from inkling.engine.next_edit.renames.name_changes import latest_changes
from inkling.engine.next_edit.signatures.item_lists import ItemList, Replacement, item_list
from inkling.engine.next_edit.signatures.parameters import Parameter, SignatureChange
from inkling.engine.next_edit.situation import Situation

_BUILTINS = frozenset(dir(builtins))
_PASSED_ON = 0.8  # The caller has a parameter of the same name.
_IN_SCOPE = 0.6  # The caller has a variable or attribute of the same name.
_AS_IN_ANOTHER_CALL = 0.6
_NAMED = 0.6  # A call of an unknown object's method passes a keyword that only this method had.
_OPTIONAL = 0.5  # Of that, where nothing has to be passed.


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What one cause changes at one place.

    Attributes:
        view: The file.
        replacements: The changes, which do not overlap; never empty.
        certainty: How surely it follows, in [0, 1].
        calls: The calls of which it is one of several updates, each made for the call as it stands.
    """

    view: FileView
    replacements: tuple[Replacement, ...]
    certainty: float
    calls: frozenset[ast.Call] = frozenset()


@dataclass(frozen=True, slots=True)
class _Passed:
    """What another call passes for a parameter, as it is written, and which of its arguments that names."""

    value: ast.expr
    text: str
    is_keyword: bool
    named_argument: int | None


def call_updates(situation: Situation, change: SignatureChange) -> Iterator[Update]:
    """Yields what calls become whose arguments no longer fit; those that fit stay."""
    renamed = change.renamed
    removed = [parameter for parameter in change.removed if parameter.name not in renamed]
    added = [parameter for parameter in change.added if parameter.name not in renamed.values()]
    keyword_only = {parameter.name for parameter in change.after if parameter.is_keyword_only}
    named = keyword_only.intersection(_positional(change.before))
    is_reordered = not (removed or added or renamed or named) and (
        _positional(change.before) != _positional(change.after)
    )
    if not (removed or added or named or is_reordered):
        return
    sites = list(call_sites(situation, change.view, change.function))
    passed = _passed_lately(situation, sites, change, added) if added else {}
    for site in sites:
        arguments = argument_list(site.view, site.call)
        if arguments is None or len(arguments.items) != len(site.call.args) + len(site.call.keywords):
            continue
        if any(isinstance(argument, ast.Starred) for argument in site.call.args):
            continue
        is_unlikely = site.certainty < LEAST_CERTAIN
        if is_unlikely and not any(keyword.arg == gone.name for keyword in site.call.keywords for gone in removed):
            continue
        if is_reordered:
            yield from _reordered(change, site, arguments)
        elif named and not removed and not added:
            yield from _by_name(change, named, site, arguments)
        elif removed and added:
            yield from _exchanged(change, site, arguments, passed)
        elif removed:
            yield from _without(change, removed, site, arguments)
        else:
            for parameter in added:
                yield from _with(change, parameter, site, arguments, passed)


def _exchanged(
    change: SignatureChange, site: CallSite, arguments: ItemList, passed: Mapping[str, _Passed]
) -> Iterator[Update]:
    """Yields a call by position whose arguments are those that are left and new ones, in their new order."""
    before, after = _positional(change.before), _positional(change.after)
    if site.call.keywords or len(site.call.args) > len(before):
        return
    own = dict(zip(before, arguments.texts, strict=False))
    texts: list[str] = []
    certainty = site.certainty
    for parameter in change.after[: len(after)]:
        text: str | None = own.get(parameter.name)
        if text is None and parameter.is_optional:
            break
        if text is None:
            text, sureness = _value(change, parameter, site, passed)
            certainty = min(certainty, sureness)
        if text is None:
            return
        texts.append(text)
    if not arguments.items or not texts or any("\n" in text for text in texts):
        return
    start, end = arguments.items[0][0], arguments.items[-1][1]
    replacement = Replacement(start=start, end=end, text=", ".join(texts))
    if start[0] == end[0] and not own.keys().isdisjoint(name.name for name in change.removed):
        yield Update(view=site.view, replacements=(replacement,), certainty=certainty)


def argument_list(view: FileView, call: ast.Call) -> ItemList | None:
    """Returns the arguments of a call as they stand in the text."""
    end = call.func.end_lineno
    if end is None or call.func.end_col_offset is None:
        return None
    line = end - 1
    column = column_in(view.lines[line], call.func.end_col_offset)
    found = re.compile(r"\s*\(").match(view.lines[line], column)
    return item_list(view.lines, (line, found.end() - 1)) if found else None


def _positional(parameters: tuple[Parameter, ...]) -> list[str]:
    return [found.name for found in parameters if not found.is_keyword_only and not found.stars]


def _reordered(change: SignatureChange, site: CallSite, arguments: ItemList) -> Iterator[Update]:
    """Yields a call's positional arguments in their new order, by name after one that the call does not pass so."""
    before, after = _positional(change.before), _positional(change.after)
    n_positional = len(site.call.args)
    if sorted(before) != sorted(after) or n_positional > len(before):
        return
    by_position_alone = {found.arg for found in change.function.node.args.posonlyargs}
    texts = {name: arguments.text(number) for number, name in enumerate(before[:n_positional])}
    in_place = list(takewhile(texts.__contains__, after))
    if not by_position_alone.isdisjoint(texts.keys() - in_place):
        return
    wanted = [texts[name] for name in in_place]
    wanted += [f"{name}={text}" for name, text in texts.items() if name not in in_place]
    replacements = tuple(
        arguments.replaced(number, text) for number, text in enumerate(wanted) if text != arguments.text(number)
    )
    if replacements:
        yield Update(view=site.view, replacements=replacements, certainty=site.certainty)


def _by_name(change: SignatureChange, named: set[str], site: CallSite, arguments: ItemList) -> Iterator[Update]:
    """Yields arguments written with their names where they can no longer be passed by position."""
    passed = _positional(change.before)[: len(site.call.args)]
    replacements = tuple(
        arguments.replaced(number, f"{name}={arguments.text(number)}")
        for number, name in enumerate(passed)
        if name in named
    )
    if replacements:
        yield Update(view=site.view, replacements=replacements, certainty=site.certainty)


def _without(
    change: SignatureChange, removed: list[Parameter], site: CallSite, arguments: ItemList
) -> Iterator[Update]:
    n_positional = len(site.call.args)
    positional = _positional(change.before)
    if n_positional <= len(_positional(change.after)) and n_positional < len(positional):
        # Fewer were passed than there were: nothing tells whether this call was already brought up to date.
        positional = positional if change.age == 0 else []
    gone = {parameter.name for parameter in removed}
    numbers = [number for number, name in enumerate(positional[:n_positional]) if name in gone]
    numbers += [n_positional + n for n, keyword in enumerate(site.call.keywords) if keyword.arg in gone]
    if len(numbers) != 1:
        return
    certainty = max(site.certainty, _NAMED) if numbers[0] >= n_positional else site.certainty
    yield Update(view=site.view, replacements=(arguments.without(numbers[0]),), certainty=certainty)


def _with(
    change: SignatureChange,
    parameter: Parameter,
    site: CallSite,
    arguments: ItemList,
    passed: Mapping[str, _Passed],
) -> Iterator[Update]:
    keywords = [keyword.arg for keyword in site.call.keywords]
    n_positional = len(site.call.args)
    if parameter.stars or parameter.name in keywords or None in keywords:
        return
    if not arguments.items and not all(found.is_optional or found.stars for found in change.before):
        return  # The call is still being written.
    positional = _positional(change.after)
    at = positional.index(parameter.name) if parameter.name in positional else None
    if at is not None and at < n_positional and n_positional >= len(positional):
        return  # As many as are wanted are passed already.
    if at is not None and at < n_positional and parameter.is_optional:
        return
    value, certainty = _value(change, parameter, site, passed)
    if value is None:
        return
    model = passed.get(parameter.name)
    is_by_name = model.is_keyword if model is not None else bool(keywords) and at == n_positional
    if at is not None and at <= n_positional and not is_by_name:
        number, text = at, value
    else:
        order = [found.name for found in change.after]
        before = [n for n, name in enumerate(keywords) if name in order[: order.index(parameter.name)]]
        number = n_positional + (before[-1] + 1 if before else 0)
        number = number if before or not keywords else n_positional + len(keywords)
        text = f"{parameter.name}={value}"
    certainty *= site.certainty * (_OPTIONAL if parameter.is_optional else 1)
    replacement = arguments.with_item(number, text)
    calls = frozenset({site.call})
    yield Update(view=site.view, replacements=(replacement,), certainty=certainty, calls=calls)


def _value(
    change: SignatureChange, parameter: Parameter, site: CallSite, passed: Mapping[str, _Passed]
) -> tuple[str | None, float]:
    """Returns what a call can pass for a new parameter; None where nothing is known."""
    name = parameter.name
    function = _function_around(site.scope)
    if function is change.function.node:
        return name, _PASSED_ON  # A call of itself.
    if function is not None:
        arguments = function.args
        if name in {found.arg for found in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}:
            return name, _PASSED_ON
    model = passed.get(name)
    if model is not None and model.named_argument is not None:
        texts = [ast.unparse(argument) for argument in site.call.args]
        own = texts[model.named_argument] if model.named_argument < len(texts) else ""
        return (f'"{own}"', _AS_IN_ANOTHER_CALL) if own.isidentifier() else (None, 0.0)
    if model is not None and all(_is_in_scope(site, read) for read in _names_read(model.value)):
        return model.text, _AS_IN_ANOTHER_CALL
    if parameter.is_optional:
        return None, 0.0
    if _is_in_scope(site, name):
        return name, _IN_SCOPE
    if _is_attribute_of_self(site, name):
        return f"self.{name}", _IN_SCOPE
    return None, 0.0


def _names_read(expression: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(expression) if isinstance(node, ast.Name) and node.id not in _BUILTINS]


def _function_around(scope: Scope) -> FunctionNode | None:
    found: Scope | None = scope
    while found is not None:
        if isinstance(found.node, FunctionNode):
            return found.node
        found = found.parent
    return None


def _is_in_scope(site: CallSite, name: str) -> bool:
    """Returns whether a name is bound at a call: before it in its function, or anywhere around that."""
    names = names_in(site.view, (name,))
    scope: Scope | None = site.scope
    while scope is not None and names is not None:
        if scope is site.scope or not scope.is_class:
            bound = [
                found
                for found in names.named(name)
                if found.binds and found.role is not Role.ATTRIBUTE and found.scope.node is scope.node
            ]
            if bound:
                is_module = scope.parent is None
                return is_module or any(
                    found.role is Role.PARAMETER or found.line < site.call.lineno - 1 for found in bound
                )
        scope = scope.parent
    return False


def _is_attribute_of_self(site: CallSite, name: str) -> bool:
    around = site.scope.method_around()
    names = names_in(site.view, (name,)) if around is not None else None
    if around is None or names is None:
        return False
    return any(found.binds and class_of_receiver(found) is around[1] for found in names.named(name))


def _passed_lately(
    situation: Situation, sites: list[CallSite], change: SignatureChange, added: list[Parameter]
) -> dict[str, _Passed]:
    """Returns what the latest changes pass for new parameters in other calls, by the parameter's name."""
    passed: dict[str, _Passed] = {}
    positional = _positional(change.after)
    for _, latest in latest_changes(situation):
        for site in sites:
            line = site.call.lineno - 1
            if site.view.uri != latest.uri or not latest.first_line <= line < latest.end_line:
                continue
            for parameter in added:
                values = [(found.value, True) for found in site.call.keywords if found.arg == parameter.name]
                at = positional.index(parameter.name) if parameter.name in positional else None
                if at is not None and at < len(site.call.args) and len(site.call.args) >= len(positional):
                    values.append((site.call.args[at], False))
                for value, is_keyword in values:
                    passed.setdefault(parameter.name, _passed(site, value, is_keyword=is_keyword))
    return passed


def _passed(site: CallSite, value: ast.expr, *, is_keyword: bool) -> _Passed:
    named_argument: int | None
    names = [argument.id if isinstance(argument, ast.Name) else None for argument in site.call.args]
    match value:
        case ast.Constant(value=str(text)) if text in names:
            named_argument = names.index(text)
        case _:
            named_argument = None
    return _Passed(
        value=value,
        text=ast.get_source_segment(site.view.text, value) or ast.unparse(value),
        is_keyword=is_keyword,
        named_argument=named_argument,
    )
