"""One mutant at a time in a process that has the tests loaded: exchange code, run tests, put everything back."""

import copy
import functools
import gc
import inspect
import random
import signal
import sys
import time
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from enum import IntEnum
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, Protocol

import pytest

from inkling.engine.repair.expectations import Expectations, instrument

FITNESS_STEPS = 240  # the fitness of a mutant that passes nearly all, as a byte
_EXPIRES_EVERY_S = 0.02  # once its time is over: an `except BaseException` may catch the first
_BACKSTOP_S = 0.4  # by the clock, beyond four times the limit: then the whole process is ended
_N_PASSING_AT_ONCE = 12  # so many passing tests are run even for a mutant that repairs nothing
_LONGEST_CONTAINER = 1000  # of containers in modules that are put back after each mutant
_ASYNC_PLUGINS = frozenset({"pytest_asyncio", "anyio"})  # their fixtures for all tests do nothing for plain functions
_CONTAINERS = (list, dict, set, deque, OrderedDict, defaultdict, Counter)


class Score(IntEnum):
    """What came of a mutant, beside a fitness in [0, FITNESS_STEPS]."""

    INVALID = 250
    TIMEOUT = 252
    DIED = 253
    PLAUSIBLE = 254
    PLAUSIBLE_AND_WISHED = 255


def is_plausible(score: int) -> bool:
    """Tells whether a score says that all tests passed."""
    return score in (Score.PLAUSIBLE, Score.PLAUSIBLE_AND_WISHED)


class Expired(KeyboardInterrupt):
    """The mutant's time is over. pytest lets this one through where it would report other exceptions."""


