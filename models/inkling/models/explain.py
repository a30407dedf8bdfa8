"""A score in words: which features moved it, and which way."""

from collections.abc import Sequence

from inkling.core.suggestion import Contribution
from inkling.models.featurize import FEATURES
from inkling.models.personal import PERSONAL, trait_words

_WORDS = {feature.name: (feature.words_low, feature.words_high) for feature in FEATURES}


def contribution_words(contributions: Sequence[Contribution]) -> str:
    """Returns one clause: what spoke for the suggestion, then what spoke against it; empty without contributions.

    What two features say alike is said once. A feature that this version does not know, from a decision of another one,
    is left out.
    """
    known = [one for one in contributions if one.name in _WORDS or one.name.startswith(PERSONAL)]
    speaks_for = [_words(contribution) for contribution in known if contribution.log_odds > 0]
    speaks_against = [_words(contribution) for contribution in known if contribution.log_odds < 0]
    clauses = [
        f"{direction} it: {', '.join(dict.fromkeys(words))}"
        for direction, words in (("for", speaks_for), ("against", speaks_against))
        if words
    ]
    return "; ".join(clauses)


def _words(contribution: Contribution) -> str:
    if contribution.name.startswith(PERSONAL):
        return f"your own habits ({trait_words(contribution.name)})"
    return _WORDS[contribution.name][contribution.is_high]
