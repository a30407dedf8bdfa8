"""Fills an event store with the log of a made-up user, for Insights to draw: `synthetic_log.py DATA_DIR`.

The user is the one that `inkling bench personal` simulates, met by the shipped model and their own offsets behind an
ordinary gate. Nothing in it was ever suggested to anybody.
"""

import asyncio
import random
import sys
import time
from pathlib import Path

from inkling.bench.simulator import Decided, Offer, SimulatedUser
from inkling.core.events import (
    Decision,
    EventId,
    Feature,
    JudgedSuggestion,
    Outcome,
    OutcomeKind,
    Silence,
    Survival,
    SurvivalKind,
)
from inkling.core.suggestion import Check, Reason, Trigger
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.personal import PersonalAcceptanceModel
from inkling.telemetry import EventStore

SEED = 6
N_CANDIDATES = 4000
THRESHOLD = 0.1
EXPLORED = 0.02
N_IN_ONE_CALL = 500
PLACES = {
    "models.py": ("bookshop-5e11ed", "shop/models.py"),
    "views.py": ("bookshop-5e11ed", "shop/views.py"),
    "report.py": ("billing-5e11ed", "billing/report.py"),
    "test_orders.py": ("billing-5e11ed", "tests/test_orders.py"),
}
SILENT = (Reason.NO_CANDIDATE, Reason.NO_CANDIDATE, Reason.NOT_AT_A_PLACE_TO_COMPLETE, Reason.DEADLINE)


def live_through() -> list[tuple[Offer, JudgedSuggestion]]:
    """Returns what the user met, with times that end an hour ago."""
    user, chance = SimulatedUser(SEED, N_CANDIDATES), random.Random(SEED)
    model = PersonalAcceptanceModel(LogisticAcceptanceModel.load())
    lived = []
    for _ in range(N_CANDIDATES):
        offer = user.propose()
        scored = model.score(offer.gate_input)
        propensity = 1.0 if scored.probability >= THRESHOLD else EXPLORED
        row = user.react(
            offer,
            Decided(
                was_offered=chance.random() < propensity, scored=scored, threshold=THRESHOLD, propensity=propensity
            ),
        )
        model.observe(row)
        lived.append((offer, row))
    return lived


def decision(offer: Offer, row: JudgedSuggestion, at_ms: int, chance: random.Random) -> Decision:
    project, path = PLACES[offer.file]
    return Decision(
        suggestion_id=row.suggestion_id,
        at_ms=at_ms,
        feature=Feature.COMPLETION,
        trigger=row.trigger,
        source=row.source,
        was_offered=row.was_offered,
        reason=row.reason,
        probability=row.probability,
        threshold=row.threshold,
        propensity=row.propensity,
        model_version=row.model_version,
        features=row.features,
        checked=frozenset({Check.PARSES}),
        path=path,
        project=project,
        line=chance.randrange(200),
        n_chars=row.n_chars,
        n_lines=1,
        text_fingerprint=f"synthetic-{row.suggestion_id}",
        context_fingerprint="synthetic",
        latency_ms=chance.lognormvariate(2.0, 0.6),
        was_explored=row.was_explored,
    )


def outcomes(row: JudgedSuggestion, at_ms: int) -> list[Outcome]:
    kinds = [OutcomeKind.SHOWN] if row.was_read else []
    if row.outcome is OutcomeKind.UNDONE:
        kinds.append(OutcomeKind.ACCEPTED)
    kinds += [row.outcome] if row.outcome else []
    return [
        Outcome(
            event_id=EventId(f"synthetic-{row.suggestion_id}-{kind.value}"),
            suggestion_id=row.suggestion_id,
            kind=kind,
            at_ms=at_ms + 750 * (number + 1),
            visible_ms=row.visible_ms,
        )
        for number, kind in enumerate(kinds)
    ]


def survivals(row: JudgedSuggestion, at_ms: int) -> list[Survival]:
    if row.kept is None:
        return []
    return [
        Survival(
            event_id=EventId(f"synthetic-{row.suggestion_id}-survival"),
            suggestion_id=row.suggestion_id,
            follows=OutcomeKind.ACCEPTED,
            at_ms=at_ms + 600_000,
            after_s=600.0,
            kind=SurvivalKind.EDITED,
            similarity=row.kept,
        )
    ]


def silence(at_ms: int, reason: Reason, chance: random.Random) -> Silence:
    return Silence(
        at_ms=at_ms,
        feature=Feature.COMPLETION,
        trigger=Trigger.AUTOMATIC,
        reason=reason,
        path="shop/models.py",
        line=chance.randrange(200),
        latency_ms=chance.lognormvariate(1.0, 0.6),
        project="bookshop-5e11ed",
    )


async def fill(data_dir: Path) -> None:
    chance = random.Random(SEED)
    lived = live_through()
    shift_ms = time.time_ns() // 1_000_000 - 3_600_000 - lived[-1][1].at_ms
    store = await EventStore.open(data_dir)
    for first in range(0, len(lived), N_IN_ONE_CALL):
        part = [(offer, row, row.at_ms + shift_ms) for offer, row in lived[first : first + N_IN_ONE_CALL]]
        await store.record_decisions([decision(*each, chance) for each in part])
        await store.record_outcomes([each for _, row, at_ms in part for each in outcomes(row, at_ms)])
        await store.record_survivals([each for _, row, at_ms in part for each in survivals(row, at_ms)])
        for _, _, at_ms in part:
            await store.record_silence(silence(at_ms, chance.choice(SILENT), chance))
    await store.close()


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1])))
