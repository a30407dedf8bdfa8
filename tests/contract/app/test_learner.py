"""A window's acceptance model learns from a real event store as outcomes come, and follows what others put in force."""

import asyncio
import itertools
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.app.suggestions import Person, StoppedClock

from inkling.app.learning import Learner, retrain_from_store
from inkling.app.learning.learner import CHUNK_ROWS, GRACE_MS, LOOK_BACK_MS
from inkling.core.errors import StoreError
from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.core.settings import GatePolicy, GateSettings
from inkling.telemetry.store import EventStore

ACCEPTED, REJECTED, UNDONE = OutcomeKind.ACCEPTED, OutcomeKind.REJECTED, OutcomeKind.UNDONE
GRACE_S = GRACE_MS / 1000


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EventStore]:
    opened = await EventStore.open(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
async def learner(tmp_path: Path, store: EventStore, clock: StoppedClock) -> Learner:
    new = Learner(tmp_path, store, clock.now_ms)
    await new.look()
    return new


@pytest.fixture
def person(store: EventStore, learner: Learner, clock: StoppedClock) -> Person:
    return Person(store, learner, clock)


async def catch_up(learner: Learner, clock: StoppedClock) -> None:
    """Lets the learner see what there is, and again when it is old enough to be learned from."""
    await learner.look()
    clock.pass_s(GRACE_S)
    await learner.look()


async def live_for_months(person: Person, clock: StoppedClock) -> None:
    """Judges 240 suggestions in 20 sessions, all of them some weeks ago."""
    clock.pass_s(-60 * 24 * 3600)
    for _ in range(20):
        await person.judge("call", REJECTED, times=6)
        await person.judge("import", ACCEPTED, times=6)
        clock.pass_s(3600)


def n_learned(person: Person) -> int:
    return int(person.model.score(person.question("call")).model_version.rpartition(".")[2])


def inkling(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command as another process would."""
    return subprocess.run(
        [sys.executable, "-m", "inkling.app.cli", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "INKLING_DATA_DIR": str(data_dir)},
        check=False,
    )


@pytest.mark.parametrize("is_mixed", [False, True])
@pytest.mark.parametrize(("liked", "disliked"), [("return", "call"), ("import", "print"), ("call", "return")])
async def test_a_kind_that_is_rejected_is_hidden_within_seconds_and_why_is_told(
    person: Person, learner: Learner, clock: StoppedClock, liked: str, disliked: str, *, is_mixed: bool
) -> None:
    threshold = learner.threshold(GateSettings())
    assert person.probability(disliked) > threshold

    for _ in range(10):
        await person.judge(liked, ACCEPTED)
        await person.judge(disliked, REJECTED, times=2 if is_mixed else 0)
    await person.judge(disliked, REJECTED, times=0 if is_mixed else 20)
    await catch_up(learner, clock)

    assert n_learned(person) == 30
    assert person.probability(disliked) < threshold < person.probability(liked)
    await person.meet(disliked)
    hidden = (await person.log.recent_decisions(1))[0]
    assert "against it: " in learner.what_moved(hidden)
    assert "your own habits" in learner.what_moved(hidden)


async def test_ten_move_it_less_than_thirty(person: Person, learner: Learner, clock: StoppedClock) -> None:
    at_first = person.probability("call")
    await person.judge("call", REJECTED, times=10)
    await catch_up(learner, clock)
    after_ten = person.probability("call")
    await person.judge("call", REJECTED, times=20)
    await catch_up(learner, clock)

    assert at_first > after_ten > person.probability("call")


async def test_what_nobody_judged_is_not_learned_from(person: Person, learner: Learner, clock: StoppedClock) -> None:
    decision = await person.meet("call")
    await person.say(decision, OutcomeKind.SHOWN)
    await catch_up(learner, clock)
    assert n_learned(person) == 0

    await person.say(decision, ACCEPTED)
    await catch_up(learner, clock)
    assert n_learned(person) == 1


async def test_each_suggestion_is_learned_from_once(person: Person, learner: Learner, clock: StoppedClock) -> None:
    for _ in range(5):
        await person.judge("call", REJECTED, times=2)
        await learner.look()
    for _ in range(3):
        await catch_up(learner, clock)
    assert n_learned(person) == 10

    clock.pass_s(LOOK_BACK_MS / 1000)
    await person.judge("call", REJECTED)
    await catch_up(learner, clock)
    await catch_up(learner, clock)
    assert n_learned(person) == 11


async def test_an_accept_that_is_undone_soon_counts_as_a_rejection(
    tmp_path: Path, person: Person, learner: Learner, clock: StoppedClock
) -> None:
    for _ in range(10):
        decision = await person.meet("call")
        await person.say(decision, ACCEPTED)
        await learner.look()
        clock.pass_s(GRACE_S / 2)
        await person.say(decision, UNDONE)
    before = Learner(tmp_path, person.log, clock.now_ms).score(person.question("call")).probability
    await catch_up(learner, clock)

    assert n_learned(person) == 10
    assert person.probability("call") < before


async def test_what_is_judged_in_another_window_is_learned_from_too(
    tmp_path: Path, person: Person, learner: Learner, clock: StoppedClock
) -> None:
    other_store = await EventStore.open(tmp_path)
    other = Person(other_store, learner, clock, name="other")
    await other.judge("call", REJECTED, times=10)
    await other_store.close()
    await learner.look()
    assert n_learned(person) == 0

    await person.judge("call", REJECTED)
    await person.log.statistics(0)  # is answered after the store has followed the other window
    await catch_up(learner, clock)
    assert n_learned(person) == 11


async def test_a_new_window_knows_what_the_others_learned(
    tmp_path: Path, person: Person, learner: Learner, clock: StoppedClock
) -> None:
    await person.judge("call", REJECTED, times=30)
    await catch_up(learner, clock)
    newer = Learner(tmp_path, person.log, clock.now_ms)
    await newer.look()

    question = person.question("call")
    assert newer.score(question) == learner.score(question)


async def test_a_new_window_learns_the_latest_when_they_are_old_enough(
    tmp_path: Path, person: Person, clock: StoppedClock
) -> None:
    await person.judge("call", REJECTED, times=10)
    person.model = newer = Learner(tmp_path, person.log, clock.now_ms)
    await newer.look()
    assert 0 < n_learned(person) < 10

    await catch_up(newer, clock)
    assert n_learned(person) == 10


async def test_the_loop_is_let_go_while_much_is_learned(person: Person, learner: Learner, clock: StoppedClock) -> None:
    n_rows = 10 * CHUNK_ROWS
    await person.judge("call", REJECTED, times=n_rows)
    await learner.look()
    clock.pass_s(GRACE_S)
    learned_by_turn = [0]

    async def take_turns() -> None:
        while learned_by_turn[-1] < n_rows:
            learned_by_turn.append(n_learned(person))
            await asyncio.sleep(0)

    turns = asyncio.create_task(take_turns())
    await learner.look()
    await turns
    assert max(after - before for before, after in itertools.pairwise(learned_by_turn)) == CHUNK_ROWS


async def test_a_retraining_by_another_process_is_taken_over_and_learned_on_from(
    tmp_path: Path, person: Person, learner: Learner, clock: StoppedClock
) -> None:
    await live_for_months(person, clock)
    answer = await asyncio.to_thread(inkling, tmp_path, "model", "retrain")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    champion = json.loads((tmp_path / "personal" / "champion.json").read_text())

    await learner.look()
    assert n_learned(person) == champion["state"]["n_events"] == 240
    await person.judge("call", REJECTED, times=3)
    await catch_up(learner, clock)
    assert n_learned(person) == 243


async def test_a_reset_by_another_process_forgets_at_once_and_for_good(
    tmp_path: Path, person: Person, learner: Learner, clock: StoppedClock
) -> None:
    at_first = person.question("call")
    shipped = learner.score(at_first)
    await person.judge("call", REJECTED, times=20)
    await catch_up(learner, clock)
    assert learner.score(at_first).probability < shipped.probability

    answer = await asyncio.to_thread(inkling, tmp_path, "model", "reset")
    assert "within seconds" in answer.stdout
    await learner.look()
    await catch_up(learner, clock)
    assert learner.score(at_first) == shipped
    assert (await asyncio.to_thread(inkling, tmp_path, "model", "show")).returncode == 1


async def test_a_rollback_by_another_process_is_taken_over(
    tmp_path: Path, person: Person, learner: Learner, clock: StoppedClock
) -> None:
    await live_for_months(person, clock)
    await asyncio.to_thread(retrain_from_store, tmp_path)
    directory = tmp_path / "personal"
    champion = (directory / "champion.json").read_bytes()
    (directory / "previous.json").write_bytes(champion)
    (directory / "champion.json").write_bytes(b"damaged")
    await learner.look()
    assert "learned anew from the log" in learner.notices[0]
    assert n_learned(person) == 240, "what was judged is learned from again, on top of the shipped model"

    answer = await asyncio.to_thread(inkling, tmp_path, "model", "rollback")
    assert answer.returncode == 0
    await learner.look()
    assert (directory / "champion.json").read_bytes() == champion
    assert n_learned(person) == 240
    assert len(learner.notices) == 1


async def test_the_learner_looks_by_itself_until_it_is_cancelled(
    tmp_path: Path, person: Person, clock: StoppedClock
) -> None:
    await person.judge("call", REJECTED, times=5)
    clock.pass_s(GRACE_S)
    was_read = asyncio.Event()

    class WatchedLog:
        def n_outcomes_noted(self) -> int:
            return person.log.n_outcomes_noted()

        async def judged_suggestions(self, since_ms: int, limit: int) -> list[JudgedSuggestion]:
            was_read.set()
            return await person.log.judged_suggestions(since_ms, limit)

    running = asyncio.create_task(Learner(tmp_path, WatchedLog(), clock.now_ms).run())
    await asyncio.wait_for(was_read.wait(), 30)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_while_the_log_cannot_be_read_the_model_stays_as_it_is_and_then_nothing_is_learned_twice(
    tmp_path: Path, store: EventStore, clock: StoppedClock
) -> None:
    is_broken = False

    class UnsteadyLog:
        def n_outcomes_noted(self) -> int:
            return store.n_outcomes_noted()

        async def judged_suggestions(self, since_ms: int, limit: int) -> list[JudgedSuggestion]:
            if is_broken:
                raise StoreError("the disk is gone")
            return await store.judged_suggestions(since_ms, limit)

    learner = Learner(tmp_path, UnsteadyLog(), clock.now_ms)
    person = Person(store, learner, clock)
    await learner.look()
    await person.judge("call", REJECTED, times=5)
    await catch_up(learner, clock)
    assert n_learned(person) == 5

    is_broken = True
    await person.judge("call", REJECTED)
    await catch_up(learner, clock)
    assert n_learned(person) == 5

    is_broken = False
    await catch_up(learner, clock)
    assert n_learned(person) == 6


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"at_ms": null}', '{"at_ms": 1e999}', "[" * 100_000])
async def test_a_damaged_reset_mark_is_told_and_nothing_old_is_learned_from(
    tmp_path: Path, person: Person, clock: StoppedClock, content: str
) -> None:
    await person.judge("call", REJECTED, times=5)
    (tmp_path / "personal").mkdir()
    (tmp_path / "personal" / "reset.json").write_text(content)
    learner = Learner(tmp_path, person.log, clock.now_ms)
    await learner.look()
    assert "reset.json cannot be read" in learner.notices[0]
    assert learner.score(person.question("call")).model_version.endswith(".0")

    assert (await asyncio.to_thread(inkling, tmp_path, "model", "reset")).returncode == 0
    assert Learner(tmp_path, person.log, clock.now_ms).notices == []


async def drift_apart(person: Person, clock: StoppedClock) -> None:
    """Judges 400 suggestions: first as the model says, then all are rejected that it likes most."""
    clock.pass_s(-60 * 24 * 3600)
    for number in range(300):
        probability = person.probability("return")
        await person.judge("return", ACCEPTED if number % 10 < 10 * probability else REJECTED)
        clock.pass_s(600)
    for _ in range(100):
        await person.judge("return", REJECTED)
        clock.pass_s(600)


async def test_drift_is_told_once_a_week_whichever_window_looks(
    tmp_path: Path, person: Person, learner: Learner, clock: StoppedClock
) -> None:
    await drift_apart(person, clock)
    answer = await asyncio.to_thread(inkling, tmp_path, "model", "retrain", "--background")
    assert "changed of late" not in answer.stderr
    report = json.loads((tmp_path / "personal" / "drift.json").read_text())
    assert (report["n_before"], report["n_recent"]) == (300, 100)
    assert "misjudged" in [alarm["kind"] for alarm in report["alarms"]]

    await learner.look()
    told = [notice for notice in learner.notices if "probabilities are off" in notice]
    assert len(told) == 1
    other = Learner(tmp_path, person.log, clock.now_ms)
    await other.look()
    assert other.notices == []

    clock.pass_s(7 * 24 * 3600)
    later = Learner(tmp_path, person.log, clock.now_ms)
    await later.look()
    assert later.notices == told


@pytest.mark.parametrize(
    "content", ["", "[]", '{"alarms": 3}', '{"alarms": [3, {"kind": [], "words": ""}]}', "[" * 9999]
)
async def test_a_damaged_report_of_drift_is_no_trouble(tmp_path: Path, learner: Learner, content: str) -> None:
    (tmp_path / "personal").mkdir()
    (tmp_path / "personal" / "drift.json").write_text(content)
    await learner.look()
    assert learner.notices == []


@pytest.mark.parametrize("verdicts", [[], [ACCEPTED] * 3, [ACCEPTED] * 200, [REJECTED] * 200])
async def test_a_log_of_one_class_or_three_rows_is_no_trouble(
    tmp_path: Path, person: Person, clock: StoppedClock, verdicts: list[OutcomeKind]
) -> None:
    clock.pass_s(-60 * 24 * 3600)
    for verdict in verdicts:
        await person.judge("call", verdict)
        clock.pass_s(3600)
    answer = await asyncio.to_thread(inkling, tmp_path, "model", "retrain")
    assert answer.returncode == 1, answer.stdout
    assert not (tmp_path / "personal" / "champion.json").exists()
    assert "changed of late" not in answer.stderr
    person.model = newer = Learner(tmp_path, person.log, clock.now_ms)
    await newer.look()
    assert n_learned(person) == len(verdicts)
    assert 0 < person.probability("call") < 1


async def test_the_knob_turns_by_the_users_own_log_after_a_training_and_back_after_a_reset(
    tmp_path: Path, person: Person, learner: Learner, clock: StoppedClock
) -> None:
    settings = GateSettings()
    of_study = learner.threshold(settings)
    await live_for_months(person, clock)
    assert (await asyncio.to_thread(inkling, tmp_path, "model", "retrain")).returncode == 0
    await learner.look()
    own = learner.threshold(settings)
    assert own > of_study, "what this user accepts is far likelier than what the study's people accept"
    assert learner.threshold(GateSettings(policy=GatePolicy.THRESHOLD, threshold=0.4)) == 0.4
    assert Learner(tmp_path, person.log, clock.now_ms).threshold(settings) == own

    assert (await asyncio.to_thread(inkling, tmp_path, "model", "reset")).returncode == 0
    await learner.look()
    assert learner.threshold(settings) == of_study


async def test_damaged_thresholds_are_told_and_those_of_the_study_are_used(
    tmp_path: Path, learner: Learner, clock: StoppedClock, person: Person
) -> None:
    of_study = learner.threshold(GateSettings())
    (tmp_path / "personal").mkdir()
    (tmp_path / "personal" / "operating_points.json").write_text("{}")
    await learner.look()
    assert learner.threshold(GateSettings()) == of_study
    assert "inkling model retrain" in learner.notices[0]
    assert Learner(tmp_path, person.log, clock.now_ms).notices == learner.notices
