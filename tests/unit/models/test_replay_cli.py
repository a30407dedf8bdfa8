import asyncio
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.unit.models.test_replay import lived

from inkling.app.cli import main
from inkling.app.replay_cli import answer_from, answer_json, answer_lines, parse_policy
from inkling.core.errors import BadSettingError
from inkling.core.events import Decision, EventId, Feature, JudgedSuggestion, Outcome
from inkling.core.settings import GatePolicy, GateSettings
from inkling.core.suggestion import Source, Trigger
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.artifact import SHARES_LOST
from inkling.models.featurize import FEATURE_NAMES
from inkling.models.operating_points import FILE_NAME, OperatingPoints, dump_points
from inkling.models.replay import InsufficientSupport, replay, threshold_policy
from inkling.telemetry.store import EventStore

ARTIFACT = LogisticAcceptanceModel.load().artifact
STUDY = OperatingPoints.from_study(ARTIFACT)


def decision_of(row: JudgedSuggestion, at_ms: int) -> Decision:
    return Decision(
        suggestion_id=row.suggestion_id,
        at_ms=at_ms,
        feature=Feature.COMPLETION,
        trigger=Trigger.AUTOMATIC,
        source=Source.EMBEDDED,
        was_offered=row.was_offered,
        reason=row.reason,
        probability=row.probability,
        threshold=0.3,
        propensity=row.propensity,
        model_version="test",
        features=row.features,
        path=row.path,
        line=1,
        n_chars=row.n_chars,
        n_lines=1,
        text_fingerprint=row.suggestion_id,
        context_fingerprint="c",
        latency_ms=5.0,
        was_explored=row.was_explored,
    )


async def store_of(data_dir: Path, rows: list[JudgedSuggestion]) -> None:
    """Stores rows as a daemon would have, the latest of them just now."""
    to_now_ms = time.time_ns() // 1_000_000 - rows[-1].at_ms
    store = await EventStore.open(data_dir)
    await store.record_decisions([decision_of(row, row.at_ms + to_now_ms) for row in rows])
    await store.record_outcomes(
        [
            Outcome(
                event_id=EventId(f"o{row.suggestion_id}"),
                suggestion_id=row.suggestion_id,
                kind=row.outcome,
                at_ms=row.at_ms + to_now_ms + 1000,
                visible_ms=row.visible_ms,
                accepted_chars=row.accepted_chars,
            )
            for row in rows
            if row.outcome is not None
        ]
    )
    await store.close()


def run(data_dir: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner(env={"INKLING_DATA_DIR": str(data_dir)}).invoke(main, ["replay", *arguments])
    return result.exit_code, result.output


def test_a_log_on_disk_answers_as_the_same_rows_in_memory(tmp_path: Path) -> None:
    rows = lived(1, 1200, 0.3, 0.1)
    asyncio.run(store_of(tmp_path, rows))
    expected = replay(rows, threshold_policy(0.5))
    assert not isinstance(expected, InsufficientSupport)

    process = subprocess.run(
        [sys.executable, "-m", "inkling.app.cli", "replay", "--policy", "threshold=0.5", "--json"],
        env={"INKLING_DATA_DIR": str(tmp_path)},
        capture_output=True,
        check=False,
    )

    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["threshold"] == 0.5
    assert found["replay"]["n_candidates"] == 1200
    assert found["replay"]["offered"]["value"] == pytest.approx(expected.offered.value)
    for reward, value in expected.values.items():
        assert found["replay"]["values"][reward]["doubly_robust"]["value"] == pytest.approx(value.doubly_robust.value)


def test_an_empty_log_is_refused_with_exit_code_1_and_the_figures_of_the_study(tmp_path: Path) -> None:
    code, output = run(tmp_path, "--policy", "lose=0.05")

    assert code == 1
    assert "no estimate" in output
    assert "too short" in output


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "threshold",
        "threshold=",
        "threshold=2",
        "lose=-0.1",
        "lose=nan",
        "loud",
        "quiet=1",
        "debounce=3",
    ],
)
def test_a_policy_that_is_none_is_refused_with_exit_code_2(tmp_path: Path, policy: str) -> None:
    with pytest.raises(BadSettingError, match="none of eager, balanced, quiet, lose=SHARE"):
        parse_policy(policy)
    assert run(tmp_path, "--policy", policy)[0] == 2


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("lose=0.6", "the share must be at most 0.5"),
        ("lose=1", "the share must be at most 0.5"),
        ("debounce=+2001", "at most 2000 ms longer"),
        ("debounce=+100000", "at most 2000 ms longer"),
        ("debounce=+inf", "at most 2000 ms longer"),
    ],
)
def test_a_policy_beyond_its_limit_is_told_the_limit(tmp_path: Path, policy: str, words: str) -> None:
    code, output = run(tmp_path, "--policy", policy)

    assert code == 2
    assert f"--policy {policy!r}" in output
    assert words in output


