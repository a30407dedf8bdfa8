"""How well bugs are repaired without a language model: `inkling bench repair`.

Each bug goes the way that *Fix with feedback* goes: its tests are run in a sandbox until the failure is believed, the
embedded mind searches, the judge ranks. Only then do hidden tests judge every patch, in a sandbox, too.
"""

import asyncio
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.app.sandboxed_tools import open_tools
from inkling.bench.repair.measure import Outcome, measure
from inkling.bench.repair.one import BugRepair
from inkling.bench.repair.records import FoundPatches, read
from inkling.bench.repair.tasks import RepairTask, model_written_tasks, own_tasks
from inkling.bench.report import EXIT_NO_DATA, Report, publish
from inkling.core.errors import SandboxError, UserError
from inkling.core.settings import SandboxSettings

DATA = Path("../shared/data/repair/model_written_bugs.jsonl")

PROTOCOL = """Each bug is a folder with a program and pytest tests; {budget_s:g} s of search, {n_processes} processes.
Hidden tests judge every patch in a sandbox, after the search. Weights and thresholds of the ranking were learned from
other problems: for a problem of the training set those of a fold without it are used. solved: the first patch is right;
top_5: one of the first five; listed: one anywhere; overfit: the first is wrong; none: no patch; verified: the first is
shown as verified; right_of_verified: share of those that are right. solved_with_one_example: after one answer,
{example}. first_right_KIND: bugs whose first right patch is of
a kind. mutants_per_s is per process. seconds_p50: median time to the first right patch, of those that have one."""
_BY_CORRECT_PROGRAM = "the judge's question answered by the correct program"
_BY_HIDDEN_TEST = "about the most telling input of a hidden assertion (optimistic: it is one of those that judge)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairOptions:
    """What to measure.

    Attributes:
        data: Programs that models wrote; not read with `own`.
        own: Whether to take the one-line bugs of this project.
        limit: Most bugs; chosen by the seed.
        seed: For the choice and the intervals.
        budget_s: Seconds of search for a bug.
        n_processes: Processes of a search.
        proposals: Keeps what was found; what it holds already is not searched again.
    """

    data: Path = DATA
    own: bool = False
    limit: int | None = None
    seed: int = 0
    budget_s: float = 60.0
    n_processes: int = 2
    proposals: Path | None = None


def run(options: RepairOptions, json_file: Path | None) -> int:
    """Measures, prints and writes; returns the exit status."""
    try:
        tasks = own_tasks() if options.own else model_written_tasks(options.data)
        known = read(options.proposals) if options.proposals else {}
    except UserError as error:
        print(error)
        return EXIT_NO_DATA
    chance = random.Random(options.seed)  # noqa: S311 - a choice of bugs
    if options.limit is not None and options.limit < len(tasks):
        tasks = chance.sample(tasks, options.limit)
    try:
        outcomes = asyncio.run(_repair_all(tasks, options, known))
    except SandboxError as error:
        print(error)
        return EXIT_NO_DATA
    protocol = PROTOCOL.format(
        budget_s=options.budget_s,
        n_processes=options.n_processes,
        example=_BY_CORRECT_PROGRAM if options.own else _BY_HIDDEN_TEST,
    )
    report = Report(
        bench="repair",
        seed=options.seed,
        protocol=protocol,
        n=len(outcomes),
        metrics=measure(outcomes, options.seed),
    )
    publish(report, json_file)
    return 0


async def _repair_all(
    tasks: Sequence[RepairTask], options: RepairOptions, known: Mapping[str, FoundPatches]
) -> list[Outcome]:
    opened = await open_tools(SandboxSettings(), lambda _: ())
    outcomes = []
    try:
        repair = BugRepair(
            opened, wall_s=options.budget_s, n_processes=options.n_processes, proposals=options.proposals
        )
        for number, task in enumerate(tasks, start=1):
            outcome = await repair.outcome(task, known.get(task.id))
            outcomes.append(outcome)
            print(f"{number}/{len(tasks)} {task.id}: {outcome.in_words()}", file=sys.stderr, flush=True)
    finally:
        await opened.close()
    return outcomes
