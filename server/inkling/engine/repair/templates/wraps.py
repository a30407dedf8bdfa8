"""An expression inside of a further one: calls, operators with names in scope, mappings and filters.

The tables say it all: a piece of source with `X_` for the expression that is there, and how likely it is.
"""

import ast
from collections.abc import Iterator

from inkling.engine.repair.nodes import constant, copied, expression, name
from inkling.engine.repair.sites import ExpressionSite, Role
from inkling.engine.repair.templates.ideas import Idea, Surroundings

MODULES = frozenset({"math", "copy"})  # of the standard library, that the tables below name
_WRAPS = (
    ("int(X_)", 0.5),
    ("str(X_)", 0.6),
    ("list(X_)", 0.6),
    ("sorted(X_)", 0.6),
    ("tuple(X_)", 0.6),
    ("abs(X_)", 0.6),
    ("X_ + 1", 0.6),
    ("X_ - 1", 0.6),
    ("X_[::-1]", 0.5),
    ("len(X_)", 0.5),
    ("set(X_)", 0.45),
    ("not X_", 0.45),
    ("round(X_, 2)", 0.45),
    ("round(X_)", 0.4),
    ("sum(X_)", 0.4),
    ("X_[0]", 0.4),
    ("bool(X_)", 0.4),
    ("''.join(X_)", 0.4),
    ("max(X_)", 0.35),
    ("min(X_)", 0.35),
    ("-X_", 0.35),
    ("X_[-1]", 0.35),
    ("X_[1:]", 0.35),
    ("X_[:-1]", 0.35),
    ("X_.lower()", 0.35),
    ("X_.split()", 0.35),
    ("' '.join(X_)", 0.35),
    ("[X_]", 0.3),
    ("(X_,)", 0.3),
    ("X_.strip()", 0.3),
    ("sorted(X_, reverse=True)", 0.3),
    ("sorted(set(X_))", 0.3),
    ("range(len(X_))", 0.3),
    ("dict(X_)", 0.3),
    ("X_ * 2", 0.25),
    ("X_ // 2", 0.25),
    ("float(X_)", 0.25),
    ("X_.upper()", 0.25),
    ("list(set(X_))", 0.25),
    ("X_.copy()", 0.25),
    ("range(X_)", 0.25),
    ("max(X_, 0)", 0.25),
    ("X_ or []", 0.2),
    ("X_ or 0", 0.2),
    ("X_[1]", 0.2),
    ("round(X_, 1)", 0.2),
    ("X_ ** 2", 0.2),
    ("X_ / 2", 0.2),
    ("list(X_)[::-1]", 0.2),
    ("X_.items()", 0.2),
    ("X_.values()", 0.2),
    ("X_[:]", 0.2),
    ("map(int, X_)", 0.2),
    ("ord(X_)", 0.2),
    ("chr(X_)", 0.2),
    ("math.ceil(X_)", 0.2),
    ("math.floor(X_)", 0.2),
    ("math.sqrt(X_)", 0.15),
    ("X_ ** 0.5", 0.15),
    ("X_ % 2", 0.15),
    ("X_.keys()", 0.15),
    ("enumerate(X_)", 0.15),
    ("list(map(int, X_))", 0.15),
    ("list(map(str, X_))", 0.15),
    ("any(X_)", 0.15),
    ("all(X_)", 0.15),
    ("list(map(list, X_))", 0.12),
    ("''.join(map(str, X_))", 0.12),
    ("' '.join(map(str, X_))", 0.12),
    ("str(X_)[::-1]", 0.1),
    ("str(tuple(X_))", 0.1),
    ("str(list(X_))", 0.1),
    ("tuple(map(tuple, X_))", 0.1),
    ("list(map(tuple, X_))", 0.1),
    ("list(X_.keys())", 0.1),
    ("list(X_.values())", 0.1),
    ("list(X_.items())", 0.1),
    ("X_.replace(' ', '')", 0.1),
    ("reversed(X_)", 0.15),
    ("frozenset(X_)", 0.05),
    ("copy.deepcopy(X_)", 0.08),
    ("sum(map(int, str(X_)))", 0.08),
    ("sum(map(len, X_))", 0.06),
    ("max(map(len, X_))", 0.06),
    ("X_ is not None", 0.05),
    ("X_ is None", 0.05),
    ("X_.title()", 0.06),
    ("X_.capitalize()", 0.06),
    ("await X_", 0.5),
)
_LEAST_PRIOR_WHEN_LARGE = 0.3
_SHARE_OF_ROLE = {
    Role.RETURNED: 1.0,
    Role.ELEMENT: 0.7,
    Role.VALUE: 0.6,
    Role.ITERATED: 0.6,
    Role.PART: 0.45,
    Role.CONDITION: 0.35,
    Role.DEFAULT: 0.3,
}
_WITH_NAME = (
    ("X_ + Y_", 0.3),
    ("X_ - Y_", 0.3),
    ("X_ * Y_", 0.2),
    ("Y_ - X_", 0.2),
    ("X_ // Y_", 0.1),
    ("X_ % Y_", 0.1),
    ("X_ / Y_", 0.1),
    ("Y_ + X_", 0.12),
    ("max(X_, Y_)", 0.12),
    ("min(X_, Y_)", 0.12),
    ("X_ == Y_", 0.12),
    ("X_[Y_]", 0.1),
    ("X_[:Y_]", 0.1),
    ("X_ + [Y_]", 0.1),
    ("[Y_] + X_", 0.08),
)
_WITH_NUMBER = (
    ("X_ + Y_", 0.08),
    ("X_ - Y_", 0.08),
    ("X_ * Y_", 0.08),
    ("X_ / Y_", 0.08),
    ("X_ % Y_", 0.08),
    ("X_ == Y_", 0.1),
    ("X_ != Y_", 0.06),
    ("X_ > Y_", 0.06),
)
_MAPPED = (
    "str(q)",
    "int(q)",
    "tuple(q)",
    "list(q)",
    "q[0]",
    "q[1]",
    "q[::-1]",
    "len(q)",
    "sum(q)",
    "max(q)",
    "q.strip()",
    "sorted(q)",
    "float(q)",
    "q.lower()",
    "abs(q)",
    "q + 1",
    "[q]",
    "(q,)",
    "bool(q)",
    "round(q, 2)",
)
_KEPT = (
    "q",
    "q != 0",
    "q > 0",
    "q != ''",
    "q is not None",
    "len(q) > 1",
    "len(q) > 0",
    "q > 1",
    "q % 2 == 0",
    "q % 2 == 1",
)
_FILTERS = (
    "{0}",
    "not {0}",
    "{0} > 0",
    "{0} != 0",
    "{0} % 2 == 0",
    "{0} % 2 != 0",
    "{0} >= 0",
    "{0} < 0",
    "{0} != ''",
    "{0} != ' '",
    "{0} is not None",
    "{0}.isalpha()",
    "{0}.isdigit()",
    "isinstance({0}, int)",
)


