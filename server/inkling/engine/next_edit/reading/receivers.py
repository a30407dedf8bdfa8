"""What the object before a dot is: a module of the project, a class, or an object of a class."""

import ast

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.mended_tree import mended_tree
from inkling.engine.next_edit.reading.outline import imports_file, imports_module
from inkling.engine.next_edit.reading.scopes import FunctionNode, Scope, names_in


def means_module(view: FileView, expression: str, module: FileView) -> bool:
    """Returns whether an expression such as `package.module` is, by a file's imports, the module of another file."""
    mended = mended_tree(view)
    for node in mended.tree.body if mended is not None else ():
        match node:
            case ast.Import() if imports_module(node, expression, module):
                return True
            case ast.ImportFrom():
                for alias in node.names:
                    path = ".".join(part for part in (node.module, alias.name) if part)
                    as_module = ast.ImportFrom(module=path, names=[], level=node.level)
                    if (alias.asname or alias.name) == expression and imports_file(view, as_module, module) == 1:
                        return True
            case _:
                continue
    return False


def begins_with_import(view: FileView, expression: str) -> bool:
    """Returns whether the first name of an expression stands in an import of the file."""
    root = expression.partition(".")[0]
    return any(line in view.import_lines for line in view.lines_with.get(root, ()))


def certainty_of_class(view: FileView, scope: Scope, name: str, defining: FileView, owner: ast.ClassDef) -> float:
    """Returns how surely a name means a class in a scope: 1 where it is defined or imported from its very file."""
    names = names_in(view, (name,))
    if names is None:
        return 0.0
    innermost = next((found.scope for found in names.named(name) if found.scope.node is scope.node), names.module)
    bound_in = names.owner_of(name, innermost)
    for binding in bound_in.binding if bound_in is not None else ():
        if binding.node is owner:
            return 1.0
        if isinstance(binding.node, ast.ImportFrom) and view is not defining:
            return imports_file(view, binding.node, defining)
    return 0.0


def class_name_of(variable: str, scope: Scope) -> str | None:
    """Returns the name of the class that a variable of a function is an object of.

    By its annotation, or by assignments that all call the same class; None where that is not known.
    """
    while scope.is_comprehension and scope.parent is not None:
        scope = scope.parent
    found: set[str | None] = set()
    for node in ast.walk(scope.node) if isinstance(scope.node, FunctionNode) else ():
        match node:
            case ast.arg(arg=name, annotation=ast.Name(id=annotation)) if name == variable:
                found.add(annotation)
            case ast.arg(arg=name) if name == variable:
                found.add(None)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id=annotation)) if name == variable:
                found.add(annotation)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=called))) if name == variable:
                found.add(called)
            case ast.Assign() | ast.For() | ast.With() | ast.AugAssign() | ast.AnnAssign() | ast.NamedExpr():
                if any(_is_bound(child, variable) for child in ast.iter_child_nodes(node)):
                    found.add(None)
            case _:
                pass
    return found.pop() if len(found) == 1 else None


def _is_bound(node: ast.AST, variable: str) -> bool:
    if isinstance(node, ast.stmt):
        return False
    return any(
        isinstance(found, ast.Name) and found.id == variable and isinstance(found.ctx, ast.Store)
        for found in ast.walk(node)
    )
