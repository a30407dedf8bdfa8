"""The reviewer's half inside the sandbox: `python -m inkling.engine.review.behaviour.worker` in the project's folder.

It reads one question from its input and prints one answer. It never imports the project itself: it forks, and each
fork imports one version of it.
"""

import gc
import json
import math
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from inkling.engine.judging.forks import Tell, run_in_forks
from inkling.engine.judging.observing import Collect, handle_alarms, load_plugins, with_collector
from inkling.engine.judging.patched_imports import import_from
from inkling.engine.review.behaviour.exchange import (
    TIMEOUT,
    VALUE,
    WAITED,
    Input,
    Origin,
    Outcome,
    SideBySide,
    decode_input,
    decode_outcome,
    decode_question,
)
from inkling.engine.review.behaviour.generation import InputMaker
from inkling.engine.review.behaviour.growth import SIZES, counted_steps, grown, is_slower
from inkling.engine.review.behaviour.known import (
    EnoughError,
    Patience,
    PatientRunner,
    callee_of,
    inputs_of_tests,
)
from inkling.engine.review.behaviour.likeness import is_same
from inkling.engine.review.behaviour.obstacles import WAITS, obstacle_of
from inkling.engine.review.behaviour.recording import Recorder
from inkling.engine.review.behaviour.running import Runner, module_of, seen_lines
from inkling.engine.review.behaviour.shrinking import smaller

