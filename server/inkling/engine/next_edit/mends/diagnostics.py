"""Complaints of linters that the last changes caused and that have a safe mend.

A handful of rules over the syntax tree stands in for a linter: its process would take longer to start than there is
time for a prediction.

Source: ruff's documentation, "Rules": F541, E711, N805, F841.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkling.core.next_edit import EditKind, LineChange
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.imports.import_subject import names_in_code
from inkling.engine.next_edit.mends.syntax_mends import mended_lines
from inkling.engine.next_edit.reading.binding_reader import bindings_of
from inkling.engine.next_edit.reading.bindings import Binding, Scope
from inkling.engine.next_edit.reading.changed_lines import ages_of_lines
from inkling.engine.next_edit.reading.tree_parts import nodes_on
from inkling.engine.next_edit.situation import Situation

MOST_CHANGES = 6  # complaints about older changes were seen and left
MOST_NAMES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mend:
    """Lines that end a complaint; `first_line` to before `end_line`."""

    first_line: int
    end_line: int
    lines: tuple[str, ...]
    words: str
    certainty: float


def propose_diagnostics(situation: Situation) -> Iterator[EditCandidate]:
    """Yields mends of what the latest changes broke."""
    changes = situation.history[-MOST_CHANGES:]
    for uri in dict.fromkeys(change.uri for change in reversed(changes)):
        view = situation.files.get(uri)
        if view is None:
            continue
        ages = ages_of_lines(view, changes)
        for mend in _mends(view, changes, ages):
            yield EditCandidate(
                uri=uri,
                first_line=mend.first_line,
                end_line=mend.end_line,
                inserted=mend.lines,
                kind=EditKind.DIAGNOSTIC,
                proposer="diagnostics",
                group=f"diagnostics:{mend.words}",
                words=mend.words,
                grounds=Grounds(
                    age=ages.get(mend.first_line, 0),
                    n_matched_chars=sum(len(line.strip()) for line in view.lines[mend.first_line : mend.end_line]),
                    certainty=mend.certainty,
                ),
            )


def _mends(view: FileView, changes: Sequence[LineChange], ages: dict[int, int]) -> Iterator[_Mend]:
    if view.tree is None:
        if view.broken_line is not None and ages.keys() & {view.broken_line, view.broken_line - 1}:
            for each in mended_lines(view, view.broken_line):
                yield _Mend(
                    first_line=each.line,
                    end_line=each.line + 1,
                    lines=(each.text,),
                    words=each.words,
                    certainty=each.certainty,
                )
        return
    for node in nodes_on(view.tree, ages):
        match node:
            case ast.JoinedStr():
                yield from _without_prefix(view, node)
            case ast.Compare():
                yield from _with_is(view, node)
            case ast.ClassDef():
                yield from _with_self(view, node, ages)
    yield from _without_unused(view, view.tree, changes)


def _without_prefix(view: FileView, node: ast.JoinedStr) -> Iterator[_Mend]:
    """Yields a string without the `f` that it does not need."""
    is_filled = any(isinstance(value, ast.FormattedValue) for value in node.values)
    if is_filled or not node.values or node.lineno != node.end_lineno:
        return
    line = view.lines[node.lineno - 1]
    start = len(line.encode()[: node.col_offset].decode(errors="ignore"))
    prefix = line[start : start + 2].lower()
    end = len(line.encode()[: node.end_col_offset or 0].decode(errors="ignore"))
    quote = line[start + 1 : start + 2]
    if not prefix.startswith("f") or quote not in "\"'" or "{{" in line[start:end] or "}}" in line[start:end]:
        return
    if line[start + 1 : end].count(quote) != 2:  # several literals in a row are left alone
        return
    yield _Mend(
        first_line=node.lineno - 1,
        end_line=node.lineno,
        lines=(line[:start] + line[start + 1 :],),
        words="an f-string without a placeholder",
        certainty=0.6,
    )


def _with_is(view: FileView, node: ast.Compare) -> Iterator[_Mend]:
    """Yields `is None` for `== None`."""
    left: ast.expr = node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        is_none = isinstance(right, ast.Constant) and right.value is None
        if is_none and isinstance(operator, ast.Eq | ast.NotEq) and left.end_lineno == right.lineno:
            line = view.lines[right.lineno - 1]
            start = len(line.encode()[: left.end_col_offset or 0].decode(errors="ignore"))
            end = len(line.encode()[: right.col_offset].decode(errors="ignore"))
            written, wanted = ("==", "is") if isinstance(operator, ast.Eq) else ("!=", "is not")
            between = line[start:end]
            if between.strip() == written:
                yield _Mend(
                    first_line=right.lineno - 1,
                    end_line=right.lineno,
                    lines=(f"{line[:start]} {wanted} {line[end:]}",),
                    words=f"`None` is compared with `{written}`",
                    certainty=0.6,
                )
        left = right


def _with_self(view: FileView, node: ast.ClassDef, ages: dict[int, int]) -> Iterator[_Mend]:
    """Yields methods with the `self` that they lack."""
    for method in node.body:
        if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) or method.lineno - 1 not in ages:
            continue
        arguments = method.args
        has_first = arguments.posonlyargs or arguments.args or arguments.vararg
        line = view.lines[method.lineno - 1]
        opening = f"{method.name}("
        if has_first or method.decorator_list or method.name in ("__new__", "__init_subclass__") or opening not in line:
            continue
        at = line.index(opening) + len(opening)
        separator = "" if line[at:].lstrip().startswith(")") else ", "
        if not line[at:].strip():
            continue
        yield _Mend(
            first_line=method.lineno - 1,
            end_line=method.lineno,
            lines=(f"{line[:at]}self{separator}{line[at:]}",),
            words=f"`{method.name}` is a method without `self`",
            certainty=0.8,
        )


def _without_unused(view: FileView, tree: ast.Module, changes: Sequence[LineChange]) -> Iterator[_Mend]:
    """Yields local variables and caught exceptions that nothing reads since the changes took their use away."""
    names = _names_taken_out(view, changes)
    if not names:
        return
    bindings = bindings_of(view, tree, names)
    for scope in bindings.module.everything():
        if scope.kind != "function":
            continue
        for binding in scope.bindings:
            is_alone = sum(other.name == binding.name for other in scope.bindings) == 1
            if is_alone and binding.name not in scope.outer and not bindings.users_of(scope, binding.name):
                yield from _without(view, scope, binding)


def _names_taken_out(view: FileView, changes: Sequence[LineChange]) -> set[str]:
    names: set[str] = set()
    for change in changes:
        if change.uri == view.uri:
            removed = {name for line in change.removed for name in names_in_code(line)}
            inserted = {name for line in change.inserted for name in names_in_code(line)}
            names |= removed - inserted
    found = {
        name for name in names if not name.startswith("_") and 0 < len(view.lines_with.get(name, ())) <= MOST_NAMES
    }
    return set(sorted(found)[:MOST_NAMES])


def _without(view: FileView, scope: Scope, binding: Binding) -> Iterator[_Mend]:
    words = f"`{binding.name}` is no longer used"
    if binding.kind == "except":
        line = view.lines[binding.line]
        if f" as {binding.name}:" in line:
            text = line.replace(f" as {binding.name}:", ":", 1)
            yield _Mend(first_line=binding.line, end_line=binding.line + 1, lines=(text,), words=words, certainty=0.7)
        return
    for statement in nodes_on(scope.node, [binding.line]):
        is_binding = isinstance(statement, ast.Assign) and statement.targets == [binding.node]
        if not isinstance(statement, ast.Assign) or not is_binding or not _may_leave(scope.node, statement):
            continue
        first, end = statement.lineno - 1, statement.end_lineno or statement.lineno
        if any(
            isinstance(node, ast.Call | ast.Await | ast.Yield | ast.YieldFrom) for node in ast.walk(statement.value)
        ):
            line = view.lines[first]
            value = len(line.encode()[: statement.value.col_offset].decode(errors="ignore"))
            if statement.value.lineno == statement.lineno:
                lines = (indentation(line) + line[value:], *view.lines[first + 1 : end])
                yield _Mend(first_line=first, end_line=end, lines=lines, words=words, certainty=0.4)
        else:
            yield _Mend(first_line=first, end_line=end, lines=(), words=words, certainty=0.7)


def _may_leave(root: ast.AST, statement: ast.stmt) -> bool:
    """Returns whether a block still has statements without this one."""
    for node in [root, *nodes_on(root, [statement.lineno - 1])]:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and statement in block:
                return len(block) > 1
    return False
