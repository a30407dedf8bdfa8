"""Which places the synthesis is asked about, and mutants of what it answers."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType

from inkling.engine.repair.nodes import expression
from inkling.engine.repair.program import Change, Mutant
from inkling.engine.repair.sites import ExpressionSite, Role
from inkling.engine.repair.synthesis import BEFORE, VALUE, Question, Synthesised
from inkling.engine.repair.templates import Surroundings, imports_for

_N_PLACES = 32
_N_WITH_TARGET = 30
_N_WITHOUT_TARGET = 500
_RETURN_LIMIT_S = 1.2
_LIMIT_S = 0.35
_MODULES = frozenset({"math", "collections"})  # that operations of the synthesis name
_ORDER = {Role.RETURNED: 0, Role.CONDITION: 1, Role.VALUE: 2, Role.ITERATED: 2, Role.PART: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place to ask about.

    Attributes:
        site: It.
        noted: The change that notes names and value there.
        numbers: Numbers to build with.
        strings: Strings to build with.
    """

    site: ExpressionSite
    noted: tuple[Change, ...]
    numbers: tuple[int | float, ...]
    strings: tuple[str, ...]

    @property
    def limit_s(self) -> float:
        """Seconds for building expressions."""
        return _RETURN_LIMIT_S if self.site.role is Role.RETURNED else _LIMIT_S

    def question(self, codes: Sequence[tuple[int, CodeType]]) -> Question:
        """Returns the question, with the code that notes the values."""
        is_returned = self.site.role is Role.RETURNED and self.site.is_whole
        return Question(
            codes=tuple(codes),
            numbers=self.numbers,
            strings=self.strings,
            is_returned=is_returned,
            is_condition=self.site.role is Role.CONDITION,
            n_most=_N_WITH_TARGET if is_returned else _N_WITHOUT_TARGET,
        )


def questions(surroundings: Surroundings) -> Iterator[Place]:
    """Yields the places to ask about, returned values first, then conditions, the most suspicious first."""
    sites = [site for site in surroundings.sites.expressions if _can_be_noted(site)]
    sites.sort(key=lambda site: (_ORDER[site.role], -site.suspiciousness))
    for site in sites[:_N_PLACES]:
        yield Place(
            site=site,
            noted=((site.node, expression(f"{VALUE}({BEFORE}(locals()), X_)", site.node)),),
            numbers=tuple(number for number in surroundings.numbers if abs(number) < 10**6),
            strings=surroundings.strings,
        )


def synthesised_mutants(surroundings: Surroundings, site: ExpressionSite, answer: Synthesised) -> list[Mutant]:
    """Returns a mutant for each expression that was built for a place, likeliest first."""
    found = []
    for template, size in answer.expressions:
        node = _with_itself(template, site.node)
        if node is site.node:
            continue
        modules = {name.id for name in ast.walk(template) if isinstance(name, ast.Name)} & _MODULES
        imports = tuple(each for module in sorted(modules) for each in imports_for(surroundings, site.node, module))
        found.append(
            Mutant(
                changes=((site.node, node),),
                kind="synthesised_target" if answer.has_target else f"synthesised_{site.role.value}",
                weight=site.suspiciousness * (1.0 if answer.has_target else 0.5) / (1 + size),
                size=size + 1,
                imports=imports,
            )
        )
    return found


def _can_be_noted(site: ExpressionSite) -> bool:
    if site.scope.is_in_comprehension or site.scope.unit is None or site.is_called or site.role not in _ORDER:
        return False
    if isinstance(site.node, ast.Lambda | ast.Starred | ast.Yield | ast.YieldFrom | ast.Await):
        return False
    if site.role is Role.PART:
        return isinstance(site.node, ast.BinOp | ast.Name | ast.Call | ast.Compare | ast.Subscript)
    return site.is_whole


def _with_itself(template: ast.expr, node: ast.expr) -> ast.expr:
    return expression(ast.unparse(template), node)
