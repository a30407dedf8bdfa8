"""Suggestions of a few kinds as a person meets them, decided by a model and recorded in a real event store."""

import itertools
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from inkling.core.events import Decision, EventId, Feature, Outcome, OutcomeKind
from inkling.core.ports import EventLog, GateInput
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Scored, Source, SuggestionId, Trigger

_FUNCTION = "import os\nfrom shop.models import Order\n\n\ndef total(orders):\n    result = 0\n"
KINDS: Final = {
    "call": (f"{_FUNCTION}    value = or", "ders.get(name)"),
    "print": (f"{_FUNCTION}    pri", "nt(result)"),
    "import": ("import os\nfrom collec", "tions import OrderedDict"),
    "return": (f"{_FUNCTION}    ret", "urn result"),
}
"""The text before the cursor, and what is suggested there."""


class Model(Protocol):
    def score(self, gate_input: GateInput) -> Scored: ...


@dataclass
class StoppedClock:
    """Stands still, in the recent past, until it is put on."""

    at_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000 - 6 * 3_600_000)

    def now_ms(self) -> int:
        return self.at_ms

    def pass_s(self, seconds: float) -> None:
        self.at_ms += int(seconds * 1000)


@dataclass
class Person:
    """Writes in one window: meets suggestions, and judges them some seconds apart."""

    log: EventLog
    model: Model
    clock: StoppedClock
    name: str = "s"
    project: str = "shop-3fa2c1"
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def question(self, kind: str) -> GateInput:
        before, text = KINDS[kind]
        path = Path("/home/me/shop/orders.py")
        snapshot = Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=1, text=before)
        return GateInput(
            request=CompletionRequest(snapshot=snapshot, offset=len(before)),
            candidate=Candidate(text=text, source=Source.EMBEDDED, mean_logprob=-0.3, n_tokens=5),
            at_ms=self.clock.now_ms(),
            project=self.project,
            recent_outcomes=self.log.recent_outcomes(),
        )

    def probability(self, kind: str) -> float:
        return self.model.score(self.question(kind)).probability

    def decision(self, kind: str) -> Decision:
        question = self.question(kind)
        scored, text = self.model.score(question), question.candidate.text
        return Decision(
            suggestion_id=SuggestionId(f"{self.name}{next(self._numbers)}"),
            at_ms=self.clock.now_ms(),
            feature=Feature.COMPLETION,
            trigger=Trigger.AUTOMATIC,
            source=Source.EMBEDDED,
            was_offered=True,
            reason=None,
            probability=scored.probability,
            threshold=0.1,
            propensity=1.0,
            model_version=scored.model_version,
            features=scored.features,
            path="orders.py",
            line=6,
            n_chars=len(text),
            n_lines=1,
            text_fingerprint=text,
            context_fingerprint="",
            latency_ms=8.0,
            project=self.project,
        )

    async def meet(self, kind: str) -> Decision:
        """Is shown a suggestion, and does nothing about it yet."""
        decision = self.decision(kind)
        await self.log.record_decisions([decision])
        self.clock.pass_s(2)
        return decision

    async def say(self, decision: Decision, kind: OutcomeKind) -> None:
        """Judges a suggestion."""
        outcome = Outcome(
            event_id=EventId(f"{decision.suggestion_id} {kind}"),
            suggestion_id=decision.suggestion_id,
            kind=kind,
            at_ms=self.clock.now_ms(),
            visible_ms=2000.0,
        )
        await self.log.record_outcomes([outcome])

    async def judge(self, kind: str, verdict: OutcomeKind, times: int = 1) -> None:
        """Meets and judges suggestions of one kind."""
        for _ in range(times):
            await self.say(await self.meet(kind), verdict)
