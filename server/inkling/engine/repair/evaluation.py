"""The search's side of a stage: mutants in, scores out, whatever the mutants do."""

import json
import marshal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType

from inkling.engine.repair.examples import Example
from inkling.engine.repair.program import Change, Mutant, Program, line_range
from inkling.engine.repair.stage import CANARY_DIFFERENT, Job, StageSetup
from inkling.engine.repair.stage_process import StageError, StageProcess
from inkling.engine.repair.synthesis import Question, Synthesised
from inkling.engine.repair.trial import FITNESS_STEPS, Score, is_plausible

LARGEST_BATCH = 512
_IMPORT_S = 10.0  # by the clock, to import the tests with other code and to run them
_LEAST_LIMIT_S = 0.015  # of CPU time for one mutant
_LIMIT_FACTOR = 4.0  # of what the unchanged program takes
_N_REDONE = 12  # contaminated batches that are run again in halves
_BASELINE_S = 60.0


_UNCHANGED: Job = ((), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What the unchanged program does.

    Attributes:
        failing: Names of tests that fail.
        passing: Names of tests that pass, of those that must.
        score: Its fitness, as a mutant has one.
        limit_s: CPU seconds that a mutant gets.
    """

    failing: tuple[str, ...]
    passing: tuple[str, ...]
    score: int
    limit_s: float


class Evaluator:
    """Runs mutants of a program against tests, in forks of a stage."""

    def __init__(
        self,
        program: Program,
        folder: Path,
        failing: Sequence[str],
        passing: Sequence[str],
        examples: tuple[Example, ...] = (),
    ) -> None:
        self._program = program
        units = tuple(
            (str(unit.file.path), unit.qualified_name, line_range(unit.function)[0]) for unit in program.units
        )
        self._setup = StageSetup(
            folder=folder, failing=tuple(failing), passing=tuple(passing), units=units, examples=examples
        )
        self._stage: StageProcess | None = None
        self._nursery: StageProcess | None = None
        self._n_redone = 0
        self._have_held: list[bool] = []
        self.baseline: Baseline | None = None
        self.n_tried = 0

    def start(self) -> Baseline:
        """Loads the tests and runs them on the unchanged program; those that do not behave as told are left out.

        Raises:
            StageError: They cannot be loaded.
        """
        self._stage = StageProcess(self._setup)
        data = self._stage.ask(("baseline", _BASELINE_S, None), _BASELINE_S)
        try:
            results = [(bool(passed), float(seconds)) for passed, seconds in json.loads(data)]
        except (ValueError, TypeError) as error:
            raise StageError("the tests ended the process that ran them") from error
        found = self._stage.wait_until_ready()
        passing_names = [name for index, name in enumerate(self._setup.passing) if index in found]
        names = (*self._setup.failing, *passing_names)
        n_tests = len(names)
        if len(results) != n_tests + len(self._setup.examples):
            raise StageError("the tests ended the process that ran them")
        n_failing = len(self._setup.failing)
        failing = tuple(name for name, (passed, _) in zip(names[:n_failing], results, strict=False) if not passed)
        after = list(zip(names[n_failing:], results[n_failing:n_tests], strict=True))
        passing = tuple(name for name, (passed, _) in after if passed)
        finished = [seconds for _, seconds in results if seconds < 1.0]
        limit_s = max(_LEAST_LIMIT_S, _LIMIT_FACTOR * sum(finished))
        if not failing:
            raise StageError("the tests that should fail pass")
        if (failing, passing) != (self._setup.failing, self._setup.passing):
            self._stage.close()
            self._setup = replace(self._setup, failing=failing, passing=passing)
            self._stage = StageProcess(self._setup)
        self._have_held = [held for held, _ in results[n_tests:]]
        self._stage.ask(("examples", 0.0, self._have_held), _BASELINE_S)
        (score, *_) = self._batch([_UNCHANGED], limit_s, None) or [0]
        self.baseline = Baseline(failing=failing, passing=passing, score=score, limit_s=limit_s)
        return self.baseline

    def prepare_imports(self) -> None:
        """Starts to load what `evaluate_imported` needs; returns at once."""
        if self._nursery is None:
            self._nursery = StageProcess(replace(self._setup, is_nursery=True))

    def wait_for_imports(self) -> bool:
        """Waits until `evaluate_imported` has what it needs; tells whether it can be had."""
        self.prepare_imports()
        assert self._nursery is not None  # noqa: S101 - just prepared
        try:
            self._nursery.wait_until_ready()
        except StageError:
            self._nursery = None
            return False
        return True

    def close(self) -> None:
        """Ends the processes with the tests."""
        for process in (self._stage, self._nursery):
            if process is not None:
                process.close()
        self._stage = self._nursery = None

    def evaluate(self, mutants: Sequence[Mutant]) -> list[int]:
        """Returns the score of each mutant; those that only a new import can show are INVALID here."""
        baseline = self._known_baseline()
        scores = [int(Score.INVALID)] * len(mutants)
        places, jobs = [], []
        for place, mutant in enumerate(mutants):
            job = self._job(mutant)
            if job is not None:
                places.append(place)
                jobs.append(job)
        for place, score in zip(places, self._run(jobs, baseline), strict=True):
            scores[place] = score
        self.n_tried += len(jobs)
        return scores

    def confirm(self, mutant: Mutant) -> bool:
        """Tells whether the mutant passes all tests in a process of its own."""
        baseline = self._known_baseline()
        if self.needs_import(mutant):
            return is_plausible(self.evaluate_imported(mutant))
        job = self._job(mutant)
        return job is not None and self._batch([job], baseline.limit_s, None) in (
            [Score.PLAUSIBLE],
            [Score.PLAUSIBLE_AND_WISHED],
        )

    def needs_import(self, mutant: Mutant) -> bool:
        """Tells whether the mutant changes what is evaluated when a module is imported."""
        return self._program.needs_import(mutant.changes)

    def evaluate_imported(self, mutant: Mutant) -> int:
        """Returns the score of a mutant whose modules are imported anew."""
        baseline = self._known_baseline()
        self.n_tried += 1
        modules = {}
        try:
            for file, tree in self._program.changed_files(mutant.changes):
                path = str(self._setup.folder / file.path)
                modules[path] = marshal.dumps(compile(tree, path, "exec", flags=file.flags, dont_inherit=True))
        except (SyntaxError, ValueError, TypeError, RecursionError):
            return Score.INVALID
        try:
            self.prepare_imports()
            assert self._nursery is not None  # noqa: S101 - just prepared
            data = self._nursery.ask((modules, baseline.limit_s, _IMPORT_S), 2 * _IMPORT_S)
        except StageError:
            self._nursery = None
            return Score.DIED
        return data[0] if data else Score.DIED

    def synthesise(self, question: Question, limit_s: float) -> Synthesised | None:
        """Returns expressions for a place; None where nothing could be seen there."""
        if self._stage is None:
            return None
        try:
            data = self._stage.ask(("synthesise", limit_s, question.to_tuple()), 4 * limit_s + 10)
        except StageError:
            self._restart()
            return None
        return Synthesised.from_json(data)

    def compiled(self, changes: Sequence[Change]) -> list[tuple[int, CodeType]] | None:
        """Returns the code of the changed functions; None where it does not compile or must be imported."""
        try:
            return self._program.compiled_units(changes)
        except (SyntaxError, ValueError, TypeError, RecursionError):
            return None

    def _known_baseline(self) -> Baseline:
        if self.baseline is None:
            raise StageError("the tests were not loaded")
        return self.baseline

    def _job(self, mutant: Mutant) -> Job | None:
        codes = self.compiled(mutant.changes)
        if codes is None:
            return None
        units = {unit.file.path: unit.index for unit in self._program.units}
        return codes, [(units[path], statement) for path, statement in mutant.imports if path in units]

    def _run(self, jobs: Sequence[Job], baseline: Baseline) -> list[int]:
        """Returns the scores of jobs, run again in halves where one left a state behind that another one met."""
        scores: list[int] = []
        while len(scores) < len(jobs):
            rest = jobs[len(scores) : len(scores) + LARGEST_BATCH]
            got = self._batch(rest, baseline.limit_s, baseline.score)
            if got and got[-1] == _CONTAMINATED:
                got.pop()
                if len(rest) > 1 and self._n_redone < _N_REDONE:
                    self._n_redone += 1
                    middle = len(rest) // 2
                    got = self._run(rest[:middle], baseline) + self._run(rest[middle:], baseline)
            elif len(got) < len(rest) and (not got or got[-1] != Score.TIMEOUT):
                got.append(Score.DIED)
            scores += got
        return scores

    def _batch(self, jobs: Sequence[Job], limit_s: float, expected: int | None) -> list[int]:
        if self._stage is None:
            raise StageError("the tests were not loaded")
        # What a single mutant leaves behind is gone with its fork: nobody else meets it.
        payload = (list(jobs), expected if len(jobs) > 1 else None)
        try:
            data = self._stage.ask(("batch", limit_s, payload), _batch_limit_s(len(jobs), limit_s))
        except StageError:
            self._restart()
            return []
        scores = [
            byte if byte <= FITNESS_STEPS or is_plausible(byte) or byte == Score.TIMEOUT else int(Score.INVALID)
            for byte in data[: len(jobs)]
        ]
        if data[len(jobs) :] == CANARY_DIFFERENT:
            scores.append(_CONTAMINATED)
        return scores

    def _restart(self) -> None:
        if self._stage is not None:
            self._stage.close()
        self._stage = StageProcess(self._setup)
        self._stage.ask(("examples", 0.0, self._have_held), _BASELINE_S)


_CONTAMINATED = -1  # stands behind the scores of a batch after which the unchanged program behaved otherwise


def _batch_limit_s(n_jobs: int, limit_s: float) -> float:
    return 10.0 + n_jobs * (4 * limit_s + 0.5)
