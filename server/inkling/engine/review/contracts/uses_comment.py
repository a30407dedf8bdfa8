"""The comment that names the places that do not go with a change any more."""

from collections.abc import Sequence
from typing import Final

from inkling.core.review import ReviewComment, Severity, Topic
from inkling.engine.review.changed_code import ChangedDefinition
from inkling.engine.review.contracts.references import Reference

MOST_NAMED: Final = 5  # places that a comment names; it counts the others


def comment_on(
    pair: ChangedDefinition, *, rule: str, message: str, uses: Sequence[Reference], confidence: float
) -> ReviewComment:
    """Returns a comment on a changed definition, which claims that its uses fail."""
    definition, is_gone = pair.definition, pair.after is None
    line = definition.node.lineno if is_gone else pair.line
    at = dict.fromkeys((use.file.path, use.line) for use in uses)
    return ReviewComment(
        rule=rule,
        topic=Topic.CONTRACT,
        path=pair.path,
        line=line,
        end_line=line,
        is_on_old_side=is_gone,
        symbol=definition.qualified_name,
        severity=Severity.ERROR,
        confidence=confidence,
        message=message,
        claims_failure=True,
        also_at=tuple(at),
    )


def place(use: Reference) -> str:
    """Returns where a use is, for the user."""
    return f"{use.file.path}:{use.line}"


def places(uses: Sequence[Reference]) -> str:
    """Returns where the first uses are, and how many more there are."""
    return ", ".join(dict.fromkeys(map(place, uses[:MOST_NAMED]))) + more(uses)


def more(found: Sequence[object]) -> str:
    """Returns how many there are beside those that are named."""
    return f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
