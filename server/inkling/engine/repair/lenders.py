"""The other files of the workspace, from which statements are borrowed: which of them may be read, nearest first."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from inkling.context.sources import Limits, workspace_files
from inkling.core.execution import ProjectView
from inkling.core.suspicion import is_test_file

_LIMITS = Limits(n_files=300, size_bytes=3 * 2**20)
_LARGEST_BYTES = 128 * 1024  # of one file: what is larger is most likely data


def lending_files(view: ProjectView, repaired: Iterable[PurePosixPath], exclude: Sequence[str]) -> list[PurePosixPath]:
    """Returns Python files of the project, those that lie nearest to what is repaired first.

    Tests are left out, with what is ignored by `.gitignore` or excluded by the user. Walks the folder: for a thread.

    Args:
        view: The project.
        repaired: The files under repair; they are not among the others.
        exclude: Patterns, as in a .gitignore file, of paths that are never read.
    """
    own = set(repaired)
    files = {
        PurePosixPath(Path(file.path).relative_to(view.folder).as_posix()): file
        for file in workspace_files([view.folder], exclude)
    }
    lent = [
        path
        for path, file in files.items()
        if path not in own and not is_test_file(path) and file.size_bytes <= _LARGEST_BYTES
    ]
    lent.sort(key=lambda path: (min((_distance(path, other) for other in own), default=0), path))
    n_taken = len(_LIMITS.take(files[path] for path in lent))
    return lent[:n_taken]


def _distance(one: PurePosixPath, other: PurePosixPath) -> int:
    """Returns how many folders one must leave and enter to come from one file to the other."""
    n_shared = sum(1 for _ in _shared(one.parts[:-1], other.parts[:-1]))
    return len(one.parts) + len(other.parts) - 2 - 2 * n_shared


def _shared(one: Sequence[str], other: Sequence[str]) -> Iterator[str]:
    for left, right in zip(one, other, strict=False):
        if left != right:
            return
        yield left
