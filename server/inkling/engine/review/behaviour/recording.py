"""What tests pass to functions: the calls seen while tests run on the old version. For forks inside a sandbox only."""

import contextlib
import inspect
import sys
import time
from collections.abc import Mapping, Sequence
from types import FrameType

import pytest

from inkling.engine.judging.observing import time_limit
from inkling.engine.review.behaviour.exchange import Input, Origin, Target
from inkling.engine.review.behaviour.written import Imports, written

_MOST_CALLS = 24  # for one target
_TEST_CPU_S = 2.0


class Recorder:
    """Takes down the arguments of calls of targets as code."""

    def __init__(self, targets: Sequence[Target]) -> None:
        """Takes what is to be watched."""
        self._targets = {(target.file, target.name): number for number, target in enumerate(targets)}
        self._all = targets
        self._made: dict[int, tuple[object, str, Imports]] = {}
        self.calls: dict[int, dict[str, Input]] = {number: {} for number in range(len(targets))}
        self.reached: dict[str, set[int]] = {}

    def run(self, items: Sequence[pytest.Item], wall_s: float) -> None:
        """Runs tests, as far as they come within the time."""
        from _pytest.runner import runtestprotocol

        ends_at = time.monotonic() + wall_s
        for item in items:
            if time.monotonic() > ends_at:
                return
            reached = self.reached.setdefault(item.nodeid, set())

            def on_event(frame: FrameType, event: str, _argument: object, reached: set[int] = reached) -> None:
                if event == "call":
                    self._see(frame, reached)

            with time_limit(_TEST_CPU_S), contextlib.suppress(Exception, SystemExit):
                sys.setprofile(on_event)
                runtestprotocol(item, log=False, nextitem=None)
            sys.setprofile(None)

    def _see(self, frame: FrameType, reached: set[int]) -> None:
        code = frame.f_code
        number = self._targets.get((code.co_filename, code.co_qualname))
        if number is None:
            return
        reached.add(number)
        calls = self.calls[number]
        if len(calls) < _MOST_CALLS:
            call = self._call(number, frame)
            if call is not None:
                calls.setdefault(call.shown, call)

    def _call(self, number: int, frame: FrameType) -> Input | None:
        target = self._all[number]
        if "." in target.name:
            return None  # what led to the state of a receiver is in the test, which is an input itself
        imports: Imports = {(target.file, target.name): None}
        arguments = arguments_of(frame, imports)
        if arguments is None:
            return None
        return Input(
            target=number,
            origin=Origin.RECORDED,
            call=f"{target.name}({', '.join(arguments)})",
            imports=tuple(imports),
        )


def arguments_of(frame: FrameType, imports: Imports) -> list[str] | None:
    """Returns the arguments of a call that has just begun, as code; None where one has none."""
    code = frame.f_code
    n_positional, n_named = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames[: n_positional + n_named]
    values: Mapping[str, object] = frame.f_locals
    arguments = []
    for at, name in enumerate(names):
        text = written(values[name], imports)
        if text is None:
            return None
        arguments.append(text if at < n_positional else f"{name}={text}")
    rest = code.co_varnames[n_positional + n_named :]
    if code.co_flags & inspect.CO_VARARGS:
        for value in values[rest[0]]:  # type: ignore[attr-defined] # a tuple
            text = written(value, imports)
            if text is None:
                return None
            arguments.insert(n_positional, text)
        rest = rest[1:]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        for name, value in values[rest[0]].items():  # type: ignore[attr-defined] # a dict
            text = written(value, imports)
            if text is None:
                return None
            arguments.append(f"{name}={text}")
    return arguments
