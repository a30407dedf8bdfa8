"""The environment of an interpreter: where its standard library and its packages lie."""

import json
import logging
import subprocess
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 15.0  # a cold interpreter on a slow disk; longer means that it hangs

_QUESTION = """
import json, sys, sysconfig
paths = sysconfig.get_paths()
print(json.dumps({"version": sys.version, "stdlib": paths["stdlib"],
                  "packages": sorted({paths["purelib"], paths["platlib"]})}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where an interpreter finds modules.

    Attributes:
        version: Its version, in its own words.
        standard_library: The folder of the standard library.
        package_folders: The folders that packages are installed in.
    """

    version: str
    standard_library: Path
    package_folders: tuple[Path, ...]


def find_environment(interpreter: Path) -> Environment | None:
    """Returns the environment of `interpreter`, or None, with the cause in the log, when it does not answer.

    The interpreter runs isolated and outside of the workspace, so that no module of the workspace is imported.
    """
    try:
        answer = subprocess.run(  # noqa: S603 - the caller says that this interpreter may be run
            [str(interpreter), "-I", "-c", _QUESTION],
            cwd=interpreter.absolute().anchor,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ANSWER_WITHIN_S,
            check=True,
            text=True,
        )
        found = json.loads(answer.stdout)
        return Environment(
            version=str(found["version"]),
            standard_library=Path(found["stdlib"]),
            package_folders=tuple(Path(folder) for folder in found["packages"]),
        )
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        logger.warning("interpreter=%s does not tell its packages: %s", interpreter, error)
        return None
