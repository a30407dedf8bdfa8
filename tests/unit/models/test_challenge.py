from collections.abc import Callable

import pytest
from tests.unit.models.personal_rows import StatedPrior, rejected, row

from inkling.core.events import JudgedSuggestion
from inkling.models.challenge import compare, retrain
from inkling.models.personal import RECIPES, PersonalState, refit


def test_better_on_later_data_takes_enough_of_it() -> None:
    session_ms = 2 * 3_600_000
    long = [(number // 10 * session_ms + number % 10, 0.6, 0.5) for number in range(100)]

    assert compare(long).is_better
    assert not compare([(at_ms, 0.5, 0.6) for at_ms, _, _ in long]).is_better
    assert not compare(long[:40]).is_better
    assert not compare([(number, 0.6, 0.5) for number in range(100)]).is_better
    assert compare([]).confidence == 0.0
    mixed = [(at_ms, 0.6, 0.5 if at_ms // session_ms % 2 else 0.7) for at_ms, _, _ in long]
    assert 0.05 < compare(mixed).confidence < 0.95


def test_noise_makes_no_champion() -> None:
    balanced = [(row if number % 5 in (0, 2) else rejected)(number) for number in range(400)]

    assert not retrain(balanced, None, StatedPrior(p=0.4)).comparison.is_better


def test_a_log_of_one_class_or_of_three_rows_is_no_trouble() -> None:
    assert not retrain([row(number) for number in range(3)], None, StatedPrior()).comparison.is_better
    assert retrain([], None, StatedPrior()).state == PersonalState.fresh(retrain([], None, StatedPrior()).state.recipe)


@pytest.mark.parametrize("judge", [row, rejected])
def test_a_log_of_one_class_replaces_nothing(judge: Callable[[int], JudgedSuggestion]) -> None:
    both = [(row if number % 10 == 0 else rejected)(number) for number in range(50)]
    champion = refit(both, StatedPrior(p=0.5))
    turned = [judge(number) for number in range(50, 995)]

    for held in (None, champion):
        comparison = retrain(turned, held, StatedPrior(p=0.5)).comparison
        assert not comparison.is_better
    assert (
        "one-sided" in retrain([*both, *turned], PersonalState.fresh(RECIPES["steady"]), StatedPrior()).comparison.words
    )


def test_a_champion_enters_the_comparison_with_what_the_windows_learned_on_top_of_it() -> None:
    turned = [row(number) for number in range(50)]
    turned += [(row if number % 10 == 0 else rejected)(number) for number in range(50, 600)]
    champion = refit(turned[:50], StatedPrior())

    comparison = retrain(turned, champion, StatedPrior()).comparison

    assert comparison.n_events == 180
    assert comparison.champion_log_loss == pytest.approx(comparison.challenger_log_loss, abs=0.01)
