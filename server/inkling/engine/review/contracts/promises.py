"""Docstrings and documents that say of a function what is no longer so.

Source: the forms of docstrings: Google Python Style Guide, section 3.8; numpydoc, "Sections"; Sphinx's field lists.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from inkling.core.review import ReviewComment, Severity, Topic
from inkling.engine.review.changed_code import ChangedDefinition, Definition
from inkling.engine.review.project_code import ProjectCode
from inkling.engine.review.promised_values import broken_promise

_SECTION = re.compile(r"^[ \t]*(?:Args|Arguments|Parameters|Params)[ \t]*:?[ \t]*$(?:\n[ \t]*-{3,}[ \t]*$)?", re.M)
_ENTRY = re.compile(r"^([ \t]*)\*{0,2}(\w+)(?:[ \t]*\([^)\n]*\))?[ \t]*:(?=\s|$)", re.M)
_FIELD = re.compile(r":param(?:[ \t]+[^:\s]+)?[ \t]+\*{0,2}(\w+)[ \t]*:")
_RAISES = re.compile(r"^[ \t]*Raises[ \t]*:?[ \t]*$(?:\n[ \t]*-{3,}[ \t]*$)?", re.M)
_RAISES_FIELD = re.compile(r":raises?[ \t]+([\w.]+)[ \t]*:")
MOST_DOCUMENTS: Final = 3  # that a comment names


def of_docstring(pair: ChangedDefinition) -> Iterator[ReviewComment]:
    """Yields a comment where a docstring describes a parameter or an exception that went with this change."""
    before, after, path = pair.before, pair.after, pair.path_after
    if before is None or after is None or path is None or isinstance(after.node, ast.ClassDef):
        return
    described = described_parameters(after.docstring)
    gone = {parameter.name for parameter in before.parameters} - {parameter.name for parameter in after.parameters}
    words = [f"the parameter `{name}`" for name in sorted(gone & described)]
    lost = (_raised(before) - _raised(after)) & _described_exceptions(after.docstring)
    if after.node.body and not _calls_with(after, before):
        words += [f"the exception `{name}`" for name in sorted(lost)]
    if words:
        yield ReviewComment(
            rule="contract.docstring",
            topic=Topic.CONTRACT,
            path=path,
            line=_line_of_docstring(after, sorted(gone & described) or sorted(lost)),
            end_line=after.lines.end - 1,
            symbol=after.qualified_name,
            severity=Severity.NOTE,
            confidence=0.75 if gone & described else 0.5,
            message=f"The docstring of `{after.qualified_name}` still tells of {' and '.join(words)}, "
            "which this change takes away.",
        )


def of_promised_value(pair: ChangedDefinition) -> Iterator[ReviewComment]:
    """Yields a comment where a docstring still names the value that was returned before this change."""
    promise = broken_promise(pair)
    if promise is None or pair.after is None or pair.path_after is None:
        return
    yield ReviewComment(
        rule="contract.docstring",
        topic=Topic.CONTRACT,
        path=pair.path_after,
        line=promise.line,
        end_line=promise.line,
        symbol=pair.after.qualified_name,
        severity=Severity.WARNING,
        confidence=0.8,
        message=f'The docstring of `{pair.after.qualified_name}` still says "{promise.sentence}", and '
        f"`{promise.now}` is returned where it was `{promise.value}`.",
    )


def of_documents(project: ProjectCode, pair: ChangedDefinition) -> Iterator[ReviewComment]:
    """Yields a comment where the project's prose names, as code, a public name that is gone from it."""
    before, path = pair.before, pair.path_after or pair.path_before
    if before is None or path is None or before.name.startswith("_") or before.owner is not None:
        return
    if pair.after is not None and pair.after.name == before.name:
        return
    if next(project.files_with(before.name), None) is not None:
        return
    pattern = re.compile(rf"`[^`\n]*\b{re.escape(before.name)}\b[^`\n]*`")
    found = []
    for name, text in project.documents():
        match = pattern.search(text)
        if match is not None and "change" not in name.stem.lower() and "history" not in name.stem.lower():
            found.append(f"{name}:{text.count(chr(10), 0, match.start()) + 1}")
    if found:
        line = pair.line if pair.after is not None else before.node.lineno
        yield ReviewComment(
            rule="contract.document",
            topic=Topic.CONTRACT,
            path=path,
            line=line,
            end_line=line,
            is_on_old_side=pair.after is None,
            symbol=before.qualified_name,
            severity=Severity.NOTE,
            confidence=0.6,
            message=f"`{before.name}` is gone, and {', '.join(found[:MOST_DOCUMENTS])} still tells of it.",
        )


def described_parameters(docstring: str) -> set[str]:
    """Returns the parameters that a docstring describes."""
    names = set(_FIELD.findall(docstring))
    section = _SECTION.search(docstring)
    return names | _entries(docstring[section.end() :]) if section is not None else names


def _described_exceptions(docstring: str) -> set[str]:
    names = {name.split(".")[-1] for name in _RAISES_FIELD.findall(docstring)}
    section = _RAISES.search(docstring)
    return names | _entries(docstring[section.end() :]) if section is not None else names


def _entries(text: str) -> set[str]:
    """Returns the names that a section lists, up to where the next one begins."""
    names: set[str] = set()
    indent: int | None = None
    for line in text.splitlines():
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip())
        indent = depth if indent is None else indent
        if depth < indent:
            break
        entry = _ENTRY.match(line) or re.match(r"^([ \t]*)(\w+)[ \t]*$", line)
        if depth == indent and entry is not None:
            names.add(entry[2])
    return names


def _raised(definition: Definition) -> set[str]:
    names = set()
    for node in ast.walk(definition.node):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            names.add(ast.unparse(raised).split(".")[-1])
    return names


def _calls_with(after: Definition, before: Definition) -> bool:
    """Tells whether something new is called, which may raise what was raised here before."""

    def called(definition: Definition) -> set[str]:
        return {ast.unparse(node.func) for node in ast.walk(definition.node) if isinstance(node, ast.Call)}

    return bool(called(after) - called(before))


def _line_of_docstring(definition: Definition, names: list[str]) -> int:
    """Returns the line on which a docstring names something; where it begins if nobody finds it."""
    body = definition.node.body
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        for number, line in enumerate(first.value.value.splitlines()):
            if names and re.search(rf"\b{re.escape(names[0])}\b", line):
                return first.lineno + number
    return first.lineno
