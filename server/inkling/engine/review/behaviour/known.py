"""What is known before any input is made up: tests as inputs, and what a target is in this process.

For forks inside a sandbox only.
"""

import ast
import enum
import inspect
import time
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

import pytest

from inkling.engine.judging.observing import probed_tests
from inkling.engine.judging.probes import make_probes
from inkling.engine.review.behaviour.exchange import TIMEOUT, WAITED, Input, Origin, Outcome, SideBySide, Target
from inkling.engine.review.behaviour.generation import Callee
from inkling.engine.review.behaviour.running import Runner

_FROM_TESTS = -1
_MOST_NEIGHBOURS = 4  # classes of a module whose objects are tried as arguments
_N_PROBES = 160
MOST_HANGING = 4  # inputs of one target; then its others are left out


class Patience:
    """Sees to it that what hangs, waits or is slow does not take the time of the others."""

    def __init__(self, names: Iterable[Hashable], ends_at_s: float) -> None:
        """Takes what there is time for, each once or more often, and when all is over, by the monotonic clock."""
        self._waiting = dict.fromkeys(names)
        self._ends_at_s = ends_at_s
        self._own_end_s: dict[Hashable, float] = {}
        self._n_hanging: Counter[Hashable] = Counter()
        self._gone: set[Hashable] = set()

    def is_over(self, name: Hashable) -> bool:
        """Tells whether enough was tried of one; its own time begins when this is asked first."""
        now_s = time.monotonic()
        if name not in self._own_end_s:
            self._waiting.pop(name, None)
            # Twice the equal share, since few need theirs.
            self._own_end_s[name] = now_s + (self._ends_at_s - now_s) / (1 + len(self._waiting) / 2)
        return name in self._gone or now_s > self._own_end_s[name]

    def saw(self, name: Hashable, kind: str) -> None:
        """Takes the kind of an outcome: one that waits is enough, and a few that hang."""
        self._n_hanging[name] += kind == TIMEOUT
        if kind == WAITED or self._n_hanging[name] > MOST_HANGING:
            self._gone.add(name)


class EnoughError(Exception):
    """A function hangs, waits or is slow on too many inputs to be tried on more."""


class PatientRunner:
    """Runs inputs of one target until enough were tried.

    Attributes:
        tried: Those that were run.
        has_waited: Whether one of them waited instead of computing.
    """

    def __init__(self, runner: Runner, patience: Patience) -> None:
        """Takes what runs them, and how long."""
        self._runner = runner
        self._patience = patience
        self.tried: list[Input] = []
        self.has_waited = False

    def run(self, given: Input) -> Outcome:
        """Returns what happens.

        Raises:
            EnoughError: Enough were tried.
        """
        if self._patience.is_over(given.target):
            raise EnoughError
        outcome = self._runner.run(given)
        self.tried.append(given)
        self.has_waited = self.has_waited or outcome.kind == WAITED
        self._patience.saw(given.target, outcome.kind)
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
