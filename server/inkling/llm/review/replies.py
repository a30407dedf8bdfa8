"""A model's answer as remarks on changed lines. Answers are untrusted: what does not fit exactly is left out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from inkling.context.parsing import parse
from inkling.core.edit import TextEdit
from inkling.core.numbered_lines import NumberedLines
from inkling.core.redact import MASK
from inkling.core.review import Severity
from inkling.llm.review.asking import MAX_COMMENTS
from inkling.llm.review.claims import Claim, claim_of
from inkling.llm.review.facts import TeamQuestion
from inkling.llm.review.objects import objects_in, text_of
from inkling.llm.review.showing import ShownPart

MAX_MESSAGE_CHARS: Final = 600  # longer ones are no comment, but an essay
MAX_QUOTE_LINES: Final = 12
_KINDS: Final = frozenset({"bug", "security", "contract", "performance", "concurrency", "tests"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A comment as a model wrote it, with the lines that it quotes.

    Attributes:
        line: One-based, the first quoted line.
        end_line: The last one.
        is_on_old_side: Whether the lines are those that went.
        kind: What it is an instance of, of a fixed set of words.
        severity: How bad it is.
        message: One or two sentences.
        reason: Why it matters; may be empty.
        claim: What it says to fail, as a test; None where it claims no failure.
        suggestion: What mends it; None where there is nothing that fits.
        question: The team's question that it answers; None for none.
    """

    line: int
    end_line: int
    is_on_old_side: bool
    kind: str
    severity: Severity
    message: str
    reason: str
    claim: Claim | None
    suggestion: TextEdit | None
    question: TeamQuestion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was to be made of an answer.

    Attributes:
        remarks: What fits.
        n_unfit: Comments that quote nothing of what was shown, claim a failure without a test, or are no comments.
        is_whole: Whether the answer came to its end.
    """

    remarks: tuple[Remark, ...]
    n_unfit: int
    is_whole: bool


def parse_reply(answer: str, shown: ShownPart, questions: Sequence[TeamQuestion]) -> Reply:
    """Returns the remarks in a model's answer about a part; parses code, so it belongs in a thread.

    Raises:
        BadAnswerError: There is no list of comments in it.
    """
    found, is_whole = objects_in(answer, "comments")
    by_name = {each.name: each for each in questions}
    read = [_remark(said, shown, by_name) for said in found[:MAX_COMMENTS]]
    remarks = tuple(remark for remark in read if remark is not None)
    return Reply(remarks=remarks, n_unfit=len(found) - len(remarks), is_whole=is_whole)


def _remark(said: dict[str, Any], shown: ShownPart, questions: Mapping[str, TeamQuestion]) -> Remark | None:
    message = _one_line(text_of(said, "message", MAX_MESSAGE_CHARS))
    quote = text_of(said, "quote", 10_000).strip("\n").split("\n")
    place = _place(quote, said.get("line"), shown)
    if not message or place is None:
        return None
    line, is_on_old_side = place
    rule, kind = said.get("rule"), said.get("kind")
    question = questions.get(rule) if isinstance(rule, str) else None
    claim = claim_of(said, shown.part)
    if claim is None and (said.get("fails") is True or kind == "bug"):
        return None  # a failure that nothing shows is an opinion
    try:
        severity = Severity(str(said.get("severity")))
    except ValueError:
        severity = Severity.NOTE
    return Remark(
        line=line,
        end_line=line + len(quote) - 1,
        is_on_old_side=is_on_old_side,
        kind=kind if isinstance(kind, str) and kind in _KINDS else "other",
        severity=severity if question is None else question.severity,
        message=message,
        reason=_one_line(text_of(said, "reason", MAX_MESSAGE_CHARS)),
        claim=claim,
        suggestion=None if is_on_old_side else _suggestion(said, quote, line, shown),
        question=question,
    )


def _place(quote: Sequence[str], said_line: object, shown: ShownPart) -> tuple[int, bool] | None:
    """Returns where the quoted lines stand among the changed ones, and whether in the old text; None for nowhere.

    Indentation alone makes no difference: many models drop it. Of several places the one nearest to the number counts.
    """
    wanted = [line.strip() for line in quote]
    if not any(wanted) or len(wanted) > MAX_QUOTE_LINES:
        return None
    near = said_line if isinstance(said_line, int) else 0
    for lines, is_on_old_side in ((shown.lines_after, False), (shown.lines_before, True)):
        places = [
            first
            for first in lines
            if all(lines.get(first + index, "\0").strip() == line for index, line in enumerate(wanted))
        ]
        if places:
            return min(places, key=lambda first: abs(first - near)), is_on_old_side
    return None


def _suggestion(said: dict[str, Any], quote: Sequence[str], line: int, shown: ShownPart) -> TextEdit | None:
    """Returns the edit that puts a suggestion in the place of the quoted lines, if the file still parses with it."""
    text, after = text_of(said, "suggestion", 10_000), shown.file.after
    if not text.strip() or after is None or MASK in text:
        return None
    # Lines that are shown otherwise than they are, or quoted so, are no lines to replace.
    edit = NumberedLines(after).replacement(line - 1, quote, text.rstrip("\n").split("\n"))
    if edit is None or shown.file.path.suffix != ".py":
        return edit
    changed = after[: edit.offset] + edit.inserted + after[edit.offset + edit.n_removed :]
    return edit if _parses(changed) or not _parses(after) else None


def _parses(text: str) -> bool:
    try:
        parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _one_line(text: str) -> str:
    """Returns words on one line; a picture or a link to elsewhere becomes plain text."""
    return re.sub(r"\](?=[(\[:])", "] ", " ".join(text.split()))
