"""Changes of several places that are one in meaning: names exchanged, a constant replaced wherever it stands."""

import ast
import builtins
import copy
import itertools
from collections import defaultdict
from collections.abc import Iterator

from inkling.engine.repair.nodes import call, constant, copied, expression, statements, swapped
from inkling.engine.repair.program import Change, FunctionNode
from inkling.engine.repair.sites import ExpressionSite
from inkling.engine.repair.templates import calls, operators, wraps
from inkling.engine.repair.templates.ideas import ExpressionTemplate, Rewrite, Surroundings, is_number

_N_NAMES = 10
_LEAST_NODES_OF_A_TWIN = 3
_MOST_TWINS = 4
_SHARE_OF_TWINS = 0.5  # of the prior of the change in one place
_OF_TWINS: tuple[ExpressionTemplate, ...] = (
    operators.comparisons,
    operators.arithmetic,
    calls.functions,
    calls.arguments,
    calls.further_arguments,
    calls.ranges,
    calls.subscripts,
    wraps.wraps,
)
_N_ORDERS = 12  # of arguments handed on to another function


def coordinated(surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields functions in which two names, all uses of a name, a constant or a bound are another one."""
    for function, scope, _ in surroundings.sites.functions:
        uses: dict[str, list[ast.Name]] = defaultdict(list)
        literals: dict[tuple[type, object], list[ast.Constant]] = defaultdict(list)
        ranges: list[ast.Call] = []
        for node in _body_nodes(function):
            if isinstance(node, ast.Name):
                uses[node.id].append(node)
            elif isinstance(node, ast.Constant) and isinstance(node.value, int | str):
                literals[type(node.value), node.value].append(node)
            elif (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range" and node.args
            ):
                ranges.append(node)
        names = [name for name in scope.names if name in uses][:_N_NAMES]
        yield from _names(names, uses)
        yield from _literals(literals, surroundings)
        yield from _ranges(ranges, names)
        yield from _parameters(function)


def twins(surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields the same change of expressions that are alike but for their names: a slip was copied with the line."""
    if surroundings.is_large:
        return
    groups: dict[tuple[int, str], list[ExpressionSite]] = defaultdict(list)
    for site in surroundings.sites.expressions:
        if site.scope.function is not None and not isinstance(site.node, ast.Name | ast.Constant | ast.Attribute):
            groups[id(site.scope.function), _shape(site.node)].append(site)
    for (_, shape), sites in groups.items():
        if not 2 <= len(sites) <= _MOST_TWINS or shape.count("(") < _LEAST_NODES_OF_A_TWIN:
            continue
        for template in _OF_TWINS:
            # The places are alike, so the template has the same ideas for each of them, in the same order.
            ideas = [list(template(site, surroundings)) for site in sites]
            if len({len(each) for each in ideas}) != 1:
                continue
            for together in zip(*ideas, strict=True):
                if len({idea.kind for idea in together}) == 1:
                    changes = tuple((site.node, idea.node) for site, idea in zip(sites, together, strict=True))
                    weight = together[0].prior * max(site.suspiciousness for site in sites)
                    yield Rewrite("replaced_everywhere", weight * _SHARE_OF_TWINS, changes, 2)


def _shape(node: ast.expr) -> str:
    """Returns an expression's syntax without its names."""
    return ast.dump(_Nameless().visit(copy.deepcopy(node)))


class _Nameless(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.Name:
        return node if hasattr(builtins, node.id) else ast.Name("_", node.ctx)


def delegations(surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields functions that return what another one, inside of them or beside them, does with their arguments."""
    all_functions = [function for function, _, _ in surroundings.sites.functions]
    everywhere = [
        node for file in surroundings.program.files for node in file.tree.body if isinstance(node, ast.FunctionDef)
    ]
    for function in all_functions:
        inside = [node for node in function.body if isinstance(node, ast.FunctionDef)]
        last = function.body[-1]
        parameters = [argument.arg for argument in function.args.args]
        for other in inside:
            for source in _calls(other, parameters):
                new = tuple(statements(f"return {source}"))
                change: Change = (last, new) if isinstance(last, ast.Return) else (last, (last, *new))
                yield Rewrite("delegation", 0.8, (change,))
        if function not in everywhere:
            continue
        is_stub = len(function.body) <= 1
        for other in everywhere:
            if other is not function:
                for source in _calls(other, parameters):
                    removed: list[Change] = [(node, ()) for node in function.body[:-1]]
                    new = tuple(statements(f"return {source}"))
                    yield Rewrite("delegation", 0.7 if is_stub else 0.2, ((last, new), *removed), 1 if is_stub else 3)


def _body_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    for statement in function.body:
        yield from ast.walk(statement)


def _names(names: list[str], uses: dict[str, list[ast.Name]]) -> Iterator[Rewrite]:
    for one, other in itertools.permutations(names, 2):
        if one < other:
            changes = [_renamed(node, other) for node in uses[one]] + [_renamed(node, one) for node in uses[other]]
            yield Rewrite("swapped_names", 0.35, tuple(changes), 2)
        read = [node for node in uses[one] if isinstance(node.ctx, ast.Load)]
        if len(read) > 1:
            yield Rewrite("replaced_everywhere", 0.35, tuple(_renamed(node, other) for node in read), 2)


def _literals(literals: dict[tuple[type, object], list[ast.Constant]], surroundings: Surroundings) -> Iterator[Rewrite]:
    for (_, value), nodes in literals.items():
        if len(nodes) < 2:
            continue
        others: list[str | int | float] = []
        if isinstance(value, str):
            others = [value.upper(), value.lower(), "", " ", *surroundings.strings[:6]]
        elif isinstance(value, int) and is_number(value):
            others = [value + 1, value - 1, 2 * value, 0, 1, 2, 3, 4, 5, *surroundings.numbers[:6]]
        for other in dict.fromkeys(others):
            if other != value:
                yield Rewrite("replaced_everywhere", 0.3, tuple((node, constant(other)) for node in nodes), 2)


def _ranges(ranges: list[ast.Call], names: list[str]) -> Iterator[Rewrite]:
    if len(ranges) < 2:
        return
    longer: list[Change] = [
        (node, copied(node, args=[*node.args[:-1], expression("X_ + 1", node.args[-1])])) for node in ranges
    ]
    yield Rewrite("replaced_everywhere", 0.25, tuple(longer), 2)
    if len(ranges) == 2:
        for one, other in itertools.permutations(names, 2):
            lengths = (expression(f"len({one})"), expression(f"len({other})"))
            changes = [(node, call(node.func, [length])) for node, length in zip(ranges, lengths, strict=True)]
            yield Rewrite("replaced_everywhere", 0.2, tuple(changes), 2)


def _parameters(function: FunctionNode) -> Iterator[Rewrite]:
    arguments = function.args
    if arguments.defaults:
        return
    for i, j in itertools.combinations(range(len(arguments.args)), 2):
        if arguments.args[i].arg not in ("self", "cls"):
            exchanged = copied(arguments, args=swapped(arguments.args, i, j))
            yield Rewrite("swapped_arguments", 0.35, ((arguments, exchanged),))


def _renamed(node: ast.Name, name: str) -> Change:
    return node, copied(node, id=name)


def _calls(function: FunctionNode, parameters: list[str]) -> Iterator[str]:
    n_needed = len(function.args.args) - len(function.args.defaults)
    orders = itertools.permutations(parameters, min(n_needed, len(parameters)))
    for order in itertools.islice(orders, _N_ORDERS):
        if len(order) == n_needed:
            yield f"{function.name}({', '.join(order)})"
