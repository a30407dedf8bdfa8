"""A quick mind and a slow one: who is waited for, and whose text is shown."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from tests.unit.features.fakes import (
    FakeBackground,
    FakeCompleter,
    FakeLog,
    FakeModel,
    FakeNames,
    FakeSyntax,
    proposal,
    question,
)

from inkling.core.errors import ModelError, WorkerError
from inkling.core.settings import CompletionSettings, Settings
from inkling.core.suggestion import Candidate, CompletionRequest, NoSuggestion, Reason, Source, Suggestion
from inkling.features.completion import CompletionFeature, CompletionPorts
from inkling.models.asking import LogisticAskingModel

SHORT = Settings(completion=CompletionSettings(deadline_ms=10))
PATIENT = Settings(completion=CompletionSettings(deadline_ms=5000))


class SlowMind:
    """Answers when it is told to."""

    def __init__(self, *texts: str, error: Exception | None = None) -> None:
        self.texts, self.error = texts, error
        self.may_answer = asyncio.Event()
        self.was_cancelled = False

    async def complete(self, request: CompletionRequest) -> Sequence[Candidate] | NoSuggestion:
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if self.error is not None:
            raise self.error
        candidates = [replace(proposal(text), source=Source.MODEL) for text in self.texts]
        return candidates or NoSuggestion(reason=Reason.NO_CANDIDATE)


class World:
    def __init__(self, quick: FakeCompleter, slow: SlowMind, settings: Settings) -> None:
        self.model, self.log, self.syntax = FakeModel(), FakeLog(), FakeSyntax()
        ports = CompletionPorts(
            completers=[quick],
            slow_completers=lambda: [slow],
            syntax=self.syntax,
            names=FakeNames(),
            asking=LogisticAskingModel.load(),
            model=self.model,
            log=self.log,
            background=FakeBackground(),
            draw=lambda: 0.99,
        )
        self.feature = CompletionFeature(ports, settings)

    async def ask(self) -> Suggestion | NoSuggestion:
        async with asyncio.timeout(10):
            return await self.feature.complete(question("x = |\n"))


async def test_after_the_deadline_the_quick_mind_is_heard_and_the_slow_one_told() -> None:
    slow = SlowMind("slow")
    answer = await World(FakeCompleter("quick"), slow, SHORT).ask()
    assert isinstance(answer, Suggestion)
    assert answer.candidate.text == "quick"
    assert slow.was_cancelled


async def test_within_the_deadline_the_likelier_text_is_shown_whoever_said_it() -> None:
    slow = SlowMind("slow")
    slow.may_answer.set()
    world = World(FakeCompleter("quick", "other"), slow, PATIENT)
    world.model.probabilities = {"quick": 0.5, "other": 0.4, "slow": 0.8}
    answer = await world.ask()
    assert isinstance(answer, Suggestion)
    assert (answer.candidate.text, answer.candidate.source) == ("slow", Source.MODEL)
    assert world.syntax.asked == ["slow"]


async def test_what_a_check_drops_gives_way_to_the_next_likely() -> None:
    slow = SlowMind("slow")
    slow.may_answer.set()
    world = World(FakeCompleter("quick"), slow, PATIENT)
    world.model.probabilities = {"quick": 0.5, "slow": 0.8}
    world.syntax.broken = ["slow"]
    answer = await world.ask()
    assert isinstance(answer, Suggestion)
    assert answer.candidate.text == "quick"
    assert [decision.source for decision in world.log.decisions] == [Source.MODEL, Source.EMBEDDED]


async def test_what_both_say_is_judged_once() -> None:
    slow = SlowMind("same")
    slow.may_answer.set()
    world = World(FakeCompleter("same"), slow, PATIENT)
    world.model.probabilities = {"same": 0.1}
    await world.ask()
    assert len(world.log.decisions) == 1


async def test_where_the_quick_mind_has_nothing_to_show_the_slow_one_is_waited_for() -> None:
    slow = SlowMind("slow")
    world = World(FakeCompleter("quick"), slow, SHORT)
    world.model.probabilities = {"quick": 0.1, "slow": 0.8}
    asking = asyncio.ensure_future(world.ask())
    while not world.log.decisions:
        await asyncio.sleep(0)
    slow.may_answer.set()
    answer = await asking
    assert isinstance(answer, Suggestion)
    assert answer.candidate.text == "slow"


async def test_an_endpoint_that_fails_silences_nobody() -> None:
    slow = SlowMind(error=ModelError("no key"))
    slow.may_answer.set()
    answer = await World(FakeCompleter("quick"), slow, PATIENT).ask()
    assert isinstance(answer, Suggestion)
    assert answer.candidate.text == "quick"


async def test_where_nobody_has_anything_the_reason_is_the_most_telling_one() -> None:
    cases = [
        (FakeCompleter(silence=NoSuggestion(reason=Reason.NO_CANDIDATE)), ModelError("x"), Reason.MODEL_UNAVAILABLE),
        (FakeCompleter(silence=NoSuggestion(reason=Reason.INDEX_NOT_READY)), None, Reason.INDEX_NOT_READY),
        (FakeCompleter(error=WorkerError("gone")), None, Reason.NO_CANDIDATE),
    ]
    for quick, error, reason in cases:
        slow = SlowMind(error=error)
        slow.may_answer.set()
        world = World(quick, slow, PATIENT)
        assert await world.ask() == NoSuggestion(reason=reason)
        assert [silence.reason for silence in world.log.silences] == [reason]


async def test_a_withdrawn_question_withdraws_all_it_asked() -> None:
    slow = SlowMind()
    asking = asyncio.ensure_future(World(FakeCompleter(), slow, PATIENT).ask())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    assert slow.was_cancelled
