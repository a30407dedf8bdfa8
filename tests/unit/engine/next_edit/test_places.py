import numpy as np
from tests.unit.engine.next_edit.repeated_edits import MAIN, Edit, situation_after

from inkling.core.next_edit import EditKind
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.proposers import propose
from inkling.engine.next_edit.ranking.place_features import FEATURES, place_features, with_edit_probabilities
from inkling.engine.next_edit.ranking.places import SIGNALS, gather_places
from inkling.engine.next_edit.ranking.ranking import spread_out
from inkling.engine.next_edit.situation import Situation

TEXT = (
    '''
import os

def first(price):
    """Pays.

    Parameters
    ----------
    """
    return price

def second(price):
    total = price + 1
    return total
'''
    + "\n" * 60
    + """
def far(price):
    return price * 3
"""
)


def renamed() -> Situation:
    return situation_after(TEXT, Edit("    total = price + 1", "    total = cost + 1"))


def signals_of(situation: Situation, line: str) -> dict[str, float]:
    number = situation.files[MAIN].lines.index(line)
    signals = gather_places(situation, [])[MAIN, number]
    return {name: value for name, value in zip(SIGNALS, signals, strict=True) if value}


def test_the_end_of_the_latest_change_is_a_candidate() -> None:
    situation = renamed()
    assert signals_of(situation, "    return total")["change_end"] == 1.0


def test_lines_with_a_word_that_was_taken_away_are_candidates_however_far() -> None:
    signals = signals_of(renamed(), "def far(price):")
    assert signals["below_removed_0"] > 0
    assert signals["removed_words"] > 0


def test_the_definition_around_the_change_and_what_follows_it_are_candidates() -> None:
    assert signals_of(renamed(), "def second(price):")["own_definition"] == 1.0
    assert signals_of(renamed(), "def far(price):")["next_definition"] == 1.0


def test_a_line_at_which_the_parser_gives_up_is_a_candidate() -> None:
    situation = situation_after("a = 1\nb = (2\nc = 3", Edit("a = 1", "a = 10"))
    broken = situation.files[MAIN].broken_line
    assert broken is not None
    assert gather_places(situation, [])[MAIN, broken][SIGNALS.index("broken")] == 1.0


def test_places_of_proposals_carry_their_grounds() -> None:
    situation = renamed()
    line = situation.files[MAIN].lines.index("def far(price):")
    candidate = EditCandidate(
        uri=MAIN,
        first_line=line,
        end_line=line + 1,
        inserted=("def far(cost):",),
        kind=EditKind.RENAME,
        proposer="renames",
        group="g",
        words="",
        grounds=Grounds(certainty=0.75, support=3),
    )
    signals = gather_places(situation, propose(situation, [lambda _: [candidate]]))[MAIN, line]
    found = dict(zip(SIGNALS, signals, strict=True))
    assert (found["proposal_certainty"], found["proposal_support"]) == (0.75, 3.0)
    assert found["proposal_rename"] == 1.75


def test_features_have_a_column_for_each_name_and_no_gaps() -> None:
    situation = renamed()
    features = place_features(situation, gather_places(situation, []))
    assert features.shape == (len(gather_places(situation, [])), len(FEATURES))
    assert np.isfinite(features).all()


def test_an_empty_file_and_a_file_without_words_have_candidates() -> None:
    situation = situation_after("🐍 = 1", Edit("🐍 = 1", ""))
    assert situation.files[MAIN].lines == ()
    signals = gather_places(situation, [])
    assert (MAIN, 0) in signals
    assert np.isfinite(place_features(situation, signals)).all()


def test_probabilities_of_edits_reach_places_within_two_lines() -> None:
    places = [(MAIN, 0), (MAIN, 2), (MAIN, 9)]
    filled = with_edit_probabilities(np.zeros((3, len(FEATURES))), places, {(MAIN, 2): 0.5})
    on, near = FEATURES.index("edit_probability"), FEATURES.index("edit_probability_near")
    assert filled[:, on].tolist() == [0.0, 0.5, 0.0]
    assert filled[:, near].tolist() == [0.5, 0.5, 0.0]


def test_a_place_is_as_likely_as_all_lines_within_reach_and_leaves_them_to_no_other() -> None:
    places = [(MAIN, 1), (MAIN, 2), (MAIN, 4), (MAIN, 6), (MAIN, 50)]
    ranked = spread_out(places, np.array([0.25, 0.125, 0.25, 0.125, 0.25]))
    assert [(place.line, place.probability) for place in ranked] == [(2, 0.625), (50, 0.25), (6, 0.125)]
    assert spread_out(places, np.array([0.25, 0.125, 0.25, 0.125, 0.25]), 1) == ranked[:1]