class Trial:
    """The tests, and the functions that mutants change, in this process."""

    def __init__(self, failing: Sequence[pytest.Item], passing: Sequence[pytest.Item]) -> None:
        self._expectations = Expectations()
        self._failing: list[_Runner] = [_runner(item, self._expectations) for item in failing]
        self._passing: list[_Runner] = [_runner(item, self._expectations) for item in passing]
        self._functions: dict[int, list[FunctionType]] = {}
        self._examples: list[_Example] = []
        self._wishes: list[_Example] = []
        self._state = _State()
        self.must_end_after_timeout = any(isinstance(runner, _Protocol) for runner in self._failing + self._passing)

    @property
    def expectations(self) -> Expectations:
        """The comparisons of the running test."""
        return self._expectations

    def find_functions(self, folder: Path, units: Sequence[tuple[str, str, int]]) -> None:
        """Finds the function objects of the program's units.

        Args:
            folder: The project's folder.
            units: Path within the folder, qualified name and first line of each.
        """
        wanted = {(str(folder / path), name, line): index for index, (path, name, line) in enumerate(units)}
        for candidate in gc.get_objects():
            if isinstance(candidate, FunctionType):
                code = candidate.__code__
                index = wanted.get((code.co_filename, code.co_qualname, code.co_firstlineno))
                if index is not None:
                    self._functions.setdefault(index, []).append(candidate)

    def find_examples(self, examples: Sequence[tuple[int, str, str]]) -> None:
        """Takes examples in docstrings; those whose function is not there never hold."""
        for index, call, result in examples:
            function = next(iter(self._functions.get(index, ())), None)
            self._examples.append(_Example(function.__globals__ if function is not None else {}, call, result))

    def keep_examples(self, have_held: Sequence[bool]) -> None:
        """Lets examples that held be checked like passing tests, and the others be wishes."""
        self._passing += [example for example, held in zip(self._examples, have_held, strict=True) if held]
        self._wishes = [example for example, held in zip(self._examples, have_held, strict=True) if not held]

    def remember_state(self, folder: Path) -> None:
        """Remembers what modules of the project hold, to be put back after each mutant."""
        self._state.remember(folder)

    def evaluate(
        self, codes: Sequence[tuple[int, CodeType]], imports: Sequence[tuple[int, str]], limit_s: float
    ) -> int:
        """Returns a `Score`, or the fitness in [0, FITNESS_STEPS].

        Args:
            codes: Code in place of that of functions, by the unit's index.
            imports: Statements that are run in the module of a unit, by its index.
            limit_s: CPU seconds that it may take.
        """
        exchanged: list[tuple[FunctionType, CodeType]] = []
        try:
            for index, statement in imports:
                for function in self._functions.get(index, ())[:1]:
                    exec(statement, function.__globals__)  # noqa: S102 - an import that the search wrote
            for index, code in codes:
                for function in self._functions.get(index, ()):
                    exchanged.append((function, function.__code__))
                    function.__code__ = code
        except (ValueError, ImportError):  # the new code asks for other variables of the scope around it
            self._put_back(exchanged)
            return Score.INVALID
        random.seed(0)
        try:
            with_alarm(limit_s)
            score = self._score()
            alarm_off()
        except Expired:
            alarm_off()
            score = Score.TIMEOUT
        finally:
            self._put_back(exchanged)
            self._state.restore()
        return score

    def run_each(self, limit_s: float) -> list[tuple[bool, float]]:
        """Returns whether each test passes and its seconds: failing ones, passing ones, then examples."""
        results = []
        runners: list[_Runner] = [*self._failing, *self._passing, *self._examples]
        for runner in runners:
            started = time.perf_counter()
            try:
                with_alarm(limit_s)
                has_passed = runner.run() >= 1.0
                alarm_off()
            except Expired:
                alarm_off()
                has_passed = False
            results.append((has_passed, time.perf_counter() - started))
        return results

    def run_freely(self) -> None:
        """Runs all tests whatever comes of them, for what is seen on the way."""
        for runner in (*self._failing, *self._passing):
            runner.run()

    def exchange(self, codes: Sequence[tuple[int, CodeType]]) -> None:
        """Exchanges the code of functions for good."""
        for index, code in codes:
            for function in self._functions.get(index, ()):
                function.__code__ = code

    def _score(self) -> int:
        n_tests = len(self._failing) + len(self._passing)
        reached = 0.0
        passes = True
        for runner in self._failing:
            fitness = runner.run()
            reached += fitness
            passes = passes and fitness >= 1.0
        if passes or len(self._passing) <= _N_PASSING_AT_ONCE:
            for runner in self._passing:
                fitness = runner.run()
                reached += fitness
                if fitness < 1.0:
                    passes = False
                    if len(self._passing) > _N_PASSING_AT_ONCE:
                        break
        if not passes:
            return int(FITNESS_STEPS * reached / n_tests)
        grants_wishes = bool(self._wishes) and all(wish.run() >= 1.0 for wish in self._wishes)
        return Score.PLAUSIBLE_AND_WISHED if grants_wishes else Score.PLAUSIBLE

    @staticmethod
    def _put_back(exchanged: list[tuple[FunctionType, CodeType]]) -> None:
        for function, code in reversed(exchanged):
            function.__code__ = code


def with_alarm(limit_s: float) -> None:
    """Lets the running code expire after some seconds of CPU time."""
    signal.setitimer(signal.ITIMER_VIRTUAL, limit_s, _EXPIRES_EVERY_S)
    signal.setitimer(signal.ITIMER_REAL, 4 * limit_s + _BACKSTOP_S)


def alarm_off() -> None:
    """Calls the alarm off."""
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)


def expire(_signal: int, _frame: FrameType | None) -> None:
    """Ends what runs; the handler of the alarm."""
    raise Expired


class _Runner(Protocol):
    """Something that is checked on each mutant."""

    def run(self) -> float:
        """Returns 1 where it holds, and otherwise how nearly it does."""
        ...


class _Direct:
    """A test without fixtures, called as a plain function."""

    def __init__(self, item: pytest.Function, expectations: Expectations) -> None:
        self._make = _callable_maker(item)
        self._arguments = dict(item.callspec.params) if hasattr(item, "callspec") else {}
        self._are_plain = all(_is_plain(value) for value in self._arguments.values())
        self._expectations = expectations
        self._n_expectations = instrument(_function_of(item))

    def run(self) -> float:
        arguments = self._arguments if self._are_plain else copy.deepcopy(self._arguments)
        self._expectations.start()
        try:
            self._make()(**arguments)
        except Expired:
            raise
        except BaseException:  # noqa: BLE001 - whatever ends a test, it failed
            return self._expectations.fitness(self._n_expectations)
        return 1.0


