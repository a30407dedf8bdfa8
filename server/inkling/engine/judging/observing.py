"""Runs probes in this process under pytest, and writes down what they see. For forks inside a sandbox only."""

import ast
import contextlib
import random
import signal
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast
from unittest import TestCase

import pytest

from inkling.engine.judging.probes import RAISES, SEE, Probe, ProbedTest, bind_parameters
from inkling.engine.judging.values import describe, type_word

PROBE_CPU_S = 0.1  # a probe that computes longer counts as one that hangs
_PROBE_WALL_S = 1.0
VALUE, ERROR, TIMEOUT = "V", "E", "T"
_QUIET = ("-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:randomly", "-W", "ignore")


class _ProbeTimeoutError(BaseException):
    """A probe ran too long; no `except Exception` in the program stops it."""


def load_plugins() -> None:
    """Imports pytest's plugins before any fork does, each of which would take half a second for it."""
    for entry in entry_points(group="pytest11"):
        with contextlib.suppress(Exception):
            entry.load()


def with_collected(node_ids: Sequence[str], work: Callable[[Sequence[pytest.Item]], None]) -> None:
    """Collects tests as pytest does, and calls `work` with them; nothing is called where collecting fails."""

    class Loop:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            work(session.items)
            return True

    pytest.main([*_QUIET, *node_ids], plugins=[Loop()])


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
                callspec = getattr(item, "callspec", None)
                sources.append(bind_parameters(test, callspec.params if callspec is not None else {}))
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
    signal.signal(signal.SIGVTALRM, _on_alarm)
    signal.signal(signal.SIGALRM, _on_alarm)
    for number, probe in enumerate(probes):
        item = by_id.get(probe.node_id)
        observation = _Observation(len(probe.shown))
        if item is not None:
            random.seed(2 * number + salt)
            with _time_limit():
                _run(item, probe, observation)
        tell(number, observation.outcomes, observation.types)


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
        except _ProbeTimeoutError:
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
        except _ProbeTimeoutError:
            observation.end(TIMEOUT)
        except pytest.skip.Exception:
            pass
        except Exception as error:  # noqa: BLE001 - whatever the program raises is what it does
            observation.end(ERROR + type(error).__name__)

    if item.cls is not None and issubclass(item.cls, TestCase):
        case = item.cls(item.originalname)
        with contextlib.suppress(Exception):
            case.setUp()
            call(case, {})
            case.tearDown()
    elif item.cls is None and not item.fixturenames:
        call(None, {})
    elif item.cls is not None and set(item.fixturenames) == set() and not hasattr(item.cls, "setup_method"):
        call(item.cls(), {})
    else:
        _run_with_fixtures(item, call)


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


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_VIRTUAL, PROBE_CPU_S, PROBE_CPU_S / 5)
    signal.setitimer(signal.ITIMER_REAL, _PROBE_WALL_S, _PROBE_WALL_S / 5)
    try:
        yield
    except _ProbeTimeoutError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _on_alarm(_number: int, _frame: object) -> None:
    raise _ProbeTimeoutError


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
