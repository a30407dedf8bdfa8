"""Ruff's findings with its own fixes for them. Ruff reads code and runs none of it."""

import asyncio
import contextlib
import json
import logging
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from inkling.context.project_view import text_in_view
from inkling.core.concurrency import side_by_side
from inkling.core.edit import TextEdit, apply_edit
from inkling.core.errors import UnreadableFileError
from inkling.core.execution import ProjectView
from inkling.core.next_edit import LinterMend
from inkling.core.repair import FileEdit, Patch
from inkling.core.suggestion import Source
from inkling.core.text import Position, offset_at, position_at

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 10.0  # one file takes milliseconds; longer means a slow disk or a hanging process
KIND = "linter"


_FINDING = threading.Lock()  # what ruff looks with, `sysconfig`, is not made for several threads at first
_NO_SYNTAX = "invalid-syntax"  # the code of what does not parse; source: ruff's output format json, 0.12 and later
BUG_RULES = ("B", "F", "PLE", "PLW", "RUF")
"""Families of rules that find mistakes.

Source: ruff's documentation, "Rules": flake8-bugbear, Pyflakes, Pylint's errors and warnings, and ruff's own.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinterFinding:
    """A finding of ruff that it has a fix for.

    Attributes:
        first_line: Where it begins, one-based.
        last_line: Where it ends.
        patch: The fix.
    """

    first_line: int
    last_line: int
    patch: Patch


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFinding:
    """Whatever ruff says of a text.

    Attributes:
        code: The rule's, such as `F821`; `invalid-syntax` for what does not parse.
        message: What ruff says.
        first_line: Where it begins, one-based.
        last_line: Where it ends.
        edits: Ruff's fix, in order of place; none where it has no fix.
        is_safe: Whether ruff says that the fix keeps the meaning.
    """

    code: str
    message: str
    first_line: int
    last_line: int
    edits: tuple[TextEdit, ...] = ()
    is_safe: bool = False


class RuffFindings:
    """Asks ruff about a text with given rules, beside those that the project's configuration ignores."""

    def __init__(self, codes: Sequence[str]) -> None:
        """Looks for these rules alone."""
        self._options = ("--select", ",".join(codes))

    async def of(self, folder: Path, path: PurePosixPath, text: str) -> list[LintFinding] | None:
        """Returns what is found in the text of a file, in order of place; None where ruff does not answer.

        Args:
            folder: The project's.
            path: The file within it; it need not exist.
            text: The whole text.
        """
        try:
            said = json.loads(await _ask_ruff(folder, path, text, self._options))
            return [_whole_finding(each, text) for each in said]
        except (OSError, TimeoutError, ValueError, KeyError, TypeError) as error:
            logger.warning("ruff was not asked: %s", error)
            return None


class RuffLinter:
    """Asks ruff, with the project's own configuration, about the text that the user sees."""

    async def fixes(self, view: ProjectView, path: PurePosixPath, line: int) -> Sequence[Patch]:
        """Returns ruff's fixes for its findings on a line, one-based; none where it has nothing or does not answer."""
        findings = await _findings(view, path, ())
        return [finding.patch for finding in findings if finding.first_line <= line <= finding.last_line]

    async def bugs(self, view: ProjectView, path: PurePosixPath) -> Sequence[LinterFinding]:
        """Returns what looks like a mistake in a file and has a fix, those included that ruff itself calls unsafe.

        They are for whoever runs them before they are shown; none where ruff does not answer.
        """
        return await _findings(view, path, ("--unsafe-fixes", f"--extend-select={','.join(BUG_RULES)}"))


class RuffEditLinter:
    """Tells whether edits bring mistakes that ruff finds. Implements `features.next_edit.EditLinter`."""

    async def is_worse(self, path: Path, text: str, edit: TextEdit) -> bool | None:
        """Tells whether there are more mistakes on the lines of the edit after it than before, of any one rule.

        The project's own configuration says which rules there are; those of `BUG_RULES` count, for style is the
        formatter's business.

        Args:
            path: The file's; it need not exist.
            text: The whole text before the edit.
            edit: The edit.

        Returns:
            None where ruff does not answer, or cannot read the file before or after.
        """
        after = apply_edit(text, edit)
        try:
            before_said, after_said = await side_by_side(
                _ask_ruff(path.parent, PurePosixPath(path.name), text, ()),
                _ask_ruff(path.parent, PurePosixPath(path.name), after, ()),
            )
            before = _mistakes(before_said, text, edit.offset, edit.end)
            found = _mistakes(after_said, after, edit.offset, edit.offset + len(edit.inserted))
            return None if before is None or found is None else bool(found - before)
        except (OSError, TimeoutError, ValueError, KeyError, TypeError) as error:
            logger.warning("ruff was not asked about an edit: %s", error)
            return None

    async def mends(self, path: Path, before: str, after: str) -> Sequence[LinterMend]:
        """Returns ruff's safe fixes of what it says of a text and did not say of the one before.

        The project's own configuration says which rules there are.

        Args:
            path: The file's; it need not exist.
            before: The whole text before.
            after: The whole text; the edits are places in it.
        """
        name = PurePosixPath(path.name)
        try:
            answers = await side_by_side(
                _ask_ruff(path.parent, name, before, ()), _ask_ruff(path.parent, name, after, ())
            )
            known = [_whole_finding(each, before) for each in json.loads(answers[0])]
            said = [_whole_finding(each, after) for each in json.loads(answers[1])]
        except (OSError, TimeoutError, ValueError, KeyError, TypeError) as error:
            logger.warning("ruff was not asked about an edit: %s", error)
            return []
        old = Counter((finding.code, finding.message) for finding in known)
        new = []
        for finding in said:
            words = (finding.code, finding.message)
            if old[words] > 0:
                old[words] -= 1
            elif finding.is_safe and finding.edits:
                new.append(LinterMend(edits=finding.edits, words=f"ruff, {finding.code}: {finding.message}"))
        return new


