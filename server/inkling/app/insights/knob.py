"""What each setting of the knob is expected to do to this user."""

from collections.abc import Sequence
from typing import Final

from inkling.app.replay_cli import study_figures
from inkling.core.events import JudgedSuggestion
from inkling.core.insights import Interval, KnobForecast
from inkling.core.settings import GatePolicy, GateSettings
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.replay import Estimate, InsufficientSupport
from inkling.models.replay_forecast import Forecast, forecast_losing, forecast_threshold

_SHARES: Final = {GatePolicy.EAGER: 0.01, GatePolicy.BALANCED: 0.05, GatePolicy.QUIET: 0.2}


def knob_forecasts(
    rows: Sequence[JudgedSuggestion], gate: GateSettings, prior: LogisticAcceptanceModel
) -> list[KnobForecast]:
    """Returns a forecast for each setting worth offering, the one in force among them."""
    study = study_figures(prior)
    forecasts = [
        _forecast(policy, f"{policy.capitalize()}: lose at most {share:.0%}", gate, forecast_losing(rows, share, study))
        for policy, share in _SHARES.items()
    ]
    if gate.policy is GatePolicy.LOSE_AT_MOST:
        found = forecast_losing(rows, gate.lose_at_most, study)
        forecasts.append(_forecast(gate.policy, f"Lose at most {gate.lose_at_most:.0%}", gate, found))
    if gate.policy is GatePolicy.THRESHOLD:
        found = forecast_threshold(rows, gate.threshold, study)
        forecasts.append(_forecast(gate.policy, f"From a probability of {gate.threshold:.2f}", gate, found))
    return forecasts


def _forecast(
    policy: GatePolicy, label: str, gate: GateSettings, found: Forecast | InsufficientSupport
) -> KnobForecast:
    if isinstance(found, InsufficientSupport):
        return KnobForecast(
            policy=policy,
            label=label,
            is_in_force=policy is gate.policy,
            threshold=gate.threshold,
            basis="none",
            words=found.reason,
            suggestions_an_hour=None,
            accepts_lost=None,
            rejected_hidden=None,
        )
    return KnobForecast(
        policy=policy,
        label=label,
        is_in_force=policy is gate.policy,
        threshold=found.threshold,
        basis=found.basis,
        words=found.words,
        suggestions_an_hour=_interval(found.suggestions_an_hour) if found.suggestions_an_hour else None,
        accepts_lost=_interval(found.accepts_lost),
        rejected_hidden=_interval(found.rejected_hidden),
    )


def _interval(estimate: Estimate) -> Interval:
    return Interval(value=estimate.value, low=estimate.low, high=estimate.high)
