"""What is known before any input is made up: tests as inputs, and what a target is in this process.

For forks inside a sandbox only.
"""

import ast
import enum
import inspect
from collections.abc import Iterable, Mapping, Sequence

import pytest

from inkling.engine.judging.observing import probed_tests
from inkling.engine.judging.probes import make_probes
from inkling.engine.review.behaviour.exchange import TIMEOUT, Input, Origin, Outcome, SideBySide, Target
from inkling.engine.review.behaviour.generation import Callee
from inkling.engine.review.behaviour.running import Runner

_FROM_TESTS = -1
_MOST_NEIGHBOURS = 4  # classes of a module whose objects are tried as arguments
_N_PROBES = 160
MOST_HANGING = 6  # inputs of one version; then the rest is left out, and nothing is said of it


class HangsError(Exception):
    """A function ends on too few inputs to be tried on more."""


class PatientRunner:
    """Runs inputs until too many of them have hung."""

    def __init__(self, runner: Runner) -> None:
        """Takes what runs them."""
        self._runner = runner
        self._n_hanging = 0

    def run(self, given: Input) -> Outcome:
        """Returns what happens.

        Raises:
            HangsError: Too many inputs have hung.
        """
        outcome = self._runner.run(given)
        self._n_hanging += outcome.kind == TIMEOUT
        if self._n_hanging > MOST_HANGING:
            raise HangsError
        return outcome


def inputs_of_tests(items: Sequence[pytest.Item], question: SideBySide) -> Iterable[Input]:
    """Yields what tests look at, as they stand and with other values in them."""
    tests = probed_tests(items)
    if not tests:
        return
    numbers = sorted({number for target in question.targets for number in target.numbers})
    probes = make_probes(tests, n=max(_N_PROBES, 8 * len(tests)), seed=question.seed, numbers=numbers)
    for probe in probes:
        for code in probe.codes:
            setup, call = _split(code)
            if call:
                yield Input(
                    target=_FROM_TESTS,
                    origin=Origin.TEST if probe.is_original else Origin.VARIED,
                    setup=setup,
                    call=call,
                    node_id=probe.node_id,
                )


def _split(code: str) -> tuple[tuple[str, ...], str]:
    """Returns the statements before the last one, and the last one where it is an expression."""
    statements = ast.parse(code).body
    if not statements:
        return (), ""
    last = statements[-1]
    if not isinstance(last, ast.Expr):
        return (), ""
    return tuple(ast.unparse(statement) for statement in statements[:-1]), ast.unparse(last.value)


def callee_of(number: int, target: Target, names: Mapping[str, object]) -> Callee | None:
    """Returns a target with what its module's names stand for; None where it is not there.

    Args:
        number: The target's.
        target: What is known of it.
        names: Those of its module.
    """
    parts = target.name.split(".")
    thing: object = names.get(parts[0])
    owner = None
    for part in parts[1:]:
        if not inspect.isclass(thing):
            return None
        owner = thing
        thing = inspect.getattr_static(thing, part, None)
    if thing is None:
        return None
    module_name = names.get("__name__")
    neighbours = {
        name: kind
        for name, kind in names.items()
        if inspect.isclass(kind) and kind.__module__ == module_name and not issubclass(kind, BaseException | enum.Enum)
    }
    kept = dict(list(neighbours.items())[:_MOST_NEIGHBOURS])
    return Callee(number=number, target=target, owner=owner, thing=thing, neighbours=kept)
