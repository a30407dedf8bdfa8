"""The model card of the acceptance model in force, in plain words."""

from collections.abc import Mapping
from typing import Final

from inkling.core.insights import CardFact, LearnedOffset, ModelCard
from inkling.models.artifact import LogisticArtifact
from inkling.models.personal import PersonalState, trait_words

MAX_OFFSETS = 12

_DATA_WORDS: Final = {
    "microsoft/coderec_programming_states": "suggestions that Copilot showed at short Python tasks in 2022 (the CUPS"
    " study by Mozannar et al., microsoft/coderec_programming_states, MIT licence)",
}
_LIMITS: Final = (
    "Few people, short tasks, one engine, 2022: expect somewhat less on others. The features were chosen on these same"
    " people. It says whether you are likely to accept and keep a text, not whether the text is right."
)


def model_card(artifact: LogisticArtifact, state: PersonalState) -> ModelCard:
    """Returns the card of the shipped model with what was learned of the user on top of it."""
    n_events = state.n_events
    offsets = [
        LearnedOffset(words=trait_words(name), mean=mean, deviation=deviation)
        for name, (mean, deviation) in list(state.offsets().items())[:MAX_OFFSETS]
    ]
    return ModelCard(
        version=artifact.model_version,
        n_events=n_events,
        log_loss=state.log_loss / n_events if n_events else None,
        prior_log_loss=state.prior_log_loss / n_events if n_events else None,
        offsets=offsets if n_events else [],
        facts=_facts(artifact, state),
    )


def _facts(artifact: LogisticArtifact, state: PersonalState) -> list[CardFact]:
    training = artifact.training
    metrics, gate = _part(training, "metrics"), _part(training, "gate")
    facts = {
        "What it is": f"A logistic regression over {len(artifact.regression.weights)} features, plain numbers in a JSON"
        " file, with your own offsets on top of it",
        "Shipped model trained on": _data(training),
        "Shipped model judged by": training.get("protocol"),
        "Tells accepts from the rest (AUC; 0.5 is chance, 1 perfect)": _with_interval(metrics, "auc"),
        "Calibration error (ECE; resamples hold fewer people, so their interval lies higher)": _with_interval(
            metrics, "ece"
        ),
        "Brier score (0 is perfect)": _with_interval(metrics, "brier"),
        "At its recommended threshold": _gate(artifact, gate),
        "Yours": _own(state),
        "Limits": _LIMITS,
        "Hash of the training data": _short_hash(training),
    }
    return [CardFact(title=title, text=text) for title, text in facts.items() if isinstance(text, str) and text]


def _data(training: Mapping[str, object]) -> str:
    name = str(training.get("data", ""))
    words = _DATA_WORDS.get(name, f"suggestions of {name}" if name else "suggestions")
    people, accepted = training.get("n_people"), training.get("n_accepted")
    return f"{training.get('n_examples', 'unknown')} judged {words}; {people} people, {accepted} accepted"


def _gate(artifact: LogisticArtifact, gate: Mapping[str, object]) -> str:
    kept, hidden = gate.get("accepts_kept"), gate.get("rejected_hidden")
    if not isinstance(kept, float) or not isinstance(hidden, float):
        return ""
    return (
        f"At {artifact.recommended_threshold:.2f} it kept {kept:.1%} of the accepts and hid {hidden:.1%} of the"
        " rejected ones, among people it was not trained on"
    )


def _own(state: PersonalState) -> str:
    if not state.n_events:
        return "Nothing was learned from you yet; the shipped model decides alone"
    return (
        f"Learned from {state.n_events} of your judged suggestions; your offsets count {state.trust:.0%}, the"
        " shipped model alone the rest"
    )


def _short_hash(training: Mapping[str, object]) -> str:
    return str(training.get("data_sha256", ""))[:16]


def _with_interval(metrics: Mapping[str, object], name: str) -> str:
    metric = _part(metrics, name)
    numbers = [metric.get(key) for key in ("value", "low", "high")]
    if not all(isinstance(number, float) for number in numbers):
        return ""
    value, low, high = numbers
    return f"{value:.3f}, 95% interval {low:.3f} to {high:.3f}"


def _part(content: Mapping[str, object], key: str) -> Mapping[str, object]:
    part = content.get(key)
    return part if isinstance(part, dict) else {}
