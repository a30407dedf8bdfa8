"""Which Python runs a project, where nobody says so."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path


def find_python(folders: Sequence[Path]) -> Path:
    """Returns the interpreter of the folders' or the active environment, or the first one on the PATH.

    Args:
        folders: Where an environment may lie, the likeliest first; at least one.
    """
    environments = [folder / ".venv" for folder in folders]
    if active := os.environ.get("VIRTUAL_ENV"):
        environments.append(Path(active))
    candidates = [environment / "bin" / "python" for environment in environments]
    found = next((candidate for candidate in candidates if candidate.is_file()), None)
    if found is not None:
        return found
    on_path = shutil.which("python3") or shutil.which("python")
    return Path(on_path) if on_path else Path(sys.executable)
