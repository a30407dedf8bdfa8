"""Another function or method, arguments exchanged, added or taken away, another range, slice or index."""

import ast
from collections.abc import Iterator, Sequence

from inkling.engine.repair.nodes import call, constant, copied, expression, keyword, name, placed, swapped, without
from inkling.engine.repair.sites import ExpressionSite
from inkling.engine.repair.templates.ideas import Idea, Surroundings

_FUNCTION_FAMILIES: tuple[tuple[str, ...], ...] = (
    ("min", "max", "sum", "len", "abs", "sorted"),
    ("any", "all"),
    ("int", "float", "str", "round"),
    ("list", "tuple", "set", "sorted", "reversed", "dict"),
    ("range", "enumerate", "len"),
    ("ord", "chr", "int", "str"),
    ("zip", "map", "filter"),
    ("isinstance", "issubclass"),
)
_METHOD_FAMILIES: tuple[tuple[str, ...], ...] = (
    ("append", "extend", "add", "insert", "appendleft"),
    ("lower", "upper", "title", "capitalize", "swapcase", "casefold"),
    ("strip", "lstrip", "rstrip"),
    ("startswith", "endswith"),
    ("split", "rsplit", "splitlines", "partition", "rpartition"),
    ("removeprefix", "removesuffix", "lstrip", "rstrip"),
    ("find", "rfind", "index", "rindex", "count"),
    ("isalpha", "isdigit", "isalnum", "isupper", "islower", "isspace", "isnumeric"),
    ("keys", "values", "items"),
    ("pop", "popleft", "remove", "popitem"),
    ("union", "intersection", "difference", "symmetric_difference"),
    ("issubset", "issuperset", "isdisjoint"),
    ("add", "update", "discard", "remove"),
    ("get", "pop", "setdefault"),
    ("sub", "findall", "split"),
    ("search", "match", "fullmatch", "findall"),
    ("ceil", "floor", "sqrt", "trunc"),
    ("gcd", "lcm"),
    ("sort", "reverse"),
    ("permutations", "combinations", "product", "combinations_with_replacement"),
    ("bisect_left", "bisect_right", "bisect"),
    ("heappush", "heappop", "heapify"),
    ("sin", "cos", "tan"),
    ("ljust", "rjust", "center", "zfill"),
)
_SORT_KEYS = (
    "len",
    "str",
    "str.lower",
    "lambda x: x[0]",
    "lambda x: x[1]",
    "lambda x: -x",
    "lambda x: x[-1]",
    "abs",
    "int",
    "lambda x: (-x[1], x[0])",
    "lambda x: (len(x), x)",
)
_EXTREME_KEYS = ("len", "lambda x: x[0]", "lambda x: x[1]", "abs", "str", "sum")
_MODULES = frozenset({"math", "re", "collections", "itertools", "heapq", "functools", "os", "json", "random", "bisect"})


def functions(site: ExpressionSite, _: Surroundings) -> Iterator[Idea]:
    """Yields functions and methods of the same family."""
    node = site.node
    if isinstance(node, ast.Name) and site.is_called:
        for family in _FUNCTION_FAMILIES:
            if node.id in family:
                for other in family:
                    if other != node.id:
                        yield Idea("function_name", 0.5, name(other))
    elif isinstance(node, ast.Attribute):
        for family in _METHOD_FAMILIES:
            if node.attr in family:
                for other in family:
                    if other != node.attr:
                        yield Idea("method_name", 0.55, copied(node, attr=other))


def arguments(site: ExpressionSite, _: Surroundings) -> Iterator[Idea]:
    """Yields a call with arguments exchanged or fewer, and what is called or passed alone."""
    node = site.node
    if not isinstance(node, ast.Call):
        return
    for i in range(len(node.args)):
        for j in range(i + 1, len(node.args)):
            yield Idea("swapped_arguments", 0.6, copied(node, args=swapped(node.args, i, j)))
    if isinstance(node.func, ast.Attribute):
        on_module = isinstance(node.func.value, ast.Name) and node.func.value.id in _MODULES
        if not on_module:
            yield Idea("unwrapped", 0.4, node.func.value)
            if len(node.args) == 1:
                other_way = call(copied(node.func, value=node.args[0]), [node.func.value], node.keywords)
                yield Idea("swapped_arguments", 0.4, other_way)
    for argument in node.args[:3]:
        yield Idea("unwrapped", 0.5, argument)
    for index in range(len(node.keywords)):
        yield Idea("keyword_argument", 0.5, copied(node, keywords=without(node.keywords, index)))
        for other in range(index):
            values = swapped([each.value for each in node.keywords], index, other)
            exchanged = [copied(each, value=value) for each, value in zip(node.keywords, values, strict=True)]
            yield Idea("swapped_arguments", 0.5, copied(node, keywords=exchanged))
    if len(node.args) > 1:
        for index in range(len(node.args)):
            yield Idea("removed_argument", 0.3, copied(node, args=without(node.args, index)))


