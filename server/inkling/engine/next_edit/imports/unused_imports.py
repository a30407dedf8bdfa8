"""Imports that the last changes left without a use."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from inkling.core.next_edit import LineChange
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.import_block import is_type_checking
from inkling.engine.next_edit.imports.import_index import ImportIndex, imports_of
from inkling.engine.next_edit.imports.import_statements import ImportStatement
from inkling.engine.next_edit.imports.import_subject import ImportSubject, names_in_code
from inkling.engine.next_edit.imports.imported_name import ImportedName
from inkling.engine.next_edit.reading.bindings import Binding

_TYPE_COMMENT = re.compile(r"#\s*type:\s*(?!ignore)(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedImport:
    """An imported name that nothing reads any more."""

    name: str
    age: int
    statement: ImportStatement
    alias: ast.alias


def names_taken_out(view: FileView, changes: Sequence[LineChange]) -> set[str]:
    """Returns the imported names that changes of a file removed from code; not those whose import they brought."""
    imported = {alias or member or module.partition(".")[0] for module, member, alias in imports_of(view).imports}
    taken_out: set[str] = set()
    brought_in: set[str] = set()
    for change in changes:
        if change.uri == view.uri:
            removed = {name for line in change.removed for name in names_in_code(line)}
            inserted = {name for line in change.inserted for name in names_in_code(line)}
            taken_out |= removed - inserted
            if any(line.lstrip().startswith(("import ", "from ")) for line in change.inserted):
                brought_in |= inserted - removed
    return (taken_out & imported) - brought_in


def names_put_in_place(view: FileView, changes: Sequence[LineChange], taken_out: Iterable[str]) -> dict[str, set[str]]:
    """Returns, for each name that was taken out, the new ones of the changes of a file that took it out."""
    put_in_place: dict[str, set[str]] = {name: set() for name in taken_out}
    for change in changes:
        if change.uri == view.uri:
            removed = {name for line in change.removed for name in names_in_code(line)}
            inserted = {name for line in change.inserted for name in names_in_code(line)}
            for name in put_in_place.keys() & (removed - inserted):
                put_in_place[name] |= inserted - removed
    return put_in_place


def unused_imports(subject: ImportSubject, ages: Mapping[str, int]) -> Iterator[UnusedImport]:
    """Yields imported names that the changes took out of the code and that nothing reads any more."""
    view, bindings = subject.view, subject.bindings
    for scope in bindings.module.everything():
        for binding in scope.bindings:
            node = binding.node
            if binding.name not in ages or not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            alias = next((each for each in node.names if _bound(node, each) == binding.name), None)
            is_alone = sum(other.name == binding.name for other in scope.bindings) == 1
            is_exported = scope.kind == "module" and (
                binding.name in bindings.exported
                or (view.uri.endswith("/__init__.py") and not binding.within)
                or _is_taken_from(view, binding, subject.index)
            )
            if alias is None or not is_alone or is_exported or not _may_go(binding, alias):
                continue
            if not _is_mentioned(view, binding) and not bindings.users_of(scope, binding.name):
                yield UnusedImport(name=binding.name, age=ages[binding.name], statement=node, alias=alias)


def _bound(node: ImportStatement, alias: ast.alias) -> str:
    return alias.asname or (alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name)


def _may_go(binding: Binding, alias: ast.alias) -> bool:
    """Returns whether an import is there for its name alone: `as` itself is an export, within `try` a question."""
    if isinstance(binding.node, ast.ImportFrom) and binding.node.module == "__future__":
        return False
    return alias.asname != alias.name and all(is_type_checking(around) for around in binding.within)


def _is_mentioned(view: FileView, binding: Binding) -> bool:
    """Returns whether lines speak of a name that the tree does not show: type comments, `noqa`, and broken lines."""
    node = binding.node
    own = range(binding.line, int(getattr(node, "end_lineno", 0) or binding.line + 1))
    if any("noqa" in view.lines[line] for line in own):
        return True
    others = [line for line in view.lines_with.get(binding.name, ()) if line not in own]
    if view.tree is None:
        return bool(others)
    return any((comment := _TYPE_COMMENT.search(view.lines[line])) and binding.name in comment[1] for line in others)


def _is_taken_from(view: FileView, binding: Binding, index: ImportIndex) -> bool:
    """Returns whether another file imports a name from this one."""
    return bool(index.importers(ImportedName(module=index.module_of(view.uri), member=binding.name)))
