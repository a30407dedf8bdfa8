"""Builds the compiled core of the language model into the wheel, where a C compiler is.

Nothing depends on it: without a compiler, or with INKLING_PURE set, the wheel is the one for any platform, and Python
and NumPy do the same work. An editable installation gets the core beside its sources.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags

FORCE_PURE = "INKLING_PURE"  # as in inkling.engine.language.compiled
PACKAGE = "inkling/engine/language"
FILE = "_core.abi3.so"
# The search adds up probabilities as Python does, so no multiplication may be fused with an addition.
FLAGS = ("-std=c11", "-O2", "-DNDEBUG", "-fwrapv", "-ffp-contract=off", "-fPIC", "-fvisibility=hidden")
SHARED = ("-bundle", "-undefined", "dynamic_lookup") if sys.platform == "darwin" else ("-shared",)
BUILD_WITHIN_S = 300.0


class NotCompiledError(Exception):
    """Why there is no compiled core, in words for a person."""


class CompiledCoreHook(BuildHookInterface[Any]):
    """Adds the compiled core to a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compiles before the wheel is built; `version` is "editable" or "standard"."""
        sources = Path(self.root, "server", PACKAGE, "core")
        in_place = Path(self.root, "server", PACKAGE, FILE)
        if version == "editable":
            # Another version of it must not stay behind when the compiler is gone.
            in_place.unlink(missing_ok=True)
        self._built = Path(tempfile.mkdtemp(prefix="inkling-core-"))
        compiled = self._built / FILE
        try:
            _compile(sources, compiled)
        except NotCompiledError as reason:
            self.app.display_warning(f"Inkling runs without its compiled core, more slowly: {reason}")
            return
        if version == "editable":
            shutil.move(compiled, in_place)
        else:
            build_data["force_include"][str(compiled)] = f"{PACKAGE}/{FILE}"
            build_data["pure_python"] = False
            build_data["tag"] = f"cp311-abi3-{_platform()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes what was only needed for the build."""
        shutil.rmtree(self._built, ignore_errors=True)


def _compile(sources: Path, target: Path) -> None:
    """Compiles all C files in `sources` into the extension module `target`.

    Raises:
        NotCompiledError: It is not wanted, there is no compiler, or the compiler failed.
    """
    if os.environ.get(FORCE_PURE):
        raise NotCompiledError(f"{FORCE_PURE} is set")
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    if shutil.which(compiler[0]) is None:
        compiler = ["cc"]
    if os.name != "posix" or shutil.which(compiler[0]) is None:
        raise NotCompiledError("no C compiler was found")
    headers = {sysconfig.get_path(name) for name in ("include", "platinclude")}
    command = [*compiler, *FLAGS, *SHARED, *(f"-I{folder}" for folder in sorted(headers))]
    command += [*map(str, sorted(sources.glob("*.c"))), "-o", str(target), "-lm"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_WITHIN_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotCompiledError(f"{compiler[0]} could not be run: {error}") from error
    if done.returncode:
        raise NotCompiledError(f"{compiler[0]} failed:\n{done.stderr.strip()}")


def _platform() -> str:
    """Returns this machine's tag; those of shared Linux platforms promise more than was checked."""
    return next(tag.platform for tag in sys_tags() if not tag.platform.startswith(("manylinux", "musllinux")))
