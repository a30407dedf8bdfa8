"""Which differences are looked at closely, and which of them is shown."""

import ast
from collections import defaultdict
from typing import Final

from inkling.core.change import ChangeSet
from inkling.engine.review.behaviour.exchange import ORDINARY, RAISED, TIMEOUT, Compared, Origin, Pair
from inkling.engine.review.behaviour.targets import Cause, Prepared
from inkling.engine.review.behaviour.verdicts import is_crash, is_of_wrong_kind

_MOST_CLOSE: Final = 24  # differences that are looked at closely
_PER_SIGNATURE: Final = 3
_MOSTLY_UNSTABLE: Final = 0.5


def is_unstable(target: int, compared: Compared) -> bool:
    """Tells whether the old version mostly does not answer the same twice."""
    n_unstable, n_stable = compared.n_unstable.get(target, 0), compared.n_inputs.get(target, 0)
    return n_unstable > _MOSTLY_UNSTABLE * (n_unstable + n_stable)


def rank(pair: Pair) -> tuple[object, ...]:
    """Returns what sorts differences: failures of ordinary inputs first, last what neither version answers."""
    return (
        is_of_wrong_kind(pair),
        not is_crash(pair),
        pair.before.kind == RAISED and pair.after.kind == RAISED,
        pair.input.origin is Origin.GUESSED,
        pair.input.size,
    )


def chosen_of(compared: Compared) -> list[Pair]:
    """Returns differences to look at closely: of each kind the smallest, and the smallest of ordinary ones."""
    differing = [pair for pair in compared.differing if not is_unstable(pair.input.target, compared)]
    groups: dict[tuple[object, ...], list[Pair]] = defaultdict(list)
    for pair in differing:
        kind = (
            pair.input.target,
            pair.before.kind,
            pair.after.kind,
            pair.before.value if pair.before.kind == "E" else "",
            pair.after.value if pair.after.kind == "E" else "",
        )
        groups[kind].append(pair)
    chosen: dict[int, Pair] = {}
    for pairs in groups.values():
        ordinary = [pair for pair in pairs if pair.input.origin in ORDINARY]
        not_guessed = [pair for pair in pairs if pair.input.origin is not Origin.GUESSED]
        n = 1 if pairs[0].after.kind == TIMEOUT else _PER_SIGNATURE  # what hangs takes long each time
        for some in (ordinary, not_guessed, pairs):
            for pair in sorted(some, key=lambda item: item.input.size)[:n]:
                chosen.setdefault(id(pair), pair)
    return sorted(chosen.values(), key=rank)[:_MOST_CLOSE]


def cause_of(pair: Pair, prepared: Prepared, changes: ChangeSet) -> int | None:
    """Returns the number of the cause whose changed lines were run, or else the one whose function was."""
    scored = []
    for at, cause in enumerate(prepared.causes):
        file = str(changes.after.folder / cause.path)
        lines = set(pair.lines.get(file, ()))
        own = prepared.targets[pair.input.target].name_after if pair.input.target >= 0 else ""
        n_changed = len(lines.intersection(cause.lines))
        n_span = len(lines.intersection(cause.span))
        before = _ran_before(cause, pair, changes)
        if cause.pair is None:
            scored.append((0.5, at))
        elif n_changed or n_span or before:
            scored.append((2 * bool(n_changed) + bool(before) + bool(n_span) + (cause.symbol == own), at))
        elif cause.symbol == own or isinstance(cause.pair.definition.node, ast.ClassDef):
            scored.append((0.25, at))
    return max(scored, key=lambda item: (item[0], -item[1]))[1] if scored else None


def _ran_before(cause: Cause, pair: Pair, changes: ChangeSet) -> bool:
    """Tells whether the old version ran lines that went."""
    found = cause.pair
    if found is None or found.path_before is None:
        return False
    lines = pair.lines_before.get(str(changes.before.folder / found.path_before), ())
    return not set(found.lines_before).isdisjoint(lines)
