"""The beginning of a line as a candidate: when it is shown, what is recorded, and what is asked behind it."""

from collections.abc import Sequence
from dataclasses import replace

from tests.unit.features.fakes import FakeBackground, FakeLog, FakeModel, FakeNames, FakeSyntax, proposal, question

from inkling.core.settings import Settings
from inkling.core.suggestion import Candidate, CompletionRequest, Reason, Source, Suggestion, Trigger
from inkling.features.ahead import after_accept
from inkling.features.completion import CompletionFeature
from inkling.features.completion_ports import CompletionPorts
from inkling.models.asking import LogisticAskingModel

WHOLE = proposal("items.append(1)")
PARTIAL = replace(proposal("items.append("), is_partial=True)


class Mind:
    """Says the same to every question."""

    def __init__(self, *candidates: Candidate) -> None:
        self._candidates = candidates

    async def complete(self, request: CompletionRequest) -> Sequence[Candidate]:
        return self._candidates


class World:
    def __init__(self, probabilities: dict[str, float], *minds: Mind) -> None:
        self.log = FakeLog()
        ports = CompletionPorts(
            completers=minds,
            syntax=FakeSyntax(),
            names=FakeNames(),
            asking=LogisticAskingModel.load(),
            model=FakeModel(probabilities),
            log=self.log,
            background=FakeBackground(),
            draw=lambda: 0.99,
        )
        self._feature = CompletionFeature(ports, Settings())

    async def ask(self, trigger: Trigger = Trigger.AUTOMATIC) -> Suggestion:
        answer = await self._feature.complete(question("x.|\n", trigger))
        assert isinstance(answer, Suggestion)
        return answer


async def test_it_is_shown_where_the_whole_line_is_not_likely_enough() -> None:
    world = World({WHOLE.text: 0.1, PARTIAL.text: 0.7}, Mind(WHOLE, PARTIAL))
    assert (await world.ask()).candidate == PARTIAL
    assert [decision.reason for decision in world.log.decisions] == [Reason.LOW_PROBABILITY, None]


async def test_it_is_not_even_judged_where_the_whole_line_is_likely_enough() -> None:
    world = World({WHOLE.text: 0.3, PARTIAL.text: 0.7}, Mind(WHOLE, PARTIAL))
    assert (await world.ask()).candidate == WHOLE
    assert len(world.log.decisions) == 1


async def test_no_beginning_comes_before_the_whole_line_of_another_mind() -> None:
    other = replace(proposal("pop()"), source=Source.MODEL)
    world = World({WHOLE.text: 0.3, PARTIAL.text: 0.7, other.text: 0.4}, Mind(WHOLE, PARTIAL), Mind(other))
    assert (await world.ask()).candidate == other


async def test_who_asks_explicitly_finds_it_behind_the_whole_lines() -> None:
    world = World({WHOLE.text: 0.1, PARTIAL.text: 0.7}, Mind(WHOLE, PARTIAL))
    shown = await world.ask(Trigger.INVOKED)
    assert [shown.candidate, *(other.candidate for other in shown.alternatives)] == [WHOLE, PARTIAL]


def test_the_next_question_is_asked_on_the_same_line() -> None:
    beginning = replace(proposal("items"), is_partial=True)
    request = question("x.|\n")
    assert after_accept(request, beginning).snapshot.text == "x.items\n"
    assert after_accept(request, beginning).offset == len("x.items")
    assert after_accept(request, proposal("items")).snapshot.text == "x.items\n\n"
