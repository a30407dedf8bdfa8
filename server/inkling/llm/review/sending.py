"""What of a change may leave the machine, and what is asked of it first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from inkling.core.change import ChangedFile, ChangeSet
from inkling.core.review import ReviewComment
from inkling.llm.review.asking import messages_for
from inkling.llm.review.facts import ChangedPart, ReviewFacts, TeamQuestion
from inkling.llm.review.showing import ShownPart, shown
from inkling.llm.text_model import ChatMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Sendable:
    """What may be sent.

    Attributes:
        parts: What there is to ask about, the most telling first.
        kept: Changed files that may not be sent.
    """

    parts: tuple[ChangedPart, ...]
    kept: tuple[PurePosixPath, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstQuestion:
    """What is asked about one part.

    Attributes:
        shown: The part as it is shown.
        questions: The team's questions about it.
        messages: What is sent.
    """

    shown: ShownPart
    questions: tuple[TeamQuestion, ...]
    messages: tuple[ChatMessage, ...]


def sendable(changes: ChangeSet, facts: ReviewFacts) -> Sendable:
    """Returns the parts of a change that may be sent; reads files, so it belongs in a thread."""
    kept = {file.path for file in changes.files if file.hunks and not all(map(facts.may_show, _names(file)))}
    parts = [
        part
        for part in facts.code.parts(changes)
        # What a function was may come from another file than it is in now.
        if part.path not in kept and (part.before is None or facts.may_show(part.before.path))
        if not part.is_minor or any(each.is_about(part.path) for each in facts.questions)
    ]
    return Sendable(parts=tuple(parts), kept=tuple(sorted(kept)))


def first_question(
    part: ChangedPart, changes: ChangeSet, facts: ReviewFacts, found: Sequence[ReviewComment]
) -> FirstQuestion:
    """Returns what is asked about a part; reads and parses, so it belongs in a thread.

    Args:
        part: The part.
        changes: What it is part of.
        facts: What others know of the change.
        found: What was found in the change already.
    """
    part_shown = shown(_surrounded(part, facts), next(file for file in changes.files if file.path == part.path))
    questions = tuple(each for each in facts.questions if each.is_about(part.path))
    in_part = [comment for comment in found if _is_in(comment, part)]
    messages = messages_for(part_shown, changes, in_part, questions)
    return FirstQuestion(shown=part_shown, questions=questions, messages=messages)


def _is_in(comment: ReviewComment, part: ChangedPart) -> bool:
    if comment.path != part.path:
        return False
    if comment.is_on_old_side:
        return comment.line in part.lines_before
    return comment.line in part.lines_after or (part.after is not None and comment.line in part.after.lines)


def _surrounded(part: ChangedPart, facts: ReviewFacts) -> ChangedPart:
    """Returns a part with the functions around it, as far as they may be sent."""
    found = facts.code.surrounded(part)
    return replace(
        found,
        callers=tuple(each for each in found.callers if facts.may_show(each.path)),
        callees=tuple(each for each in found.callees if facts.may_show(each.path)),
    )


def _names(file: ChangedFile) -> Iterator[PurePosixPath]:
    yield file.path
    if file.old_path is not None:
        yield file.old_path
