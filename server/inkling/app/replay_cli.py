"""`inkling replay`: what another policy would have done, from the user's own log, in words."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from inkling.app.learning import load_own_model, load_points, probabilities_in_force
from inkling.core.errors import BadSettingError, ModelArtifactError, StoreError, UserError
from inkling.core.events import JudgedSuggestion
from inkling.core.insights import KnobForecast
from inkling.core.interval import Interval
from inkling.core.settings import CompletionSettings, GatePolicy, GateSettings
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.artifact import SHARES_LOST, StudyPoints
from inkling.models.operating_points import SHARE_OF_POLICY, OperatingPoints
from inkling.models.replay import (
    InsufficientSupport,
    Probability,
    Replay,
    Reward,
    logged_probability,
    replay,
    threshold_policy,
)
from inkling.models.replay_forecast import forecast
from inkling.models.replay_policies import longer_debounce_policy, model_policy
from inkling.telemetry.archive import opened
from inkling.telemetry.reading import judged_suggestions

MAX_ROWS = 100_000  # the latest, as many as the store gives at once; some seconds to judge
SHIPPED = "shipped"
_MAX_DEBOUNCE_MS: float = next(
    field.metadata["high"] for field in fields(CompletionSettings) if field.name == "debounce_ms"
)
_MS_PER_DAY = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherModel:
    """Another acceptance model at the thresholds that were in force; with no path the shipped one, by itself."""

    path: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LongerDebounce:
    """A pause before each question that is longer by so many milliseconds than it was."""

    by_ms: float


ReplayPolicy = GateSettings | OtherModel | LongerDebounce


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayAnswer:
    """What the log says of a policy.

    Attributes:
        title: The policy in words.
        threshold: The threshold that was judged; None for a policy that leaves it as it was.
        replay: The estimates, or why there are none.
        forecast: The same in the units of the knob, for a setting of the knob.
    """

    title: str
    threshold: float | None
    replay: Replay | InsufficientSupport
    forecast: KnobForecast | None


def parse_policy(text: str) -> ReplayPolicy:
    """Returns the policy in words: a setting of the knob, `model=shipped`, `model=FILE` or `debounce=+MS`.

    Raises:
        BadSettingError: It is none of them, or the number is out of range.
    """
    if text in SHARE_OF_POLICY:
        return GateSettings(policy=GatePolicy(text))
    kind, _, number = text.partition("=")
    if kind == "model" and number:
        return OtherModel(path=None if number == SHIPPED else Path(number))
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if kind == "threshold" and 0 <= value <= 1:
        return GateSettings(policy=GatePolicy.THRESHOLD, threshold=value)
    if kind == "lose" and 0 <= value <= SHARES_LOST[-1]:
        return GateSettings(policy=GatePolicy.LOSE_AT_MOST, lose_at_most=value)
    if kind == "debounce" and number.startswith("+") and 0 <= value <= _MAX_DEBOUNCE_MS:
        return LongerDebounce(by_ms=value)
    if kind == "lose" and value > SHARES_LOST[-1]:
        raise BadSettingError(f"--policy {text!r}: the share must be at most {SHARES_LOST[-1]}")
    if kind == "debounce" and number.startswith("+") and value > _MAX_DEBOUNCE_MS:
        raise BadSettingError(f"--policy {text!r}: the pause must be at most {_MAX_DEBOUNCE_MS} ms longer")
    raise BadSettingError(
        f"--policy {text!r} is none of {', '.join(SHARE_OF_POLICY)}, lose=SHARE with a share up to {SHARES_LOST[-1]},"
        f" threshold=PROBABILITY with a probability up to 1, model={SHIPPED}, model=FILE, debounce=+MS up to"
        f" +{_MAX_DEBOUNCE_MS} (a shorter debounce cannot be replayed: what it would have asked is in no log)"
    )


def answer(data_dir: Path, policy: ReplayPolicy, days: int) -> ReplayAnswer:
    """Returns what the log of the last days says of a policy.

    Raises:
        UserError: The event store cannot be opened or read, or the model cannot.
    """
    since_ms = time.time_ns() // 1_000_000 - days * _MS_PER_DAY
    try:
        with opened(data_dir, to_read=True) as connection:
            rows = judged_suggestions(connection, since_ms, MAX_ROWS)
    except StoreError as error:
        raise UserError(str(error)) from error
    prior = LogisticAcceptanceModel.load()
    match policy:
        case OtherModel():
            return _answer_of_model(rows, prior, policy)
        case LongerDebounce(by_ms=by_ms):
            return ReplayAnswer(
                title=f"A debounce longer by {by_ms:g} ms",
                threshold=None,
                replay=replay(rows, longer_debounce_policy(rows, by_ms)),
                forecast=None,
            )
        case GateSettings():
            points, _ = load_points(data_dir, prior)
            probability = _probability_in_force(data_dir, since_ms)
            return answer_from(rows, policy, points, prior.artifact.study_points, probability)


def _probability_in_force(data_dir: Path, since_ms: int) -> Probability:
    """Returns what the thresholds in force are for; it takes the events before the period, too."""
    own = load_own_model(data_dir)
    try:
        with opened(data_dir, to_read=True) as connection:
            rows = judged_suggestions(connection, min(since_ms, own.reset_ms), MAX_ROWS)
    except StoreError as error:
        raise UserError(str(error)) from error
    return probabilities_in_force(own, rows)


def _answer_of_model(
    rows: Sequence[JudgedSuggestion], prior: LogisticAcceptanceModel, asked: OtherModel
) -> ReplayAnswer:
    try:
        model = prior if asked.path is None else LogisticAcceptanceModel.load(asked.path)
    except ModelArtifactError as error:
        raise UserError(
            f"{error}. model=FILE takes an artifact that `python -m inkling.models.train` writes, for the features of"
            " this version."
        ) from error

    def probability(row: JudgedSuggestion) -> float | None:
        try:
            return model.probability(row.features)
        except KeyError:
            return None  # it was logged for a model of other features

    return ReplayAnswer(
        title=f"{model.artifact.model_version} alone, at the thresholds that were in force",
        threshold=None,
        replay=replay(rows, model_policy(probability)),
        forecast=None,
    )


def answer_from(
    rows: Sequence[JudgedSuggestion],
    gate: GateSettings,
    points: OperatingPoints,
    study: StudyPoints,
    probability: Probability = logged_probability,
) -> ReplayAnswer:
    """Returns what a log says of a policy; the arguments are those of `forecasts`."""
    threshold, foreseen = points.threshold(gate), forecast(rows, gate, points, study, probability)
    return ReplayAnswer(
        title=f"{foreseen.label}: shown from a probability of {threshold:.3f} on",
        threshold=threshold,
        replay=replay(rows, threshold_policy(threshold, probability=probability)),
        forecast=foreseen,
    )


def answer_json(found: ReplayAnswer) -> dict[str, object]:
    """Returns the answer as plain data; a refusal is an object with the key `reason`."""
    return asdict(found)


def answer_lines(found: ReplayAnswer) -> list[str]:
    """Returns the answer as lines for a terminal."""
    lines = [found.title]
    match found.replay:
        case InsufficientSupport(reason=reason):
            lines.append(f"  no estimate: {reason}")
        case Replay() as estimates:
            lines += _replay_lines(estimates)
    return lines if found.forecast is None else [*lines, *_forecast_lines(found.forecast)]


def _replay_lines(found: Replay) -> list[str]:
    words = {
        Reward.ACCEPTED: "accepted and kept, of 100",
        Reward.REJECTED: "not accepted, or not kept, of 100",
        Reward.SAVED_S: "seconds saved, by 100",
    }
    lines = [
        f"  {found.n_candidates} candidates in {found.n_sessions} sessions, worth {found.effective_sample_size:.0f}"
        " suggestions after weighing",
        f"  {'offered, of 100':34}{_per_100(found.offered)}   until now {_per_100(found.offered_before)}",
    ]
    for reward, title in words.items():
        value = found.values[reward]
        lines += [
            f"  {title:34}{_per_100(value.doubly_robust)}   until now {_per_100(found.before[reward])}",
            f"    {'IPS':32}{_per_100(value.ips)}",
            f"    {'self-normalised IPS':32}{_per_100(value.self_normalised)}",
        ]
    return [*lines, "  The first figure of each is doubly robust; in brackets 95% intervals, sessions resampled."]


def _forecast_lines(found: KnobForecast) -> list[str]:
    lines = [f"  {'no forecast: ' if found.basis == 'none' else ''}{found.words}"]
    if found.suggestions_an_hour is not None:
        hourly = found.suggestions_an_hour
        lines.append(f"  {'suggestions an hour':34}{hourly.value:6.1f} [{hourly.low:.1f}, {hourly.high:.1f}]")
    for title, share in (
        ("lost, of 100 accepted and kept", found.accepts_lost),
        ("hidden, of 100 others", found.rejected_hidden),
    ):
        if share is not None:
            lines.append(f"  {title:34}{_per_100(share)}")
    return lines


def _per_100(estimate: Interval) -> str:
    if estimate.low == estimate.high:
        return f"{100 * estimate.value:6.1f}"
    return f"{100 * estimate.value:6.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"
