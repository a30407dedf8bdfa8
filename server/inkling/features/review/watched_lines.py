"""Whether the lines that a comment is about are changed after it was read: most comments are answered in this way.

A sibling of `features.survival`, which follows what was inserted. Here nothing is inserted, and the file is often not
open, so that its text at a look is compared with the one that was reviewed. The looks are the same ones.
"""

import asyncio
import difflib
import logging
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from inkling.core.errors import StoreError
from inkling.core.events import EventId, Outcome, OutcomeKind, Survival, SurvivalKind
from inkling.core.ports import Timer
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import SuggestionId
from inkling.core.text import split_lines
from inkling.features.review.moved_text import MovedText
from inkling.features.similarity import judge
from inkling.features.survival import LOOKS_S, SurvivalPorts

logger = logging.getLogger(__name__)

MAX_WATCHED: Final = 200  # comments; the oldest is forgotten first
_ANSWERS: Final = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.REJECTED})


class TextsNow(Protocol):
    """The client's documents."""

    def snapshot(self, uri: DocumentUri) -> Snapshot | None:
        """Returns a document as it is now; None for one that is not open."""
        ...

    def uri_of(self, path: Path) -> DocumentUri:
        """Returns what the client calls a file, be it open or not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentedPlace:
    """The lines that a comment is about.

    Attributes:
        comment_id: What outcomes call the comment.
        path: The file.
        text: The whole text that was reviewed, or that stood in its place when the comment was offered.
        first: The first line, one-based.
        last: The last one.
    """

    comment_id: SuggestionId
    path: Path
    text: str
    first: int
    last: int


@dataclass(slots=True, kw_only=True)
class _Watched:
    """A place, and since it was read what is known and still to come."""

    place: CommentedPlace
    shown: Outcome | None = None
    due_s: deque[float]
    commit_before: str | None = None
    timer: Timer | None = None


class LineWatch:
    """Looks at the lines of comments that were read, some time later, until they are answered."""

    def __init__(self, ports: SurvivalPorts, documents: TextsNow, looks_s: Sequence[float] = LOOKS_S) -> None:
        self._ports = ports
        self._documents = documents
        self._looks_s = tuple(looks_s)
        self._watched: OrderedDict[SuggestionId, _Watched] = OrderedDict()

    async def as_they_stand(self, places: Sequence[CommentedPlace]) -> list[CommentedPlace]:
        """Returns reviewed places in the texts as they are now, which may be other ones than those that were reviewed.

        What was changed before anybody read the comment is left out: that is no answer to it.
        """
        texts = {path: await self._text_now(path) for path in {place.path for place in places}}
        moved = await asyncio.to_thread(lambda: [_moved(place, texts[place.path]) for place in places])
        return [place for place in moved if place is not None]

    def offered(self, places: Sequence[CommentedPlace]) -> None:
        """Takes the places of comments that are sent to the editor."""
        for place in places:
            self._watched[place.comment_id] = _Watched(place=place, due_s=deque(self._looks_s))
            if len(self._watched) > MAX_WATCHED:
                self._drop(next(iter(self._watched.values())))

    def outcomes_reported(self, outcomes: Sequence[Outcome]) -> None:
        """Takes what became of suggestions; those that are no comments are left alone."""
        for outcome in outcomes:
            watched = self._watched.get(outcome.suggestion_id)
            if watched is None:
                continue
            if outcome.kind in _ANSWERS:
                self._drop(watched)
            elif outcome.kind is OutcomeKind.SHOWN and watched.shown is None:
                watched.shown = outcome
                self._wait(watched, self._looks_s[0])
                self._ports.background.start(self._learn_commit(watched))

    def file_saved(self) -> None:
        """Takes that some file was saved: people commit after that."""
        if any(watched.commit_before is not None for watched in self._watched.values()):
            self._ports.background.start(self._look_for_commits())

    def _wait(self, watched: _Watched, delay_s: float) -> None:
        watched.timer = self._ports.clock.call_later(delay_s, lambda: self._look_in_time(watched))

    def _look_in_time(self, watched: _Watched) -> None:
        after_s = watched.due_s.popleft()
        if watched.due_s:
            self._wait(watched, watched.due_s[0] - after_s)
        self._ports.background.start(self._look(watched, after_s))
        self.file_saved()

    async def _look(self, watched: _Watched, after_s: float | None) -> None:
        place, shown = watched.place, watched.shown
        text = await self._text_now(place.path)
        kind, similarity = SurvivalKind.UNKNOWN, 0.0
        if text is not None:
            kind, similarity = await asyncio.to_thread(_what_stands, place, text)
        if shown is None or self._watched.get(place.comment_id) is not watched:
            return
        look = "commit" if after_s is None else f"{after_s:g}s"
        survival = Survival(
            event_id=EventId(f"{shown.event_id}-{look}"),
            suggestion_id=place.comment_id,
            follows=OutcomeKind.SHOWN,
            at_ms=self._ports.clock.now_ms(),
            after_s=after_s,
            kind=kind,
            similarity=similarity,
        )
        if not watched.due_s and watched.commit_before is None:
            self._drop(watched)
        try:
            await self._ports.log.record_survivals([survival])
        except StoreError as error:
            logger.error("a look at commented lines was not recorded: %s", error)

    async def _text_now(self, path: Path) -> str | None:
        opened = self._documents.snapshot(self._documents.uri_of(path))
        return opened.text if opened is not None else await self._ports.files.read(path)

    async def _learn_commit(self, watched: _Watched) -> None:
        watched.commit_before = await self._ports.commits.latest_commit(watched.place.path.parent)

    async def _look_for_commits(self) -> None:
        for watched in list(self._watched.values()):
            before = watched.commit_before
            if before is None:
                continue
            latest = await self._ports.commits.latest_commit(watched.place.path.parent)
            if latest is not None and latest != before and watched.commit_before == before:
                watched.commit_before = None
                await self._look(watched, None)

    def _drop(self, watched: _Watched) -> None:
        if watched.timer is not None:
            watched.timer.cancel()
        self._watched.pop(watched.place.comment_id, None)


def _moved(place: CommentedPlace, text: str | None) -> CommentedPlace | None:
    if text is None or text == place.text:
        return place
    now = MovedText(place.text, text).lines(place.first, place.last)
    return None if now.is_rewritten else replace(place, text=text, first=now.first, last=now.last)


def _what_stands(place: CommentedPlace, text: str) -> tuple[SurvivalKind, float]:
    """Returns what became of commented lines in the text as it is now, and how similar they are, in [0, 1]."""
    old, new = ([line.rstrip() for line in split_lines(each)] for each in (place.text, text))
    first, last = place.first - 1, min(place.last, len(old))
    expected = old[first:last]
    standing: list[str] = []
    matcher = difflib.SequenceMatcher(None, old, new)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "insert":
            standing += new[new_from:new_to] if first < old_from < last else []
        elif max(old_from, first) < min(old_to, last):
            if tag == "equal":
                standing += old[max(old_from, first) : min(old_to, last)]
            else:
                standing += new[new_from:new_to]
    return judge("\n".join(expected), "\n".join(standing))
