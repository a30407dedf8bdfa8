"""The user's own model from a real event store: trained, used, rolled back, forgotten, refused when damaged."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from inkling.app.learning import (
    drift_complaint,
    forget_everything,
    load_own_model,
    load_points,
    own_model_as_of_now,
    reset,
    retrain_from_store,
    roll_back,
)
from inkling.app.learning.drift_notice import alarms_to_tell
from inkling.app.learning.own_model import read_judged
from inkling.core.errors import UserError
from inkling.core.events import Decision, EventId, Feature, Outcome, OutcomeKind
from inkling.core.ports import GateInput
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Source, SuggestionId, Trigger
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.challenge import retrain
from inkling.models.personal import PersonalAcceptanceModel, label_of, log_loss
from inkling.models.personal_file import registered_of
from inkling.models.registry import Registry
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


def adopt(data_dir: Path) -> None:
    """Makes what a training without live learning to compare with would come to the champion."""
    prior = LogisticAcceptanceModel.load()
    retrained = retrain(read_judged(data_dir, 0, 5000), None, prior)
    version = prior.artifact.model_version
    registered = registered_of(retrained, version, BEGIN_MS + 10_000 * MINUTE_MS)
    assert Registry(data_dir / "personal").challenge(registered, replace(retrained.comparison, is_better=True))


def test_without_a_champion_a_training_is_compared_with_what_windows_learned_live(tmp_path: Path) -> None:
    asyncio.run(live_through(tmp_path, 400))
    rows = read_judged(tmp_path, 0, 5000)
    windows = PersonalAcceptanceModel(LogisticAcceptanceModel.load())
    losses = []
    for row in rows:
        probability = windows.probability_of_row(row)
        assert probability is not None
        losses.append(log_loss(probability, was_accepted=label_of(row) is True))
        windows.observe(row)

    comparison = retrain(rows, None, LogisticAcceptanceModel.load()).comparison
    assert comparison.champion_log_loss == pytest.approx(sum(losses[280:]) / 120)
    assert not comparison.is_better
    assert not retrain_from_store(tmp_path)[0]
    assert not (tmp_path / "personal" / "champion.json").exists()
    assert own_model_as_of_now(tmp_path).model.state == windows.state


def test_a_kind_that_is_always_rejected_is_hidden_after_training_and_comes_back_after_a_reset(tmp_path: Path) -> None:
    asyncio.run(live_through(tmp_path, 400))
    prior = LogisticAcceptanceModel.load()
    adopt(tmp_path)
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
def test_a_damaged_model_is_told_and_kept_and_what_was_judged_is_learned_anew(tmp_path: Path, content: bytes) -> None:
    asyncio.run(live_through(tmp_path, 10))
    champion = tmp_path / "personal" / "champion.json"
    champion.parent.mkdir()
    champion.write_bytes(content)
    own = own_model_as_of_now(tmp_path)
    assert len(own.notices) == 1
    assert "is kept as champion.json.damaged. What you judged is learned anew from the log." in own.notices[0]
    assert own.model.state.n_events == 10
    assert champion.with_name("champion.json.damaged").read_bytes() == content
    assert load_own_model(tmp_path).notices == ()

    champion.write_bytes(content)
    assert "learned anew" in retrain_from_store(tmp_path)[1]
    reset(tmp_path)
    assert sorted(path.name for path in champion.parent.iterdir()) == ["reset.json"]


def test_the_command_trains_and_shows(tmp_path: Path) -> None:
    def inkling(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "INKLING_DATA_DIR": str(tmp_path)}
        command = [sys.executable, "-m", "inkling.app.cli", "model", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    assert inkling("show").returncode == 1
    asyncio.run(live_through(tmp_path, 400))
    assert "learned from 400 judged suggestions" in inkling("show").stdout, "windows learn without a training"
    assert "better with confidence" in inkling("retrain").stdout
    adopt(tmp_path)
    shown = inkling("show")
    assert shown.returncode == 0
    assert "long texts" in shown.stdout
    assert "how much the shipped model's confidence counts" in shown.stdout
    back = inkling("rollback")
    assert (back.returncode, "learned live from the log" in back.stdout) == (0, True)
    assert "learned from 400 judged suggestions" in inkling("show").stdout
    assert inkling("rollback").returncode == 2


@pytest.mark.parametrize("name", ["reset.json", "champion.json", "operating_points.json", "drift.json", "told.json"])
@pytest.mark.parametrize("kind", ["pipe", "device", "link", "folder", "full folder", "huge"])
def test_what_is_no_small_file_neither_hangs_nor_fills_the_memory_and_a_reset_mends_it(
    tmp_path: Path, name: str, kind: str
) -> None:
    path = tmp_path / "personal" / name
    path.parent.mkdir()
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "link":
            os.mkfifo(tmp_path / "pipe")
            path.symlink_to(tmp_path / "pipe")
        case "folder":
            path.mkdir()
        case "full folder":
            (path / "in").mkdir(parents=True)
        case _:
            with path.open("wb") as file:
                file.truncate(2**36)
    own = load_own_model(tmp_path)
    _, complaint = load_points(tmp_path, own.prior)
    told = [*own.notices, complaint or "", drift_complaint(tmp_path) or ""]
    assert alarms_to_tell(tmp_path, BEGIN_MS) == []
    assert [name in words for words in told].count(True) == (0 if name == "told.json" else 1)
    reset(tmp_path)
    assert load_own_model(tmp_path).notices == ()
    assert load_points(tmp_path, own.prior)[1] is None
    assert drift_complaint(tmp_path) is None


def test_a_reset_in_a_time_to_come_is_told_and_ignored(tmp_path: Path) -> None:
    asyncio.run(live_through(tmp_path, 10))
    mark = tmp_path / "personal" / "reset.json"
    mark.parent.mkdir()
    mark.write_text('{"at_ms": 4000000000000}')
    own = own_model_as_of_now(tmp_path)
    assert own.model.state.n_events == 10
    assert "a time to come" in own.notices[0]


def test_what_was_learned_is_for_nobody_else_to_read(tmp_path: Path) -> None:
    asyncio.run(live_through(tmp_path, 60))
    folder = tmp_path / "personal"
    folder.mkdir(mode=0o755)
    retrain_from_store(tmp_path)
    adopt(tmp_path)
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert {"champion.json", "drift.json", "operating_points.json"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_all_is_forgotten_but_when_that_was(tmp_path: Path) -> None:
    asyncio.run(live_through(tmp_path, 60))
    retrain_from_store(tmp_path)
    adopt(tmp_path)
    forget_everything(tmp_path)
    assert [path.name for path in (tmp_path / "personal").iterdir()] == ["reset.json"]
    assert own_model_as_of_now(tmp_path).model.state.n_events == 0


def test_a_reset_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "personal").write_text("in the way")
    with pytest.raises(UserError, match=r"Nothing was forgotten, because .*reset.json cannot be written: "):
        reset(tmp_path)
