"""A score in words: which features moved it, and which way."""

from collections.abc import Sequence

from inkling.core.suggestion import Contribution
from inkling.models.featurize import FEATURES

_WORDS = {feature.name: (feature.words_low, feature.words_high) for feature in FEATURES}


def contribution_words(contributions: Sequence[Contribution]) -> str:
    """Returns one clause: what spoke for the suggestion, then what spoke against it; empty without contributions.

    What two features say alike is said once. A feature that this version does not know, from a decision of another one,
    is left out.
    """
    known = [contribution for contribution in contributions if contribution.name in _WORDS]
    speaks_for = [_words(contribution) for contribution in known if contribution.log_odds > 0]
    speaks_against = [_words(contribution) for contribution in known if contribution.log_odds < 0]
    clauses = [
        f"{direction} it: {', '.join(dict.fromkeys(words))}"
        for direction, words in (("for", speaks_for), ("against", speaks_against))
        if words
    ]
    return "; ".join(clauses)


def _words(contribution: Contribution) -> str:
    return _WORDS[contribution.name][contribution.is_high]
