"""Reads how the packages of an environment import what, and what they offer. Nothing of them is ever run."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inkling.context.environment import Environment
from inkling.context.sources import Limits, SourceFile, environment_files, read_source
from inkling.engine.next_edit.imports.import_index import STANDARD_LIBRARY, FileImports, read_imports, resolve
from inkling.engine.next_edit.imports.imported_name import ImportedName
from inkling.engine.next_edit.imports.package_imports import PackageSource, telling

LIMITS = Limits(n_files=30_000, size_bytes=400 * 1024 * 1024)
MOST_SOURCES = 8  # of one name; of a name that more modules have, nobody can say which is meant
MOST_LINES = 400_000  # of a table, some 20 MB
_ALL = re.compile(r"^__all__\b[^\[(\n]*[\[(](.*?)[\])]", re.MULTILINE | re.DOTALL)
_DEFINED = re.compile(r"^(?:(?:async[ \t]+)?def|class)[ \t]+([^\W_]\w*)", re.MULTILINE)
_STRING = re.compile(r"[\"']([^\W\d]\w*)[\"']")


@dataclass(slots=True, kw_only=True)
class _Evidence:
    """What speaks for one import."""

    packages: set[str] = field(default_factory=set)
    is_offered: bool = False


def read_packages(environment: Environment, limits: Limits = LIMITS) -> list[tuple[str, PackageSource]]:
    """Returns the names that packages import or offer, with the imports that bind them.

    The modules that stand for packages are read first, then the others of small packages.
    """
    everything = environment_files(environment, set(), Limits(n_files=10**7, size_bytes=10**12))
    everything.sort(key=lambda file: not file.path.endswith("/__init__.py"))
    found: defaultdict[ImportedName, _Evidence] = defaultdict(_Evidence)
    roots = (*environment.package_folders, environment.standard_library)
    for file in limits.take(everything):
        text = read_source(file.path)
        if text is not None:
            _read_module(text, _module_of(file, roots), found)
    installed = STANDARD_LIBRARY | {path.name.partition(".")[0] for folder in roots for path in folder.glob("*")}
    there = {each: found[each] for each in found if each.module.partition(".")[0] in installed}
    return _most_telling(there)


def _module_of(file: SourceFile, roots: Iterable[Path]) -> tuple[str, bool]:
    """Returns the name of a file's module, and whether it is a package."""
    root = max((root for root in roots if Path(file.path).is_relative_to(root)), key=lambda root: len(root.parts))
    parts = Path(file.path).relative_to(root).with_suffix("").parts
    is_package = parts[-1] == "__init__" and len(parts) > 1
    return ".".join(parts[:-1] if is_package else parts), is_package


def _read_module(text: str, module: tuple[str, bool], found: dict[ImportedName, _Evidence]) -> None:
    name, is_package = module
    root = name.partition(".")[0]
    read = read_imports(text)
    for written, member, alias in read.imports:
        # Within a package its own modules are imported in ways that are not for others.
        is_of_others = written == root or written.partition(".")[0] != root
        if is_of_others and member != "*" and not written.startswith(".") and _is_public(written):
            own_name = member if member else written
            imported = ImportedName(module=written, member=member, alias=alias if alias != own_name else "")
            found[imported].packages.add(root)
    if _is_public(name):
        for offered in _offered(text, read, name, is_package):
            found[ImportedName(module=name, member=offered)].is_offered = True
        if "." not in name:
            found[ImportedName(module=name)].is_offered = True


def _is_public(module: str) -> bool:
    """Returns whether a module is for others by its name, and has what nobody has without it."""
    if module in ("__future__", "builtins"):
        return module == "__future__"
    return not any(part.startswith("_") for part in module.split("."))


def _offered(text: str, read: FileImports, module: str, is_package: bool) -> Iterator[str]:
    """Yields the names that a module has for others."""
    listed = {name for one in _ALL.finditer(text) for name in _STRING.findall(one[1])} if "__all__" in text else set()
    if listed:
        yield from listed
        return
    yield from _DEFINED.findall(text)
    if is_package:
        root = module.partition(".")[0]
        for written, member, alias in read.imports:
            name = alias or member
            if member and not name.startswith("_") and resolve(written, module, True).partition(".")[0] == root:
                yield name


def _most_telling(found: dict[ImportedName, _Evidence]) -> list[tuple[str, PackageSource]]:
    """Returns the best imports for each name, and of too many names those that are written most."""
    by_name: defaultdict[str, list[PackageSource]] = defaultdict(list)
    for imported, evidence in found.items():
        if imported.bound.isidentifier() and not imported.bound.startswith("_"):
            source = PackageSource(imported=imported, n_packages=len(evidence.packages), is_offered=evidence.is_offered)
            by_name[imported.bound].append(source)
    kept = [
        (name, source)
        for name, sources in by_name.items()
        for source in _without_inner_ones(sorted(sources, key=telling))[:MOST_SOURCES]
    ]
    return sorted(kept, key=lambda pair: telling(pair[1]))[:MOST_LINES]


def _without_inner_ones(sources: Sequence[PackageSource]) -> list[PackageSource]:
    """Returns sources in their order, without modules whose package offers the same name and is written as often."""
    kept: list[PackageSource] = []
    for source in sources:
        module, member = source.imported.module, source.imported.member
        is_inner = any(
            member
            and before.imported.member == member
            and before.imported.alias == source.imported.alias
            and module.startswith(f"{before.imported.module}.")
            for before in kept
        )
        if not is_inner:
            kept.append(source)
    return kept
