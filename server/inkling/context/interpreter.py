"""The interpreter behind a shim: version managers put scripts on the PATH that choose one by the folder."""

import logging
import subprocess
from pathlib import Path

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 15.0  # as a cold interpreter on a slow disk may need


def behind_shim(interpreter: Path, folder: Path) -> Path:
    """Returns the interpreter that a script would start in a folder; what is no script is returned as it is.

    The script is run, so only in a workspace that is trusted; the interpreter looks at none of the folder's modules.
    """
    try:
        with interpreter.open("rb") as file:
            if file.read(2) != b"#!":
                return interpreter
        answer = subprocess.run(  # noqa: S603 - the caller says that this interpreter may be run
            [str(interpreter), "-I", "-S", "-c", "import sys; print(sys.executable)"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ANSWER_WITHIN_S,
            check=True,
            text=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        logger.warning("interpreter=%s does not tell what it starts: %s", interpreter, error)
        return interpreter
    found = Path(answer.stdout.strip())
    return found if found.is_file() else interpreter
