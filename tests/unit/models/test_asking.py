"""The first stage of the gate: what it may look at, how its file is checked, and what it was trained to."""

import hashlib
import json
import math
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from inkling.core.errors import ModelArtifactError
from inkling.core.ports import N_PREVIOUS, GateInput, PreviousSuggestion, RequestInput
from inkling.core.settings import GatePolicy, GateSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Source
from inkling.models.asking import (
    MAY_LOSE,
    SHIPPED_ASKING,
    AskingArtifact,
    LogisticAskingModel,
    dump_asking,
    read_asking,
)
from inkling.models.featurize import FEATURES, REQUEST_FEATURE_NAMES, SourceCalibration, featurize, featurize_request
from inkling.models.regression import LogisticRegressionWeights
from inkling.models.study import Example, read_examples
from inkling.models.train_asking import fit_asking, main, predict, train

STUDY = Path(__file__).parents[4] / "shared" / "data" / "acceptance" / "copilot_study.jsonl"
N = len(REQUEST_FEATURE_NAMES)
URI = DocumentUri("file:///a.py")
CALIBRATIONS = {source: SourceCalibration(slope=1.0, intercept=0.0) for source in Source}
ARTIFACT = AskingArtifact(
    model_version="test",
    regression=LogisticRegressionWeights(mean=(0.0,) * N, scale=(1.0,) * N, weights=(0.5,) * N, intercept=-1.0),
    threshold=0.1,
)


def request_input(
    text: str, offset: int, *, outcomes: tuple[bool, ...] = (), shown_at: tuple[int, ...] = (), at_ms: int = 0
) -> RequestInput:
    return RequestInput(
        request=CompletionRequest(snapshot=Snapshot(uri=URI, path=None, version=1, text=text), offset=offset),
        at_ms=at_ms,
        recent_outcomes=outcomes,
        previous=tuple(PreviousSuggestion(uri=URI, version=0, offset=place, n_chars=3) for place in shown_at),
    )


def with_candidate(known: RequestInput, text: str, mean_logprob: float) -> GateInput:
    return GateInput(
        **{field.name: getattr(known, field.name) for field in fields(RequestInput)},
        candidate=Candidate(text=text, source=Source.MODEL, mean_logprob=mean_logprob, n_tokens=3),
    )


@given(
    before=st.text(max_size=300),
    after=st.text(max_size=50),
    offset=st.integers(-5, 400),
    outcomes=st.lists(st.booleans(), max_size=10),
    shown_at=st.lists(st.integers(0, 500), max_size=N_PREVIOUS),
    suggestion=st.text(min_size=1, max_size=50),
    mean_logprob=st.floats(max_value=0),
)
def test_nothing_of_the_candidate_or_the_future_is_looked_at(
    before: str,
    after: str,
    offset: int,
    outcomes: list[bool],
    shown_at: list[int],
    suggestion: str,
    mean_logprob: float,
) -> None:
    cursor = min(offset, len(before))

    def known(text: str, at_ms: int = 0) -> RequestInput:
        return request_input(text, cursor, outcomes=tuple(outcomes), shown_at=tuple(shown_at), at_ms=at_ms)

    features = featurize_request(known(before))
    with_two = [with_candidate(known(before), suggestion, mean_logprob), with_candidate(known(before), "x", -0.1)]

    assert tuple(features) == REQUEST_FEATURE_NAMES
    assert all(math.isfinite(value) for value in features.values())
    assert featurize_request(known(before + after)) == features
    for gate_input in with_two:
        assert featurize_request(gate_input) == features
        # What the second stage calls known at the request is the same, whatever the candidate.
        both = featurize(gate_input, CALIBRATIONS)
        assert {name: both[name] for name in REQUEST_FEATURE_NAMES} == features


def test_what_is_declared_as_known_at_the_request_is_all_that_is_looked_at() -> None:
    declared = {feature.name for feature in FEATURES if feature.known == "request"}

    assert set(REQUEST_FEATURE_NAMES) == declared
    assert "evidence" not in declared
    assert "candidate" not in {field.name for field in fields(RequestInput)}


def test_what_speaks_for_asking_is_what_a_person_would_expect() -> None:
    model = LogisticAskingModel.load()
    text = "total = 1\nvalue = total "

    fresh = model.probability(request_input(text, len(text)))
    liked = model.probability(request_input(text, len(text), outcomes=(True,) * 10))
    refused = model.probability(request_input(text, len(text), outcomes=(False,) * 10))
    again = model.probability(request_input(text, len(text), shown_at=(len(text),)))
    comment = model.probability(request_input("total = 1\n# ue = total ", len(text)))

    assert refused < fresh < liked
    assert again < fresh
    assert comment < fresh


def test_ten_rejections_alone_do_not_end_all_asking() -> None:
    model = LogisticAskingModel.load()
    text = "value = total "

    assert model.probability(request_input(text, len(text), outcomes=(False,) * 10)) > model.artifact.threshold


