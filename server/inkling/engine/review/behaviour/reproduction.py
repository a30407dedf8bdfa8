"""A pytest module that passes on the old version and fails on the new one, and its run on both."""

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from inkling.context.parsing import parse, parse_expression
from inkling.core.change import ChangeSet
from inkling.core.concurrency import side_by_side
from inkling.core.execution import CaseOutcome, ProjectView, ResourceLimits, SuiteRequest
from inkling.core.ports import SuiteRunner
from inkling.engine.judging.values import is_literal
from inkling.engine.review.behaviour.exchange import RAISED, TIMEOUT, VALUE, Pair

FILE_NAME = "test_inkling_reproduction.py"
_RUN_S = 20.0
_HANG_S = 5  # seconds after which a test calls it hanging
_FAILED = (CaseOutcome.FAILED, CaseOutcome.ERROR)
_ALARM = f"""

def _hangs(_number, _frame):
    raise TimeoutError("it did not end within {_HANG_S} seconds")

"""


def tests_for(pair: Pair, modules: Mapping[str, str], test_text: str | None) -> Iterator[str]:
    """Yields modules that tell the versions apart, the plainest first.

    Args:
        pair: The difference.
        modules: By file, the name that it is imported by.
        test_text: The text of the test that the input is run in place of; None for an input of its own.
    """
    for body in _bodies(pair):
        needs_alarm = pair.after.kind == TIMEOUT
        lines = [f"signal.signal(signal.SIGALRM, _hangs)\nsignal.alarm({_HANG_S})"] if needs_alarm else []
        lines += [*pair.input.setup, body]
        if needs_alarm:
            lines.append("signal.alarm(0)")
        if test_text is None:
            yield _alone(pair, lines, modules)
            continue
        for keeps_all in (False, True):
            module = _in_place_of_test(pair, lines, test_text, keeps_all=keeps_all)
            if module is not None:
                yield module


class Confirmer:
    """Runs tests on both versions."""

    def __init__(self, suites: SuiteRunner, changes: ChangeSet) -> None:
        """Takes what runs tests, and the two versions."""
        self._suites = suites
        self._changes = changes

    async def tells_apart(self, text: str, path: PurePosixPath) -> bool:
        """Tells whether a module with one test passes on the old version and fails on the new one.

        Raises:
            SandboxError: The sandbox failed.
        """
        before, after = await side_by_side(
            *(self._outcomes(view, path, text) for view in (self._changes.before, self._changes.after))
        )
        return before == [CaseOutcome.PASSED] and len(after) >= 1 and after[0] in _FAILED

    async def _outcomes(self, view: ProjectView, path: PurePosixPath, text: str) -> list[CaseOutcome]:
        request = SuiteRequest(
            view=replace(view, edits={**view.edits, path: text}),
            node_ids=(str(path),),
            limits=ResourceLimits(wall_s=_RUN_S, cpu_s=_RUN_S),
        )
        run = await self._suites.run_suite(request)
        return [case.outcome for case in run.cases]


def folder_for(pair: Pair, modules: Mapping[str, str], project: Path) -> PurePosixPath:
    """Returns where a test of an input can import what it needs: beside its test, or where the modules begin."""
    if pair.input.node_id:
        return PurePosixPath(pair.input.node_id.split("::")[0]).parent
    for place, _ in pair.input.imports:
        if place in modules:
            file = Path(place)
            depth = modules[place].count(".") + 1 + (file.name == "__init__.py")
            root = file.parents[depth - 1]
            if root.is_relative_to(project):
                return PurePosixPath(root.relative_to(project).as_posix())
    return PurePosixPath()


def _bodies(pair: Pair) -> Iterator[str]:
    """Yields statements that hold for the old version alone, after the set-up."""
    call, before, after = pair.input.call, pair.before, pair.after
    if before.kind == RAISED:
        lines = [*pair.input.setup, call]
        if before.n_setup == len(pair.input.setup):
            yield f"with pytest.raises({_exception(before.value)}):\n{textwrap.indent(lines[-1], '    ')}"
        return
    if after.kind in (RAISED, TIMEOUT) and not before.code:
        yield call
        return
    if before.value != after.value or after.kind != VALUE:
        if before.code:
            if re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", before.code):
                yield f"assert {call} == pytest.approx({before.code})"
            elif before.code in ("None", "True", "False"):
                is_plain = isinstance(parse_expression(call), ast.Call | ast.Attribute)
                yield f"assert {call if is_plain else f'({call})'} is {before.code}"
            else:
                yield f"assert {call} == {before.code}"
        elif before.value.startswith("iter(") and is_literal(before.value[5:-1]):
            yield f"assert list({call}) == {before.value[5:-1]}"
        else:
            yield f"assert repr({call}) == {before.value!r}"
            fields = _fields(before.value)
            if fields is not None:
                yield f"made = {call}\nassert {{name: getattr(made, name) for name in {list(fields)!r}}} == {fields!r}"
        return
    if before.printed != after.printed:
        yield f"{call}\nassert capsys.readouterr().out == {before.printed!r}"
        return
    yield from _of_arguments(pair)


