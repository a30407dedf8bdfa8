"""What a model reviewer is told of the code: the embedded reviewers' reading of a change, in the words of `llm`."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from inkling.core.change import ChangedFile, ChangeSet, LineSpan
from inkling.core.suspicion import is_test_file
from inkling.core.text import split_lines
from inkling.engine.review.changed_code import ChangedDefinition, Definition, read_changed_code, read_definitions
from inkling.engine.review.contracts.references import means_module, uses_of
from inkling.engine.review.project_code import CodeFile, ProjectCode, ProjectReader
from inkling.llm.review import ChangedPart, Excerpt

MAX_CALLERS: Final = 3
MAX_CALLEES: Final = 4
LINES_AROUND: Final = 8  # of a call that stands in no function
_PROSE: Final = frozenset({".md", ".rst", ".txt", ".lock", ".csv", ".svg"})  # in these there is nothing to fail


class EmbeddedChangedParts:
    """Knows the code of a project by parsing it. Implements the port `inkling.llm.review.ChangedParts`."""

    def __init__(self, projects: ProjectReader) -> None:
        """Takes what reads the project."""
        self._projects = projects
        self._reading: _Reading | None = None

    def parts(self, changes: ChangeSet) -> Sequence[ChangedPart]:
        """Returns what there is to ask about: functions, what is in none, tests, what is minor; large changes first.

        A definition or a file that is gone has no line to comment on.
        """
        code = read_changed_code(changes.files)
        texts = {file.path: file for file in changes.files if file.after is not None and file.hunks}
        reading = _Reading(project=self._projects.after(changes), texts=texts, before=_texts_before(changes))
        self._reading = reading
        parts = [
            reading.of_definition(pair)
            for pair in code.definitions
            if pair.after is not None and (pair.lines_after or pair.lines_before)
        ]
        for path, file in texts.items():
            if path.suffix == ".py" and path not in code.unparsed:
                lines = code.module_lines_after.get(path, ())
                if lines:
                    parts.append(reading.of_file(path, lines, (), is_minor=not _says_something(file, lines)))
            else:
                is_prose = path.suffix in _PROSE
                parts.append(reading.of_file(path, _all_after(file), _all_before(file), is_minor=is_prose))
        return sorted(parts, key=_rank)

    def surrounded(self, part: ChangedPart) -> ChangedPart:
        """Returns a part of the latest change with its callers and callees."""
        reading = self._reading
        if reading is None or part.after is None:
            return part
        definition = _definition_at(part.after)
        if definition is None:
            return part
        return replace(
            part,
            callers=tuple(reading.callers(part.path, definition)),
            callees=tuple(reading.callees(part.path, definition)),
        )


def _rank(part: ChangedPart) -> tuple[bool, bool, bool, int, PurePosixPath]:
    return (
        part.is_minor,
        is_test_file(part.path),
        not part.symbol,
        -len(part.lines_after) - len(part.lines_before),
        part.path,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A change that is being read.

    Attributes:
        project: The project after it.
        texts: Its changed files that are there after it.
        before: Texts before it, by the path of that time.
    """

    project: ProjectCode
    texts: dict[PurePosixPath, ChangedFile]
    before: dict[PurePosixPath, str]

    def of_definition(self, pair: ChangedDefinition) -> ChangedPart:
        after, path = pair.after, pair.path
        assert after is not None  # noqa: S101 - the caller has looked
        text = self.texts[path].after or ""
        module, root = self._module(path)
        old_path, old = pair.path_before, None
        if pair.before is not None and old_path is not None and old_path in self.before:
            old = _excerpt(old_path, pair.before, self.before[old_path], pair.lines_before)
        is_moved = old_path is not None and old_path != path
        return ChangedPart(
            path=path,
            symbol=after.qualified_name,
            # The lines of another file are no part of this file's hunks.
            lines_before=() if is_moved and not self._was(path, old_path) else pair.lines_before,
            lines_after=pair.lines_after,
            before=old,
            after=_excerpt(path, after, text, pair.lines_after),
            module=module,
            root=root,
            is_minor=pair.is_same_code,
        )

    def of_file(
        self, path: PurePosixPath, after: Sequence[int], before: Sequence[int], *, is_minor: bool
    ) -> ChangedPart:
        module, root = self._module(path)
        return ChangedPart(
            path=path, lines_after=tuple(after), lines_before=tuple(before), module=module, root=root, is_minor=is_minor
        )

    def _was(self, path: PurePosixPath, old_path: PurePosixPath | None) -> bool:
        return self.texts[path].old_path == old_path

    def callers(self, path: PurePosixPath, definition: Definition) -> Iterator[Excerpt]:
        """Yields the functions that call a definition, those of tests last, each once."""
        uses = [use for use in uses_of(self.project, path, definition) if use.call is not None]
        seen: set[tuple[PurePosixPath, int]] = set()
        for use in sorted(uses, key=lambda use: (is_test_file(use.file.path), use.file.path, use.line)):
            excerpt = _around(use.file, use.line, use.node)
            key = (use.file.path, excerpt.lines.first)
            if key not in seen and not (use.file.path == path and use.line in definition.lines):
                seen.add(key)
                yield excerpt
            if len(seen) == MAX_CALLERS:
                return

    def callees(self, path: PurePosixPath, definition: Definition) -> Iterator[Excerpt]:
        """Yields the functions of the project that a definition calls by a plain name, or on its own object."""
        file = self.project.file(path)
        if file is None or file.tree is None or isinstance(definition.node, ast.ClassDef):
            return
        n_yielded = 0
        for name in dict.fromkeys(_called_in(definition)):
            found = self._find(file, name, definition)
            if found is None or (found[0].path == path and found[1].lines == definition.lines):
                continue
            yield _excerpt(found[0].path, found[1], found[0].text, ())
            n_yielded += 1
            if n_yielded == MAX_CALLEES:
                return

    def _find(self, file: CodeFile, name: str, caller: Definition) -> tuple[CodeFile, Definition] | None:
        if name.startswith("self."):
            owner = caller.owner.name if caller.owner is not None else ""
            return _defined(file, f"{owner}.{name.removeprefix('self.')}")
        here = _defined(file, name)
        if here is not None or file.tree is None:
            return here
        for node in ast.walk(file.tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    others = self.project.files_with(alias.name)
                    return next(
                        (
                            found
                            for other in others
                            if means_module(self.project, file.path, node, other.path)
                            and (found := _defined(other, alias.name)) is not None
                        ),
                        None,
                    )
        return None

    def _module(self, path: PurePosixPath) -> tuple[str, PurePosixPath]:
        """Returns the name that a file is imported by, and the folder that it begins in; as others import it."""
        if path.suffix != ".py":
            return "", PurePosixPath()
        parts = path.with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if not parts or not all(part.isidentifier() for part in parts[-1:]):
            return "", PurePosixPath()
        n_parts = 1
        while n_parts < len(parts) and self.project.file(PurePosixPath(*parts[:-n_parts], "__init__.py")) is not None:
            n_parts += 1
        for n_longer in range(len(parts), n_parts, -1):
            name = ".".join(parts[-n_longer:])
            said = (f"from {name} import", f"import {name}")
            if any(words in file.text for file in self.project.files_with(parts[-1]) for words in said):
                n_parts = n_longer
                break
        return ".".join(parts[-n_parts:]), PurePosixPath(*parts[: len(parts) - n_parts])


def _excerpt(path: PurePosixPath, definition: Definition, text: str, changed: Sequence[int]) -> Excerpt:
    focus = changed[0] if changed else definition.lines.first
    return Excerpt(path=path, name=definition.qualified_name, text=text, lines=definition.lines, focus=focus)


def _definition_at(excerpt: Excerpt) -> Definition | None:
    found = _definitions(excerpt.text).get(excerpt.name)
    # Of several with one name, such as a property and its setter, only the last is found.
    return found if found is not None and found.lines == excerpt.lines else None


def _around(file: CodeFile, line: int, node: ast.AST) -> Excerpt:
    """Returns the function that a node stands in, or the lines around it."""
    around: ast.AST | None = node
    while around is not None and not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
        around = file.parents.get(around)
    if around is None:
        n_lines = file.text.count("\n") + 1
        first = max(1, line - LINES_AROUND)
        lines = LineSpan(first=first, n_lines=min(n_lines, line + LINES_AROUND) - first + 1)
        return Excerpt(path=file.path, name="", text=file.text, lines=lines, focus=line)
    first, last = around.lineno, around.end_lineno or around.lineno
    lines = LineSpan(first=first, n_lines=last - first + 1)
    return Excerpt(path=file.path, name=around.name, text=file.text, lines=lines, focus=line)


def _called_in(definition: Definition) -> Iterator[str]:
    for node in ast.walk(definition.node):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.isidentifier() or (called.startswith("self.") and called.removeprefix("self.").isidentifier()):
                yield called


def _defined(file: CodeFile, qualified_name: str) -> tuple[CodeFile, Definition] | None:
    found = _definitions(file.text).get(qualified_name)
    return None if found is None else (file, found)


@lru_cache(maxsize=64)  # the functions of one file call much the same files
def _definitions(text: str) -> dict[str, Definition]:
    try:
        return {each.qualified_name: each for each in read_definitions(text)}
    except (SyntaxError, ValueError, RecursionError):
        return {}


def _texts_before(changes: ChangeSet) -> dict[PurePosixPath, str]:
    return {file.old_path: file.before for file in changes.files if file.old_path and file.before is not None}


def _all_after(file: ChangedFile) -> list[int]:
    return [line for hunk in file.hunks for line in range(hunk.after.first, hunk.after.end)]


def _all_before(file: ChangedFile) -> list[int]:
    return [line for hunk in file.hunks for line in range(hunk.before.first, hunk.before.end)]


def _says_something(file: ChangedFile, lines: Sequence[int]) -> bool:
    """Tells whether lines outside of functions may be worth a question: imports and comments are not."""
    text = split_lines(file.after or "")
    said = (text[line - 1].strip() for line in lines)
    return any(words and not words.startswith(("#", "import ", "from ", ")", '"""', "'''")) for words in said)
