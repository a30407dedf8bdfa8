"""What the Insights page is told, from real stores: empty, tiny, one-sided, and full."""

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from click.testing import CliRunner
from tests.contract.telemetry.samples import DECISION, NOW_MS

from inkling.app.cli import main
from inkling.app.insights.collect import collect
from inkling.app.insights.report import parse_gate, read_json
from inkling.app.learning import reset, retrain_from_store
from inkling.app.learning.files import OwnFiles
from inkling.app.review_memory import ReviewFile
from inkling.core.errors import BadSettingError, UserError
from inkling.core.events import Decision, EventId, Feature, Outcome, OutcomeKind, Survival, SurvivalKind
from inkling.core.settings import GatePolicy, GateSettings
from inkling.core.suggestion import Reason, SuggestionId
from inkling.features.review import Closing, RememberedComment
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.featurize import FEATURE_NAMES
from inkling.telemetry.database import DATABASE_NAME
from inkling.telemetry.store import EventStore

MODEL = LogisticAcceptanceModel.load()
AVERAGE = dict(zip(FEATURE_NAMES, MODEL.artifact.regression.mean, strict=True))
ACCEPTED, REJECTED = OutcomeKind.ACCEPTED, OutcomeKind.REJECTED
MINUTE_MS = 60_000
MINUTES_A_DAY = 24 * 60


def judged(n: int, accepts: Sequence[bool], probability: float = 0.5) -> list[tuple[Decision, OutcomeKind]]:
    """Suggestions a minute apart in sessions of ten, two hours from one to the next, up to an hour ago."""
    found = []
    for number in range(n):
        age_minutes = 60 + (n - number) + (n - number) // 10 * 120
        decision = replace(
            DECISION,
            suggestion_id=SuggestionId(f"s{number}"),
            at_ms=NOW_MS - age_minutes * MINUTE_MS,
            probability=probability,
            features=AVERAGE,
            model_version=MODEL.artifact.model_version,
        )
        found.append((decision, ACCEPTED if accepts[number % len(accepts)] else REJECTED))
    return found


def store(data_dir: Path, suggestions: list[tuple[Decision, OutcomeKind]], kept: float | None = None) -> None:
    async def write() -> None:
        log = await EventStore.open(data_dir)
        await log.record_decisions([decision for decision, _ in suggestions])
        await log.record_outcomes(
            [
                Outcome(
                    event_id=EventId(f"e-{decision.suggestion_id}"),
                    suggestion_id=decision.suggestion_id,
                    kind=kind,
                    at_ms=decision.at_ms + 1000,
                    visible_ms=1000.0,
                )
                for decision, kind in suggestions
            ]
        )
        if kept is not None:
            await log.record_survivals(
                [
                    Survival(
                        event_id=EventId(f"l-{decision.suggestion_id}"),
                        suggestion_id=decision.suggestion_id,
                        follows=ACCEPTED,
                        at_ms=decision.at_ms + 16_000,
                        after_s=15.0,
                        kind=SurvivalKind.EDITED,
                        similarity=kept,
                    )
                    for decision, kind in suggestions
                    if kind is ACCEPTED
                ]
            )
        await log.close()

    asyncio.run(write())


def test_an_empty_store_has_a_page_that_says_so(tmp_path: Path) -> None:
    found = collect(tmp_path, 90, GateSettings())
    assert (found.counts.n_offered, found.counts.accepted, found.days, found.drift) == (0, None, [], [])
    assert (found.reliability, found.calibration_error, found.n_judged_read) == ([], None, 0)
    assert (found.model.n_events, found.model.log_loss, found.model.offsets) == (0, None, [])
    assert found.alarms == []
    assert {one.basis for one in found.knob} == {"study"}
    assert "Nothing was learned from you yet; the shipped model decides alone" in [
        one.text for one in found.model.facts
    ]
    assert found.store_path == str(tmp_path / DATABASE_NAME)


