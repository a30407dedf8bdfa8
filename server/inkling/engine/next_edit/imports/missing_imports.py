"""Names that are used and not bound, and the imports that would bind them."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from inkling.core.next_edit import LineChange
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.import_block import STANDARD, ImportBlock, WrittenImport
from inkling.engine.next_edit.imports.import_index import imports_of
from inkling.engine.next_edit.imports.import_sources import ImportSources
from inkling.engine.next_edit.imports.import_statements import written_module
from inkling.engine.next_edit.imports.import_subject import ImportSubject, names_in_code
from inkling.engine.next_edit.imports.imported_name import ImportedName
from inkling.engine.next_edit.reading.bindings import Use

MOST_SPELLINGS = 3
SUREST_AMONG_LOST_LINES = 0.7  # what binds a name may stand on lines that do not parse

_FAULTS = ("Error", "Exception", "Warning")
_MODULES_OF_FAULTS = ("exceptions", "errors")
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_RUNTIME_TYPING = ("typing", "typing_extensions")  # type checkers and linters expect them outside of TYPE_CHECKING
_BOUND_BY = (
    r"\b(?:def|class|for|as|import|lambda|global|nonlocal)\s+(?:\w+\s*,\s*)*{0}\b|(?<![\w.]){0}\s*(?::[^=]*)?=(?!=)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingName:
    """A name that is used and not bound, with the imports that would bind it, the likeliest first."""

    name: str
    age: int
    spellings: tuple[tuple[WrittenImport, float], ...]


def may_be_imported(view: FileView, name: str, sources: ImportSources) -> bool:
    """Returns whether a name could come from an import; most are known to be bound, or known to nobody."""
    if name in imports_of(view).definitions:
        return False
    return sources.is_known(name) or _ends_like_others(name)


def missing_names(
    subject: ImportSubject, changes: Sequence[LineChange], ages: Mapping[str, int]
) -> Iterator[MissingName]:
    """Yields names of changed lines that nothing binds and some import would.

    Args:
        subject: The file.
        changes: The changes of all files.
        ages: The names, with the changes since each was touched.
    """
    uses: dict[str, list[Use]] = {}
    uses_elsewhere = chain(_uses_on_lost_lines(subject, ages), _uses_as_exports(subject, ages))
    for use in chain(subject.bindings.unbound(), uses_elsewhere):
        if use.name in ages:
            uses.setdefault(use.name, []).append(use)
    dropped = _dropped_imports(subject.view, changes)
    for name, users in uses.items():
        spellings = [
            (written, certainty)
            for written, certainty in _spellings(subject, name, users)
            if (written.module, written.member) not in dropped
        ]
        if spellings:
            yield MissingName(name=name, age=ages[name], spellings=tuple(spellings[:MOST_SPELLINGS]))


def _dropped_imports(view: FileView, changes: Iterable[LineChange]) -> set[tuple[str, str]]:
    """Returns module and member of imports that were just taken out of a file by hand: nobody wants them back."""
    dropped: set[tuple[str, str]] = set()
    for change in changes:
        if change.uri == view.uri:
            for line in change.removed:
                if line.startswith("from ") and " import " in line:
                    module, _, members = line[5:].partition(" import ")
                    dropped.update((module.strip(), member) for member in names_in_code(members))
    return dropped


def _uses_on_lost_lines(subject: ImportSubject, names: Iterable[str]) -> Iterator[Use]:
    """Yields names that lines which do not parse call, index or take an attribute of, and that nothing binds."""
    if not subject.lost or subject.bindings.has_star_import:
        return
    bound = subject.bindings.bound
    nothing = ast.Constant(value=None)
    for name in names:
        lines = [line for line in subject.view.lines_with.get(name, ()) if line in subject.lost]
        binding = re.compile(_BOUND_BY.format(name))
        if name in bound or any(binding.search(subject.view.lines[line]) for line in lines):
            continue
        for line in lines:
            used = re.search(rf"(?<![\w.\"']){name}\s*(?:(\()|\.(\w*)|\[)", subject.view.lines[line])
            # Packages import many a word that is as likely a variable, of which such a line says nothing.
            if used and (used[2] or not name.islower() or subject.sources.is_known_to_project(name)):
                yield Use(name=name, line=line, node=nothing, attribute=used[2] or "", is_called=bool(used[1]))


def _uses_as_exports(subject: ImportSubject, names: Iterable[str]) -> Iterator[Use]:
    """Yields names that `__all__` lists and that nothing binds, though `import *` wants them."""
    bindings = subject.bindings
    if bindings.has_star_import or "__getattr__" in imports_of(subject.view).definitions:
        return
    for name in bindings.exported.intersection(names) - bindings.bound:
        if subject.sources.is_known_to_project(name):
            line = subject.view.lines_with[name][0]
            yield Use(name=name, line=line, node=ast.Constant(value=name))


def _spellings(subject: ImportSubject, name: str, users: Sequence[Use]) -> list[tuple[WrittenImport, float]]:
    """Returns the imports that would bind a name, with how surely each is meant, the likeliest first."""
    certainties = subject.sources.certainties(name, users)
    for_types = _is_for_types(subject.block, users)
    if not certainties:
        return _guesses(subject.block, name, for_types)
    written: dict[WrittenImport, float] = {}
    for imported, certainty in certainties.items():
        spelled = _as_written(subject, imported, for_types)
        if subject.index.can_be_named(spelled.module):
            written[spelled] = written.get(spelled, 0.0) + certainty
    ranked = sorted(written.items(), key=lambda each: (-each[1], len(each[0].module), each[0].module))
    surest = 1.0 if not subject.lost else SUREST_AMONG_LOST_LINES
    return [(spelled, min(surest, certainty)) for spelled, certainty in ranked]


def _is_for_types(block: ImportBlock, users: Sequence[Use]) -> bool:
    return block.type_checking is not None and all(
        use.is_annotation and (block.has_postponed_annotations or isinstance(use.node, ast.Constant)) for use in users
    )


def _as_written(subject: ImportSubject, imported: ImportedName, for_types: bool) -> WrittenImport:
    """Returns an import as this file would spell it: relative among relative ones, for types among those for types."""
    view, module = subject.view, imported.module
    if imported.member and subject.index.is_first_party(module) and _prefers_relative(view, module, subject.own_module):
        module = relative_module(module, subject.own_module, view.uri.endswith("/__init__.py"))
    written = WrittenImport(module=module, member=imported.member, alias=imported.alias)
    if not for_types or imported.module in _RUNTIME_TYPING or subject.block.statement_for(written) is not None:
        return written
    return replace(written, for_types=True)


def _prefers_relative(view: FileView, module: str, own_module: str) -> bool:
    root = own_module.partition(".")[0]
    if module.partition(".")[0] != root:
        return False
    written = {written for written, _, _ in imports_of(view).imports}
    if module in written:
        return False
    n_relative = sum(each.startswith(".") for each in written)
    return n_relative > sum(each.partition(".")[0] == root for each in written)


def relative_module(module: str, own_module: str, is_package: bool) -> str:
    """Returns how a module is written in another one of the same root, with leading dots."""
    package = own_module.split(".") if is_package else own_module.split(".")[:-1]
    parts = module.split(".")
    shared = 0
    while shared < min(len(package), len(parts)) and package[shared] == parts[shared]:
        shared += 1
    return "." * (len(package) - shared + 1) + ".".join(parts[shared:])


def _ends_like_others(name: str) -> bool:
    """Returns whether a name is of a class with a kind in its last word: `EmailValidator`, `KeyWarning`."""
    return name[:1].isupper() and len(_PIECE.findall(name)) > 1


def _guesses(block: ImportBlock, name: str, for_types: bool) -> list[tuple[WrittenImport, float]]:
    """Returns a weak guess where nothing is known of a name: classes that end alike come from one module."""
    if not _ends_like_others(name):
        return []
    pieces = _PIECE.findall(name)
    likeness: dict[str, int] = {}
    for node in block.statements:
        if isinstance(node, ast.ImportFrom) and block.category(written_module(node)) != STANDARD:
            has_faults = pieces[-1] in _FAULTS and (node.module or "").rpartition(".")[2] in _MODULES_OF_FAULTS
            alike = max(_n_shared(pieces, _PIECE.findall(alias.name)) for alias in node.names)
            likeness[written_module(node)] = max(likeness.get(written_module(node), 0), alike, int(has_faults))
    most = max(likeness.values(), default=0)
    modules = [module for module, alike in likeness.items() if alike == most]
    if most == 0 or len(modules) != 1:
        return []
    return [(WrittenImport(module=modules[0], member=name, for_types=for_types), 0.3)]


def _n_shared(pieces: Sequence[str], others: Sequence[str]) -> int:
    """Returns how many words two names share, if they end alike."""
    return len(set(pieces) & set(others)) if pieces[-1:] == others[-1:] else 0
