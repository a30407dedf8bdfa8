"""A call passes an argument by a name that the function does not take yet: the `def` gets the parameter."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.call_sites import LEAST_CERTAIN, call_sites
from inkling.engine.next_edit.reading.outline import Function, definers, outline
from inkling.engine.next_edit.reading.scopes import FunctionNode, Occurrence, Role, names_in
from inkling.engine.next_edit.renames.name_changes import latest_changes
from inkling.engine.next_edit.signatures.call_updates import Update
from inkling.engine.next_edit.signatures.parameters import parameter_list, parameters
from inkling.engine.next_edit.situation import Situation

_AS_THE_CALLER_HAS_IT = 0.8
_NAME_ALONE = 0.5
_MOST_FUNCTIONS = 3  # Of one name; with more it is not known which one is meant.


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedParameter:
    """A parameter that a new call passes and the function lacks.

    Attributes:
        name: The parameter.
        function: The function that is called.
        age: Changes since the call was written.
        update: What the `def` becomes.
    """

    name: str
    function: Function
    age: int
    update: Update


def asked_parameters(situation: Situation) -> Iterator[AskedParameter]:
    """Yields the parameters that calls of the latest changes pass by name and that the called functions lack."""
    for age, change in latest_changes(situation):
        words = _named_arguments(change.inserted) - _named_arguments(change.removed)
        view = situation.files[change.uri]
        names = names_in(view, words) if words else None
        for found in names.occurrences if names is not None else ():
            is_new = found.role is Role.KEYWORD and change.first_line <= found.line < change.end_line
            if is_new and isinstance(found.node, ast.Call):
                yield from _asked(situation, view, found, age)


def _named_arguments(lines: tuple[str, ...]) -> set[str]:
    return {word for line in lines for word in re.findall(r"(?<![\w.])([^\W\d]\w*)=(?!=)", line)}


def _asked(situation: Situation, view: FileView, keyword: Occurrence, age: int) -> Iterator[AskedParameter]:
    """Yields what the one function lacks that a call with a new keyword is sure to mean."""
    call = keyword.node
    if not isinstance(call, ast.Call):
        return
    match call.func:
        case ast.Name(id=called) | ast.Attribute(attr=called):
            pass
        case _:
            return
    functions = [*_functions(situation, called)]
    for file, function in functions if len(functions) <= _MOST_FUNCTIONS else ():
        items = parameter_list(file.lines, function.header.start)
        own = parameters(items.texts) if items is not None else None
        if items is None or own is None or any(found.name == keyword.name or found.stars == "**" for found in own):
            continue
        sites = call_sites(situation, file, function)
        certainty = next((site.certainty for site in sites if site.view is view and site.call is call), 0.0)
        if certainty < LEAST_CERTAIN:
            continue
        text = _parameter_of_caller(view, keyword)
        certainty *= _AS_THE_CALLER_HAS_IT if text else _NAME_ALONE
        needs_default = bool(own) and own[-1].is_optional and not own[-1].is_keyword_only
        if text is None:
            text = f"{keyword.name}=None" if needs_default else keyword.name
        elif needs_default and "=" not in text:
            text += "=None"
        update = Update(view=file, replacements=(items.with_item(len(items.items), text),), certainty=certainty)
        yield AskedParameter(name=keyword.name, function=function, age=age, update=update)


def _functions(situation: Situation, called: str) -> Iterator[tuple[FileView, Function]]:
    """Yields the functions of a name, and the constructors of classes of that name."""
    yield from definers(situation, called)
    for uri in situation.nearest_first:
        view = situation.files[uri]
        if called in view.lines_with:
            for function in outline(view).functions:
                if function.name == "__init__" and function.called == called:
                    yield view, function


def _parameter_of_caller(view: FileView, keyword: Occurrence) -> str | None:
    """Returns the parameter of the function around a call that is passed on under its own name; None for none."""
    keywords = keyword.node.keywords if isinstance(keyword.node, ast.Call) else []
    node = next((found for found in keywords if found.arg == keyword.name), None)
    function = keyword.scope.node
    if node is None or not isinstance(node.value, ast.Name) or node.value.id != keyword.name:
        return None
    if not isinstance(function, FunctionNode):
        return None
    items = parameter_list(view.lines, function.lineno - 1)
    own = parameters(items.texts) if items is not None else None
    return next((found.text for found in own or () if found.name == keyword.name and not found.stars), None)
