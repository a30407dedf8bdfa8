"""What the judge and its worker tell each other: one JSON object each way. What comes back is not to be trusted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from inkling.core.errors import WorkerError
from inkling.engine.judging.examples import DocstringExample

_MAX_ANSWER = 64 * 1024 * 1024  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is to be compared.

    Attributes:
        node_ids: Tests to make inputs of.
        texts: For each patch the texts it puts in place of files, by absolute path.
        n_probes: Inputs to generate.
        numbers: Numbers in the program.
        calls: Further inputs, as expressions in the first test's module.
        examples: Answers that docstrings promise.
        seed: For the choice of inputs.
        n_processes: Patches that run side by side.
        wall_s: Seconds for one patch.
        total_s: Seconds for all; patches that were not run by then stay unknown.
    """

    node_ids: Sequence[str]
    texts: Sequence[Mapping[str, str]]
    n_probes: int = 48
    numbers: Sequence[int] = ()
    calls: Sequence[str] = ()
    examples: Sequence[DocstringExample] = ()
    seed: int = 0
    n_processes: int = 2
    wall_s: float = 5.0
    total_s: float = 30.0


Outcomes = tuple[tuple[str, ...], ...]
"""By probe, by observation: V and the value, E and the exception's name, T for a time limit, empty for not reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What one version of the program did.

    Attributes:
        outcomes: What it answered.
        types: The kinds of those values.
        properties: By property, on how many inputs it held and on how many it did not.
        n_examples_held: Promises of docstrings that it keeps.
        n_examples_broken: Those that it does not.
    """

    outcomes: Outcomes
    types: Outcomes
    properties: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    n_examples_held: int = 0
    n_examples_broken: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of a comparison.

    Attributes:
        shown: By probe, by observation: the input as code; empty where it cannot be shown.
        is_original: By probe: whether it is a test as it stands.
        n_calls: How many of the probes, the last ones, are the calls that were asked for.
        original: What the program did before any patch.
        original_again: The same with other random numbers.
        patches: What each patch did; None for one that could not be run.
    """

    shown: tuple[tuple[str, ...], ...]
    is_original: tuple[bool, ...]
    n_calls: int
    original: Observed | None
    original_again: Observed | None
    patches: tuple[Observed | None, ...]


def encode_comparison(comparison: Comparison) -> bytes:
    """Returns the line that the worker reads."""
    content = {
        "node_ids": list(comparison.node_ids),
        "texts": [dict(texts) for texts in comparison.texts],
        "n_probes": comparison.n_probes,
        "numbers": list(comparison.numbers),
        "calls": list(comparison.calls),
        "examples": [[example.file, example.call, example.wanted] for example in comparison.examples],
        "seed": comparison.seed,
        "n_processes": comparison.n_processes,
        "wall_s": comparison.wall_s,
        "total_s": comparison.total_s,
    }
    return json.dumps(content).encode()


def decode_comparison(data: bytes) -> Comparison:
    """Returns what the judge asked for."""
    content = json.loads(data)
    content["examples"] = [
        DocstringExample(file=file, call=call, wanted=wanted) for file, call, wanted in content["examples"]
    ]
    return Comparison(**content)


def decode_compared(data: bytes, n_patches: int) -> Compared:
    """Returns what the worker answered, after looking at each value.

    Raises:
        WorkerError: It is not what a worker answers.
    """
    if len(data) > _MAX_ANSWER:
        raise WorkerError("the comparison of patches answered too much")
    try:
        content = json.loads(data)
        shown = tuple(tuple(str(text) for text in texts) for texts in content["shown"])
        patches = tuple(_observed(item, shown) for item in content["patches"])
        if len(patches) != n_patches:
            raise WorkerError("the comparison of patches lost some of them")
        return Compared(
            shown=shown,
            is_original=tuple(bool(flag) for flag in content["is_original"]),
            n_calls=int(content["n_calls"]),
            original=_observed(content["original"], shown),
            original_again=_observed(content["original_again"], shown),
            patches=patches,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WorkerError("the comparison of patches answered nonsense") from error


def _observed(content: object, shown: Sequence[Sequence[str]]) -> Observed | None:
    """Returns what one version did; what it did not come to is empty."""
    if content is None:
        return None
    if not isinstance(content, dict):
        raise TypeError("no object")
    return Observed(
        outcomes=_filled(content["outcomes"], shown),
        types=_filled(content["types"], shown),
        properties={str(words): (int(held), int(broken)) for words, (held, broken) in content["properties"].items()},
        n_examples_held=int(content["n_examples_held"]),
        n_examples_broken=int(content["n_examples_broken"]),
    )


def _filled(rows: object, shown: Sequence[Sequence[str]]) -> Outcomes:
    if not isinstance(rows, list) or len(rows) > len(shown):
        raise TypeError("not a row for each probe")
    filled = []
    for number, texts in enumerate(shown):
        row = [str(item) for item in rows[number]] if number < len(rows) else []
        filled.append(tuple((row + [""] * len(texts))[: len(texts)]))
    return tuple(filled)
