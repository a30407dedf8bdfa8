"""Answers at a cursor in a docstring or comment, the likeliest first; often none: most prose cannot be foretold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inkling.engine.completion.prose.confidence import ProseConfidence, shipped_confidence
from inkling.engine.completion.prose.sources import find_prose_texts
from inkling.engine.language.open_files import OpenFile

LEAST_CONFIDENCE = 0.4  # who writes prose is thinking; a text that is more often wrong than right is a nuisance


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseAnswer:
    """A text for the cursor.

    Attributes:
        text: What to insert; never empty.
        confidence: Probability that it is the rest of the line or, of a parameter to be described, its beginning.
        n_words: Words that were foretold, at least 1.
    """

    text: str
    confidence: float
    n_words: int


def answer_in_prose(
    file: OpenFile,
    text: str,
    offset: int,
    others: Sequence[OpenFile],
    is_cancelled: Callable[[], bool],
    confidence: ProseConfidence | None = None,
) -> list[ProseAnswer]:
    """Returns the texts that are likely enough at a cursor in a docstring or comment.

    Whole lines come before mere beginnings of them.

    Args:
        file: The document's tokens, up to date with `text`.
        text: The document.
        offset: The cursor, in code points.
        others: Other files that are open.
        is_cancelled: Tells whether nobody waits for the answer any more.
        confidence: What tells how likely a text is; None for what ships with Inkling.
    """
    found = find_prose_texts(file, text, offset, others, is_cancelled)
    if not found:
        return []
    confidence = confidence or shipped_confidence()
    likely = [(find, sure) for find in found if (sure := confidence.of(find)) >= LEAST_CONFIDENCE]
    likely.sort(key=lambda one: (one[0].is_beginning, -one[1]))
    return [ProseAnswer(text=find.text, confidence=sure, n_words=len(find.text.split()) or 1) for find, sure in likely]
