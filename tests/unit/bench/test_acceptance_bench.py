"""The benchmark of the acceptance model: who judges whom, what is chosen on whom, and what is said without data."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkling.bench.acceptance import (
    JUDGES,
    AcceptanceOptions,
    Judged,
    judge,
    measure,
    measure_transfer,
    people_folds,
    run,
)
from inkling.bench.report import EXIT_NO_DATA
from inkling.core.errors import UserError
from inkling.models.study import read_examples
from inkling.models.train import LabelledLogprob

KEYS = {
    "auc",
    "auc_without_logprob",
    "average_precision",
    "ece",
    "brier",
    "accepts_kept",
    "suggestions_hidden",
    "rejected_hidden",
    "auc_before_asking",
    "requests_not_asked",
    "accepts_not_asked",
    "rejected_not_asked",
    "cascade_accepts_kept",
    "cascade_suggestions_hidden",
    "cascade_rejected_hidden",
}


def write_study(path: Path, people: range, *, n_each: int = 24, seed: int = 3) -> Path:
    """Writes people who accept what the source is sure of, in nine cases of ten."""
    chance = random.Random(seed)
    rows = []
    for person in people:
        for number in range(n_each):
            mean_logprob = -chance.random() * 2
            is_likely = mean_logprob > -0.8
            is_accepted = is_likely if chance.random() < 0.9 else not is_likely
            rows.append(
                {
                    "user": person,
                    "t_shown": f"2022-08-08T22:{number:02}:10Z",
                    "t_decided": f"2022-08-08T22:{number:02}:12Z",
                    "outcome": "Accepted" if is_accepted else "Rejected",
                    "prompt": "value = 1\n" * number + "x = ",
                    "suggestion": chance.choice(["value", "print(value)", "[1, 2", "other + value"]),
                    "meanLogProb": mean_logprob,
                    "numTokens": 3.0,
                    "confidence": chance.random(),
                }
            )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_people_never_straddle_folds(tmp_path: Path) -> None:
    examples = read_examples(write_study(tmp_path / "study.jsonl", range(4)))

    folds = people_folds(examples)

    assert len(folds) == 4
    for others, own in folds:
        assert not {example.person for example in others} & {example.person for example in own}
        assert len(others) + len(own) == len(examples)
    with pytest.raises(UserError, match="two or more"):
        people_folds([example for example in examples if example.person == 1])


def test_nothing_that_is_chosen_for_a_person_comes_from_what_they_did(tmp_path: Path) -> None:
    examples = read_examples(write_study(tmp_path / "study.jsonl", range(4)))
    turned = [replace(example, was_accepted=not example.was_accepted) for example in examples]
    others, own = people_folds(examples)[0]
    own_turned = people_folds(turned)[0][1]

    judged, judged_turned = judge([(others, own)]), judge([(others, own_turned)])

    assert (judged.labels != judged_turned.labels).all()
    assert (judged.is_shown == judged_turned.is_shown).all()
    assert (judged.is_asked == judged_turned.is_asked).all()
    for name, probabilities in judged.probabilities.items():
        np.testing.assert_array_equal(probabilities, judged_turned.probabilities[name])


def test_the_figures_are_written_with_intervals_and_the_model_finds_what_people_like(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = write_study(tmp_path / "study.jsonl", range(5))

    assert run(AcceptanceOptions(data=study, seed=1), tmp_path / "out.json") == 0

    written = json.loads((tmp_path / "out.json").read_text())
    assert (written["bench"], written["seed"], written["n"]) == ("acceptance", 1, 120)
    assert set(written["metrics"]) >= KEYS
    for metric in written["metrics"].values():
        assert metric["low"] <= metric["high"]
    assert written["metrics"]["auc"]["value"] > 0.7
    assert written["metrics"]["auc_gain_over_copilot_confidence"]["low"] > 0
    assert written["metrics"]["brier_gain_over_constant"]["value"] > 0
    assert "AUC 0.767" in capsys.readouterr().out


def test_the_cascade_shows_what_both_stages_let_through() -> None:
    labels, people = np.array([1, 1, 1, 1, 0, 0, 0, 0]), np.array([0, 0, 1, 1, 0, 0, 1, 1])
    is_asked = np.array([True, True, True, False, True, True, False, False])
    is_shown = np.array([True, True, False, False, True, False, True, False])
    probabilities = dict.fromkeys(JUDGES, np.linspace(0.9, 0.1, 8))

    metrics = measure(
        Judged(labels=labels, people=people, probabilities=probabilities, is_asked=is_asked, is_shown=is_shown), seed=0
    )

    shares = {
        "accepts_kept": 0.5,
        "rejected_hidden": 0.5,
        "requests_not_asked": 0.375,
        "accepts_not_asked": 0.25,
        "rejected_not_asked": 0.5,
        "cascade_accepts_kept": 0.5,
        "cascade_rejected_hidden": 0.75,
        "cascade_suggestions_hidden": 0.625,
    }
    assert {name: metrics[name].value for name in shares} == shares


def test_one_file_may_judge_another_but_never_the_same_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = write_study(tmp_path / "train.jsonl", range(4))
    test = write_study(tmp_path / "test.jsonl", range(3, 6), seed=5)

    assert run(AcceptanceOptions(train=train, test=test), tmp_path / "out.json") == 0
    assert "because they are judged: people 3" in capsys.readouterr().out
    assert json.loads((tmp_path / "out.json").read_text())["n"] == 72

    assert run(AcceptanceOptions(train=train, test=train), tmp_path / "same.json") == EXIT_NO_DATA
    assert not (tmp_path / "same.json").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (AcceptanceOptions(data=Path("none.jsonl")), "--data"),
        (AcceptanceOptions(train=Path("none.jsonl")), "belong together"),
        (AcceptanceOptions(test=Path("none.jsonl")), "belong together"),
    ],
)
def test_without_data_it_says_so(options: AcceptanceOptions, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(options, None) == EXIT_NO_DATA
    assert words in capsys.readouterr().out


def test_a_sample_of_one_kind_does_not_count(tmp_path: Path) -> None:
    examples = read_examples(write_study(tmp_path / "study.jsonl", range(4)))
    one_kind = [replace(example, was_accepted=True) if example.person == 0 else example for example in examples]

    auc = measure(judge(people_folds(one_kind)), seed=0)["auc"]

    assert 0 < auc.low <= auc.value <= auc.high < 1


def test_a_calibration_of_ones_own_beats_a_borrowed_one_where_scales_differ() -> None:
    chance = random.Random(11)
    pairs = [
        LabelledLogprob(mean_logprob=mean, n_tokens=2, was_right=chance.random() < (0.1 if mean < -3 else 0.7))
        for mean in (-chance.random() * 6 for _ in range(1000))
    ]

    metrics = measure_transfer(pairs, seed=0)

    assert metrics["embedded_ece_own"].high < metrics["embedded_ece_borrowed"].low
