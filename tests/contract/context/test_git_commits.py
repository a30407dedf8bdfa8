"""The latest commit, read from repositories that git itself made."""

import subprocess
from pathlib import Path

import pytest

from inkling.context.git import GitCommits


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    answer = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    )
    return answer.stdout.strip()


def commit(folder: Path, message: str = "m") -> str:
    git(folder, "commit", "--allow-empty", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def forget_reflogs(repository: Path) -> None:
    for log in repository.glob(".git/**/logs/HEAD"):
        log.unlink()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / "package" / "inner").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    return folder


async def test_each_commit_is_seen_from_any_folder_below(repository: Path) -> None:
    commits = GitCommits()
    assert await commits.latest_commit(repository) == ""
    for message in ("first", "second\ttab 🐍"):
        made = commit(repository, message)
        assert await commits.latest_commit(repository / "package" / "inner") == made
    git(repository, "commit", "--amend", "--allow-empty", "-q", "-m", "amended")
    assert await commits.latest_commit(repository) == git(repository, "rev-parse", "HEAD")


async def test_moving_between_commits_is_no_commit(repository: Path) -> None:
    commits = GitCommits()
    first, second = commit(repository), commit(repository)
    git(repository, "checkout", "-q", "-b", "other", first)
    assert await commits.latest_commit(repository) == second
    git(repository, "reset", "-q", "--hard", second)
    assert await commits.latest_commit(repository) == second
    third = commit(repository)
    assert await commits.latest_commit(repository) == third


async def test_a_worktree_has_commits_of_its_own(repository: Path, tmp_path: Path) -> None:
    commits = GitCommits()
    first = commit(repository)
    worktree = tmp_path / "tree"
    git(repository, "worktree", "add", "-q", "-b", "side", str(worktree))
    made = commit(worktree)
    assert await commits.latest_commit(worktree) == made
    assert await commits.latest_commit(repository) == first


@pytest.mark.parametrize("where", ["loose", "packed", "detached"])
async def test_without_a_reflog_what_is_checked_out_counts(repository: Path, tmp_path: Path, where: str) -> None:
    commits = GitCommits()
    git(repository, "config", "core.logAllRefUpdates", "false")
    commit(repository)
    worktree = tmp_path / "tree"
    git(repository, "worktree", "add", "-q", "-b", "side", str(worktree))
    made = {repository: commit(repository), worktree: commit(worktree)}
    for folder, commit_id in made.items():
        if where == "detached":
            git(folder, "checkout", "-q", "--detach")
        if where == "packed":
            git(folder, "pack-refs", "--all")
        forget_reflogs(repository)
        assert await commits.latest_commit(folder) == commit_id


async def test_outside_of_a_repository_or_in_a_damaged_one_there_is_none(tmp_path: Path) -> None:
    commits = GitCommits()
    assert await commits.latest_commit(tmp_path / "nowhere") is None
    (tmp_path / ".git").write_text("gitdir: /missing/place\n")
    assert await commits.latest_commit(tmp_path) is None
    (tmp_path / ".git").write_bytes(b"\xff\xfe nonsense")
    assert await commits.latest_commit(tmp_path) is None
