"""Judging by hidden tests: many versions of programs in one run of a sandbox, each in a fork of its own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import inkling
from inkling.core.errors import SandboxError
from inkling.core.execution import ProjectView, ResourceLimits
from inkling.core.ports import Sandbox
from inkling.sandbox.own_code import PYTEST_PACKAGES, own_program

JUDGED_WITHIN_S = 10.0  # a version that takes longer has failed
_START_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenRun:
    """Tests to be run on one version of a program.

    Attributes:
        folder: The program's folder, absolute.
        tests: Paths of test files in it.
        texts: Texts in place of files, by absolute path.
    """

    folder: Path
    tests: Sequence[str]
    texts: Mapping[Path, str] = field(default_factory=dict)


async def all_pass(
    sandbox: Sandbox, view: ProjectView, runs: Sequence[HiddenRun], *, n_processes: int = 2
) -> list[bool]:
    """Returns for each version whether all its tests pass.

    Args:
        sandbox: Where they run.
        view: A folder with all the programs in it.
        runs: What to run.
        n_processes: How many side by side.

    Raises:
        SandboxError: The run did not come to its end.
    """
    wall_s = _START_S + JUDGED_WITHIN_S * (-(-len(runs) // n_processes))
    program = own_program(
        view=view,
        module="inkling.bench.repair.hidden_worker",
        packages={"inkling": [Path(folder) for folder in inkling.__path__]},
        fallbacks=PYTEST_PACKAGES,
        limits=ResourceLimits(wall_s=wall_s, cpu_s=n_processes * wall_s),
    )
    jobs = [
        {
            "folder": str(run.folder),
            "tests": list(run.tests),
            "texts": {str(path): text for path, text in run.texts.items()},
        }
        for run in runs
    ]
    task = {"jobs": jobs, "n_processes": n_processes, "wall_s": JUDGED_WITHIN_S}
    result = await sandbox.run(program, json.dumps(task).encode())
    try:
        answers = json.loads(result.stdout)
    except ValueError as error:
        raise SandboxError(f"hidden tests could not be run: {result.end}") from error
    if not isinstance(answers, list) or len(answers) != len(runs):
        raise SandboxError(f"hidden tests answered nonsense: {result.end}")
    return [answer is True for answer in answers]
