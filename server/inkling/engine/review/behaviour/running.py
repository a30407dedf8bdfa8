"""Runs one input in this process and writes down all that can be seen of it. For forks inside a sandbox only."""

import ast
import asyncio
import contextlib
import importlib
import inspect
import io
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

from inkling.engine.judging.observing import ProbeTimeoutError, call_in_test, time_limit
from inkling.engine.judging.values import describe, is_literal
from inkling.engine.review.behaviour.exchange import NOT_REACHED, RAISED, TIMEOUT, VALUE, WAITED, Input, Outcome

CPU_S = 0.25  # an input that computes longer counts as one that hangs
_COMPUTES = 0.5  # of that, what one that hangs has computed by the clock's limit; less: it waited
_MAX_MESSAGE = 200
_MAX_PRINTED = 400
_MAX_CODE = 400  # characters of a literal that a test compares with


def module_of(file: Path, folder: Path) -> ModuleType:
    """Returns the module of a file, imported by the name that the project has for it.

    Raises:
        Exception: Whatever its import raises.
    """
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) == str(file) and module.__name__ != "__main__":
            return module
    parts = [file.stem] if file.name != "__init__.py" else []
    root = file.parent
    while (root / "__init__.py").exists() and root != folder:
        parts.insert(0, root.name)
        root = root.parent
    if root != folder and root.name != "src" and not _is_script_folder(root):
        parts = [*root.relative_to(folder).parts, *parts]  # a namespace package
        root = folder
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return importlib.import_module(".".join(parts))


def _is_script_folder(folder: Path) -> bool:
    """Tells whether modules of a folder import each other by their bare names, as scripts do."""
    return not folder.name.isidentifier() or str(folder) in sys.path


class Runner:
    """Runs inputs on the version that this process imports."""

    def __init__(
        self, folder: Path, renamed: Mapping[tuple[str, str], tuple[str, str]], items: Sequence[pytest.Item]
    ) -> None:
        """Takes what inputs refer to.

        Args:
            folder: The project's folder.
            renamed: File and name of what is elsewhere or called otherwise in this version, by what inputs call it.
            items: Collected tests.
        """
        self._folder = folder
        self._renamed = renamed
        self._items = {item.nodeid: item for item in items if isinstance(item, pytest.Function)}

    def run(self, given: Input, cpu_s: float = CPU_S) -> Outcome:
        """Returns what happens; nothing that it does ends this process, but for a crash of the interpreter."""
        began_s = time.process_time()
        with time_limit(cpu_s):
            return self._run(given)
        return Outcome(kind=TIMEOUT if time.process_time() - began_s >= _COMPUTES * cpu_s else WAITED)

    def _run(self, given: Input) -> Outcome:
        if not given.node_id:
            try:
                namespace = self.namespace(given)
            except Exception as error:  # noqa: BLE001 - whatever the program raises is what it does
                return _raised(error, self._folder, 0, "")
            return _observed(given, namespace, self._folder)
        item = self._items.get(given.node_id)
        if item is None:
            return Outcome(kind=NOT_REACHED)
        outcome = Outcome(kind=NOT_REACHED)

        def call(receiver: object, arguments: Mapping[str, object]) -> None:
            nonlocal outcome
            own = {} if receiver is None else {"self": receiver}
            namespace = {**vars(item.module), **arguments, **own}
            outcome = _observed(given, namespace, self._folder)

        if any(name in given.shown for name in (*item.fixturenames, "self")) or item.cls is not None:
            call_in_test(item, call)
        else:
            call(None, {})
        return outcome

    def namespace(self, given: Input) -> dict[str, Any]:
        """Returns what the names of an input stand for.

        Raises:
            Exception: Whatever an import raises.
        """
        namespace: dict[str, Any] = {}
        for place, name in given.imports:
            own_place, own_name = self._renamed.get((place, name), (place, name))
            if own_place.startswith("/"):
                namespace[name] = getattr(module_of(Path(own_place), self._folder), own_name)
            else:
                module = importlib.import_module(own_place)
                namespace[name] = module if name == place else getattr(module, own_name)
        return namespace


