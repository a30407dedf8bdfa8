"""Runs probes in this process under pytest, and writes down what they see. For forks inside a sandbox only."""

import ast
import contextlib
import inspect
import os
import random
import signal
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast
from unittest import TestCase

import pytest

from inkling.engine.judging.examples import DocstringExample, holds
from inkling.engine.judging.probes import RAISES, SEE, Probe, ProbedTest, bind_parameters
from inkling.engine.judging.values import describe, type_word
from inkling.sandbox.suite.child.options import project_options, without_obstacles

PROBE_CPU_S = 0.1  # a probe that computes longer counts as one that hangs
_WALL_FOR_CPU = 10  # seconds by the clock for one of CPU time: a probe that waits is one that hangs, too
VALUE, ERROR, TIMEOUT = "V", "E", "T"
_QUIET = ("-s", "-p", "no:terminal", "-p", "no:randomly", "--continue-on-collection-errors", "-W", "ignore")

Collect = Callable[[Callable[[Sequence[pytest.Item]], None]], None]
"""Collects tests, and calls a function with them."""


class ProbeTimeoutError(BaseException):
    """A probe ran too long; no `except Exception` in the program stops it."""


def load_plugins() -> None:
    """Imports pytest's plugins before any fork does, each of which would take half a second for it."""
    for entry in entry_points(group="pytest11"):
        with contextlib.suppress(Exception):
            entry.load()


def with_collector(folder: Path, node_ids: Sequence[str], work: Callable[[Collect], None]) -> None:
    """Gets pytest ready, up to where it would import the tests, and calls `work` with what collects them.

    `work` is to fork, and to collect in the forks: none of the project is imported before. Where a `conftest.py` has
    done so already, pytest starts anew in each fork.

    Args:
        folder: The project's folder.
        node_ids: The tests, by pytest's name; others of their files are left out.
        work: Is called once.
    """
    options = without_obstacles(project_options(node_ids, folder), folder, keep_paths=False)
    cache = f"{os.environ.get('TMPDIR', '/tmp')}/pytest-cache"  # noqa: S108 - the sandbox's own
    arguments = [*options, *("-o", "addopts=", "-o", f"cache_dir={cache}", "--rootdir", str(folder)), *_QUIET]
    arguments += dict.fromkeys(node_id.split("::")[0] for node_id in node_ids)
    was_called = False

    def wanted(session: pytest.Session) -> list[pytest.Item]:
        by_id = {item.nodeid: item for item in session.perform_collect()}
        return [by_id[node_id] for node_id in node_ids if node_id in by_id]

    def work_in_session(session: pytest.Session) -> None:
        nonlocal was_called
        if not _modules_in(folder):
            was_called = True
            work(lambda use: use(wanted(session)))

    pytest.main(arguments, plugins=[_BeforeCollection(work_in_session)])
    if not was_called:
        for name in _modules_in(folder, with_conftest=True):
            del sys.modules[name]
        work(lambda use: _start_and(lambda session: use(wanted(session)), arguments))


class _BeforeCollection:
    """A plugin of pytest that does something else in place of collecting and running."""

    def __init__(self, work: Callable[[pytest.Session], None]) -> None:
        self._work = work

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        self._work(session)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool:
        return True


def _start_and(work: Callable[[pytest.Session], None], arguments: Sequence[str]) -> None:
    pytest.main([*arguments], plugins=[_BeforeCollection(work)])


def _modules_in(folder: Path, *, with_conftest: bool = False) -> list[str]:
    """Returns the names of imported modules of the project; a `conftest.py` by itself imports nothing of it."""
    found = []
    for name, module in list(sys.modules.items()):
        file = Path(getattr(module, "__file__", None) or "/")
        is_own = file.is_relative_to(folder) and "site-packages" not in file.parts
        if is_own and (with_conftest or file.name != "conftest.py"):
            found.append(name)
    return found


def probed_tests(items: Sequence[pytest.Item]) -> list[ProbedTest]:
    """Returns the definitions of plain test functions and methods; other kinds of tests are left out."""
    sources = []
    for item in items:
        if isinstance(item, pytest.Function):
            tree = _tree(Path(item.path))
            owner: Sequence[ast.stmt] | None = tree.body if tree else None
            for name in item.cls.__qualname__.split(".") if item.cls is not None else ():
                owner = _class_body(owner, name)
            function = _definition(owner, item.originalname)
            if function is not None:
                test = ProbedTest(node_id=item.nodeid, function=function, names=vars(item.module))
                sources.append(bind_parameters(test, _parameters(item)))
    return sources


def observe(
    items: Sequence[pytest.Item],
    probes: Sequence[Probe],
    tell: Callable[[int, Sequence[str], Sequence[str]], None],
    *,
    salt: int,
) -> None:
    """Runs each probe on its test's fixtures; tells its number, what it saw, and the kinds of those values.

    With another `salt` the program gets other random numbers: what differs then is no behaviour.
    """
    by_id = {item.nodeid: item for item in items if isinstance(item, pytest.Function)}
    handle_alarms()
    for number, probe in enumerate(probes):
        item = by_id.get(probe.node_id)
        observation = _Observation(len(probe.shown))
        if item is not None:
            random.seed(2 * number + salt)
            with time_limit():
                _run(item, probe, observation)
        tell(number, observation.outcomes, observation.types)


def keeps_promise(example: DocstringExample) -> bool | None:
    """Tells whether a docstring's example is right; None where its module was not imported."""
    module = next(
        (each for each in list(sys.modules.values()) if getattr(each, "__file__", None) == example.file), None
    )
    if module is None:
        return None
    keeps = False
    with time_limit(), contextlib.suppress(Exception):
        keeps = holds(example, vars(module))
    return keeps


