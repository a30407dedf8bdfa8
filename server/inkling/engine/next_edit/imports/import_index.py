"""How a project imports what: read once per file, kept up to date file by file."""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath, PurePosixPath
from urllib.parse import unquote, urlsplit
from weakref import WeakKeyDictionary

from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.imported_name import ImportedName
from inkling.engine.next_edit.imports.package_imports import PackageImports

_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<module>[.\w]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n\\(]*(?:\\\n[^\n\\]*)*)"
    r"|import[ \t]+(?P<plain>\w[^\n;]*))",
    re.MULTILINE,
)
_COMMENT = re.compile(r"#[^\n]*")
_NAME_AS = re.compile(r"\s*([\w.]+)(?:\s+as\s+(\w+))?\s*$")
_DEFINITION = re.compile(
    r"^(?:(?:async[ \t]+)?def|class)[ \t]+(?P<definition>\w+)|^(?P<variable>[^\W\d]\w*)[ \t]*(?::[^=\n]+)?=(?!=)",
    re.MULTILINE,
)
_SOURCE_FOLDERS = frozenset({"src", "lib", "python"})
_WHOLE_PATH = "/"  # begins what stands for the name of a module that has none; no name begins so
STANDARD_LIBRARY = sys.stdlib_module_names | {"__future__"}


@dataclass(frozen=True, kw_only=True)
class FileImports:
    """What one file imports and defines, as it is written there.

    Attributes:
        imports: Module with its dots, member and alias of each import in it, wherever it stands.
        outer_names: Names that imports at the left margin bind.
        definitions: Names that definitions and assignments at the left margin bind.
    """

    imports: tuple[tuple[str, str, str], ...]
    outer_names: frozenset[str]
    definitions: frozenset[str]

    @cached_property
    def roots(self) -> frozenset[str]:
        """The first parts of the modules that are imported by their full name."""
        return frozenset(module.partition(".")[0] for module, _, _ in self.imports if not module.startswith("."))


def read_imports(text: str) -> FileImports:
    """Returns what a text imports and defines, whether or not it parses."""
    imports: list[tuple[str, str, str]] = []
    outer_names: set[str] = set()
    if "import" in text:
        for found in _IMPORT.finditer(text):
            module = found["module"]
            names = _COMMENT.sub("", found["names"] if module else found["plain"]).replace("\\", " ").strip()
            for part in names.strip("()").split(","):
                if name := _NAME_AS.match(part):
                    alias = name[2] or ""
                    imports.append((module, name[1], alias) if module else (name[1], "", alias))
                    if found[0][0] not in " \t":
                        outer_names.add(alias or name[1].partition(".")[0])
    definitions = frozenset(found["definition"] or found["variable"] for found in _DEFINITION.finditer(text))
    return FileImports(imports=tuple(imports), outer_names=frozenset(outer_names), definitions=definitions)


_read: WeakKeyDictionary[FileView, FileImports] = WeakKeyDictionary()


def imports_of(view: FileView) -> FileImports:
    """Returns what a file imports and defines, read once for each text."""
    found = _read.get(view)
    if found is None:
        found = _read[view] = read_imports(view.text)
    return found


