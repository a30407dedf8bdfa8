"""The `__all__` of a module: names that it lacks since they were imported, and names that it has and nobody binds."""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from inkling.core.next_edit import EditKind, LineChange
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.imports.import_block import Replacement
from inkling.engine.next_edit.imports.import_index import FileImports, ImportIndex, imports_of, resolve
from inkling.engine.next_edit.imports.import_style import by_code_points, by_letters, by_type, is_sorted
from inkling.engine.next_edit.imports.import_subject import names_in_code
from inkling.engine.next_edit.reading.binding_reader import bindings_of
from inkling.engine.next_edit.situation import Situation

MOST_CHANGES = 6  # who left a list as it is for so long wants it so
LEAST_EXPORTED = 2  # one name alone shows no habit
WIDEST = 120  # characters; a list that would be wider is wrapped by its owner
IS_LACKING = 0.9  # certainty that a package exports one more, as it does all others
IS_UNBOUND = 0.95  # certainty that what is not there is not exported


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportList:
    """A list of strings that `__all__` is set to, in one line or with a line for each."""

    view: FileView
    items: tuple[ast.Constant, ...]

    @property
    def names(self) -> list[str]:
        """What it exports."""
        return [str(item.value) for item in self.items]

    def with_name(self, name: str) -> Replacement | None:
        """Returns the lines with a name in its place; None where the layout is not understood."""
        names = self.names
        key = next((key for key in (by_type, by_letters, by_code_points) if is_sorted(names, key)), None)
        at = len(names) if key is None else sum(key(other) < key(name) for other in names)
        first = self.items[0].lineno - 1
        quote = self._text(self.items[0])[0]
        if self._is_in_one_line:
            line = self.view.lines[first]
            start, end = _column(line, self.items[0].col_offset), _column(line, self.items[-1].end_col_offset or 0)
            texts = [self._text(item) for item in self.items]
            texts.insert(at, f"{quote}{name}{quote}")
            changed = line[:start] + ", ".join(texts) + line[end:]
            return (
                Replacement(first_line=first, end_line=first + 1, lines=(changed,)) if len(changed) <= WIDEST else None
            )
        if not self._has_line_each:
            return None
        above = self.items[max(0, at - 1)].lineno - 1
        place = above + 1 if at else above
        return Replacement(
            first_line=place, end_line=place, lines=(f"{indentation(self.view.lines[above])}{quote}{name}{quote},",)
        )

    def without(self, gone: Collection[str]) -> list[Replacement]:
        """Returns the lines without some names; nothing where the layout is not understood or no name is left."""
        kept = [item for item in self.items if item.value not in gone]
        if not kept:
            return []
        if self._is_in_one_line:
            first = self.items[0].lineno - 1
            line = self.view.lines[first]
            start, end = _column(line, self.items[0].col_offset), _column(line, self.items[-1].end_col_offset or 0)
            changed = line[:start] + ", ".join(map(self._text, kept)) + line[end:]
            return [Replacement(first_line=first, end_line=first + 1, lines=(changed,))]
        if not self._has_line_each:
            return []
        return [
            Replacement(first_line=item.lineno - 1, end_line=item.lineno, lines=())
            for item in self.items
            if item.value in gone
        ]

    @property
    def _is_in_one_line(self) -> bool:
        return self.items[0].lineno == self.items[-1].lineno

    @property
    def _has_line_each(self) -> bool:
        """Whether each line is one string and a comma, so that lines may come and go."""
        return all(
            self.view.lines[item.lineno - 1].partition("#")[0].strip() == f"{self._text(item)}," for item in self.items
        )

    def _text(self, item: ast.Constant) -> str:
        line = self.view.lines[item.lineno - 1]
        return line[_column(line, item.col_offset) : _column(line, item.end_col_offset or 0)]


