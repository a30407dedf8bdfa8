"""Stubs for what was just used and is nowhere defined: functions, methods, attributes of `self`, members of enums."""

import ast
from collections.abc import Iterator

from inkling.core.next_edit import EditKind
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.import_index import imports_of, index_of
from inkling.engine.next_edit.imports.import_sources import is_habit
from inkling.engine.next_edit.imports.import_subject import names_in_code
from inkling.engine.next_edit.mends.class_members import missing_members
from inkling.engine.next_edit.mends.enum_members import missing_enum_members
from inkling.engine.next_edit.mends.stubs import Stub, parameters_of
from inkling.engine.next_edit.reading.binding_reader import bindings_of
from inkling.engine.next_edit.reading.changed_lines import ages_of_lines
from inkling.engine.next_edit.reading.tree_parts import nodes_on
from inkling.engine.next_edit.situation import Situation

MOST_CHANGES = 2  # what was used before that is defined by now, or comes from where nobody can see
MOST_LINES = 200  # of changes that are searched


def propose_definitions(situation: Situation) -> Iterator[EditCandidate]:
    """Yields stubs for what the latest changes use."""
    changes = situation.history[-MOST_CHANGES:]
    for uri in dict.fromkeys(change.uri for change in reversed(changes)):
        view = situation.files.get(uri)
        if view is None or view.tree is None:
            continue
        ages = ages_of_lines(view, changes, MOST_LINES)
        stubs = [
            *_functions(situation, view, view.tree, ages),
            *missing_members(view, view.tree, ages),
            *missing_enum_members(situation, view, view.tree, ages),
        ]
        for rank, stub in enumerate(stubs):
            yield EditCandidate(
                uri=stub.uri,
                first_line=stub.line,
                end_line=stub.line,
                inserted=stub.lines,
                kind=EditKind.DEFINITION,
                proposer="definitions",
                group=f"definition:{stub.name}",
                words=stub.words,
                grounds=Grounds(
                    age=ages[stub.used_at],
                    n_places=len(stubs),
                    rank=rank,
                    n_matched_chars=len(stub.name),
                    certainty=stub.certainty,
                ),
            )


def _functions(situation: Situation, view: FileView, tree: ast.Module, ages: dict[int, int]) -> Iterator[Stub]:
    """Yields functions that changed lines call and that nothing binds and no import is known for."""
    known = imports_of(view).outer_names | imports_of(view).definitions
    names = {
        name
        for line in ages
        for name in names_in_code(view.lines[line])
        if f"{name}(" in view.lines[line] and name not in known and name.islower()
    }
    if not names:
        return
    index = situation.imports if situation.imports is not None else index_of(situation.files.values())
    names = {name for name in names if not index.is_known(name) and not is_habit(index.packages.sources(name))}
    seen: set[str] = set()
    calls = {node.func: node for node in nodes_on(tree, ages) if isinstance(node, ast.Call)}
    for use in bindings_of(view, tree, names).unbound():
        call = calls.get(use.node) if isinstance(use.node, ast.Name) else None
        if call is None or use.name in seen or use.line not in ages:
            continue
        seen.add(use.name)
        parameters = parameters_of(call)
        if parameters is None:
            continue
        header = f"def {use.name}({', '.join(parameters)}):"
        body = "    raise NotImplementedError"
        yield Stub(
            uri=view.uri,
            name=use.name,
            line=_top_level_around(tree, use.line),
            lines=(header, body, "", ""),
            words=f"`{use.name}` is called and not defined",
            used_at=use.line,
        )


def _top_level_around(tree: ast.Module, line: int) -> int:
    """Returns the first line of the statement at the left margin that a line stands in."""
    for node in tree.body:
        decorators = getattr(node, "decorator_list", None)
        first = int(decorators[0].lineno if decorators else node.lineno) - 1
        if first <= line < (node.end_lineno or node.lineno):
            return first
    return line
