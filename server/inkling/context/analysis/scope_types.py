"""What receivers and callees stand for, as far as the source says it: by imports, annotations, and how values are made.

It runs no code and asks no jedi: a chain of names takes a fraction of a millisecond, and what is not plain from the
source is unknown.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inkling.context.analysis.namespaces import MAX_DEPTH, Namespaces, Source, Target, module_level, targets_of_import

MAX_MODULES: Final = 64  # whose names are kept
_BUILTINS: Final = ("builtins",)
_FIELD_MAKERS: Final = frozenset({"dataclass", "define", "frozen", "mutable", "attrs", "s"})
_PROPERTIES: Final = frozenset({"property", "cached_property"})
_TYPES_OF_NODES: Final = {
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.Tuple: "tuple",
    ast.JoinedStr: "str",
}

_NOT_ITSELF: Final = frozenset(
    {"Type", "type", "Iterator", "Generator", "Iterable", "AsyncIterator", "AsyncGenerator", "AsyncIterable"}
)  # what is annotated so is mostly unpacked, opened or called

Function = ast.FunctionDef | ast.AsyncFunctionDef
_Bindings = dict[str, list[ast.AST | Target]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a piece of code stands.

    Attributes:
        source: Its module.
        scopes: The functions and classes around it, the outermost first.
    """

    source: Source
    scopes: tuple[ast.AST, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfModule:
    """A module."""

    module: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfClass:
    """A class, or an instance of it."""

    place: Place
    node: ast.ClassDef
    is_instance: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfFunction:
    """A function in all its overloads; a method is bound when its first parameter is given already."""

    place: Place
    nodes: tuple[Function, ...]
    is_bound: bool


Meaning = OfModule | OfClass | OfFunction


class Meanings:
    """Finds what names stand for.

    Attributes:
        namespaces: The modules that can be seen.
    """

    def __init__(self, namespaces: Namespaces) -> None:
        """Takes the modules that can be seen."""
        self.namespaces = namespaces
        self._modules: dict[tuple[str, ...], Source | None] = {}
        self._bindings: dict[int, dict[ast.AST, _Bindings]] = {}
        self._names: dict[int, dict[ast.AST, frozenset[str]]] = {}

    def forget(self, source: Source) -> None:
        """Lets go of a module that was asked about: of a document, which will be another one the next time."""
        self._bindings.pop(id(source.tree), None)
        self._names.pop(id(source.tree), None)

    def of_chain(self, chain: str, place: Place) -> Meaning | None:
        """Returns what names joined by dots stand for at a place; None where that is unknown."""
        first, *others = chain.split(".")
        meaning = self._of_name(first, place, 0)
        for name in others:
            meaning = self._attribute(meaning, name, 0)
        return meaning

    def attributes(self, meaning: Meaning) -> frozenset[str] | None:
        """Returns the attributes that something has; None where some may be unknown."""
        if isinstance(meaning, OfModule):
            names = self.namespaces.module_names(meaning.module).names
            return names | frozenset(self._submodules(meaning.module)) if names else None
        if isinstance(meaning, OfFunction):
            return None
        classes, is_all = self._with_bases(meaning)
        found = frozenset[str]().union(*(self._names_of_class(each) for each in classes))
        return found if is_all and not found & {"__getattr__", "__getattribute__"} else None

    def parameters(self, meaning: Meaning) -> tuple[str, ...] | None:
        """Returns the parameters of what is called, those that take any with their stars; None where unknown."""
        if isinstance(meaning, OfFunction):
            return _parameters(meaning.nodes, leaves_first_out=meaning.is_bound)
        if isinstance(meaning, OfModule) or meaning.is_instance:
            return None
        classes, is_all = self._with_bases(meaning)
        fields: list[str] = []
        has_fields = False
        for each in classes:
            own = self._names_in(each.node, each.place.source)
            makes = [node for node in own.get("__init__", ()) if isinstance(node, Function)]
            if makes:
                return _parameters(makes, leaves_first_out=True)
            if _has_fields(each.node):
                has_fields = True
                fields[:0] = [
                    node.target.id
                    for node in each.node.body
                    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
                ]
        if not is_all:
            return None
        return tuple(fields) if has_fields else None

    def _of_name(self, name: str, place: Place, depth: int) -> Meaning | None:
        for number in range(len(place.scopes) - 1, -1, -1):
            scope = place.scopes[number]
            is_hidden = isinstance(scope, ast.ClassDef) and number != len(place.scopes) - 1
            names = {} if is_hidden else self._names_in(scope, place.source)
            if name in names:
                inside = Place(source=place.source, scopes=place.scopes[: number + 1])
                return self._of_bindings(names[name], inside, depth)
        return self._of_global(name, place.source, depth)

    def _of_global(self, name: str, source: Source, depth: int) -> Meaning | None:
        names = self._names_in(source.tree, source)
        if name in names:
            return self._of_bindings(names[name], Place(source=source), depth)
        builtins = self._module(_BUILTINS)
        return self._of_global(name, builtins, depth) if builtins is not None and builtins is not source else None

    def _of_bindings(self, bound: Sequence[ast.AST | Target], place: Place, depth: int) -> Meaning | None:
        """Returns what a name stands for of which these are the bindings: by the last one that is understood."""
        if depth > MAX_DEPTH:
            return None
        functions = tuple(node for node in bound if isinstance(node, Function))
        if functions:
            return OfFunction(place=place, nodes=functions, is_bound=False)
        for binding in reversed(bound):
            meaning = self._of_binding(binding, place, depth + 1)
            if meaning is not None:
                return meaning
        return None

    def _of_binding(self, binding: ast.AST | Target, place: Place, depth: int) -> Meaning | None:
        match binding:
            case Target(module=module, name=name):
                return OfModule(module=module) if name is None else self._of_member(module, name, depth)
            case ast.ClassDef():
                return OfClass(place=place, node=binding, is_instance=False)
            case ast.arg(annotation=annotation):
                first = _owner_of_first(binding, place)
                if first is not None:
                    return first
                return None if annotation is None else self._annotated(annotation, place, depth)
            case ast.AnnAssign(annotation=annotation):
                return self._annotated(annotation, place, depth)
            case ast.expr():
                return self._of_value(binding, place, depth)
            case _:
                return None

    def _of_member(self, module: tuple[str, ...], name: str, depth: int) -> Meaning | None:
        source = self._module(module)
        if source is not None and name in self._names_in(source.tree, source):
            found = self._of_global(name, source, depth)
            if found is not None:
                return found
        inner = (*module, name)
        return OfModule(module=inner) if self.namespaces.has_module(inner) else None

    def _attribute(self, meaning: Meaning | None, name: str, depth: int) -> Meaning | None:
        if isinstance(meaning, OfModule):
            return self._of_member(meaning.module, name, depth)
        if not isinstance(meaning, OfClass) or depth > MAX_DEPTH:
            return None
        for each in self._with_bases(meaning)[0]:
            inside = Place(source=each.place.source, scopes=(*each.place.scopes, each.node))
            bound = self._names_in(each.node, each.place.source).get(name)
            functions = [node for node in bound or () if isinstance(node, Function)]
            if functions:
                return self._method(functions, inside, depth, is_instance=meaning.is_instance)
            found = self._of_bindings(bound, inside, depth + 1) if bound else None
            if found is not None:
                return found
            for method, value in _stores(each.node, name):
                scopes = Place(source=inside.source, scopes=(*inside.scopes, method))
                found = self._of_binding(value, scopes, depth + 1)
                if found is not None:
                    return found
        return None

    def _method(self, nodes: Sequence[Function], inside: Place, depth: int, *, is_instance: bool) -> Meaning | None:
        decorators = {_last_name(each) for node in nodes for each in node.decorator_list}
        if decorators & _PROPERTIES:
            returns = nodes[0].returns
            return None if returns is None else self._annotated(returns, inside, depth + 1)
        is_bound = "staticmethod" not in decorators and (is_instance or "classmethod" in decorators)
        return OfFunction(place=inside, nodes=tuple(nodes), is_bound=is_bound)

    def _of_value(self, value: ast.expr, place: Place, depth: int) -> Meaning | None:
        """Returns what a value is, by the code that makes it."""
        if depth > MAX_DEPTH:
            return None
        match value:
            case ast.Name(id=name):
                return self._of_name(name, place, depth + 1)
            case ast.Attribute(value=inner, attr=name):
                return self._attribute(self._of_value(inner, place, depth + 1), name, depth + 1)
            case ast.Call(func=callee):
                return self._called(self._of_value(callee, place, depth + 1), depth + 1)
            case ast.Await(value=inner) | ast.NamedExpr(value=inner):
                return self._of_value(inner, place, depth + 1)
            case ast.Constant(value=constant) if constant is not None and constant is not ...:
                return self._instance_of(type(constant).__name__)
            case ast.BoolOp(values=[first, *_]) | ast.IfExp(body=first):
                return self._of_value(first, place, depth + 1)
            case _:
                name = _TYPES_OF_NODES.get(type(value), "")
                return self._instance_of(name) if name else None

    def _called(self, callee: Meaning | None, depth: int) -> Meaning | None:
        if isinstance(callee, OfClass) and not callee.is_instance:
            return OfClass(place=callee.place, node=callee.node, is_instance=True)
        if isinstance(callee, OfFunction):
            returns = callee.nodes[-1].returns  # the last overload is the widest
            return None if returns is None else self._annotated(returns, callee.place, depth)
        return None

    def _instance_of(self, name: str) -> Meaning | None:
        builtins = self._module(_BUILTINS)
        return None if builtins is None else self._called(self._of_global(name, builtins, 0), 0)

    def _annotated(self, annotation: ast.expr, place: Place, depth: int) -> Meaning | None:
        """Returns what a value of this annotation is."""
        match annotation:
            case ast.Constant(value=str(code)):
                try:
                    return self._annotated(ast.parse(code, mode="eval").body, place, depth + 1)
                except (SyntaxError, ValueError):
                    return None
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._annotated(left, place, depth + 1) or self._annotated(right, place, depth + 1)
            case ast.Subscript(value=outer, slice=inner) if _last_name(outer) in ("Optional", "Annotated"):
                return self._annotated(inner.elts[0] if isinstance(inner, ast.Tuple) else inner, place, depth + 1)
            case ast.Subscript(value=outer) if _last_name(outer) in _NOT_ITSELF:
                return None
            case ast.Subscript(value=outer):
                return self._annotated(outer, place, depth + 1)
            case ast.Name(id="Self"):
                around = [scope for scope in place.scopes if isinstance(scope, ast.ClassDef)]
                return OfClass(place=Place(source=place.source), node=around[-1], is_instance=True) if around else None
            case ast.Name() | ast.Attribute():
                meaning = self._of_value(annotation, place, depth + 1)
                return self._called(meaning, depth + 1) if isinstance(meaning, OfClass) else None
            case _:
                return None

    def _with_bases(self, meaning: OfClass) -> tuple[list[OfClass], bool]:
        """Returns a class with all its bases that are known, and whether these are all."""
        found: list[OfClass] = []
        seen: set[int] = set()
        is_all = True
        waiting = [meaning]
        while waiting:
            each = waiting.pop(0)
            if id(each.node) in seen:
                continue
            seen.add(id(each.node))
            found.append(each)
            is_plain = all(_last_name(each_keyword.value) == "ABCMeta" for each_keyword in each.node.keywords)
            is_all = is_all and is_plain and len(found) <= MAX_DEPTH
            for base in each.node.bases if len(found) <= MAX_DEPTH else ():
                plain = base.value if isinstance(base, ast.Subscript) else base
                is_marker = _last_name(plain) in ("Generic", "Protocol", "NamedTuple")
                known = None if is_marker else self._of_value(plain, each.place, 1)
                if isinstance(known, OfClass) and not known.is_instance:
                    waiting.append(known)
                else:
                    is_all = is_all and is_marker
        return found, is_all

    def _names_in(self, scope: ast.AST, source: Source) -> _Bindings:
        """Returns what binds each name of a scope of a module."""
        of_module = self._bindings.setdefault(id(source.tree), {})
        known = of_module.get(scope)
        if known is None:
            known = of_module[scope] = _bindings(scope, source)
        return known

    def _names_of_class(self, each: OfClass) -> frozenset[str]:
        """Returns the names that a class itself binds, and those that its methods store."""
        of_module = self._names.setdefault(id(each.place.source.tree), {})
        known = of_module.get(each.node)
        if known is None:
            known = of_module[each.node] = frozenset(
                (*self._names_in(each.node, each.place.source), *_stored(each.node))
            )
        return known

    def _module(self, module: tuple[str, ...]) -> Source | None:
        if module not in self._modules:
            if len(self._modules) >= MAX_MODULES:
                self._modules.clear()
                self._bindings.clear()
                self._names.clear()
            self._modules[module] = self.namespaces.source(module)
        return self._modules[module]

    def _submodules(self, module: tuple[str, ...]) -> Iterator[str]:
        spec = self.namespaces.find(module)
        for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
            for path in Path(folder).iterdir():
                if path.suffix in (".py", "") and path.stem.isidentifier():
                    yield path.stem


def _bindings(scope: ast.AST, source: Source) -> _Bindings:
    found: _Bindings = {}
    for node in module_level(scope):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name):
                        found.setdefault(target.id, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.arg(arg=name):
                found.setdefault(name, []).append(node)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                found.setdefault(name, []).append(value)
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                found.setdefault(name, []).append(value)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.setdefault(name, []).append(node)
            case ast.Import() | ast.ImportFrom():
                for name, target_of in targets_of_import(node, source.module, is_package=source.is_package):
                    found.setdefault(name, []).extend(() if target_of is None else (target_of,))
            case ast.Name(id=name, ctx=ast.Store()):
                found.setdefault(name, [])  # a loop's, or unpacked: bound, and nothing is known of it
            case _:
                continue
    return found


def _owner_of_first(argument: ast.arg, place: Place) -> OfClass | None:
    """Returns what `self` or `cls` is, if the argument is the first of a method."""
    if len(place.scopes) < 2:
        return None
    function, owner = place.scopes[-1], place.scopes[-2]
    if not isinstance(function, Function) or not isinstance(owner, ast.ClassDef):
        return None
    arguments = [*function.args.posonlyargs, *function.args.args]
    decorators = {_last_name(each) for each in function.decorator_list}
    if not arguments or arguments[0] is not argument or "staticmethod" in decorators:
        return None
    is_of_class = "classmethod" in decorators or function.name in ("__new__", "__init_subclass__")
    return OfClass(place=Place(source=place.source, scopes=place.scopes[:-2]), node=owner, is_instance=not is_of_class)


def _stored(node: ast.ClassDef) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            yield inner.attr


def _stores(node: ast.ClassDef, name: str) -> Iterator[tuple[Function, ast.expr]]:
    """Yields what the methods of a class store under an attribute of `self`, with the method."""
    for method in node.body:
        if isinstance(method, Function):
            for inner in ast.walk(method):
                match inner:
                    case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)], value=value):
                        if attr == name:
                            yield method, value
                    case _:
                        continue


def _has_fields(node: ast.ClassDef) -> bool:
    """Tells whether the parameters of a class are its annotated names."""
    makers = {_last_name(each.func if isinstance(each, ast.Call) else each) for each in node.decorator_list}
    return bool(makers & _FIELD_MAKERS) or any(_last_name(base) == "NamedTuple" for base in node.bases)


def _parameters(nodes: Sequence[Function], *, leaves_first_out: bool) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for node in nodes:
        plain = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        names.update(dict.fromkeys(plain[1:] if leaves_first_out else plain))
        if node.args.vararg is not None:
            names[f"*{node.args.vararg.arg}"] = None
        names.update(dict.fromkeys(argument.arg for argument in node.args.kwonlyargs))
        if node.args.kwarg is not None:
            names[f"**{node.args.kwarg.arg}"] = None
    return tuple(names)


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
