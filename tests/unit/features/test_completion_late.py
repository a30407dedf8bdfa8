"""What a slow mind says when a suggestion is on display: pushed where it only adds to it, and dropped elsewhere."""

from dataclasses import replace

import pytest
from tests.unit.features.fakes import FakeCompleter, question
from tests.unit.features.slow_mind import World, world

from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.suggestion import NoSuggestion, Reason, Source, Suggestion, Trigger


async def shown(w: World, marked: str = "x = |\n") -> Suggestion:
    """The quick mind's text, on display."""
    answer = await w.ask(marked)
    assert isinstance(answer, Suggestion)
    assert answer.candidate.source is Source.EMBEDDED
    return answer


async def test_a_text_that_goes_on_is_pushed_and_given_to_who_asks_again() -> None:
    async with world("price") as w:
        first = await shown(w)
        w.slow.say("price * count")
        assert await w.told() == w.window.now
        longer = await w.ask()
        assert isinstance(longer, Suggestion)
        assert (longer.candidate.text, longer.offset, longer.version) == ("price * count", 4, 3)
        assert longer.id != first.id
        assert await w.ask() == longer
        assert w.slow.n_asked == 1
        assert await w.rows(2) == [(None, Source.EMBEDDED, True), (None, Source.MODEL, True)]


@pytest.mark.parametrize("text", ["other", "pric", "price"])
async def test_anything_else_is_not_pushed(text: str) -> None:
    async with world("price") as w:
        await shown(w)
        w.slow.say(text)
        w.slow.end()
        await w.left()
        assert w.window.told.empty()
        n_rows = 1 if text == "price" else 2
        assert [reason for reason, _, _ in await w.rows(n_rows)] == [None, Reason.TOO_LATE][:n_rows]


async def test_it_moves_along_with_what_was_typed_of_it() -> None:
    async with world("price") as w:
        await shown(w)
        w.window.now = replace(question("x = pri|\n").snapshot, version=6)
        w.slow.say("price * count")
        assert (await w.told()).version == 6
        longer = await w.ask("x = pri|\n", version=6)
        assert isinstance(longer, Suggestion)
        assert (longer.candidate.text, longer.offset, longer.version) == ("ce * count", 7, 6)


@pytest.mark.parametrize("now", ["x = pra|\n", "y = |\n", "x = |\ny = 1\n", "x|\n"])
async def test_in_a_document_that_went_elsewhere_it_is_not_pushed(now: str) -> None:
    async with world("price") as w:
        await shown(w)
        w.window.now = replace(question(now).snapshot, version=4)
        w.slow.say("price * count")
        w.slow.end()
        await w.left()
        assert w.window.told.empty()


async def test_it_passes_the_same_checks_and_the_same_gate() -> None:
    async with world("price") as w:
        await shown(w)
        w.syntax.broken = ["price * ("]
        w.model.probabilities = {"price * count": 0.01}
        w.slow.say("price * (")
        await w.rows(2)
        w.slow.say("price * count")
        w.slow.end()
        await w.left()
        assert w.window.told.empty()
        assert [reason for reason, _, _ in await w.rows(3)] == [None, Reason.DOES_NOT_PARSE, Reason.LOW_PROBABILITY]


async def test_a_text_grows_more_than_once() -> None:
    async with world("price") as w:
        await shown(w)
        w.slow.say("price * count")
        await w.told()
        await w.ask()
        w.slow.say("price * count + tax")
        await w.told()
        longest = await w.ask()
        assert isinstance(longest, Suggestion)
        assert longest.candidate.text == "price * count + tax"


async def test_the_first_part_of_a_slow_text_is_shown_and_grows() -> None:
    async with world(completer=FakeCompleter()) as w:
        asking = w.ask("    |\n")
        w.slow.say("a = 1")
        first = await asking
        assert isinstance(first, Suggestion)
        assert first.candidate.text == "a = 1"
        w.slow.say("a = 1\n    b = 2")
        await w.told()
        whole = await w.ask("    |\n")
        assert isinstance(whole, Suggestion)
        assert whole.candidate.text == "a = 1\n    b = 2"


async def test_a_new_question_ends_it() -> None:
    async with world("price") as w:
        await shown(w)
        await w.ask("x = a|\n", version=4)
        await w.left()
        assert w.window.told.empty()


async def test_what_nobody_fetched_was_seen_by_nobody() -> None:
    async with world("price") as w:
        await shown(w)
        w.slow.say("price * count")
        await w.told()
        await w.rows(2)
        await w.ask("x = a|\n", version=4)
        while not w.log.outcomes:
            await w.rows(0)
        assert [(outcome.suggestion_id, outcome.kind) for outcome in w.log.outcomes] == [
            (w.log.decisions[1].suggestion_id, OutcomeKind.SUPERSEDED)
        ]


async def test_an_editor_that_does_not_take_them_is_told_nothing_and_the_slow_mind_is_left() -> None:
    async with world("price") as w:
        w.feature.late.client = None
        await shown(w)
        await w.left()


async def test_an_explicit_question_is_not_answered_with_what_was_pushed() -> None:
    async with world("price") as w:
        await shown(w)
        w.slow.say("price * count")
        await w.told()
        w.slow.end()
        await w.left()
        w.slow.end()
        answer = await w.ask(trigger=Trigger.INVOKED)
        assert isinstance(answer, Suggestion)
        assert answer.candidate.text == "price"


def seen(suggestion: Suggestion | NoSuggestion) -> Outcome:
    assert isinstance(suggestion, Suggestion)
    return Outcome(
        event_id=EventId("1"), suggestion_id=suggestion.id, kind=OutcomeKind.SHOWN, at_ms=1, visible_ms=750.0
    )


@pytest.mark.parametrize(
    ("marked", "said", "expected"),
    [
        ("if |\n", "x:", "if x:\n    |\n"),
        ("    |\n", "y = f(x)", "    y = f(x)\n    |\n"),
        ("    |\n", "return f(x)", "    return f(x)\n|\n"),
        ("def f():\r\n\t|\r\n", "if x:", "def f():\r\n\tif x:\r\n\t\t|\r\n"),
        ("x = f(|)\n", "1", "x = f(1|)\n"),
        ("x = |\n", "f(", "x = f(|\n"),
        ("x = |", "1", "x = 1\n|"),
    ],
)
async def test_what_follows_is_asked_ahead_while_the_user_looks(marked: str, said: str, expected: str) -> None:
    async with world(said) as w:
        answer = await w.ask(marked)
        w.feature.outcomes_reported([seen(answer)])
        w.feature.outcomes_reported([seen(answer)])
        (ahead,) = w.slow.prepared
        text = ahead.snapshot.text
        assert text[: ahead.offset] + "|" + text[ahead.offset :] == expected


@pytest.mark.parametrize(("probability", "now"), [(0.4, "x = |\n"), (0.9, "x = 1|\n")])
async def test_nothing_is_asked_ahead_for_what_is_unlikely_or_gone(probability: float, now: str) -> None:
    async with world("price") as w:
        w.model.probabilities = {"price": probability}
        answer = await w.ask()
        w.window.now = question(now).snapshot
        w.feature.outcomes_reported([seen(answer)])
        assert w.slow.prepared == []