def export_list(view: FileView) -> ExportList | None:
    """Returns the list of a file that parses; None without one, and for one that is put together."""
    if view.tree is None or len(view.lines_with.get("__all__", ())) != 1:
        return None
    for node in view.tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=items) | ast.Tuple(elts=items)):
                strings = [item for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
                is_plain = len(strings) == len(items) and all(item.lineno == item.end_lineno for item in strings)
                return ExportList(view=view, items=tuple(strings)) if strings and is_plain else None
            case _:
                continue
    return None


def propose_exports(situation: Situation, changes: Sequence[LineChange], index: ImportIndex) -> Iterator[EditCandidate]:
    """Yields changes of the lists of exports of files whose imports or definitions just changed."""
    latest = changes[-MOST_CHANGES:]
    for uri in dict.fromkeys(change.uri for change in reversed(latest)):
        view = situation.files.get(uri)
        exported = export_list(view) if view is not None else None
        if view is not None and exported is not None:
            own = [change for change in latest if change.uri == uri]
            yield from _lacking(exported, _brought(own), index)
            yield from _unbound(exported, _taken_out(own))


def _brought(changes: Sequence[LineChange]) -> dict[str, int]:
    """Returns the names that changes brought, each with the number of changes of the file since."""
    brought: dict[str, int] = {}
    for age, change in enumerate(reversed(changes)):
        for name in _names(change.inserted) - _names(change.removed):
            brought.setdefault(name, age)
    return brought


def _taken_out(changes: Sequence[LineChange]) -> dict[str, int]:
    """Returns the names that changes took out and put no other in the place of."""
    taken_out: dict[str, int] = {}
    for age, change in enumerate(reversed(changes)):
        removed, inserted = _names(change.removed), _names(change.inserted)
        if inserted <= removed:
            for name in removed - inserted:
                taken_out.setdefault(name, age)
    return {name: age for name, age in taken_out.items() if name not in _brought(changes)}


def _names(lines: Iterable[str]) -> set[str]:
    return {name for line in lines for name in names_in_code(line)}


def _lacking(exported: ExportList, brought: Mapping[str, int], index: ImportIndex) -> Iterator[EditCandidate]:
    """Yields new imports of a package from its own modules, where it exports all others."""
    view = exported.view
    if not view.uri.endswith("/__init__.py"):
        return
    from_own = _from_own_modules(imports_of(view), index.module_of(view.uri))
    lacking = [name for name in from_own if name not in exported.names]
    if len(from_own) - len(lacking) < LEAST_EXPORTED or not brought.keys() >= set(lacking):
        return
    for name in lacking:
        replacement = exported.with_name(name)
        if replacement is not None:
            yield EditCandidate(
                uri=view.uri,
                first_line=replacement.first_line,
                end_line=replacement.end_line,
                inserted=replacement.lines,
                kind=EditKind.IMPORT,
                proposer="imports",
                group=f"exports:{view.uri}",
                words=f"`{name}` is imported here and not exported, as the others are",
                grounds=Grounds(
                    age=brought[name], n_places=len(lacking), n_matched_chars=len(name), certainty=IS_LACKING
                ),
            )


def _from_own_modules(read: FileImports, own_module: str) -> list[str]:
    """Returns the public names that a package imports from its own modules."""
    found = []
    for written, member, alias in read.imports:
        name = alias or member
        if member and member != "*" and not name.startswith("_"):
            module = resolve(written, own_module, True)
            if module.startswith(f"{own_module}."):
                found.append(name)
    return list(dict.fromkeys(found))


def _unbound(exported: ExportList, taken_out: Mapping[str, int]) -> Iterator[EditCandidate]:
    """Yields the list without names whose import or definition was taken out."""
    view = exported.view
    gone = [name for name in exported.names if name in taken_out]
    if not gone or view.tree is None or "__getattr__" in imports_of(view).definitions:
        return
    bindings = bindings_of(view, view.tree, gone)
    gone = [name for name in gone if name not in bindings.bound]
    if bindings.has_star_import or not gone:
        return
    for rank, replacement in enumerate(exported.without(gone)):
        shown = ", ".join(f"`{name}`" for name in gone[:3])
        yield EditCandidate(
            uri=view.uri,
            first_line=replacement.first_line,
            end_line=replacement.end_line,
            inserted=replacement.lines,
            kind=EditKind.IMPORT,
            proposer="unused_imports",
            group=f"exports:{view.uri}",
            words=f"{shown} {'is' if len(gone) == 1 else 'are'} exported and no longer there",
            grounds=Grounds(
                age=min(taken_out[name] for name in gone),
                n_places=len(gone),
                rank=rank,
                n_matched_chars=sum(map(len, gone)),
                certainty=IS_UNBOUND,
            ),
        )


def _column(line: str, n_bytes: int) -> int:
    """Returns how many characters the first bytes of a line are."""
    return len(line.encode()[:n_bytes].decode(errors="ignore"))
