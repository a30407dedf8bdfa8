"""Probes: test functions with other literals in them, whose assertions tell values instead of judging them.

What a test does is the best guide to what inputs are sensible: the same calls in the same order, on other values. So
classes, several modules and fixtures need nothing special.
"""

import ast
import inspect
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from inkling.engine.judging.values import is_literal, vary

try:
    from inkling.engine.judging.strategies import draw, from_annotation, from_value
except ImportError:  # ours is compiled for our Python: one of another version that has none does without
    HAS_HYPOTHESIS = False
else:
    HAS_HYPOTHESIS = True

SEE = "__inkling_see__"
RAISES = "__inkling_raises__"
_MAX_LITERAL = 2000  # characters of one literal; longer ones are no input that a person could judge
_N_DRAWN = 12  # values for one literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedTest:
    """A test to make probes of.

    Attributes:
        node_id: pytest's name for it.
        function: Its definition.
        names: What its module's names stand for.
        bound: Arguments that its body binds to a literal; the others are fixtures, or the receiver.
    """

    node_id: str
    function: ast.FunctionDef
    names: Mapping[str, object]
    bound: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One generated input.

    Attributes:
        node_id: The test it was made of, whose fixtures it is run with.
        source: A module with one function, which calls `SEE` with the number of an observation and a function for it.
        shown: For each observation the input as code for the user; empty where it cannot be shown in a line.
        codes: For each observation the same as a program of several lines; empty where it is within another statement.
        is_original: Whether it is the test itself, with nothing varied.
    """

    node_id: str
    source: str
    shown: tuple[str, ...]
    codes: tuple[str, ...] = ()
    is_original: bool = False


def make_probes(tests: Sequence[ProbedTest], *, n: int, seed: int, numbers: Sequence[int]) -> list[Probe]:
    """Returns about `n` different probes, spread over the tests, each test itself first.

    Two in three vary the test's own values a little, the others draw theirs with Hypothesis from the parameter's type,
    where there is a Hypothesis for this Python.
    """
    chance = random.Random(seed)  # noqa: S311 - a choice of inputs
    probes = [instrument(test, test.function, is_original=True) for test in tests]
    seen = {(probe.node_id, probe.source) for probe in probes}
    varied = [test for test in tests if _literals(test)]
    drawn: dict[int, list[object]] = {}
    for attempt in range(3 * n):
        if not varied or len(probes) >= n + len(tests):
            break
        test = varied[attempt % len(varied)]
        draws = drawn if HAS_HYPOTHESIS and attempt // len(varied) % 3 == 2 else None
        probe = instrument(test, _with_other_literals(test, chance, numbers, draws))
        if (probe.node_id, probe.source) not in seen:
            seen.add((probe.node_id, probe.source))
            probes.append(probe)
    return probes


def bind_parameters(test: ProbedTest, parameters: Mapping[str, object]) -> ProbedTest:
    """Returns the test with the values of its parametrisation as literals in its body, so that they can be varied."""
    literals = {name: value for name, value in parameters.items() if _is_literal(value)}
    assignments = [ast.parse(f"{name} = {value!r}").body[0] for name, value in literals.items()]
    function = _function(test.function.args, [*assignments, *test.function.body])
    return ProbedTest(node_id=test.node_id, function=function, names=test.names, bound=frozenset(literals))


def probe_of_call(test: ProbedTest, call: str) -> Probe:
    """Returns a probe that makes one call, in the module of a test.

    Raises:
        SyntaxError: It is no expression.
    """
    made = probed_call(test.node_id, call, test.names)
    return instrument(made, made.function)


def probed_call(node_id: str, call: str, names: Mapping[str, object]) -> ProbedTest:
    """Returns what looks at one call, as a test to make probes of.

    Raises:
        SyntaxError: It is no expression.
    """
    function = _function(_arguments([]), [ast.Assert(test=ast.parse(call, mode="eval").body)])
    return ProbedTest(node_id=node_id, function=function, names=names)


def instrument(test: ProbedTest, function: ast.FunctionDef, *, is_original: bool = False) -> Probe:
    """Returns the probe that does what `function` does and tells what its assertions look at."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    observer = _Observer()
    body = observer.block(function.body)
    bare = [ast.arg(arg=argument.arg) for argument in arguments]
    module = ast.fix_missing_locations(ast.Module(body=[_function(_arguments(bare), body)], type_ignores=[]))
    return Probe(
        node_id=test.node_id,
        source=ast.unparse(module),
        shown=tuple(observer.shown),
        codes=tuple(observer.codes),
        is_original=is_original,
    )


