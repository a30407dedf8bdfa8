"""Commits that the user names, and clear words where they cannot be had."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inkling.context.changes.git_process import Git, GitFailed
from inkling.context.changes.wanted import Branch, Revisions
from inkling.context.changes.workbench import Workbench
from inkling.core.errors import UserError

MAX_MESSAGES: Final = 50  # commits of a range whose messages are read; what they intend is in the latest
_DEEPEN = "this clone is shallow; `git fetch --unshallow` gets the rest (in GitHub's checkout action: fetch-depth: 0)"
_NOTHING = re.compile("0{40,}")  # how hosts name a base that is not there
_HASH = re.compile("[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two states in the history.

    Attributes:
        name: What is compared, for the user.
        before: The tree before.
        after: The tree after.
        message: What the commits between them say.
    """

    name: str
    before: str
    after: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Commit:
    tree: str
    parents: tuple[str, ...]
    message: str


class History:
    """The user's commits."""

    def __init__(self, user: Git, bench: Workbench) -> None:
        """Takes git in the user's repository, and where objects are read."""
        self._user = user
        self._bench = bench

    def has_commits(self) -> bool:
        """Tells whether there is a HEAD."""
        return self._user.works("rev-parse", "--verify", "--quiet", "HEAD^{commit}")

    def head_tree(self) -> str:
        """Returns the tree of HEAD; one without files before the first commit."""
        if not self.has_commits():
            return self._bench.empty_tree()
        return self._read(self.commit("HEAD")).tree

    def commit(self, revision: str) -> str:
        """Returns the id of the commit that a revision names.

        Raises:
            UserError: It names none here.
        """
        name = revision.strip()
        if not name or name.startswith("-"):
            raise UserError(f"{revision!r} is no revision; name a commit, a branch or a tag, such as HEAD~1")
        if _NOTHING.fullmatch(name):
            raise UserError(
                "a base of zeros names no commit: the branch is new, or what it was compared with is gone."
                " Give a base that is there, such as --base origin/main"
            )
        try:
            return self._user.line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except GitFailed as error:
            raise UserError(self._words_for_missing(name)) from error

    def compare(self, revisions: Revisions) -> Comparison:
        """Returns a commit against its first parent, or the two ends of a range.

        Raises:
            UserError: A commit is not here, or two have none in common.
        """
        text = revisions.text
        dots = "..." if "..." in text else ".." if ".." in text else ""
        if not dots:
            return self._commit_alone(text)
        left, right = (end or "HEAD" for end in text.split(dots, 1))
        before, after = self.commit(left), self.commit(right)
        if dots == "...":
            return self._since_merge_base(left, right, f"{right} since it left {left}")
        return self._between(before, after, f"{left}..{right}")

    def compare_branch(self, branch: Branch) -> Comparison:
        """Returns HEAD against the last commit that it has in common with another branch.

        Raises:
            UserError: The branch is not here, or has none in common.
        """
        return self._since_merge_base(branch.base, "HEAD", f"HEAD since it left {branch.base}")

    def _commit_alone(self, revision: str) -> Comparison:
        commit_id = self.commit(revision)
        commit = self._read(commit_id)
        name = f"commit {commit_id[:10]}"
        if not commit.parents:
            return Comparison(name=name, before=self._bench.empty_tree(), after=commit.tree, message=commit.message)
        if len(commit.parents) > 1:
            name += ", a merge, against its first parent"
        parent = self._read_or_none(commit.parents[0])
        if parent is None:
            raise UserError(f"the parent of {revision} is not here: {_DEEPEN}")
        return Comparison(name=name, before=parent.tree, after=commit.tree, message=commit.message)

    def _since_merge_base(self, left: str, right: str, name: str) -> Comparison:
        ends = self.commit(left), self.commit(right)
        try:
            base = self._user.line("merge-base", *ends)
        except GitFailed as error:
            why = (
                _DEEPEN
                if self._is_shallow()
                else f"they have grown apart from the start; {left}..{right} compares them all the same"
            )
            raise UserError(f"{left} and {right} have no commit in common here: {why}") from error
        return self._between(base, ends[1], name)

    def _between(self, before: str, after: str, name: str) -> Comparison:
        listed = self._user.line("rev-list", f"--max-count={MAX_MESSAGES}", f"{before}..{after}").split()
        messages = [commit.message for commit_id in listed if (commit := self._read_or_none(commit_id)) is not None]
        return Comparison(
            name=name, before=self._read(before).tree, after=self._read(after).tree, message="\n\n".join(messages)
        )

    def _read(self, commit_id: str) -> _Commit:
        commit = self._read_or_none(commit_id)
        if commit is None:
            raise UserError(f"commit {commit_id[:10]} is not here: {_DEEPEN}")
        return commit

    def _read_or_none(self, commit_id: str) -> _Commit | None:
        """Returns a commit as it was written: at the end of a shallow clone git itself speaks of no parents.

        Source: git-cat-file(1); a commit is headers, an empty line, and the message.
        """
        raw = self._bench.contents([commit_id]).get(commit_id)
        if raw is None:
            return None
        head, _, message = raw.decode("utf-8", "replace").partition("\n\n")
        pairs = [line.split(" ", 1) for line in head.splitlines() if not line.startswith(" ")]
        fields = [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]
        return _Commit(
            tree=next(value for name, value in fields if name == "tree"),
            parents=tuple(value for name, value in fields if name == "parent"),
            message=message.strip(),
        )

    def _is_shallow(self) -> bool:
        return self._user.line("rev-parse", "--is-shallow-repository") == "true"

    def _words_for_missing(self, name: str) -> str:
        if name.partition("^")[0].partition("~")[0] in ("HEAD", "@", ""):
            if not self._user.works("rev-parse", "--verify", "--quiet", "HEAD^{commit}"):
                return "there is no commit yet; without a range the files themselves are reviewed"
            return f"{name} goes back behind the first commit that is here" + (
                f": {_DEEPEN}" if self._is_shallow() else ""
            )
        top = Path(self._user.line("rev-parse", "--show-toplevel"))
        if (top / name).exists():
            return f"{name} is a file and no revision; a range is like HEAD~2..HEAD, and --folder names a project"
        remote, _, branch = name.partition("/")
        is_of_remote = remote in self._user.line("remote").split()
        if is_of_remote and branch:
            how = f"`git fetch {remote} {branch}` gets it, unless it was deleted there"
        elif _HASH.fullmatch(name):
            how = f"a forced push may have replaced it; `git fetch origin {name}` gets it if it still is there"
        else:
            how = f"is it spelled like this? `git fetch origin {name}` gets a branch that is not here yet"
        return f"{name} names no commit here: {_DEEPEN if self._is_shallow() else how}"
