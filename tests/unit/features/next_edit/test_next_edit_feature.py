"""Which edit is offered, which is not and why, and what is written down about it."""

import asyncio
from dataclasses import replace

import pytest
from tests.unit.features.fakes import FakeCompleter
from tests.unit.features.next_edit.scene import FOLDER, FakeMind, Scene, edit

from inkling.core.edit import TextEdit, apply_edit
from inkling.core.errors import ModelError, WorkerError
from inkling.core.events import Feature, OutcomeKind
from inkling.core.next_edit import EditKind, LinterMend, PredictedPlace
from inkling.core.ports import NameVerdict
from inkling.core.settings import GateSettings, NextEditSettings, Settings, TelemetrySettings
from inkling.core.suggestion import Candidate, Check, NoSuggestion, Reason, Source, Trigger
from inkling.features.next_edit import OfferedEdit

TEXT = "first = 1\nuse(first)\n\nlast = first\n"
RENAMED = "one = 1\nuse(first)\n\nlast = first\n"
USE = edit("a", 1, "use(first)", "use(one)", group="g", n_in_group=2, words="`first` was renamed to `one`")
LAST = edit("a", 3, "last = first", "last = one", 0.6, group="g", n_in_group=2)


def renamed(*minds: FakeMind, **texts: str) -> Scene:
    scene = Scene(*minds, a=RENAMED, **texts)
    scene.changed("a", 0, ["first = 1"], ["one = 1"])
    return scene


async def test_the_likeliest_edit_is_offered_as_a_small_replacement() -> None:
    scene = renamed(FakeMind(LAST, USE))
    offered = await scene.offered()
    assert offered.placed.edit == USE
    assert offered.n_in_group == 2
    assert offered.placed.version == scene.version
    assert offered.checked == {Check.PARSES, Check.NO_COMPLAINTS}
    assert apply_edit(RENAMED, offered.placed.change) == "one = 1\nuse(one)\n\nlast = first\n"
    assert offered.placed.change.n_removed <= len("first")


async def test_names_that_cannot_exist_are_not_offered_and_unknown_ones_are_said_to_be_unchecked() -> None:
    scene = renamed(FakeMind(USE))
    scene.names.verdicts["use(one)"] = NameVerdict.UNKNOWN_ATTRIBUTE
    assert await scene.silence() is Reason.UNKNOWN_ATTRIBUTE
    scene.names.verdicts["use(one)"] = NameVerdict.UNKNOWN_IMPORT
    assert await scene.silence() is Reason.UNKNOWN_IMPORT
    scene.names.verdicts["use(one)"] = NameVerdict.NOT_KNOWN_YET
    assert Check.NAMES_EXIST not in (await scene.offered()).checked


async def test_names_that_exist_were_checked() -> None:
    scene = renamed(FakeMind(USE))
    scene.names.verdicts["use(one)"] = NameVerdict.EXIST
    assert (await scene.offered()).checked == {Check.PARSES, Check.NAMES_EXIST, Check.NO_COMPLAINTS}


async def test_a_rename_brings_in_a_name_that_may_be_defined_with_its_last_place_only() -> None:
    scene = renamed(FakeMind(replace(USE, kind=EditKind.RENAME)))
    scene.names.verdicts["use(one)"] = NameVerdict.UNKNOWN_ATTRIBUTE
    assert (await scene.offered()).checked == {Check.PARSES}


async def test_what_is_offered_and_what_is_not_is_written_down() -> None:
    scene = renamed(FakeMind(USE, LAST))
    scene.checks.broken = {"use(one)"}
    offered = await scene.offered()
    await scene.background.finish()
    dropped, shown = scene.log.decisions
    assert (dropped.reason, dropped.was_offered, dropped.propensity) == (Reason.DOES_NOT_PARSE, False, 0.0)
    assert (shown.suggestion_id, shown.was_offered, shown.propensity) == (offered.id, True, 1.0)
    assert {each.feature for each in scene.log.decisions} == {Feature.NEXT_EDIT}
    assert (shown.path, shown.line, shown.n_lines, shown.probability) == ("a.py", 3, 1, 0.6)
    assert (shown.threshold, shown.model_version, shown.features) == (0.3, "fake-1", {"prior": 1.0})
    assert (shown.project.split("-")[0], shown.text) == ("project", None)


