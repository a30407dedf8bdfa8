"""What of a change can be called, and what is known of how it is called."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from inkling.context.parsing import parse
from inkling.core.change import ChangedFile, ChangeSet
from inkling.core.suspicion import is_test_file
from inkling.engine.judging.examples import docstring_examples
from inkling.engine.judging.values import is_literal
from inkling.engine.review.behaviour.exchange import Origin, Target
from inkling.engine.review.changed_code import ChangedCode, ChangedDefinition, Definition, read_definitions
from inkling.engine.review.project_code import ProjectCode

MOST_TARGETS = 24
_MOST_CALLS = 16  # of one target, from call sites
_MOST_TEST_FILES = 24
_LEVELS_OF_CALLERS = 2


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A stretch of changed code that a difference may come from.

    Attributes:
        path: The file after the change.
        symbol: The qualified name of the definition; empty at module level.
        pair: The definition before and after; None at module level.
        lines: Changed lines after the change; where lines only went, the one beside the gap.
        span: All lines of the definition after the change.
    """

    path: PurePosixPath
    symbol: str
    pair: ChangedDefinition | None
    lines: tuple[int, ...]
    span: range


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What is read from files before anything is run.

    Attributes:
        targets: What is called.
        causes: What changed and runs.
        test_files: Files with tests that may reach it, the nearest first.
        promises: Calls in docstrings of the old version, with the literals that they promise.
    """

    targets: tuple[Target, ...]
    causes: tuple[Cause, ...]
    test_files: tuple[PurePosixPath, ...]
    promises: Mapping[str, str]


def prepare(changes: ChangeSet, code: ChangedCode) -> Prepared:
    """Returns what is to be compared. Reads files of the project."""
    files = [
        file
        for file in changes.files
        if file.path.suffix == ".py"
        and file.before is not None
        and file.after is not None
        and not is_test_file(file.path)
        and file.path not in code.unparsed
    ]
    causes: list[Cause] = []
    wanted: dict[tuple[PurePosixPath, str], None] = {}
    by_file = {file.path: file for file in files}
    for pair in code.definitions:
        file = by_file.get(pair.path_after) if pair.path_after is not None else None
        if file is None or pair.before is None or pair.after is None or pair.is_same_code:
            continue
        causes.append(_cause(file, pair))
        for name in _called_for(pair, file):
            wanted[file.path, name] = None
    for file in files:
        names, lines = _module_level(file)
        if names:
            causes.append(Cause(path=file.path, symbol="", pair=None, lines=lines, span=range(0)))
            for name in _users(file, names):
                wanted[file.path, name] = None
    project = ProjectCode(changes.before)
    matched = {(pair.path_after, pair.after.qualified_name): pair for pair in code.definitions if pair.after}
    targets = []
    promises = {
        example.call: example.wanted for file in files for example in docstring_examples(parse(file.before or ""), "")
    }
    for path, name in list(wanted)[:MOST_TARGETS]:
        target = _target(changes, by_file[path], name, matched.get((path, name)), project)
        if target is not None:
            targets.append(target)
    return Prepared(
        targets=tuple(targets),
        causes=tuple(causes),
        test_files=tuple(_test_files(ProjectCode(changes.after), by_file, targets)),
        promises=promises,
    )


def _cause(file: ChangedFile, pair: ChangedDefinition) -> Cause:
    after = pair.after
    if after is None:
        raise ValueError("a cause is there after the change")
    lines = pair.lines_after or tuple(_beside_gaps(file, after))
    return Cause(
        path=file.path,
        symbol=after.qualified_name,
        pair=pair,
        lines=lines or (after.node.lineno,),
        span=range(after.lines.first, after.lines.end),
    )


def _beside_gaps(file: ChangedFile, after: Definition) -> Iterator[int]:
    for hunk in file.hunks:
        if hunk.after.n_lines == 0 and after.lines.first < hunk.after.first <= after.lines.end:
            yield min(hunk.after.first, after.lines.end - 1)


def _called_for(pair: ChangedDefinition, file: ChangedFile) -> list[str]:
    """Returns names of what is called to see what a changed definition does."""
    after = pair.after
    if after is None:
        return []
    if isinstance(after.node, ast.ClassDef):
        return [f"{after.qualified_name}.__init__"]
    if not _is_private(after.name):
        return [after.qualified_name]
    callers = [
        name
        for name in _users(file, {after.name}, levels=_LEVELS_OF_CALLERS)
        if not _is_private(name.rpartition(".")[2])
    ]
    return callers or [after.qualified_name]


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _users(file: ChangedFile, names: set[str], levels: int = 1) -> list[str]:
    """Returns the functions and methods of a file that use names, directly or by others."""
    definitions = [item for item in read_definitions(file.after or "") if not isinstance(item.node, ast.ClassDef)]
    found: dict[str, None] = {}
    for _ in range(levels):
        names = names | {name.rpartition(".")[2] for name in found if _is_private(name.rpartition(".")[2])}
        for item in definitions:
            if _names_in(item.node) & names and item.name not in names:
                found[item.qualified_name] = None
    return list(found)


def _names_in(node: ast.AST) -> set[str]:
    found = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            found.add(inner.id)
        elif isinstance(inner, ast.Attribute):
            found.add(inner.attr)
    return found


def _module_level(file: ChangedFile) -> tuple[set[str], tuple[int, ...]]:
    """Returns the names that differing statements of a module bind, and the changed lines outside of definitions."""
    before, after = (_statements(text or "") for text in (file.before, file.after))
    names = set()
    for text, statement in [*before.items(), *after.items()]:
        if (text in before) != (text in after):
            names |= _bound(statement)
    inside = {line for item in read_definitions(file.after or "") for line in range(item.lines.first, item.lines.end)}
    lines = [
        max(1, line)
        for hunk in file.hunks
        for line in range(hunk.after.first, max(hunk.after.end, hunk.after.first + 1))
        if line not in inside or not hunk.after.n_lines
    ]
    return names, tuple(lines)


def _statements(text: str) -> dict[str, ast.stmt]:
    return {
        ast.unparse(statement): statement
        for statement in parse(text).body
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    }


def _bound(statement: ast.stmt) -> set[str]:
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def _target(
    changes: ChangeSet, file: ChangedFile, name: str, pair: ChangedDefinition | None, project: ProjectCode
) -> Target | None:
    old_name = pair.before.qualified_name if pair is not None and pair.before is not None else name
    old_path = (pair.path_before if pair is not None else None) or file.old_path or file.path
    if "." in name and old_name != name:
        return None  # inputs call it by its old name
    befores, afters = (
        {item.qualified_name: item for item in read_definitions(text or "")} for text in (file.before, file.after)
    )
    before, after = befores.get(old_name), afters.get(name)
    if old_path != (file.old_path or file.path) and pair is not None:
        before = pair.before
    if name.endswith(".__init__"):
        owner = name.rpartition(".")[0]
        before, after = before or befores.get(owner), after or afters.get(owner)
    if before is None or after is None:
        return None
    constants = [
        node.value
        for tree in (before.node, after.node, *_constants_used(file, after))
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
    ]
    docstrings = {
        ast.get_docstring(node)
        for node in ast.walk(before.node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    documented = docstring_examples(ast.Module(body=[before.node], type_ignores=[]), "") if any(docstrings) else []
    calls = [(example.call, Origin.DOCSTRING) for example in documented if example.call.startswith(f"{old_name}(")]
    sites = [(call, Origin.CALL_SITE) for call in _call_sites(project, old_name)]
    return Target(
        file=str(changes.before.folder / old_path),
        file_after=str(changes.after.folder / file.path),
        name=old_name,
        name_after=name,
        calls=tuple(dict(reversed([*calls, *sites])).items()),
        numbers=tuple(sorted({value for value in constants if type(value) is int})),
        words=tuple(dict.fromkeys(value for value in constants if isinstance(value, str) and 0 < len(value) < 30)),
    )


def _constants_used(file: ChangedFile, definition: Definition) -> list[ast.stmt]:
    """Returns the statements of a module that bind names which a definition uses."""
    names = _names_in(definition.node)
    return [statement for statement in _statements(file.after or "").values() if _bound(statement) & names]


def _call_sites(project: ProjectCode, name: str) -> Iterator[str]:
    """Yields calls of a function whose arguments are literals, as code."""
    if "." in name:
        return
    found: dict[str, None] = {}
    for file in project.files_with(name):
        for node in ast.walk(file.tree) if file.tree is not None else ():
            if isinstance(node, ast.Call) and _is_called(node, name) and _has_literals(node):
                plain = ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=node.args, keywords=node.keywords)
                found[ast.unparse(ast.fix_missing_locations(plain))] = None
                if len(found) >= _MOST_CALLS:
                    break
    yield from found


def _is_called(node: ast.Call, name: str) -> bool:
    if isinstance(node.func, ast.Name):
        return node.func.id == name
    return isinstance(node.func, ast.Attribute) and node.func.attr == name and isinstance(node.func.value, ast.Name)


def _has_literals(node: ast.Call) -> bool:
    arguments: Iterable[ast.expr] = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg)]
    return all(is_literal(argument) for argument in arguments) and all(keyword.arg for keyword in node.keywords)


def _test_files(
    project: ProjectCode, files: Mapping[PurePosixPath, ChangedFile], targets: Sequence[Target]
) -> list[PurePosixPath]:
    """Returns files with tests that name a changed module, or what is called; those of the same name first."""
    stems = {path.stem if path.stem != "__init__" else path.parent.name for path in files}
    words = [*stems, *dict.fromkeys(target.name_after.split(".")[0] for target in targets)]
    found: dict[PurePosixPath, None] = {}
    for word in words:
        for file in project.files_with(word):
            if is_test_file(file.path) and file.path.name != "conftest.py":
                found[file.path] = None
    near = sorted(found, key=lambda path: (not any(stem in path.stem for stem in stems), str(path)))
    return near[:_MOST_TEST_FILES]


def texts_of(changes: ChangeSet, *, is_new: bool) -> dict[str, str]:
    """Returns the Python texts of one version that may differ from the files that a run finds, by absolute path."""
    view = changes.after if is_new else changes.before
    texts = {str(view.folder / path): text for path, text in view.edits.items() if path.suffix == ".py"}
    for file in changes.files:
        path, text = (file.path, file.after) if is_new else (file.old_path, file.before)
        if path is not None and text is not None and path.suffix == ".py":
            texts[str(Path(view.folder) / path)] = text
    return texts