def test_probabilities_are_those_of_scikit_learn() -> None:
    texts = ["", "# note", "    re", "x = ", "value = f(a, ", "for one in "]
    inputs = [
        request_input(text, len(text), outcomes=(True, False) * (number % 5), shown_at=(number,) * (number % 3))
        for number, text in enumerate(texts * 20)
    ]
    features = np.array([list(featurize_request(one).values()) for one in inputs])
    labels = np.random.default_rng(3).integers(2, size=len(inputs))
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=0.1)).fit(features, labels)
    scaler, regression = pipeline[0], pipeline[1]
    model = LogisticAskingModel(
        replace(
            ARTIFACT,
            regression=LogisticRegressionWeights(
                mean=tuple(scaler.mean_),
                scale=tuple(scaler.scale_),
                weights=tuple(regression.coef_[0]),
                intercept=float(regression.intercept_[0]),
            ),
        )
    )

    ours = [model.probability(one) for one in inputs]

    np.testing.assert_allclose(ours, pipeline.predict_proba(features)[:, 1], rtol=1e-9)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (GateSettings(), 0.1),
        (GateSettings(policy=GatePolicy.LOSE_AT_MOST, lose_at_most=0.5), 0.1),
        (GateSettings(policy=GatePolicy.LOSE_AT_MOST, lose_at_most=0.049), 0.0),
        (GateSettings(policy=GatePolicy.BALANCED, lose_at_most=0.0), 0.1),
        (GateSettings(policy=GatePolicy.QUIET), 0.1),
        (GateSettings(policy=GatePolicy.EAGER), 0.0),
        (GateSettings(policy=GatePolicy.THRESHOLD, threshold=0.0), 0.0),
        (GateSettings(policy=GatePolicy.THRESHOLD, threshold=0.07), 0.07),
        (GateSettings(policy=GatePolicy.THRESHOLD, threshold=0.9), 0.1),
    ],
)
def test_the_knob_decides_how_much_may_be_left_unasked(settings: GateSettings, expected: float) -> None:
    assert LogisticAskingModel(ARTIFACT).threshold(settings) == expected


def rehashed(**changes: object) -> bytes:
    """Returns an artifact's text with changed content and a hash that fits it."""
    content = json.loads(dump_asking(ARTIFACT)) | changes
    del content["sha256"]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return json.dumps(content | {"sha256": hashlib.sha256(canonical.encode()).hexdigest()}).encode()


def test_an_artifact_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "asking.json"
    path.write_text(dump_asking(ARTIFACT), encoding="utf-8")

    assert read_asking(path) == ARTIFACT


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"[" * 900_000, "not JSON"),
        (b" " * 1_000_001, "larger"),
        (rehashed(format=2), "another format than 1; train it again"),
        (rehashed(format=True), "format"),
        (rehashed(feature_names=["evidence"]), "other features"),
        (rehashed(mean=[0.0]), "mean"),
        (rehashed(weights=[10**400] * N), "weights"),
        (rehashed(weights=[True] * N), "weights"),
        (rehashed(scale=[0.0] * N), "scale"),
        (rehashed(intercept=math.nan), "not JSON"),
        (rehashed(threshold=1.5), "threshold"),
        (rehashed(threshold=None), "threshold"),
        (rehashed(model_version="x" * 101), "model_version"),
        (rehashed(training=None), "training"),
        (dump_asking(ARTIFACT).replace("-1.0", "-2.0", 1).encode(), "hash"),
    ],
)
def test_a_damaged_or_hostile_artifact_is_refused_in_words(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "asking.json"
    path.write_bytes(data)

    with pytest.raises(ModelArtifactError, match=words) as caught:
        LogisticAskingModel.load(path)

    assert str(path) in str(caught.value)


def test_a_missing_artifact_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ModelArtifactError, match="cannot be read"):
        LogisticAskingModel.load(tmp_path / "none.json")


def example(person: int, number: int, *, was_accepted: bool) -> Example:
    text = "# note" if number % 2 else "value = "
    known = request_input(text, len(text), outcomes=(True,) * (number % 4))
    return Example(person=person, gate_input=with_candidate(known, "x", -0.1), was_accepted=was_accepted)


def test_nobody_is_judged_by_what_they_did() -> None:
    examples = [example(person, number, was_accepted=number % 3 == 0) for person in range(3) for number in range(12)]
    turned = [replace(one, was_accepted=not one.was_accepted) if one.person == 0 else one for one in examples]

    own = [number for number, one in enumerate(examples) if one.person == 0]
    others = [number for number, one in enumerate(examples) if one.person != 0]

    before, after = predict(examples), predict(turned)
    np.testing.assert_array_equal(before[own], after[own])
    assert (before[others] != after[others]).any()


def test_training_does_not_look_at_candidates() -> None:
    examples = [example(person, number, was_accepted=number % 3 == 0) for person in range(3) for number in range(12)]
    rewritten = [
        replace(one, gate_input=with_candidate(one.gate_input, "accepted" if one.was_accepted else "y", -9.0))
        for one in examples
    ]

    assert fit_asking(rewritten) == fit_asking(examples)


def test_training_without_its_data_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "none.jsonl"), "--out", str(tmp_path / "asking.json")]) == 2
    assert "--data" in capsys.readouterr().err
    assert not (tmp_path / "asking.json").exists()


@pytest.mark.skipif(not STUDY.exists(), reason=f"the study's data is not at {STUDY}")
def test_training_again_gives_the_shipped_model() -> None:
    shipped, again = read_asking(SHIPPED_ASKING), train(STUDY)

    assert again.training["data_sha256"] == shipped.training["data_sha256"]
    assert again.threshold == pytest.approx(shipped.threshold, abs=1e-4)
    for name in ("mean", "scale", "weights", "intercept"):
        np.testing.assert_allclose(getattr(again.regression, name), getattr(shipped.regression, name), atol=1e-4)


@pytest.mark.skipif(not STUDY.exists(), reason=f"the study's data is not at {STUDY}")
def test_the_threshold_loses_no_more_accepts_than_its_share() -> None:
    examples = read_examples(STUDY)
    probabilities = predict(examples)
    was_accepted = np.array([one.was_accepted for one in examples])
    threshold = read_asking(SHIPPED_ASKING).threshold

    assert 0 < (probabilities[was_accepted] < threshold).mean() <= MAY_LOSE
    assert (probabilities[~was_accepted] < threshold).mean() > 2 * MAY_LOSE
