"""Weighs how natural patches are in a process of its own: what that takes has no place in the daemon.

The daemon writes one line of JSON, the project and the patches; the process answers with one, a number for each patch.
"""

import asyncio
import json
import logging
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from inkling.core.edit import TextEdit
from inkling.core.execution import ProjectView
from inkling.core.repair import FileEdit, Patch
from inkling.core.suggestion import Source

logger = logging.getLogger(__name__)

_MODULE = "inkling.engine.judging.naturalness_process"
_MOST_S = 30.0  # on a machine that is busy; it takes one second on one that is not


async def weigh_naturalness(view: ProjectView, patches: Sequence[Patch], exclude: Sequence[str] = ()) -> list[float]:
    """Returns how natural each patch is, see `naturalness.Naturalness`; all the same where it cannot be told.

    Args:
        view: The project.
        patches: What changes it.
        exclude: Patterns, as in a .gitignore file, of paths that are never read.
    """
    task = {
        "folder": str(view.folder),
        "edits": {str(path): text for path, text in view.edits.items()},
        "patches": [
            [[str(item.path), item.edit.offset, item.edit.n_removed, item.edit.inserted] for item in patch.edits]
            for patch in patches
        ],
        "exclude": list(exclude),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-X", "utf8", "-m", _MODULE, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(_MOST_S):
            answer, words = await process.communicate(json.dumps(task).encode())
        gains = json.loads(answer) if process.returncode == 0 else []
    except TimeoutError:
        gains, words = [], b"it did not end in time"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if len(gains) != len(patches):
        logger.warning("how natural patches are is not known: %s", words.decode(errors="replace")[-500:])
        return [0.0] * len(patches)
    return [float(gain) for gain in gains]


def main() -> None:
    """Answers one task."""
    from inkling.engine.judging.naturalness import least_gain, workspace_naturalness

    task = json.loads(sys.stdin.buffer.read())
    edits = {PurePosixPath(path): text for path, text in task["edits"].items()}
    view = ProjectView(folder=Path(task["folder"]), interpreter=Path(sys.executable), edits=edits)
    patches = [_patch(items) for items in task["patches"]]
    model = workspace_naturalness(view, {item.path for patch in patches for item in patch.edits}, task["exclude"])
    print(json.dumps([least_gain(view, patch, model) for patch in patches]))  # noqa: T201 - the pipe to the daemon


def _patch(items: Sequence[tuple[str, int, int, str]]) -> Patch:
    edits = tuple(
        FileEdit(path=PurePosixPath(path), edit=TextEdit(offset=offset, n_removed=n_removed, inserted=inserted))
        for path, offset, n_removed, inserted in items
    )
    return Patch(edits=edits, kind="", source=Source.EMBEDDED, explanation="", prior=1.0, n_edits=1)


if __name__ == "__main__":
    main()