def _observed(given: Input, namespace: dict[str, Any], folder: Path) -> Outcome:
    printed = io.StringIO()
    n_setup = 0
    try:
        with contextlib.redirect_stdout(printed):
            for statement in given.setup:
                exec(compile(statement, "<input>", "exec"), namespace)  # noqa: S102 - in a sandbox
                n_setup += 1
            return _called(given.call, namespace, printed, n_setup)
    except ProbeTimeoutError:
        raise
    except pytest.skip.Exception:
        return Outcome(kind=NOT_REACHED)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the program raises is what it does
        return _raised(error, folder, n_setup, printed.getvalue())


def _called(code: str, namespace: dict[str, Any], printed: io.StringIO, n_setup: int) -> Outcome:
    tree = ast.parse(code, mode="eval")
    arguments: dict[str, object] = {}
    match tree.body:
        case ast.Call(func=function, args=positional, keywords=named):
            slots: list[ast.Starred | ast.keyword | None] = []
            for at, expression in enumerate([*positional, *(item.value for item in named)]):
                if isinstance(expression, ast.Starred):
                    slots.append(None)
                    continue
                is_name = isinstance(expression, ast.Name)
                name = expression.id if is_name else f"__argument_{at}"  # type: ignore[attr-defined] # it is a name
                namespace[name] = arguments[name] = _evaluated(expression, namespace)
                if at < len(positional):
                    positional[at] = ast.copy_location(ast.Name(id=name, ctx=ast.Load()), expression)
                else:
                    named[at - len(positional)].value = ast.copy_location(ast.Name(id=name, ctx=ast.Load()), expression)
            if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
                owner = namespace.get(function.value.id)
                if owner is not None and not isinstance(owner, type | ModuleType):
                    arguments["self"] = owner
    before = {name: _state(value) for name, value in arguments.items()}
    value = eval(compile(tree, "<input>", "eval"), namespace)  # noqa: S307 - in a sandbox
    if inspect.iscoroutine(value):
        value = asyncio.run(value)
    description = describe(value, only_public=True)
    after = {name: _state(item) for name, item in arguments.items()}
    return Outcome(
        kind=VALUE,
        value=description,
        code=_literal(value),
        types=(type(value).__name__,),
        n_setup=n_setup,
        changed=tuple((name, state) for name, state in after.items() if state != before[name]),
        printed=printed.getvalue()[:_MAX_PRINTED],
    )


def _evaluated(expression: ast.expr, namespace: dict[str, Any]) -> object:
    return eval(compile(ast.Expression(expression), "<input>", "eval"), namespace)  # noqa: S307 - in a sandbox


def _state(value: object) -> str:
    """Returns what others see of an argument; an iterator is not touched."""
    if isinstance(value, Iterator) or callable(value):
        return ""
    return describe(value, only_public=True)


def _literal(value: object) -> str:
    """Returns a value as the literal that equals it; empty where there is none."""
    code = repr(value)
    if len(code) > _MAX_CODE or not is_literal(code):
        return ""
    return code if ast.literal_eval(code) == value else ""


def _raised(error: BaseException, folder: Path, n_setup: int, printed: str) -> Outcome:
    frames = traceback.extract_tb(error.__traceback__)
    inner = frames[-1] if frames else None
    is_own = inner is not None and Path(inner.filename).is_relative_to(folder)
    line = (inner.line or "") if inner is not None else ""
    return Outcome(
        kind=RAISED,
        value=type(error).__name__,
        types=tuple(kind.__name__ for kind in type(error).__mro__),
        message=str(error)[:_MAX_MESSAGE],
        is_deliberate=is_own and line.lstrip().startswith(("raise", "assert")),
        n_setup=n_setup,
        printed=printed[:_MAX_PRINTED],
    )


@contextlib.contextmanager
def seen_lines(files: frozenset[str]) -> Iterator[dict[str, set[int]]]:
    """Collects the lines of some files that are run meanwhile."""
    seen: dict[str, set[int]] = {}

    def local(frame: FrameType, event: str, _argument: object) -> Callable[..., Any] | None:
        if event == "line":
            seen.setdefault(frame.f_code.co_filename, set()).add(frame.f_lineno)
        return local

    def on_call(frame: FrameType, _event: str, _argument: object) -> Callable[..., Any] | None:
        return local if frame.f_code.co_filename in files else None

    previous = sys.gettrace()
    sys.settrace(on_call)
    try:
        yield seen
    finally:
        sys.settrace(previous)