def _function(arguments: ast.arguments, body: list[ast.stmt]) -> ast.FunctionDef:
    """Returns a definition with whatever else this Python's definitions have."""
    function = cast("ast.FunctionDef", ast.parse("def probe(): pass").body[0])
    function.args, function.body = arguments, body
    return function


def _arguments(positional: list[ast.arg]) -> ast.arguments:
    return ast.arguments(posonlyargs=[], args=positional, kwonlyargs=[], kw_defaults=[], defaults=[])


class _Observer:
    """Rewrites a test's statements, and writes down what each observation looks like to a person."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.codes: list[str] = []
        self._before: list[ast.stmt] = []

    def block(self, statements: Sequence[ast.stmt], depth: int = 0) -> list[ast.stmt]:
        rewritten: list[ast.stmt] = []
        for statement in statements:
            observed = self._observed_by(statement)
            if observed is not None:
                rewritten += [self._see(expression, depth) for expression in observed]
            elif isinstance(statement, ast.With) and _expects_exception(statement):
                raises = ast.withitem(context_expr=self._call(RAISES, depth, statement.body))
                rewritten.append(ast.With(items=[raises], body=statement.body))
            else:
                rewritten.append(self._inner(statement, depth))
                if depth == 0:
                    self._before.append(statement)
        return rewritten or [ast.Pass()]

    def _inner(self, statement: ast.stmt, depth: int) -> ast.stmt:
        if not isinstance(statement, ast.If | ast.For | ast.While | ast.With | ast.Try):
            return statement
        blocks = {
            name: self.block(block, depth + 1)
            for name in ("body", "orelse", "finalbody")
            if (block := getattr(statement, name, None))
        }
        fields = {name: blocks.get(name, value) for name, value in ast.iter_fields(statement)}
        return type(statement)(**fields)

    def _observed_by(self, statement: ast.stmt) -> list[ast.expr] | None:
        """What an assertion looks at, without the literals that it compares with; None for other statements."""
        if isinstance(statement, ast.Assert):
            test = statement.test
            sides = [test.left, *test.comparators] if isinstance(test, ast.Compare) and len(test.ops) == 1 else [test]
        elif isinstance(statement, ast.Expr) and _is_unittest_assertion(statement.value):
            sides = list(cast("ast.Call", statement.value).args)
        else:
            return None
        return [side for side in sides if not is_literal(side)]

    def _see(self, expression: ast.expr, depth: int) -> ast.stmt:
        number = self._note([ast.Expr(value=expression)], depth)
        function = ast.Lambda(args=_arguments([]), body=expression)
        call = ast.Call(func=ast.Name(id=SEE, ctx=ast.Load()), args=[ast.Constant(number), function], keywords=[])
        return ast.Expr(value=call)

    def _call(self, name: str, depth: int, body: Sequence[ast.stmt]) -> ast.expr:
        number = self._note(body, depth)
        return ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=[ast.Constant(number)], keywords=[])

    def _note(self, observed: Sequence[ast.stmt], depth: int) -> int:
        """Takes down an observation with the statements before it that it depends on; returns its number."""
        needed = {name for statement in observed for name in _names_in(statement)}
        lines = [ast.unparse(statement) for statement in observed]
        for statement in reversed(self._before):
            names = _names_in(statement)
            if names & needed:
                needed |= names
                lines.insert(0, ast.unparse(statement))
        shown = "; ".join(lines)
        self.shown.append("" if depth > 0 or "\n" in shown else shown)
        self.codes.append("" if depth > 0 else "\n".join(lines))
        return len(self.shown) - 1


def _with_other_literals(
    test: ProbedTest, chance: random.Random, numbers: Sequence[int], drawn: dict[int, list[object]] | None
) -> ast.FunctionDef:
    """Returns the test's definition with one to three literals replaced; with `drawn` by values from Hypothesis."""
    literals = _literals(test)
    chosen = chance.sample(literals, min(len(literals), chance.choice((1, 1, 2, 3))))
    replaced: dict[int, ast.expr] = {}
    for literal in chosen:
        if drawn is None:
            value = vary(literal.value, chance, numbers)
        else:
            if id(literal.node) not in drawn:
                drawn[id(literal.node)] = _draw(literal)
            values = drawn[id(literal.node)]
            value = chance.choice(values) if values else literal.value
        replaced[id(literal.node)] = ast.parse(repr(value), mode="eval").body
    return ast.fix_missing_locations(cast("ast.FunctionDef", _Replacement(replaced).visit(test.function)))