def test_three_suggestions_are_one_bin_with_a_wide_interval(tmp_path: Path) -> None:
    store(tmp_path, judged(3, [True, False, False], probability=0.25))
    found = collect(tmp_path, 90, GateSettings())
    (bin_,) = found.reliability
    assert (bin_.n, bin_.probability) == (3, 0.25)
    assert bin_.accepted.value == pytest.approx(1 / 3)
    assert bin_.accepted.high - bin_.accepted.low > 0.5
    assert found.calibration_error == pytest.approx(1 / 3 - 0.25)
    assert found.model.n_events == 3
    assert found.counts.n_judged == 3
    assert found.drift == []


@pytest.mark.parametrize("was_accepted", [True, False])
def test_a_log_with_one_class_only(tmp_path: Path, *, was_accepted: bool) -> None:
    store(tmp_path, judged(200, [was_accepted]))
    found = collect(tmp_path, 90, GateSettings())
    assert [bin_.accepted.value for bin_ in found.reliability] == [float(was_accepted)] * 10
    assert found.calibration_error == pytest.approx(0.5)
    assert found.counts.n_accepted == 200 * was_accepted
    assert all(-1 <= one.accepts_lost.value <= 1 for one in found.knob if one.accepts_lost is not None)
    json.loads(read_json(tmp_path, 90, GateSettings()))


def test_reliability_counts_what_was_not_kept_as_not_accepted(tmp_path: Path) -> None:
    store(tmp_path, judged(40, [True, False]), kept=0.1)
    found = collect(tmp_path, 90, GateSettings())
    assert (found.counts.n_accepted, found.counts.n_looked_at, found.counts.n_kept) == (20, 20, 0)
    assert [(bin_.n, bin_.accepted.value) for bin_ in found.reliability] == [(10, 0.0)] * 4


def test_bins_are_in_the_order_of_promise_and_hidden_ones_are_no_judgement(tmp_path: Path) -> None:
    chance = random.Random(1)
    suggestions = []
    for decision, _ in judged(500, [True]):
        probability = chance.random()
        kind = ACCEPTED if chance.random() < probability else REJECTED
        suggestions.append((replace(decision, probability=probability), kind))
    hidden = replace(
        DECISION, suggestion_id=SuggestionId("h"), was_offered=False, reason=Reason.LOW_PROBABILITY, probability=0.9
    )
    store(tmp_path, [*suggestions, (hidden, OutcomeKind.SUPERSEDED)])
    found = collect(tmp_path, 90, GateSettings())
    assert found.n_judged_read == 500
    assert [bin_.n for bin_ in found.reliability] == [50] * 10
    promises = [bin_.probability for bin_ in found.reliability]
    assert promises == sorted(promises)
    assert found.calibration_error is not None
    assert found.calibration_error < 0.1
    assert [line.words for line in found.drift][:2] == ["accepted and kept", "accepted"]
    assert [line.is_share for line in found.drift if "characters" in line.words] == [False]
    assert [(one.n, one.had_candidate) for one in found.hidden] == [(1, True)]


def test_the_period_leaves_out_what_is_older(tmp_path: Path) -> None:
    old = replace(DECISION, suggestion_id=SuggestionId("old"), at_ms=NOW_MS - 40 * MINUTES_A_DAY * MINUTE_MS)
    store(tmp_path, [*judged(4, [True]), (old, ACCEPTED)])
    assert collect(tmp_path, 30, GateSettings()).counts.n_judged == 4
    found = collect(tmp_path, 90, GateSettings())
    assert found.counts.n_judged == 5
    assert found.days[0].n_judged == 1


def test_the_setting_in_force_is_among_the_forecasts_where_it_is_known(tmp_path: Path) -> None:
    store(tmp_path, judged(20, [True, False]))
    gate = parse_gate('{"policy": "threshold", "lose_at_most": 0.05, "threshold": 0.42, "explore": 0.0}')
    assert gate is not None
    assert gate.policy is GatePolicy.THRESHOLD
    (in_force,) = [one for one in collect(tmp_path, 90, gate).knob if one.is_in_force]
    assert (in_force.policy, in_force.threshold) == ("threshold", 0.42)
    assert [one.is_in_force for one in collect(tmp_path, 90, parse_gate(None)).knob] == [False] * 3


