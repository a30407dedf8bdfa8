"""Where a run finds the project's files: read-only mounts of what is on disk, with edited texts over it.

A sandbox cannot create a file inside a read-only mount to put a new text over it, and must not create one in the
user's folder. A folder that gains files is therefore rebuilt: a staged folder of ours has the new files and an
empty stand-in for each entry, over which the entry is mounted.
"""

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from inkling.core.errors import SandboxError
from inkling.core.execution import ProjectView

_MOST_ENTRIES = 2_000  # of a rebuilt folder; bubblewrap takes 9,000 arguments and each entry needs three


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One read-only mount.

    Attributes:
        source: What is mounted, on the host.
        target: Where a run finds it.
    """

    source: Path
    target: Path


def lay_out(view: ProjectView, readable: Iterable[Path], staging: Path, *, as_other_user: bool) -> list[Mount]:
    """Returns the mounts with which a run sees a project and what else it may read, in the order to make them.

    Args:
        view: The project and its edits.
        readable: Further folders and files.
        staging: A new, empty folder of ours for edited texts; it must stay until the run has ended.
        as_other_user: Whether the run has another user id than the owner of the files: a folder that is closed to
            others, as temporary ones are, is then rebuilt as one that is open. Closed folders within stay closed.

    Raises:
        SandboxError: An edit leaves the folder, or a folder is missing or too large to rebuild.
    """
    folder = view.folder
    if not folder.is_absolute() or not folder.is_dir() or folder == Path(folder.anchor):
        raise SandboxError(f"{folder} cannot be shown to a sandbox; open the project's own folder")
    edited = {_place(folder, path): text for path, text in view.edits.items()}
    rebuilt = {_existing_folder(path) for path in edited if not path.exists()}
    mounts = []
    roots = [folder, *(path for path in readable if path.exists())]
    for root in roots:
        if as_other_user and root.is_dir() and _is_closed(root):
            rebuilt.add(root)
        elif root not in rebuilt:
            mounts.append(Mount(source=root, target=root))
    for number, path in enumerate(sorted(rebuilt, key=lambda rebuilt_path: len(rebuilt_path.parts))):
        staged = staging / f"folder-{number}"
        mounts += _rebuild(path, staged, edited, rebuilt)
    for number, (path, text) in enumerate(edited.items()):
        if path.exists() and path.parent not in rebuilt:
            staged = staging / f"text-{number}"
            _write(staged, text)
            mounts.append(Mount(source=staged, target=path))
    return sorted(mounts, key=lambda mount: len(mount.target.parts))


def _place(folder: Path, path: PurePosixPath) -> Path:
    """Returns where an edited file really is: links are followed, but not out of the folder."""
    place = folder / path
    real = Path(os.path.realpath(place))
    if path.is_absolute() or ".." in path.parts or not real.is_relative_to(os.path.realpath(folder)):
        raise SandboxError(f"{path} is not within {folder}, so it cannot be edited for a run")
    return folder / real.relative_to(os.path.realpath(folder))


def _existing_folder(path: Path) -> Path:
    return next(parent for parent in path.parents if parent.is_dir())


def _is_closed(folder: Path) -> bool:
    return folder.stat().st_mode & 0o005 != 0o005


def _rebuild(folder: Path, staged: Path, edited: Mapping[Path, str], rebuilt: set[Path]) -> list[Mount]:
    staged.mkdir()
    staged.chmod(0o755)
    mounts = [Mount(source=staged, target=folder)]
    with os.scandir(folder) as entries:
        for n_entries, entry in enumerate(entries):
            if n_entries >= _MOST_ENTRIES:
                words = (
                    f"{folder} has more than {_MOST_ENTRIES} entries, too many to show it to a sandbox with a new file"
                )
                raise SandboxError(f"{words}; put that file into another folder")
            path, stand_in = folder / entry.name, staged / entry.name
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                stand_in.symlink_to(path.readlink())
            elif stat.S_ISDIR(mode):
                stand_in.mkdir()
                stand_in.chmod(0o755)
                if path not in rebuilt:
                    mounts.append(Mount(source=path, target=path))
            elif stat.S_ISREG(mode):
                if path in edited:
                    _write(stand_in, edited[path])
                else:
                    stand_in.touch()
                    mounts.append(Mount(source=path, target=path))
    for path, text in edited.items():
        if not path.exists() and _existing_folder(path) == folder:
            place = staged / path.relative_to(folder)
            for parent in reversed(place.relative_to(staged).parents[:-1]):
                (staged / parent).mkdir(exist_ok=True)
                (staged / parent).chmod(0o755)
            _write(place, text)
    return mounts


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    path.chmod(0o644)
