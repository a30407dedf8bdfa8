"""Imports that the last changes call for: of names just used, no longer used, moved, or exported."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain

from inkling.core.next_edit import EditKind, LineChange
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.export_lists import propose_exports
from inkling.engine.next_edit.imports.import_block import ImportBlock, Replacement, WrittenImport
from inkling.engine.next_edit.imports.import_index import ImportIndex, imports_of, index_of
from inkling.engine.next_edit.imports.import_sources import ImportSources
from inkling.engine.next_edit.imports.import_statements import ImportStatement
from inkling.engine.next_edit.imports.import_subject import ImportSubject, names_in_code, own_roots
from inkling.engine.next_edit.imports.missing_imports import MissingName, may_be_imported, missing_names
from inkling.engine.next_edit.imports.moved_imports import propose_moved_imports
from inkling.engine.next_edit.imports.unused_imports import (
    UnusedImport,
    names_put_in_place,
    names_taken_out,
    unused_imports,
)
from inkling.engine.next_edit.reading.binding_reader import bindings_of
from inkling.engine.next_edit.reading.mended_tree import mended_tree
from inkling.engine.next_edit.renames.rename_targets import renamed_bindings
from inkling.engine.next_edit.situation import Situation

MOST_CHANGES = 40  # older changes had their imports, or never will


def propose_imports(situation: Situation) -> Iterator[EditCandidate]:
    """Yields changes of import statements that follow from the history."""
    index = situation_index(situation)
    changes = situation.history[-MOST_CHANGES:]
    for uri in dict.fromkeys(change.uri for change in reversed(changes)):
        view = situation.files.get(uri)
        if view is not None:
            yield from _in_file(view, changes, index, renamed_bindings(situation, uri))
    yield from propose_moved_imports(situation, changes, index)
    yield from propose_exports(situation, changes, index)


def situation_index(situation: Situation) -> ImportIndex:
    """Returns the import index of the project, or of the files at hand."""
    return situation.imports if situation.imports is not None else index_of(situation.files.values())


def _in_file(
    view: FileView, changes: Sequence[LineChange], index: ImportIndex, renamed: frozenset[str]
) -> Iterator[EditCandidate]:
    """Yields changes of the imports of one file; none for names that the file itself bound until they were renamed."""
    names = _changed_names(view, changes)
    taken_out = names.keys() & names_taken_out(view, changes)
    unbound = names.keys() - imports_of(view).outer_names - renamed
    sources = ImportSources(view, index)
    wanted = {name for name in unbound if may_be_imported(view, name, sources)}
    mended = mended_tree(view) if wanted or taken_out else None
    if mended is None:
        return
    successors = names_put_in_place(view, changes, taken_out)
    subject = ImportSubject(
        view=view,
        lost=mended.lost_lines,
        bindings=bindings_of(view, mended.tree, wanted.union(taken_out, *successors.values())),
        block=ImportBlock(view, mended.tree, own_roots(view, index)),
        index=index,
        sources=sources,
    )
    missing = list(missing_names(subject, changes, {name: names[name] for name in wanted}))
    unused = list(unused_imports(subject, {name: names[name] for name in taken_out}))
    yield from _candidates(subject, missing, *_parted(subject, missing, unused, successors))


def _parted(
    subject: ImportSubject,
    missing: Sequence[MissingName],
    unused: Sequence[UnusedImport],
    successors: Mapping[str, Set[str]],
) -> tuple[list[UnusedImport], list[UnusedImport]]:
    """Returns the imports that may go, and those that may only make room for one of a name that is missing.

    Where the name that stands for the old one is bound by nothing, the import is rather to be changed than to go.
    """
    unbound = {use.name for use in subject.bindings.unbound()}
    importable = {each.name for each in missing}
    free = [each for each in unused if not successors[each.name] & unbound]
    replaced = [each for each in unused if successors[each.name] & importable]
    return free, replaced


def _changed_names(view: FileView, changes: Sequence[LineChange]) -> dict[str, int]:
    """Returns the names that stand in a file and in lines of it that were changed, with the changes since."""
    ages: dict[str, int] = {}
    for age, change in enumerate(reversed(changes)):
        if change.uri == view.uri:
            for line in chain(change.inserted, change.removed):
                for name in names_in_code(line):
                    if name in view.lines_with:
                        ages.setdefault(name, age)
    return ages


def _candidates(
    subject: ImportSubject,
    missing: Sequence[MissingName],
    free: Sequence[UnusedImport],
    replaced: Sequence[UnusedImport],
) -> Iterator[EditCandidate]:
    """Yields the changes that mend all names at once, then the one for each name by itself."""
    unused = [*free, *replaced]
    n_places = len(missing) + len(unused)
    best = [(each, each.spellings[0][0]) for each in missing]
    whole = subject.block.replacements(
        [written for _, written in best], [(each.statement, each.alias) for each in unused]
    )
    for rank, replacement in enumerate(whole):
        brought = [each for each, written in best if _brings(subject.block, replacement, written)]
        dropped = [each for each in unused if _covers(replacement, each.statement)]
        if not brought and any(each in replaced for each in dropped):
            continue  # its successor comes first
        yield _candidate(subject.view, replacement, brought, dropped, _Order(rank=rank, n_places=n_places))
    for each in missing:
        for choice, (written, _) in enumerate(each.spellings):
            if n_places > 1 or choice:
                for replacement in subject.block.replacements([written], []):
                    yield _candidate(
                        subject.view, replacement, [each], [], _Order(rank=choice, n_places=n_places, choice=choice)
                    )
    if n_places > 1:
        for gone in free:
            for replacement in subject.block.replacements([], [(gone.statement, gone.alias)]):
                yield _candidate(subject.view, replacement, [], [gone], _Order(rank=0, n_places=n_places))


def _covers(replacement: Replacement, statement: ImportStatement) -> bool:
    return replacement.first_line <= statement.lineno - 1 < replacement.end_line


def _brings(block: ImportBlock, replacement: Replacement, written: WrittenImport) -> bool:
    """Returns whether a replacement brings an import."""
    statement = block.statement_for(written)
    if statement is not None:
        return _covers(replacement, statement)
    needle = written.module if written.member else f"import {written.item}"
    return any(needle in line for line in replacement.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """Where a change stands among others: in the text, of how many, and which spelling it is."""

    rank: int
    n_places: int
    choice: int = 0


def _candidate(
    view: FileView,
    replacement: Replacement,
    missing: Sequence[MissingName],
    unused: Sequence[UnusedImport],
    order: _Order,
) -> EditCandidate:
    certainties = [each.spellings[order.choice][1] for each in missing] + [0.95 for _ in unused]
    ages = [each.age for each in missing] + [each.age for each in unused]
    names = [each.name for each in missing] + [each.name for each in unused]
    return EditCandidate(
        uri=view.uri,
        first_line=replacement.first_line,
        end_line=replacement.end_line,
        inserted=replacement.lines,
        kind=EditKind.IMPORT,
        proposer="imports" if missing else "unused_imports",
        group=f"imports:{view.uri}",
        words=_words(missing, unused),
        grounds=Grounds(
            support=len(certainties),
            age=min(ages, default=0),
            n_places=order.n_places,
            rank=order.rank,
            n_matched_chars=sum(map(len, names)),
            certainty=min(certainties, default=0.5),
        ),
    )


def _words(missing: Sequence[MissingName], unused: Sequence[UnusedImport]) -> str:
    parts = []
    if missing:
        names = ", ".join(f"`{each.name}`" for each in missing[:3])
        parts.append(f"{names} {'is' if len(missing) == 1 else 'are'} used and not imported")
    if unused:
        names = ", ".join(f"`{each.name}`" for each in unused[:3])
        parts.append(f"{names} {'is' if len(unused) == 1 else 'are'} no longer used")
    return "; ".join(parts)