def resolve(written: str, module: str, is_package: bool) -> str:
    """Returns the full name of a module that is written with leading dots in another one."""
    name = written.lstrip(".")
    level = len(written) - len(name)
    if level == 0:
        return name
    parts = module.split(".")
    package = parts[: len(parts) - level + (1 if is_package else 0)]
    return ".".join([*package, name] if name else package)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A file of the index with what it adds to the counts."""

    read: FileImports
    module: str
    imported: frozenset[ImportedName]


class ImportIndex:
    """Which imports a project uses for which name, and which of its modules define it.

    Attributes:
        packages: How installed packages import what.
    """

    def __init__(self, folders: Iterable[PurePath] = (), packages: PackageImports | None = None) -> None:
        """Makes an empty index.

        Args:
            folders: The workspace folders, from which modules are named that nobody imports yet.
            packages: How installed packages import what; None where that is not known.
        """
        self.packages = packages if packages is not None else PackageImports()
        self._folders = [_folders_of(folder) for folder in folders]
        self._files: dict[DocumentUri, _Known] = {}
        self._packages: set[tuple[str, ...]] = set()
        self._spellings: defaultdict[str, Counter[ImportedName]] = defaultdict(Counter)
        self._definers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._importers: Counter[str] = Counter()
        self._roots: Counter[str] = Counter()
        self._below: defaultdict[str, set[DocumentUri]] = defaultdict(set)

    def take(self, files: Mapping[DocumentUri, FileImports]) -> None:
        """Takes files as they are now, in place of what was known of them."""
        changed = {
            uri: read
            for uri, read in files.items()
            if (known := self._files.get(uri)) is None or (known.read is not read and known.read != read)
        }
        new_roots: set[str] = set()
        for uri, read in changed.items():
            if _is_package(uri) and uri not in self._files:
                new_roots.update(_parts(uri)[-2:-1])
            self.forget(uri)
            if _is_package(uri):
                self._packages.add(tuple(_parts(uri)[:-1]))
            new_roots.update(root for root in read.roots if not self._importers[root])
            self._importers.update(read.roots)
            for folder in _parts(uri)[:-1]:
                self._below[folder].add(uri)
        # The names of modules hang on imported roots and on packages; what was named without them is named again.
        for uri in {uri for root in new_roots for uri in self._below.get(root, ())} - changed.keys():
            if uri in self._files:
                read = self._files[uri].read
                self._uncount(uri)
                self._count(uri, read)
        for uri, read in changed.items():
            self._count(uri, read)

    def _count(self, uri: DocumentUri, read: FileImports) -> None:
        module = self.module_of(uri)
        imported = frozenset(
            ImportedName(module=resolve(written, module, _is_package(uri)), member=member, alias=alias)
            for written, member, alias in read.imports
        )
        self._files[uri] = _Known(read=read, module=module, imported=imported)
        self._roots[module.partition(".")[0]] += 1
        for each in imported:
            self._spellings[each.bound][each] += 1
        for name in read.definitions:
            self._definers[name][module] += 1

    def _uncount(self, uri: DocumentUri) -> _Known | None:
        known = self._files.pop(uri, None)
        if known is not None:
            self._roots[known.module.partition(".")[0]] -= 1
            for each in known.imported:
                self._spellings[each.bound][each] -= 1
            for name in known.read.definitions:
                self._definers[name][known.module] -= 1
        return known

    def forget(self, uri: DocumentUri) -> None:
        """Drops a file that is gone."""
        known = self._uncount(uri)
        if known is not None:
            self._packages.discard(tuple(_parts(uri)[:-1]) if _is_package(uri) else ())
            self._importers.subtract(known.read.roots)
            for folder in _parts(uri)[:-1]:
                self._below[folder].discard(uri)

    def spellings(self, name: str) -> Counter[ImportedName]:
        """Returns the imports by which files bind a name, with the number of files."""
        return +self._spellings[name] if name in self._spellings else Counter()

    def definers(self, name: str) -> list[str]:
        """Returns the modules of the project that bind a name at the left margin."""
        return sorted(+self._definers[name]) if name in self._definers else []

    def is_known(self, name: str) -> bool:
        """Returns whether some file imports a name or binds it at the left margin; now and then wrongly yes."""
        return name in self._spellings or name in self._definers

    def importers(self, imported: ImportedName) -> list[DocumentUri]:
        """Returns the files that have just this import."""
        if not self._spellings[imported.bound][imported]:
            return []
        return [uri for uri, known in self._files.items() if imported in known.imported]

    def is_imported_from(self, module: str) -> bool:
        """Returns whether some file imports the package of a module by its full name."""
        return self._importers[module.partition(".")[0]] > 0

    def is_first_party(self, module: str) -> bool:
        """Returns whether a module, by its full name, is the project's own."""
        return self._roots[module.partition(".")[0]] > 0

    @staticmethod
    def can_be_named(module: str) -> bool:
        """Returns whether a module has a full name, and not only the path of its file in place of one."""
        return not module.startswith(_WHOLE_PATH)

    def module_of(self, uri: DocumentUri) -> str:
        """Returns the full name of a file's module.

        It begins at that folder of its path which most files import from, the innermost of equals; else at the
        outermost package around it, below a folder for sources, or below the workspace folder. Without any of these
        the whole path stands for it, which serves for what is relative to it, and `can_be_named` says no.
        """
        parts = _parts(uri)
        n_folders = len(parts) - 1
        if _is_package(uri):
            parts.pop()
        outermost = max((len(each) for each in self._folders if tuple(parts[: len(each)]) == each), default=None)
        start = outermost or 0
        while tuple(parts[:start]) in self._packages:
            start -= 1  # the workspace is itself a package
        n_importers = [0 if part in STANDARD_LIBRARY else self._importers[part] for part in parts]
        n_importers[:start] = [0] * start
        for counts in (n_importers[:-1], n_importers):
            if any(counts):
                return ".".join(parts[len(counts) - 1 - counts[::-1].index(max(counts)) :])
        first = n_folders
        while tuple(parts[:first]) in self._packages:
            first -= 1
        if first < n_folders:
            return ".".join(parts[first:])
        below = [index for index in range(start, len(parts) - 1) if parts[index] in _SOURCE_FOLDERS]
        if below:
            return ".".join(parts[below[-1] + 1 :])
        return ".".join(parts[start:]) if outermost is not None else _WHOLE_PATH + ".".join(parts)


def _is_package(uri: DocumentUri) -> bool:
    return uri.endswith("/__init__.py")


def _folders_of(path: PurePath) -> tuple[str, ...]:
    return tuple(part for part in path.parts if part != path.anchor)


def _parts(uri: DocumentUri) -> list[str]:
    """Returns the folders of a file and its name without the ending."""
    return list(_folders_of(PurePosixPath(unquote(urlsplit(uri).path)).with_suffix("")))


def index_of(views: Iterable[FileView]) -> ImportIndex:
    """Returns an index of just these files."""
    index = ImportIndex()
    index.take({view.uri: imports_of(view) for view in views})
    return index
