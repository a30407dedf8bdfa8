import hashlib
import json
import math
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from inkling.core.errors import ModelArtifactError, UserError
from inkling.core.suggestion import Contribution, Source
from inkling.models import LogisticAcceptanceModel
from inkling.models.acceptance import SHIPPED_ARTIFACT
from inkling.models.artifact import (
    SHARES_LOST,
    LogisticArtifact,
    StudyPoints,
    dump_artifact,
    parse_artifact,
    read_artifact,
)
from inkling.models.evaluate import METRICS, calibration_error, measure, threshold_keeping
from inkling.models.explain import contribution_words
from inkling.models.featurize import FEATURE_NAMES, SourceCalibration
from inkling.models.regression import LogisticRegressionWeights
from inkling.models.study import read_examples
from inkling.models.train import (
    EMBEDDED_TERMS,
    LabelledLogprob,
    LogprobTerm,
    fit_source_calibration,
    main,
    read_pairs,
    train,
)

STUDY = Path(__file__).parents[4] / "shared" / "data" / "acceptance" / "copilot_study.jsonl"
EMBEDDED_PAIRS = Path(__file__).parents[3] / "models" / "data" / "embedded_pairs.jsonl"
N = len(FEATURE_NAMES)
POINTS = StudyPoints(thresholds=SHARES_LOST, accepts_lost=SHARES_LOST, rejected_hidden=SHARES_LOST[::-1], n_accepts=100)


REGRESSION = LogisticRegressionWeights(mean=(0.0,) * N, scale=(1.0,) * N, weights=(0.5,) * N, intercept=-1.0)


def artifact(**changes: object) -> LogisticArtifact:
    fields: dict[str, object] = {
        "model_version": "test",
        "regression": REGRESSION,
        "calibrations": {source: SourceCalibration(slope=1.0, total_slope=0.1, intercept=0.0) for source in Source},
        "recommended_threshold": 0.2,
        "study_points": POINTS,
    }
    return LogisticArtifact(**(fields | changes))  # type: ignore[arg-type]  # of the right types by construction


def rehashed(**changes: object) -> bytes:
    """Returns an artifact's text with changed content and a hash that fits it."""
    content = json.loads(dump_artifact(artifact())) | changes
    del content["sha256"]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return json.dumps(content | {"sha256": hashlib.sha256(canonical.encode()).hexdigest()}).encode()


def changed_points(**changes: object) -> dict[str, object]:
    return {**json.loads(dump_artifact(artifact()))["study_points"], **changes}


def test_an_artifact_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(dump_artifact(artifact(unmeasured_sources=frozenset({Source.EMBEDDED}))), encoding="utf-8")

    assert read_artifact(path) == artifact(unmeasured_sources=frozenset({Source.EMBEDDED}))
    assert parse_artifact(rehashed()).model_version == "test"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"[" * 900_000, "not JSON"),
        (b" " * 1_000_001, "larger"),
        (b"{}", "format"),
        (rehashed(format=2), "another format than 3; train it again"),
        (rehashed(format=True), "format"),
        (rehashed(feature_names=["evidence"]), "other features"),
        (rehashed(mean=[0.0]), "mean"),
        (rehashed(mean="0" * N), "mean"),
        (rehashed(weights=[1e9] * N), "weights"),
        (rehashed(weights=[10**400] * N), "weights"),
        (rehashed(weights=[True] * N), "weights"),
        (rehashed(weights=[None] * N), "weights"),
        (rehashed(weights=[[1.0]] * N), "weights"),
        (rehashed(scale=[0.0] * N), "scale"),
        (rehashed(intercept="1"), "intercept"),
        (rehashed(intercept=math.nan), "not JSON"),
        (rehashed(intercept=math.inf), "not JSON"),
        (rehashed(calibrations={}), "model|embedded"),
        (rehashed(calibrations=[]), "calibrations"),
        (rehashed(model_version="x" * 101), "model_version"),
        (rehashed(model_version=7), "model_version"),
        (rehashed(training=None), "training"),
        (rehashed(study_points=None), "study_points"),
        (rehashed(study_points={}), "thresholds"),
        (rehashed(study_points=changed_points(thresholds=[0.1])), "51 numbers"),
        (rehashed(study_points=changed_points(thresholds=[0.5, *[0.1] * 50])), "falls"),
        (rehashed(study_points=changed_points(rejected_hidden=["0"] * 51)), "rejected_hidden"),
        (rehashed(study_points=changed_points(n_accepts=True)), "n_accepts"),
        (dump_artifact(artifact()).replace("-1.0", "-2.0", 1).encode(), "hash"),
        (dump_artifact(artifact()).encode()[:-40], "not JSON"),
    ],
)
def test_a_damaged_or_hostile_artifact_is_refused_in_words(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(data)

    with pytest.raises(ModelArtifactError, match=words) as caught:
        LogisticAcceptanceModel.load(path)

    assert str(path) in str(caught.value)


def test_a_missing_artifact_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ModelArtifactError, match="cannot be read"):
        LogisticAcceptanceModel.load(tmp_path / "none.json")


