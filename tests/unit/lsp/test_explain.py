"""A decision in one sentence."""

from dataclasses import replace

import pytest

from inkling.core.events import DecisionSummary, Feature
from inkling.core.suggestion import REASON_WORDS, Check, Reason, Source
from inkling.lsp.to_lsp import explain

SHOWN = DecisionSummary(
    at_ms=1,
    path="a.py",
    line=0,
    was_offered=True,
    reason=None,
    probability=0.5,
    threshold=0.25,
    source=Source.EMBEDDED,
    n_chars=3,
    latency_ms=1.0,
    checked=frozenset({Check.PARSES, Check.NAMES_EXIST}),
    outcome=None,
    suggestion_id=None,
)


def test_what_was_shown_says_what_was_verified_and_what_was_not() -> None:
    assert explain(SHOWN) == (
        "Shown: probability 0.50, threshold 0.25; verified: its statement parses, its attributes and imports exist."
    )
    assert explain(replace(SHOWN, checked=frozenset())).endswith(
        "; nothing was verified; not known: whether it parses, for the file around it does not, "
        "whether its attributes and imports exist."
    )


def test_what_moved_the_probability_stands_beside_it() -> None:
    assert "probability 0.50, threshold 0.25 (for it: it is short)" in explain(SHOWN, "for it: it is short")


def test_a_fix_is_not_talked_of_as_ghost_text() -> None:
    fix = replace(SHOWN, feature=Feature.FIX, checked=frozenset())
    assert explain(fix) == "Shown as a fix: estimated to be right, probability 0.50, threshold 0.25."


def test_a_review_comment_says_whether_it_is_folded_away() -> None:
    comment = replace(SHOWN, feature=Feature.REVIEW, checked=frozenset())
    assert explain(comment) == "Shown in a review, probability 0.50, threshold 0.25."
    folded = replace(comment, features={"is_folded": 1.0}, probability=0.2)
    assert explain(folded).startswith("Folded away in a review: more likely wrong than right, probability 0.20")


def test_what_was_shown_at_random_says_so() -> None:
    assert explain(replace(SHOWN, probability=0.1)).startswith("Shown at random, to learn about what is hidden")


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_words(reason: Reason) -> None:
    hidden = replace(SHOWN, was_offered=False, reason=reason)
    assert explain(hidden) == f"Not shown: {REASON_WORDS[reason]}; probability 0.50, threshold 0.25."
    assert explain(replace(hidden, probability=None)) == f"Not shown: {REASON_WORDS[reason]}."
