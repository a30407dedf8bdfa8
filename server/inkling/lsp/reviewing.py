"""*Review changes* over the protocol."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from inkling.core.errors import UserError
from inkling.core.review import ReviewBudget, ReviewComment, ReviewProgress
from inkling.core.snapshot import Snapshot
from inkling.core.suggestion import SuggestionId
from inkling.features.review import (
    NO_INTERPRETER,
    NOT_TRUSTED,
    SWITCHED_OFF,
    ChangeTexts,
    Closing,
    ReviewQuestion,
    ReviewScope,
    ReviewSession,
    cannot_run,
    suggested_edits,
)
from inkling.lsp import from_lsp, methods
from inkling.lsp.documents import Documents
from inkling.lsp.progress_pace import ProgressPace
from inkling.lsp.protocol import ReadyJson
from inkling.lsp.review_messages import (
    CloseReviewCommentParams,
    KeepReproductionResult,
    ReopenReviewCommentParams,
    ReviewClosingResult,
    ReviewCommentParams,
    ReviewParams,
    ReviewProgressParams,
    ReviewResult,
    RunReproductionResult,
)
from inkling.lsp.review_to_lsp import ReviewWriter, SeenFile, could_not_review
from inkling.lsp.services import ReviewServices
from inkling.lsp.session import Session
from inkling.lsp.wire import wire

_DONE = {
    Closing.DISMISSED: "Dismissed; this comment does not come back.",
    Closing.RESOLVED: "Resolved; this comment does not come back.",
    Closing.RULE_SILENCED: "No comment of the rule {rule} comes back in this repository;"
    " `inkling review --reopen {rule}` takes that back.",
}


class Reviewing:
    """Answers the client's questions about changes."""

    def __init__(
        self, server: LanguageServer, services: ReviewServices, session: Session, documents: Documents
    ) -> None:
        self._server = server
        self._services = services
        self._session = session
        self._documents = documents

    async def review(self, params: ReviewParams) -> ReviewResult:
        """Reviews a change; cancelled, it leaves nothing behind."""
        await self._session.set_up()
        settings = self._session.settings.review
        budget_s = params.budget_seconds or settings.budget_seconds
        folder = self._folder(params.folder_uri)
        seen = self._documents_in(folder)
        interpreter, why_not_run = self._what_runs()
        question = ReviewQuestion(
            folder=folder,
            scope=ReviewScope(params.scope),
            revisions=params.revisions,
            texts=await self._unsaved(seen),
            interpreter=interpreter,
            why_not_run=why_not_run,
            budget=ReviewBudget(wall_s=budget_s),
            max_comments=settings.max_comments,
        )
        try:
            reviewed = await self._services.feature.review(question, self._teller(params.id, budget_s))
        except UserError as error:
            return could_not_review(str(error))
        files = await self._files_spoken_of(reviewed, seen)
        opened = {document.path: document.uri for document in self._documents.all() if document.path is not None}
        writer = ReviewWriter(self._documents.encoding, reviewed, files, opened)
        return await asyncio.to_thread(writer.result)

    async def run_reproduction(self, params: ReviewCommentParams) -> RunReproductionResult:
        """Runs a comment's reproduction before the change, and on what stands in the editor."""
        began_s = time.monotonic()
        session = self._services.feature.session(params.review_id)
        interpreter, why_not = self._what_runs()
        if interpreter is None:
            run = cannot_run(why_not)
        else:
            texts = await self._unsaved(self._documents_in(session.question.folder))
            comment_id = SuggestionId(params.comment_id)
            real = await asyncio.to_thread(self._services.real_interpreter, interpreter, session.question.folder)
            run = await self._services.feature.run_reproduction(session, comment_id, texts, real)
        return RunReproductionResult(
            verdict=run.verdict.value,
            message=run.message,
            before=run.before,
            after=run.after,
            output=run.output,
            seconds=time.monotonic() - began_s,
        )

    async def keep_reproduction(self, params: ReviewCommentParams) -> KeepReproductionResult:
        """Returns the file that keeps a reproduction as a test."""
        session = self._services.feature.session(params.review_id)
        folder, may_run = session.question.folder, self._what_runs()[0] is not None
        kept = await self._services.feature.keep_reproduction(
            session, SuggestionId(params.comment_id), self._documents_in(folder).keys(), may_run=may_run
        )
        return KeepReproductionResult(uri=(folder / kept.path).as_uri(), text=kept.text)

    async def close(self, params: CloseReviewCommentParams) -> ReviewClosingResult:
        """Makes a comment not come back.

        Raises:
            JsonRpcInvalidParams: It is dismissed without a reason.
        """
        session = self._services.feature.session(params.review_id)
        closing, comment_id = Closing(params.closing), SuggestionId(params.comment_id)
        if closing is Closing.DISMISSED and not params.reason.strip():
            raise JsonRpcInvalidParams(message="reason is empty: say why the comment is dismissed; it is kept with it")
        await session.close(comment_id, closing, params.reason)
        words = _DONE[closing].format(rule=session.comment(comment_id).found.comment.rule)
        return ReviewClosingResult(closed=list(session.closed), message=words)

    async def reopen(self, params: ReopenReviewCommentParams) -> ReviewClosingResult:
        """Takes a closing back."""
        session = self._services.feature.session(params.review_id)
        await session.reopen(SuggestionId(params.comment_id))
        return ReviewClosingResult(closed=list(session.closed), message="Open again.")

    def _documents_in(self, folder: Path) -> dict[PurePosixPath, Snapshot]:
        """Returns the open documents of a folder, by path within it."""
        opened = [(document.path, document.snapshot()) for document in self._documents.all()]
        return {
            PurePosixPath(path.relative_to(folder).as_posix()): snapshot
            for path, snapshot in opened
            if path is not None and path.is_relative_to(folder)
        }

    async def _unsaved(self, seen: Mapping[PurePosixPath, Snapshot]) -> dict[PurePosixPath, str]:
        """Returns the texts of open documents that differ from those on disk."""
        return {
            path: snapshot.text
            for path, snapshot in seen.items()
            if snapshot.path is not None and await self._services.files.read(snapshot.path) != snapshot.text
        }

    def _what_runs(self) -> tuple[Path | None, str]:
        """Returns the interpreter that runs the project's code, or why none does."""
        if not self._session.is_trusted:
            return None, NOT_TRUSTED
        if not self._session.settings.review.run:
            return None, SWITCHED_OFF
        interpreter = self._session.interpreter
        return interpreter, "" if interpreter is not None else NO_INTERPRETER

    def _folder(self, uri: str) -> Path:
        """Returns the folder that a question is about.

        Raises:
            JsonRpcInvalidParams: It is no folder of the workspace, nor in one.
        """
        paths = from_lsp.paths([uri])
        if not paths or not any(paths[0].is_relative_to(folder) for folder in self._session.folders):
            raise JsonRpcInvalidParams(message=f"{uri} is no folder of this workspace")
        return paths[0]

    async def _files_spoken_of(
        self, session: ReviewSession, seen: Mapping[PurePosixPath, Snapshot]
    ) -> dict[PurePosixPath, SeenFile]:
        """Returns the files of comments and suggestions: as they were seen where they are open, else as on disk."""
        after = session.reviewed.changes.after
        texts = ChangeTexts(session.reviewed.changes)
        files = {}
        for path in {path for each in session.comments for path in _paths_of(each.found.comment)}:
            snapshot, full = seen.get(path), session.question.folder / path
            reviewed = texts.after(path)
            if reviewed is None:  # It is a file that the change leaves alone.
                reviewed = after.edits.get(path)
            if reviewed is None:
                reviewed = await self._services.files.read(after.folder / path)
            text = snapshot.text if snapshot is not None else await self._services.files.read(full)
            files[path] = SeenFile(
                uri=snapshot.uri if snapshot is not None else full.as_uri(),
                version=snapshot.version if snapshot is not None else None,
                text=text,
                reviewed=reviewed,
            )
        return files

    def _teller(self, request_id: str, budget_s: float) -> Callable[[ReviewProgress], None]:
        """Returns what tells the client how far a review is: at once when other words are due, else now and then."""
        pace = ProgressPace()

        def tell(progress: ReviewProgress) -> None:
            if not pace.is_due(progress.doing):
                return
            params = ReviewProgressParams(
                id=request_id,
                words=progress.doing,
                n_done=progress.n_done,
                n_steps=progress.n_steps,
                seconds=pace.elapsed_s(),
                budget_seconds=budget_s,
            )
            self._server.protocol.notify(methods.REVIEW_PROGRESS, wire(params))

        return tell