_MOST_DIFFERING = 400  # told of one comparison
_RECORDING_WALL_S = 6.0
_ROUNDS = 7  # of making inputs smaller
_ALONE_CPU_S = 0.6  # of an input that runs alone: what still runs then hangs
_MOST_GROWN = 3  # inputs of a target that are made to grow
_GROWN_CPU_S = 1.0  # of one of those, counted as it runs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """One of both versions.

    Attributes:
        texts: Of changed files, by path.
        is_new: Whether it is the new one.
        salt: Other random numbers for a second run.
    """

    texts: Mapping[str, str]
    is_new: bool = False
    salt: int = 0


def main() -> None:
    """Answers one question."""
    question = decode_question(sys.stdin.buffer.read())
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)  # what the program prints is not ours to send
    folder = Path.cwd()
    sys.path.insert(0, str(folder))  # as `python -m pytest` has it
    answer: dict[str, object] = {}

    def work(collect: Collect) -> None:
        answer.update(_Comparison(question, folder, collect).answer())

    if question.node_ids:
        load_plugins()
        with_collector(folder, question.node_ids, work)
    else:
        work(lambda use: use([]))
    data = json.dumps(answer).encode()
    while data:
        data = data[os.write(out, data) :]


class _Comparison:
    """One question being answered."""

    def __init__(self, question: SideBySide, folder: Path, collect: Collect) -> None:
        gc.collect()
        gc.freeze()  # or the first collection in each fork would copy all that was imported so far
        self._question = question
        self._folder = folder
        self._collect = collect
        self._before = _Version(texts=question.before)
        self._again = _Version(texts=question.before, salt=1)
        self._after = _Version(texts=question.after, is_new=True)
        self._files = frozenset({*question.before, *question.after})
        self._ends_at_s = time.monotonic() + question.total_s

    def answer(self) -> dict[str, object]:
        return self._closely() if self._question.inputs else self._widely()

    def _in_forks(self, jobs: Sequence[Callable[[Tell], None]], wall_s: float | None = None) -> list[bytes]:
        return run_in_forks(
            jobs,
            n_processes=self._question.n_processes,
            wall_s=wall_s or self._question.total_s,
            ends_at_s=self._ends_at_s,
        )

    def _widely(self) -> dict[str, object]:
        """Makes inputs, and returns those on which the versions differ and the old one does not differ from itself."""
        told = _lines(self._in_forks([self._tell_inputs], self._question.total_s / 2)[0])
        inputs = [decode_input(line["input"]) for line in told if "input" in line]
        modules = {str(line["file"]): str(line["module"]) for line in told if "module" in line}
        problem = next((str(line["problem"]) for line in told if "problem" in line), "")
        obstacles = {int(line["waits"]): WAITS for line in told if "waits" in line}
        before, again, after = self._outcomes(inputs, [self._before, self._again, self._after])
        n_inputs: Counter[int] = Counter()
        n_unstable: Counter[int] = Counter()
        differing = []
        alike: dict[int, list[Input]] = {}
        for number, given in enumerate(inputs):
            if number not in before or number not in after or number not in again:
                continue
            if not is_same(before[number], again[number]):
                n_unstable[given.target] += 1
                continue
            obstacle = obstacle_of(given, before[number], after[number])
            if obstacle:
                obstacles.setdefault(given.target, obstacle)
                continue
            n_inputs[given.target] += 1
            if not is_same(before[number], after[number]):
                differing.append(_pair(given, before[number], after[number]))
            elif before[number].kind == VALUE:
                alike.setdefault(given.target, []).append(given)
        not_reached = self._not_reached(told, inputs, [before, again, after])
        for name, outcomes in (("old", before), ("new", after)):
            if inputs and not outcomes and not problem:
                if time.monotonic() >= self._ends_at_s:
                    not_reached = list(range(len(self._question.targets)))
                else:
                    problem = f"the process of the {name} version ended before it had answered"
        return {
            "differing": differing[:_MOST_DIFFERING],
            "n_inputs": n_inputs,
            "n_unstable": n_unstable,
            "modules": modules,
            "slower": self._slower(alike),
            "not_reached": not_reached,
            "obstacles": obstacles,
            "problem": problem,
        }

    def _not_reached(
        self, told: Sequence[Mapping[str, Any]], inputs: Sequence[Input], outcomes: Sequence[Mapping[int, Outcome]]
    ) -> list[int]:
        """Returns the targets of which inputs were not made to the end, or none was run on each version."""
        made = {int(line["made"]) for line in told if "made" in line}
        waiting = {given.target for given in inputs}
        run = {inputs[number].target for number in set.intersection(*map(set, outcomes))}
        targets = range(len(self._question.targets))
        return [target for target in targets if target not in made or (target in waiting and target not in run)]

    def _slower(self, alike: Mapping[int, Sequence[Input]]) -> list[dict[str, object]]:
        """Returns calls on which the new version does more work, the more the larger they are."""
        chosen = []
        for inputs in alike.values():
            usable = [given for given in inputs if grown(given)]
            chosen += sorted(usable, key=lambda given: list(Origin).index(given.origin))[:_MOST_GROWN]
        larger = [item for given in chosen for item in grown(given)]
        if not larger:
            return []
        versions = (self._before, self._after)
        told = self._in_forks([partial(self._tell_steps, larger, version) for version in versions])
        steps = [{int(line["number"]): int(line["steps"]) for line in _lines(data)} for data in told]
        found: dict[int, dict[str, object]] = {}
        for at, given in enumerate(chosen):
            numbers = range(at * len(SIZES), (at + 1) * len(SIZES))
            before, after = ([of_version.get(number, 0) for number in numbers] for of_version in steps)
            if is_slower(before, after):
                slower = {"input": asdict(given), "size": SIZES[-1], "before": before[-1], "after": after[-1]}
                found.setdefault(given.target, slower)
        return list(found.values())

    def _tell_steps(self, inputs: Sequence[Input], version: _Version, tell: Tell) -> None:
        import_from({Path(path): text for path, text in version.texts.items()})
        handle_alarms()
        runner = Runner(self._folder, self._renamed() if version.is_new else {}, ())
        for number, given in enumerate(inputs):
            with counted_steps(self._files) as steps:
                kind = runner.run(given, _GROWN_CPU_S).kind
            _tell_line(tell, {"number": number, "steps": steps[0] if kind in (VALUE, TIMEOUT) else 0})
            if kind == WAITED:
                return

    def _closely(self) -> dict[str, object]:
        """Runs each input alone, makes it smaller as long as the versions still differ alike, and traces it."""
        best = list(self._question.inputs)
        pairs: dict[int, tuple[Outcome, Outcome]] = {}
        before, after = self._outcomes(best, [self._before, self._after], is_alone=True)
        for number in range(len(best)):
            if number in before and number in after and not is_same(before[number], after[number]):
                pairs[number] = (before[number], after[number])
        for _ in range(_ROUNDS):
            if time.monotonic() > self._ends_at_s - 0.3 * self._question.total_s:
                break
            if not self._shrink_once(best, pairs):
                break
        return {
            "differing": self._traced(best, pairs),
            "n_inputs": {},
            "n_unstable": {},
            "modules": {},
            "slower": [],
            "not_reached": [],
            "obstacles": {},
            "problem": "",
        }

    def _shrink_once(self, best: list[Input], pairs: dict[int, tuple[Outcome, Outcome]]) -> bool:
        """Puts smaller inputs in place of larger ones; tells whether there was any."""
        tried = [(number, item) for number in pairs for item in smaller(best[number])]
        candidates = [item for _, item in tried]
        before, after = self._outcomes(candidates, [self._before, self._after])
        found = False
        for at, (number, item) in enumerate(tried):
            if at not in before or at not in after or item.size >= best[number].size:
                continue
            if _signature(before[at], after[at]) == _signature(*pairs[number]) and not is_same(before[at], after[at]):
                best[number], pairs[number] = item, (before[at], after[at])
                found = True
        return found

    def _traced(self, best: Sequence[Input], pairs: Mapping[int, tuple[Outcome, Outcome]]) -> list[dict[str, object]]:
        """Returns the small inputs that differ when run alone, twice each, with the lines that they run."""
        # Several may have become the same.
        numbers = sorted({(best[number].node_id, best[number].shown): number for number in sorted(pairs)}.values())
        small = [best[number] for number in numbers]
        lines: list[dict[int, dict[str, list[int]]]] = [{}, {}]
        versions = [self._before, self._after, self._again]
        before, after, again = self._outcomes(small, versions, is_alone=True, lines=lines)
        return [
            _pair(given, before[at], after[at], lines[1].get(at, {}), lines[0].get(at, {}))
            for at, given in enumerate(small)
            if at in before
            and at in after
            and at in again
            and is_same(before[at], again[at])
            and not is_same(before[at], after[at])
        ]

    def _outcomes(
        self,
        inputs: Sequence[Input],
        versions: Sequence[_Version],
        *,
        is_alone: bool = False,
        lines: Sequence[dict[int, dict[str, list[int]]]] = (),
    ) -> list[dict[int, Outcome]]:
        """Returns what each version does on each input, as far as it came."""
        n_rounds = 1 if is_alone else math.ceil(len(versions) / self._question.n_processes)
        # Of many inputs the last version would get what the others leave.
        wall_s = max(0.0, self._ends_at_s - time.monotonic()) / n_rounds
        jobs = [
            partial(self._tell_outcomes, inputs, version, is_alone, at < len(lines), wall_s)
            for at, version in enumerate(versions)
        ]
        outcomes: list[dict[int, Outcome]] = []
        for at, data in enumerate(self._in_forks(jobs, wall_s) if inputs else [b""] * len(versions)):
            rows = [line for line in _lines(data) if "number" in line]
            outcomes.append({int(line["number"]): decode_outcome(line["outcome"]) for line in rows})
            if at < len(lines):
                lines[at].update({int(line["number"]): line["lines"] for line in rows})
        return outcomes

    def _tell_outcomes(
        self, inputs: Sequence[Input], version: _Version, is_alone: bool, with_lines: bool, wall_s: float, tell: Tell
    ) -> None:
        ends_at_s = time.monotonic() + wall_s
        import_from({Path(path): text for path, text in version.texts.items()})

        def run_one(runner: Runner, number: int, tell: Tell) -> str:
            random.seed(2 * number + version.salt)
            seen: dict[str, set[int]] = {}
            cpu_s = _ALONE_CPU_S if is_alone else None
            given = inputs[number]
            if with_lines:
                with seen_lines(self._files) as seen:
                    outcome = runner.run(given, *([cpu_s] if cpu_s else []))
            else:
                outcome = runner.run(given, *([cpu_s] if cpu_s else []))
            lines = {file: sorted(numbers) for file, numbers in seen.items()}
            _tell_line(tell, {"number": number, "outcome": asdict(outcome), "lines": lines})
            return outcome.kind

        def work(items: Sequence[pytest.Item]) -> None:
            handle_alarms()
            runner = Runner(self._folder, self._renamed() if version.is_new else {}, items)
            if is_alone:
                jobs = [partial(run_one, runner, number) for number in range(len(inputs))]
                for data in run_in_forks(jobs, n_processes=1, wall_s=12 * _ALONE_CPU_S):  # type: ignore[arg-type] # what a job returns is not looked at
                    tell(data)
                return
            names = [(given.target, given.node_id) for given in inputs]
            patience = Patience(names, ends_at_s)
            for number, name in enumerate(names):
                if not patience.is_over(name):
                    patience.saw(name, run_one(runner, number, tell))

        self._collect(work)

    def _renamed(self) -> dict[tuple[str, str], tuple[str, str]]:
        renamed = {}
        for target in self._question.targets:
            old, new = target.name.split(".")[0], target.name_after.split(".")[0]
            if (target.file, old) != (target.file_after, new):
                renamed[target.file, old] = (target.file_after, new)
        return renamed

    def _tell_inputs(self, tell: Tell) -> None:
        """Tells inputs made of tests, and of what is known of each target. Runs on the old version."""
        import_from({Path(path): text for path, text in self._question.before.items()})
        self._collect(partial(self._make_inputs, tell))

    def _make_inputs(self, tell: Tell, items: Sequence[pytest.Item]) -> None:
        handle_alarms()
        question = self._question
        ends_at_s = time.monotonic() + question.total_s / 2
        recorder = Recorder(question.targets)
        recorder.run(items, min(_RECORDING_WALL_S, question.total_s / 6))
        reaching = [item for item in items if recorder.reached.get(item.nodeid)]
        for given in inputs_of_tests(reaching or items, question):
            _tell_line(tell, {"input": asdict(given)})
        runner = Runner(self._folder, {}, items)
        patience = Patience(range(len(question.targets)), ends_at_s)
        for number, target in enumerate(question.targets):
            try:
                module = module_of(Path(target.file), self._folder)
            except BaseException as error:  # noqa: BLE001 - whatever an import raises; then there is nothing to compare
                problem = f"{type(error).__name__}: {error}"
                _tell_line(tell, {"problem": f"{Path(target.file).name} cannot be imported ({problem})"})
                continue
            _tell_line(tell, {"file": target.file, "module": module.__name__})
            callee = callee_of(number, target, vars(module))
            if callee is None:
                _tell_line(tell, {"made": number})
                continue
            known = list(recorder.calls[number].values())
            for call, origin in target.calls:
                known.append(Input(target=number, origin=Origin(origin), call=call, imports=(callee.imported,)))
            patient = PatientRunner(runner, patience)
            maker = InputMaker(callee, patient.run, n=question.n_inputs, seed=question.seed)
            try:
                inputs = maker.inputs(known)
            except EnoughError:
                inputs = known or patient.tried[: question.n_inputs]
            if patient.has_waited:
                _tell_line(tell, {"waits": number})
                inputs = known
            for given in inputs:
                _tell_line(tell, {"input": asdict(given)})
            _tell_line(tell, {"made": number})


def _signature(before: Outcome, after: Outcome) -> tuple[object, ...]:
    """What kind of difference it is: a smaller input shows the same one."""
    return (
        before.kind,
        after.kind,
        before.value if before.kind == "E" else "",
        after.value if after.kind == "E" else "",
        bool(before.changed),
        bool(after.changed),
        before.n_setup == after.n_setup,
    )


def _pair(
    given: Input,
    before: Outcome,
    after: Outcome,
    lines: Mapping[str, list[int]] | None = None,
    lines_before: Mapping[str, list[int]] | None = None,
) -> dict[str, object]:
    return {
        "input": asdict(given),
        "before": asdict(before),
        "after": asdict(after),
        "lines": lines or {},
        "lines_before": lines_before or {},
    }


def _tell_line(tell: Tell, content: Mapping[str, object]) -> None:
    tell(json.dumps(content).encode() + b"\n")


def _lines(data: bytes) -> list[dict[str, Any]]:
    """Returns what was told; the last line of one that was ended may be cut."""
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


if __name__ == "__main__":
    main()
