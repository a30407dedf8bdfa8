import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.models.personal_rows import rejected, row

from inkling.bench.knob import live_behind_the_knob
from inkling.core.errors import ModelArtifactError
from inkling.core.events import JudgedSuggestion
from inkling.core.settings import GatePolicy, GateSettings
from inkling.core.suggestion import Reason, Trigger
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.artifact import SHARES_LOST
from inkling.models.artifact_json import dump_content
from inkling.models.operating_points import (
    FILE_NAME,
    MIN_ACCEPTS,
    OperatingPoints,
    dump_points,
    parse_points,
    read_points,
    thresholds_losing,
)
from inkling.models.replay import logged_probability

STUDY = OperatingPoints.from_study(LogisticAcceptanceModel.load().artifact)


def gated(chance: random.Random, n: int, threshold: float, explored: float) -> list[JudgedSuggestion]:
    """Returns a log of a user under a gate, with calibrated probabilities.

    Args:
        chance: Where luck comes from.
        n: Candidates.
        threshold: Of the gate.
        explored: Share of hidden ones shown at random.
    """
    rows = []
    for number in range(n):
        p = chance.betavariate(1.2, 2.0)
        is_above = p >= threshold
        is_shown = is_above or chance.random() < explored
        logged = {"threshold": threshold, "propensity": 1.0 if is_above else explored}
        if not is_shown:
            hidden = {"was_offered": False, "was_read": False, "outcome": None, "reason": Reason.LOW_PROBABILITY}
            rows.append(row(number, p=p, accepted_chars=0, **hidden, **logged))
        else:
            judged = row if chance.random() < p else rejected
            rows.append(judged(number, p=p, was_explored=not is_above, **logged))
    return rows


def accepts_lost(threshold: float, chance: random.Random, n: int = 5_000) -> float:
    """Returns the share of accepts below a threshold, of what the same user would do next."""
    accepted = [p for p in (chance.betavariate(1.2, 2.0) for _ in range(n)) if chance.random() < p]
    return sum(p < threshold for p in accepted) / len(accepted)


accepts = st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 100)), min_size=1, max_size=80)


@given(accepts)
def test_thresholds_lose_at_most_their_share_and_never_fall(weighted: list[tuple[float, float]]) -> None:
    thresholds = thresholds_losing(weighted)

    assert list(thresholds) == sorted(thresholds)
    total = sum(weight for _, weight in weighted)
    for share, threshold in zip(SHARES_LOST, thresholds, strict=True):
        lost = sum(weight for probability, weight in weighted if probability < threshold)
        assert lost <= share * total + 1e-6 * total
        # The next higher threshold would lose more than that.
        would_lose = sum(weight for probability, weight in weighted if probability <= threshold)
        assert would_lose > share * total or threshold == max(probability for probability, _ in weighted)


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.booleans(), st.booleans(), st.booleans(), st.sampled_from(list(Trigger))),
        max_size=120,
    )
)
def test_the_points_of_any_log_are_probabilities_that_never_fall(
    drawn: list[tuple[float, bool, bool, bool, Trigger]],
) -> None:
    rows = [
        row(
            number,
            p=p,
            trigger=trigger,
            was_offered=was_offered,
            was_read=was_offered and was_read,
            was_explored=was_offered and was_explored,
            reason=None if was_offered else Reason.LOW_PROBABILITY,
            propensity=0.02 if was_explored or not was_offered else 1.0,
        )
        for number, (p, was_offered, was_read, was_explored, trigger) in enumerate(drawn)
    ]

    points = OperatingPoints.from_log(rows, logged_probability, STUDY)

    assert len(points.thresholds) == len(SHARES_LOST)
    assert list(points.thresholds) == sorted(points.thresholds)
    assert 0 <= points.thresholds[0] <= points.thresholds[-1] <= 1
    assert parse_points(dump_points(points).encode()) == points


def test_the_knob_in_its_units() -> None:
    def threshold(**settings: object) -> float:
        return STUDY.threshold(GateSettings(**settings))  # type: ignore[arg-type]  # of the right types by construction

    assert threshold(policy=GatePolicy.THRESHOLD, threshold=0.9) == 0.9
    assert threshold() == threshold(policy=GatePolicy.BALANCED) == STUDY.thresholds[5]
    assert threshold(policy=GatePolicy.EAGER) == STUDY.thresholds[1]
    assert threshold(policy=GatePolicy.QUIET) == STUDY.thresholds[20]
    assert threshold(lose_at_most=0.29) == STUDY.thresholds[29]
    assert threshold(lose_at_most=0.299) == STUDY.thresholds[29]
    assert threshold(lose_at_most=0.0) == STUDY.thresholds[0]
    assert threshold(lose_at_most=0.5) == STUDY.thresholds[50]
    assert STUDY.thresholds[1] < STUDY.thresholds[5] < STUDY.thresholds[20]


