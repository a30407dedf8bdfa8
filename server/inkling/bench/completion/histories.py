"""Commits that are typed again: of any git repository, or the ordered steps of pull requests."""

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from inkling.bench.completion.positions import WrittenFile
from inkling.bench.next_edit.diffs import parse_hunks
from inkling.bench.next_edit.episodes import PullRequest
from inkling.bench.next_edit.sources import ROOT, number_of, read_steps
from inkling.context.changes.git_process import git_of_user
from inkling.context.sources import MAX_SOURCE_BYTES, is_written_by_hand

LEAST_ADDED_LINES = 5
MOST_ADDED_LINES = 200
MOST_FILES = 8
MOST_LOOKED_AT = 2000  # commits, the newest first
_REGULAR_FILE = b"100"


class History(Protocol):
    """Commits of one project, chosen for typing again."""

    @property
    def project(self) -> str:
        """The project's name."""

    @property
    def commits(self) -> Mapping[str, Sequence[WrittenFile]]:
        """The files that each commit added lines to, by the commit's name."""

    def texts_before(self, commit: str) -> Mapping[str, str]:
        """Returns the Python files of the project before a commit, by path."""


def is_replayed(files: Sequence[WrittenFile]) -> bool:
    """Tells whether a commit is of the size that a person writes and reads at once."""
    n_added = sum(len(file.added) for file in files)
    return 0 < len(files) <= MOST_FILES and LEAST_ADDED_LINES <= n_added <= MOST_ADDED_LINES


class GitHistory:
    """Commits of a git repository without merges, drawn by the seed from its newest ones."""

    def __init__(self, repository: Path, *, seed: int, n_commits: int) -> None:
        """Reads up to `n_commits` commits.

        Raises:
            UserError: The folder is no git repository, or git does not answer.
        """
        self.project = repository.name
        self._git = git_of_user(repository, os.environ)
        self._blobs: dict[bytes, str | None] = {}
        listed = self._git.run(
            "rev-list", "--no-merges", "--min-parents=1", f"--max-count={MOST_LOOKED_AT}", "HEAD", "--"
        )
        names = listed.decode().split()
        chance = random.Random(f"commits {seed} {self.project}")  # noqa: S311 - a sample, no secret
        self.commits: dict[str, Sequence[WrittenFile]] = {}
        for name in chance.sample(names, len(names)):
            files = list(self._files_written(name))
            if is_replayed(files):
                self.commits[name] = files
                if len(self.commits) == n_commits:
                    break

    def texts_before(self, commit: str) -> dict[str, str]:
        """Returns the Python files of the tree that a commit was made on, by path."""
        listed = self._git.run("ls-tree", "-r", "-z", f"{commit}^").split(b"\0")
        blobs: dict[str, bytes] = {}
        for entry in listed:
            about, _, path = entry.partition(b"\t")
            if path.endswith(b".py") and about.startswith(_REGULAR_FILE):
                blobs[os.fsdecode(path)] = about.split()[2]
        self._read_blobs(set(blobs.values()) - self._blobs.keys())
        return {path: text for path, blob in blobs.items() if (text := self._blobs[blob]) is not None}

    def _files_written(self, commit: str) -> Iterator[WrittenFile]:
        diff = self._git.run("diff", "--no-renames", "--no-ext-diff", "--diff-filter=AM", "-U0", f"{commit}^", commit)
        for part in diff.decode("utf-8", "replace").split("\ndiff --git "):
            head, _, hunks = part.partition("\n@@ ")
            path = head.rpartition("\n+++ b/")[2] if "\n+++ b/" in head else ""
            if not path.endswith(".py"):
                continue
            added: set[int] = set()
            for hunk in parse_hunks(f"@@ {hunks}"):
                n_added = sum(line.startswith("+") for line in hunk.lines)
                added.update(range(hunk.first_line, hunk.first_line + n_added))
            text = _source_text(self._git.run("cat-file", "blob", f"{commit}:{path}"))
            if added and text is not None:
                yield WrittenFile(path=path, text=text, added=frozenset(added))

    def _read_blobs(self, names: set[bytes]) -> None:
        answer = self._git.run("cat-file", "--batch", stdin=b"".join(name + b"\n" for name in sorted(names)))
        at = 0
        while at < len(answer):
            end = answer.index(b"\n", at)
            name, _, size = answer[at:end].split()
            at = end + 1 + int(size)
            self._blobs[name] = _source_text(answer[end + 1 : at])
            at += 1  # a line break ends each answer


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsHistory:
    """Pull requests of one repository; of its tree only files that they or earlier ones change are known.

    Attributes:
        project: The repository.
        commits: What each pull request wrote.
        trees: What stood there before, by pull request.
    """

    project: str
    commits: Mapping[str, Sequence[WrittenFile]]
    trees: Mapping[str, Mapping[str, str]]

    def texts_before(self, commit: str) -> Mapping[str, str]:
        """Returns the files that are known from before a pull request, by path."""
        return self.trees[commit]


def steps_histories(data: Path, *, seed: int, n_commits: int) -> list[StepsHistory]:
    """Returns the pull requests of the shared set by repository, up to `n_commits` of each, drawn by the seed.

    Raises:
        UserError: The file is missing or of another form.
    """
    by_repository: dict[str, list[PullRequest]] = {}
    for pull_request in sorted(read_steps(data), key=number_of):
        by_repository.setdefault(pull_request.repository, []).append(pull_request)
    histories: list[StepsHistory] = []
    for repository, pull_requests in sorted(by_repository.items()):
        commits: dict[str, Sequence[WrittenFile]] = {}
        trees: dict[str, Mapping[str, str]] = {}
        known: dict[str, str] = {}
        for pull_request in pull_requests:
            known |= {
                uri.removeprefix(ROOT): "\n".join((*lines, ""))
                for uri, lines in pull_request.files.items()
                if uri.endswith("py")
            }
            written = list(_written(pull_request))
            if is_replayed(written):
                commits[pull_request.id] = written
                trees[pull_request.id] = dict(known)
        chance = random.Random(f"steps {seed} {repository}")  # noqa: S311 - a sample, no secret
        kept = set(chance.sample(list(commits), min(n_commits, len(commits))))
        commits = {name: files for name, files in commits.items() if name in kept}
        if commits:
            histories.append(StepsHistory(project=repository, commits=commits, trees=trees))
    return histories


def _written(pull_request: PullRequest) -> Iterator[WrittenFile]:
    """Yields the files as a pull request leaves them, with what it added."""
    lines = dict(pull_request.files)
    is_added = {uri: (False,) * len(before) for uri, before in lines.items()}
    for change in pull_request.changes:
        marks = is_added[change.uri]
        lines[change.uri] = change.applied_to(lines[change.uri])
        is_added[change.uri] = marks[: change.first_line] + (True,) * len(change.inserted) + marks[change.end_line :]
    for uri, marks in is_added.items():
        path = uri.removeprefix(ROOT)
        if path.endswith(".py") and any(marks):
            added = frozenset(number for number, is_new in enumerate(marks) if is_new)
            yield WrittenFile(path=path, text="\n".join((*lines[uri], "")), added=added)


def _source_text(data: bytes) -> str | None:
    if len(data) > MAX_SOURCE_BYTES:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text if is_written_by_hand(text) else None