def register_reviewing(server: LanguageServer, reviewing: Reviewing, say_errors: Callable[[], Any]) -> None:
    """Registers the methods of *Review changes*.

    Args:
        server: Where to.
        reviewing: What answers.
        say_errors: A context in which an error of ours reaches the client in its own words.
    """

    @server.feature(methods.REVIEW)
    async def review(params: Any) -> ReadyJson:
        with say_errors():
            return await _ready(await reviewing.review(from_lsp.params(ReviewParams, params)))

    @server.feature(methods.RUN_REPRODUCTION)
    async def run_reproduction(params: Any) -> dict[str, Any]:
        with say_errors():
            return wire(await reviewing.run_reproduction(from_lsp.params(ReviewCommentParams, params)))

    @server.feature(methods.KEEP_REPRODUCTION)
    async def keep_reproduction(params: Any) -> dict[str, Any]:
        with say_errors():
            return wire(await reviewing.keep_reproduction(from_lsp.params(ReviewCommentParams, params)))

    @server.feature(methods.CLOSE_REVIEW_COMMENT)
    async def close_review_comment(params: Any) -> dict[str, Any]:
        with say_errors():
            return wire(await reviewing.close(from_lsp.params(CloseReviewCommentParams, params)))

    @server.feature(methods.REOPEN_REVIEW_COMMENT)
    async def reopen_review_comment(params: Any) -> dict[str, Any]:
        with say_errors():
            return wire(await reviewing.reopen(from_lsp.params(ReopenReviewCommentParams, params)))


def _paths_of(comment: ReviewComment) -> set[PurePosixPath]:
    """Returns the files that a comment is about, and those that its suggestion would change."""
    return {comment.path, *(path for path, _line in comment.also_at), *suggested_edits(comment)}


async def _ready(result: object) -> ReadyJson:
    """Returns a result as JSON, written in a thread: that of a large review would hold the loop."""
    return ReadyJson(text=await asyncio.to_thread(lambda: json.dumps(wire(result))))
