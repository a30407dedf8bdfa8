"""One mutant at a time in a process that has the tests loaded: exchange code, run tests, put everything back."""

import gc
import random
import time
from collections.abc import Iterator, Sequence
from enum import IntEnum
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from inkling.engine.repair.alarm import Expired, alarm_off, with_alarm
from inkling.engine.repair.checks import Check, ExampleCheck, ProtocolCheck, check_of
from inkling.engine.repair.expectations import Expectations
from inkling.engine.repair.module_state import ModuleState

FITNESS_STEPS = 240  # the fitness of a mutant that passes nearly all, as a byte
_N_PASSING_AT_ONCE = 12  # so many passing tests are run even for a mutant that repairs nothing
_WITHIN = ".<locals>."  # in the qualified name of what a function made; source: PEP 3155


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


def _made_anew(made: CodeType, maker: CodeType) -> CodeType | None:
    """Returns the code that a function would have had if its maker had had this code; None where nobody can say."""
    found = [code for code in _codes_in(maker) if code.co_qualname == made.co_qualname]
    return found[0] if len(found) == 1 and found[0].co_freevars == made.co_freevars else None


def _codes_in(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes_in(constant)


class Trial:
    """The tests, and the functions that mutants change, in this process."""

    def __init__(self, failing: Sequence[pytest.Item], passing: Sequence[pytest.Item]) -> None:
        self._expectations = Expectations()
        self._failing: list[Check] = [check_of(item, self._expectations) for item in failing]
        self._passing: list[Check] = [check_of(item, self._expectations) for item in passing]
        self._functions: dict[int, list[FunctionType]] = {}
        self._made: dict[int, list[FunctionType]] = {}
        self._examples: list[ExampleCheck] = []
        self._wishes: list[ExampleCheck] = []
        self._state = ModuleState()
        self.must_end_after_timeout = any(isinstance(runner, ProtocolCheck) for runner in self._failing + self._passing)

    @property
    def expectations(self) -> Expectations:
        """The comparisons of the running test."""
        return self._expectations

    def find_functions(self, folder: Path, units: Sequence[tuple[str, str, int]]) -> None:
        """Finds the function objects of the program's units, and those that these made while modules were imported.

        Args:
            folder: The project's folder.
            units: Path within the folder, qualified name and first line of each.
        """
        wanted = {(str(folder / path), name, line): index for index, (path, name, line) in enumerate(units)}
        makers = {(str(folder / path), name): index for index, (path, name, _) in enumerate(units)}
        for candidate in gc.get_objects():
            if isinstance(candidate, FunctionType):
                code = candidate.__code__
                index = wanted.get((code.co_filename, code.co_qualname, code.co_firstlineno))
                if index is not None:
                    self._functions.setdefault(index, []).append(candidate)
                maker, _, inner = code.co_qualname.partition(_WITHIN)
                index = makers.get((code.co_filename, maker)) if inner else None
                if index is not None:
                    self._made.setdefault(index, []).append(candidate)

    def find_examples(self, examples: Sequence[tuple[int, str, str]]) -> None:
        """Takes examples in docstrings; those whose function is not there never hold."""
        for index, call, result in examples:
            function = next(iter(self._functions.get(index, ())), None)
            self._examples.append(ExampleCheck(function.__globals__ if function is not None else {}, call, result))

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
                for function in self._made.get(index, ()):
                    inner = _made_anew(function.__code__, code)
                    if inner is not None:
                        exchanged.append((function, function.__code__))
                        function.__code__ = inner
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
        runners: list[Check] = [*self._failing, *self._passing, *self._examples]
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