async def test_the_text_is_kept_only_where_the_user_wants_it() -> None:
    scene = renamed(FakeMind(USE))
    scene.feature.configure(Settings(telemetry=TelemetrySettings(store_text=True)))
    await scene.offered()
    await scene.background.finish()
    (shown,) = scene.log.decisions
    assert shown.text is not None
    assert RENAMED.splitlines()[1].startswith(shown.line_prefix)


async def test_what_is_below_the_threshold_stays_hidden() -> None:
    scene = renamed(FakeMind(replace(USE, probability=0.2)))
    answer = await scene.ask()
    assert answer == NoSuggestion(reason=Reason.LOW_PROBABILITY, probability=0.2)
    await scene.background.finish()
    assert scene.log.decisions[0].propensity == scene.settings.gate.explore
    assert scene.checks.n_checked == 0


async def test_a_share_of_what_is_hidden_is_shown_at_random() -> None:
    scene = renamed(FakeMind(replace(USE, probability=0.2)))
    scene.draws = 0.001
    offered = await scene.offered()
    await scene.background.finish()
    (shown,) = scene.log.decisions
    assert shown.suggestion_id == offered.id
    assert (shown.was_explored, shown.propensity) == (True, GateSettings().explore)


async def test_who_asks_explicitly_is_answered_whatever_the_probability() -> None:
    scene = renamed(FakeMind(replace(USE, probability=0.01)))
    answer = await scene.ask(is_invoked=True)
    assert isinstance(answer, OfferedEdit)
    await scene.background.finish()
    assert scene.log.decisions[0].trigger is Trigger.INVOKED


async def test_a_linters_mend_of_what_the_latest_change_brought_is_for_who_asks() -> None:
    scene = Scene(FakeMind(), a="import os\nimport re\n\nx = f'1'\n")
    scene.changed("a", 3, ["x = f'{1}'"], ["x = f'1'"])
    mend = LinterMend(edits=(TextEdit(offset=25, n_removed=1, inserted=""),), words="ruff, F541: no placeholder")
    assert scene.texts["a"][25] == "f"
    before = scene.texts["a"].replace("f'1'", "f'{1}'")
    scene.checks.mends_of = [((before, scene.texts["a"]), mend)]
    assert await scene.silence() is Reason.NOTHING_FOLLOWS
    answer = await scene.ask(is_invoked=True)
    assert isinstance(answer, OfferedEdit)
    edit = answer.placed.edit
    assert (edit.first_line, edit.removed, edit.inserted) == (3, ("x = f'1'",), ("x = '1'",))
    assert (edit.kind, edit.words) == (EditKind.DIAGNOSTIC, "ruff, F541: no placeholder")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (NextEditSettings(enabled=False), Reason.DISABLED),
        (NextEditSettings(max_file_kb=0), Reason.FILE_TOO_LARGE),
        (NextEditSettings(threshold=0.9), Reason.LOW_PROBABILITY),
    ],
)
async def test_settings(settings: NextEditSettings, reason: Reason) -> None:
    scene = renamed(FakeMind(USE))
    scene.feature.configure(Settings(next_edit=settings))
    assert await scene.silence() is reason


async def test_nothing_follows_where_nothing_was_changed() -> None:
    scene = Scene(FakeMind(USE), a=RENAMED)
    assert await scene.silence() is Reason.NOTHING_FOLLOWS
    assert scene.minds[0].questions == []
    await scene.background.finish()
    (silence,) = scene.log.silences
    assert (silence.feature, silence.reason, silence.path) == (Feature.NEXT_EDIT, Reason.NOTHING_FOLLOWS, "a.py")