def test_few_accepts_leave_the_points_of_the_study() -> None:
    rows = [row(number, p=0.9) for number in range(MIN_ACCEPTS - 1)]

    assert OperatingPoints.from_log(rows, logged_probability, STUDY) is STUDY
    # What is hidden counts by its probability, so that who is shown hardly anything is not stuck there.
    hidden = {"was_offered": False, "was_read": False, "outcome": None, "reason": Reason.LOW_PROBABILITY}
    stuck = [row(number, p=0.2, accepted_chars=0, propensity=0.02, **hidden) for number in range(400)]
    assert OperatingPoints.from_log(stuck, logged_probability, STUDY).threshold_losing(0.2) <= 0.2
    assert OperatingPoints.from_log(stuck[:100], logged_probability, STUDY) is STUDY
    asked_for = [row(number, p=0.9, trigger=Trigger.INVOKED) for number in range(100)]
    assert OperatingPoints.from_log(asked_for, logged_probability, STUDY) is STUDY
    assert OperatingPoints.from_log([*rows, rows[0]], lambda _: None, STUDY) is STUDY
    assert OperatingPoints.from_log([*rows, rows[0]], logged_probability, STUDY).basis == "log"


def test_the_log_outweighs_the_study_bit_by_bit() -> None:
    def losing_5(n: int) -> float:
        rows = [row(number, p=0.8) for number in range(n)]
        return OperatingPoints.from_log(rows, logged_probability, STUDY).threshold_losing(0.05)

    # All of one's own accepts lie at 0.8, so what may be lost are the study's: 5% of the sum of both.
    at_30, at_100, at_1000 = losing_5(30), losing_5(100), losing_5(1000)
    assert STUDY.thresholds[5] < at_30 < at_100 < at_1000 == 0.8


@pytest.mark.parametrize("n", [400, 4000])
def test_held_out_accepts_are_lost_in_the_share_that_was_allowed(n: int) -> None:
    # At a share of 5% and some 150 accepts the standard error of one user's loss is near 2 points; 30 users average.
    lost = {0.05: 0.0, 0.2: 0.0}
    n_users = 30 if n == 400 else 6
    for seed in range(n_users):
        chance = random.Random(seed)
        points = OperatingPoints.from_log(gated(chance, n, 0.0, 0.0), logged_probability, STUDY)
        for share in lost:
            lost[share] += accepts_lost(points.threshold_losing(share), chance) / n_users

    assert 0.025 <= lost[0.05] <= 0.06
    assert 0.15 <= lost[0.2] <= 0.22


def test_what_was_asked_for_by_chance_above_the_threshold_tells_nothing_of_hidden_ones() -> None:
    log = gated(random.Random(5), 400, 0.25, 0.1)
    asked_by_chance = [
        replace(one, was_explored=True, propensity=0.02) if one.was_offered and not one.was_explored else one
        for one in log
    ]

    assert sum(one.was_explored for one in asked_by_chance) > sum(one.was_explored for one in log) > 0
    points, again = (OperatingPoints.from_log(rows, logged_probability, STUDY) for rows in (log, asked_by_chance))
    assert again == points


@pytest.mark.parametrize("explored", [0.0, 0.02, 0.2])
def test_the_threshold_does_not_climb_when_it_is_chosen_again_on_what_it_left_over(explored: float) -> None:
    chance = random.Random(11)
    threshold = STUDY.threshold_losing(0.05)
    for _ in range(15):
        points = OperatingPoints.from_log(gated(chance, 1500, threshold, explored), logged_probability, STUDY)
        threshold = points.threshold_losing(0.05)

    assert 0.025 <= accepts_lost(threshold, chance) <= 0.07


@pytest.mark.parametrize(("share", "most_on_average", "most_of_one"), [(0.05, 0.075, 0.15), (0.2, 0.28, 0.45)])
def test_simulated_users_lose_no_more_than_they_allow(share: float, most_on_average: float, most_of_one: float) -> None:
    # With the study's thresholds alone these users would lose between 0.2% and 2%, and between 9% and 38%.
    prior = LogisticAcceptanceModel.load()
    lost = [live_behind_the_knob(seed, share, prior, drifts=False).accepts_lost for seed in range(5)]

    assert share / 3 <= sum(lost) / len(lost) <= most_on_average
    assert max(lost) <= most_of_one