def _of_arguments(pair: Pair) -> Iterator[str]:
    """Yields statements about arguments, as they are after the call."""
    tree = parse_expression(pair.input.call)
    if not isinstance(tree, ast.Call):
        return
    places = [*tree.args, *(keyword.value for keyword in tree.keywords)]
    for name in dict([*pair.before.changed, *pair.after.changed]):
        lines, shown = [], name
        if name == "self" and isinstance(tree.func, ast.Attribute):
            shown = ast.unparse(tree.func.value)
            expected = dict(pair.before.changed).get(name)
            fields = _fields(expected or "")
            if fields:
                read = f"{{name: getattr({shown}, name) for name in {list(fields)!r}}}"
                yield f"{pair.input.call}\nassert {read} == {fields!r}"
            elif expected is not None:
                yield f"{pair.input.call}\nassert repr({shown}) == {expected!r}"
            continue
        match = re.fullmatch(r"__argument_(\d+)", name)
        expected = dict(pair.before.changed).get(name)
        call = pair.input.call
        if match:
            place = places[int(match[1])]
            expected = expected or ast.unparse(place)
            shown = "given"
            lines.append(f"given = {ast.unparse(place)}")
            call = ast.unparse(_with(tree, place))
        if expected is not None and is_literal(expected):
            yield "\n".join([*lines, call, f"assert {shown} == {expected}"])


def _with(tree: ast.Call, place: ast.expr) -> ast.Call:
    given = ast.Name(id="given", ctx=ast.Load())
    return ast.Call(
        func=tree.func,
        args=[given if item is place else item for item in tree.args],
        keywords=[
            ast.keyword(arg=item.arg, value=given if item.value is place else item.value) for item in tree.keywords
        ],
    )


def _fields(description: str) -> dict[str, object] | None:
    """Returns what `values.describe` writes of an object without a text of its own, by field."""
    try:
        tree = parse_expression(description)
        if isinstance(tree, ast.Call) and not tree.args:
            return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in tree.keywords}
    except (SyntaxError, ValueError):
        pass
    return None


def _exception(name: str) -> str:
    builtin = getattr(__import__("builtins"), name, None)
    return name if isinstance(builtin, type) else "Exception"


def _alone(pair: Pair, lines: list[str], modules: Mapping[str, str]) -> str:
    imports = []
    for place, name in pair.input.imports:
        is_module = place == name  # a function may be called like its module, whose place is a file
        imports.append(f"import {name}" if is_module else f"from {modules.get(place, place)} import {name}")
    name = pair.input.imports[0][1] if pair.input.imports else "it"
    fixture = "capsys" if any("capsys" in line for line in lines) else ""
    text = "\n".join(lines)
    own = [f"import {module}" for module in ("signal", "pytest") if f"{module}." in text]
    parts = ["\n".join([*own, *([""] if own and imports else []), *dict.fromkeys(imports)])]
    alarm = _ALARM if "_hangs" in text else "\n"
    return (
        f"{parts[0]}\n{alarm}\ndef test_{_snake(name)}_does_what_it_did({fixture}):\n{textwrap.indent(text, '    ')}\n"
    )


def _in_place_of_test(pair: Pair, lines: list[str], test_text: str, *, keeps_all: bool) -> str | None:
    """Returns the test's module without its other tests, and other statements in the test.

    Args:
        pair: The difference.
        lines: Those statements.
        test_text: The test's module.
        keeps_all: Whether to keep fixtures and names that the statements do not seem to need.
    """
    names = [part.split("[")[0] for part in pair.input.node_id.split("::")[1:]]
    try:
        tree = parse(test_text)
        body: list[ast.stmt] = parse("\n".join(lines)).body
    except SyntaxError:
        return None
    owner: list[ast.stmt] = tree.body
    wanted: ast.stmt | None = None
    for name in names:
        wanted = next(
            (
                item
                for item in owner
                if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and item.name == name
            ),
            None,
        )
        if wanted is None:
            return None
        owner[:] = [item for item in owner if item is wanted or not _is_test(item)]
        owner = wanted.body if isinstance(wanted, ast.ClassDef) else owner
    if not isinstance(wanted, ast.FunctionDef):
        return None
    wanted.body = body
    wanted.decorator_list = [item for item in wanted.decorator_list if "parametrize" not in ast.unparse(item)]
    used = {node.id for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    is_plain = len(names) == 1 and not keeps_all
    wanted.args.args = [item for item in wanted.args.args if item.arg == "self" or not is_plain or item.arg in used]
    bound = {
        target.id
        for statement in body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    wanted.args.args = [item for item in wanted.args.args if item.arg not in bound]
    if "capsys" in used and all(item.arg != "capsys" for item in wanted.args.args):
        wanted.args.args.append(ast.arg(arg="capsys"))
    if is_plain:
        tree.body = _needed(tree.body, wanted)
    text = ast.unparse(ast.fix_missing_locations(tree))
    first = [f"import {module}" for module in ("signal", "pytest") if f"{module}." in text]
    first = [line for line in first if line not in text]
    alarm = _ALARM if "_hangs" in text else "\n"
    return "\n".join(first) + alarm + text + "\n"


def _needed(body: list[ast.stmt], wanted: ast.stmt) -> list[ast.stmt]:
    """Returns the statements of a module that a test needs: what binds its names, and fixtures for every test."""
    needed = {wanted}
    names = _used(wanted)
    while True:
        more = {
            item
            for item in body
            if item not in needed and (_binds(item) & names or not _binds(item) or "autouse" in ast.unparse(item))
        }
        if not more:
            return [item for item in body if item in needed and not _is_docstring(item)]
        needed |= more
        names |= {name for item in more for name in _used(item)}


def _used(node: ast.AST) -> set[str]:
    found = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    return found | {inner.arg for inner in ast.walk(node) if isinstance(inner, ast.arg)}


def _binds(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
            return {name}
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return {(alias.asname or alias.name).split(".")[0] for alias in aliases}
        case _:
            return {
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_test(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return statement.name.startswith("test")
    return isinstance(statement, ast.ClassDef) and any(_is_test(item) for item in statement.body)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower().strip("_")
