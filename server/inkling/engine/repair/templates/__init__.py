"""All templates, and the mutants that they make of a program."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from inkling.engine.repair.program import Change, Mutant, Replacement
from inkling.engine.repair.sites import ExpressionSite
from inkling.engine.repair.templates import (
    assignments,
    blocks,
    borrowed,
    calls,
    classes,
    everywhere,
    insertions,
    names,
    operators,
    values,
    wraps,
)
from inkling.engine.repair.templates.ideas import (
    ExpressionTemplate,
    ProgramTemplate,
    StatementTemplate,
    Surroundings,
)

__all__ = ["Surroundings", "imports_for", "mutants"]

OF_EXPRESSIONS: tuple[ExpressionTemplate, ...] = (
    names.misspelt_names,
    names.misspelt_attributes,
    names.misspelt_keys,
    names.misspelt_arguments,
    operators.comparisons,
    operators.arithmetic,
    operators.connectives,
    operators.alternatives,
    operators.conditions,
    values.constants,
    values.names,
    values.containers,
    calls.functions,
    calls.arguments,
    calls.further_arguments,
    calls.ranges,
    calls.subscripts,
    classes.own_class,
    classes.late_names,
    wraps.filters,
    wraps.wraps,
    wraps.own_functions,
    wraps.extensions,
    wraps.returned,
)
OF_STATEMENTS: tuple[StatementTemplate, ...] = (
    blocks.deletions,
    blocks.moves,
    blocks.indentation,
    blocks.branches,
    blocks.branch_ends,
    borrowed.missing_else,
    borrowed.statements_of_the_function,
    borrowed.statements_elsewhere,
    borrowed.statements_of_the_workspace,
    borrowed.guards_elsewhere,
    blocks.loops,
    blocks.counted_loops,
    assignments.augmented,
    assignments.plain,
    assignments.dropped_values,
    assignments.loop_targets,
    insertions.guards,
    insertions.simple_statements,
    insertions.jumps,
    insertions.ends,
    classes.parents_methods,
    classes.own_state,
)
OF_PROGRAMS: tuple[ProgramTemplate, ...] = (everywhere.coordinated, everywhere.twins, everywhere.delegations)


def mutants(surroundings: Surroundings) -> list[Mutant]:
    """Returns every single change that a template knows, likeliest first, none twice."""
    found = sorted((mutant for mutant in _all(surroundings) if mutant.weight > 0), key=lambda each: -each.weight)
    seen: set[object] = set()
    return [mutant for mutant in found if _is_new(mutant, seen)]


def _all(surroundings: Surroundings) -> Iterator[Mutant]:
    for site in surroundings.sites.expressions:
        for template in OF_EXPRESSIONS:
            for idea in template(site, surroundings):
                change: tuple[Change, ...] = ((site.node, idea.node),)
                weight = site.suspiciousness * idea.prior
                imports = _needed_imports(surroundings, site, idea.node)
                yield Mutant(changes=change, kind=idea.kind, weight=weight, size=idea.size, imports=imports)
    for place in surroundings.sites.statements:
        for statement_template in OF_STATEMENTS:
            for rewrite in statement_template(place, surroundings):
                weight = max(place.suspiciousness, rewrite.least_suspiciousness) * rewrite.prior
                path = surroundings.program.file_of(place.node).path
                imports = tuple((path, statement) for statement in rewrite.imports)
                yield Mutant(
                    changes=rewrite.changes, kind=rewrite.kind, weight=weight, size=rewrite.size, imports=imports
                )
    for file in surroundings.program.files:
        for statement, prior in names.missing_imports(file):
            yield Mutant(changes=(), kind="missing_import", weight=prior, imports=((file.path, statement),))
    for program_template in OF_PROGRAMS:
        for rewrite in program_template(surroundings):
            yield Mutant(changes=rewrite.changes, kind=rewrite.kind, weight=rewrite.prior, size=rewrite.size)


def imports_for(surroundings: Surroundings, place: ast.AST, module: str) -> tuple[tuple[PurePosixPath, str], ...]:
    """Returns what must be imported where `place` is, so that the name of a standard module means it."""
    file = surroundings.program.file_of(place)
    return () if module in names.bound_names(file) else ((file.path, f"import {module}"),)


def _needed_imports(
    surroundings: Surroundings, site: ExpressionSite, new: ast.expr
) -> tuple[tuple[PurePosixPath, str], ...]:
    named = new.func if isinstance(new, ast.Call) else new
    if isinstance(named, ast.Attribute) and isinstance(named.value, ast.Name) and named.value.id in wraps.MODULES:
        return imports_for(surroundings, site.node, named.value.id)
    return ()


def _is_new(mutant: Mutant, seen: set[object]) -> bool:
    key = (tuple((id(target), _shape(new)) for target, new in mutant.changes), () if mutant.changes else mutant.imports)
    if key in seen:
        return False
    seen.add(key)
    return True


def _shape(node: Replacement | object) -> object:
    """Returns what tells replacements apart: names and constants by what they say, other old nodes by identity."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        return type(node.value), node.value
    if isinstance(node, ast.expr_context):
        return None
    if isinstance(node, ast.AST):
        return (node.__class__, *(_shape(getattr(node, field, None)) for field in node._fields))
    if isinstance(node, list | tuple):
        return tuple(_shape(child) for child in node)
    return node
