"""Shapes that were written down with the old code, and are read with the new one."""

import ast
from collections.abc import Iterator
from typing import Final

from inkling.core.change import ChangeSet
from inkling.core.review import ReviewComment, Severity, Topic
from inkling.engine.review.changed_code import ChangedDefinition, Definition

MIGRATIONS: Final = "migrations"  # the folder beside the models; source: Django's documentation, "Migrations"
_STORING_METHODS = frozenset(
    {"to_dict", "from_dict", "to_json", "from_json", "as_dict", "__getstate__", "__setstate__"}
)
_STORING_BASES = frozenset({"BaseModel", "Schema", "Serializer", "ModelSerializer", "TypedDict", "Struct"})


def of_stored_shape(pair: ChangedDefinition, changes: ChangeSet) -> Iterator[ReviewComment]:
    """Yields a comment where a field went from what is stored, or a model changed without a migration."""
    before, after, path = pair.before, pair.after, pair.path_after
    if before is None or after is None or path is None:
        return
    if not isinstance(before.node, ast.ClassDef) or not isinstance(after.node, ast.ClassDef):
        return
    if _is_model(after.node):
        yield from _of_model(pair, before, after, changes)
        return
    gone = [name for name in _fields(before.node) if name not in _fields(after.node)]
    if gone and _is_stored(after.node):
        names = ", ".join(f"`{name}`" for name in gone)
        yield _comment(
            pair,
            rule="contract.stored-field",
            message=f"{names} {'is' if len(gone) == 1 else 'are'} gone from `{after.qualified_name}`, objects of which "
            "are written down: what was stored before still has it.",
            confidence=0.5,
        )


def _of_model(
    pair: ChangedDefinition, before: Definition, after: Definition, changes: ChangeSet
) -> Iterator[ReviewComment]:
    path = pair.path_after
    if path is None or _columns(before.node) == _columns(after.node):
        return
    folder = path.parent / MIGRATIONS
    if not (changes.after.folder / folder).is_dir() or any(file.path.parent == folder for file in changes.files):
        return
    yield _comment(
        pair,
        rule="contract.migration",
        message=f"The fields of `{after.qualified_name}` changed, and {folder} has no new migration.",
        confidence=0.8,
    )


def _comment(pair: ChangedDefinition, *, rule: str, message: str, confidence: float) -> ReviewComment:
    return ReviewComment(
        rule=rule,
        topic=Topic.CONTRACT,
        path=pair.path,
        line=pair.line,
        end_line=pair.line,
        symbol=pair.definition.qualified_name,
        severity=Severity.WARNING,
        confidence=confidence,
        message=message,
    )


def _is_model(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base) == "models.Model" for base in node.bases)


def _is_stored(node: ast.ClassDef) -> bool:
    methods = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    bases = {ast.unparse(base).split(".")[-1] for base in node.bases}
    return bool(methods & _STORING_METHODS or bases & _STORING_BASES)


def _fields(node: ast.ClassDef) -> list[str]:
    targets = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
    return [target.id for target in targets if isinstance(target, ast.Name) and not target.id.startswith("_")]


def _columns(node: ast.AST) -> dict[str, str]:
    """Returns the fields of a model as code, by name."""
    columns = {}
    for statement in getattr(node, "body", ()):
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
            kind = ast.unparse(statement.value.func).split(".")[-1]
            if kind.endswith(("Field", "ForeignKey", "Key")):
                columns[ast.unparse(statement.targets[0])] = ast.unparse(statement.value)
    return columns
