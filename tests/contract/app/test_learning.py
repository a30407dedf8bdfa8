"""The user's own model from a real event store: trained, used, rolled back, forgotten, refused when damaged."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inkling.app.learning import load_own_model, reset, retrain_from_store, roll_back
from inkling.core.errors import UserError
from inkling.core.events import Decision, EventId, Feature, Outcome, OutcomeKind
from inkling.core.ports import GateInput
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Source, SuggestionId, Trigger
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.telemetry.store import EventStore

BEGIN_MS = 1_780_000_000_000
MINUTE_MS = 60_000
SHORT, LONG = "total", "total_of_everything_that_was_ever_ordered(by_customer, in_month)"


def gate_input(text: str, at_ms: int = BEGIN_MS) -> GateInput:
    before = "def report(orders):\n    value = "
    snapshot = Snapshot(uri=DocumentUri("untitled:a"), path=None, version=1, text=before)
    request = CompletionRequest(snapshot=snapshot, offset=len(before))
    candidate = Candidate(text=text, source=Source.EMBEDDED, mean_logprob=-0.3, n_tokens=4)
    return GateInput(request=request, candidate=candidate, at_ms=at_ms)


async def live_through(data_dir: Path, n_suggestions: int, begin_ms: int = BEGIN_MS) -> None:
    """A user who accepts what is short and rejects what is long, twenty suggestions a session."""
    prior = LogisticAcceptanceModel.load()
    store = await EventStore.open(data_dir)
    decisions, outcomes = [], []
    for number in range(n_suggestions):
        text = (SHORT, LONG)[number % 2]
        at_ms = begin_ms + number * MINUTE_MS + (number // 20) * 60 * MINUTE_MS
        scored = prior.score(gate_input(text, at_ms))
        decision = Decision(
            suggestion_id=SuggestionId(f"{begin_ms}-{number}"),
            at_ms=at_ms,
            feature=Feature.COMPLETION,
            trigger=Trigger.AUTOMATIC,
            source=Source.EMBEDDED,
            was_offered=True,
            reason=None,
            probability=scored.probability,
            threshold=0.0,
            propensity=1.0,
            model_version=scored.model_version,
            features=scored.features,
            path="a.py",
            line=1,
            n_chars=len(text),
            n_lines=1,
            text_fingerprint=text,
            context_fingerprint="",
            latency_ms=1.0,
        )
        decisions.append(decision)
        kind = OutcomeKind.ACCEPTED if text == SHORT else OutcomeKind.REJECTED
        outcome = Outcome(
            event_id=EventId(f"e{begin_ms}-{number}"),
            suggestion_id=decision.suggestion_id,
            kind=kind,
            at_ms=at_ms + 1000,
            visible_ms=1000.0,
        )
        outcomes.append(outcome)
    await store.record_decisions(decisions)
    await store.record_outcomes(outcomes)
    await store.close()


def test_a_kind_that_is_always_rejected_is_hidden_after_training_and_comes_back_after_a_reset(tmp_path: Path) -> None:
    asyncio.run(live_through(tmp_path, 400))
    prior = LogisticAcceptanceModel.load()
    was_replaced, words = retrain_from_store(tmp_path)
    assert was_replaced, words
    own = load_own_model(tmp_path)
    assert own.notices == ()
    later = BEGIN_MS + 1_000 * MINUTE_MS
    long, short = own.model.score(gate_input(LONG, later)), own.model.score(gate_input(SHORT, later))
    assert long.probability < 0.15 < prior.score(gate_input(LONG, later)).probability
    assert short.probability > prior.score(gate_input(SHORT, later)).probability
    assert any(one.name.startswith("personal:") for one in long.contributions)
    assert long.model_version != prior.score(gate_input(LONG)).model_version

    reset(tmp_path)
    assert load_own_model(tmp_path).model.state.n_events == 0
    assert retrain_from_store(tmp_path)[0] is False, "what was judged before the reset is not learned from again"


def test_too_little_data_changes_nothing_and_says_so(tmp_path: Path) -> None:
    asyncio.run(live_through(tmp_path, 3))
    was_replaced, words = retrain_from_store(tmp_path)
    assert not was_replaced
    assert "Too little later data" in words
    assert "goes on learning" in words
    assert load_own_model(tmp_path).model.state.n_events == 0
    with pytest.raises(UserError, match="no previous model"):
        roll_back(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}", b"\x00\xff", b'{"format": 99}', b"[" * 100_000])
def test_a_damaged_model_is_told_and_the_shipped_one_decides(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "personal").mkdir()
    (tmp_path / "personal" / "champion.json").write_bytes(content)
    own = load_own_model(tmp_path)
    assert "inkling model reset" in own.notices[0]
    shipped = LogisticAcceptanceModel.load().score(gate_input(SHORT))
    assert own.model.score(gate_input(SHORT)).probability == pytest.approx(shipped.probability, abs=1e-6)
    with pytest.raises(UserError):
        retrain_from_store(tmp_path)
    reset(tmp_path)
    assert load_own_model(tmp_path).notices == ()


def test_the_command_trains_and_shows(tmp_path: Path) -> None:
    def inkling(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "INKLING_DATA_DIR": str(tmp_path)}
        command = [sys.executable, "-m", "inkling.app.cli", "model", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    assert inkling("show").returncode == 1
    asyncio.run(live_through(tmp_path, 400))
    assert "learned from 400 judged suggestions" in inkling("show").stdout, "windows learn without a training"
    trained = inkling("retrain")
    assert trained.returncode == 0, trained.stderr
    assert "better with confidence" in trained.stdout
    shown = inkling("show")
    assert shown.returncode == 0
    assert "length:long" in shown.stdout
    assert inkling("rollback").returncode == 2