def test_scores_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(7)
    features = random.normal(3.0, 2.0, size=(400, N))
    labels = (features.sum(axis=1) + random.normal(size=400) > 3.0 * N).astype(int)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=0.1)).fit(features, labels)
    scaler, regression = pipeline[0], pipeline[1]
    model = LogisticAcceptanceModel(
        artifact(
            regression=LogisticRegressionWeights(
                mean=tuple(scaler.mean_),
                scale=tuple(scaler.scale_),
                weights=tuple(regression.coef_[0]),
                intercept=float(regression.intercept_[0]),
            )
        )
    )

    ours = [model.probability(dict(zip(FEATURE_NAMES, row, strict=True))) for row in features]

    np.testing.assert_allclose(ours, pipeline.predict_proba(features)[:, 1], rtol=1e-9)


@pytest.mark.parametrize(("weight", "probability"), [(1e6, 1.0), (-1e6, 0.0)])
def test_extreme_scores_stay_probabilities(weight: float, probability: float) -> None:
    model = LogisticAcceptanceModel(artifact(regression=replace(REGRESSION, weights=(weight,) * N)))

    assert model.probability(dict.fromkeys(FEATURE_NAMES, 1.0)) == pytest.approx(probability, abs=1e-300)


def test_contributions_are_the_log_odds_that_the_farthest_features_moved() -> None:
    model = LogisticAcceptanceModel(
        artifact(regression=replace(REGRESSION, weights=(0.5,) * (N - 2) + (-1.0, 2.0), scale=(2.0,) * N))
    )
    features = dict.fromkeys(FEATURE_NAMES, 0.0) | {
        FEATURE_NAMES[0]: -2.0,
        FEATURE_NAMES[1]: 0.1,
        FEATURE_NAMES[-2]: 4.0,
        FEATURE_NAMES[-1]: 1.0,
    }

    contributions = model.contributions(features)

    assert contributions == (
        Contribution(name=FEATURE_NAMES[-2], log_odds=-2.0, is_high=True),
        Contribution(name=FEATURE_NAMES[-1], log_odds=1.0, is_high=True),
        Contribution(name=FEATURE_NAMES[0], log_odds=-0.5, is_high=False),
    )
    average, moved = (
        model.probability(dict.fromkeys(FEATURE_NAMES, 0.0)),
        model.probability(features | {FEATURE_NAMES[1]: 0.0}),
    )
    log_odds = math.log(moved / (1 - moved)) - math.log(average / (1 - average))
    assert sum(contribution.log_odds for contribution in contributions) == pytest.approx(log_odds)


def test_contributions_are_said_in_words() -> None:
    contributions = (
        Contribution(name="evidence", log_odds=-1.2, is_high=False),
        Contribution(name="sure_and_long", log_odds=-0.8, is_high=False),
        Contribution(name="accept_rate", log_odds=0.4, is_high=True),
        Contribution(name="of_another_version", log_odds=0.3, is_high=True),
    )

    assert contribution_words(contributions) == (
        "for it: you accepted many of the last ten suggestions; against it: its source is not sure of it"
    )
    assert contribution_words(()) == ""


def test_the_shipped_model_prefers_what_the_source_is_sure_of() -> None:
    model = LogisticAcceptanceModel.load()
    middle = dict(zip(FEATURE_NAMES, model.artifact.regression.mean, strict=True))

    assert model.probability(middle | {"evidence": 1.0}) > model.probability(middle | {"evidence": -2.0})
    assert 0 < model.artifact.recommended_threshold < 0.5
    assert model.artifact.recommended_threshold == model.artifact.study_points.thresholds[5]
    assert Source.EMBEDDED in model.artifact.calibrations


@pytest.mark.skipif(not STUDY.exists(), reason=f"the study's data is not at {STUDY}")
def test_training_again_gives_the_shipped_model() -> None:
    shipped = read_artifact(SHIPPED_ARTIFACT)
    again = train(STUDY, read_pairs(EMBEDDED_PAIRS))

    assert again.model_version == shipped.model_version
    assert again.study_points.n_accepts == shipped.study_points.n_accepts
    for name in ("thresholds", "accepts_lost", "rejected_hidden"):
        expected = getattr(shipped.study_points, name)
        np.testing.assert_allclose(getattr(again.study_points, name), expected, atol=1e-4)
    assert again.training["data_sha256"] == shipped.training["data_sha256"]
    for source, calibration in shipped.calibrations.items():
        assert astuple(again.calibrations[source]) == pytest.approx(astuple(calibration), abs=1e-3)
    assert again.recommended_threshold == pytest.approx(shipped.recommended_threshold, abs=1e-4)
    for name in ("mean", "scale", "weights", "intercept"):
        np.testing.assert_allclose(getattr(again.regression, name), getattr(shipped.regression, name), atol=1e-4)
    for again_metric, shipped_metric in zip(
        again.training["metrics"].values(),  # type: ignore[attr-defined]  # an object of objects
        shipped.training["metrics"].values(),  # type: ignore[attr-defined]  # an object of objects
        strict=True,
    ):
        assert again_metric == pytest.approx(shipped_metric, abs=1e-3)


