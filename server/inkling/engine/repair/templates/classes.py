"""What goes wrong with classes and closures: the parent's constructor, shared state, names that are bound too late."""

import ast
from collections.abc import Iterator

from inkling.engine.repair.nodes import copied, name, placed, statements
from inkling.engine.repair.program import FunctionNode, Program
from inkling.engine.repair.sites import ExpressionSite, StatementSite
from inkling.engine.repair.templates.ideas import Idea, Rewrite, Surroundings

_MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Call)
_LOOPS = (ast.For, ast.AsyncFor)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def parents_methods(site: StatementSite, surroundings: Surroundings) -> Iterator[Rewrite]:
    """Yields the call of the same method of the parent class, first or last in a method that makes none."""
    function, owner = _method(site)
    if function is None or owner is None or not owner.bases or site.depth > 0:
        return
    if any(isinstance(node, ast.Name) and node.id == "super" for node in ast.walk(function)):
        return
    for arguments, prior in _passed_on(function, owner, surroundings.program):
        source = f"super().{function.name}({', '.join(arguments)})"
        if site.index == 0:
            yield Rewrite("missing_super_call", prior, ((site.node, (*statements(source), site.node)),), 2, 0.5)
        if site.is_last and not isinstance(site.node, ast.Return):
            yield Rewrite("missing_super_call", prior, ((site.node, (site.node, *statements(source))),), 2, 0.5)


def own_state(site: StatementSite, _: Surroundings) -> Iterator[Rewrite]:
    """Yields, in a constructor, an attribute of the object's own for one that all objects of the class share."""
    function, owner = _method(site)
    if function is None or owner is None or function.name != "__init__" or not site.is_last or site.depth > 0:
        return
    for statement in owner.body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, _MUTABLE):
            continue
        for target in statement.targets:
            if isinstance(target, ast.Name):
                source = f"self.{target.id} = {ast.unparse(statement.value)}"
                yield Rewrite("own_state", 0.7, ((site.node, (site.node, *statements(source))),), 2, 0.5)


def own_class(site: ExpressionSite, _: Surroundings) -> Iterator[Idea]:
    """Yields the class that a method was called on for the class that it stands in."""
    unit = site.scope.unit
    if unit is None or not unit.classes or not isinstance(site.node, ast.Name) or site.node.id != unit.classes[-1].name:
        return
    decorators = [ast.unparse(decorator) for decorator in unit.function.decorator_list]
    if "classmethod" in decorators:
        yield Idea("own_class", 0.7, name(unit.function.args.args[0].arg))
    elif "staticmethod" not in decorators and unit.function.args.args:
        yield Idea("own_class", 0.4, placed(_type_of(unit.function.args.args[0].arg)))


def late_names(site: ExpressionSite, surroundings: Surroundings) -> Iterator[Idea]:
    """Yields a `lambda` that keeps the value which a loop's variable has when it is made."""
    node = site.node
    if not isinstance(node, ast.Lambda):
        return
    used = {each.id for each in ast.walk(node.body) if isinstance(each, ast.Name)}
    late = [variable for variable in _loop_variables(node, surroundings.program) if variable in used]
    taken = {argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    late = [variable for variable in dict.fromkeys(late) if variable not in taken]
    if not late or node.args.vararg is not None or node.args.kwonlyargs:
        return
    arguments = copied(
        node.args,
        args=[*node.args.args, *(placed(ast.arg(variable)) for variable in late)],
        defaults=[*node.args.defaults, *map(name, late)],
    )
    yield Idea("late_name", 0.8, copied(node, args=arguments), 2)


def _method(site: StatementSite) -> tuple[FunctionNode | None, ast.ClassDef | None]:
    """Returns the method that a statement stands in, and its class; none within a function of the method."""
    unit = site.scope.unit
    if unit is None or not unit.classes or unit.function is not site.scope.function:
        return None, None
    return unit.function, unit.classes[-1]


def _passed_on(
    function: FunctionNode, owner: ast.ClassDef, program: Program
) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yields what may be passed to the parent's method: its own parameters where they are known, likeliest first."""
    own = [argument.arg for argument in function.args.args[1:]]
    for base in owner.bases:
        for file in program.files:
            for node in file.tree.body:
                if not isinstance(node, ast.ClassDef) or node.name != ast.unparse(base).split(".")[-1]:
                    continue
                for method in node.body:
                    if isinstance(method, ast.FunctionDef) and method.name == function.name:
                        yield tuple(each.arg for each in method.args.args[1:] if each.arg in own), 0.8
    yield (), 0.5
    yield tuple(own), 0.4
    if own:
        yield (own[0],), 0.3


def _type_of(variable: str) -> ast.expr:
    return ast.Call(func=name("type"), args=[name(variable)], keywords=[])


def _loop_variables(node: ast.AST, program: Program) -> Iterator[str]:
    around = program.parent_of(node)
    while around is not None and not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        targets: list[ast.expr] = []
        if isinstance(around, _LOOPS):
            targets = [around.target]
        elif isinstance(around, _COMPREHENSIONS):
            targets = [generator.target for generator in around.generators]
        for target in targets:
            yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))
        around = program.parent_of(around)
