"""Changed lines that tests run and do not look at: small mutants of them survive."""

import ast
import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from inkling.context.parsing import parsing_alone
from inkling.context.project_view import patched_view, text_in_view
from inkling.core.change import ChangeSet
from inkling.core.counted import counted
from inkling.core.errors import UnreadableFileError
from inkling.core.execution import ProjectView, ResourceLimits, SuiteRequest
from inkling.core.ports import SuiteRunner
from inkling.core.repair import FileEdit
from inkling.core.review import ReviewComment, Severity, Topic
from inkling.engine.repair.program import Mutant, Program
from inkling.engine.repair.rendering import edits_for
from inkling.engine.repair.surroundings import surroundings_of
from inkling.engine.repair.templates import mutants
from inkling.engine.review.changed_code import ChangedDefinition
from inkling.engine.review.testing.suite import FAILED, Seen

MUTATING: Final = ("comparison", "connective", "arithmetic", "negation", "returned_constant")
"""Kinds of change that a test should notice."""
MUTANTS_OF_FUNCTION: Final = 3  # that nobody notices say that nothing is asked
LEAST_SURVIVORS: Final = 2
MOST_FUNCTIONS: Final = 8  # that are looked at in one review


async def of_unnoticed(
    changes: ChangeSet, seen: Seen, pairs: Sequence[ChangedDefinition], runner: SuiteRunner
) -> AsyncIterator[ReviewComment]:
    """Yields a comment for each changed function whose tests pass whatever its changed lines are replaced by.

    Raises:
        SandboxError: The sandbox failed.
    """
    for pair in pairs[:MOST_FUNCTIONS]:
        tests = seen.tests_of(pair.path, pair.lines_after)
        if not tests or pair.after is None or pair.is_same_code:
            continue
        survived: list[str] = []
        for mutant in await asyncio.to_thread(_mutants, changes, pair):
            limits = ResourceLimits(wall_s=3 * seen.seconds + 5, cpu_s=3 * seen.seconds + 5)
            run = await runner.run_suite(
                SuiteRequest(view=mutant.view, node_ids=tuple(tests), stop_at_first_failure=True, limits=limits)
            )
            if run.problem is not None or any(case.outcome in FAILED for case in run.cases):
                survived = []
                break
            survived.append(mutant.words)
        if len(survived) >= LEAST_SURVIVORS:
            run_it = f"{counted(len(tests), 'test runs', 'tests run')} `{pair.after.qualified_name}`"
            notices = "it would not" if len(tests) == 1 else "none would"
            yield ReviewComment(
                rule="tests.unnoticed",
                topic=Topic.TESTS,
                path=pair.path,
                line=pair.line,
                end_line=pair.line,
                symbol=pair.after.qualified_name,
                severity=Severity.NOTE,
                confidence=0.6,
                message=f"{run_it}, and {notices} notice if {' or '.join(survived[:2])}.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _SmallMutant:
    """A mutant: the project with it, and what it changes in words."""

    view: ProjectView
    words: str


def _mutants(changes: ChangeSet, pair: ChangedDefinition) -> list[_SmallMutant]:
    """Returns a few small changes of the changed lines, of different kinds."""
    try:
        text = text_in_view(changes.after, pair.path)
    except UnreadableFileError:
        return []
    with parsing_alone():
        return _small_mutants(changes.after, pair, Program([(pair.path, text)]))


def _small_mutants(view: ProjectView, pair: ChangedDefinition, program: Program) -> list[_SmallMutant]:
    lines = {pair.path: dict.fromkeys(pair.lines_after, 1.0)}
    chosen: dict[tuple[str, int], Mutant] = {}
    for mutant in mutants(surroundings_of(program, lines, ())):
        if mutant.kind in MUTATING and len(mutant.changes) == 1 and not mutant.imports:
            line = getattr(mutant.changes[0][0], "lineno", 0)
            if line in pair.lines_after:
                chosen.setdefault((mutant.kind, line), mutant)
    found: list[_SmallMutant] = []
    for mutant in chosen.values():
        if len(found) == MUTANTS_OF_FUNCTION:
            break
        edits = edits_for(program, program.files[0], mutant.changes, ())
        if edits:
            ((old, new),) = mutant.changes
            patched = patched_view(view, [FileEdit(path=pair.path, edit=edit) for edit in edits])
            found.append(_SmallMutant(view=patched, words=f"`{_code(old)}` were `{_code(new)}`"))
    return found


def _code(node: ast.AST | tuple[ast.AST, ...]) -> str:
    return " ".join(ast.unparse(node).split()) if isinstance(node, ast.AST) else "nothing"
