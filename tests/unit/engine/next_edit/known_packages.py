"""Situations in which some installed packages are known."""

from dataclasses import replace

from inkling.engine.next_edit.imports.import_index import ImportIndex, imports_of
from inkling.engine.next_edit.imports.imported_name import ImportedName
from inkling.engine.next_edit.imports.package_imports import PackageImports, PackageSource, encoded
from inkling.engine.next_edit.situation import Situation

USUAL = (
    "import json 34",
    "import math 9",
    "import re 40",
    "from collections.abc import Mapping 26",
    "from functools import partial 12",
    "from urllib.parse import quote 4",
    "from urllib.parse import unquote 3",
)


def packages_that(*imports: str) -> PackageImports:
    """Returns a table of imports, each with the number of packages that write it; 0 for one that is only offered."""
    sources = []
    for line in imports:
        statement, _, n_packages = line.rpartition(" ")
        module, _, member = statement.removeprefix("import ").removeprefix("from ").partition(" import ")
        module, _, module_alias = module.partition(" as ")
        member, _, alias = member.partition(" as ")
        imported = ImportedName(module=module, member=member, alias=alias or module_alias)
        source = PackageSource(imported=imported, n_packages=int(n_packages), is_offered=n_packages == "0")
        sources.append((imported.bound, source))
    return PackageImports(encoded(sources))


def with_packages(situation: Situation, *imports: str) -> Situation:
    """Returns a situation with an index of its files, beside packages that import this way."""
    index = ImportIndex(packages=packages_that(*imports))
    index.take({uri: imports_of(view) for uri, view in situation.files.items()})
    return replace(situation, imports=index)
