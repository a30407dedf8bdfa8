"""Where a name may come from: what the project imports or defines, else what installed packages import or offer.

How much the evidence of packages weighs was chosen on the imports of 92 installed packages, each asked of a table
without its own: of 3,963 names that others could bind, the first import was the one that is written for 88%, and the
certainties came true as often as they say, to a few hundredths. Those are names of which it is known that an import
binds them; who writes a name that nothing binds may be about to define it. Hence `_may_be_meant`.
"""

from collections.abc import Collection, Sequence
from functools import cached_property

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.import_index import STANDARD_LIBRARY, ImportIndex, imports_of, resolve
from inkling.engine.next_edit.imports.imported_name import ImportedName
from inkling.engine.next_edit.imports.package_imports import PackageSource
from inkling.engine.next_edit.reading.bindings import Use

_DEFINED = 1.5  # files that import a name count for as much as its definition: it is there, whether others import it
_THERE = 0.6  # files: the file imports from the module already
_BESIDE = 3.0  # times the weight: the module is of the file's own package
_AGREED = 0.5  # files: all that packages say, where the project itself says something
_OFFERED = 0.5  # packages: a module offers the name
_STRANGE = 0.2  # of the weight: neither the standard library's nor of a package that the project imports
_WITHIN = 4.0  # times the weight: `import a.b`, where `b` is taken of `a`; the import of `a` alone would do by chance
_THERE_AMONG_PACKAGES = 4.0  # times the weight: the file imports from the module already
_MANY = 3  # packages; what so many write is a habit
_SUREST = 0.97
_LEAST = 0.1  # what is less certain is not proposed
_LEAST_OF_FIRST = 0.25  # nor what is so much less certain than the likeliest


class ImportSources:
    """Where the names of one file may come from."""

    def __init__(self, view: FileView, index: ImportIndex) -> None:
        self._view = view
        self._index = index

    @cached_property
    def own_module(self) -> str:
        """The full name of the file's module."""
        return self._index.module_of(self._view.uri)

    @cached_property
    def _there(self) -> frozenset[str]:
        """The full names of the modules that the file imports names from."""
        is_package = self._view.uri.endswith("/__init__.py")
        return frozenset(
            resolve(written, self.own_module, is_package)
            for written, member, _ in imports_of(self._view).imports
            if member
        )

    def is_known(self, name: str) -> bool:
        """Returns whether some import may bind a name; now and then wrongly yes."""
        return self._index.is_known(name) or any(map(self._may_be_meant, self._index.packages.sources(name)))

    def is_known_to_project(self, name: str) -> bool:
        """Returns whether the project itself imports or defines a name; now and then wrongly yes."""
        return self._index.is_known(name)

    def certainties(self, name: str, users: Sequence[Use]) -> dict[ImportedName, float]:
        """Returns the imports that would bind a name, each with how surely it is meant, in [0, 1]."""
        attributes = {use.attribute for use in users if use.attribute}
        files = self._of_project(name, attributes)
        packages = self._of_packages(name, attributes)
        among_packages = sum(weight for weight, _ in packages.values())
        if files:
            for each, (weight, _) in packages.items():
                files[each] = files.get(each, 0.0) + _AGREED * weight / among_packages
            total = sum(files.values())
            found = {each: _SUREST * weight / total for each, weight in files.items()}
        else:
            found = {each: trust * weight / among_packages for each, (weight, trust) in packages.items()}
        least = max(_LEAST, _LEAST_OF_FIRST * max(found.values(), default=0.0))
        return {each: certainty for each, certainty in found.items() if certainty >= least}

    def _of_project(self, name: str, attributes: Collection[str]) -> dict[ImportedName, float]:
        """Returns what the project imports or defines for a name, weighed in files."""
        weights = {
            imported: float(n_files)
            for imported, n_files in self._index.spellings(name).items()
            if imported.module != self.own_module and _fits(imported, attributes)
        }
        for module in self._index.definers(name):
            if module != self.own_module and not _is_test(module, self.own_module):
                imported = ImportedName(module=module, member=name)
                weights[imported] = weights.get(imported, 0.0) + _DEFINED
        return {
            each: weight * self._nearness(each.module) + (_THERE if each.module in self._there else 0.0)
            for each, weight in weights.items()
        }

    def _nearness(self, module: str) -> float:
        """Returns how much likelier a module is than another one because it stands beside the file."""
        package = self.own_module.rpartition(".")[0]
        return _BESIDE if package and module.rpartition(".")[0] == package else 1.0

    def _of_packages(self, name: str, attributes: Collection[str]) -> dict[ImportedName, tuple[float, float]]:
        """Returns what packages import or offer for a name, weighed in packages, with how far each can be trusted."""
        found: dict[ImportedName, tuple[float, float]] = {}
        for source in self._index.packages.sources(name):
            imported = source.imported
            if not self._may_be_meant(source) or not _fits(imported, attributes):
                continue
            if not imported.member and not attributes:
                continue  # nothing is done with a module but to take something from it
            weight = source.n_packages + (_OFFERED if source.is_offered else 0.0)
            weight *= 1.0 if self._is_familiar(imported) else _STRANGE
            if _is_within(imported):
                weight *= _WITHIN
            if self._is_there(imported):
                weight = _THERE_AMONG_PACKAGES * weight + 1.0
            found[imported] = (weight, self._trust(source))
        return found

    def _may_be_meant(self, source: PackageSource) -> bool:
        """Returns whether who writes a name may mean an import of packages, and not a name of their own."""
        imported = source.imported
        if self._index.is_first_party(imported.module):
            return False  # the project says better what is its own
        if self._is_there(imported) or source.n_packages >= _MANY:
            return True
        has_capitals = not imported.bound.islower()
        if not self._is_familiar(imported):
            return has_capitals and source.n_packages > 1
        return has_capitals or source.n_packages > 0

    def _trust(self, source: PackageSource) -> float:
        """Returns how often the only import for a name is the one that is meant."""
        if self._is_there(source.imported) or source.n_packages >= _MANY:
            return _SUREST
        if not self._is_familiar(source.imported):
            return 0.4
        return 0.8 if source.n_packages else 0.65

    def _is_there(self, imported: ImportedName) -> bool:
        return bool(imported.member) and imported.module in self._there

    def _is_familiar(self, imported: ImportedName) -> bool:
        """Returns whether a module is the standard library's or of a package that the project imports."""
        return imported.module.partition(".")[0] in STANDARD_LIBRARY or self._index.is_imported_from(imported.module)


def is_habit(sources: Sequence[PackageSource]) -> bool:
    """Returns whether so many packages import a name that whoever writes it hardly means one of their own."""
    return any(source.n_packages >= _MANY for source in sources)


def _fits(imported: ImportedName, attributes: Collection[str]) -> bool:
    """Returns whether an import may be meant: `import a.b` is for what takes `b` of `a`."""
    return not _is_within(imported) or imported.module.split(".")[1] in attributes


def _is_within(imported: ImportedName) -> bool:
    """Returns whether it is `import a.b`, which binds `a`."""
    return "." in imported.module and not imported.member and not imported.alias


def _is_test(module: str, own_module: str) -> bool:
    """Returns whether a module holds tests, from which only tests import."""
    parts = module.split(".")
    is_test = any(part in ("tests", "test", "conftest") or part.startswith("test_") for part in parts)
    return is_test and not any(part in ("tests", "test") for part in own_module.split("."))
