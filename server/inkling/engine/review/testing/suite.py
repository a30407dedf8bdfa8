"""The tests of a project, run on it as it is after the change."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from inkling.core.change import ChangeSet
from inkling.core.execution import CaseOutcome, ResourceLimits, SuiteRequest, SuiteRun
from inkling.core.ports import SuiteRunner
from inkling.core.suspicion import is_test_file
from inkling.engine.review.changed_code import ChangedDefinition
from inkling.engine.review.project_code import ProjectCode

FEW_FILES: Final = 8  # of tests, which are all run
MOST_FILES: Final = 12  # that are run of more
_WORD = re.compile(r"[^\W\d]\w*")
FAILED: Final = (CaseOutcome.FAILED, CaseOutcome.ERROR)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the tests showed on the project after the change.

    Attributes:
        run: All tests that were run.
        seconds: For one run, as a limit of the next ones.
        are_all: Whether no test was left out.
    """

    run: SuiteRun
    seconds: float
    are_all: bool

    def tests_of(self, path: PurePosixPath, lines: Sequence[int]) -> list[str]:
        """Returns the passing tests that run one of these lines."""
        passed = {case.node_id for case in self.run.cases if case.outcome is CaseOutcome.PASSED}
        return [
            node_id
            for node_id, covered in self.run.coverage.items()
            if node_id in passed and not covered.get(path, frozenset()).isdisjoint(lines)
        ]


async def run_tests(
    changes: ChangeSet, files: Sequence[PurePosixPath], runner: SuiteRunner, wall_s: float
) -> Seen | str:
    """Returns what the tests showed after the change, or in words why they could not be run.

    Args:
        changes: The change.
        files: Files of tests to run; none for all tests.
        runner: Runs them.
        wall_s: Seconds that they may take together.

    Raises:
        SandboxError: The sandbox failed.
    """
    request = SuiteRequest(
        view=changes.after,
        node_ids=tuple(map(str, files)),
        with_coverage=True,
        limits=ResourceLimits(wall_s=wall_s, cpu_s=wall_s),
    )
    run = await runner.run_suite(request)
    if not run.cases:
        return run.message or "There are no tests."
    return Seen(run=run, seconds=max(run.end.wall_s, 1.0), are_all=not files and run.problem is None)


def nearest_tests(
    changes: ChangeSet, pairs: Sequence[ChangedDefinition], project: ProjectCode
) -> tuple[PurePosixPath, ...]:
    """Returns the files of tests that have most to do with a change; none where there are so few that all may run.

    Files of tests that changed come first, then those that name changed modules and what changed in them.
    """
    words = Counter({pair.definition.name: 2 for pair in pairs})
    words.update({_module_name(pair.path): 1 for pair in pairs})
    files = [file for file in project.files() if is_test_file(file.path) and file.path.name != "conftest.py"]
    if len(files) <= FEW_FILES:
        return ()
    changed = {file.path for file in changes.files}
    scores = {}
    for file in files:
        named = set(_WORD.findall(file.text))
        score = sum(weight for word, weight in words.items() if word in named) + 100 * (file.path in changed)
        if score:
            scores[file.path] = score
    return tuple(sorted(scores, key=lambda path: (-scores[path], path))[:MOST_FILES])


def _module_name(path: PurePosixPath) -> str:
    return path.parent.name if path.stem == "__init__" else path.stem
