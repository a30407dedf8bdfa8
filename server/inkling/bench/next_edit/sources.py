"""Where sequences of edits come from: ordered steps of pull requests, or the commits of any git history."""

import gzip
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from inkling.bench.next_edit.diffs import changes_of, parse_hunks
from inkling.bench.next_edit.episodes import Lines, PullRequest, RawChange
from inkling.core.errors import UserError
from inkling.core.snapshot import DocumentUri
from inkling.core.text import split_lines
from inkling.engine.next_edit.imports.import_index import FileImports, read_imports

MOST_CHANGES = 60  # of one commit; more were made by a tool
MOST_FILE_BYTES = 1024 * 1024
ROOT = "file:///project/"  # a made-up folder: nothing of the files lies on disk


def ordered_steps(path: Path) -> list[PullRequest]:
    """Returns the pull requests of the shared set, with what is imported in their repositories.

    Raises:
        UserError: The file is missing or of another form.
    """
    return _with_imports(read_steps(path))


def read_steps(path: Path) -> list[PullRequest]:
    """Returns the pull requests of the shared set.

    Raises:
        UserError: The file is missing or of another form.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return [_pull_request(json.loads(line)) for line in file]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} cannot be read as ordered steps ({error}); name another with --data or --steps."
        ) from error


def _pull_request(record: dict[str, Any]) -> PullRequest:
    path_of = {key: key.replace("__", "/") for key in record["files"]}
    path_of |= {step["file"]: step["path"] for step in record["steps"]}
    uri_of = {key: DocumentUri(ROOT + path) for key, path in path_of.items()}
    files = {uri_of[key]: without_ends(text) for key, text in record["files"].items()}
    diffs = [(uri_of[step["file"]], step["diff"]) for step in record["steps"] if step["file"] in record["files"]]
    return PullRequest(
        id=record["instance_id"], repository=record["repo"], files=files, changes=tuple(_applied(files, diffs))
    )


def _with_imports(pull_requests: Sequence[PullRequest]) -> list[PullRequest]:
    """Returns the pull requests in the same order, with the imports of the files of earlier ones of their repository.

    A developer has the whole project; of it the set holds only files that pull requests change. Those of later ones
    would tell what is about to come.
    """
    seen: dict[str, dict[DocumentUri, FileImports]] = {}
    found: dict[str, PullRequest] = {}
    for pull_request in sorted(pull_requests, key=number_of):
        imports = seen.setdefault(pull_request.repository, {})
        found[pull_request.id] = replace(pull_request, imports=dict(imports))
        imports |= {uri: read_imports("\n".join(lines)) for uri, lines in pull_request.files.items()}
    return [found[pull_request.id] for pull_request in pull_requests]


def number_of(pull_request: PullRequest) -> int:
    """Returns the number of a pull request; numbers of a repository go up with time."""
    digits = pull_request.id.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def git_commits(repository: Path, n_commits: int, most_looked_at: int = 5000) -> Iterator[PullRequest]:
    """Yields commits that change Python files in two places or more, the newest first.

    Raises:
        UserError: The folder is no git repository, or git does not answer.
    """
    listed = _git(repository, "rev-list", "--no-merges", "--min-parents=1", f"--max-count={most_looked_at}", "HEAD")
    n_found = 0
    for commit in listed.split():
        if n_found == n_commits:
            return
        diff = _git(repository, "diff", "--no-renames", "--diff-filter=M", "-U3", f"{commit}^", commit, "--", "*.py")
        parts = ["--- " + part for part in diff.split("\n--- ")[1:]]
        if not 0 < len(parts) <= MOST_CHANGES:
            continue
        files: dict[DocumentUri, Lines] = {}
        diffs: list[tuple[DocumentUri, str]] = []
        for part in parts:
            path = part.partition("\n")[0].removeprefix("--- a/")
            text = _git(repository, "show", f"{commit}^:{path}")
            if len(text) <= MOST_FILE_BYTES:
                uri = DocumentUri(ROOT + path)
                files[uri] = without_ends(text)
                diffs.append((uri, part))
        changes = tuple(_applied(files, diffs))
        if 2 <= len(changes) <= MOST_CHANGES:
            n_found += 1
            yield PullRequest(id=commit[:12], repository=repository.name, files=files, changes=changes)


def _applied(files: dict[DocumentUri, Lines], diffs: Sequence[tuple[DocumentUri, str]]) -> Iterator[RawChange]:
    lines = dict(files)
    for uri, diff in diffs:
        for hunk in parse_hunks(diff):
            for change in changes_of(hunk, uri, lines[uri]):
                lines[uri] = change.applied_to(lines[uri])
                yield change


def without_ends(text: str) -> Lines:
    """Returns the lines of a text without their ends."""
    return tuple(line.rstrip("\r\n") for line in split_lines(text))


def _git(repository: Path, *arguments: str) -> str:
    try:
        answer = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        detail = (
            error.stderr.decode(errors="replace").strip() if isinstance(error, subprocess.CalledProcessError) else ""
        )
        raise UserError(f"git cannot read {repository}: {detail or error}") from error
    return answer.stdout.decode("utf-8", errors="replace")