def _mistakes(answer: bytes, text: str, start: int, end: int) -> "Counter[str] | None":
    """Returns how often each rule complains of the lines from one offset to another; None for what does not parse."""
    first, last = position_at(text, start).line + 1, position_at(text, end).line + 1
    findings = json.loads(answer)
    if any(said["code"] == _NO_SYNTAX for said in findings):
        return None
    return Counter(
        str(said["code"])
        for said in findings
        if said["location"]["row"] <= last
        and said["end_location"]["row"] >= first
        and str(said["code"]).startswith(BUG_RULES)
    )


async def _findings(view: ProjectView, path: PurePosixPath, options: Sequence[str]) -> list[LinterFinding]:
    try:
        text = await asyncio.to_thread(text_in_view, view, path)
        answer = await _ask_ruff(view.folder, path, text, options)
    except (OSError, TimeoutError, UnreadableFileError) as error:
        logger.warning("ruff was not asked: %s", error)
        return []
    return _read(answer, path, text)


async def _ask_ruff(folder: Path, path: PurePosixPath, text: str, options: Sequence[str]) -> bytes:
    arguments = ["check", "--no-cache", "--quiet", "--output-format=json", *options]
    arguments += [f"--stdin-filename={folder / path}", "-"]
    process = await asyncio.create_subprocess_exec(
        await asyncio.to_thread(_find_ruff),
        *arguments,
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            output, _ = await process.communicate(text.encode())
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return output


def _find_ruff() -> str:
    from ruff.__main__ import find_ruff_bin

    with _FINDING:
        return str(find_ruff_bin())


def _read(answer: bytes, path: PurePosixPath, text: str) -> list[LinterFinding]:
    """Returns the findings that have a fix.

    Source: ruff's documentation, "The Ruff Linter", output format json: rows and columns count from 1.
    """
    try:
        return [finding for each in json.loads(answer) if (finding := _finding(each, path, text)) is not None]
    except (ValueError, KeyError, TypeError) as error:
        logger.warning("ruff's answer is not what is expected: %s", error)
        return []


def _whole_finding(said: dict[str, Any], text: str) -> LintFinding:
    fix = said.get("fix") or {}
    return LintFinding(
        code=str(said["code"] or _NO_SYNTAX),
        message=str(said["message"]),
        first_line=int(said["location"]["row"]),
        last_line=int(said["end_location"]["row"]),
        edits=_edits(said, text) or (),
        is_safe=fix.get("applicability") == "safe",
    )


def _finding(said: dict[str, Any], path: PurePosixPath, text: str) -> LinterFinding | None:
    edits = _edits(said, text)
    if edits is None:
        return None
    words = said["fix"].get("message") or said["message"]
    patch = Patch(
        edits=tuple(FileEdit(path=path, edit=edit) for edit in edits),
        kind=KIND,
        source=Source.EMBEDDED,
        explanation=f"Ruff's own fix for {said['code']}: {words}.",
        prior=1.0,
    )
    return LinterFinding(first_line=said["location"]["row"], last_line=said["end_location"]["row"], patch=patch)


def _edits(said: dict[str, Any], text: str) -> tuple[TextEdit, ...] | None:
    """Returns the edits of a finding's fix in order of place; None where there is no fix that can be read."""
    edits = []
    for each in (said.get("fix") or {}).get("edits", ()):
        start, end = _offset(text, each["location"]), _offset(text, each["end_location"])
        if start is None or end is None:
            return None
        edits.append(TextEdit(offset=start, n_removed=end - start, inserted=each["content"] or ""))
    return tuple(sorted(edits, key=lambda edit: edit.offset)) or None


def _offset(text: str, place: dict[str, int]) -> int | None:
    line, column = place["row"] - 1, place["column"] - 1
    offset = offset_at(text, Position(line=line, column=column))
    # The place behind the last line break is a line of its own to ruff, and the end of the text to us.
    return len(text) if offset is None and column == 0 and line == text.count("\n") else offset