class _Observation:
    """What one probe saw so far; what it never came to is an empty outcome."""

    def __init__(self, n: int) -> None:
        self.outcomes = [""] * n
        self.types = [""] * n

    def see(self, number: int, function: Callable[[], object]) -> None:
        if self.outcomes[number]:
            return  # in a loop: the first time tells enough
        try:
            value = function()
            self.outcomes[number], self.types[number] = VALUE + describe(value), type_word(value)
        except ProbeTimeoutError:
            self.outcomes[number] = TIMEOUT
            raise
        except Exception as error:  # noqa: BLE001 - whatever the program raises is what it does
            self.outcomes[number] = ERROR + type(error).__name__

    @contextlib.contextmanager
    def raises(self, number: int) -> Iterator[Any]:
        caught = types.SimpleNamespace(value=None, match=lambda _: True)
        try:
            yield caught
            self.outcomes[number] = f"{VALUE}nothing is raised"
        except Exception as error:  # noqa: BLE001 - the same
            caught.value = error
            self.outcomes[number] = ERROR + type(error).__name__

    def end(self, outcome: str) -> None:
        """Takes what ended the probe for all that it did not come to."""
        self.outcomes = [seen or outcome for seen in self.outcomes]


def _run(item: pytest.Function, probe: Probe, observation: _Observation) -> None:
    namespace: dict[str, Any] = {
        **vars(item.module),
        "__name__": item.module.__name__,
        SEE: observation.see,
        RAISES: observation.raises,
    }
    exec(compile(probe.source, str(item.path), "exec"), namespace)  # noqa: S102 - a probe is a test, in a sandbox
    function = cast("Callable[..., object]", namespace["probe"])

    def call(receiver: object, arguments: Mapping[str, object]) -> None:
        try:
            function(*([] if receiver is None else [receiver]), **arguments)
        except ProbeTimeoutError:
            observation.end(TIMEOUT)
        except pytest.skip.Exception:
            pass
        except Exception as error:  # noqa: BLE001 - whatever the program raises is what it does
            observation.end(ERROR + type(error).__name__)

    call_in_test(item, call)


def call_in_test(item: pytest.Function, call: Callable[[object, Mapping[str, object]], None]) -> None:
    """Calls something where a test would run: between its set-up and tear-down, with its instance and its fixtures."""
    if item.cls is not None and issubclass(item.cls, TestCase):
        case = item.cls(item.originalname)
        with contextlib.suppress(Exception):
            case.setUp()
            call(case, {})
            case.tearDown()
    elif item.cls is None and not _needs_fixtures(item):
        call(None, _parameters(item))
    else:
        _run_with_fixtures(item, call)


def _parameters(item: pytest.Function) -> Mapping[str, object]:
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec is not None else {}


def _needs_fixtures(item: pytest.Function) -> bool:
    """Tells whether a test asks for fixtures, or the project has some for every test; those of plugins can wait."""
    for name in set(item.fixturenames) - set(_parameters(item)):
        definitions = item._fixtureinfo.name2fixturedefs.get(name, ())
        is_asked_for = name in item._fixtureinfo.argnames
        if is_asked_for or any("site-packages" not in inspect.getfile(each.func) for each in definitions):
            return True
    return False


def _run_with_fixtures(item: pytest.Function, call: Callable[[object, Mapping[str, object]], None]) -> None:
    """Runs a probe between the set-up and the tear-down of its test."""

    class Caller:
        @pytest.hookimpl(tryfirst=True)
        def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
            names = pyfuncitem._fixtureinfo.argnames  # as pytest itself calls a test
            call(pyfuncitem.instance, {name: pyfuncitem.funcargs[name] for name in names})
            return True

    caller = Caller()
    item.config.pluginmanager.register(caller)
    try:
        from _pytest.runner import runtestprotocol

        runtestprotocol(item, log=False, nextitem=None)
    finally:
        item.config.pluginmanager.unregister(caller)


def handle_alarms() -> None:
    """Gets this process ready for `time_limit`."""
    signal.signal(signal.SIGVTALRM, _on_alarm)
    signal.signal(signal.SIGALRM, _on_alarm)


@contextlib.contextmanager
def time_limit(cpu_s: float = PROBE_CPU_S) -> Iterator[None]:
    """Ends what runs in it by a `ProbeTimeoutError`, which is gone afterwards; `handle_alarms` comes before.

    Args:
        cpu_s: Seconds of CPU time; ten times as many by the clock.
    """
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s, cpu_s / 5)
    signal.setitimer(signal.ITIMER_REAL, _WALL_FOR_CPU * cpu_s, 2 * cpu_s)
    try:
        yield
    except ProbeTimeoutError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _on_alarm(_number: int, _frame: object) -> None:
    raise ProbeTimeoutError


def _tree(path: Path) -> ast.Module | None:
    try:
        return ast.parse(path.read_text())
    except (OSError, SyntaxError, ValueError):
        return None


def _class_body(body: Sequence[ast.stmt] | None, name: str) -> Sequence[ast.stmt] | None:
    for statement in body or ():
        if isinstance(statement, ast.ClassDef) and statement.name == name:
            return statement.body
    return None


def _definition(body: Sequence[ast.stmt] | None, name: str) -> ast.FunctionDef | None:
    for statement in body or ():
        if isinstance(statement, ast.FunctionDef) and statement.name == name:
            return statement
    return None