def test_explored_accepts_that_the_model_did_not_promise_lower_the_threshold() -> None:
    rows = [row(number, p=0.6) for number in range(200)]
    hidden = {"was_offered": False, "was_read": False, "outcome": None, "reason": Reason.LOW_PROBABILITY}
    rows += [row(number, p=0.05, accepted_chars=0, propensity=0.1, **hidden) for number in range(200, 380)]
    refused = [rejected(number, p=0.05, was_explored=True, propensity=0.1) for number in range(380, 400)]
    liked = [row(number, p=0.05, was_explored=True, propensity=0.1) for number in range(380, 400)]

    as_promised = OperatingPoints.from_log([*rows, *refused], logged_probability, STUDY).threshold_losing(0.05)
    better = OperatingPoints.from_log([*rows, *liked], logged_probability, STUDY).threshold_losing(0.05)

    assert better == 0.05 < as_promised


def test_hidden_candidates_count_as_the_judged_ones_came_true() -> None:
    # The model promises 0.8 and 0.5, and what comes is 0.5 and 0.2: what it says of hidden ones is too high as well.
    hidden = {"was_offered": False, "was_read": False, "outcome": None, "reason": Reason.LOW_PROBABILITY}
    hidden_rows = [row(number, p=0.2, accepted_chars=0, propensity=0.02, **hidden) for number in range(1000, 1400)]

    def losing_20(shares: dict[float, float]) -> float:
        judged = [
            (row if number < 200 * share else rejected)(number, p=p)
            for p, share in shares.items()
            for number in range(200)
        ]
        return OperatingPoints.from_log([*judged, *hidden_rows], logged_probability, STUDY).threshold_losing(0.2)

    assert losing_20({0.8: 0.8, 0.5: 0.5}) == 0.2
    assert losing_20({0.8: 0.5, 0.5: 0.2}) > 0.3


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_promises_that_nobody_can_keep_are_no_crash(p: float) -> None:
    rows = [(row if number % 2 else rejected)(number, p=p) for number in range(300)]

    assert OperatingPoints.from_log(rows, logged_probability, STUDY).basis == "log"


def test_points_survive_their_file(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    points = OperatingPoints.from_log([row(number, p=0.8) for number in range(50)], logged_probability, STUDY)
    path.write_text(dump_points(points), encoding="utf-8")

    assert read_points(path, STUDY) == points
    assert read_points(tmp_path / "none.json", STUDY) is STUDY
    of_another_model = replace(STUDY, prior_version="another")
    assert read_points(path, of_another_model) is of_another_model


def changed(**changes: object) -> bytes:
    """Returns the text of points with changed content and a hash that fits it."""
    content = json.loads(dump_points(STUDY)) | changes
    del content["sha256"]
    return dump_content(content).encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (changed(format=2), "format"),
        (changed(thresholds=[0.1]), "51 numbers"),
        (changed(thresholds="0" * 51), "51 numbers"),
        (changed(thresholds=[0.5, *[0.1] * 50]), "falls"),
        (changed(thresholds=[2] * 51), "no probability"),
        (changed(thresholds=[-0.1] * 51), "no probability"),
        (changed(thresholds=[10**400] * 51), "thresholds"),
        (changed(thresholds=[True] * 51), "thresholds"),
        (changed(thresholds=[None] * 51), "thresholds"),
        (changed(basis="guess"), "basis"),
        (changed(basis=["log"]), "basis"),
        (changed(n_accepts="many"), "n_accepts"),
        (changed(prior_version=3), "prior_version"),
        (dump_points(STUDY).replace("0.1", "0.2").encode(), "hash"),
        (b"[]", "object"),
        (b"", "JSON"),
        (b"\xff", "JSON"),
        (b"[" * 90_000, "JSON"),
        (b" " * 1_000_001, "larger"),
        (dump_points(STUDY).encode()[:-30], "JSON"),
    ],
)
def test_damaged_points_are_refused_in_words(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(data)

    with pytest.raises(ModelArtifactError, match=words) as caught:
        read_points(path, STUDY)
    assert str(path) in str(caught.value)


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelArtifactError, match="cannot be read"):
        read_points(tmp_path, STUDY)


def test_the_daemon_reads_its_points_without_numpy() -> None:
    code = "import inkling.models.operating_points, sys; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
