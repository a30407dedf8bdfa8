"""The judge's half inside the sandbox: `python -m inkling.engine.judging.worker` in the project's folder.

It reads one comparison from its input and prints one answer. It never imports the project itself: it forks, and each
fork imports the project as one patch has it.
"""

import gc
import json
import os
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from inkling.engine.judging.examples import DocstringExample
from inkling.engine.judging.exchange import Comparison, decode_comparison
from inkling.engine.judging.forks import Tell, run_in_forks
from inkling.engine.judging.observing import Collect, keeps_promise, load_plugins, observe, probed_tests, with_collector
from inkling.engine.judging.patched_imports import import_from
from inkling.engine.judging.probes import Probe, make_probes, probe_of_call
from inkling.engine.judging.properties import property_probes

N_PROPERTY_INPUTS = 10  # generated inputs that properties are tried on


def main() -> None:
    """Answers one comparison."""
    comparison = decode_comparison(sys.stdin.buffer.read())
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)  # what the program prints is not ours to send
    folder = Path.cwd()
    sys.path.insert(0, str(folder))  # as `python -m pytest` has it
    load_plugins()
    answer: dict[str, object] = {}
    with_collector(folder, comparison.node_ids, lambda collect: answer.update(compare(comparison, collect)))
    data = json.dumps(answer).encode()
    while data:
        data = data[os.write(out, data) :]


def compare(comparison: Comparison, collect: Collect) -> dict[str, object]:
    """Returns what the program and each patch do on generated inputs, as `exchange.decode_compared` reads it.

    Args:
        comparison: What is to be compared.
        collect: Imports the tests; called in forks only.
    """
    gc.collect()
    gc.freeze()  # or the first collection in each fork would copy all that was imported so far
    in_forks = partial(
        run_in_forks,
        n_processes=comparison.n_processes,
        wall_s=comparison.wall_s,
        ends_at_s=time.monotonic() + comparison.total_s,
    )
    made = _lines(in_forks([partial(_tell_probes, comparison, collect)])[0])
    probes = [Probe(**line["probe"]) for line in made]
    words = [str(line["property"]) for line in made]
    runs: list[tuple[Mapping[str, str], int]] = [({}, 0), ({}, 1), *((texts, 0) for texts in comparison.texts)]
    examples = comparison.examples
    told = in_forks([partial(_tell_outcomes, collect, probes, examples, texts, salt) for texts, salt in runs])
    n_inputs = sum(not word for word in words)
    observed = [_gathered(_lines(data), words, n_inputs) for data in told]
    return {
        "shown": [probe.shown for probe in probes[:n_inputs]],
        "is_original": [probe.is_original for probe in probes[:n_inputs]],
        "n_calls": len(comparison.calls),
        "original": observed[0],
        "original_again": observed[1],
        "patches": observed[2:],
    }


def _tell_probes(comparison: Comparison, collect: Collect, tell: Tell) -> None:
    """Tells the inputs, the calls asked for last, and then those for properties."""

    def work(items: Sequence[pytest.Item]) -> None:
        tests = probed_tests(items)
        if not tests:
            return
        probes = make_probes(tests, n=comparison.n_probes, seed=comparison.seed, numbers=comparison.numbers)
        calls = [probe_of_call(tests[0], call) for call in comparison.calls]
        for probe in (*probes, *calls):
            _tell_line(tell, {"probe": asdict(probe), "property": ""})
        by_id = {test.node_id: test for test in tests}
        inputs = [probe for probe in probes if not probe.is_original]
        chosen = random.Random(comparison.seed).sample(inputs, min(len(inputs), N_PROPERTY_INPUTS))  # noqa: S311
        for words, probe in property_probes(chosen, by_id, tests[0].names):
            _tell_line(tell, {"probe": asdict(probe), "property": words})

    collect(work)


def _tell_outcomes(
    collect: Collect,
    probes: Sequence[Probe],
    examples: Sequence[DocstringExample],
    texts: Mapping[str, str],
    salt: int,
    tell: Tell,
) -> None:
    """Tells what one version of the program does on each input."""
    import_from({Path(path): text for path, text in texts.items()})

    def tell_one(number: int, outcomes: Sequence[str], types: Sequence[str]) -> None:
        _tell_line(tell, {"number": number, "outcomes": list(outcomes), "types": list(types)})

    def work(items: Sequence[pytest.Item]) -> None:
        observe(items, probes, tell_one, salt=salt)
        for example in examples:
            keeps = keeps_promise(example)
            if keeps is not None:
                _tell_line(tell, {"example": keeps})

    collect(work)


def _gathered(lines: Sequence[Mapping[str, Any]], words: Sequence[str], n_inputs: int) -> Mapping[str, object] | None:
    """Returns one version's answers; None for one that could not even be imported."""
    if not lines:
        return None
    rows = {line["number"]: line for line in lines if "number" in line}
    kept = [line["example"] for line in lines if "example" in line]
    inputs = [rows.get(number, {"outcomes": [], "types": []}) for number in range(n_inputs)]
    properties: dict[str, list[int]] = {}
    for number in range(n_inputs, len(words)):
        outcomes = rows.get(number, {}).get("outcomes")
        held = outcomes == ["VTrue"]
        if held or outcomes == ["VFalse"]:
            properties.setdefault(words[number], [0, 0])[0 if held else 1] += 1
    return {
        "outcomes": [row["outcomes"] for row in inputs],
        "types": [row["types"] for row in inputs],
        "properties": properties,
        "n_examples_held": kept.count(True),
        "n_examples_broken": kept.count(False),
    }


def _tell_line(tell: Callable[[bytes], None], content: Mapping[str, object]) -> None:
    tell(json.dumps(content).encode() + b"\n")


def _lines(data: bytes) -> list[dict[str, Any]]:
    """Returns what was told; the last line of one that was ended may be cut."""
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


if __name__ == "__main__":
    main()