def further_arguments(site: ExpressionSite, _: Surroundings) -> Iterator[Idea]:
    """Yields sorting, extremes, lookups and roundings with an argument more."""
    node = site.node
    if not isinstance(node, ast.Call):
        return
    variables = site.scope.names[:8]
    called = _called_name(node)
    has_key = any(each.arg == "key" for each in node.keywords)

    def with_keyword(argument: str, value: ast.expr) -> ast.expr:
        return copied(node, keywords=[*node.keywords, keyword(argument, value)])

    if called in ("sorted", "sort"):
        if not any(each.arg == "reverse" for each in node.keywords):
            yield Idea("keyword_argument", 0.5, with_keyword("reverse", constant(True)))
        for source in () if has_key else (*_SORT_KEYS, *_bound_keys(variables)):
            yield Idea("keyword_argument", 0.25, with_keyword("key", expression(source)), 2)
    elif called in ("max", "min"):
        for source in () if node.keywords else (*_EXTREME_KEYS, *_bound_keys(variables)):
            yield Idea("keyword_argument", 0.25, with_keyword("key", expression(source)), 2)
        if len(node.args) == 1 and not any(each.arg == "default" for each in node.keywords):
            for source in ("0", "None", "''"):
                yield Idea("keyword_argument", 0.2, with_keyword("default", expression(source)), 2)
        for variable in (*variables, "0", "1"):
            yield Idea("added_argument", 0.2, copied(node, args=[*node.args, expression(variable)]), 2)
    elif called in ("get", "pop", "next", "getattr") and len(node.args) in (1, 2) and not node.keywords:
        for source in ("0", "None", "[]", "''", "1", "{}", "False", *variables):
            yield Idea("added_argument", 0.3, copied(node, args=[*node.args, expression(source)]), 2)
    elif called in ("round", "split", "range", "join", "int", "enumerate", "sum", "strip", "replace", "pow"):
        for source in ("1", "2", "0", "' '", "','", "''", *variables):
            yield Idea("added_argument", 0.12, copied(node, args=[*node.args, expression(source)]), 2)
    elif isinstance(node.func, ast.Name):
        for variable in variables:
            yield Idea("added_argument", 0.1, copied(node, args=[*node.args, name(variable)]), 2)


def ranges(site: ExpressionSite, _: Surroundings) -> Iterator[Idea]:
    """Yields other bounds of a range."""
    node = site.node
    if not (isinstance(node, ast.Call) and _called_name(node) == "range" and node.args) or node.keywords:
        return
    low = constant(0) if len(node.args) == 1 else node.args[0]
    high = node.args[0] if len(node.args) == 1 else node.args[1]
    rest = list(node.args[2:])

    def bounds(first: ast.expr, last: ast.expr, *step: ast.expr) -> ast.expr:
        return call(node.func, [first, last, *(step or rest)])

    for first, last, prior in (
        (low, _next(high), 0.9),
        (low, _previous(high), 0.7),
        (_next(low), high, 0.6),
        (constant(1), high, 0.7),
        (constant(1), _next(high), 0.8),
        (constant(2), high, 0.5),
        (constant(2), _next(high), 0.5),
        (constant(0), high, 0.5),
        (constant(0), _next(high), 0.4),
        (_previous(low), high, 0.3),
        (_next(low), _next(high), 0.4),
    ):
        plain = call(node.func, [last]) if first is low and len(node.args) == 1 else bounds(first, last)
        yield Idea("range_bounds", prior, plain)
    if not rest:
        for step, prior in ((2, 0.3), (-1, 0.3)):
            yield Idea("range_bounds", prior, bounds(low, high, constant(step)))
        backwards = constant(-1)
        yield Idea("range_bounds", 0.4, bounds(_previous(high), _previous(low), backwards))
        yield Idea("range_bounds", 0.3, bounds(high, low, backwards))
        yield Idea("range_bounds", 0.3, bounds(high, _previous(low), backwards))
    else:
        yield Idea("range_bounds", 0.4, call(node.func, [low, high]))
        yield Idea("range_bounds", 0.3, call(node.func, [low, high, expression("-X_", rest[0])]))
        yield Idea("range_bounds", 0.4, call(node.func, [low, expression("X_ - 1", high), rest[0]]))
    for variable in site.scope.names[:10]:
        yield Idea("range_bounds", 0.3, bounds(name(variable), high))
        yield Idea("range_bounds", 0.3, bounds(expression(f"{variable} + 1"), high))
        yield Idea("range_bounds", 0.3, bounds(low, name(variable)))
        yield Idea("range_bounds", 0.25, bounds(low, expression(f"{variable} + 1")))
        yield Idea("range_bounds", 0.25, bounds(low, expression(f"len({variable})")))
        yield Idea("range_bounds", 0.2, bounds(low, high, name(variable)))