@dataclass(frozen=True, slots=True)
class _Literal:
    node: ast.expr
    value: object
    annotation: object  # of the parameter that it is passed as; None where that is not known


class _Replacement(ast.NodeTransformer):
    """Copies what it changes: probes of one test share the rest of its tree."""

    def __init__(self, replaced: Mapping[int, ast.expr]) -> None:
        self._replaced = replaced

    def visit(self, node: ast.AST) -> ast.AST:
        replacement = self._replaced.get(id(node))
        if replacement is not None:
            return replacement
        fields = {
            name: [self.visit(item) if isinstance(item, ast.AST) else item for item in value]
            if isinstance(value, list)
            else self.visit(value)
            if isinstance(value, ast.AST)
            else value
            for name, value in ast.iter_fields(node)
        }
        return type(node)(**fields)


def _literals(test: ProbedTest) -> list[_Literal]:
    """Returns the largest literals of a test that are inputs: not what results are compared with, nor keys or texts."""
    found: list[_Literal] = []

    def walk(node: ast.AST, annotation: object) -> None:
        if isinstance(node, ast.expr) and is_literal(node):
            if len(ast.unparse(node)) <= _MAX_LITERAL:
                found.append(_Literal(node, ast.literal_eval(node), annotation))
            return
        match node:
            case ast.Assert(test=ast.Compare(left=left, comparators=[right])):
                for side in (left, right):
                    if not is_literal(side):
                        walk(side, None)
            case ast.Assert(test=tested):
                walk(tested, None)
            case ast.Call() if _is_unittest_assertion(node):
                for argument in node.args:
                    if not is_literal(argument):
                        walk(argument, None)
            case ast.Call():
                annotations = _annotations(node, test.names)
                walk(node.func, None)
                for at, argument in enumerate(node.args):
                    walk(argument, annotations.get(at))
                for keyword in node.keywords:
                    walk(keyword.value, annotations.get(keyword.arg or ""))
            case ast.Subscript():
                walk(node.value, None)
            case ast.Expr(value=ast.Constant()) | ast.JoinedStr():
                pass
            case ast.With() if _expects_exception(node):
                for statement in node.body:
                    walk(statement, None)
            case _:
                for child in ast.iter_child_nodes(node):
                    walk(child, None)

    for statement in test.function.body:
        if not _is_expectation(statement, test):
            walk(statement, None)
    return found


def _is_expectation(statement: ast.stmt, test: ProbedTest) -> bool:
    """Tells whether a statement binds a parameter that results are only compared with."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) if name in test.bound:
            uses = [node for node in ast.walk(test.function) if isinstance(node, ast.Name) and node.id == name]
            sides = [
                side
                for node in ast.walk(test.function)
                if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare)
                for side in (node.test.left, *node.test.comparators)
                if isinstance(side, ast.Name) and side.id == name
            ]
            return len(uses) == len(sides) + 1
        case _:
            return False


def _annotations(call: ast.Call, names: Mapping[str, object]) -> dict[int | str, object]:
    """Returns the annotated types of what a call passes, by position and by name, as far as they are known."""
    target: object
    match call.func:
        case ast.Name(id=name):
            target = names.get(name)
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in names:
            target = inspect.getattr_static(names[owner], name, None)
        case _:
            return {}
    if not callable(target):
        return {}
    try:
        parameters = inspect.signature(cast("Callable[..., object]", target), eval_str=True).parameters
    except (ValueError, TypeError, NameError, AttributeError, SyntaxError):
        return {}
    known: dict[int | str, object] = {}
    for at, parameter in enumerate(parameters.values()):
        if parameter.annotation is not inspect.Parameter.empty:
            known[at] = known[parameter.name] = parameter.annotation
    return known


def _draw(literal: _Literal) -> list[object]:
    strategy = from_annotation(literal.annotation) if literal.annotation is not None else None
    values = draw(strategy if strategy is not None else from_value(literal.value), _N_DRAWN)
    return [value for value in values if _is_literal(value)]


def _is_literal(value: object) -> bool:
    """Tells whether a value can be written as a literal; NaN and infinity cannot."""
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False


def _expects_exception(statement: ast.With) -> bool:
    context = statement.items[0].context_expr
    return isinstance(context, ast.Call) and ast.unparse(context.func).split(".")[-1] in ("raises", "assertRaises")


def _is_unittest_assertion(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "self"
        and node.func.attr.startswith("assert")
    )


def _names_in(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