async def test_a_file_that_no_edit_is_wanted_in_is_left_alone() -> None:
    elsewhere = edit("b", 0, "from a import first", "from a import one", 0.9)
    scene = renamed(FakeMind(elsewhere, USE), b="from a import first\n")
    scene.checks.refusals = {scene.path("b"): Reason.EXCLUDED}
    assert (await scene.offered()).placed.edit == USE
    await scene.background.finish()
    assert [each.reason for each in scene.log.decisions] == [Reason.EXCLUDED, None]
    assert await scene.silence("b") is Reason.EXCLUDED


async def test_where_other_lines_stand_a_prediction_is_void() -> None:
    scene = renamed(FakeMind(edit("a", 1, "use(second)", "use(one)")))
    assert await scene.silence() is Reason.NOTHING_FOLLOWS


async def test_an_edit_of_a_closed_file_is_placed_in_the_file_on_disk() -> None:
    scene = renamed(FakeMind(edit("b", 0, "from a import first", "from a import one")))
    scene.on_disk[scene.path("b")] = "from a import first\r\n"
    offered = await scene.offered()
    assert offered.placed.version is None
    assert apply_edit("from a import first\r\n", offered.placed.change) == "from a import one\r\n"
    assert scene.model.occasions[-1].is_elsewhere


async def test_the_linter_has_a_say_if_it_answers_in_time() -> None:
    scene = renamed(FakeMind(USE, LAST))
    scene.checks.worse = {"use(one)"}
    assert (await scene.offered()).placed.edit == LAST
    await scene.background.finish()
    assert scene.log.decisions[0].reason is Reason.WORSE_LINTING
    scene.checks.is_linter_slow = True
    offered = await scene.offered()
    assert offered.placed.edit == USE
    assert offered.checked == {Check.PARSES}


async def test_without_the_syntax_worker_nothing_is_offered() -> None:
    scene = renamed(FakeMind(USE))
    scene.checks.syntax_error = WorkerError("it died")
    assert await scene.silence() is Reason.WORKER_UNAVAILABLE


async def test_a_mind_that_fails_does_not_silence_the_others() -> None:
    broken = FakeMind()
    broken.error = WorkerError("it died")
    assert (await renamed(broken, FakeMind(USE)).offered()).placed.edit == USE
    assert await renamed(broken).silence() is Reason.WORKER_UNAVAILABLE


async def test_two_minds_that_say_the_same_are_one() -> None:
    alone = replace(USE, probability=0.9, group="", n_in_group=1, kind=EditKind.INTENT, source=Source.MODEL, words="")
    scene = renamed(FakeMind(USE), FakeMind(alone))
    offered = await scene.offered()
    assert offered.placed.edit == replace(USE, probability=0.9)
    await scene.background.finish()
    assert len(scene.log.decisions) == 1


async def test_what_works_against_the_developer_is_dropped() -> None:
    back = edit("a", 0, "one = 1", "first = 1", 0.9)
    scene = renamed(FakeMind(back, USE))
    assert (await scene.offered()).placed.edit == USE
    await scene.background.finish()
    assert scene.log.decisions[0].reason is Reason.REVERTS


async def test_asked_again_what_is_on_display_keeps_its_id_and_moves_with_the_text() -> None:
    mind = FakeMind(USE)
    scene = renamed(mind)
    first = await scene.offered()
    scene.write_line("a", 0, "# new")
    mind.edits = (replace(USE, first_line=2),)
    again = await scene.offered()
    assert again.id == first.id
    assert scene.told_of == [(first.id, scene.uri("a"), first.placed.change)]
    assert again.placed.edit.first_line == 2
    assert again.placed.version == scene.version
    await scene.background.finish()
    assert len(scene.log.decisions) == 1
    scene.report(first.id, OutcomeKind.IGNORED)
    assert (await scene.offered()).id != first.id


async def test_asked_again_it_says_of_how_many_it_is_by_then() -> None:
    """The files of a workspace are still being read when it is asked about first."""
    mind = FakeMind(replace(USE, n_in_group=1))
    scene = renamed(mind)
    first = await scene.offered()
    mind.edits = (replace(USE, n_in_group=3),)
    again = await scene.offered()
    assert (again.id, first.n_in_group, again.n_in_group) == (first.id, 1, 3)


