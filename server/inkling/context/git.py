"""When the last commit was made in the repository of a folder, read from git's own files: no process is started.

Source: git's documentation, "gitrepository-layout" (gitdir files of worktrees, commondir, HEAD, packed-refs, logs).
"""

import asyncio
import os
from pathlib import Path

LOG_TAIL_BYTES = 64 * 1024  # some hundreds of the reflog's last entries: more than anybody makes between two looks
MAX_FILE_BYTES = 4 * 1024 * 1024  # of packed refs; a repository with more than some 60,000 refs has none known here
_SYMBOLIC = "ref: "


class GitCommits:
    """Tells the latest commit that was made in a working tree, by reading files in a thread."""

    async def latest_commit(self, folder: Path) -> str | None:
        """Returns the id of the latest commit made in the working tree of `folder`.

        It is empty before the first one, and None outside of a repository.

        A checkout, a reset or a pull makes no commit. Without a reflog they cannot be told apart: then whatever
        commit is checked out counts.
        """
        return await asyncio.to_thread(_latest_commit, folder)


def _latest_commit(folder: Path) -> str | None:
    git_dir = _find_git_dir(folder)
    if git_dir is None:
        return None
    if not (git_dir / "HEAD").exists():
        return None
    log = _read_tail(git_dir / "logs" / "HEAD")
    return _resolve_head(git_dir) if log is None else _last_committed(log)


def _find_git_dir(folder: Path) -> Path | None:
    """Returns where git keeps what belongs to this working tree alone."""
    for candidate in (folder, *folder.parents):
        mark = candidate / ".git"
        if mark.is_dir():
            return mark
        text = _read(mark)
        if text is not None and text.startswith("gitdir: "):
            return candidate / text.removeprefix("gitdir: ").strip()
    return None


def _last_committed(log: str) -> str:
    """Returns the newest id that a `git commit` of any kind wrote into a reflog."""
    for line in reversed(log.splitlines()):
        ids, _, message = line.partition("\t")
        if message.startswith(("commit:", "commit (")):
            fields = ids.split(" ", 2)
            return fields[1] if len(fields) > 1 else ""
    return ""


def _resolve_head(git_dir: Path) -> str:
    head = _read(git_dir / "HEAD") or ""
    if not head.startswith(_SYMBOLIC):
        return head.strip()
    name = head.removeprefix(_SYMBOLIC).strip()
    common = _read(git_dir / "commondir")
    shared = git_dir / common.strip() if common else git_dir
    loose = _read(shared / name)
    if loose is not None:
        return loose.strip()
    for line in (_read(shared / "packed-refs") or "").splitlines():
        commit_id, _, packed_name = line.partition(" ")
        if packed_name == name:
            return commit_id
    return ""


def _read(path: Path) -> str | None:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return None
        return path.read_text("utf-8", "replace")
    except OSError:
        return None


def _read_tail(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            size_bytes = file.seek(0, os.SEEK_END)
            file.seek(max(0, size_bytes - LOG_TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return None