def wraps(site: ExpressionSite, surroundings: Surroundings) -> Iterator[Idea]:
    """Yields the expression in a call, a cast, an index or simple arithmetic."""
    if not _may_be_wrapped(site):
        return
    share = _SHARE_OF_ROLE[site.role]
    for template, prior in _WRAPS:
        if template.startswith("await") and not (
            isinstance(site.scope.function, ast.AsyncFunctionDef) and isinstance(site.node, ast.Call)
        ):
            continue
        if not surroundings.is_large or prior >= _LEAST_PRIOR_WHEN_LARGE:
            yield Idea("wrapped", prior * share, expression(template, site.node))


def own_functions(site: ExpressionSite, surroundings: Surroundings) -> Iterator[Idea]:
    """Yields the expression in a call of the function that it stands in, or of another one of the modules."""
    function = site.scope.function
    if not _may_be_wrapped(site) or site.is_called or function is None:
        return
    own = f"self.{function.name}" if site.scope.unit is not None and site.scope.unit.classes else function.name
    yield Idea("wrapped", 0.3, expression(f"{own}(X_)", site.node))
    for other in () if surroundings.is_large else surroundings.functions:
        if other != function.name:
            yield Idea("wrapped", 0.15, expression(f"{other}(X_)", site.node))


def extensions(site: ExpressionSite, surroundings: Surroundings) -> Iterator[Idea]:
    """Yields the expression in an operation with a name in scope or a number."""
    if not _may_be_wrapped(site) or site.role in (Role.CONDITION, Role.ITERATED):
        return
    share = _SHARE_OF_ROLE[site.role]
    for variable in site.scope.names[:10]:
        for template, prior in _WITH_NAME:
            yield Idea("extended", prior * share, expression(template, site.node, name(variable)), 2)
    if not surroundings.is_large:
        numbers = dict.fromkeys((*surroundings.numbers, 2, 3, 10, 100, *surroundings.documented_numbers))
        for number in numbers:
            for template, prior in _WITH_NUMBER:
                yield Idea("extended", prior * share, expression(template, site.node, constant(number)), 2)


