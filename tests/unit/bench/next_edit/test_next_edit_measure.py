from dataclasses import replace

import numpy as np
import pytest

from inkling.bench.next_edit.extraction import ExtractedCase
from inkling.bench.next_edit.measure import Judged, OfferedEdit, measure
from inkling.bench.next_edit.ranked import OFFERED, RankedCase, judge, thresholds_offering
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.ranking.thresholds import POLICIES

URI = DocumentUri("file:///project/a.py")


def judged(name: str, *, rank: int | None = None, is_far: bool = False, best: OfferedEdit | None = None) -> Judged:
    return Judged(
        pull_request=name,
        is_far=is_far,
        is_import=False,
        place_rank=rank,
        baselines={"guess": None if is_far else 0},
        best=best,
        listed=frozenset({"repeats"}) if best is not None and best.is_right else frozenset(),
        cpu_ms=10.0,
    )


def edit(*, is_offered: bool = True, is_right: bool = False, is_right_later: bool = False) -> OfferedEdit:
    return OfferedEdit(
        is_offered=is_offered,
        is_right=is_right,
        is_right_later=is_right or is_right_later,
        proposers=frozenset({"repeats"}),
    )


def test_figures_are_shares_of_cases_of_far_ones_and_of_what_is_offered() -> None:
    metrics = measure(
        [
            judged("a", rank=0, best=edit(is_right=True)),
            judged("a", rank=2, is_far=True, best=edit(is_right_later=True)),
            judged("b", rank=4, is_far=True, best=edit(is_offered=False, is_right=True)),
            judged("b", best=edit()),
        ],
        seed=0,
    )
    values = {key: metric.value for key, metric in metrics.items()}
    assert [values[f"place_at_{n}"] for n in (1, 3, 5)] == [0.25, 0.5, 0.75]
    assert [values[f"far_at_{n}"] for n in (1, 3, 5)] == [0.0, 0.5, 1.0]
    assert (values["offered"], values["wrong_per_100"]) == (0.75, 50.0)
    assert values["exact_of_offered"] == pytest.approx(1 / 3)
    assert values["right_now_or_later"] == pytest.approx(2 / 3)
    assert (values["offered_by_repeats"], values["listed_by_repeats"]) == (0.75, 0.5)
    assert (values["guess_place_at_1"], values["guess_far_at_1"]) == (0.5, 0.0)
    assert metrics["place_at_1"].low <= 0.25 <= metrics["place_at_1"].high


def test_a_share_of_nothing_is_zero_and_not_an_error() -> None:
    metrics = measure([judged("a"), judged("b")], seed=0)
    assert (metrics["exact_of_offered"].value, metrics["import_exact_at_1"].value, metrics["far_at_5"].value) == (
        0,
        0,
        0,
    )


CASE = ExtractedCase(
    pull_request="a",
    repository="r",
    number=1,
    is_far=False,
    is_import=False,
    baselines={},
    places=((URI, 0),),
    place_features=np.zeros((1, 1)),
    place_is_right=np.array([True]),
    place_is_next=np.array([True]),
    edit_places=((URI, 0), (URI, 5)),
    edit_features=np.zeros((2, 1)),
    edit_is_right=np.array([False, True]),
    edit_is_right_later=np.array([False, True]),
    edit_proposers=(frozenset({"renames"}), frozenset({"repeats"})),
    cpu_ms=1.0,
)


def ranked(*probabilities: float) -> RankedCase:
    return RankedCase(
        case=CASE, fold=0, place_rank=0, edit_probabilities=np.array(probabilities, dtype=np.float64), cpu_ms=2.0
    )


def test_the_likeliest_edit_is_judged_and_offered_from_the_threshold_on() -> None:
    found = judge(ranked(0.2, 0.6), 0.5)
    assert found.best == edit(is_right=True)
    assert found.listed == {"repeats"}
    assert found.cpu_ms == 3.0
    wrong = judge(ranked(0.4, 0.3), 0.5).best
    assert wrong == replace(edit(is_offered=False), proposers=frozenset({"renames"}))


def test_a_case_without_proposals_offers_nothing() -> None:
    empty = replace(CASE, edit_places=(), edit_is_right=np.zeros(0, dtype=np.bool_), edit_proposers=())
    assert judge(replace(ranked(), case=empty), 0.0).best is None


def test_thresholds_offer_after_the_wanted_share_of_edits() -> None:
    cases = [ranked(number / 100, 0.0) for number in range(100)]
    thresholds = thresholds_offering(cases)
    offered = [sum(one.best_probability >= thresholds[policy] for one in cases) for policy in POLICIES]
    assert offered == [round(100 * OFFERED[policy]) for policy in POLICIES]