class _Protocol:
    """A test that pytest must run itself: with fixtures, marks, set-up methods, or not a plain function."""

    def __init__(self, item: pytest.Item, expectations: Expectations) -> None:
        self._item = item
        self._expectations = expectations
        function = _function_of(item)
        self._n_expectations = instrument(function) if isinstance(function, FunctionType) else 1

    def run(self) -> float:
        self._expectations.start()
        item, hook = self._item, self._item.config.hook
        if getattr(item, "_request", True) is False:
            item._initrequest()  # type: ignore[attr-defined]  # as pytest does for a test that runs again
        # The phases of `runtestprotocol`, without the reports: these take longer than most tests.
        has_passed = False
        try:
            hook.pytest_runtest_setup(item=item)
            hook.pytest_runtest_call(item=item)
            has_passed = True
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


class _Example:
    """An example in a docstring."""

    def __init__(self, namespace: dict[str, Any], call: str, result: str) -> None:
        self._namespace = namespace
        self._call = compile(call, "<example>", "eval")
        self._result = compile(result, "<example>", "eval")

    def run(self) -> float:
        try:
            wanted = eval(self._result, {})  # noqa: S307 - a literal
            return 1.0 if eval(self._call, self._namespace) == wanted else 0.0  # noqa: S307 - in the sandbox
        except Expired:
            raise
        except BaseException:  # noqa: BLE001 - whatever ends it, it does not hold
            return 0.0


def _runner(item: pytest.Item, expectations: Expectations) -> "_Direct | _Protocol":
    return _Direct(item, expectations) if _is_direct(item) else _Protocol(item, expectations)  # type: ignore[arg-type]


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


class _State:
    """What modules of the project hold, and functions have as defaults."""

    def __init__(self) -> None:
        self._bindings: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._containers: list[tuple[Any, Any]] = []
        self._caches: list[Any] = []

    def remember(self, folder: Path) -> None:
        for module in list(sys.modules.values()):
            if is_of_project(module, folder):
                self._bindings.append((module.__dict__, dict(module.__dict__)))
                for name, value in list(module.__dict__.items()):
                    if not name.startswith("__"):
                        self._remember_value(value, module.__name__)

    def restore(self) -> None:
        for namespace, saved in self._bindings:
            if len(namespace) != len(saved):
                for name in [name for name in namespace if name not in saved]:
                    del namespace[name]
            for name, value in saved.items():
                if namespace.get(name, saved) is not value:
                    namespace[name] = value
        for container, saved_contents in self._containers:
            if container != saved_contents:
                _refill(container, copy.deepcopy(saved_contents))
        for cache in self._caches:
            cache.cache_clear()

    def _remember_value(self, value: Any, module_name: str) -> None:
        if type(value) in _CONTAINERS:
            self._remember_container(value)
        elif isinstance(value, functools._lru_cache_wrapper):
            self._caches.append(value)
        elif isinstance(value, FunctionType):
            for default in (*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()):
                if type(default) in _CONTAINERS:
                    self._remember_container(default)
        elif isinstance(value, type) and value.__module__ == module_name:
            for attribute in list(vars(value).values()):
                if not isinstance(attribute, type):
                    self._remember_value(getattr(attribute, "__func__", attribute), module_name)

    def _remember_container(self, container: Any) -> None:
        if len(container) > _LONGEST_CONTAINER:
            return
        try:
            self._containers.append((container, copy.deepcopy(container)))
        except Exception:  # noqa: BLE001 - what cannot be copied stays as mutants leave it
            return


def is_of_project(module: ModuleType, folder: Path) -> bool:
    """Tells whether a module comes from a file of the project."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or "site-packages" in file:
        return False
    return Path(file).is_relative_to(folder)


def _refill(container: Any, contents: Any) -> None:
    container.clear()
    if isinstance(container, list | deque):
        container.extend(contents)
    else:
        container.update(contents)
