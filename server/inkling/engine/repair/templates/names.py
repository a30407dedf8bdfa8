"""Did you mean: names, attributes, keys and arguments that do not exist, and imports that are missing."""

import ast
import builtins
import difflib
from collections.abc import Iterator
from functools import lru_cache

from inkling.engine.repair.nodes import constant, copied, keyword
from inkling.engine.repair.program import SourceFile
from inkling.engine.repair.sites import ExpressionSite
from inkling.engine.repair.templates.ideas import Idea, Surroundings

STANDARD_MODULES = (
    "math",
    "collections",
    "itertools",
    "functools",
    "re",
    "string",
    "operator",
    "heapq",
    "bisect",
    "copy",
    "datetime",
    "json",
    "random",
    "statistics",
    "fractions",
    "decimal",
    "textwrap",
    "dataclasses",
    "typing",
    "os",
    "sys",
    "time",
)
_ALIASES = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "hq": "import heapq as hq",
    "dt": "import datetime as dt",
}
_ALIKE = 0.6  # of `difflib`'s ratio
_METHODS = sorted(
    {name for kind in (str, list, dict, set, tuple, int) for name in dir(kind) if not name.startswith("_")}
)


def alike(word: str, known: list[str]) -> list[str]:
    """Returns known words that `word` may be meant for, nearest first."""
    return [other for other in difflib.get_close_matches(word, known, n=4, cutoff=_ALIKE) if other != word]


def misspelt_names(site: ExpressionSite, surroundings: Surroundings) -> Iterator[Idea]:
    """Yields names that exist in place of one that does not."""
    node = site.node
    if not isinstance(node, ast.Name):
        return
    file = surroundings.program.file_of(node)
    known = {*site.scope.names, *bound_names(file), *dir(builtins)}
    if node.id not in known:
        for other in alike(node.id, sorted(known)):
            yield Idea("misspelt_name", 1.0, copied(node, id=other))


def misspelt_attributes(site: ExpressionSite, surroundings: Surroundings) -> Iterator[Idea]:
    """Yields attributes of the same program, or methods of built-in types, that read alike."""
    node = site.node
    if not isinstance(node, ast.Attribute):
        return
    on_self = isinstance(node.value, ast.Name) and node.value.id == "self"
    own = attributes_in(surroundings)
    for other in alike(node.attr, own if on_self else sorted({*own, *_METHODS})):
        yield Idea("misspelt_name", 0.6 if on_self else 0.3, copied(node, attr=other))


def misspelt_keys(site: ExpressionSite, surroundings: Surroundings) -> Iterator[Idea]:
    """Yields strings of the program that read alike, where a string is a key."""
    node = site.node
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        for other in alike(node.slice.value, [*surroundings.strings, *surroundings.expected_strings]):
            yield Idea("misspelt_key", 0.7, copied(node, slice=constant(other)))


def misspelt_arguments(site: ExpressionSite, surroundings: Surroundings) -> Iterator[Idea]:
    """Yields calls with the name of an argument that the called function has."""
    node = site.node
    if not isinstance(node, ast.Call) or not node.keywords:
        return
    called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    for function, _, _ in surroundings.sites.functions:
        if function.name != called:
            continue
        parameters = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
        for index, given in enumerate(node.keywords):
            if given.arg is not None and given.arg not in parameters:
                for other in parameters:
                    renamed = [*node.keywords]
                    renamed[index] = keyword(other, given.value)
                    yield Idea("misspelt_name", 0.8, copied(node, keywords=renamed))


def missing_imports(file: SourceFile) -> Iterator[tuple[str, float]]:
    """Yields import statements for names that a file uses and nobody binds, with their priors."""
    known = {*bound_names(file), *dir(builtins)}
    missing = dict.fromkeys(
        node.id
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in known
    )
    for name in missing:
        if name in _ALIASES:
            yield _ALIASES[name], 1.0
        if name in STANDARD_MODULES:
            yield f"import {name}", 1.0
        for module in STANDARD_MODULES:
            if name in _exported(module):
                yield f"from {module} import {name}", 0.9


@lru_cache(maxsize=64)
def bound_names(file: SourceFile) -> set[str]:
    """Returns all names that a file binds anywhere."""
    found: set[str] = {"__name__", "__file__", "__doc__"}
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


@lru_cache(maxsize=4)
def attributes_in(surroundings: Surroundings) -> list[str]:
    """Returns names of attributes and methods that the program's classes have."""
    found: dict[str, None] = {}
    for file in surroundings.program.files:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found[node.attr] = None
            elif isinstance(node, ast.ClassDef):
                for statement in node.body:
                    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                        found[statement.name] = None
                    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                        found[statement.target.id] = None
    return list(found)


def _exported(module: str) -> frozenset[str]:
    try:
        return frozenset(name for name in dir(__import__(module)) if not name.startswith("_"))
    except ImportError:
        return frozenset()
