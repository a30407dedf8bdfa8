"""The daemon's half of the analysis: asks the worker, within deadlines, and remembers what it said."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from inkling.context.analysis.mentions import Mentions, find_mentions, pack
from inkling.context.analysis.scope_facts import ScopeFacts, unpack_facts
from inkling.context.analysis.written import written_by
from inkling.context.worker.process import WorkerProcess, WorkerSpec
from inkling.core.edit import TextEdit
from inkling.core.errors import WorkerError
from inkling.core.names import NO_TICKET, FoundNames, NamedCompletion, NameDocumentation
from inkling.core.ports import NameVerdict, WorkspaceScope
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest
from inkling.core.text import line_end, line_start

logger = logging.getLogger(__name__)

MAX_CHARS: Final = 1_000_000  # larger documents are not analysed
MAX_LINE_CHARS: Final = 20_000  # nor those with a longer line: jedi would take seconds
MAX_CHARS_ASIDE: Final = 100_000  # of documents that more is asked about: the worker takes tenths of a second for them
QUIET_FOR_S: Final = 0.15  # a pause in checks and keys in which that may be asked
SETTLED_AFTER_S: Final = 0.5  # a pause in typing after which the worker gets the new text
WORK_DEADLINE_S: Final = 5.0  # for an answer that comes too late for its question, but not for the next one
DEFINITIONS_DEADLINE_S: Final = 20.0  # for a first few of many places: nobody waits, and jedi may have much to read
MAX_PENDING: Final = 4  # questions the worker may be behind with; past this the oldest is given up
MAX_REMEMBERED: Final = 512
UNKNOWN_IS_FRESH_S: Final = 10.0  # afterwards a name that was missing is looked for again: packages get installed
TREES_FOLDER: Final = "syntax-trees"  # in the cache folder
UNSURE_IS_FRESH_S: Final = 1.0  # afterwards the worker may have read more

_Key = tuple[str, int, int, str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    verdict: NameVerdict
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedPlace:
    """Where a name is defined; the line from 0, the column in code points."""

    path: Path
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPlace:
    """Where a name stands; the line from 0, the column in code points."""

    path: Path
    line: int
    column: int
    name: str


class Analysis:
    """Checks names and completes them with jedi in a worker process; `run` keeps the worker alive."""

    def __init__(self, *, check_deadline_s: float, completion_deadline_s: float, cache_dir: Path | None = None) -> None:
        """Prepares the worker; nothing runs yet.

        Args:
            check_deadline_s: Longest wait of `check`, seconds.
            completion_deadline_s: Longest wait of `complete_names`, seconds.
            cache_dir: Where syntax trees are kept between starts, in a folder of their own; None: nowhere.
        """
        self._check_deadline_s = check_deadline_s
        self._completion_deadline_s = completion_deadline_s
        self._worker = WorkerProcess(
            WorkerSpec(
                name="analysis",
                module="inkling.context.analysis.worker",
                arguments=() if cache_dir is None else (str(cache_dir / TREES_FOLDER),),
            ),
            on_start=self._tell_everything,
        )
        self._tasks: asyncio.TaskGroup | None = None
        self._scope: WorkspaceScope | None = None
        self._documents: dict[DocumentUri, Snapshot] = {}
        self._latest: DocumentUri | None = None
        self._quiet_from_s = 0.0
        self._unsent: set[DocumentUri] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._pending: OrderedDict[_Key, asyncio.Task[NameVerdict]] = OrderedDict()
        self._answers: OrderedDict[_Key, _Answer] = OrderedDict()

    async def run(self) -> None:
        """Keeps the worker running until it is cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                await self._worker.run()
        finally:
            self._tasks = None
            if self._timer is not None:
                self._timer.cancel()

    def process_ids(self) -> list[int]:
        """Returns the ids of the running worker processes; jedi's own child of the worker is not among them."""
        return [] if self._worker.process_id is None else [self._worker.process_id]

    async def check(self, request: CompletionRequest, candidate: Candidate) -> NameVerdict:
        """Returns what is known of the candidate's names within the deadline of a check."""
        self._be_quiet()
        return await self._verdict(request.snapshot, request.offset, candidate.text, self._check_deadline_s)

    async def check_edit(self, snapshot: Snapshot, edit: TextEdit, *, within_s: float) -> NameVerdict:
        """Returns what is known of the names that an edit of a document brings in; never raises WorkerError.

        Args:
            snapshot: The document before the edit.
            edit: The edit; lines after the first few that it writes are not looked at.
            within_s: Longest wait, seconds.
        """
        self._be_quiet()
        if not is_analysed(snapshot.text):
            return NameVerdict.NOT_KNOWN_YET
        if self._unsent:
            self._send_documents()  # what the edit names may have been written just now, in any of them
        written = list(written_by(snapshot.text, edit))
        verdicts = await asyncio.gather(
            *(
                self._verdict(replace(snapshot, text=text), offset, line, within_s)
                for text, offset, line in written[:MAX_PENDING]
            )
        )
        return _sum_up(verdicts, is_all=len(written) <= MAX_PENDING) if written else NameVerdict.EXIST

    async def _verdict(self, snapshot: Snapshot, offset: int, written: str, deadline_s: float) -> NameVerdict:
        """Returns what is known of the names of a text that is to be written at a place of a document."""
        found = find_mentions(snapshot.text, offset, written)
        if not found.mentions:
            return NameVerdict.EXIST if found.is_all else NameVerdict.NOT_KNOWN_YET
        key = _key(snapshot, offset, found)
        answer = self._remembered(key)
        if answer is not None:
            return answer
        if not is_analysed(snapshot.text):
            return NameVerdict.NOT_KNOWN_YET
        task = self._pending.get(key) or self._ask(key, snapshot, offset, found)
        if task is None:
            return NameVerdict.NOT_KNOWN_YET
        # Not wait_for: the worker goes on when nobody waits any more, and the next keystroke finds its answer.
        await asyncio.wait({task}, timeout=deadline_s)
        return task.result() if task.done() and not task.cancelled() else NameVerdict.NOT_KNOWN_YET

    async def complete_names(self, request: CompletionRequest) -> FoundNames:
        """Returns what jedi would complete; no names when it takes longer than the deadline.

        Raises:
            WorkerError: The analysis process died or is not running.
        """
        snapshot = request.snapshot
        if not is_analysed(snapshot.text):
            return FoundNames(ticket=NO_TICKET, names=(), is_all=True)
        process_id = self._worker.process_id
        payload = (_path_text(snapshot), snapshot.text, request.offset)
        try:
            ticket, names, is_all = await self._worker.call("complete", payload, deadline_s=self._completion_deadline_s)
        except WorkerError as error:
            if process_id is None or self._worker.process_id != process_id:
                raise
            logger.debug("no names: %s", error)
            return FoundNames(ticket=NO_TICKET, names=(), is_all=False)
        return FoundNames(ticket=ticket, names=names, is_all=is_all)

    async def describe_names(self, ticket: str, indexes: Sequence[int]) -> list[NamedCompletion]:
        """Returns the rows of some names in this order; none where the ticket is of an older question.

        Raises:
            WorkerError: The analysis process died, is not running or took too long.
        """
        payload = (ticket, list(indexes))
        rows = await self._worker.call("describe", payload, deadline_s=self._completion_deadline_s)
        return [
            NamedCompletion(name=name, written=written, kind=kind, detail=detail, ticket=ticket, index=index)
            for index, (name, written, kind, detail) in zip(indexes, rows, strict=False)
        ]

    async def document_name(self, ticket: str, index: int) -> NameDocumentation | None:
        """Returns what a name stands for; None where the ticket is of an older question.

        Raises:
            WorkerError: The analysis process died, is not running or took too long.
        """
        found = await self._worker.call("document", (ticket, index), deadline_s=WORK_DEADLINE_S)
        return None if found is None else NameDocumentation(signature=found[0], documentation=found[1])

    async def define(self, snapshot: Snapshot, offset: int) -> tuple[Path, str] | None:
        """Returns the file and the code of the class or function that the name at `offset` stands for.

        Raises:
            WorkerError: The analysis process died or is not running.
        """
        if not is_asked_aside(snapshot.text):
            return None
        found = await self._ask_aside("define", (_path_text(snapshot), snapshot.text, offset))
        return None if found is None else (Path(found[0]), found[2])

    async def scope_facts(self, snapshot: Snapshot, line_number: int, known: Sequence[str]) -> ScopeFacts | None:
        """Returns what is known of the scope around a line; None where the document does not parse around it.

        Asked in quiet moments, for about a tenth of a second: what was not found out by then is not among the facts.

        Args:
            snapshot: The document.
            line_number: The line, from 0.
            known: Receivers and callees about which the caller knows enough; they are not looked up.

        Raises:
            WorkerError: The analysis process died or is not running.
        """
        if not is_asked_aside(snapshot.text):
            return None
        packed = await self._ask_aside("facts", (_path_text(snapshot), snapshot.text, line_number, list(known)))
        return None if packed is None else unpack_facts(packed)

    async def problems(self, snapshot: Snapshot, offset: int) -> list[tuple[int, str]]:
        """Returns what is wrong near `offset`: lines, from 1, and words.

        Raises:
            WorkerError: The analysis process died or is not running.
        """
        if not is_asked_aside(snapshot.text):
            return []
        return list(await self._ask_aside("problems", (snapshot.text, offset)))

    async def definitions(self, texts: Mapping[Path, str], places: Sequence[NamedPlace]) -> list[list[DefinedPlace]]:
        """Returns for each place where the name at it is defined; nothing where jedi does not know.

        Asked in quiet moments, a tenth of a second at a time: it may take seconds until all is known.

        Args:
            texts: Files as they are to be seen, in place of what lies on disk.
            places: Names, those of one file best one after the other. Those of texts that are too large are not known.

        Raises:
            WorkerError: The analysis process died or is not running.
        """
        told = {str(path): text for path, text in texts.items() if is_asked_aside(text)}
        too_large = {str(path) for path in texts} - told.keys()
        asked = [(str(each.path), each.line, each.column, each.name) for each in places]
        left = [each for each in asked if each[0] not in too_large]
        found: dict[tuple[str, int, int, str], list[DefinedPlace]] = {}
        while left:
            answers = await self._ask_aside("definitions", (told, left), deadline_s=DEFINITIONS_DEADLINE_S)
            if not answers:
                break
            for place, answer in zip(left, answers, strict=False):
                found[place] = [
                    DefinedPlace(path=Path(path), line=line, column=column) for path, line, column in answer
                ]
            left = left[len(answers) :]
        return [found.get(place, []) for place in asked]

    async def _ask_aside(self, method: str, payload: object, *, deadline_s: float = WORK_DEADLINE_S) -> Any:
        """Asks the worker in a quiet moment: suggestions wait for what it judges, and for this nobody has to."""
        loop = asyncio.get_running_loop()
        while self._pending or loop.time() < self._quiet_from_s:
            await asyncio.sleep(self._quiet_from_s - loop.time())
            if self._pending:
                await asyncio.wait(self._pending.values())
        return await self._worker.call(method, payload, deadline_s=deadline_s)

    def _be_quiet(self) -> None:
        self._quiet_from_s = asyncio.get_running_loop().time() + QUIET_FOR_S

    def open_workspace(self, scope: WorkspaceScope) -> None:
        """Takes the folders and the interpreter, which is run: None for a workspace that is not trusted."""
        self._scope = scope
        self._answers = OrderedDict()
        self._tell_scope()

    def document_changed(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened or edited; the worker gets it when the typing pauses."""
        if snapshot.uri != self._latest:
            # What is remembered of other documents may rest on the text of the one that changes now.
            self._answers = OrderedDict()
            self._latest = snapshot.uri
        self._be_quiet()
        self._documents[snapshot.uri] = snapshot
        self._unsent.add(snapshot.uri)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(SETTLED_AFTER_S, self._send_documents)

    def document_closed(self, uri: DocumentUri) -> None:
        """Forgets a document's unsaved text."""
        snapshot = self._documents.pop(uri, None)
        self._unsent.discard(uri)
        self._answers = OrderedDict()
        if snapshot is not None and snapshot.path is not None:
            self._worker.notify("closed", str(snapshot.path))

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that changed on disk."""
        self._answers = OrderedDict()
        self._worker.notify("files", [str(path) for path in paths])

    def _tell_everything(self) -> None:
        self._tell_scope()
        self._unsent = set(self._documents)
        self._send_documents()

    def _tell_scope(self) -> None:
        if self._scope is not None:
            interpreter = self._scope.interpreter
            folders = [str(folder) for folder in self._scope.folders]
            self._worker.notify("scope", (folders, None if interpreter is None else str(interpreter)))

    def _send_documents(self) -> None:
        self._answers = OrderedDict()
        for uri in self._unsent:
            snapshot = self._documents[uri]
            if snapshot.path is not None and is_analysed(snapshot.text):
                self._worker.notify("document", (str(snapshot.path), snapshot.text))
        self._unsent = set()

    def _ask(self, key: _Key, snapshot: Snapshot, offset: int, found: Mentions) -> asyncio.Task[NameVerdict] | None:
        if self._tasks is None or self._worker.process_id is None:
            return None
        while len(self._pending) >= MAX_PENDING:
            _, oldest = self._pending.popitem(last=False)
            oldest.cancel()
        task = self._tasks.create_task(self._ask_worker(key, snapshot, offset, found))
        self._pending[key] = task
        task.add_done_callback(lambda _task: self._forget_pending(key, task))
        return task

    def _forget_pending(self, key: _Key, task: asyncio.Task[NameVerdict]) -> None:
        if self._pending.get(key) is task:
            del self._pending[key]

    async def _ask_worker(self, key: _Key, snapshot: Snapshot, offset: int, found: Mentions) -> NameVerdict:
        answers, text = self._answers, snapshot.text
        before, after = text[: line_start(text, offset)], text[line_end(text, offset) :]
        payload = (_path_text(snapshot), before, found.line, after, pack(found.mentions))
        try:
            words = await self._worker.call("judge", payload, deadline_s=WORK_DEADLINE_S)
        except WorkerError as error:
            logger.debug("names are not checked: %s", error)
            return NameVerdict.NOT_KNOWN_YET
        verdict = _sum_up([NameVerdict(word) for word in words], is_all=found.is_all)
        answers[key] = _Answer(verdict=verdict, at_s=asyncio.get_running_loop().time())
        while len(answers) > MAX_REMEMBERED:
            answers.popitem(last=False)
        return verdict

    def _remembered(self, key: _Key) -> NameVerdict | None:
        answer = self._answers.get(key)
        if answer is None:
            return None
        age_s = asyncio.get_running_loop().time() - answer.at_s
        is_unsure = answer.verdict is NameVerdict.NOT_KNOWN_YET
        is_old = age_s > (UNSURE_IS_FRESH_S if is_unsure else UNKNOWN_IS_FRESH_S)
        return None if is_old and answer.verdict is not NameVerdict.EXIST else answer.verdict


def _sum_up(verdicts: Sequence[NameVerdict], *, is_all: bool) -> NameVerdict:
    for unknown in (NameVerdict.UNKNOWN_IMPORT, NameVerdict.UNKNOWN_ATTRIBUTE):
        if unknown in verdicts:
            return unknown
    return NameVerdict.EXIST if is_all and set(verdicts) == {NameVerdict.EXIST} else NameVerdict.NOT_KNOWN_YET


def _key(snapshot: Snapshot, offset: int, found: Mentions) -> _Key:
    """Returns what a verdict rests on: the line up to its last name, and the lines around it."""
    text = snapshot.text
    before, after = hash(text[: line_start(text, offset)]), hash(text[line_end(text, offset) :])
    # The names are part of the line, but which of them are new changes while the line is typed.
    names = found.line + "\0" + repr(pack(found.mentions))
    return snapshot.uri, before, after, names, found.is_all


def is_asked_aside(text: str) -> bool:
    """Tells whether a document is small enough for questions that may take a tenth of a second."""
    return len(text) <= MAX_CHARS_ASIDE and is_analysed(text)


def _path_text(snapshot: Snapshot) -> str | None:
    return None if snapshot.path is None else str(snapshot.path)


def is_analysed(text: str) -> bool:
    """Tells whether a document is small enough to be analysed: by its size and by its longest line."""
    if len(text) > MAX_CHARS:
        return False
    start = 0
    while len(text) - start > MAX_LINE_CHARS:
        # From one chunk of the longest allowed length to its last line break; none there means a line too long.
        chunk_end = start + MAX_LINE_CHARS + 1
        last_break = max(text.rfind("\n", start, chunk_end), text.rfind("\r", start, chunk_end))
        if last_break < 0:
            return False
        start = last_break + 1
    return True
