"""Calls of one function were removed, whatever their arguments: those that are left may go, too."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from textwrap import dedent

from inkling.core.next_edit import EditKind
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.nearness import Nearness
from inkling.engine.next_edit.reading.tree_parts import nodes_on
from inkling.engine.next_edit.repeats.block_repeats import PROPOSER
from inkling.engine.next_edit.situation import Situation

MOST_CHANGES = 10  # of the history
MOST_LINES_REMOVED = 30  # of one change; what is longer was not removed for the sake of a call
ENOUGH_REMOVED = 2  # one call may have gone for many reasons
MOST_LINES = 300  # with the function's name
MOST_PLACES = 60  # of one function

_BLOCKS = ("body", "orelse", "finalbody")


def propose_removed_calls(situation: Situation) -> Iterable[EditCandidate]:
    """Yields removals of statements that call what several removed statements called."""
    ages: defaultdict[str, list[int]] = defaultdict(list)
    for age, change in enumerate(reversed(situation.history[-MOST_CHANGES:])):
        if not any(line.strip() for line in change.inserted) and len(change.removed) <= MOST_LINES_REMOVED:
            for function in _called_by(change.removed):
                ages[function].append(age)
    nearness = Nearness(situation)
    for function, removed_at in ages.items():
        if len(removed_at) >= ENOUGH_REMOVED:
            yield from _candidates(situation, nearness, function, removed_at)


def _called_by(lines: Iterable[str]) -> list[str]:
    """Returns the functions that removed lines call, where they are nothing but calls."""
    try:
        statements = ast.parse(dedent("\n".join(lines))).body
    except SyntaxError:
        return []
    functions = [_function_of(statement) for statement in statements]
    return functions if all(functions) else []


def _function_of(statement: ast.AST) -> str:
    """Returns what a statement that is a call and nothing else calls; nothing for other statements."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return ""
    function = statement.value.func
    while isinstance(function, ast.Attribute):
        function = function.value
    return ast.unparse(statement.value.func) if isinstance(function, ast.Name) else ""


def _candidates(
    situation: Situation, nearness: Nearness, function: str, removed_at: list[int]
) -> Iterator[EditCandidate]:
    places = list(_places(situation, nearness, function, since=removed_at[-1]))
    for rank, (uri, first, end) in enumerate(places[:MOST_PLACES]):
        yield EditCandidate(
            uri=uri,
            first_line=first,
            end_line=end,
            inserted=(),
            kind=EditKind.REPEAT,
            proposer=PROPOSER,
            group=f"{PROPOSER}: {function} → ",
            words=f"calls of `{function}` were removed, {len(removed_at)} times",
            grounds=Grounds(
                support=len({*removed_at}),
                age=removed_at[0],
                n_places=len(places),
                rank=rank,
                n_matched_chars=len(function),
                certainty=1 - 1 / len(removed_at),
            ),
        )


def _places(
    situation: Situation, nearness: Nearness, function: str, *, since: int
) -> Iterator[tuple[DocumentUri, int, int]]:
    """Yields the lines of statements that call a function and that their block can do without, the nearest first."""
    word = function.rpartition(".")[2]
    for uri, line in nearness.nearest(lambda view: view.lines_with.get(word, ()), MOST_LINES):
        view = situation.files[uri]
        if view.lines[line].lstrip().startswith(f"{function}(") and not situation.was_written(uri, line, since=since):
            statement = _dispensable(view, line)
            if statement is not None and _function_of(statement) == function:
                yield uri, line, statement.end_lineno or line + 1


def _dispensable(view: FileView, line: int) -> ast.stmt | None:
    """Returns the statement that is alone on its first line, unless it is the only one of its block."""
    if view.tree is None:
        return None
    for node in (view.tree, *nodes_on(view.tree, [line])):
        for name in _BLOCKS:
            block = getattr(node, name, None)
            if not isinstance(block, list) or (len(block) < 2 and node is not view.tree):
                continue
            there = [each for each in block if each.lineno - 1 <= line < (each.end_lineno or each.lineno)]
            if len(there) == 1 and isinstance(there[0], ast.Expr) and there[0].lineno - 1 == line:
                return there[0]
    return None
