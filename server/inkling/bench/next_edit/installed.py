"""The packages that a developer is taken to have: those beside the interpreter that runs the benchmark."""

import sys
from functools import cache

from inkling.app import places
from inkling.engine.next_edit.imports.package_build import PackageScope, provide_table
from inkling.engine.next_edit.imports.package_imports import PackageImports, open_table


@cache
def installed_packages() -> PackageImports:
    """Returns how they import what; of packages that a pull request changes nothing is taken from there."""
    cache_dir = str(places.find().cache_dir / "index")
    path, _ = provide_table(PackageScope(cache_dir=cache_dir, interpreter=sys.executable))
    return open_table(path)