@pytest.mark.skipif(not STUDY.exists(), reason=f"the study's data is not at {STUDY}")
def test_only_suggestions_that_somebody_judged_are_learned_from() -> None:
    examples = read_examples(STUDY)

    assert len(examples) == 844
    assert len({example.person for example in examples}) == 16


def test_a_calibration_finds_the_odds_that_made_the_data() -> None:
    random = np.random.default_rng(7)
    means = -random.exponential(1.0, size=20_000)
    lengths = random.integers(1, 8, size=20_000)
    was_right = random.random(20_000) < 1 / (1 + np.exp(-(1.0 + 2.0 * means + 0.5 * means * lengths)))
    pairs = [
        LabelledLogprob(mean_logprob=mean, n_tokens=length, was_right=right)
        for mean, length, right in zip(means.tolist(), lengths.tolist(), was_right.tolist(), strict=True)
    ]

    calibration = fit_source_calibration(pairs, EMBEDDED_TERMS)

    assert calibration.slope == pytest.approx(2.0, abs=0.3)
    assert calibration.total_slope == pytest.approx(0.5, abs=0.1)
    assert calibration.intercept == pytest.approx(1.0, abs=0.15)
    only_likelihood = fit_source_calibration(pairs, {LogprobTerm.LIKELIHOOD})
    assert (only_likelihood.slope, only_likelihood.total_slope) == (0.0, 0.0)
    assert only_likelihood.likelihood_slope > 1.0
    with pytest.raises(UserError, match="right and"):
        fit_source_calibration(pairs[:1], EMBEDDED_TERMS)


def test_pairs_are_read_and_bad_ones_explained(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(
        '{"mean_logprob": -0.5, "n_tokens": 3, "was_right": true}\n\n'
        '{"mean_logprob": -1, "n_tokens": 1, "was_right": false}\n'
    )
    assert read_pairs(path) == [
        LabelledLogprob(mean_logprob=-0.5, n_tokens=3, was_right=True),
        LabelledLogprob(mean_logprob=-1.0, n_tokens=1, was_right=False),
    ]

    path.write_text('{"mean_logprob": "x"}')
    with pytest.raises(UserError, match="does not hold mean_logprob"):
        read_pairs(path)


def test_training_without_its_data_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "none.jsonl"), "--out", str(tmp_path / "model.json")]) == 2
    assert "--data" in capsys.readouterr().err
    (tmp_path / "bad.jsonl").write_text('{"user": 1}')
    assert main(["--data", str(tmp_path / "bad.jsonl"), "--out", str(tmp_path / "model.json")]) == 2
    assert not (tmp_path / "model.json").exists()


def test_metrics_are_right_where_the_answer_is_known() -> None:
    labels = np.array([0, 1] * 50)
    perfect = labels.astype(float)
    people = np.repeat(np.arange(10), 10)

    metrics = measure(labels, perfect, people, seed=1)

    assert {name: metric.value for name, metric in metrics.items()} == {
        "auc": 1.0,
        "average_precision": 1.0,
        "ece": 0.0,
        "brier": 0.0,
    }
    assert calibration_error(labels, np.full(100, 0.8)) == pytest.approx(0.3)
    assert metrics["auc"].low <= metrics["auc"].value <= metrics["auc"].high


def test_metrics_are_those_of_scikit_learn_with_ties() -> None:
    random = np.random.default_rng(5)
    labels = random.integers(2, size=300)
    probabilities = np.round(random.random(300) * 0.5 + labels * 0.2, 1)

    assert METRICS["auc"](labels, probabilities) == pytest.approx(roc_auc_score(labels, probabilities))
    assert METRICS["brier"](labels, probabilities) == pytest.approx(brier_score_loss(labels, probabilities))
    expected = average_precision_score(labels, probabilities)
    assert METRICS["average_precision"](labels, probabilities) == pytest.approx(expected)


def test_the_threshold_keeps_its_share_of_accepts() -> None:
    probabilities = np.linspace(0, 1, 201)
    labels = np.ones(201, dtype=np.int64)
    labels[::2] = 0

    threshold = threshold_keeping(labels, probabilities, 0.95)

    kept = (probabilities[labels == 1] >= threshold).mean()
    assert kept >= 0.95
    assert (probabilities[labels == 1] > threshold).mean() < 0.95