async def test_after_an_accept_the_next_of_the_group_follows_at_once() -> None:
    """However unlikely it was to come next: who takes one of a kind has said that they want its kind."""
    mind = FakeMind(replace(LAST, probability=0.1), USE, edit("a", 0, "one = 1", "one = 2", 0.5))
    scene = renamed(mind)
    first = await scene.offered()
    scene.accept(first)
    second = await scene.offered(line=1)
    assert second.placed.edit == replace(LAST, probability=0.1, n_in_group=1)
    assert len(mind.questions) == 1
    assert scene.model.occasions[-1].follows_accept
    scene.accept(second)
    assert scene.texts["a"] == "one = 1\nuse(one)\n\nlast = one\n"
    mind.edits = ()
    assert await scene.silence(line=3) is Reason.NOTHING_FOLLOWS


async def test_the_group_goes_on_downwards_then_from_the_top_then_elsewhere() -> None:
    text = "x(old)\nx(old)\nx(old)\n"
    places = [edit("a", line, "x(old)", "x(new)", 0.5, group="g") for line in range(3)]
    places[1] = replace(places[1], probability=0.9)
    scene = Scene(FakeMind(edit("b", 0, "x(old)", "x(new)", 0.8, group="g"), *places), a=text, b="x(old)\n")
    scene.changed("a", 0, ["def y(old)"], ["def y(new)"])
    scene.history.changes = (replace(scene.history.changes[0], uri=scene.uri("c")),)
    order = []
    for _ in range(4):
        offered = await scene.offered()
        order.append((offered.placed.edit.uri, offered.placed.edit.first_line))
        scene.accept(offered)
    assert order == [(scene.uri("a"), 1), (scene.uri("a"), 2), (scene.uri("a"), 0), (scene.uri("b"), 0)]


async def test_a_deletion_is_followed_by_the_next_once_its_accept_is_reported() -> None:
    doomed = [edit("a", line, f"print({line})", None, 0.9 - line / 10, group="g") for line in (0, 1)]
    scene = Scene(FakeMind(*doomed), a="print(0)\nprint(1)\n")
    scene.changed("a", 2, ["print(2)"], [])
    first = await scene.offered()
    scene.accept(first)
    scene.report(first.id, OutcomeKind.ACCEPTED)
    second = await scene.offered()
    assert second.placed.edit == replace(doomed[1], first_line=0)


async def test_typing_on_is_no_accept() -> None:
    mind = FakeMind(USE, LAST)
    scene = renamed(mind)
    await scene.offered()
    scene.type("a", TextEdit(offset=RENAMED.index("first)"), n_removed=5, inserted="two"))
    assert (await scene.offered()).placed.edit == LAST
    assert not scene.model.occasions[-1].follows_accept
    assert len(mind.questions) == 2


@pytest.mark.parametrize("kind", [OutcomeKind.REJECTED, OutcomeKind.UNDONE])
async def test_what_was_rejected_is_not_offered_again_at_its_place_wherever_that_moves(kind: OutcomeKind) -> None:
    mind = FakeMind(USE)
    scene = renamed(mind)
    offered = await scene.offered()
    scene.report(offered.id, kind)
    assert await scene.silence() is Reason.REJECTED_BEFORE
    scene.write_line("a", 1, "# above it")
    mind.edits = (replace(USE, first_line=2),)
    assert await scene.silence() is Reason.REJECTED_BEFORE
    # The rest of the line may change, too.
    scene.type("a", TextEdit(offset=scene.texts["a"].index("use"), n_removed=0, inserted="re"))
    mind.edits = (edit("a", 2, "reuse(first)", "reuse(one)"),)
    assert await scene.silence() is Reason.REJECTED_BEFORE
    # The same elsewhere is another matter.
    mind.edits = (replace(LAST, first_line=4),)
    assert (await scene.offered()).placed.edit.first_line == 4
    answer = await scene.ask(is_invoked=True)
    assert isinstance(answer, OfferedEdit)


