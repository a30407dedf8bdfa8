"""Programs of ours that try the user's code on generated inputs, inside a sandbox."""

from importlib.util import find_spec
from pathlib import Path

import inkling
from inkling.core.execution import Program, ProjectView, ResourceLimits
from inkling.sandbox.own_code import PYTEST_PACKAGES, own_program

_HYPOTHESIS_PACKAGES = ("hypothesis", "_hypothesis_globals", "_hypothesis_ftz_detector", "sortedcontainers")
_MEMORY_MB = 1024


def program_inside(view: ProjectView, module: str, *, wall_s: float, n_processes: int) -> Program:
    """Returns a module of ours as a program beside the user's project, with pytest and Hypothesis at hand.

    Args:
        view: The project.
        module: What to run, as after `-m`.
        wall_s: Seconds for the whole run.
        n_processes: How many of its forks run side by side.

    Raises:
        SandboxError: pytest is not installed here.
    """
    return own_program(
        view=view,
        module=module,
        packages={"inkling": [Path(folder) for folder in inkling.__path__]},
        fallbacks=(*PYTEST_PACKAGES, *(name for name in _HYPOTHESIS_PACKAGES if find_spec(name) is not None)),
        limits=ResourceLimits(wall_s=wall_s, cpu_s=n_processes * wall_s, memory_mb=_MEMORY_MB, output_kb=64 * 1024),
    )
