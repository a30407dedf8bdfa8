"""Where a function is called, and how surely it is the one that is meant."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.meanings import Past
from inkling.engine.next_edit.reading.outline import (
    CONSTRUCTOR_OF_FIELDS,
    Function,
    definers,
    imports_file,
    inherits,
    outline,
    subclasses,
)
from inkling.engine.next_edit.reading.receivers import (
    begins_with_import,
    certainty_of_class,
    class_name_of,
    means_module,
)
from inkling.engine.next_edit.reading.scopes import (
    NamesInFile,
    Occurrence,
    Role,
    Scope,
    class_of_receiver,
    names_in,
)
from inkling.engine.next_edit.reading.uses import Uses
from inkling.engine.next_edit.situation import Situation

_SURE = 1.0
_INHERITED = 0.9  # By the name of a base class.
_ONLY_ONE_OF_THE_NAME = 0.5  # The object is unknown, but no other method of the project has the name.
_MAKE_OBJECTS = ("__init__", "__new__", "__post_init__")
_LIKE_A_BUILTIN = 0.2  # The object is unknown, and lists or dictionaries have a method of the name, too.
LEAST_CERTAIN = 0.4  # Below it only what else the call shows, such as a keyword, can tell that the function is meant.
METHODS_OF_BUILTINS = frozenset(
    name for kind in (str, bytes, list, dict, set, tuple, int, float, object) for name in dir(kind)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSite:
    """A call of a function.

    Attributes:
        view: The file.
        call: The call.
        scope: Where it stands.
        certainty: How surely it is that function which is called, in [0, 1].
    """

    view: FileView
    call: ast.Call
    scope: Scope
    certainty: float


def call_sites(situation: Situation, view: FileView, function: Function) -> Iterator[CallSite]:
    """Yields the calls of a function, the files that were changed last first.

    Args:
        situation: The files.
        view: The file in which it is defined.
        function: The function; calls of the class are those of its `__init__`.
    """
    constructors = {heir.called: (at, heir) for at, heir in _inherited_constructors(situation, function)}
    names = {*_names_of(function), *constructors}
    defined_at = _defined_at(situation, view, function) if situation.meanings is not None else []
    uses = Uses(situation.meanings, lambda defining: Past(situation.files, defining, ()), defined_at)
    for uri in situation.nearest_first:
        caller = situation.files[uri]
        if names.isdisjoint(caller.lines_with):
            continue
        found = names_in(caller, names)
        if found is None:
            continue
        for occurrence in found.occurrences:
            call = found.calls.get(occurrence.node)
            if call is None or occurrence.name not in names:
                continue
            certainty = _certainty(situation, view, function, caller, found, occurrence, uses)
            if occurrence.name in constructors and occurrence.role is Role.NAME:
                at, heir = constructors[occurrence.name]
                certainty = _INHERITED * _certainty_of_name(at, heir, caller, found, occurrence, uses)
            if certainty:
                yield CallSite(view=caller, call=call, scope=occurrence.scope, certainty=certainty)


def _inherited_constructors(situation: Situation, function: Function) -> Iterator[tuple[FileView, Function]]:
    """Yields a constructor as that of each class that inherits it."""
    if function.owner is None or function.name != "__init__" or function.node is CONSTRUCTOR_OF_FIELDS:
        return
    for at, heir in subclasses(situation, function.owner.name):
        made_by = {method.name for method in outline(at).methods(heir)}
        if made_by.isdisjoint(_MAKE_OBJECTS) and inherits(situation, heir, function.owner, function.name):
            yield at, replace(function, owner=heir)


def _names_of(function: Function) -> tuple[str, ...]:
    return tuple(dict.fromkeys((function.called, function.name)))


def _defined_at(situation: Situation, view: FileView, function: Function) -> list[tuple[FileView, tuple[int, int]]]:
    """Returns where a function is defined, or the class that it makes, and where it is overridden."""
    definitions: list[tuple[FileView, ast.AST]]
    if function.owner is None:
        definitions = [(view, function.node)]
    elif function.name == "__init__":
        definitions = [(view, function.owner)]
    else:
        heirs = {heir for _, heir in subclasses(situation, function.owner.name)}
        overriding = [(at, other.node) for at, other in definers(situation, function.name) if other.owner in heirs]
        definitions = [(view, function.node), *overriding]
    return [
        (at, found.place)
        for at, node in definitions
        if (names := names_in(at, (function.called,))) is not None
        for found in names.named(function.called, Role.DEFINITION)
        if found.node is node
    ]


def _certainty(
    situation: Situation,
    view: FileView,
    function: Function,
    caller: FileView,
    found: NamesInFile,
    occurrence: Occurrence,
    uses: Uses,
) -> float:
    if occurrence.role is Role.NAME:
        if occurrence.name != function.called or (function.owner is not None and function.name != "__init__"):
            return 0.0
        return _certainty_of_name(view, function, caller, found, occurrence, uses)
    if occurrence.role is not Role.ATTRIBUTE or not isinstance(occurrence.node, ast.Attribute):
        return 0.0
    owner = class_of_receiver(occurrence)
    if owner is not None:
        if function.owner is None or occurrence.name != function.name:
            return 0.0
        is_super = isinstance(occurrence.node.value, ast.Call)
        if caller is view and owner is function.owner:
            return 0.0 if is_super else _SURE
        heirs = [heir for _, heir in subclasses(situation, function.owner.name)]
        is_meant = owner in heirs and not (is_super and not inherits(situation, owner, function.owner, function.name))
        return _INHERITED if is_meant else 0.0
    if function.owner is None or occurrence.name == function.owner.name:
        return _certainty_of_module_attribute(view, caller, occurrence, uses)
    if function.name == "__init__":
        return 0.0
    receiver = occurrence.node.value
    if isinstance(receiver, ast.Name) and receiver.id == function.owner.name:
        return 0.0  # Called on the class, so that its arguments are shifted by one.
    if isinstance(receiver, ast.Name) and class_name_of(receiver.id, occurrence.scope) == function.owner.name:
        return certainty_of_class(caller, occurrence.scope, function.owner.name, view, function.owner)
    others = [other.owner for _, other in definers(situation, function.name) if other.node is not function.node]
    related = {heir for _, heir in subclasses(situation, function.owner.name)} if others else set()
    if isinstance(receiver, ast.Name | ast.Attribute) and _reads_like_a_class(receiver):
        return 0.0
    guess = _LIKE_A_BUILTIN if function.name in METHODS_OF_BUILTINS else _ONLY_ONE_OF_THE_NAME
    return uses.certainty(caller, occurrence, guess if related.issuperset(others) else 0.0)


def _reads_like_a_class(receiver: ast.Name | ast.Attribute) -> bool:
    name = (receiver.id if isinstance(receiver, ast.Name) else receiver.attr).lstrip("_")
    return name[:1].isupper() and not name.isupper()


def _certainty_of_name(
    view: FileView,
    function: Function,
    caller: FileView,
    found: NamesInFile,
    occurrence: Occurrence,
    uses: Uses,
) -> float:
    defined: ast.AST = function.owner if function.owner is not None else function.node
    owner = found.owner(occurrence)
    if caller is view:
        bound = [binding for binding in owner.binding if binding.name == occurrence.name] if owner else []
        return _SURE if any(binding.node is defined for binding in bound) else 0.0
    if owner is None:
        return 0.0
    imports = [
        imports_file(caller, binding.node, view)
        for binding in owner.binding
        if binding.name == occurrence.name and isinstance(binding.node, ast.ImportFrom)
    ]
    certainty = max(imports, default=0.0)
    return uses.certainty(caller, occurrence, certainty) if imports and certainty < _SURE else certainty


def _certainty_of_module_attribute(view: FileView, caller: FileView, occurrence: Occurrence, uses: Uses) -> float:
    if caller is view or not isinstance(occurrence.node, ast.Attribute):
        return 0.0
    expression = ast.unparse(occurrence.node.value)
    if means_module(caller, expression, view):
        return _SURE
    return uses.certainty(caller, occurrence, 0.0) if begins_with_import(caller, expression) else 0.0
