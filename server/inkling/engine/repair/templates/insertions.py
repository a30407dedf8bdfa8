"""New statements: guards, early returns, conversions, counters, jumps, a missing return at the end."""

import ast
from collections.abc import Iterator

from inkling.engine.repair.nodes import statements
from inkling.engine.repair.program import Change
from inkling.engine.repair.sites import StatementSite
from inkling.engine.repair.templates.ideas import Rewrite, Surroundings

_GUARDS = (
    ("not {0}", 1.0),
    ("{0} == 0", 0.6),
    ("{0} == 1", 0.5),
    ("{0} is None", 0.5),
    ("{0} < 0", 0.4),
    ("{0} <= 1", 0.4),
    ("len({0}) == 1", 0.4),
    ("{0} < 2", 0.3),
    ("len({0}) == 0", 0.3),
)
_PAIR_GUARDS = ("{0} == {1}", "{0} > {1}", "{0} in {1}")
_RETURNED = ("0", "[]", "''", "False", "True", "None", "-1", "1", "{}")
_ON_ONE_NAME = (
    ("{0} = sorted({0})", 0.25),
    ("{0} = list({0})", 0.2),
    ("{0} = str({0})", 0.2),
    ("{0} += 1", 0.2),
    ("{0} -= 1", 0.15),
    ("{0}.sort()", 0.15),
    ("{0} = {0}.lower()", 0.15),
    ("{0} = abs({0})", 0.15),
    ("{0} = 0", 0.15),
    ("{0} = int({0})", 0.12),
    ("{0} = {0}.split()", 0.12),
    ("{0} = set({0})", 0.1),
    ("{0} = []", 0.1),
    ("{0} = ''", 0.1),
    ("{0} = {0}[::-1]", 0.1),
    ("{0} = 1", 0.08),
    ("{0} = {{}}", 0.08),
    ("{0} = {0}.copy()", 0.12),
    ("{0} = tuple({0})", 0.08),
    ("{0} = {0}.strip()", 0.08),
    ("{0} = {0}.replace(' ', '')", 0.08),
    ("{0}.pop()", 0.05),
)
_ON_TWO_NAMES = (
    ("{0} = {1}", 0.1),
    ("{0}.append({1})", 0.12),
    ("{0} += {1}", 0.1),
    ("{0} -= {1}", 0.05),
    ("{0}.add({1})", 0.06),
    ("{0}.extend({1})", 0.04),
    ("{0} = max({0}, {1})", 0.06),
    ("{0} = min({0}, {1})", 0.05),
)
_JUMP_CONDITIONS = ("{0} == {1}", "{0} in {1}", "{0} not in {1}", "{0} > {1}")
_ENDS = (ast.Return, ast.Break, ast.Continue, ast.Raise)


def guards(site: StatementSite, surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields an early return before the statement."""
    if site.scope.function is None:
        return
    names = _names(site, surroundings)
    weight = 0.3 if site.depth == 0 and site.index == 0 else 0.12
    if site.depth == 0 and (site.index == 0 or not surroundings.is_large):
        for variable in names:
            for returned in (*_RETURNED, *names[:4]):
                for condition, prior in _GUARDS:
                    source = f"if {condition.format(variable)}:\n    return {returned}"
                    yield Rewrite("guard", weight * prior, (_before(site, source),), 3)
    if site.depth <= 1:
        for variable in names:
            for other in names:
                if variable == other:
                    continue
                for condition in _PAIR_GUARDS:
                    for returned in ("0", "True", "False", "-1", "None", variable, other):
                        source = f"if {condition.format(variable, other)}:\n    return {returned}"
                        yield Rewrite("guard", 0.06, (_before(site, source),), 3)


def simple_statements(site: StatementSite, surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields an assignment, a counter or a call on names in scope, before the statement or at the end of its block."""
    if site.scope.function is None:
        return
    names = _names(site, surroundings)
    at_end = site.is_last and not isinstance(site.node, _ENDS)
    for variable in names:
        sources = [(template.format(variable), prior) for template, prior in _ON_ONE_NAME]
        for other in names:
            if variable != other:
                sources += [(template.format(variable, other), prior) for template, prior in _ON_TWO_NAMES]
        for source, prior in sources:
            yield Rewrite("inserted_statement", prior, (_before(site, source),), 2)
            if at_end:
                yield Rewrite("inserted_statement", prior, (_after(site, source),), 2)


def jumps(site: StatementSite, surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields `continue` and `break` under a condition on two names, in loops."""
    if not site.is_in_loop:
        return
    names = _names(site, surroundings)
    for variable in names:
        for condition in ("not {0}", "{0}"):
            test = condition.format(variable)
            yield Rewrite("inserted_jump", 0.1, (_before(site, f"if {test}:\n    continue"),), 3)
            yield Rewrite("inserted_jump", 0.08, (_before(site, f"if {test}:\n    break"),), 3)
        for other in names:
            if variable != other:
                for condition in _JUMP_CONDITIONS:
                    test = condition.format(variable, other)
                    yield Rewrite("inserted_jump", 0.08, (_before(site, f"if {test}:\n    continue"),), 3)
                    yield Rewrite("inserted_jump", 0.06, (_before(site, f"if {test}:\n    break"),), 3)


def ends(site: StatementSite, surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields a `return` at the end of the block."""
    if not site.is_last or isinstance(site.node, ast.Return) or site.scope.function is None:
        return
    prior = 0.4 if site.depth == 0 else 0.1
    for returned in ("True", "False", "0", "-1", "[]", "None", "self", *_names(site, surroundings)):
        yield Rewrite("missing_return", prior, (_after(site, f"return {returned}"),))


def _names(site: StatementSite, surroundings: Surroundings) -> tuple[str, ...]:
    return site.scope.names[: 4 if surroundings.is_large else 8]


def _before(site: StatementSite, source: str) -> Change:
    return site.node, (*statements(source), site.node)


def _after(site: StatementSite, source: str) -> Change:
    return site.node, (site.node, *statements(source))