def returned(site: ExpressionSite, surroundings: Surroundings) -> Iterator[Idea]:
    """Yields other values to return: names, constants, tuples, mapped and filtered sequences."""
    if site.role is not Role.RETURNED or not site.is_whole:
        return
    node = site.node
    for variable in site.scope.names:
        yield Idea("returned_name", 0.5, name(variable))
        yield Idea("returned_name", 0.3, expression(f"len({variable})"))
        for template, prior in (("(X_, Y_)", 0.15), ("(Y_, X_)", 0.15), ("[Y_, X_]", 0.1), ("[X_, Y_]", 0.1)):
            yield Idea("returned_tuple", prior, expression(template, node, name(variable)), 2)
    for value in (True, False, None, 0, 1, -1):
        yield Idea("returned_constant", 0.15, constant(value))
    for text in (*surroundings.expected_strings, *surroundings.strings[:6]):
        yield Idea("returned_constant", 0.1, constant(text))
    for element in _MAPPED:
        yield Idea("mapped", 0.15, expression(f"[{element} for q in X_]", node), 2)
        yield Idea("mapped", 0.1, expression(f"tuple({element} for q in X_)", node), 2)
    for condition in _KEPT:
        yield Idea("filtered", 0.12, expression(f"[q for q in X_ if {condition}]", node), 2)
    texts = dict.fromkeys(
        (*surroundings.strings[:4], *surroundings.documented_strings[:4], *surroundings.expected_strings)
    )
    for first in surroundings.expected_strings[:3]:
        for second in texts:
            if first != second:
                yield Idea("returned_choice", 0.1, expression(f"{first!r} if X_ else {second!r}", node), 3)


def filters(site: ExpressionSite, _: Surroundings) -> Iterator[Idea]:
    """Yields comprehensions with a condition more, or none."""
    node = site.node
    if not isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        return
    for index, generator in enumerate(node.generators):

        def with_conditions(
            conditions: list[ast.expr], index: int = index, generator: ast.comprehension = generator
        ) -> ast.expr:
            generators = list(node.generators)
            generators[index] = copied(generator, ifs=conditions)
            return copied(node, generators=generators)

        if generator.ifs:
            yield Idea("deleted_filter", 0.5, with_conditions([]))
        bound = [target.id for target in ast.walk(generator.target) if isinstance(target, ast.Name)]
        for variable in bound[:2]:
            sources = [template.format(variable) for template in _FILTERS]
            for other in site.scope.names[:6]:
                if other != variable:
                    sources += [f"{variable} {operator} {other}" for operator in ("!=", "in", "not in", "<", ">")]
            for source in sources:
                yield Idea("comprehension_filter", 0.15, with_conditions([*generator.ifs, expression(source)]), 2)
    if len(node.generators) == 2:
        yield Idea("swapped_arguments", 0.3, copied(node, generators=list(reversed(node.generators))))


def _may_be_wrapped(site: ExpressionSite) -> bool:
    return not site.is_called and not (isinstance(site.node, ast.Constant) and site.role is not Role.RETURNED)
