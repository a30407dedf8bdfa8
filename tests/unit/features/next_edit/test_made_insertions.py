"""An insertion that was made is over: nothing that stands there already is offered or applied a second time."""

from dataclasses import replace

import pytest
from tests.unit.features.next_edit.scene import FakeMind, Scene, edit

from inkling.core.edit import TextEdit
from inkling.core.events import OutcomeKind
from inkling.core.suggestion import Reason

TIMES = '"""Times."""\n\n\ndef stamp():\n    return Path.cwd()\n'
IMPORT = "from pathlib import Path"
TABLE = "actions = {\n    ADD: do_add,\n}\nnames = {\n    ADD: 'add',\n}\n"


def edited(mind: FakeMind, text: str) -> Scene:
    """A file in whose last line something was changed."""
    scene = Scene(mind, a=text)
    scene.changed("a", text.count("\n") - 1, ["before"], ["after"])
    return scene


@pytest.mark.parametrize("lines", [IMPORT, f"\n{IMPORT}"])
@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("reported", ["before", "after", "never"])
async def test_an_accepted_insertion_is_not_offered_again(lines: str, place: int, reported: str) -> None:
    mind = FakeMind(edit("a", place, None, lines, group="import Path"))
    scene = edited(mind, TIMES)
    first = await scene.offered(line=4)
    if reported == "before":
        scene.report(first.id, OutcomeKind.ACCEPTED)
    scene.accept(first)
    if reported == "after":
        scene.report(first.id, OutcomeKind.ACCEPTED)
    mind.edits = ()
    assert await scene.silence(line=5) is Reason.NOTHING_FOLLOWS
    assert (await scene.feature.group(first.id)).edits == ()


async def test_the_next_insertion_of_the_group_follows_and_none_comes_back() -> None:
    entries = [
        edit("a", 2, None, "    RENAME: do_rename,", 0.9, group="entry"),
        edit("a", 5, None, "    RENAME: 'rename',", 0.8, group="entry"),
    ]
    mind = FakeMind(*entries)
    scene = edited(mind, TABLE)
    for _ in entries:
        scene.accept(await scene.offered())
    both = TABLE.replace("do_add,\n", "do_add,\n    RENAME: do_rename,\n").replace(
        "'add',\n", "'add',\n    RENAME: 'rename',\n"
    )
    assert scene.texts["a"] == both
    mind.edits = ()
    assert await scene.silence() is Reason.NOTHING_FOLLOWS


async def test_two_insertions_at_one_place_are_one_or_the_other() -> None:
    run = edit("a", 2, None, "    MOVE: do_move,\n    RENAME: do_rename,", 0.9, group="entry")
    mind = FakeMind(run, replace(run, inserted=run.inserted[1:], probability=0.8))
    scene = edited(mind, TABLE)
    scene.accept(await scene.offered())
    mind.edits = ()
    assert await scene.silence() is Reason.NOTHING_FOLLOWS


@pytest.mark.parametrize("place", [1, 2])
async def test_what_a_mind_predicts_once_more_beside_itself_is_not_offered(place: int) -> None:
    mind = FakeMind(edit("a", place, None, IMPORT))
    scene = edited(mind, TIMES.replace("\n\n", f"\n{IMPORT}\n\n", 1))
    scene.changed("a", 1, [], [IMPORT])
    assert await scene.silence() is Reason.REVERTS


async def test_a_line_like_one_that_stood_there_before_may_be_wanted() -> None:
    mind = FakeMind(edit("a", 1, None, "    step()", group="step"))
    scene = edited(mind, "def run():\n    step()\n")
    assert (await scene.offered()).placed.edit == mind.edits[0]
    assert (await scene.offered()).placed.edit == mind.edits[0]


async def test_lines_that_came_by_hand_meanwhile_are_not_offered() -> None:
    entries = [edit("a", line, None, f"    X: {line},", 0.9 - line / 10, group="entry") for line in (2, 5)]
    mind = FakeMind(*entries)
    scene = edited(mind, TABLE)
    first = await scene.offered()
    scene.write_line("a", 5, "    X: 5,")
    scene.accept(first)
    mind.edits = ()
    assert await scene.silence() is Reason.NOTHING_FOLLOWS


async def test_a_group_leaves_out_what_was_inserted_already() -> None:
    entries = [edit("a", line, None, f"    X: {line},", 0.9 - line / 10, group="entry") for line in (2, 5)]
    mind = FakeMind(*entries)
    scene = edited(mind, TABLE)
    first = await scene.offered()
    scene.type("a", TextEdit(offset=scene.texts["a"].rindex("}"), n_removed=0, inserted="    X: 5,\n"))
    scene.changed("a", 5, [], ["    X: 5,"])
    mind.group = entries
    assert [each.edit for each in (await scene.feature.group(first.id)).edits] == entries[:1]