def subscripts(site: ExpressionSite, _: Surroundings) -> Iterator[Idea]:
    """Yields other bounds of a slice, another index, indices in another order, or the whole."""
    node = site.node
    if not isinstance(node, ast.Subscript):
        return
    yield Idea("unwrapped", 0.4, node.value)
    variables = site.scope.names[:8]
    if isinstance(node.slice, ast.Slice):
        yield from _slices(node, node.slice, variables)
        return
    index = node.slice
    if isinstance(node.value, ast.Subscript) and not isinstance(node.value.slice, ast.Slice):
        other_way = copied(node, value=copied(node.value, slice=index), slice=node.value.slice)
        yield Idea("swapped_arguments", 0.5, other_way)
    for template, prior in (("X_ + 1", 0.7), ("X_ - 1", 0.7), ("-X_", 0.3), ("-X_ - 1", 0.25)):
        yield Idea("index", prior, copied(node, slice=expression(template, index)))
    for value in (0, 1, -1, 2, -2):
        yield Idea("index", 0.4 if abs(value) < 2 else 0.15, copied(node, slice=constant(value)))
    for variable in variables:
        yield Idea("index", 0.3, copied(node, slice=name(variable)))
    yield Idea("slice_bounds", 0.2, copied(node, slice=placed(ast.Slice(None, index, None))))
    yield Idea("slice_bounds", 0.2, copied(node, slice=placed(ast.Slice(index, None, None))))
    yield Idea("guarded_lookup", 0.35, expression("X_.get(Y_)", node.value, index), 2)
    for default in ("0", "[]", "''", "None", "1"):
        get = expression(f"X_.get(Y_, {default})", node.value, index)
        yield Idea("guarded_lookup", 0.3, get, 2)
    yield Idea("index", 0.3, expression("X_[Y_ % len(X_)]", node.value, index), 2)


def _bound_keys(variables: Sequence[str]) -> Iterator[str]:
    """Yields methods of names in scope that order by what is known of an element."""
    for variable in variables[:6]:
        yield f"{variable}.count"
        yield f"{variable}.get"


def _slices(node: ast.Subscript, old: ast.Slice, variables: Sequence[str]) -> Iterator[Idea]:
    low, high, step = old.lower, old.upper, old.step

    def sliced(first: ast.expr | None, last: ast.expr | None, by: ast.expr | None, prior: float) -> Idea:
        return Idea("slice_bounds", prior, copied(node, slice=placed(ast.Slice(first, last, by))))

    if high is not None:
        yield sliced(low, _next(high), step, 0.8)
        yield sliced(low, _previous(high), step, 0.6)
        yield sliced(low, None, step, 0.4)
        yield sliced(high, None, step, 0.4)
        yield sliced(None, high, step, 0.3)
        yield sliced(low, expression("-X_", high), step, 0.3)
        yield sliced(high, expression("-X_", high), step, 0.2)
    else:
        yield sliced(low, constant(-1), step, 0.4)
    if low is not None:
        yield sliced(_next(low), high, step, 0.7)
        yield sliced(_previous(low), high, step, 0.6)
        yield sliced(None, high, step, 0.4)
        yield sliced(None, low, step, 0.4)
        yield sliced(expression("-X_", low), high, step, 0.3)
    else:
        yield sliced(constant(1), high, step, 0.4)
    if step is None:
        yield sliced(low, high, constant(2), 0.2)
        yield sliced(low, high, constant(-1), 0.4)
    else:
        yield sliced(low, high, None, 0.4)
    for variable in variables:
        yield sliced(name(variable), high, step, 0.25)
        yield sliced(low, name(variable), step, 0.25)
        yield sliced(low, expression(f"{variable} + 1"), step, 0.15)
        if low is not None:
            yield sliced(low, expression(f"X_ + {variable}", low), step, 0.25)
    yield Idea("index", 0.2, copied(node, slice=low if low is not None else constant(0)))


def _called_name(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _next(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return constant(node.value + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and _is_one(node.right):
        return node.left
    return expression("X_ + 1", node)


def _previous(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return constant(node.value - 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and _is_one(node.right):
        return node.left
    return expression("X_ - 1", node)


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1
