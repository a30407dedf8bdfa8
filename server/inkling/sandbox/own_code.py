"""Programs of ours that run inside a sandbox, in the user's interpreter, beside the user's packages."""

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from inkling.core.errors import SandboxError
from inkling.core.execution import Program, ProjectView, ResourceLimits
from inkling.sandbox import start

PYTEST_PACKAGES: Final = ("pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments")
"""What pytest needs, for an environment that has none of its own."""


def own_program(
    *,
    view: ProjectView,
    module: str,
    packages: Mapping[str, Sequence[Path]],
    fallbacks: Sequence[str] = PYTEST_PACKAGES,
    limits: ResourceLimits,
) -> Program:
    """Returns a program that runs a module of ours.

    Args:
        view: The project that it runs beside.
        module: What to run, as after `-m`.
        packages: Top-level packages that it is found in, by name, each with its folders. A name that no project uses
            leaves the project's own packages alone, this one's included.
        fallbacks: Packages of our environment that are found where the user's has none; pure Python only.
        limits: What it may use.

    Raises:
        SandboxError: A fallback is not installed here.
    """
    places = {name: _places(name) for name in fallbacks}
    task = {
        "module": module,
        "packages": {name: [str(folder) for folder in folders] for name, folders in packages.items()},
        "fallbacks": {name: [str(place) for place in found] for name, found in places.items()},
    }
    script = Path(start.__file__)
    readable = [script, *(folder for folders in packages.values() for folder in folders)]
    readable += [place for found in places.values() for place in found]
    return Program(
        view=view, arguments=(str(script), json.dumps(task)), readable=tuple(dict.fromkeys(readable)), limits=limits
    )


def _places(name: str) -> list[Path]:
    spec = find_spec(name)
    if spec is None:
        raise SandboxError(f"the Python package {name} is missing beside Inkling: install Inkling again")
    if spec.submodule_search_locations:
        return [Path(location) for location in spec.submodule_search_locations]
    return [Path(str(spec.origin))]
