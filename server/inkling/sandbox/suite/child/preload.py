"""Imports once what every run of pytest imports: its own plugins, installed ones, and much of the standard library.

A plugin is imported as pytest would, with its assertions rewritten: that is most of what a short run costs. Plugins of
the project itself stay out, because their text may change.
"""

import importlib
import importlib.metadata
import inspect
import sys
from contextlib import suppress
from typing import Any

from .project import Project

LIBRARY = (
    *("asyncio", "collections", "concurrent.futures", "copy", "csv", "datetime", "decimal", "difflib", "enum"),
    *("fractions", "functools", "glob", "hashlib", "heapq", "http.client", "itertools", "json", "logging", "math"),
    *("operator", "pathlib", "pickle", "queue", "random", "re", "shutil", "socket", "sqlite3", "statistics", "string"),
    *("subprocess", "tempfile", "textwrap", "threading", "traceback", "typing", "unittest.mock", "urllib.parse"),
)
IMPORTED_LATE = {"_hypothesis_pytestplugin": "hypothesis"}  # by the plugin itself, when a run ends


def preload(project: Project) -> None:
    """Imports what can be imported; what cannot is left to the run that needs it, which then says why."""
    config = importlib.import_module("_pytest.config")
    for name in (*(f"_pytest.{plugin}" for plugin in getattr(config, "default_plugins", ())), *LIBRARY):
        with suppress(Exception):
            importlib.import_module(name)
    with suppress(Exception):  # another version of pytest has other ways
        _preload_plugins(project)
    for name, module in list(sys.modules.items()):
        filename = getattr(module, "__file__", None)
        is_ours = name == "__main__" or name.partition(".")[0] == __package__
        if filename and not is_ours and project.path_of(filename) is not None:
            del sys.modules[name]


def _preload_plugins(project: Project) -> None:
    # pytest offers no way to import a plugin without starting a run; in a run a plain import of it would be warned of.
    from _pytest.assertion import install_importhook
    from _pytest.config import get_config

    config: Any = get_config()
    if not hasattr(config, "inicfg"):  # before pytest 9 there is none until a command line was parsed
        config.inicfg = {}
    hook = install_importhook(config)
    try:
        mark = config._mark_plugins_for_rewrite
        mark(*(hook, False)[: len(inspect.signature(mark).parameters)])  # pytest 7 takes the hook alone
        for entry in importlib.metadata.entry_points(group="pytest11"):
            with suppress(Exception):
                importlib.import_module(entry.module)
                if entry.module in IMPORTED_LATE:
                    importlib.import_module(IMPORTED_LATE[entry.module])
    finally:
        sys.meta_path.remove(hook)