async def test_what_was_rejected_in_another_session_is_not_offered_again() -> None:
    scene = renamed(FakeMind(USE))
    await scene.offered()
    await scene.background.finish()
    (shown,) = scene.log.decisions
    scene.log.rejected = {(shown.context_fingerprint, shown.text_fingerprint)}
    scene.build()
    assert await scene.silence() is Reason.REJECTED_BEFORE
    # Lines that moved are known again by what stands above them.
    scene.write_line("a", 0, "# new")
    scene.minds[0].edits = (replace(USE, first_line=2),)
    assert await scene.silence() is Reason.REJECTED_BEFORE


async def test_a_rejected_import_is_wanted_nowhere_in_its_file() -> None:
    wanted = edit("a", 0, None, "import one", kind=EditKind.IMPORT)
    mind = FakeMind(wanted)
    scene = renamed(mind, b="use(one)\n")
    scene.report((await scene.offered()).id, OutcomeKind.REJECTED)
    await scene.background.finish()
    (shown,) = scene.log.decisions
    mind.edits = (replace(wanted, first_line=2),)
    assert await scene.silence() is Reason.REJECTED_BEFORE
    scene.log.rejected = {(shown.context_fingerprint, shown.text_fingerprint)}
    scene.build()
    assert await scene.silence() is Reason.REJECTED_BEFORE
    mind.edits = (edit("b", 0, None, "import one", kind=EditKind.IMPORT),)
    assert (await scene.offered("b")).placed.edit.uri == scene.uri("b")


async def test_a_newer_question_cancels_the_older() -> None:
    mind = FakeMind(USE)
    mind.may_speak.clear()
    scene = renamed(mind)
    older = asyncio.create_task(scene.ask())
    while not mind.questions:
        await asyncio.sleep(0)
    newer = asyncio.create_task(scene.ask())
    with pytest.raises(asyncio.CancelledError):
        await older
    mind.may_speak.set()
    assert isinstance(await newer, OfferedEdit)


async def test_a_late_answer_is_kept_and_the_editor_is_told() -> None:
    slow = FakeMind(replace(USE, source=Source.MODEL, kind=EditKind.INTENT))
    slow.may_speak.clear()
    place = PredictedPlace(uri=edit("a", 1, None, None).uri, line=1, probability=0.5)
    scene = renamed(FakeMind(places=[place]))
    scene.slow = [slow]
    assert await scene.silence() is Reason.NOTHING_FOLLOWS
    scene.write_line("a", 0, "# typed meanwhile")
    slow.may_speak.set()
    await scene.background.finish()
    assert scene.client.ready == [scene.uri("a")]
    assert slow.told_places == (place,)
    offered = await scene.offered(line=1)
    assert (offered.placed.edit.source, offered.placed.edit.first_line) == (Source.MODEL, 2)


async def test_the_same_is_not_asked_twice_and_what_is_on_display_is_not_disturbed() -> None:
    slow = FakeMind(replace(LAST, source=Source.MODEL))
    slow.may_speak.clear()
    scene = renamed(FakeMind(USE))
    scene.slow = [slow]
    await scene.offered()
    await scene.offered()
    slow.may_speak.set()
    await scene.background.finish()
    assert len(slow.questions) == 1
    assert scene.client.ready == []


async def test_at_most_two_questions_are_in_the_hands_of_slow_minds() -> None:
    slow = FakeMind(replace(USE, source=Source.MODEL))
    slow.may_speak.clear()
    scene = renamed(FakeMind())
    scene.slow = [slow]
    for step in range(4):
        await scene.silence()
        while len(slow.questions) <= step:
            await asyncio.sleep(0)
        scene.write_line("a", 0, "# more")
    assert sum(not task.done() and not task.cancelling() for task in scene.background.tasks) == 2
    slow.may_speak.set()
    await scene.background.finish()
    assert sum(task.cancelled() for task in scene.background.tasks) == 2


async def test_a_slow_mind_that_fails_is_no_news() -> None:
    slow = FakeMind()
    slow.error = ModelError("it refused")
    scene = renamed(FakeMind())
    scene.slow = [slow]
    assert await scene.silence() is Reason.NOTHING_FOLLOWS
    await scene.background.finish()
    assert scene.client.ready == []


