"""Gathers what a model is told about a question for the next edit; reads files, and shows only those that it may."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from inkling.context.prompt_context import Lookup
from inkling.context.prompt_context.readable import Readable
from inkling.context.sources import read_source
from inkling.core.errors import WorkerError
from inkling.core.next_edit import ChangeOrigin, EditQuestion, LineChange, PredictedPlace
from inkling.core.ports import WorkspaceScope
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.text import position_at, split_lines
from inkling.llm.next_edit.prompt import WINDOW_TOKENS, Problem, Scene
from inkling.llm.next_edit.windows import Anchor, ShownFile, choose_windows

MAX_CHARS: Final = 500_000  # of one file; a larger one is data
MAX_PLACES: Final = 8
MAX_FILES: Final = 8
CURSOR_REACH: Final = 12  # lines above and below the cursor that are worth most
PLACE_REACH: Final = 5
PROBLEMS_WITHIN_S: Final = 0.1  # a model takes longer by far, and does without
_MEANT: Final = frozenset({ChangeOrigin.TYPED, ChangeOrigin.APPLIED})


class SceneReader:
    """Gathers scenes."""

    def __init__(
        self, find_document: Callable[[DocumentUri], Snapshot | None], lookup: Lookup, scope: WorkspaceScope
    ) -> None:
        """Prepares; nothing is read before the first question.

        Args:
            find_document: Returns an open document as it is now.
            lookup: Knows what is wrong near a place.
            scope: The folders, and what is excluded.
        """
        self._find_document = find_document
        self._lookup = lookup
        self._readable = Readable(scope)

    def open_workspace(self, scope: WorkspaceScope) -> None:
        """Takes the folders, and what is excluded."""
        self._readable = Readable(scope)

    def files_changed(self) -> None:
        """Looks anew at what may be shown: one of the files may be a `.gitignore`."""
        self._readable.forget()

    async def scene(
        self,
        question: EditQuestion,
        places: Sequence[PredictedPlace] = (),
        problems_within_s: float = PROBLEMS_WITHIN_S,
    ) -> Scene | None:
        """Returns what the model is told; None where nothing was meant lately, or it may not see the file.

        Args:
            question: The question.
            places: Where another mind expects the next change, the likeliest first.
            problems_within_s: How long to wait for what is wrong near the cursor.
        """
        history = tuple(change for change in question.history if change.origin in _MEANT)
        if not history:
            return None
        problems = await self._problems(question, problems_within_s)
        sources = (self._find_document, self._readable)
        files = await asyncio.to_thread(_shown_files, question, history, places, sources)
        if question.snapshot.uri not in files:
            return None
        return await asyncio.to_thread(_scene, question, history, places, (files, problems))

    async def _problems(self, question: EditQuestion, within_s: float) -> tuple[Problem, ...]:
        with suppress(TimeoutError, WorkerError):
            async with asyncio.timeout(within_s):
                found = await self._lookup.problems(question.snapshot, question.offset)
                return tuple(Problem(line=line - 1, words=words) for line, words in found)
        return ()


def _shown_files(
    question: EditQuestion,
    history: Sequence[LineChange],
    places: Sequence[PredictedPlace],
    sources: tuple[Callable[[DocumentUri], Snapshot | None], Readable],
) -> dict[DocumentUri, ShownFile]:
    """Returns the files that matter and may be shown, the one with the cursor first; reads files, so on a thread."""
    find_document, readable = sources
    uris = [question.snapshot.uri, *(place.uri for place in places), *(change.uri for change in reversed(history))]
    files: dict[DocumentUri, ShownFile] = {}
    for uri in list(dict.fromkeys(uris))[:MAX_FILES]:
        snapshot = question.snapshot if uri == question.snapshot.uri else find_document(uri)
        path = snapshot.path if snapshot is not None else _path_of(uri)
        if path is not None and not (readable.known(path) or readable.look(path)):
            continue
        text = snapshot.text if snapshot is not None else read_source(str(path)) if path is not None else None
        if text is not None and len(text) <= MAX_CHARS:
            files[uri] = ShownFile(uri=uri, path=path, name=readable.name(path), lines=lines_of(text))
    return files


def _scene(
    question: EditQuestion,
    history: Sequence[LineChange],
    places: Sequence[PredictedPlace],
    known: tuple[dict[DocumentUri, ShownFile], tuple[Problem, ...]],
) -> Scene:
    files, problems = known
    cursor_line = position_at(question.snapshot.text, question.offset).line
    likeliest = sorted(places, key=lambda place: -place.probability)[:MAX_PLACES]
    anchors = [
        Anchor(uri=question.snapshot.uri, line=cursor_line, reach=CURSOR_REACH),
        *(Anchor(uri=place.uri, line=place.line, reach=PLACE_REACH) for place in likeliest),
        *(Anchor(uri=question.snapshot.uri, line=problem.line, reach=PLACE_REACH) for problem in problems),
        *(Anchor(uri=change.uri, line=change.first_line, reach=PLACE_REACH) for change in reversed(history)),
    ]
    return Scene(
        windows=choose_windows(files, anchors, WINDOW_TOKENS),
        changes=tuple(change for change in history if change.uri in files),
        problems=problems,
        places=tuple((place.uri, place.line) for place in likeliest if place.uri in files),
        cursor_uri=question.snapshot.uri,
        cursor_line=cursor_line,
        name=lambda uri: files[uri].name,
    )


def lines_of(text: str) -> tuple[str, ...]:
    """Returns the lines of a text without their ends."""
    return tuple(line.rstrip("\r\n") for line in split_lines(text))


def _path_of(uri: DocumentUri) -> Path | None:
    """Returns where a document lies that nobody has open; None for what is no file of this machine."""
    parts = urlsplit(uri)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" and parts.netloc in {"", "localhost"} else None
