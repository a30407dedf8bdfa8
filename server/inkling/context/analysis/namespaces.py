"""What modules and classes hold, read from their source without running it.

A namespace is *closed* when its source leaves no way for another name to come to be: no module
`__getattr__`, no `globals()`, no star import of what cannot be read, no metaclass, no decorator. Only a
closed namespace proves that a name does not exist. The names of one that is not closed still exist.
"""

import ast
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, PathFinder
from pathlib import Path
from typing import Final

import jedi

MAX_SOURCE_BYTES: Final = 2_000_000  # a module larger than this is data, and not read
MAX_DEPTH: Final = 12  # of star imports, re-exports and base classes that are followed

_TYPESHED: Final = Path(jedi.__file__).parent / "third_party" / "typeshed" / "stdlib"
_OPENS_ANY: Final = frozenset({"globals", "locals", "vars", "exec", "eval"})
_OPENS_MODULE: Final = _OPENS_ANY | {"__path__", "modules", "__import__", "import_module"}
_OPENS_CLASS: Final = _OPENS_ANY | {"setattr", "__dict__", "__getattr__", "__setattr__"}
_OPENING_METHODS: Final = frozenset({"__getattr__", "__getattribute__", "__slots__", "__new__", "__init_subclass__"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """The names of a module or class.

    Attributes:
        names: Those known.
        is_closed: Whether there can be no others.
        hides_private: Whether names with a leading underscore may be missing: stubs leave them out.
    """

    names: frozenset[str]
    is_closed: bool
    hides_private: bool = False

    def lacks(self, name: str) -> bool:
        """Tells whether `name` certainly does not exist here; every special name may."""
        is_special = name.startswith("__") and name.endswith("__")
        is_hidden = self.hides_private and name.startswith("_")
        return self.is_closed and not is_special and not is_hidden and name not in self.names


OPEN: Final = Namespace(names=frozenset(), is_closed=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that a name stands for.

    Attributes:
        module: The module, in parts.
        name: The name in that module; None for the module itself.
    """

    module: tuple[str, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A module's syntax tree, and what its names stand for.

    Attributes:
        tree: The parsed module.
        module: The module's name, in parts.
        is_package: Whether it is a package's `__init__`.
        is_stub: Whether it is a stub file.
    """

    tree: ast.Module
    module: tuple[str, ...]
    is_package: bool
    is_stub: bool


class Namespaces:
    """Finds modules on a path, and says what they and their classes hold."""

    def __init__(
        self, search_path: Sequence[str], overlay: Callable[[Path], str | None], *, version: tuple[int, int]
    ) -> None:
        """Prepares for one search path.

        Args:
            search_path: Folders, in the order in which Python would look.
            overlay: Returns the unsaved text of a file that is open in the editor.
            version: Version of the interpreter whose modules these are.
        """
        self._search_path = list(search_path)
        self._overlay = overlay
        self._version = version
        self._modules: dict[tuple[str, ...], Namespace] = {}
        self._classes: dict[Target, Namespace | None] = {}

    def find(self, module: tuple[str, ...]) -> ModuleSpec | None:
        """Returns where a module lies, without importing its parents; None when it cannot be found."""
        spec: ModuleSpec | None = None
        places: Sequence[str] | None = self._search_path
        for name in module:
            if places is None:
                return None
            try:
                # By its last name alone: a package without __init__.py would look its parents up among our own modules.
                spec = PathFinder.find_spec(name, list(places))
            except (ImportError, ValueError, OSError):
                return None
            if spec is None:
                return None
            places = spec.submodule_search_locations
        return spec

    def has_module(self, module: tuple[str, ...]) -> bool:
        """Tells whether a module can be found, as source, stub, extension or built-in."""
        if len(module) == 1 and module[0] in sys.builtin_module_names:
            return True
        return self.find(module) is not None or _stub_path(module) is not None or self._has_unread_stub(module)

    def _has_unread_stub(self, module: tuple[str, ...]) -> bool:
        """Tells whether a package of stubs, or a lone stub file, stands for the module."""
        top, *rest = module
        for folder in self._search_path:
            for base in (Path(folder, top + "-stubs", *rest), Path(folder, top, *rest)):
                if base.with_name(base.name + ".pyi").is_file() or (base / "__init__.pyi").is_file():
                    return True
        return False

    def module_names(self, module: tuple[str, ...], depth: int = 0) -> Namespace:
        """Returns the names of a module; its submodules are asked for with `has_module`."""
        known = self._modules.get(module)
        if known is not None:
            return known
        if depth > MAX_DEPTH:
            return OPEN
        # A module that star-imports itself through another one meets this mark instead of an endless descent.
        self._modules[module] = OPEN
        self._modules[module] = self._read_module(module, depth)
        return self._modules[module]

    def _read_module(self, module: tuple[str, ...], depth: int) -> Namespace:
        stub_path = _stub_path(module)
        source = self._source(module)
        if stub_path is not None:
            return self._standard_module(module, stub_path, source, depth)
        if source is None:
            return OPEN
        return self._tree_names(source, depth)

    def _standard_module(
        self, module: tuple[str, ...], stub_path: Path, source: Source | None, depth: int
    ) -> Namespace:
        """Returns the names of a module of the standard library.

        Its stub is held against the running module by its makers, for all versions and platforms at once; the
        names that it leaves out are private ones. Those of a newer Python are in the module's own source.
        """
        stub = _parse_file(stub_path, _stamp(stub_path))
        if stub is None:
            return OPEN
        stub_source = Source(stub, module, stub_path.name == "__init__.pyi", is_stub=True)
        names = self._tree_names(stub_source, depth)
        if source is not None:
            more = self._tree_names(source, depth).names
            return Namespace(names=names.names | more, is_closed=names.is_closed, hides_private=True)
        if self._version > sys.version_info[:2]:
            return Namespace(names=names.names, is_closed=False)
        more = _names_of_compiled(module)
        return Namespace(names=names.names | more, is_closed=names.is_closed, hides_private=True)

    def _tree_names(self, source: Source, depth: int) -> Namespace:
        names = set(_bound_names(source.tree))
        is_closed = source.is_stub or not _mentions(source.tree, _OPENS_MODULE)
        hides_private = source.is_stub
        if "__getattr__" in names:
            is_closed = False
        for star in _star_imports(source):
            if star is None:
                is_closed = False
                continue
            inner = self.module_names(star, depth + 1)
            names |= inner.names
            is_closed = is_closed and inner.is_closed
            hides_private = hides_private or inner.hides_private
        return Namespace(names=frozenset(names), is_closed=is_closed, hides_private=hides_private)

    def source(self, module: tuple[str, ...]) -> Source | None:
        """Returns the tree that is read for classes: the stub for the standard library, else the source."""
        stub_path = _stub_path(module)
        if stub_path is None:
            return self._source(module)
        tree = _parse_file(stub_path, _stamp(stub_path))
        return None if tree is None else Source(tree, module, stub_path.name == "__init__.pyi", is_stub=True)

    def _source(self, module: tuple[str, ...]) -> Source | None:
        spec = self.find(module)
        if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
            return None
        path = Path(spec.origin)
        text = self._overlay(path)
        tree = parse_text(text) if text is not None else _parse_file(path, _stamp(path))
        return (
            None if tree is None else Source(tree, module, spec.submodule_search_locations is not None, is_stub=False)
        )

    def class_names(self, target: Target, depth: int = 0) -> Namespace | None:
        """Returns the names of a class and its bases; None when the target is no class that can be read."""
        if target.name is None or depth > MAX_DEPTH:
            return None
        if target not in self._classes:
            # A class that inherits from itself by way of another module meets this mark.
            self._classes[target] = None
            source = self.source(target.module)
            if source is not None and target.name in _bound_names(source.tree):
                self._classes[target] = self.class_names_in(source, target.name, depth)
        return self._classes[target]

    def class_names_in(self, source: Source, name: str, depth: int = 0) -> Namespace | None:
        """Returns the names of the class that `name` stands for in a module whose tree is given."""
        if depth > MAX_DEPTH:
            return None
        if source.module == ("builtins",) and name == "object":
            return Namespace(names=frozenset(), is_closed=True)
        classes = [node for node in module_level(source.tree) if isinstance(node, ast.ClassDef) and node.name == name]
        targets = set(import_targets(source, name))
        n_bindings = sum(bound == name for bound in _bound_names(source.tree))
        if not classes and len(targets) == 1 and (n_bindings == 1 or source.is_stub):
            return self.class_names(targets.pop(), depth + 1)
        if not classes and n_bindings == 0 and source.module != ("builtins",):
            if any(True for _ in _star_imports(source)):
                return None
            return self.class_names(Target(module=("builtins",), name=name), depth + 1)
        if not classes or targets or (n_bindings != 1 and not source.is_stub):
            return None
        return _union([self._read_class(source, node, depth) for node in classes])

    def _read_class(self, source: Source, node: ast.ClassDef, depth: int) -> Namespace:
        own = frozenset(_bound_names(node)) | _stored_attributes(node)
        is_closed = not _is_class_opened(source, node, own)
        bases = [self._base_names(source, base, depth) or OPEN for base in node.bases]
        return _union([Namespace(names=own, is_closed=is_closed, hides_private=source.is_stub), *bases])

    def _base_names(self, source: Source, base: ast.expr, depth: int) -> Namespace | None:
        if isinstance(base, ast.Subscript):
            base = base.value
        if isinstance(base, ast.Name):
            if source.is_stub and base.id in ("Generic", "Protocol"):
                return Namespace(names=frozenset(), is_closed=True)
            return self.class_names_in(source, base.id, depth + 1)
        if isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name):
            targets = set(import_targets(source, base.value.id))
            if len(targets) == 1:
                target = targets.pop()
                module = target.module if target.name is None else (*target.module, target.name)
                return self.class_names(Target(module=module, name=base.attr), depth + 1)
        return None


def _union(namespaces: Sequence[Namespace]) -> Namespace:
    return Namespace(
        names=frozenset().union(*(namespace.names for namespace in namespaces)),
        is_closed=all(namespace.is_closed for namespace in namespaces),
        hides_private=any(namespace.hides_private for namespace in namespaces),
    )


def import_targets(source: Source, name: str) -> Iterator[Target]:
    """Yields what `name` stands for by the import statements of a module."""
    for node in module_level(source.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for bound, target in targets_of_import(node, source.module, is_package=source.is_package):
                if bound == name and target is not None:
                    yield target


def targets_of_import(
    node: ast.Import | ast.ImportFrom, module: tuple[str, ...], *, is_package: bool
) -> Iterator[tuple[str, Target | None]]:
    """Yields each name that an import statement binds, and what it stands for; None where that is unknown."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            parts = tuple(alias.name.split("."))
            yield (alias.asname, Target(module=parts)) if alias.asname else (parts[0], Target(module=parts[:1]))
        return
    origin = _origin(node, module, is_package=is_package)
    for alias in node.names:
        bound = alias.asname or alias.name
        yield bound, None if origin is None else Target(module=origin, name=alias.name)


def _origin(node: ast.ImportFrom, module: tuple[str, ...], *, is_package: bool) -> tuple[str, ...] | None:
    parts = tuple(node.module.split(".")) if node.module else ()
    if node.level == 0:
        return parts
    n_up = node.level - is_package
    if n_up > len(module):
        return None
    return module[: len(module) - n_up] + parts


def _star_imports(source: Source) -> Iterator[tuple[str, ...] | None]:
    for node in module_level(source.tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield _origin(node, source.module, is_package=source.is_package)


def module_level(tree: ast.AST) -> Iterator[ast.AST]:
    """Yields the nodes of a scope, without going into the functions and classes that it defines."""
    for child in ast.iter_child_nodes(tree):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from module_level(child)


def _bound_names(tree: ast.AST) -> Iterator[str]:
    """Yields each name that a scope binds, once for each binding; `global` in its functions counts, too."""
    for node in module_level(tree):
        yield from names_bound_by(node)
    if isinstance(tree, ast.Module):
        for node in ast.walk(tree):
            if isinstance(node, ast.Global):
                yield from node.names


def names_bound_by(node: ast.AST) -> Iterator[str]:
    """Yields the names that one node binds by itself."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            for alias in aliases:
                if alias.name != "*":
                    yield alias.asname or alias.name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)) | ast.arg(arg=name):
            yield name
        case _:
            return


def _mentions(tree: ast.AST, openers: frozenset[str]) -> bool:
    """Tells whether the code mentions a way of making names that cannot be read from it."""
    return any(
        (isinstance(node, ast.Name) and node.id in openers)
        or (isinstance(node, ast.Attribute) and node.attr in openers)
        for node in ast.walk(tree)
    )


def _is_class_opened(source: Source, node: ast.ClassDef, own: frozenset[str]) -> bool:
    keywords = [keyword for keyword in node.keywords if not _is_abc(keyword)]
    if source.is_stub:
        has_dynamic_names = bool(own & {"__getattr__", "__getattribute__"})
        return bool(keywords) or has_dynamic_names
    return bool(keywords) or bool(node.decorator_list) or bool(own & _OPENING_METHODS) or _mentions(node, _OPENS_CLASS)


def _is_abc(keyword: ast.keyword) -> bool:
    value = keyword.value
    name = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
    return keyword.arg == "metaclass" and name == "ABCMeta"


def _stored_attributes(node: ast.ClassDef) -> frozenset[str]:
    return frozenset(
        inner.attr
        for inner in ast.walk(node)
        if isinstance(inner, ast.Attribute) and not isinstance(inner.ctx, ast.Load)
    )


def _stub_path(module: tuple[str, ...]) -> Path | None:
    if not module or module[0] not in sys.stdlib_module_names:
        return None
    base = _TYPESHED.joinpath(*module)
    for path in (base.with_name(base.name + ".pyi"), base / "__init__.pyi"):
        if path.is_file():
            return path
    return None


def _names_of_compiled(module: tuple[str, ...]) -> frozenset[str]:
    """Returns the names of a compiled module of this interpreter's own standard library, which is safe to import."""
    spec = PathFinder.find_spec(module[0], [path for path in sys.path if "site-packages" not in path])
    is_extension = spec is not None and str(spec.origin).endswith(tuple(EXTENSION_SUFFIXES))
    if len(module) > 1 or not (module[0] in sys.builtin_module_names or is_extension):
        return frozenset()
    return frozenset(dir(importlib.import_module(module[0])))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=32)
def _parse_file(path: Path, stamp: tuple[int, int]) -> ast.Module | None:
    """Returns the tree of a file; `stamp` only makes the cache forget a file that has changed."""
    if stamp[1] > MAX_SOURCE_BYTES:
        return None
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def hide_byte_order_mark(text: str) -> str:
    """Returns `text` with a leading byte order mark as a form feed, which leaves every column where it was."""
    return "\f" + text[1:] if text.startswith("\ufeff") else text


@lru_cache(maxsize=4)
def parse_text(text: str) -> ast.Module | None:
    """Returns the tree of a text, or None when it does not parse."""
    try:
        return ast.parse(hide_byte_order_mark(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