def test_one_policy_is_judged_at_a_time(tmp_path: Path) -> None:
    code, output = run(tmp_path, "--policy", "quiet", "--policy", "eager")

    assert code == 2
    assert "--policy can be given once" in output


def test_the_kind_of_file_that_is_a_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{}")

    code, output = run(tmp_path, "--policy", f"model={tmp_path / 'model.json'}")

    assert code == 2
    assert "python -m inkling.models.train" in output


@pytest.mark.parametrize(
    ("policy", "gate"),
    [
        ("eager", GateSettings(policy=GatePolicy.EAGER)),
        ("quiet", GateSettings(policy=GatePolicy.QUIET)),
        ("lose=0.1", GateSettings(lose_at_most=0.1)),
        ("threshold=1", GateSettings(policy=GatePolicy.THRESHOLD, threshold=1.0)),
    ],
)
def test_policies_are_settings_of_the_knob(policy: str, gate: GateSettings) -> None:
    assert parse_policy(policy) == gate


def test_shares_are_turned_into_the_thresholds_of_the_users_own_points(tmp_path: Path) -> None:
    own = replace(STUDY, basis="log", thresholds=tuple(0.4 + share / 2 for share in SHARES_LOST))
    (tmp_path / "personal").mkdir()
    path = tmp_path / "personal" / FILE_NAME
    path.write_text(dump_points(own))

    assert json.loads(run(tmp_path, "--policy", "quiet", "--json")[1])["threshold"] == 0.5
    assert json.loads(run(tmp_path, "--policy", "threshold=0.3", "--json")[1])["threshold"] == 0.3

    path.write_text("{")
    assert json.loads(run(tmp_path, "--policy", "quiet", "--json")[1])["threshold"] == STUDY.thresholds[20]


def test_the_answer_is_told_in_words() -> None:
    gate = GateSettings(policy=GatePolicy.THRESHOLD, threshold=0.5)
    found = answer_from(lived(1, 1200, 0.3, 0.1), gate, STUDY, ARTIFACT.study_points)

    text = "\n".join(answer_lines(found))
    assert "From a probability of 0.5 on: shown from a probability of 0.500 on" in text
    assert "1200 candidates in 60 sessions" in text
    assert "self-normalised IPS" in text
    assert "not accepted, or not kept, of 100" in text
    assert "lost, of 100 accepted and kept" in text
    assert "rejected" not in text
    assert json.loads(json.dumps(answer_json(found)))["forecast"]["basis"] == "log"


def test_the_daemon_scores_and_reads_champions_without_numpy() -> None:
    code = "import inkling.models.personal, inkling.models.registry, sys; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_another_model_and_a_longer_debounce_are_replayed(tmp_path: Path) -> None:
    features = dict(zip(FEATURE_NAMES, ARTIFACT.regression.mean, strict=True))
    rows = [replace(row, features=features) for row in lived(3, 600, 0.3, 0.1)]
    asyncio.run(store_of(tmp_path, rows))

    code, words = run(tmp_path, "--policy", "model=shipped")
    assert code == 0, words
    assert words.startswith(f"{ARTIFACT.model_version} alone")
    # The average suggestion is above 0.3 for the shipped model, so it offers all; the log offered a part of them.
    assert "offered, of 100                    100.0" in words

    code, words = run(tmp_path, "--policy", "debounce=+100")
    assert code == 0, words
    found = json.loads(run(tmp_path, "--policy", "debounce=+100", "--json")[1])
    # Nothing in this log follows anything within 100 ms, so nothing changes but how chance showed what was hidden.
    assert found["replay"]["offered"]["value"] == pytest.approx(found["replay"]["offered_before"]["value"], abs=0.03)
    assert found["forecast"] is None


@pytest.mark.parametrize("text", ["debounce=60", "debounce=-20", "debounce=+x", "model="])
def test_what_cannot_be_replayed_is_refused(tmp_path: Path, text: str) -> None:
    code, words = run(tmp_path, "--policy", text)
    assert code == 2
    assert "debounce=+MS" in words


def test_a_model_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    asyncio.run(store_of(tmp_path, lived(3, 5, 0.3, 0.1)))
    (tmp_path / "other.json").write_text("{}")
    code, words = run(tmp_path, "--policy", f"model={tmp_path / 'other.json'}")
    assert code == 2
    assert "other.json" in words
