"""Answers at a cursor in a docstring or comment, the likeliest first; often none: most prose cannot be foretold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inkling.engine.completion.prose.confidence import shipped_confidence
from inkling.engine.completion.prose.finds import ProseFind
from inkling.engine.completion.prose.sources import find_prose_texts
from inkling.engine.language.open_files import OpenFile

LEAST_CONFIDENCE = 0.5  # who writes prose is thinking; a text that is more often wrong than right is a nuisance


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseAnswer:
    """A text for the cursor.

    Attributes:
        text: What to insert; never empty.
        confidence: Probability that it is the rest of the line or, of a parameter to be described, its beginning.
        n_words: Words that were foretold, at least 1.
        is_beginning: Whether words are to follow: a parameter's name, behind which it is described.
    """

    text: str
    confidence: float
    n_words: int
    is_beginning: bool


def answer_in_prose(
    file: OpenFile, text: str, offset: int, others: Sequence[OpenFile], is_cancelled: Callable[[], bool]
) -> list[ProseAnswer]:
    """Returns the texts that are likely enough at a cursor in a docstring or comment.

    Args:
        file: The document's tokens, up to date with `text`.
        text: The document.
        offset: The cursor, in code points.
        others: Other files that are open; the first ones are read.
        is_cancelled: Tells whether nobody waits for the answer any more.
    """
    return likely_answers(find_prose_texts(file, text, offset, others, is_cancelled))


def likely_answers(finds: Sequence[ProseFind]) -> list[ProseAnswer]:
    """Returns what is likely enough to be said, whole lines before mere beginnings of them, the likeliest first."""
    if not finds:
        return []
    confidence = shipped_confidence()
    likely = [(find, sure) for find in finds if (sure := confidence.of(find)) >= LEAST_CONFIDENCE]
    likely.sort(key=lambda one: (one[0].is_beginning, -one[1]))
    return [
        ProseAnswer(
            text=find.text, confidence=sure, n_words=len(find.text.split()) or 1, is_beginning=find.is_beginning
        )
        for find, sure in likely
    ]
