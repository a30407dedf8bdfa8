"""Whether anything is asked for at all, and what is written down about it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from tests.unit.features.fakes import FakeBackground, FakeCompleter, FakeLog, FakeModel, FakeNames, FakeSyntax, question

from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.settings import GatePolicy, GateSettings, Settings
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import Candidate, CompletionRequest, NoSuggestion, Reason, Suggestion, Trigger
from inkling.features.completion import CompletionFeature
from inkling.features.completion_ports import CompletionPorts
from inkling.models.asking import LogisticAskingModel
from inkling.telemetry.memory_log import MemoryEventLog

SHIPPED = LogisticAskingModel.load()
_LEARNED = replace(SHIPPED.artifact.regression, intercept=-6.0)
HOPELESS = LogisticAskingModel(replace(SHIPPED.artifact, regression=_LEARNED))


class CountingCompleter(FakeCompleter):
    """Proposes "1", and counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__("1")
        self.n_asked = 0

    async def complete(self, request: CompletionRequest) -> Sequence[Candidate] | NoSuggestion:
        self.n_asked += 1
        return await super().complete(request)


class World:
    """A feature whose first stage is real; `draws` are the random numbers to come."""

    def __init__(self, asking: LogisticAskingModel, *draws: float, gate: GateSettings | None = None) -> None:
        self.completer, self.log, self.model = CountingCompleter(), FakeLog(), FakeModel()
        self.syntax = FakeSyntax()
        remaining: Iterator[float] = iter(draws)
        ports = CompletionPorts(
            completers=[self.completer],
            syntax=self.syntax,
            names=FakeNames(),
            asking=asking,
            model=self.model,
            log=self.log,
            background=FakeBackground(),
            draw=lambda: next(remaining),
        )
        self.feature = CompletionFeature(ports, Settings(gate=gate or GateSettings(explore=0.02)))

    async def ask(self, trigger: Trigger = Trigger.AUTOMATIC) -> Suggestion | NoSuggestion:
        return await self.feature.complete(question("x = |\n", trigger))


async def test_an_ordinary_place_is_asked_for_and_nothing_is_multiplied() -> None:
    world = World(SHIPPED, 0.99, 0.99)

    assert isinstance(await world.ask(), Suggestion)

    (decision,) = world.log.decisions
    assert (decision.propensity, decision.was_explored) == (1.0, False)
    assert not world.log.silences


async def test_a_hopeless_place_is_not_asked_for_and_the_silence_says_why() -> None:
    world = World(HOPELESS, 0.02)

    answer = await world.ask()

    assert world.completer.n_asked == 0
    assert not world.log.decisions
    (silence,) = world.log.silences
    assert silence.reason is Reason.NOT_WORTH_ASKING
    assert silence.probability is not None
    assert 0 < silence.probability < HOPELESS.artifact.threshold
    assert silence.threshold == HOPELESS.artifact.threshold
    assert silence.propensity == 0.02
    assert answer == NoSuggestion(reason=Reason.NOT_WORTH_ASKING, probability=silence.probability)


async def test_other_silences_carry_no_probability_of_being_asked() -> None:
    world = World(SHIPPED, 0.99)
    world.completer.silence = NoSuggestion(reason=Reason.NO_CANDIDATE)

    await world.ask()

    (silence,) = world.log.silences
    assert (silence.reason, silence.probability, silence.threshold, silence.propensity) == (
        Reason.NO_CANDIDATE,
        None,
        None,
        None,
    )


async def test_by_chance_a_hopeless_place_is_asked_for_and_the_propensities_are_multiplied() -> None:
    world = World(HOPELESS, 0.0199, 0.5)

    assert isinstance(await world.ask(), Suggestion)

    (decision,) = world.log.decisions
    assert (decision.propensity, decision.was_explored, decision.was_offered) == (0.02, True, True)


