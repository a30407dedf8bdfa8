"""Expressions made of what is in scope, checked against values seen while the tests ran.

The place in question is replaced by a call that notes the local names before it and its value. Then expressions are
built from small to large over all visits at once. Two expressions with the same values at every visit are one
(observational equivalence), so that only the smaller one goes on. Where the place's value is what a test compares, the
wanted value is known, and only expressions that have it are answered; elsewhere all distinct ones are, to be tried.
"""

import ast
import builtins
import copy
import json
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

from inkling.engine.repair.alarm import Expired, alarm_off, with_alarm
from inkling.engine.repair.expressions import OPERATIONS, Operation
from inkling.engine.repair.trial import Trial

ATTEMPT = "__inkling_attempt__"
BEFORE = "__inkling_before__"
VALUE = "__inkling_value__"
ITSELF = "X_"  # stands for the expression that is there

_N_VISITS = 400
_N_VISITS_TRIED = 16  # where no value is wanted
_LARGEST = 6  # operators and operands of an expression
_LONGEST_REPR = 300
_N_OF_ONE_TRUTH = 3  # conditions that hold at the same visits: the smallest is not always the one that was meant
_MOST_ELEMENTS = 2000
_MOST_INTEGER = 10**9
_MISSING: Any = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A place to be filled.

    Attributes:
        codes: The functions with the place noted, by the unit's index.
        numbers: Numbers to build with.
        strings: Strings to build with.
        is_returned: Whether the place is all that a `return` has: its value may be what a test compares.
        is_condition: Whether only its truth counts.
        n_most: Expressions to answer at most.
    """

    codes: tuple[tuple[int, CodeType], ...]
    numbers: tuple[int | float, ...]
    strings: tuple[str, ...]
    is_returned: bool
    is_condition: bool
    n_most: int

    def to_tuple(self) -> tuple[Any, ...]:
        """Returns it as a tuple that can be marshalled."""
        return self.codes, self.numbers, self.strings, self.is_returned, self.is_condition, self.n_most

    @classmethod
    def from_tuple(cls, fields: tuple[Any, ...]) -> "Question":
        """Returns the question that `to_tuple` gave."""
        codes, numbers, strings, is_returned, is_condition, n_most = fields
        return cls(
            codes=codes,
            numbers=numbers,
            strings=strings,
            is_returned=is_returned,
            is_condition=is_condition,
            n_most=n_most,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesised:
    """Expressions for a place.

    Attributes:
        has_target: Whether the wanted values were known.
        expressions: As parsed, with the name `X_` for the expression that was there, and their sizes; small ones first.
        n_built: Expressions that were built for it.
    """

    has_target: bool
    expressions: tuple[tuple[ast.expr, int], ...]
    n_built: int

    @classmethod
    def from_json(cls, data: bytes) -> "Synthesised | None":
        """Returns what a fork answered; None if it answered nothing that makes sense."""
        try:
            fields = json.loads(data)
            texts = [(str(text), int(size)) for text, size in fields["texts"]]
            parsed = tuple((ast.parse(text, mode="eval").body, size) for text, size in texts)
            return cls(has_target=bool(fields["has_target"]), expressions=parsed, n_built=int(fields["n_built"]))
        except (ValueError, KeyError, TypeError, SyntaxError):
            return None


class _Failed:
    """What an expression that raised is taken to be."""


@dataclass(slots=True)
class _Visit:
    names: dict[str, Any]
    value: Any = _MISSING
    wanted: Any = _MISSING
    raised: "_Failed | None" = None


def capture_and_enumerate(trial: Trial, question: Question, limit_s: float) -> bytes:
    """Returns the answer as JSON; runs in a fork, where user code may do as it likes.

    Args:
        trial: The tests of this process.
        question: What is asked.
        limit_s: Seconds for building expressions.
    """
    visits = _visits(trial, question, limit_s)
    if not visits:
        return b"{}"
    known = [visit for visit in visits if visit.wanted is not _MISSING]
    has_target = question.is_returned and bool(known)
    if not has_target:
        random.Random(1).shuffle(visits)  # noqa: S311 - a sample, not a secret
        visits = visits[:_N_VISITS_TRIED]
    builder = _Builder(visits, question, has_target=has_target)
    try:
        with_alarm(3 * limit_s)
        builder.build(time.monotonic() + limit_s)
    except (Expired, MemoryError):
        builder.found = builder.found[: question.n_most]
    finally:
        alarm_off()
    answer = {"has_target": has_target, "texts": builder.found, "n_built": builder.n_built}
    return json.dumps(answer).encode()


def _visits(trial: Trial, question: Question, limit_s: float) -> list[_Visit]:
    visits: list[_Visit] = []
    seen_by_last_comparison = 0

    def before(names: dict[str, Any]) -> _Visit | None:
        if len(visits) >= _N_VISITS:
            return None
        visit = _Visit(_copied_names(names))
        visits.append(visit)
        return visit

    def value(visit: _Visit | None, result: Any) -> Any:
        if visit is not None:
            visit.raised = result if isinstance(result, _Failed) else None
            visit.value = result if _is_atomic(result) else _copy(result)
        return result

    def attempt(evaluate: Callable[[], Any]) -> Any:
        # What raises has no value, but the test still tells which one it wants.
        try:
            return evaluate()
        except Expired:
            raise
        except Exception:  # noqa: BLE001 - whatever the program raises
            return _Failed()

    def compared(actual: Any, wanted: Any) -> None:
        nonlocal seen_by_last_comparison
        new = visits[seen_by_last_comparison:]
        seen_by_last_comparison = len(visits)
        if len(new) == 1 and (new[0].raised is actual if new[0].raised else _same(new[0].value, actual)):
            new[0].wanted = _copy(getattr(wanted, "expected", wanted))

    setattr(builtins, ATTEMPT, attempt)
    setattr(builtins, BEFORE, before)
    setattr(builtins, VALUE, value)
    trial.exchange(question.codes)
    trial.expectations.listen(compared)
    try:
        with_alarm(limit_s)
        trial.run_freely()
    except Expired:
        pass
    finally:
        alarm_off()
    return visits


class _Builder:
    """Builds expressions level by level; what fits is in `found`."""

    def __init__(self, visits: Sequence[_Visit], question: Question, *, has_target: bool) -> None:
        self.found: list[tuple[str, int]] = []
        self.n_built = 0
        self._visits = visits
        self._question = question
        self._targets = [visit.wanted for visit in visits] if has_target else None
        self._levels: list[list[tuple[str, list[Any], bool]]] = [[] for _ in range(_LARGEST + 1)]
        self._seen: set[Any] = set()
        self._wanted_keys: set[Any] = set()
        self._truths: Counter[tuple[bool, ...]] = Counter()
        self._deadline = 0.0

    def build(self, deadline: float) -> None:
        """Builds until the deadline (monotonic), the largest size, or as many as were asked for."""
        self._deadline = deadline
        self._atoms()
        unary, binary = _by_cost(1), _by_cost(2)
        for size in range(2, _LARGEST + 1):
            for cost, operations in unary.items():
                for text, values, is_fixed in self._levels[max(0, size - cost)]:
                    for operation in () if is_fixed else operations:
                        if self._is_over():
                            return
                        self._apply(operation, size, (text,), (values,))
            for cost, operations in binary.items():
                for left_size in range(1, size - cost):
                    for left_text, left, left_is_fixed in self._levels[left_size]:
                        for right_text, right, right_is_fixed in self._levels[size - cost - left_size]:
                            if self._is_over():
                                return
                            if left_is_fixed and right_is_fixed:
                                continue
                            for operation in operations:
                                self._apply(operation, size, (left_text, right_text), (left, right))

    def _is_over(self) -> bool:
        return len(self.found) >= self._question.n_most or time.monotonic() > self._deadline

    def _atoms(self) -> None:
        n = len(self._visits)
        names = [name for name in self._visits[0].names if all(name in visit.names for visit in self._visits)]
        for name in names:
            self._put(name, [visit.names[name] for visit in self._visits], 1)
        values = [visit.value for visit in self._visits]
        if not any(value is _MISSING or isinstance(value, _Failed) for value in values):
            self._put(ITSELF, values, 1)
        for number in dict.fromkeys((0, 1, 2, *self._question.numbers, 3, 10)):
            if abs(number) < 10**6:
                self._put(repr(number), [number] * n, 1, is_fixed=True)
        for text in dict.fromkeys(("", " ", *self._question.strings[:4])):
            self._put(repr(text), [text] * n, 1, is_fixed=True)

    def _apply(
        self, operation: Operation, size: int, texts: tuple[str, ...], operands: tuple[Sequence[Any], ...]
    ) -> None:
        function = operation.function
        try:
            results = [function(*values) for values in zip(*operands, strict=True)]
        except Expired:
            raise
        except Exception:  # noqa: BLE001 - most operations do not fit most values
            return
        if all(map(_is_small, results)):
            self._put(operation.text.format(*texts), results, size)

    def _put(self, text: str, values: list[Any], size: int, *, is_fixed: bool = False) -> None:
        self.n_built += 1
        try:
            key = tuple((type(value).__name__, repr(value)[:_LONGEST_REPR]) for value in values)
        except Expired:
            raise
        except Exception:  # noqa: BLE001 - a `__repr__` of the program's own
            return
        if key in self._seen:
            # The tests cannot tell these apart, other inputs can: all that have the wanted values are answered. Names
            # are built with even where they have the same values in all tests.
            if key in self._wanted_keys:
                self.found.append((text, size))
            if size > 1:
                return
        self._seen.add(key)
        self._levels[size].append((text, values, is_fixed))
        if self._targets is not None:
            if all(
                target is _MISSING or (value == target and isinstance(value, bool) == isinstance(target, bool))
                for value, target in zip(values, self._targets, strict=True)
            ):
                self.found.append((text, size))
                self._wanted_keys.add(key)
        elif not self._question.is_condition:
            self.found.append((text, size))
        else:
            truth = tuple(map(bool, values))
            self._truths[truth] += 1
            if self._truths[truth] <= _N_OF_ONE_TRUTH:
                self.found.append((text, size))


def _by_cost(n_operands: int) -> dict[int, list[Operation]]:
    found: dict[int, list[Operation]] = {}
    for operation in OPERATIONS:
        if operation.n_operands == n_operands:
            found.setdefault(operation.cost, []).append(operation)
    return found


def _copied_names(names: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = {}
    for name, value in names.items():
        if name.startswith(("__", ".")):
            continue
        if name == "self":
            attributes = getattr(value, "__dict__", {})
            copied.update({f"self.{key}": _copy(each) for key, each in attributes.items() if _is_value(each)})
        elif _is_value(value):
            copied[name] = _copy(value)
    return copied


def _is_value(value: Any) -> bool:
    return not isinstance(value, FunctionType | ModuleType | type) and not callable(value)


def _is_atomic(value: Any) -> bool:
    return value is None or isinstance(value, (int, float, str, bytes, complex))


def _copy(value: Any) -> Any:
    if _is_atomic(value):
        return value
    try:
        return copy.deepcopy(value)
    except Expired:
        raise
    except Exception:  # noqa: BLE001 - what cannot be copied is taken as it is
        return value


def _same(value: Any, other: Any) -> bool:
    try:
        return value is other or bool(value == other)
    except Exception:  # noqa: BLE001 - the program's own classes
        return False


def _is_small(value: Any) -> bool:
    if isinstance(value, int):
        return -_MOST_INTEGER < value < _MOST_INTEGER
    if isinstance(value, float):
        return not math.isnan(value)
    if isinstance(value, str | list | tuple | set | dict):
        return len(value) < _MOST_ELEMENTS
    return True
