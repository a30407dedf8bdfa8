"""Keys of dictionaries whose class, a `TypedDict`, had a field renamed."""

import ast
from collections.abc import Iterator

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.mended_tree import mended_tree
from inkling.engine.next_edit.reading.outline import base_names
from inkling.engine.next_edit.reading.receivers import certainty_of_class, class_name_of
from inkling.engine.next_edit.reading.scopes import FunctionNode, NamesInFile, Scope, column_in, names_in
from inkling.engine.next_edit.renames.name_changes import NameChange
from inkling.engine.next_edit.renames.target import Target
from inkling.engine.next_edit.situation import Situation

_TAKE_A_KEY = frozenset({"get", "pop", "setdefault"})


def is_typed_dict(owner: ast.ClassDef) -> bool:
    """Returns whether a class is said to be a `TypedDict` itself."""
    return "TypedDict" in base_names(owner)


def typed_keys(situation: Situation, defining: FileView, change: NameChange, owner: ast.ClassDef) -> Iterator[Target]:
    """Yields the old key where it is taken from, or written into, what is annotated with the class.

    Args:
        situation: The files.
        defining: The file of the class.
        change: The field.
        owner: The class.
    """
    for uri in situation.nearest_first:
        view = situation.files[uri]
        mended = mended_tree(view) if change.old in view.lines_with and owner.name in view.lines_with else None
        names = names_in(view, (owner.name,)) if mended is not None else None
        if mended is None or names is None:
            continue
        for node in ast.walk(mended.tree):
            if isinstance(node, FunctionNode):
                scope = Scope(node=node, parent=names.module)
                if certainty_of_class(view, scope, owner.name, defining, owner) == 1:
                    yield from _targets(view, change.old, _keys_in(node, scope, owner.name))
        if _means_class(view, names, defining, owner):
            for node in mended.tree.body:
                yield from _targets(view, change.old, _written_keys(node, owner.name))


def _means_class(view: FileView, names: NamesInFile, defining: FileView, owner: ast.ClassDef) -> bool:
    return certainty_of_class(view, names.module, owner.name, defining, owner) == 1


def _keys_in(function: FunctionNode, scope: Scope, name: str) -> Iterator[ast.expr | None]:
    """Yields the keys of dictionaries of a class in a function."""
    known: dict[str, bool] = {}

    def is_one(node: ast.expr) -> bool:
        if not isinstance(node, ast.Name):
            return False
        if node.id not in known:
            known[node.id] = class_name_of(node.id, scope) == name
        return known[node.id]

    for node in ast.walk(function):
        match node:
            case ast.Subscript(value=value, slice=key) if is_one(value):
                yield key
            case ast.Call(func=ast.Attribute(value=value, attr=attr), args=[key, *_]) if attr in _TAKE_A_KEY and is_one(
                value
            ):
                yield key
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[value]) if is_one(value):
                yield key
            case ast.Return(value=ast.Dict(keys=keys)) if _is_named(function.returns, name):
                yield from keys
            case ast.AnnAssign():
                yield from _written_keys(node, name)
            case _:
                continue


def _written_keys(node: ast.AST, name: str) -> Iterator[ast.expr | None]:
    """Yields the keys of a dictionary that is assigned to what is annotated with a class."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict) and _is_named(node.annotation, name):
        yield from node.value.keys


def _is_named(annotation: ast.expr | None, name: str) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id == name


def _targets(view: FileView, old: str, keys: Iterator[ast.expr | None]) -> Iterator[Target]:
    for key in keys:
        if isinstance(key, ast.Constant) and key.value == old:
            line = key.lineno - 1
            column = column_in(view.lines[line], key.col_offset) + 1
            if view.lines[line].startswith(old, column):
                yield Target(view=view, line=line, column=column, certainty=1.0)
