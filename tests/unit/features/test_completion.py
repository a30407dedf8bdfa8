"""What is shown, what is not and why, and what is written down about it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.features.fakes import (
    FakeBackground,
    FakeCompleter,
    FakeLog,
    FakeModel,
    FakeNames,
    FakeSyntax,
    question,
)

from inkling.core.errors import StoreError, WorkerError
from inkling.core.ports import NameVerdict, SyntaxVerdict
from inkling.core.settings import CompletionSettings, GatePolicy, GateSettings, Settings, TelemetrySettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Check, CompletionRequest, NoSuggestion, Reason, Suggestion, Trigger
from inkling.features.completion import CompletionFeature
from inkling.features.completion_ports import CompletionPorts
from inkling.models.asking import LogisticAskingModel


class World:
    """A feature with its fakes."""

    def __init__(self, *answers: str) -> None:
        self.completer = FakeCompleter(*answers)
        self.syntax, self.names, self.model, self.log = FakeSyntax(), FakeNames(), FakeModel(), FakeLog()
        self.asking = LogisticAskingModel.load()
        self.settings = Settings()
        self.draw = 0.99
        self.more_completers: list[FakeCompleter] = []

    async def ask(self, marked: str = "x = |\n", trigger: Trigger = Trigger.AUTOMATIC) -> Suggestion | NoSuggestion:
        return await self.feature().complete(question(marked, trigger))

    def feature(self) -> CompletionFeature:
        ports = CompletionPorts(
            completers=[self.completer, *self.more_completers],
            syntax=self.syntax,
            names=self.names,
            asking=self.asking,
            model=self.model,
            log=self.log,
            background=FakeBackground(),
            draw=lambda: self.draw,
        )
        return CompletionFeature(ports, self.settings)


async def test_the_first_candidate_that_passes_is_shown_and_recorded() -> None:
    world = World("1 +", "1", "2")
    world.syntax.broken = ["1 +"]
    answer = await world.ask()
    assert isinstance(answer, Suggestion)
    assert answer.candidate.text == "1"
    assert answer.version == 3
    assert answer.checked == {Check.PARSES, Check.NAMES_EXIST}
    dropped, shown = world.log.decisions
    assert (dropped.was_offered, dropped.reason, dropped.propensity) == (False, Reason.DOES_NOT_PARSE, 0.0)
    assert (shown.was_offered, shown.reason, shown.propensity) == (True, None, 1.0)
    assert shown.suggestion_id == answer.id
    assert shown.model_version == "fake-1"
    assert shown.features == {"evidence": 1.0}
    assert not world.log.silences


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (NameVerdict.UNKNOWN_ATTRIBUTE, Reason.UNKNOWN_ATTRIBUTE),
        (NameVerdict.UNKNOWN_IMPORT, Reason.UNKNOWN_IMPORT),
    ],
)
async def test_names_that_cannot_exist_are_not_shown(verdict: NameVerdict, reason: Reason) -> None:
    world = World("os.nonsense")
    world.names.verdicts["os.nonsense"] = verdict
    answer = await world.ask()
    assert isinstance(answer, NoSuggestion)
    assert answer.reason is reason
    assert [decision.reason for decision in world.log.decisions] == [reason]


async def test_names_that_were_not_looked_up_in_time_are_shown_and_not_called_verified() -> None:
    world = World("os.path")
    world.names.verdicts["os.path"] = NameVerdict.NOT_KNOWN_YET
    answer = await world.ask()
    assert isinstance(answer, Suggestion)
    assert answer.checked == {Check.PARSES}


async def test_what_cannot_be_parsed_either_way_is_shown_and_not_called_verified() -> None:
    world = World("1")
    world.syntax.verdict = SyntaxVerdict.NOT_DECIDED
    answer = await world.ask()
    assert isinstance(answer, Suggestion)
    assert answer.checked == {Check.NAMES_EXIST}


async def test_a_low_probability_is_hidden_before_the_costly_checks() -> None:
    world = World("1")
    world.model.probabilities["1"] = 0.1
    answer = await world.ask()
    assert answer == NoSuggestion(reason=Reason.LOW_PROBABILITY, probability=0.1)
    assert world.syntax.asked == []
    (decision,) = world.log.decisions
    assert (decision.probability, decision.threshold) == (0.1, 0.25)


async def test_the_model_is_told_what_was_shown_before_but_not_its_answer_to_the_same_question() -> None:
    world = World("1")
    feature = world.feature()
    elsewhere = question("y = |\n", Trigger.AUTOMATIC)
    await feature.complete(question("x =|\n", Trigger.AUTOMATIC))
    await feature.complete(elsewhere)
    await feature.complete(elsewhere)
    world.model.probabilities["1"] = 0.1
    await feature.complete(elsewhere)
    await feature.complete(question("z|\n", Trigger.AUTOMATIC))

    offsets = [[shown.offset for shown in asked.previous] for asked in world.model.asked]
    assert offsets == [[], [3], [3], [3], [3, 4]]
    assert {shown.n_chars for shown in world.model.asked[-1].previous} == {1}


async def test_who_asks_explicitly_is_answered_whatever_the_probability() -> None:
    world = World("1")
    world.model.probabilities["1"] = 0.01
    assert isinstance(await world.ask(trigger=Trigger.INVOKED), Suggestion)
    assert world.log.decisions[0].threshold == 0.0


async def test_a_small_share_of_what_would_be_hidden_is_shown_at_random_with_its_propensity() -> None:
    world = World("1")
    world.model.probabilities["1"] = 0.1
    world.settings = replace(world.settings, gate=GateSettings(explore=0.02))
    world.draw = 0.0199
    assert isinstance(await world.ask(), Suggestion)
    world.draw = 0.02
    assert isinstance(await world.ask(), NoSuggestion)
    explored, hidden = world.log.decisions
    assert (explored.was_offered, explored.was_explored, explored.propensity) == (True, True, 0.02)
    assert (hidden.was_offered, hidden.was_explored, hidden.propensity) == (False, False, 0.02)
    world.draw, world.syntax.broken = 0.0, ["1"]
    assert isinstance(await world.ask(), NoSuggestion)
    dropped = world.log.decisions[-1]
    assert (dropped.reason, dropped.was_explored, dropped.propensity) == (Reason.DOES_NOT_PARSE, False, 0.0)
    world.settings = replace(world.settings, gate=GateSettings(explore=0.0))
    assert isinstance(await world.ask(), NoSuggestion)
    assert world.log.decisions[-1].reason is Reason.LOW_PROBABILITY


async def test_the_threshold_is_what_the_model_makes_of_the_setting() -> None:
    world = World("1")
    world.model.probabilities["1"] = 0.5
    world.model.thresholds |= {GatePolicy.QUIET: 0.6, GatePolicy.EAGER: 0.5}
    world.settings = replace(world.settings, gate=GateSettings(policy=GatePolicy.QUIET))
    assert isinstance(await world.ask(), NoSuggestion)
    world.settings = replace(world.settings, gate=GateSettings(policy=GatePolicy.EAGER))
    assert isinstance(await world.ask(), Suggestion)
    assert [decision.threshold for decision in world.log.decisions] == [0.6, 0.5]


async def test_what_a_check_drops_before_the_gate_carries_the_threshold_in_force_too() -> None:
    world = World("1")
    world.model.thresholds[GatePolicy.QUIET] = 0.6
    world.settings = replace(world.settings, gate=GateSettings(policy=GatePolicy.QUIET))
    assert isinstance(await world.ask("x = |\nx = 1\n"), NoSuggestion)
    (decision,) = world.log.decisions
    assert (decision.reason, decision.threshold) == (Reason.REPEATS_SUFFIX, 0.6)


async def test_what_was_rejected_here_is_not_offered_again_however_much_of_it_is_typed() -> None:
    world = World("total + 1")
    first = await world.ask("def f():\n    x = |\n")
    assert isinstance(first, Suggestion)
    decision = world.log.decisions[0]
    world.log.rejected.add((decision.context_fingerprint, decision.text_fingerprint))
    world.completer.answers = ("al + 1",)
    again = await world.ask("def f():\n    x = tot|\n")
    assert isinstance(again, NoSuggestion)
    assert again.reason is Reason.REJECTED_BEFORE
    elsewhere = await world.ask("def g():\n    x = tot|\n")
    assert isinstance(elsewhere, Suggestion)


async def test_a_rejected_block_does_not_come_back_as_its_first_line_nor_with_other_lines_behind_it() -> None:
    world = World("ValueError:\n        pass")
    first = await world.ask("def f():\n    try:\n        go()\n    except |\n")
    assert isinstance(first, Suggestion)
    decision = world.log.decisions[0]
    world.log.rejected.add((decision.context_fingerprint, decision.text_fingerprint))
    for again in ("ValueError:", "ValueError:\n        raise"):
        world.completer.answers = (again,)
        silence = await world.ask("def f():\n    try:\n        go()\n    except |\n")
        assert isinstance(silence, NoSuggestion)
        assert silence.reason is Reason.REJECTED_BEFORE
    world.completer.answers = ("KeyError:",)
    assert isinstance(await world.ask("def f():\n    try:\n        go()\n    except |\n"), Suggestion)


@pytest.mark.parametrize(
    ("marked", "settings", "reason"),
    [
        ("x = |\n", CompletionSettings(enabled=False), Reason.DISABLED),
        ("x = |\n" + "a" * 2000, CompletionSettings(max_file_kb=1), Reason.FILE_TOO_LARGE),
        ("x = |" + "é" * 3000, CompletionSettings(), Reason.LINE_TOO_LONG),
        ("na|me", CompletionSettings(), Reason.NOT_AT_A_PLACE_TO_COMPLETE),
    ],
)
async def test_silence_has_its_reason_and_is_recorded(
    marked: str, settings: CompletionSettings, reason: Reason
) -> None:
    world = World("1")
    world.settings = replace(world.settings, completion=settings)
    answer = await world.ask(marked)
    assert answer == NoSuggestion(reason=reason)
    assert [silence.reason for silence in world.log.silences] == [reason]
    assert not world.log.decisions


@pytest.mark.parametrize("offset", [-1, 7])
async def test_a_position_outside_is_no_crash(offset: int) -> None:
    world = World("1")
    request = replace(question("x = |\n"), offset=offset)
    assert await world.feature().complete(request) == NoSuggestion(reason=Reason.POSITION_OUTSIDE)


async def test_a_mind_that_has_nothing_gives_its_own_reason() -> None:
    world = World()
    world.completer.silence = NoSuggestion(reason=Reason.INDEX_NOT_READY)
    assert await world.ask() == NoSuggestion(reason=Reason.INDEX_NOT_READY)


async def test_a_mind_that_fails_does_not_silence_the_others() -> None:
    world = World()
    world.completer.error = WorkerError("gone")
    world.more_completers = [FakeCompleter("1")]
    assert isinstance(await world.ask(), Suggestion)


async def test_when_all_minds_fail_that_is_the_reason() -> None:
    world = World()
    world.completer.error = WorkerError("gone")
    assert await world.ask() == NoSuggestion(reason=Reason.WORKER_UNAVAILABLE)


async def test_without_the_syntax_check_nothing_is_shown() -> None:
    world = World("1")
    world.syntax.error = WorkerError("gone")
    assert await world.ask() == NoSuggestion(reason=Reason.WORKER_UNAVAILABLE)


async def test_the_deadline_ends_the_wait() -> None:
    class NeverAnswers(FakeCompleter):
        async def complete(self, request: CompletionRequest) -> NoSuggestion:
            await asyncio.Event().wait()
            raise AssertionError

    world = World()
    world.completer = NeverAnswers()
    world.settings = replace(world.settings, completion=CompletionSettings(deadline_ms=10))
    assert await world.ask() == NoSuggestion(reason=Reason.DEADLINE)


async def test_a_store_that_fails_costs_no_suggestion() -> None:
    world = World("1")
    world.log.error = StoreError("disk full")
    assert isinstance(await world.ask(), Suggestion)


@pytest.mark.parametrize("store_text", [True, False])
async def test_text_is_stored_only_where_the_setting_says_so(*, store_text: bool) -> None:
    world = World("secret_name")
    world.settings = replace(world.settings, telemetry=TelemetrySettings(store_text=store_text))
    await world.ask("    x = |\n")
    decision = world.log.decisions[0]
    assert (decision.text, decision.line_prefix) == (("secret_name", "    x = ") if store_text else (None, ""))


async def test_paths_are_relative_to_the_workspace_folder() -> None:
    world = World("1")
    feature = world.feature()
    feature.open_folders((Path("/home/project"),))
    for path, expected in (("/home/project/pkg/a.py", "pkg/a.py"), ("/elsewhere/b.py", "b.py")):
        snapshot = Snapshot(uri=DocumentUri(f"file://{path}"), path=Path(path), version=1, text="x = \r\n")
        await feature.complete(CompletionRequest(snapshot=snapshot, offset=4))
        assert world.log.decisions[-1].path == expected


async def test_each_workspace_folder_is_a_project_named_after_it() -> None:
    world = World("1")
    feature = world.feature()
    feature.open_folders((Path("/left/shop"), Path("/right/shop")))
    for path, expected in (
        ("/left/shop/a.py", "shop-/left/"),  # the fake's hash of a text is the text
        ("/right/shop/a.py", "shop-/right"),
        ("/elsewhere/a.py", ""),
    ):
        snapshot = Snapshot(uri=DocumentUri(f"file://{path}"), path=Path(path), version=1, text="x = \n")
        await feature.complete(CompletionRequest(snapshot=snapshot, offset=4))
        await feature.complete(CompletionRequest(snapshot=snapshot, offset=99))
        projects = (world.log.decisions[-1].project, world.log.silences[-1].project, world.model.asked[-1].project)
        assert projects == (expected,) * 3
    await feature.complete(question("x = |"))
    assert world.log.decisions[-1].project == ""
