"""An answer as it streamed in: its text, and how sure the model was of each stretch."""

import math
from dataclasses import dataclass, field

from inkling.llm.text_model import TextChunk

UNKNOWN_PROBABILITY = 0.3
"""Of an edit where an endpoint gives no log-probabilities.

Judgement, not measured: about the share of accepted edits that makers of such predictions speak of; no model can be
reached from where Inkling is developed. The acceptance model of next edits learns how far it is off.
"""
MOST_PROBABLE = 0.7  # however sure a model is of its words, the developer may want something else; judgement, as above
NEXT_IS_WORTH = 0.8  # of a change in comparison with the one that the model wrote before it


@dataclass(slots=True, kw_only=True)
class Answer:
    """What came of one question so far.

    Attributes:
        text: The pieces together.
        was_cut_short: Whether it ended for its length, or because the stream broke off.
    """

    text: str = ""
    was_cut_short: bool = False
    _logprobs: list[tuple[int, int, tuple[float, ...]]] = field(default_factory=list)

    def take(self, chunk: TextChunk) -> None:
        """Takes one piece."""
        start = len(self.text)
        self.text += chunk.text
        self._logprobs.append((start, len(self.text), chunk.logprobs))
        self.was_cut_short = chunk.finish_reason == "length"

    def probability(self, start: int, end: int, n_before: int) -> float:
        """Returns how likely a change is that stands in a stretch of the text, in [0, 1].

        It is the joint probability of the stretch's tokens, times `MOST_PROBABLE`.

        Args:
            start: Where it begins, in code points.
            end: Where it ends.
            n_before: Changes that stand before it.
        """
        values = [value for first, last, group in self._logprobs if first < end and last > start for value in group]
        sure = MOST_PROBABLE * math.exp(min(0.0, sum(values))) if values else UNKNOWN_PROBABILITY
        return sure * NEXT_IS_WORTH**n_before
