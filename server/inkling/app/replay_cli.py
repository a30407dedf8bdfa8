"""`inkling replay`: what another policy would have done, from the user's own log, in words."""

import asyncio
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from inkling.core.errors import BadSettingError, StoreError, UserError
from inkling.core.events import JudgedSuggestion
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.replay import Estimate, InsufficientSupport, Replay, Reward, replay, threshold_policy
from inkling.models.replay_forecast import Forecast, StudyFigures, forecast_threshold, threshold_losing
from inkling.telemetry.store import EventStore

MAX_ROWS = 200_000  # the latest; more than a year of work, and some seconds to judge
_MS_PER_DAY = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayQuestion:
    """A policy to judge: a threshold, or the share of accepts that may be lost; one of the two is None."""

    threshold: float | None
    lose: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayAnswer:
    """What the log says of a policy.

    Attributes:
        threshold: The threshold that was judged.
        replay: The estimates, or why there are none.
        forecast: The same in the units of the knob, or why not.
    """

    threshold: float
    replay: Replay | InsufficientSupport
    forecast: Forecast | InsufficientSupport


def parse_policy(text: str) -> ReplayQuestion:
    """Returns the policy in `threshold=SHARE` or `lose=SHARE`.

    Raises:
        BadSettingError: It is neither, or the share is not between 0 and 1.
    """
    kind, _, number = text.partition("=")
    try:
        share = float(number)
    except ValueError:
        share = -1.0
    if kind not in ("threshold", "lose") or not 0 <= share <= 1:
        raise BadSettingError(f"--policy {text!r} is not threshold=SHARE or lose=SHARE, with a share from 0 to 1")
    if kind == "threshold":
        return ReplayQuestion(threshold=share, lose=None)
    return ReplayQuestion(threshold=None, lose=share)


def answer(data_dir: Path, question: ReplayQuestion, days: int) -> ReplayAnswer:
    """Returns what the log of the last days says of a policy.

    Raises:
        UserError: The event store cannot be opened or read.
    """
    since_ms = time.time_ns() // 1_000_000 - days * _MS_PER_DAY
    try:
        rows = asyncio.run(_read(data_dir, since_ms))
    except StoreError as error:
        raise UserError(str(error)) from error
    study = study_figures(LogisticAcceptanceModel.load())
    threshold = question.threshold
    if threshold is None:
        own = threshold_losing(rows, question.lose or 0.0)
        threshold = study.threshold if own is None else own
    return ReplayAnswer(
        threshold=threshold,
        replay=replay(rows, threshold_policy(threshold)),
        forecast=forecast_threshold(rows, threshold, study),
    )


def study_figures(model: LogisticAcceptanceModel) -> StudyFigures:
    """Returns what the shipped model's card says of its recommended threshold; no loss known counts as none."""
    gate = model.artifact.training.get("gate")
    figures = gate if isinstance(gate, dict) else {}
    return StudyFigures(
        threshold=model.artifact.recommended_threshold,
        accepts_lost=1 - float(figures.get("accepts_kept", 1.0)),
        rejected_hidden=float(figures.get("rejected_hidden", 0.0)),
    )


def answer_json(found: ReplayAnswer) -> dict[str, object]:
    """Returns the answer as plain data; a refusal is an object with the key `reason`."""
    return asdict(found)


def answer_lines(found: ReplayAnswer) -> list[str]:
    """Returns the answer as lines for a terminal."""
    lines = [f"Showing from a probability of {found.threshold:.3f} on"]
    match found.replay:
        case InsufficientSupport(reason=reason):
            lines.append(f"  no estimate: {reason}")
        case Replay() as estimates:
            lines += _replay_lines(estimates)
    match found.forecast:
        case InsufficientSupport(reason=reason):
            lines.append(f"  no forecast: {reason}")
        case Forecast() as forecast:
            lines += _forecast_lines(forecast)
    return lines


async def _read(data_dir: Path, since_ms: int) -> list[JudgedSuggestion]:
    store = await EventStore.open(data_dir)
    try:
        return await store.judged_suggestions(since_ms, MAX_ROWS)
    finally:
        await store.close()


def _replay_lines(found: Replay) -> list[str]:
    words = {
        Reward.ACCEPTED: "accepted and kept, of 100",
        Reward.REJECTED: "rejected, of 100",
        Reward.SAVED_S: "seconds saved, by 100",
    }
    lines = [
        f"  {found.n_candidates} candidates in {found.n_sessions} sessions, worth {found.effective_sample_size:.0f}"
        " suggestions after weighing",
        f"  {'offered, of 100':28}{_per_100(found.offered)}   until now {_per_100(found.offered_before)}",
    ]
    for reward, title in words.items():
        value = found.values[reward]
        lines += [
            f"  {title:28}{_per_100(value.doubly_robust)}   until now {_per_100(found.before[reward])}",
            f"    {'IPS':26}{_per_100(value.ips)}",
            f"    {'self-normalised IPS':26}{_per_100(value.self_normalised)}",
        ]
    return [*lines, "  The first figure of each is doubly robust; in brackets 95% intervals, sessions resampled."]


def _forecast_lines(found: Forecast) -> list[str]:
    lines = [f"  {found.words}"]
    if found.basis == "study":
        lines.append(f"  At its threshold of {found.threshold:.3f}:")
    if found.suggestions_an_hour is not None:
        hourly = found.suggestions_an_hour
        lines.append(f"  {'suggestions an hour':28}{hourly.value:6.1f} [{hourly.low:.1f}, {hourly.high:.1f}]")
    lines.append(f"  {'accepts lost, of 100':28}{_per_100(found.accepts_lost)}")
    lines.append(f"  {'rejected ones hidden, of 100':28}{_per_100(found.rejected_hidden)}")
    return lines


def _per_100(estimate: Estimate) -> str:
    if estimate.low == estimate.high:
        return f"{100 * estimate.value:6.1f}"
    return f"{100 * estimate.value:6.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"