@pytest.mark.parametrize("wrong", ["", "[]", "{", '{"policy": "loud"}', '{"threshhold": 0.3}', '{"explore": []}'])
def test_settings_of_the_gate_that_are_none(wrong: str) -> None:
    with pytest.raises(BadSettingError, match="--gate"):
        parse_gate(wrong)


def test_review_comments_are_counted_apart_with_what_is_kept_of_them(tmp_path: Path) -> None:
    comments = [
        (
            replace(
                decision,
                feature=Feature.REVIEW,
                text_fingerprint=f"f{number}",
                features={"rule:ruff.B006": 1.0, "topic:lint": 1.0, "severity": 1.0},
            ),
            kind,
        )
        for number, (decision, kind) in enumerate(judged(3, [True, True, False]))
    ]
    store(tmp_path, comments)
    memory = ReviewFile(tmp_path, tmp_path)

    async def close() -> None:
        for number, closing, reason in ((1, Closing.RESOLVED, ""), (2, Closing.DISMISSED, "It is intended")):
            comment = RememberedComment(
                fingerprints=(f"f{number}",), rule="ruff.B006", path=PurePosixPath("a.py"), message="Mutable."
            )
            await memory.close(comment, closing, reason)

    asyncio.run(close())
    found = collect(tmp_path, 90, GateSettings())
    assert found.counts.n_offered == 0
    counts = found.reviews.counts
    assert (counts.n_shown, counts.n_applied, counts.n_resolved, counts.n_dismissed) == (3, 1, 1, 1)
    assert [(each.words, each.n) for each in found.reviews.reasons] == [("It is intended", 1)]
    told = json.loads(read_json(tmp_path, 90, GateSettings()))["reviews"]
    assert (told["mostDismissed"][0]["name"], told["bySeverity"][0]["name"]) == ("ruff.B006", "warning")


def test_damaged_files_of_one_s_own_are_told(tmp_path: Path) -> None:
    files = OwnFiles(tmp_path)
    files.directory.mkdir()
    for path in (files.directory / "champion.json", files.points):
        path.write_text("{")
    alarms = collect(tmp_path, 90, GateSettings()).alarms
    assert [("learned anew from the log" in alarm, "inkling model retrain" in alarm) for alarm in alarms] == [
        (True, False),
        (False, True),
    ]
    reset(tmp_path)
    assert collect(tmp_path, 90, GateSettings()).alarms == []


def test_a_data_folder_that_is_none_is_an_error_in_words(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UserError, match="cannot be opened"):
        collect(file, 90, GateSettings())


def test_the_wire_has_the_names_of_the_extension(tmp_path: Path) -> None:
    store(tmp_path, judged(20, [True, False]))
    found = json.loads(read_json(tmp_path, 90, GateSettings()))
    assert found["counts"]["nJudged"] == 20
    assert found["days"][0]["latencyMsP50"] == DECISION.latency_ms
    assert {"suggestionsAnHour", "isInForce", "basis"} <= found["knob"][0].keys()


def test_forecasts_hold_thresholds_against_the_probabilities_they_are_computed_from(tmp_path: Path) -> None:
    # An older model gave everything 0.02; the thresholds of a training are for what today's model says.
    store(tmp_path, judged(300, [True, False], probability=0.02))
    retrain_from_store(tmp_path)
    balanced = collect(tmp_path, 90, GateSettings()).knob[1]
    assert (balanced.policy, balanced.basis) == (GatePolicy.BALANCED, "log")
    assert balanced.threshold > 0.02
    assert balanced.accepts_lost is not None
    assert balanced.accepts_lost.value < 0.1

    answer = CliRunner(env={"INKLING_DATA_DIR": str(tmp_path)}).invoke(main, ["replay", "--policy=balanced", "--json"])
    told = json.loads(answer.output)
    assert told["forecast"]["accepts_lost"]["value"] == pytest.approx(balanced.accepts_lost.value)
