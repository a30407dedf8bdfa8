"""Where a fault may lie: lines that failing tests run and passing ones do not, joined with the tracebacks."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from inkling.core.execution import CaseResult, LinesByFile
from inkling.core.repair import SuspiciousLine

TRACEBACK_WEIGHT: Final = 0.3  # of the nearness to where it was raised, beside Ochiai; a judgement, not a fit
NEARNESS_OF_CALLER: Final = 0.5  # of its callee's nearness, where something was raised


def rank_lines(
    failing: Sequence[CaseResult], passing: Sequence[str], coverage: Mapping[str, LinesByFile]
) -> tuple[SuspiciousLine, ...]:
    """Returns the lines that failing tests run, most suspicious first; never lines of tests.

    Where nothing was raised in the program itself, as when an assertion failed in the test, Ochiai's formula alone
    decides: 1 for a line that every failing test and no passing test runs. Otherwise it is weighted with how near the
    line is to where an exception was raised.

    Args:
        failing: Tests that fail.
        passing: Names of tests that pass.
        coverage: Lines that each test ran, by its name.

    Source: R. Abreu, P. Zoeteweij, A. van Gemund, An Evaluation of Similarity Coefficients for Software Fault
        Localization (2006), the Ochiai coefficient.
    """
    test_files = {path for node_id in (*(case.node_id for case in failing), *passing) if (path := _test_file(node_id))}
    n_failing = _times_run([case.node_id for case in failing], coverage)
    n_passing = _times_run(passing, coverage)
    nearness: dict[tuple[PurePosixPath, int], float] = {}
    for case in failing:
        for place, near in _nearness(case, test_files).items():
            nearness[place] = max(near, nearness.get(place, 0.0))
    weight = TRACEBACK_WEIGHT if nearness else 0.0
    ranked = []
    for place in {**n_failing, **nearness}:
        path, line = place
        if is_test_file(path) or path in test_files:
            continue
        n_runs = n_failing[place] + n_passing[place]
        ochiai = n_failing[place] / math.sqrt(len(failing) * n_runs) if n_runs else 0.0
        suspiciousness = (1 - weight) * ochiai + weight * nearness.get(place, 0.0)
        ranked.append(SuspiciousLine(path=path, line=line, suspiciousness=suspiciousness))
    return tuple(sorted(ranked, key=lambda found: (-found.suspiciousness, found.path, found.line)))


def is_test_file(path: PurePosixPath) -> bool:
    """Tells whether pytest takes a file for tests, or for what tests share.

    Source: pytest's documentation, "Conventions for Python test discovery" (python_files).
    """
    name = path.name
    return (name.startswith("test_") and name.endswith(".py")) or name.endswith("_test.py") or name == "conftest.py"


def _test_file(node_id: str) -> PurePosixPath | None:
    """Returns the file that a test is written in; None for a doctest, which is in the program itself."""
    name, _, rest = node_id.partition("::")
    path = PurePosixPath(name)
    first = rest.partition("[")[0].partition("::")[0]
    is_doctest = "." in first or first == path.stem  # pytest names it by its module and function, with dots
    return None if is_doctest else path


def _times_run(node_ids: Sequence[str], coverage: Mapping[str, LinesByFile]) -> Counter[tuple[PurePosixPath, int]]:
    return Counter(
        (path, line) for node_id in node_ids for path, lines in coverage.get(node_id, {}).items() for line in lines
    )


def _nearness(case: CaseResult, test_files: set[PurePosixPath]) -> dict[tuple[PurePosixPath, int], float]:
    """Returns in (0, 1] how near each line of the program in a traceback is to where it was raised."""
    nearness: dict[tuple[PurePosixPath, int], float] = {}
    near = 1.0
    for frame in reversed(case.raised.frames if case.raised else ()):
        if frame.path is None:
            continue
        if is_test_file(frame.path) or frame.path in test_files:
            break  # what called the test is not the program's doing
        nearness.setdefault((frame.path, frame.line), near)
        near *= NEARNESS_OF_CALLER
    return nearness
