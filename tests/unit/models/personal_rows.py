"""Rows of a log for tests, and a prior that says what the row's only feature says."""

from dataclasses import dataclass, field
from pathlib import Path

from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.core.ports import GateInput
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Contribution, Scored, Source, SuggestionId, Trigger

START_MS = 1_700_000_000_000
SESSION_MS = 2 * 3_600_000


@dataclass
class StatedPrior:
    """Says the probability in the feature `p`, or `p` of its own to live questions."""

    p: float = 0.4
    flags: dict[str, float] = field(default_factory=dict)

    def score(self, gate_input: GateInput) -> Scored:
        return Scored(probability=self.p, features={"p": self.p, **self.flags}, model_version="stated")

    def probability(self, features: dict[str, float]) -> float:
        return features["p"]

    def contributions(self, features: dict[str, float]) -> tuple[Contribution, ...]:
        return ()


def row(number: int = 0, *, p: float = 0.4, **changes: object) -> JudgedSuggestion:
    """Returns an accepted suggestion, the `number`th of the log; 20 make a session."""
    fields: dict[str, object] = {
        "suggestion_id": SuggestionId(str(number)),
        "at_ms": START_MS + (number // 20) * SESSION_MS + (number % 20) * 30_000,
        "source": Source.EMBEDDED,
        "trigger": Trigger.AUTOMATIC,
        "was_offered": True,
        "was_explored": False,
        "reason": None,
        "probability": p,
        "threshold": 0.25,
        "propensity": 1.0,
        "model_version": "stated",
        "features": {"p": p},
        "path": "shop/models.py",
        "n_chars": 30,
        "latency_ms": 10.0,
        "was_read": True,
        "outcome": OutcomeKind.ACCEPTED,
        "accepted_chars": 30,
        "visible_ms": 1500.0,
        "kept": None,
    }
    return JudgedSuggestion(**(fields | changes))  # type: ignore[arg-type]  # of the right types by construction


def rejected(number: int = 0, *, p: float = 0.4, **changes: object) -> JudgedSuggestion:
    return row(number, p=p, **({"outcome": OutcomeKind.REJECTED, "accepted_chars": 0} | changes))


def gate_input(*, path: str | None = "/home/me/shop/models.py", text: str = "x" * 30, project: str = "") -> GateInput:
    snapshot = Snapshot(
        uri=DocumentUri(f"file://{path}" if path else "untitled:one"),
        path=Path(path) if path else None,
        version=1,
        text="a = ",
    )
    return GateInput(
        request=CompletionRequest(snapshot=snapshot, offset=4),
        candidate=Candidate(text=text, source=Source.EMBEDDED, mean_logprob=-0.1, n_tokens=3),
        at_ms=START_MS,
        project=project,
    )
