"""Imports of what the last changes moved from one module to another, or deleted."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inkling.core.next_edit import EditKind, LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.import_block import ImportBlock, Replacement, WrittenImport
from inkling.engine.next_edit.imports.import_index import ImportIndex, imports_of, resolve
from inkling.engine.next_edit.imports.import_statements import written_module
from inkling.engine.next_edit.imports.import_subject import own_roots
from inkling.engine.next_edit.imports.missing_imports import relative_module
from inkling.engine.next_edit.reading.mended_tree import mended_tree
from inkling.engine.next_edit.situation import Situation

MOST_IMPORTERS = 20

_DEFINED = re.compile(r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^([^\W\d]\w*)[ \t]*(?::[^=]+)?=(?!=)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Departure:
    """A name that a module no longer has.

    Attributes:
        name: The name.
        old_module: The full name of the module.
        new_module: The module that has it since; empty if none does.
        age: Changes since.
    """

    name: str
    old_module: str
    new_module: str
    age: int


def propose_moved_imports(
    situation: Situation, changes: Sequence[LineChange], index: ImportIndex
) -> Iterator[EditCandidate]:
    """Yields changes of files that import what is no longer where they import it from."""
    for departure in _departures(situation, changes, index):
        importers = [
            uri
            for imported in index.spellings(departure.name)
            if imported.module == departure.old_module and imported.member == departure.name
            for uri in index.importers(imported)
            if uri in situation.files and index.module_of(uri) != departure.new_module
        ][:MOST_IMPORTERS]
        for rank, uri in enumerate(importers):
            view = situation.files[uri]
            for replacement in _without(view, departure, index):
                yield _candidate(view, replacement, departure, rank, len(importers))


def _departures(situation: Situation, changes: Sequence[LineChange], index: ImportIndex) -> Iterator[_Departure]:
    removed: dict[str, tuple[DocumentUri, int, bool]] = {}
    inserted: dict[str, DocumentUri] = {}
    for age, change in enumerate(reversed(changes)):
        brought = _defined_in(change.inserted)
        for name in _defined_in(change.removed):
            removed.setdefault(name, (change.uri, age, bool(brought)))
        for name in brought:
            inserted.setdefault(name, change.uri)
    for name, (old_uri, age, is_replaced) in removed.items():
        old, new_uri = situation.files.get(old_uri), inserted.get(name)
        if old is None or _has(old, name) or new_uri == old_uri:
            continue
        new = situation.files.get(new_uri) if new_uri is not None else None
        if new is not None and name in imports_of(new).definitions:
            new_module = index.module_of(new.uri)
        elif new is None and not is_replaced:
            new_module = ""  # where another definition came in its place it was renamed, which is not for here
        else:
            continue
        yield _Departure(name=name, old_module=index.module_of(old_uri), new_module=new_module, age=age)


def _has(view: FileView, name: str) -> bool:
    return name in imports_of(view).definitions or any(
        name == (alias or member) for _, member, alias in imports_of(view).imports
    )


def _defined_in(lines: Iterable[str]) -> set[str]:
    return {found[1] or found[2] for line in lines if (found := _DEFINED.match(line))}


def _without(view: FileView, departure: _Departure, index: ImportIndex) -> list[Replacement]:
    """Returns the lines that change when a file no longer imports a name from its old module."""
    mended = mended_tree(view)
    if mended is None:
        return []
    own_module, is_package = index.module_of(view.uri), view.uri.endswith("/__init__.py")
    block = ImportBlock(view, mended.tree, own_roots(view, index))
    for node in [*block.statements, *block.typing_statements]:
        alias = next((each for each in node.names if each.name == departure.name), None)
        if alias is None or not isinstance(node, ast.ImportFrom):
            continue
        if resolve(written_module(node), own_module, is_package) != departure.old_module:
            continue
        if not departure.new_module:
            return block.replacements([], [(node, alias)])
        module = departure.new_module
        if not node.level and not index.can_be_named(module):
            continue
        target = WrittenImport(
            module=relative_module(module, own_module, is_package) if node.level else module,
            member=departure.name,
            alias=alias.asname or "",
            for_types=node in block.typing_statements,
        )
        return block.replacements([target], [(node, alias)])
    return []


def _candidate(
    view: FileView, replacement: Replacement, departure: _Departure, rank: int, n_places: int
) -> EditCandidate:
    name, new_module, old_module = departure.name, departure.new_module, departure.old_module
    if new_module:
        words = f"`{name}` was moved to {_in_words(new_module)}"
    else:
        words = f"`{name}` is gone from {_in_words(old_module)}"
    return EditCandidate(
        uri=view.uri,
        first_line=replacement.first_line,
        end_line=replacement.end_line,
        inserted=replacement.lines,
        kind=EditKind.IMPORT,
        proposer="moved_imports",
        group=f"moved:{old_module}.{name}",
        words=words,
        grounds=Grounds(
            age=departure.age,
            n_places=n_places,
            rank=rank,
            n_matched_chars=len(name) + len(old_module),
            certainty=0.9 if new_module else 0.5,
        ),
    )


def _in_words(module: str) -> str:
    """Returns how a person calls a module."""
    return module if ImportIndex.can_be_named(module) else module.rpartition(".")[2]
