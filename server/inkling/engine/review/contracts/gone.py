"""What is gone, or has another name or place, and is still used as it was."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from inkling.core.counted import counted
from inkling.core.review import ReviewComment
from inkling.engine.review.changed_code import ChangedDefinition, Definition
from inkling.engine.review.contracts.references import uses_of
from inkling.engine.review.contracts.uses_comment import comment_on, places
from inkling.engine.review.project_code import ProjectCode


def of_gone_definition(project: ProjectCode, pair: ChangedDefinition) -> Iterator[ReviewComment]:
    """Yields a comment where something is gone, or has another name or place, and is used as it was."""
    before, path = pair.before, pair.path_before
    if before is None or path is None or (pair.after is not None and not pair.is_renamed):
        return
    if _is_still_bound(project, path, before):
        return
    uses = list(uses_of(project, path, before))
    if not uses:
        return
    now = ""
    if pair.after is not None and pair.path_after is not None:
        now = f"; it is `{pair.after.qualified_name}` in {pair.path_after} now"
    yield comment_on(
        pair,
        rule="contract.gone",
        message=f"`{before.qualified_name}` is gone from {path}{now}, and "
        f"{counted(len(uses), 'place still uses', 'places still use')} it: {places(uses)}.",
        uses=uses,
        confidence=0.9,
    )


def _is_still_bound(project: ProjectCode, path: PurePosixPath, definition: Definition) -> bool:
    """Tells whether a module or class still has a name, however it came by it; yes where nobody can say."""
    file = project.file(path)
    if file is None:
        return False
    if file.tree is None:
        return True
    if definition.owner is not None:
        return _is_in_class(file.tree, definition)
    for node in ast.walk(file.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == definition.name:
            return True
        if isinstance(node, ast.Name) and node.id == definition.name and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, ast.alias) and (node.asname or node.name) in (definition.name, "*"):
            return True
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            return True
    return False


def _is_in_class(tree: ast.Module, definition: Definition) -> bool:
    """Tells whether a class may still have a method: it has other bases, or the name in whatever form."""
    owner = definition.owner
    for node in ast.walk(tree):
        if owner is None or not isinstance(node, ast.ClassDef) or node.name != owner.name:
            continue
        if node.bases or node.keywords or node.decorator_list:
            return True
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        names |= {
            each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)
        }
        names |= {each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
        return bool(names & {definition.name, "__getattr__"})
    return True  # with the class its methods are gone, and that is said of the class
