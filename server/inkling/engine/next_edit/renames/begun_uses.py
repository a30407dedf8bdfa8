"""What was changed where it is used: the definition, where scopes or jedi prove which one it is."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.meanings import Past
from inkling.engine.next_edit.reading.outline import definers, imports_file, outline
from inkling.engine.next_edit.reading.receivers import certainty_of_class, class_name_of
from inkling.engine.next_edit.reading.scopes import NamesInFile, Occurrence, Role, class_of_receiver, names_in
from inkling.engine.next_edit.renames.name_changes import NameChange, past_of
from inkling.engine.next_edit.situation import Situation

_DEFINES = (Role.NAME, Role.PARAMETER, Role.DEFINITION, Role.ATTRIBUTE)


@dataclass(frozen=True, slots=True)
class FoundDefinition:
    """A definition that still has the old name.

    Attributes:
        view: Its file.
        names: The old and the new name in it.
        binder: Where it is defined.
    """

    view: FileView
    names: NamesInFile
    binder: Occurrence


def definition_of_use(
    situation: Situation, change: NameChange, view: FileView, use: Occurrence
) -> FoundDefinition | None:
    """Returns the definition that a use meant before its name was changed; None where that is not proven.

    There is none, either, where something has the new name already: then the use means that now.

    Args:
        situation: The files.
        change: The change.
        view: The file of the use.
        use: The use, with its new name.
    """
    match use.role:
        case Role.IMPORTED if isinstance(use.node, ast.ImportFrom):
            found = _imported(situation, change, view, use.node)
        case Role.NAME if not use.binds:
            found = _of_imported_name(situation, change, view, use)
        case Role.ATTRIBUTE if not use.binds and class_of_receiver(use) is None:
            found = _of_known_object(situation, change, view, use) or _by_jedi(situation, change, view, use)
        case _:
            found = None
    return found


def _of_imported_name(
    situation: Situation, change: NameChange, view: FileView, use: Occurrence
) -> FoundDefinition | None:
    names = names_in(view, (change.old, change.new))
    if names is None or names.owner(use) is not None:
        return None
    owner = names.owner_of(change.old, use.scope)
    for binding in owner.binding if owner is not None else ():
        if binding.name == change.old and binding.role is Role.IMPORTED and isinstance(binding.node, ast.ImportFrom):
            return _imported(situation, change, view, binding.node)
    return None


def _imported(situation: Situation, change: NameChange, view: FileView, node: ast.ImportFrom) -> FoundDefinition | None:
    """Returns the definition of a name in the module that it is imported from."""
    if any(True for _ in definers(situation, change.new)):
        return None
    for defining in _files_with(situation, change.old):
        if defining is view or imports_file(view, node, defining) < 1:
            continue
        names = names_in(defining, (change.old, change.new))
        if names is None or names.module.binds(change.new):
            return None
        for binder in names.module.binding:
            if binder.name == change.old and binder.role in _DEFINES:
                return FoundDefinition(defining, names, binder)
    return None


def _of_known_object(
    situation: Situation, change: NameChange, view: FileView, use: Occurrence
) -> FoundDefinition | None:
    receiver = use.node.value if isinstance(use.node, ast.Attribute) else None
    name = class_name_of(receiver.id, use.scope) if isinstance(receiver, ast.Name) else None
    if name is None:
        return None
    for defining in _files_with(situation, change.old):
        for owner in outline(defining).classes:
            if owner.name == name and certainty_of_class(view, use.scope, name, defining, owner) == 1:
                return _member(defining, owner, change)
    return None


def _member(defining: FileView, owner: ast.ClassDef, change: NameChange) -> FoundDefinition | None:
    names = names_in(defining, (change.old, change.new))
    if names is None:
        return None
    members = [
        found
        for found in names.occurrences
        if found.binds and (found.scope.node is owner or class_of_receiver(found) is owner)
    ]
    if any(found.name == change.new for found in members):
        return None
    return next((FoundDefinition(defining, names, found) for found in members), None)


def _by_jedi(situation: Situation, change: NameChange, view: FileView, use: Occurrence) -> FoundDefinition | None:
    """Returns what jedi says that a use meant, where it also says that nothing has the new name there."""
    meanings = situation.meanings
    if meanings is None:
        return None
    meant = meanings.definitions(past_of(situation, change, []), view, use.place, change.old, None)
    means = meanings.definitions(Past(situation.files, [], ()), view, use.place, change.new, None)
    if not meant or len(meant) > 1 or means is None or means:
        return None
    path, line, column = meant[0]
    for defining in _files_with(situation, change.old):
        names = names_in(defining, (change.old, change.new)) if str(defining.path) == path else None
        for found in names.named(change.old, *_DEFINES) if names is not None else ():
            if found.binds and found.place == (line, column):
                return FoundDefinition(defining, names, found) if names is not None else None
    return None


def _files_with(situation: Situation, name: str) -> Iterator[FileView]:
    return (situation.files[uri] for uri in situation.nearest_first if name in situation.files[uri].lines_with)
