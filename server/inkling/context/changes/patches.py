"""Patches from elsewhere, applied to trees and not to files."""

import re
from collections.abc import Sequence
from typing import Final

from inkling.context.changes.git_process import GitFailed
from inkling.context.changes.workbench import Workbench
from inkling.core.errors import UserError

MAX_PATCH_BYTES: Final = 32 * 1024 * 1024  # far above what 20,000 changed lines take
_FAILED_AT = re.compile(r"^error: patch failed: (?P<path>.+):(?P<line>\d+)$", re.M)
_NOT_THERE = re.compile(r"^error: (?P<path>.+): (?:does not exist in index|No such file or directory)$", re.M)
_ALREADY = re.compile(r"^error: (?P<path>.+): already exists in (?:index|working directory)$", re.M)
_CORRUPT = re.compile(r"^error: corrupt patch at (?:<stdin>:|line )(?P<line>\d+)$", re.M)
# As git writes patches unless it is told otherwise.
_PREFIXED = re.compile(
    rb'^\+\+\+ "?[biw]/|^--- "?[aic]/.*\n\+\+\+ /dev/null', re.M
)  # as git does, unless told otherwise
_NO_PATCH = ("No valid patches in input", "unrecognized input")


def apply_patch(bench: Workbench, text: bytes, bases: Sequence[tuple[str, str]]) -> tuple[str, str, str]:
    """Returns the tree that a patch fits, the tree with the patch in it, and the name of the former.

    Args:
        bench: Where it is applied.
        text: The patch.
        bases: Trees that are tried in order, each with its name for the user; at least one.

    Raises:
        UserError: It fits none, or is no patch; the message names the file and the line.
    """
    if len(text) > MAX_PATCH_BYTES:
        raise UserError(f"the patch is larger than {MAX_PATCH_BYTES // 1024 // 1024} MB; review it in parts")
    if not text.strip():
        return bases[0][0], bases[0][0], bases[0][1]
    # Line feeds at the end get lost when text is pasted, and git needs them.
    whole = text if text.endswith(b"\n") else text + b"\n"
    said = ""
    for tree, name in bases:
        for strip in ("-p1",) if _PREFIXED.search(whole) else ("-p0", "-p1"):
            try:
                return tree, _applied(bench, whole, tree, strip), name
            except GitFailed as error:
                said = said or error.said
    if any(_is_in_it(bench, whole, bases[0][0], strip) for strip in ("-p1", "-p0")):
        raise UserError(
            f"the patch is in {bases[0][1]} already; review the commit that it came with, such as `inkling review HEAD`"
        )
    raise UserError(_words(said, bases[0][1]))


def _is_in_it(bench: Workbench, text: bytes, tree: str, strip: str) -> bool:
    """Tells whether a patch can be taken out of a tree again."""
    try:
        _applied(bench, text, tree, strip, "--reverse")
    except GitFailed:
        return False
    return True


def _applied(bench: Workbench, text: bytes, tree: str, *options: str) -> str:
    environment = {"GIT_INDEX_FILE": str(bench.index_of(tree, "patched"))}
    bench.git.run("apply", "--cached", "--whitespace=nowarn", *options, "-", stdin=text, environment=environment)
    return bench.git.line("write-tree", "--missing-ok", environment=environment)


def _words(said: str, base: str) -> str:
    """Returns why git did not apply a patch.

    Source: git's apply.c, its messages.
    """
    if failed := _FAILED_AT.search(said):
        return (
            f"the patch does not apply: {failed['path']} has other lines at line {failed['line']} in {base}, and"
            " on disk. Check out the commit it was made from, or bring the patch up to date"
        )
    if missing := _NOT_THERE.search(said):
        return (
            f"the patch does not apply: it changes {missing['path']}, which is not in {base}. Check out the commit it"
            " was made from; paths in a patch count from the top of the repository"
        )
    if there := _ALREADY.search(said):
        return f"the patch does not apply: it adds {there['path']}, which is in {base} already"
    if corrupt := _CORRUPT.search(said):
        return f"the patch is damaged at its line {corrupt['line']}; was it cut, or changed by a mail program?"
    if any(words in said for words in _NO_PATCH):
        return "what was given is no patch; a unified diff such as `git diff` prints is wanted"
    return f"the patch does not apply to {base}: {' '.join(said.split())}"
