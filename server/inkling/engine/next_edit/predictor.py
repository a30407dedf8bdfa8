"""The embedded predictor of next edits as the daemon sees it: a worker process, and what it must be told."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from inkling.context.worker.process import WorkerProcess, WorkerSpec
from inkling.core.errors import WorkerUnavailableError
from inkling.core.next_edit import EditQuestion, PredictedEdit, Prediction
from inkling.core.ports import WorkspaceScope
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.engine.next_edit.inquiries import Answers, Inquiries, NameReader
from inkling.engine.next_edit.reading.meanings import unpack_inquiry
from inkling.engine.next_edit.wire import pack_change, unpack_edit, unpack_place
from inkling.engine.told_documents import ToldDocuments

_SPEC = WorkerSpec(name="next-edit", module="inkling.engine.next_edit.worker")
EDITS_IN_ONE_GO = 200  # that are unpacked, at some 20 µs each; then the event loop is let go of
GROUP_DEADLINE_S = 10.0  # all places of a cause, on explicit request, in up to hundreds of files
NAMES_WITHIN_S = 4.0  # of that, for jedi


class EmbeddedEditPredictor:
    """Predicts edits from the latest ones, the open files and the workspace.

    Implements the port `EditMind`.

    Attributes:
        deadline_s: Longest time for an answer, seconds.
        on_more_known: Is told of the document of a question when more is known than was when it was answered.
    """

    def __init__(
        self,
        *,
        deadline_s: float,
        max_file_kb: int,
        cache_dir: Path | None = None,
        names: NameReader | None = None,
        names_within_s: float = NAMES_WITHIN_S,
    ) -> None:
        """Prepares the predictor; nothing runs before `run`.

        Args:
            deadline_s: Longest time for an answer.
            max_file_kb: Largest file that is read, kilobytes.
            cache_dir: Where is kept how packages import what; without it nothing is known of packages.
            names: Is asked, in the background, what names stand for where scopes cannot tell.
            names_within_s: Longest wait for that where somebody wants all edits of a kind.
        """
        self.deadline_s = deadline_s
        self.on_more_known: Callable[[DocumentUri], None] | None = None
        self._inquiries = Inquiries(names, self._take_answers) if names is not None else None
        self._names_within_s = names_within_s
        self._answered: deque[int] = deque(maxlen=16)  # keys, the latest last
        self._max_file_kb = max_file_kb
        self._cache_dir = cache_dir
        self._build_process_id = 0
        self._scope: WorkspaceScope | None = None
        self._was_started = asyncio.Event()
        self._worker = WorkerProcess(
            _SPEC, on_event=self._take_event, on_start=self._tell_everything, waits_for_start=True
        )
        self._documents = ToldDocuments(self._worker)

    async def run(self) -> None:
        """Keeps the worker running, from the first change or question on, until it is cancelled; then it is gone."""
        async with asyncio.TaskGroup() as tasks:
            if self._inquiries is not None:
                tasks.create_task(self._inquiries.run())
            await self._worker.run()

    def process_ids(self) -> list[int]:
        """Returns the ids of the processes that run now: the worker and, while there is one, what reads packages."""
        worker = self._worker.process_id
        if worker is None:
            return []
        return [worker, self._build_process_id] if self._build_process_id else [worker]

    def set_max_file_kb(self, max_file_kb: int) -> None:
        """Takes another limit of the size of files."""
        if max_file_kb != self._max_file_kb:
            self._max_file_kb = max_file_kb
            self._tell_scope()

    def open_workspace(self, scope: WorkspaceScope) -> None:
        """Takes the folders and limits; called again when they change."""
        self._scope = scope
        self._tell_scope()

    def document_changed(self, snapshot: Snapshot) -> None:
        """Takes the latest text of an open document."""
        if snapshot.uri in self._documents:
            self._worker.start()  # who only reads needs no worker
        self._documents.take(snapshot)

    def document_closed(self, uri: DocumentUri) -> None:
        """Forgets a document's unsaved text."""
        self._documents.close(uri)

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that were saved, created, renamed or deleted on disk."""
        self._worker.notify("files", [str(path) for path in paths])

    async def predict(self, question: EditQuestion) -> Prediction:
        """Returns what is likely to be changed next; empty where nothing is known.

        Raises:
            WorkerError: The worker died, is not running, or missed the deadline.
        """
        if not question.history or not 0 <= question.offset <= len(question.snapshot.text):
            return Prediction()
        await self._wait_for_first_start()
        payload = self._payload(question)
        answered_before = set(self._answered)
        edits, places, wanted = await self._worker.call("predict", payload, deadline_s=self.deadline_s)
        if self._inquiries is not None:
            # What was answered while the question was under way is known to the next one.
            answered_since = set(self._answered) - answered_before
            inquiries = [each for each in map(unpack_inquiry, wanted) if each.key not in answered_since]
            self._inquiries.ask(inquiries, self._documents.texts_on_disk(), lambda: self._tell(question.snapshot.uri))
        return Prediction(
            edits=tuple(unpack_edit(edit) for edit in edits), places=tuple(unpack_place(place) for place in places)
        )

    async def predict_group(self, question: EditQuestion, edit: PredictedEdit) -> Sequence[PredictedEdit]:
        """Returns all edits of an edit's group as things are now, itself included if it still holds.

        Raises:
            WorkerError: The worker died, is not running, or missed its deadline.
        """
        if not question.history or not edit.group:
            return ()
        await self._wait_for_first_start()
        payload = (*self._payload(question), edit.group)
        edits, wanted = await self._worker.call("group", payload, deadline_s=GROUP_DEADLINE_S)
        end_s = asyncio.get_running_loop().time() + self._names_within_s
        asked: set[int] = set()
        while self._inquiries is not None and (within_s := end_s - asyncio.get_running_loop().time()) > 0:
            inquiries = [each for each in map(unpack_inquiry, wanted) if each.key not in asked]
            if not inquiries:
                break
            asked.update(each.key for each in inquiries)
            await self._inquiries.ask_now(inquiries, self._documents.texts_on_disk(), within_s=within_s)
            edits, wanted = await self._worker.call("group", payload, deadline_s=GROUP_DEADLINE_S)
        return await _unpacked(edits)

    def _tell(self, uri: DocumentUri) -> None:
        if self.on_more_known is not None:
            self.on_more_known(uri)

    def _take_answers(self, key: int, answers: Answers) -> None:
        self._answered.append(key)
        self._worker.notify("meanings", (key, answers))

    async def _wait_for_first_start(self) -> None:
        """Waits until the worker was started once: it starts with the first question, which is no failure of it."""
        self._worker.start()
        try:
            async with asyncio.timeout(self.deadline_s):
                await self._was_started.wait()
        except TimeoutError as error:
            raise WorkerUnavailableError(f"the next-edit worker was not started within {self.deadline_s} s") from error

    def _payload(self, question: EditQuestion) -> tuple[Any, ...]:
        """Returns the question as plain data, once the worker has all texts that changed."""
        snapshot = question.snapshot
        self._documents.take(snapshot)
        self._documents.send()
        return snapshot.uri, question.offset, [pack_change(change) for change in question.history]

    def _tell_everything(self) -> None:
        """Tells a worker that has just started what it must know."""
        self._was_started.set()
        self._build_process_id = 0
        self._tell_scope()
        self._documents.worker_started()

    def _take_event(self, _name: str, payload: Any) -> None:
        self._build_process_id = payload

    def _tell_scope(self) -> None:
        scope = self._scope
        if scope is None:
            return
        folders = tuple(str(folder) for folder in scope.folders)
        limits = (scope.index.max_files, scope.index.max_mb, self._max_file_kb)
        self._worker.notify("scope", (folders, scope.index.exclude, *limits))
        if self._cache_dir is not None:
            interpreter = scope.interpreter if scope.index.include_environment else None
            self._worker.notify(
                "packages", (str(self._cache_dir), str(interpreter) if interpreter is not None else None)
            )


async def _unpacked(edits: Sequence[tuple[Any, ...]]) -> tuple[PredictedEdit, ...]:
    """Returns edits that may be thousands, and lets go of the event loop now and then."""
    unpacked = list[PredictedEdit]()
    for number, edit in enumerate(edits, 1):
        unpacked.append(unpack_edit(edit))
        if number % EDITS_IN_ONE_GO == 0:
            await asyncio.sleep(0)
    return tuple(unpacked)
