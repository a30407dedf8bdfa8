"""A quick mind and a slow one: who is waited for, and whose text is shown."""

import asyncio

from tests.unit.features.fakes import FakeCompleter, proposal, question
from tests.unit.features.slow_mind import world

from inkling.core.errors import WorkerError
from inkling.core.suggestion import NoSuggestion, Reason, Source, Suggestion, Trigger
from inkling.features.meaning import without_duplicates


async def test_the_quick_mind_is_shown_at_once_when_the_slow_one_is_not_due() -> None:
    async with world("quick") as w:
        answer = await w.ask()
        assert isinstance(answer, Suggestion)
        assert answer.candidate.text == "quick"


async def test_a_slow_mind_that_is_due_is_given_its_grace_and_the_likelier_text_is_shown() -> None:
    async with world("quick", "other") as w:
        w.slow.is_due = True
        w.model.probabilities = {"quick": 0.5, "other": 0.4, "slow": 0.8}
        w.slow.say("slow")
        answer = await w.ask()
        assert isinstance(answer, Suggestion)
        assert (answer.candidate.text, answer.candidate.source) == ("slow", Source.MODEL)
        assert w.syntax.asked == ["slow"]


async def test_a_slow_mind_that_does_not_keep_its_time_holds_nothing_up() -> None:
    async with world("quick") as w:
        w.slow.is_due = True
        answer = await w.ask()
        assert isinstance(answer, Suggestion)
        assert answer.candidate.text == "quick"


async def test_what_a_check_drops_gives_way_to_the_next_likely() -> None:
    async with world("quick") as w:
        w.slow.is_due = True
        w.model.probabilities = {"quick": 0.5, "slow": 0.8}
        w.syntax.broken = ["slow"]
        w.slow.say("slow")
        answer = await w.ask()
        assert isinstance(answer, Suggestion)
        assert answer.candidate.text == "quick"
        assert await w.rows(2) == [
            (Reason.DOES_NOT_PARSE, Source.MODEL, False),
            (None, Source.EMBEDDED, True),
        ]


async def test_what_both_say_is_judged_once() -> None:
    async with world("f(a, b)") as w:
        w.slow.is_due = True
        w.model.probabilities = {"f(a, b)": 0.1, "f(a,b)": 0.1}
        w.slow.say("f(a,b)")
        w.slow.end()
        await w.ask()
        assert len(await w.rows(1)) == 1


async def test_where_the_quick_mind_has_nothing_to_show_the_slow_one_is_waited_for() -> None:
    async with world("quick") as w:
        w.model.probabilities = {"quick": 0.1, "slow": 0.8}
        asking = w.ask()
        await w.rows(1)
        w.slow.say("slow")
        answer = await asking
        assert isinstance(answer, Suggestion)
        assert answer.candidate.text == "slow"


async def test_an_endpoint_that_fails_silences_nobody() -> None:
    async with world("quick") as w:
        w.slow.is_due = True
        w.slow.fail("no key")
        answer = await w.ask()
        assert isinstance(answer, Suggestion)
        assert answer.candidate.text == "quick"


async def test_where_nobody_has_anything_the_reason_is_the_most_telling_one() -> None:
    cases = [
        (FakeCompleter(silence=NoSuggestion(reason=Reason.NO_CANDIDATE)), "down", Reason.MODEL_UNAVAILABLE),
        (FakeCompleter(silence=NoSuggestion(reason=Reason.INDEX_NOT_READY)), "", Reason.INDEX_NOT_READY),
        (FakeCompleter(error=WorkerError("gone")), "", Reason.NO_CANDIDATE),
    ]
    for quick, failure, reason in cases:
        async with world(completer=quick) as w:
            if failure:
                w.slow.fail(failure)
            else:
                w.slow.end()
            assert await w.ask() == NoSuggestion(reason=reason)
        assert [silence.reason for silence in w.log.silences] == [reason]


async def test_a_withdrawn_question_withdraws_all_it_asked() -> None:
    async with world() as w:
        asking = w.ask()
        while not w.slow.n_asked:
            await asyncio.sleep(0)
        asking.cancel()
        await w.left()


async def test_who_asks_explicitly_gets_what_both_minds_say_best_first() -> None:
    async with world("quick", "other") as w:
        w.model.probabilities = {"quick": 0.5, "other": 0.1, "slow": 0.8, "late": 0.3}
        w.slow.say("slow")
        w.slow.say("slow", "late")
        w.slow.end()
        answer = await w.ask(trigger=Trigger.INVOKED)
        assert isinstance(answer, Suggestion)
        texts = [each.candidate.text for each in (answer, *answer.alternatives)]
        assert texts == ["slow", "quick", "late", "other"]
        assert await w.rows(4) == [
            (None, Source.MODEL, True),
            (None, Source.EMBEDDED, True),
            (None, Source.MODEL, True),
            (None, Source.EMBEDDED, True),
        ]
        assert len({row.suggestion_id for row in w.log.decisions}) == 4


async def test_of_several_only_those_that_pass_the_checks_are_given_and_not_too_many() -> None:
    async with world("a", "b", "c", "d", "e", "f", "g") as w:
        w.syntax.broken = ["b"]
        w.slow.end()
        answer = await w.ask(trigger=Trigger.INVOKED)
        assert isinstance(answer, Suggestion)
        assert [each.candidate.text for each in (answer, *answer.alternatives)] == ["a", "c", "d", "e", "f"]
        rows = await w.rows(6)
        assert [offered for _, _, offered in rows] == [True, False, True, True, True, True]


def test_duplicates_by_meaning_are_left_out() -> None:
    cases = [
        ("x = |\n", ["f(a, b)", "f(a,b)", "f( a, b )", "f(b, a)"], ["f(a, b)", "f(b, a)"]),
        ("x = |\n", ["'a'", '"a"', "('a')"], ["'a'"]),
        ("if |\n", ["x == 1:", "x==1:", "(x == 1):"], ["x == 1:"]),
        ("    |\n", ["return 1", "return  1", "return 2"], ["return 1", "return 2"]),
        ("x = f(|\n", ["a,  b", "a, b", "b"], ["a,  b", "b"]),
        ("x = |\n", ['"é🙂"', "'é🙂'"], ['"é🙂"']),
        ("|", ["\0", "(" * 300], ["\0", "(" * 300]),
    ]
    for marked, texts, kept in cases:
        found = without_duplicates(question(marked), [proposal(text) for text in texts])
        assert [candidate.text for candidate in found] == kept
