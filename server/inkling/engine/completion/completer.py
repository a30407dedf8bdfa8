"""The embedded completer as the daemon sees it: a worker process, and what it must be told."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inkling.context.analysis.scope_facts import ScopeFacts
from inkling.context.worker.process import WorkerProcess, WorkerSpec
from inkling.core.ports import IndexProgress, ProgressListener, WorkspaceScope
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, NoSuggestion, Reason, Source
from inkling.engine.completion.scope_watch import ScopeReader, ScopeWatch
from inkling.engine.index.index_files import IndexScope
from inkling.engine.told_documents import ToldDocuments

logger = logging.getLogger(__name__)

_SPEC = WorkerSpec(name="embedded", module="inkling.engine.completion.worker")


class EmbeddedCompleter:
    """Proposes the rest of the line from the open files, the workspace and its environment.

    Implements the ports `Completer`, `NameRanker` and `WorkspaceListener`.
    """

    def __init__(
        self,
        *,
        cache_dir: Path,
        deadline_s: float,
        on_progress: ProgressListener | None = None,
        scopes: ScopeReader | None = None,
    ) -> None:
        """Prepares the completer; nothing runs before `run`.

        Args:
            cache_dir: Where the index is kept between starts; made when it is missing.
            deadline_s: Longest time for an answer.
            on_progress: Is told how far the index is.
            scopes: Reads what is known of a scope, in the background; None: nothing is.
        """
        self.deadline_s = deadline_s
        self._cache_dir = cache_dir
        self._on_progress = on_progress
        self._scope: IndexScope | None = None
        self._build_process_id = 0
        self._worker = WorkerProcess(_SPEC, on_event=self._take_event, on_start=self._tell_everything)
        self._documents = ToldDocuments(self._worker)
        self._scopes = None if scopes is None else ScopeWatch(scopes, self._tell_facts)

    async def run(self) -> None:
        """Keeps the worker running until it is cancelled; then it and its build are gone."""
        async with asyncio.TaskGroup() as tasks:
            if self._scopes is not None:
                tasks.create_task(self._scopes.run())
            await self._worker.run()

    def process_ids(self) -> list[int]:
        """Returns the processes that run now: the worker and, while there is one, its build."""
        worker = self._worker.process_id
        if worker is None:
            return []
        return [worker, self._build_process_id] if self._build_process_id else [worker]

    def open_workspace(self, scope: WorkspaceScope) -> None:
        """Takes the folders and limits; called again when they change."""
        self._scope = IndexScope(
            cache_dir=str(self._cache_dir),
            folders=tuple(str(folder) for folder in scope.folders),
            interpreter=str(scope.interpreter) if scope.interpreter is not None else None,
            include_environment=scope.index.include_environment,
            max_files=scope.index.max_files,
            max_mb=scope.index.max_mb,
            exclude=scope.index.exclude,
        )
        self._worker.notify("scope", self._scope.to_json())

    def document_changed(self, snapshot: Snapshot) -> None:
        """Takes the latest text of an open document."""
        self._documents.take(snapshot)

    def document_closed(self, uri: DocumentUri) -> None:
        """Forgets a document."""
        self._documents.close(uri)
        if self._scopes is not None:
            self._scopes.closed(uri)

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that were saved, created, renamed or deleted on disk."""
        self._worker.notify("saved", [str(path) for path in paths])

    async def complete(self, request: CompletionRequest) -> Sequence[Candidate] | NoSuggestion:
        """Returns up to three lines for the cursor, the likeliest first, or why there are none.

        The likeliest with the lines that are certain to follow it may stand before these; where no whole line is
        likely, a beginning of it may stand behind.

        Raises:
            WorkerError: The worker died, is not running, or missed the deadline.
        """
        if not 0 <= request.offset <= len(request.snapshot.text):
            return NoSuggestion(reason=Reason.POSITION_OUTSIDE)
        if self._scopes is not None:
            self._scopes.asked(request)
        kind, answer = await self._ask("complete", request)
        if kind == "silence":
            return NoSuggestion(reason=Reason(answer))
        return [
            Candidate(
                text=text,
                source=Source.EMBEDDED,
                mean_logprob=mean_logprob,
                n_tokens=n_tokens,
                confidence=confidence,
                is_partial=is_partial,
            )
            for text, mean_logprob, n_tokens, confidence, is_partial in answer
        ]

    async def likely_names(self, request: CompletionRequest) -> Mapping[str, float]:
        """Returns the probability of the names that are likely at the cursor; empty where nothing is known.

        Raises:
            WorkerError: The worker died, is not running, or missed the deadline.
        """
        if not 0 <= request.offset <= len(request.snapshot.text):
            return {}
        found: dict[str, float] = await self._ask("names", request)
        return found

    async def _ask(self, method: str, request: CompletionRequest) -> Any:
        """Asks the worker about a place of a document, of which it is told first."""
        snapshot = request.snapshot
        is_open = snapshot.uri in self._documents
        self._documents.take(snapshot)
        self._documents.send()
        try:
            return await self._worker.call(method, (snapshot.uri, request.offset), deadline_s=self.deadline_s)
        finally:
            if not is_open:
                self.document_closed(snapshot.uri)

    def _tell_everything(self) -> None:
        """Tells a worker that has just started what it must know."""
        self._build_process_id = 0
        if self._scope is not None:
            self._worker.notify("scope", self._scope.to_json())
        self._documents.worker_started()
        if self._scopes is not None:
            self._documents.send()
            self._scopes.tell_again()

    def _tell_facts(self, uri: DocumentUri, facts: ScopeFacts) -> None:
        self._worker.notify("facts", (uri, facts.pack()))

    def _take_event(self, _name: str, payload: Any) -> None:
        is_ready, n_files_done, n_files_total, message, self._build_process_id = payload
        if self._on_progress is not None:
            self._on_progress(
                IndexProgress(
                    is_ready=is_ready,
                    n_files_done=n_files_done,
                    n_files_total=n_files_total,
                    message=message,
                )
            )
