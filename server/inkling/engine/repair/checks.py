"""What is checked on each mutant: tests, called directly where that is the same, and examples."""

import copy
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any, Protocol

import pytest

from inkling.engine.repair.alarm import Expired
from inkling.engine.repair.expectations import Expectations, instrument

_ASYNC_PLUGINS = frozenset({"pytest_asyncio", "anyio"})  # their fixtures for all tests do nothing for plain functions


class Check(Protocol):
    """Something that is checked on each mutant."""

    def run(self) -> float:
        """Returns 1 where it holds, and otherwise how nearly it does."""
        ...


class DirectCheck:
    """A test without fixtures, called as a plain function."""

    def __init__(self, item: pytest.Function, expectations: Expectations) -> None:
        self._make = _callable_maker(item)
        self._arguments = dict(item.callspec.params) if hasattr(item, "callspec") else {}
        self._are_plain = all(_is_plain(value) for value in self._arguments.values())
        self._expectations = expectations
        self._n_expectations = instrument(_function_of(item))

    def run(self) -> float:
        """Returns 1 where the test passes, and otherwise how far it came."""
        arguments = self._arguments if self._are_plain else copy.deepcopy(self._arguments)
        self._expectations.start()
        try:
            self._make()(**arguments)
        except Expired:
            raise
        except BaseException:  # noqa: BLE001 - whatever ends a test, it failed
            return self._expectations.fitness(self._n_expectations)
        return 1.0


class ProtocolCheck:
    """A test that pytest must run itself: with fixtures, marks, set-up methods, or not a plain function."""

    def __init__(self, item: pytest.Item, expectations: Expectations) -> None:
        self._item = item
        self._expectations = expectations
        function = _function_of(item)
        self._n_expectations = instrument(function) if isinstance(function, FunctionType) else 1

    def run(self) -> float:
        """Returns 1 where the test passes, and otherwise how far it came."""
        self._expectations.start()
        item, hook = self._item, self._item.config.hook
        _forget_unittest_failures(item)
        if getattr(item, "_request", True) is False:
            item._initrequest()  # type: ignore[attr-defined]  # as pytest does for a test that runs again
        # The phases of `runtestprotocol`, without the reports: these take longer than most tests.
        has_passed = False
        try:
            hook.pytest_runtest_setup(item=item)
            hook.pytest_runtest_call(item=item)
            has_passed = not _unittest_failures(item)
        except Expired:
            raise
        except BaseException:  # noqa: BLE001 - whatever ends a test, it failed
            has_passed = False
        try:
            hook.pytest_runtest_teardown(item=item, nextitem=None)
        except Expired:
            raise
        except BaseException:  # noqa: BLE001 - likewise
            has_passed = False
        finally:
            if hasattr(item, "_request"):
                item._request = False
                item.funcargs = None  # type: ignore[attr-defined]
        return 1.0 if has_passed else self._expectations.fitness(self._n_expectations)


class ExampleCheck:
    """An example in a docstring."""

    def __init__(self, namespace: dict[str, Any], call: str, result: str) -> None:
        self._namespace = namespace
        self._call = compile(call, "<example>", "eval")
        self._result = compile(result, "<example>", "eval")

    def run(self) -> float:
        """Returns 1 where it holds, else 0."""
        try:
            wanted = eval(self._result, {})  # noqa: S307 - a literal
            return 1.0 if eval(self._call, self._namespace) == wanted else 0.0  # noqa: S307 - in the sandbox
        except Expired:
            raise
        except BaseException:  # noqa: BLE001 - whatever ends it, it does not hold
            return 0.0


def check_of(item: pytest.Item, expectations: Expectations) -> "DirectCheck | ProtocolCheck":
    """Returns the cheapest way to run a test that is as good as pytest's own."""
    return DirectCheck(item, expectations) if _is_direct(item) else ProtocolCheck(item, expectations)  # type: ignore[arg-type]


def _is_direct(item: pytest.Item) -> bool:
    if type(item) is not pytest.Function:
        return False
    function = _function_of(item)
    if not isinstance(function, FunctionType) or not inspect.isfunction(function):
        return False
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        return False
    if any(mark.name != "parametrize" for mark in item.iter_markers()):
        return False
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    signature = inspect.signature(function).parameters
    names = [name for name in signature if not (item.cls is not None and name == next(iter(signature)))]
    if set(names) != set(parameters):
        return False
    definitions = item._fixtureinfo.name2fixturedefs
    for name in item.fixturenames:
        made_by = definitions[name][-1].func if name in definitions else None
        # Values that a fixture makes of parameters ("indirect") are pytest's to make.
        is_parameter = getattr(made_by, "__name__", "") == "get_direct_param_fixture_func"
        if not is_parameter and getattr(made_by, "__module__", "").split(".")[0] not in _ASYNC_PLUGINS:
            return False
    return True


def _unittest_failures(item: pytest.Item) -> object:
    """Returns what a `unittest.TestCase` told pytest of: its failures are kept for the report instead of raised."""
    return getattr(item, "_excinfo", None)


def _forget_unittest_failures(item: pytest.Item) -> None:
    if _unittest_failures(item):
        item._excinfo = None  # type: ignore[attr-defined]  # as it is before the first run


def _function_of(item: pytest.Item) -> Any:
    function = getattr(item, "obj", None)
    return getattr(function, "__func__", function)


def _callable_maker(item: pytest.Function) -> Callable[[], Callable[..., object]]:
    class_ = item.cls
    if class_ is None:
        function = item.obj
        return lambda: function
    name = item.originalname
    return lambda: getattr(class_(), name)


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | frozenset):
        return all(_is_plain(element) for element in value)
    return value is None or isinstance(value, (int, float, str, bytes, complex, type, FunctionType))
