"""A real git repository in a folder, and changes read from it."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from inkling.context.changes import ChangeLimits, ChangeQuestion, Wanted, WorkingTree, find_repository, read_changes
from inkling.core.change import ChangedFile, ChangeSet

PYTHON = Path(sys.executable)


class Repo:
    """A repository that tests write to with git itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, text: bytes | None = None, must_work: bool = True) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        names = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "protocol.file.allow=always")
        done = subprocess.run(
            ["git", *names, *arguments], cwd=self.folder, env=environment, input=text, capture_output=True, check=False
        )
        assert done.returncode == 0 or not must_work, done.stderr
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))

    def commit(self, files: Mapping[str, str | bytes], message: str = "work") -> str:
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    @contextlib.contextmanager
    def changes(
        self,
        wanted: Wanted | None = None,
        *,
        limits: ChangeLimits | None = None,
        environment: Mapping[str, str] | None = None,
        project: str | None = None,
        texts: Mapping[PurePosixPath, str] | None = None,
    ) -> Iterator[ChangeSet]:
        surroundings = os.environ if environment is None else environment
        folder = self.folder / (project or "")
        question = ChangeQuestion(
            repository=find_repository(folder, surroundings, is_project=project is not None),
            wanted=wanted or WorkingTree(),
            interpreter=PYTHON,
            texts=texts or {},
            limits=limits or ChangeLimits(),
        )
        with read_changes(question, surroundings) as changes:
            yield changes


def by_path(changes: ChangeSet) -> dict[str, ChangedFile]:
    return {str(file.path): file for file in changes.files}


def spans(file: ChangedFile) -> list[tuple[int, int, int, int]]:
    """Returns the hunks as first line and number of lines, before and after."""
    return [(each.before.first, each.before.n_lines, each.after.first, each.after.n_lines) for each in file.hunks]