async def test_chance_lets_a_request_through_once_and_not_a_second_time_at_the_gate() -> None:
    world = World(HOPELESS, 0.0, 0.0)
    world.model.probabilities["1"] = 0.01

    assert await world.ask() == NoSuggestion(reason=Reason.LOW_PROBABILITY, probability=0.01)

    (decision,) = world.log.decisions
    assert (decision.propensity, decision.was_explored, decision.was_offered) == (0.0, False, False)


async def test_what_a_check_drops_after_a_chance_was_not_explored() -> None:
    world = World(HOPELESS, 0.0, 0.5)
    world.syntax.broken = ["1"]

    await world.ask()

    (decision,) = world.log.decisions
    assert (decision.reason, decision.propensity, decision.was_explored) == (Reason.DOES_NOT_PARSE, 0.0, False)


async def test_who_asks_explicitly_is_always_answered_without_a_draw() -> None:
    world = World(HOPELESS, 0.99)

    assert isinstance(await world.ask(Trigger.INVOKED), Suggestion)

    assert world.log.decisions[0].propensity == 1.0


@pytest.mark.parametrize(
    "gate",
    [
        GateSettings(policy=GatePolicy.EAGER),
        GateSettings(policy=GatePolicy.THRESHOLD, threshold=0.0),
        GateSettings(policy=GatePolicy.LOSE_AT_MOST, lose_at_most=0.04),
    ],
)
async def test_where_the_knob_leaves_no_room_for_losses_everything_is_asked_for(gate: GateSettings) -> None:
    world = World(HOPELESS, 0.99, gate=gate)

    assert isinstance(await world.ask(), Suggestion)


@pytest.mark.parametrize(
    "gate",
    [
        GateSettings(),
        GateSettings(policy=GatePolicy.BALANCED),
        GateSettings(policy=GatePolicy.QUIET),
        GateSettings(policy=GatePolicy.THRESHOLD, threshold=0.05),
        GateSettings(policy=GatePolicy.LOSE_AT_MOST, lose_at_most=0.05),
    ],
)
async def test_where_the_knob_leaves_room_the_first_stage_uses_it(gate: GateSettings) -> None:
    world = World(HOPELESS, 0.99, gate=gate)

    answer = await world.ask()

    assert isinstance(answer, NoSuggestion)
    assert answer.reason is Reason.NOT_WORTH_ASKING
    assert world.log.silences[0].threshold == SHIPPED.threshold(gate) <= SHIPPED.artifact.threshold


async def test_who_rejects_everything_in_one_place_is_at_last_not_asked_there_but_elsewhere() -> None:
    log, completer = MemoryEventLog(), CountingCompleter()
    ports = CompletionPorts(
        completers=[completer],
        syntax=FakeSyntax(),
        names=FakeNames(),
        asking=SHIPPED,
        model=FakeModel(),
        log=log,
        background=FakeBackground(),
        draw=lambda: 0.99,
    )
    feature = CompletionFeature(ports, Settings())
    place = question("value|\n")
    answers = []
    for number in range(12):
        completer.answers = (f" = {number}",)
        version = replace(place.snapshot, version=number)
        answers.append(answer := await feature.complete(replace(place, snapshot=version)))
        if isinstance(answer, Suggestion):
            rejection = Outcome(
                event_id=EventId(str(number)), suggestion_id=answer.id, kind=OutcomeKind.REJECTED, at_ms=number
            )
            await log.record_outcomes([rejection])

    first, last = answers[0], answers[-1]
    assert isinstance(first, Suggestion)
    assert isinstance(last, NoSuggestion)
    assert last.reason is Reason.NOT_WORTH_ASKING
    elsewhere = replace(place.snapshot, uri=DocumentUri("untitled:b.py"))
    assert isinstance(await feature.complete(replace(place, snapshot=elsewhere)), Suggestion)
    assert isinstance(await feature.complete(replace(place, trigger=Trigger.INVOKED)), Suggestion)
