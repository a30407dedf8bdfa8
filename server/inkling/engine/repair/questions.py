"""Which places the synthesis is asked about, and mutants of what it answers."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType

from inkling.engine.repair.nodes import constant, expression, placed
from inkling.engine.repair.program import Change, FunctionNode, Mutant
from inkling.engine.repair.sites import ExpressionSite, Role
from inkling.engine.repair.synthesis import ATTEMPT, BEFORE, VALUE, Question, Synthesised
from inkling.engine.repair.templates import Surroundings, imports_for

_N_PLACES = 32
_N_WITH_TARGET = 30
_N_WITHOUT_TARGET = 500
_RETURN_LIMIT_S = 1.5
_LIMIT_S = 0.35
_SHARE_OF_A_RETURN = 0.06
_SHARE_OF_A_PLACE = 0.01
_MODULES = frozenset({"math", "collections"})  # that operations of the synthesis name
_ORDER = {Role.RETURNED: 0, Role.CONDITION: 1, Role.VALUE: 2, Role.ITERATED: 2, Role.PART: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place to ask about.

    Attributes:
        role: What the expression there is for.
        node: The expression that is there; None at the end of a function that returns nothing.
        last: The statement that such a function ends with.
        suspiciousness: In [0, 1].
        is_whole: Whether the expression is what its statement evaluates.
        numbers: Numbers to build with.
        strings: Strings to build with.
    """

    role: Role
    node: ast.expr | None
    last: ast.stmt | None
    suspiciousness: float
    is_whole: bool
    numbers: tuple[int | float, ...]
    strings: tuple[str, ...]

    def limit_s(self, budget_s: float) -> float:
        """Returns the seconds for building expressions, of a search's whole time."""
        if self.role is Role.RETURNED:
            return max(_RETURN_LIMIT_S, budget_s * _SHARE_OF_A_RETURN)
        return max(_LIMIT_S, budget_s * _SHARE_OF_A_PLACE)

    @property
    def noted(self) -> tuple[Change, ...]:
        """The change that notes names and value there."""
        itself = self.node if self.node is not None else constant(None)
        is_plain = not any(isinstance(inner, ast.Await | ast.Yield | ast.YieldFrom) for inner in ast.walk(itself))
        if self.role is Role.RETURNED and is_plain:
            return self.filled(expression(f"{VALUE}({BEFORE}(locals()), {ATTEMPT}(lambda: X_))", itself))
        return self.filled(expression(f"{VALUE}({BEFORE}(locals()), X_)", itself))

    def filled(self, node: ast.expr) -> tuple[Change, ...]:
        """Returns the change that puts an expression there."""
        if self.node is not None:
            return ((self.node, node),)
        if self.last is None:
            return ()
        return ((self.last, (self.last, placed(ast.Return(node)))),)

    def question(self, codes: Sequence[tuple[int, CodeType]]) -> Question:
        """Returns the question, with the code that notes the values."""
        is_returned = self.role is Role.RETURNED and self.is_whole
        return Question(
            codes=tuple(codes),
            numbers=self.numbers,
            strings=self.strings,
            is_returned=is_returned,
            is_condition=self.role is Role.CONDITION,
            n_most=_N_WITH_TARGET if is_returned else _N_WITHOUT_TARGET,
        )


def questions(surroundings: Surroundings) -> Iterator[Place]:
    """Yields the places to ask about, returned values first, then conditions, the most suspicious first."""
    numbers = tuple(number for number in surroundings.numbers if abs(number) < 10**6)

    def place(node: ast.expr | None, last: ast.stmt | None, role: Role, weight: float, *, is_whole: bool) -> Place:
        return Place(
            role=role,
            node=node,
            last=last,
            suspiciousness=weight,
            is_whole=is_whole,
            numbers=numbers,
            strings=surroundings.strings,
        )

    places = [
        place(None, function.body[-1], Role.RETURNED, weight, is_whole=True)
        for function, scope, weight in surroundings.sites.functions
        if scope.unit is not None and _returns_nothing(function)
    ]
    places += [
        place(site.node, None, site.role, site.suspiciousness, is_whole=site.is_whole)
        for site in surroundings.sites.expressions
        if _can_be_noted(site)
    ]
    places.sort(key=lambda each: (_ORDER[each.role], -each.suspiciousness))
    yield from places[:_N_PLACES]


def synthesised_mutants(surroundings: Surroundings, place: Place, answer: Synthesised) -> list[Mutant]:
    """Returns a mutant for each expression that was built for a place, likeliest first."""
    found = []
    for template, size in answer.expressions:
        itself = place.node if place.node is not None else constant(None)
        node = expression(ast.unparse(template), itself)
        if node is itself:
            continue
        changes = place.filled(node)
        modules = {name.id for name in ast.walk(template) if isinstance(name, ast.Name)} & _MODULES
        target = changes[0][0]
        found.append(
            Mutant(
                changes=changes,
                kind="synthesised_target" if answer.has_target else f"synthesised_{place.role.value}",
                weight=place.suspiciousness * (1.0 if answer.has_target else 0.5) / (1 + size),
                size=size + 1,
                imports=tuple(each for name in sorted(modules) for each in imports_for(surroundings, target, name)),
            )
        )
    return found


def _returns_nothing(function: FunctionNode) -> bool:
    """Tells whether a function ends without `return`, and is no generator or special method."""
    if function.name.startswith("__") or isinstance(function.body[-1], ast.Return | ast.Raise):
        return False
    inner = (node for statement in function.body for node in ast.walk(statement))
    return not any(isinstance(node, ast.Yield | ast.YieldFrom) for node in inner)


def _can_be_noted(site: ExpressionSite) -> bool:
    if site.scope.is_in_comprehension or site.scope.unit is None or site.is_called or site.role not in _ORDER:
        return False
    if isinstance(site.node, ast.Lambda | ast.Starred | ast.Yield | ast.YieldFrom | ast.Await):
        return False
    if site.role is Role.PART:
        return isinstance(site.node, ast.BinOp | ast.Name | ast.Call | ast.Compare | ast.Subscript)
    return site.is_whole
