"""Names of the standard library, and the imports that bring them."""

import importlib
import sys
from functools import cache

from inkling.engine.next_edit.imports.import_index import STANDARD_LIBRARY, ImportedName

# Modules whose members are imported by name, the preferred one first where two share a name. All are cheap to import.
_IMPORTED_FROM = (
    "collections.abc",
    "collections",
    "contextlib",
    "typing",
    "dataclasses",
    "functools",
    "pathlib",
    "itertools",
    "enum",
    "abc",
    "copy",
    "datetime",
    "decimal",
    "fractions",
    "numbers",
    "math",
    "types",
    "textwrap",
    "tempfile",
    "urllib.parse",
    "threading",
)
# The module loads asyncio, which is slow.
_UNITTEST_MOCK = "ANY AsyncMock MagicMock Mock PropertyMock call mock_open patch sentinel"
# Source: ruff's documentation, rule unconventional-import-alias, default aliases.
_ALIASES = {
    "alt": "altair",
    "mpl": "matplotlib",
    "np": "numpy",
    "npt": "numpy.typing",
    "nx": "networkx",
    "pa": "pyarrow",
    "pd": "pandas",
    "plt": "matplotlib.pyplot",
    "pl": "polars",
    "sns": "seaborn",
    "tf": "tensorflow",
    "tk": "tkinter",
    "ET": "xml.etree.ElementTree",
}


def is_known_to_all(name: str) -> bool:
    """Returns whether `known_imports` may know an import for a name."""
    return name in STANDARD_LIBRARY or name in _ALIASES or name in _modules_by_member()


def known_imports(name: str, attributes: frozenset[str]) -> list[ImportedName]:
    """Returns imports that anybody would expect for a name, the likeliest first.

    Args:
        name: The name that is used.
        attributes: The attributes that are taken of it; a module is expected only where there are some.
    """
    found = []
    if name in STANDARD_LIBRARY and attributes and _has_all(name, attributes):
        found.append(ImportedName(module=name))
    found += [ImportedName(module=module, member=name) for module in _modules_by_member().get(name, ())]
    if name in _ALIASES:
        found.append(ImportedName(module=_ALIASES[name], alias=name))
    return found


def _has_all(name: str, attributes: frozenset[str]) -> bool:
    """Returns whether a module may have these attributes; yes where that is not known without importing it."""
    module = sys.modules.get(name)
    return module is None or all(hasattr(module, attribute) for attribute in attributes)


@cache
def _modules_by_member() -> dict[str, list[str]]:
    members: dict[str, list[str]] = {}
    for module_name in _IMPORTED_FROM:
        module = importlib.import_module(module_name)
        public = getattr(module, "__all__", None) or [
            name
            for name, value in vars(module).items()
            if not name.startswith("_") and getattr(value, "__module__", None) in (module_name, None)
        ]
        for name in public:
            if module_name == "typing" and name in members:
                continue  # an alias that is there for old versions
            members.setdefault(name, []).append(module_name)
    for name in _UNITTEST_MOCK.split():
        members.setdefault(name, []).append("unittest.mock")
    return members
