"""Git as a process that obeys this program alone: none of the user's filters, hooks, pagers or monitors is run.

Source: git's documentation, git(1) "Environment Variables" and git-config(1) (GIT_CONFIG_COUNT, GIT_ALLOW_PROTOCOL).
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from inkling.core.errors import UserError

ANSWER_WITHIN_S: Final = 60.0  # of one command; a repository of 100,000 files on a cold disk takes some 20 s
_KEPT: Final = frozenset(
    {
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_CEILING_DIRECTORIES",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    }
)  # fmt: skip
"""What a hook tells of the repository it runs in; without it another index would be read than is committed."""

_HARMLESS: Final = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
_OVERRIDDEN: Final = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.quotePath": "false",
    "core.splitIndex": "false",
    "core.safecrlf": "false",
}


class GitFailed(UserError):  # noqa: N818 - what happened, not what is wrong with Inkling
    """A git command ended with an error.

    Attributes:
        said: What git printed to its error stream.
    """

    def __init__(self, arguments: Sequence[str], said: str) -> None:
        lines = said.strip().splitlines() or ["it said nothing"]
        super().__init__(f"`git {arguments[0]}` failed: {' '.join(lines[:3])}")
        self.said = said


class Git:
    """Runs git in a folder. Everything blocks, so it belongs in a thread."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Takes the folder to run in, and the whole environment."""
        self._folder = folder
        self._environment = environment

    def run(self, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
        """Returns what a command prints.

        Args:
            arguments: The command and what follows it.
            stdin: What it reads.
            environment: Variables beside those of every command.

        Raises:
            GitFailed: It ended with an error.
            UserError: There is no git, or it took too long.
        """
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and no argument that the caller did not check
                ["git", *arguments],  # noqa: S607 - the user's own, wherever it is
                cwd=self._folder,
                env={**self._environment, **(environment or {})},
                input=stdin,
                capture_output=True,
                timeout=ANSWER_WITHIN_S,
                check=False,
            )
        except FileNotFoundError as error:
            if not self._folder.is_dir():
                raise UserError(f"{self._folder} is no folder") from error
            raise UserError("git was not found on the PATH; a review reads changes with it, so install it") from error
        except subprocess.TimeoutExpired as error:
            raise UserError(
                f"`git {arguments[0]}` did not answer within {ANSWER_WITHIN_S:.0f} s; is the disk or the network"
                " drive busy? Try again, or review fewer files with --folder"
            ) from error
        except OSError as error:
            raise UserError(f"git cannot be run: {error.strerror}") from error
        if done.returncode:
            raise GitFailed(arguments, done.stderr.decode("utf-8", "replace"))
        return done.stdout

    def line(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Returns the one line that a command prints, without its end.

        Raises:
            GitFailed: It ended with an error.
            UserError: There is no git, or it took too long.
        """
        return os.fsdecode(self.run(*arguments, environment=environment)).removesuffix("\n")

    def works(self, *arguments: str) -> bool:
        """Tells whether a command ends without an error.

        Raises:
            UserError: There is no git, or it took too long.
        """
        try:
            self.run(*arguments)
        except GitFailed:
            return False
        return True


def git_of_user(folder: Path, environment: Mapping[str, str]) -> Git:
    """Returns git for a folder of the user's, with what could run a program of theirs switched off.

    Args:
        folder: Where it runs.
        environment: The user's; what it says of the repository is kept.

    Raises:
        UserError: There is no git, or it took too long.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith("GIT_")
        or name in _KEPT
        # Which folders are safe is said in the user's configuration, which may be one of the environment.
        or (name.startswith("GIT_CONFIG_") and name != "GIT_CONFIG_PARAMETERS")
    }
    plain = {**kept, **_HARMLESS}
    overridden = {**_OVERRIDDEN, **_without_filters(Git(folder, plain))}
    return Git(folder, {**plain, **_as_environment(overridden, kept)})


def git_of_our_own(folder: Path, environment: Mapping[str, str]) -> Git:
    """Returns git for a repository of our own making, which knows nothing of the user's configuration."""
    kept = {name: value for name, value in environment.items() if not name.startswith("GIT_")}
    alone = {"GIT_DIR": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    return Git(folder, {**kept, **_HARMLESS, **alone})


def _without_filters(git: Git) -> dict[str, str]:
    """Returns what switches off the programs that files are piped through when git reads them, such as git-lfs."""
    try:
        names = os.fsdecode(git.run("config", "-z", "--name-only", "--get-regexp", r"^filter\.")).split("\0")
    except GitFailed:  # there are none
        return {}
    return {name: "false" if name.endswith(".required") else "" for name in names if name}


def _as_environment(config: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    """Returns configuration as variables, behind what the user says in the same way; the last word counts."""
    said = kept.get("GIT_CONFIG_COUNT", "0")
    n_before = int(said) if said.isdecimal() else 0
    environment = {"GIT_CONFIG_COUNT": str(n_before + len(config))}
    for number, (name, value) in enumerate(config.items(), start=n_before):
        environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return environment
