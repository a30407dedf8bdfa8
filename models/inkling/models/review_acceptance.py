"""How likely a user is to take a review comment: what its reviewer says, moved by what became of others like it.

Two steps of the same shrinkage. A confidence p counts as much as K comments of which the share p was taken; what
became of the comments of its topic is added to that, then what became of those of its very rule, which weighs more:

    p_topic = (K_topic · p + taken_topic) / (K_topic + judged_topic)
    p_rule = (K_rule · p_topic + taken_rule) / (K_rule + judged_rule)

Comments of the rule itself are left out of its topic, so that nothing counts twice. Without judgements p stays p.

Source: the posterior mean of a Beta(K·p, K·(1 - p)) prior after binomial counts; Gelman et al., "Bayesian Data
Analysis", 3rd edition, section 2.4.

Architecture invariant: nothing but the standard library is imported here, because the daemon scores with it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.core.review import ReviewComment

K_TOPIC: Final = 20.0  # judged comments that weigh as much as the reviewer's word
K_RULE: Final = 4.0  # four dismissals in a row fold away what a reviewer is 0.9 sure of
CHANGED_BELOW: Final = 1.0  # similarity of the lines; any other text there means that something was done about it
_RULE: Final = "rule:"
_TOPIC: Final = "topic:"


@dataclass(frozen=True, slots=True)
class ReviewAcceptance:
    """Counts of what became of comments. Implements `features.review.CommentAcceptance`.

    Attributes:
        judged: How many were judged, by (topic, rule).
        taken: How many of them were taken.
    """

    judged: Counter[tuple[str, str]] = field(default_factory=Counter)
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of_rows(cls, rows: Iterable[JudgedSuggestion]) -> "ReviewAcceptance":
        """Returns what decisions about review comments teach; those of other features teach nothing."""
        judged, taken = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for row in rows:
            kind, label = (_name(row, _TOPIC), _name(row, _RULE)), was_taken(row)
            if label is not None and kind[1]:
                judged[kind] += 1
                taken[kind] += label
        return cls(judged, taken)

    def probability(self, comment: ReviewComment) -> float:
        """Returns the probability that this user takes a comment, in [0, 1]."""
        kind = (comment.topic.value, comment.rule)
        others = [each for each in self.judged if each[0] == kind[0] and each != kind]
        of_topic = _moved(
            comment.confidence,
            K_TOPIC,
            n_judged=sum(self.judged[each] for each in others),
            n_taken=sum(self.taken[each] for each in others),
        )
        return _moved(of_topic, K_RULE, n_judged=self.judged[kind], n_taken=self.taken[kind])


def was_taken(row: JudgedSuggestion) -> bool | None:
    """Returns whether a comment was taken; None where nobody can tell.

    Applied or resolved: taken. Dismissed: not, whatever became of the lines. Neither, and its lines were changed after
    it was read: taken. What was taken back, or only read, says nothing.
    """
    if not row.was_offered or not row.was_read:
        return None
    if row.outcome is OutcomeKind.ACCEPTED:
        return True
    if row.outcome is OutcomeKind.REJECTED:
        return False
    if row.outcome is OutcomeKind.UNDONE:
        return None
    return True if row.stands is not None and row.stands < CHANGED_BELOW else None


def _moved(probability: float, weight: float, *, n_judged: int, n_taken: int) -> float:
    return (weight * probability + n_taken) / (weight + n_judged)


def _name(row: JudgedSuggestion, prefix: str) -> str:
    return next((name.removeprefix(prefix) for name in row.features if name.startswith(prefix)), "")
