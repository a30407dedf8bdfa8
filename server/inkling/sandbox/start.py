"""Starts a module of ours inside a sandbox, in the user's interpreter: run as a script, it prepares the imports.

Its one argument is JSON: `module` is run as `-m` would; `packages` maps names of top-level packages to their places,
found before anything else; `fallbacks` maps names of packages to places where they are found if the user's
environment has none. Nothing is put on `sys.path`, so that a package the user lacks stays missing.

Python 3.7 can read this file: an interpreter that is too old is to say so.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location

OLDEST_PYTHON = (3, 11)
TOO_OLD_EXIT_CODE = 97


class _PackageFinder:
    """Finds top-level packages of given names at given places."""

    def __init__(self, places: dict[str, list[str]]) -> None:
        self._places = places

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        places = self._places.get(name)
        if places is None:
            return None
        if places[0].endswith(".py"):
            return spec_from_file_location(name, places[0])
        initial = os.path.join(places[0], "__init__.py")  # noqa: PTH118 - pathlib costs the start 10 ms
        if os.path.isfile(initial):  # noqa: PTH113
            return spec_from_file_location(name, initial, submodule_search_locations=places)
        namespace = ModuleSpec(name, None, is_package=True)
        namespace.submodule_search_locations = places
        return namespace


def _start(argument: str) -> None:
    if sys.version_info < OLDEST_PYTHON:
        sys.stderr.write(sys.version.split()[0])
        sys.exit(TOO_OLD_EXIT_CODE)
    task = json.loads(argument)
    del sys.path[0]  # this script's folder: its modules have names such as `docker`
    sys.argv = ["inkling"]
    sys.meta_path.insert(0, _PackageFinder(task["packages"]))
    sys.meta_path.append(_PackageFinder(task["fallbacks"]))
    runpy.run_module(task["module"], run_name="__main__", alter_sys=False)


if __name__ == "__main__":
    _start(sys.argv[1])