async def test_who_asks_explicitly_waits_for_the_slow_minds() -> None:
    slow = FakeMind(replace(USE, source=Source.MODEL))
    scene = renamed(FakeMind())
    scene.slow = [slow]
    answer = await scene.ask(is_invoked=True)
    assert isinstance(answer, OfferedEdit)


@pytest.mark.parametrize(
    ("place", "line", "logprob", "expected"),
    [(0.9, 2, -0.05, "one()"), (0.1, 2, -0.05, None), (0.9, 2, -3.0, None), (0.9, 1, -0.05, None)],
)
async def test_the_completer_is_asked_where_the_developer_is_heading(
    place: float, line: int, logprob: float, expected: str | None
) -> None:
    class Completer(FakeCompleter):
        async def complete(self, request: object) -> list[Candidate]:
            return [Candidate(text="one()", source=Source.EMBEDDED, mean_logprob=logprob, n_tokens=2)]

    heading = PredictedPlace(uri=edit("a", 0, None, None).uri, line=line, probability=place)
    scene = renamed(FakeMind(places=[heading]))
    scene.completer = Completer()
    scene.build()
    if expected is None:
        assert await scene.silence() is Reason.NOTHING_FOLLOWS
        return
    offered = await scene.offered()
    assert offered.placed.edit.kind is EditKind.CONTINUATION
    assert apply_edit(RENAMED, offered.placed.change) == f"one = 1\nuse(first)\n{expected}\nlast = first\n"


async def test_a_group_holds_the_edits_that_fit_now() -> None:
    mind = FakeMind(USE)
    scene = renamed(mind, b="from a import first\n")
    offered = await scene.offered()
    mind.group = (USE, LAST, edit("b", 0, "from a import first", "from a import one"), edit("b", 7, "gone", "x"))
    group = await scene.feature.group(offered.id)
    assert group.words == USE.words
    assert [(each.edit.uri, each.edit.first_line) for each in group.edits] == [
        (scene.uri("a"), 1),
        (scene.uri("a"), 3),
        (scene.uri("b"), 0),
    ]
    assert {each.version for each in group.edits} == {scene.version}


async def test_a_group_says_how_many_more_there_are() -> None:
    mind = FakeMind(USE)
    scene = renamed(mind)
    offered = await scene.offered()
    mind.group = [replace(each, n_left_out=7) for each in (USE, LAST)]
    assert (await scene.feature.group(offered.id)).n_left_out == 7


async def test_a_group_leaves_out_files_that_would_break_and_what_was_rejected() -> None:
    mind = FakeMind(USE, LAST)
    scene = renamed(mind, b="from a import first\n")
    rejected = await scene.offered()
    scene.report(rejected.id, OutcomeKind.REJECTED)
    offered = await scene.offered()
    mind.group = (USE, LAST, edit("b", 0, "from a import first", "from a import one"))
    scene.checks.broken = {"from a import one"}
    group = await scene.feature.group(offered.id)
    assert [each.edit for each in group.edits] == [LAST]


async def test_without_the_mind_a_group_is_what_was_proposed_together() -> None:
    mind = FakeMind(USE, LAST)
    scene = renamed(mind)
    offered = await scene.offered()
    mind.error = WorkerError("it died")
    assert [each.edit for each in (await scene.feature.group(offered.id)).edits] == [USE, LAST]


async def test_a_group_of_what_holds_no_longer_is_empty() -> None:
    scene = renamed(FakeMind(USE))
    offered = await scene.offered()
    scene.type("a", TextEdit(offset=RENAMED.index("use"), n_removed=3, inserted="abuse"))
    assert (await scene.feature.group(offered.id)).edits == ()


async def test_the_history_is_told_of_everything() -> None:
    scene = renamed(FakeMind())
    scene.feature.document_opened(scene.open_snapshot("a"))
    scene.write_line("a", 0, "# x")
    scene.feature.document_saved(scene.uri("a"))
    scene.feature.files_changed([FOLDER / "x.py"])
    scene.feature.document_closed(scene.uri("a"))
    assert scene.history.told == ["opened", "edited", "saved", "files", "closed"]
