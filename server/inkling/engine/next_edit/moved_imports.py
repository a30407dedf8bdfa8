"""Imports of what the last changes moved from one module to another."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from inkling.core.next_edit import EditKind, LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.import_block import ImportBlock, WrittenImport
from inkling.engine.next_edit.import_index import ImportIndex, imports_of, resolve
from inkling.engine.next_edit.import_subject import own_roots
from inkling.engine.next_edit.mended_tree import mended_tree
from inkling.engine.next_edit.missing_imports import relative_module
from inkling.engine.next_edit.situation import Situation

MOST_IMPORTERS = 20

_DEFINED = re.compile(r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^([^\W\d]\w*)[ \t]*(?::[^=]+)?=(?!=)")


def propose_moved_imports(
    situation: Situation, changes: Sequence[LineChange], index: ImportIndex
) -> Iterator[EditCandidate]:
    """Yields changes of files that import what was moved to another module."""
    for name, (old_uri, new_uri, age) in _moved(situation, changes).items():
        old_module, new_module = index.module_of(old_uri), index.module_of(new_uri)
        importers = [
            uri
            for imported in index.spellings(name)
            if imported.module == old_module and imported.member == name
            for uri in index.importers(imported)
            if uri != new_uri and uri in situation.files
        ]
        for rank, uri in enumerate(importers[:MOST_IMPORTERS]):
            yield from _redirected(
                situation.files[uri], name, (old_module, new_module), index, (age, rank, len(importers))
            )


def _moved(situation: Situation, changes: Sequence[LineChange]) -> dict[str, tuple[DocumentUri, DocumentUri, int]]:
    """Returns names that one file no longer defines and another one does since, with both and the changes since."""
    removed: dict[str, DocumentUri] = {}
    inserted: dict[str, tuple[DocumentUri, int]] = {}
    for age, change in enumerate(reversed(changes)):
        for name in _defined_in(change.removed):
            removed.setdefault(name, change.uri)
        for name in _defined_in(change.inserted):
            inserted.setdefault(name, (change.uri, age))
    moved = {}
    for name, old_uri in removed.items():
        new_uri, age = inserted.get(name, (old_uri, 0))
        old, new = situation.files.get(old_uri), situation.files.get(new_uri)
        if old_uri == new_uri or old is None or new is None:
            continue
        still_there = name in imports_of(old).definitions or any(
            name == (alias or member) for _, member, alias in imports_of(old).imports
        )
        if not still_there and name in imports_of(new).definitions:
            moved[name] = (old_uri, new_uri, age)
    return moved


def _defined_in(lines: Iterable[str]) -> set[str]:
    return {found[1] or found[2] for line in lines if (found := _DEFINED.match(line))}


def _redirected(
    view: FileView, name: str, modules: tuple[str, str], index: ImportIndex, counts: tuple[int, int, int]
) -> Iterator[EditCandidate]:
    """Yields the import of a moved name from its new module in place of the old one."""
    mended = mended_tree(view)
    if mended is None:
        return
    own_module = index.module_of(view.uri)
    block = ImportBlock(view, mended.tree, own_roots(view, index))
    age, rank, n_places = counts
    for node in [*block.statements, *block.typing_statements]:
        if not isinstance(node, ast.ImportFrom):
            continue
        alias = next((each for each in node.names if each.name == name), None)
        written = "." * node.level + (node.module or "")
        is_package = view.uri.endswith("/__init__.py")
        if alias is None or (resolve(written, own_module, is_package) != modules[0]):
            continue
        module = relative_module(modules[1], own_module, is_package) if node.level else modules[1]
        target = WrittenImport(
            module=module, member=name, alias=alias.asname or "", for_types=node in block.typing_statements
        )
        for replacement in block.replacements([target], [(node, alias)]):
            yield EditCandidate(
                uri=view.uri,
                first_line=replacement.first_line,
                end_line=replacement.end_line,
                inserted=replacement.lines,
                kind=EditKind.IMPORT,
                proposer="moved_imports",
                group=f"moved:{name}:{modules[1]}",
                words=f"`{name}` was moved to {modules[1]}",
                grounds=Grounds(
                    age=age, n_places=n_places, rank=rank, n_matched_chars=len(name) + len(written), certainty=0.9
                ),
            )
