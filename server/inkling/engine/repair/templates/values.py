"""Another constant, another name, another container."""

import ast
from collections.abc import Iterator

from inkling.engine.repair.nodes import constant, copied, expression, name, placed, swapped, without
from inkling.engine.repair.sites import ExpressionSite
from inkling.engine.repair.templates.ideas import Idea, Surroundings, distinct

_EMPTY = ("[]", "()", "set()", "{}", "''", "0", "[0]", "[[]]", "None", "[1]")
_NEAR_PI = (3.14, 3.141, 3.1415, 3.1416, 3.14159, 22 / 7)
_IN_PLACE_OF_NONE = ("0", "[]", "''", "False", "True", "-1", "{}")


def constants(site: ExpressionSite, surroundings: Surroundings) -> Iterator[Idea]:
    """Yields constants nearby, from the same code, or from its documentation, and names in place of a constant."""
    node = site.node
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield Idea("constant", 0.9, constant(not value))
    elif isinstance(value, int | float):
        yield from _numbers(value, surroundings)
    elif isinstance(value, str):
        yield from _strings(value, surroundings)
    elif value is None:
        for source in _IN_PLACE_OF_NONE:
            yield Idea("constant", 0.4, expression(source))
    for variable in site.scope.names:
        yield Idea("variable", 0.35, name(variable))


def names(site: ExpressionSite, surroundings: Surroundings) -> Iterator[Idea]:
    """Yields names in scope for another name or a larger expression, and small numbers in place of a name."""
    node = site.node
    if isinstance(node, ast.Call | ast.Subscript | ast.BinOp) and not site.is_called:
        for variable in site.scope.names:
            yield Idea("variable", 0.25, name(variable))
        return
    dotted = _dotted(node)
    if dotted is None or (isinstance(node, ast.Attribute) and dotted not in site.scope.names):
        return
    others = site.scope.names + (surroundings.functions if site.is_called else ())
    for other in others:
        if other != dotted:
            yield Idea("variable", 0.6, name(other))
    if not site.is_called:
        for value in (0, 1, -1, 2):
            yield Idea("variable_to_constant", 0.25, constant(value))


def containers(site: ExpressionSite, _: Surroundings) -> Iterator[Idea]:
    """Yields another kind of container, other first contents, elements in another order or one less."""
    node = site.node
    if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
        contents = node.keys if isinstance(node, ast.Dict) else node.elts
        if not contents:
            for source in _EMPTY:
                yield Idea("initial_value", 0.4, expression(source))
            for variable in site.scope.names:
                yield Idea("initial_value", 0.2, expression(f"[{variable}]"))
                yield Idea("initial_value", 0.15, expression(f"[{variable}[0]]"))
        elif isinstance(node, ast.List):
            yield Idea("container", 0.5, placed(ast.Tuple(node.elts, ast.Load())))
            yield Idea("container", 0.2, placed(ast.Set(node.elts)))
        elif isinstance(node, ast.Tuple):
            yield Idea("container", 0.5, placed(ast.List(node.elts, ast.Load())))
            yield Idea("unwrapped", 0.3, node.elts[0])
    if isinstance(node, ast.List | ast.Tuple) and len(node.elts) > 1:
        for index in range(len(node.elts)):
            if index:
                yield Idea("swapped_arguments", 0.5, copied(node, elts=swapped(node.elts, index - 1, index)))
            yield Idea("unwrapped", 0.2, copied(node, elts=without(node.elts, index)))
    if isinstance(node, ast.ListComp):
        yield Idea("wrapped", 0.6, expression("tuple(X_)", placed(ast.GeneratorExp(node.elt, node.generators))))
        yield Idea("container", 0.4, placed(ast.SetComp(node.elt, node.generators)))


def _numbers(value: float, surroundings: Surroundings) -> Iterator[Idea]:
    near = (
        (value + 1, 0.9),
        (value - 1, 0.9),
        (0, 0.7),
        (1, 0.7),
        (2, 0.4),
        (-1, 0.4),
        (-value, 0.4),
        (10, 0.15),
        (3, 0.15),
    )
    for other, prior in near:
        yield Idea("constant", prior, constant(other))
    for other in surroundings.numbers:
        yield Idea("constant", 0.4, constant(other))
    for other in surroundings.numbers_nearby:
        yield Idea("constant", 0.2, constant(other))
    for other in surroundings.documented_numbers:
        yield Idea("documented_constant", 0.25, constant(other))
    for source, prior in (
        ("float('inf')", 0.3),
        ("float('-inf')", 0.25),
        ("None", 0.15),
        ("[]", 0.1),
        ("True", 0.1),
        ("False", 0.1),
    ):
        yield Idea("constant", prior, expression(source))
    if value in _NEAR_PI:
        yield Idea("constant", 0.6, expression("math.pi"))
        for other in _NEAR_PI:
            yield Idea("constant", 0.4, constant(other))
    if isinstance(value, int) and abs(value) >= 4:
        for other in (value * 2, value // 2, value * 10, value // 10):
            yield Idea("constant", 0.2, constant(other))


def _strings(value: str, surroundings: Surroundings) -> Iterator[Idea]:
    near = (
        ("", 0.5),
        (" ", 0.5),
        (value.strip(), 0.5),
        (value + " ", 0.25),
        (value.lower(), 0.3),
        (value.upper(), 0.3),
        (value.capitalize(), 0.3),
        (", ", 0.3),
        (",", 0.3),
        ("\n", 0.1),
    )
    for other, prior in near:
        if other != value:
            yield Idea("string", prior, constant(other))
    for other in surroundings.strings:
        if other != value:
            yield Idea("string", 0.5, constant(other))
    for documented in distinct([*surroundings.documented_strings, *surroundings.expected_strings]):
        if documented != value:
            yield Idea("documented_constant", 0.35, constant(documented))
    for given in surroundings.given_strings:
        if given != value and given not in surroundings.strings:
            yield Idea("string", 0.3, constant(given))


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return None
