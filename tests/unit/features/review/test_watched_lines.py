"""Lines that comments are about, looked at on a clock that is set by hand."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.unit.features.test_survival_tracker import Disk, ListLog, ManualClock

from inkling.core.events import EventId, Outcome, OutcomeKind, Survival, SurvivalKind
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import SuggestionId
from inkling.features.review import LineWatch
from inkling.features.review.watched_lines import MAX_WATCHED, CommentedPlace
from inkling.features.survival import SurvivalPorts

PATH = Path("/shop/cart.py")
TEXT = "def total(prices):\n    return summ(prices)\n\n\ndef none():\n    return summ(prices)\n"


class Tasks:
    """Starts work on the loop, and waits for it when it is told to."""

    def __init__(self) -> None:
        self.running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.running.add(asyncio.ensure_future(work))

    async def finish(self) -> None:
        while self.running:
            await self.running.pop()


class Scene:
    def __init__(self) -> None:
        self.clock, self.disk, self.log, self.tasks = ManualClock(), Disk(), ListLog(), Tasks()
        self.disk.files[PATH] = TEXT
        self.opened: dict[DocumentUri, Snapshot] = {}
        ports = SurvivalPorts(log=self.log, background=self.tasks, clock=self.clock, files=self.disk, commits=self.disk)
        self.watch = LineWatch(ports, self, looks_s=(15.0, 600.0))
        self.watch.offered([self.place("c")])

    def snapshot(self, uri: DocumentUri) -> Snapshot | None:
        return self.opened.get(uri)

    def uri_of(self, path: Path) -> DocumentUri:
        return DocumentUri(path.as_uri())

    def place(self, name: str) -> CommentedPlace:
        return CommentedPlace(comment_id=SuggestionId(name), path=PATH, text=TEXT, first=2, last=2)

    def open(self, text: str) -> None:
        uri = self.uri_of(PATH)
        self.opened[uri] = Snapshot(uri=uri, path=PATH, version=1, text=text)

    async def happened(self, kind: OutcomeKind, name: str = "c") -> None:
        outcome = Outcome(event_id=EventId(f"{name}-{kind}"), suggestion_id=SuggestionId(name), kind=kind, at_ms=1)
        self.watch.outcomes_reported([outcome])
        await self.tasks.finish()

    async def after(self, seconds: float) -> list[Survival]:
        self.clock.advance(seconds)
        await self.tasks.finish()
        return self.log.survivals


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TEXT, SurvivalKind.KEPT),
        ("import os\n\n" + TEXT.replace("\n", "\r\n"), SurvivalKind.KEPT),
        (TEXT.replace("return summ(prices)\n", "return sum(prices)\n", 1), SurvivalKind.EDITED),
        (TEXT.replace("    return summ(prices)\n", "", 1), SurvivalKind.DELETED),
        ("", SurvivalKind.DELETED),
    ],
)
async def test_the_lines_are_told_from_the_same_ones_elsewhere(text: str, kind: SurvivalKind) -> None:
    scene = Scene()
    scene.open(text)
    await scene.happened(OutcomeKind.SHOWN)
    (look,) = await scene.after(15)
    assert (look.kind, look.follows, look.after_s) == (kind, OutcomeKind.SHOWN, 15.0)
    assert (look.similarity == 1.0) == (kind is SurvivalKind.KEPT)
    assert (look.event_id, look.suggestion_id) == ("c-shown-15s", "c")


async def test_lines_are_followed_from_what_stood_when_the_comment_was_offered() -> None:
    scene = Scene()
    scene.open("import os\n" + TEXT)
    (place,) = await scene.watch.as_they_stand([scene.place("d")])
    assert (place.text, place.first, place.last) == ("import os\n" + TEXT, 3, 3)
    scene.open(TEXT.replace("summ", "sum"))
    assert await scene.watch.as_they_stand([scene.place("d")]) == []
    scene.opened.clear()
    scene.disk.files.clear()
    assert await scene.watch.as_they_stand([scene.place("d")]) == [scene.place("d")]


async def test_a_file_that_is_not_open_is_read_and_one_that_is_gone_is_unknown() -> None:
    scene = Scene()
    await scene.happened(OutcomeKind.SHOWN)
    scene.disk.files[PATH] = TEXT.replace("summ", "sum")
    assert [look.kind for look in await scene.after(15)] == [SurvivalKind.EDITED]
    del scene.disk.files[PATH]
    assert [look.kind for look in await scene.after(600)][1:] == [SurvivalKind.UNKNOWN]


async def test_nothing_is_looked_at_that_was_not_read_or_is_answered() -> None:
    scene = Scene()
    assert await scene.after(700) == []
    await scene.happened(OutcomeKind.SHOWN, "of another feature")
    await scene.happened(OutcomeKind.SHOWN)
    await scene.happened(OutcomeKind.REJECTED)
    assert await scene.after(700) == []


async def test_the_next_commit_is_a_look_of_its_own() -> None:
    scene = Scene()
    await scene.happened(OutcomeKind.SHOWN)
    scene.watch.file_saved()
    assert await scene.after(1) == []
    scene.disk.commit = "c1"
    scene.watch.file_saved()
    assert [(look.after_s, look.kind) for look in await scene.after(1)] == [(None, SurvivalKind.KEPT)]
    await scene.after(15)
    assert [look.after_s for look in await scene.after(600)] == [None, 15.0, 600.0]


async def test_the_oldest_are_forgotten() -> None:
    scene = Scene()
    scene.watch.offered([scene.place(str(number)) for number in range(MAX_WATCHED)])
    await scene.happened(OutcomeKind.SHOWN)
    await scene.happened(OutcomeKind.SHOWN, "0")
    assert [look.suggestion_id for look in await scene.after(15)] == ["0"]
