"""What a run finds around the project, on every backend: variables, a home, a few files of the system."""

from typing import Final

from inkling.core.execution import Program
from inkling.sandbox.installation import Installation

SCRATCH: Final = "/tmp"  # noqa: S108 - in the sandbox, where it is the run's own
HOME: Final = f"{SCRATCH}/home"
SYSTEM_LINKS: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Folders of the system that are links into /usr on most."""
SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108 - in the sandbox
OPEN_FILES: Final = 512
CPU_BACKSTOP_S: Final = 5  # beyond the limit, for one process, should the daemon not look

_SHARED_MEMORY_MB = 16


def scratch_sizes_mb(scratch_mb: int) -> tuple[int, int]:
    """Returns how much of the space for files is in the scratch folder, and how much in shared memory."""
    shared_mb = min(_SHARED_MEMORY_MB, scratch_mb // 4)
    return scratch_mb - shared_mb, shared_mb


def system_texts(user_id: int) -> dict[str, str]:
    """Returns the files of /etc that a run has in place of the host's, by name."""
    return {
        "passwd": f"root:x:0:0:root:/:/bin/false\nrunner:x:{user_id}:{user_id}:runner:{HOME}:/bin/false\n",
        "group": f"root:x:0:\nrunner:x:{user_id}:\n",
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    }


def run_environment(program: Program, installation: Installation | None) -> dict[str, str]:
    """Returns the variables of a run: nothing of the daemon's own.

    Args:
        program: What is run.
        installation: The interpreter's; None: an image has its own, and its own PATH.
    """
    variables = {
        "HOME": HOME,
        "TMPDIR": SCRATCH,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **program.environment,
    }
    if installation is not None:
        folders = [str(folder / "bin") for folder in installation.folders]
        variables.setdefault("PATH", ":".join(dict.fromkeys([*folders, "/usr/local/bin", "/usr/bin", "/bin"])))
    return variables
