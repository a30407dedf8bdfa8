"""The server: every method it answers is registered here, and what it does is said elsewhere."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cattrs import Converter
from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from inkling.core.errors import InklingError, StoreError
from inkling.core.events import Outcome, OutcomeKind
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import NoSuggestion, SuggestionId
from inkling.lsp import from_lsp, methods, to_lsp
from inkling.lsp.documents import Documents
from inkling.lsp.fixing import Fixing, register_fixing
from inkling.lsp.late_editor import LateEditor
from inkling.lsp.newest_request import NewestRequest
from inkling.lsp.next_edits import NextEditor, NextEdits, register_next_edits
from inkling.lsp.popup import register_popup
from inkling.lsp.protocol import Protocol, ReadyJson
from inkling.lsp.reviewing import Reviewing, register_reviewing
from inkling.lsp.seen_outcome import seen_outcome
from inkling.lsp.services import DocumentFollower, Services
from inkling.lsp.session import Session
from inkling.lsp.wire import wire

logger = logging.getLogger(__name__)

MOST_DAYS = 3650  # of Insights


_PYTHON_FILES = types.FileOperationRegistrationOptions(
    filters=[types.FileOperationFilter(pattern=types.FileOperationPattern(glob="**/*.py"), scheme="file")]
)


class InklingServer(LanguageServer):
    """pygls' server with Inkling's protocol; errors go to the log and to their request, not to message boxes."""

    protocol: Protocol

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Logs an error that pygls met outside of any request."""
        logger.error("server error: %s", error, exc_info=error)


def create_server(services: Services, version: str, converter: Converter) -> InklingServer:
    """Returns a server that answers with the given services.

    Args:
        services: What the handlers call.
        version: What the server calls itself.
        converter: From `inkling.lsp.converter.ready_converter`, made before the event loop runs.
    """
    server = InklingServer("inkling", version, protocol_cls=Protocol, converter_factory=lambda: converter)
    documents = server.protocol.documents = Documents()
    services.open_documents.attach(documents)
    session = Session(server, services)
    _register_lifecycle(server, services, session, documents)
    _register_documents(server, services, session, documents)
    _register_completion(server, services, documents)
    register_popup(server, services.popup, documents)
    _register_own_methods(server, services, session)
    _register_own_data(server, services, session)
    if services.fixing is not None:
        register_fixing(server, Fixing(server, services.fixing, session, documents), _errors_in_words)
    if services.reviewing is not None:
        register_reviewing(server, Reviewing(server, services.reviewing, session, documents), _errors_in_words)
    register_next_edits(server, NextEdits(services.next_edits, session, documents))
    return server


def _register_lifecycle(server: InklingServer, services: Services, session: Session, documents: Documents) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        documents.encoding = types.PositionEncodingKind(
            ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
        ).value
        session.initialize(params)
        services.aftermath.infers_outcomes = not session.owns_inline_completion
        services.completion.late.client = LateEditor(server, documents) if session.takes_late_suggestions else None
        services.next_edits.feature.client = NextEditor(server) if session.takes_late_suggestions else None
        if session.owns_inline_completion:
            server.protocol.fm.feature_options.pop(types.TEXT_DOCUMENT_INLINE_COMPLETION, None)
            server.protocol.fm.commands.pop(methods.SUGGESTION_ACCEPTED, None)

    @server.feature(types.INITIALIZED)
    async def initialized(_params: types.InitializedParams) -> None:
        await session.start()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        await session.pull_settings(params.settings)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_workspace_folders(_params: types.DidChangeWorkspaceFoldersParams) -> None:
        session.open_workspace()


def _register_documents(server: InklingServer, services: Services, session: Session, documents: Documents) -> None:
    next_edits = services.next_edits
    followers: tuple[DocumentFollower, ...] = (services.aftermath, next_edits.feature, next_edits.inference)

    def tell_changed(uri: str) -> None:
        document = documents.get(uri)
        if document is None:
            return
        snapshot = document.snapshot()
        for listener in services.listeners:
            if session.can_learn_from(snapshot):
                listener.document_changed(snapshot)
            else:
                listener.document_closed(snapshot.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        tell_changed(params.text_document.uri)
        document = documents.get(params.text_document.uri)
        if document is not None:
            for follower in followers:
                follower.document_opened(document.snapshot())

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        tell_changed(params.text_document.uri)
        document = documents.get(params.text_document.uri)
        if document is not None:
            for follower in followers:
                follower.document_edited(document.snapshot(), document.latest_edits)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        uri = DocumentUri(params.text_document.uri)
        for listener in services.listeners:
            listener.document_closed(uri)
        for follower in followers:
            follower.document_closed(uri)
        services.completion.document_closed(uri)

    def tell_files_changed(uris: list[str]) -> None:
        paths = from_lsp.paths(uris)
        next_edits.feature.files_changed(paths)
        sources = [path for path in paths if ".git" not in path.parts]
        if sources:
            for listener in services.listeners:
                listener.files_changed(sources)

    def tell_file_saved() -> None:
        services.aftermath.file_saved()
        if services.reviewing is not None:
            services.reviewing.feature.file_saved()

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        next_edits.feature.document_saved(DocumentUri(params.text_document.uri))
        tell_files_changed([params.text_document.uri])
        tell_file_saved()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        tell_files_changed([change.uri for change in params.changes])
        deleted = [change.uri for change in params.changes if change.type is types.FileChangeType.Deleted]
        created = [change.uri for change in params.changes if change.type is types.FileChangeType.Created]
        services.aftermath.files_replaced([DocumentUri(uri) for uri in deleted], from_lsp.file_places(created))
        tell_file_saved()

    @server.feature(types.WORKSPACE_DID_RENAME_FILES, _PYTHON_FILES)
    def did_rename_files(params: types.RenameFilesParams) -> None:
        for rename in params.files:
            for new in from_lsp.file_places([rename.new_uri]):
                services.aftermath.file_renamed(DocumentUri(rename.old_uri), new)


def _register_completion(server: InklingServer, services: Services, documents: Documents) -> None:
    newest = NewestRequest()

    def was_superseded(suggestion_id: SuggestionId) -> Outcome:
        return seen_outcome(suggestion_id, OutcomeKind.SUPERSEDED)

    async def answer(params: types.InlineCompletionParams) -> types.InlineCompletionList | None:
        uri = params.text_document.uri
        request = from_lsp.completion_request(documents, uri, params.position, params.context)
        if request is None:
            logger.warning("inline completion asked for a document that is not open")
            return None
        suggestion = await services.completion.complete(request)
        if isinstance(suggestion, NoSuggestion):
            logger.debug("silent reason=%s", suggestion.reason)
            return None
        document = documents.get(uri)
        suggestions = (suggestion, *suggestion.alternatives)
        if document is None or document.version != suggestion.version:
            services.background.start(services.log.record_outcomes([was_superseded(each.id) for each in suggestions]))
            return None
        items = [to_lsp.inline_completion_item(each, params) for each in suggestions]
        start = document.offset(items[0].range.start) if items[0].range is not None else None
        if start is not None:
            texts = {each.id: str(item.insert_text) for each, item in zip(suggestions, items, strict=True)}
            services.aftermath.offered(document.uri, start, texts)
        return types.InlineCompletionList(items)

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList | None:
        """Answers one request per document at a time: a newer one cancels the older."""
        with newest.of(params.text_document.uri):
            return await answer(params)

    @server.command(methods.SUGGESTION_ACCEPTED)
    async def suggestion_accepted(suggestion_id: str) -> None:
        outcome = seen_outcome(SuggestionId(suggestion_id), OutcomeKind.ACCEPTED)
        await services.log.record_outcomes([outcome])
        _tell_outcomes(services, [outcome])


def _register_own_methods(server: InklingServer, services: Services, session: Session) -> None:
    @server.feature(methods.RECORD_OUTCOMES)
    async def record_outcomes(params: Any) -> dict[str, Any]:
        """Answers only when the outcomes are on disk; on an error the client keeps them and sends them again."""
        outcomes = [from_lsp.outcome(wire) for wire in from_lsp.params(methods.RecordOutcomesParams, params).outcomes]
        try:
            await services.log.record_outcomes(outcomes)
        except StoreError as error:
            session.tell(f"Inkling: {error}")
            raise
        _tell_outcomes(services, outcomes)
        session.tell_notices()
        return wire(methods.RecordOutcomesResult(n_recorded=len(outcomes)))

    @server.feature(methods.WHY)
    async def why(params: Any) -> dict[str, Any]:
        limit = from_lsp.params(methods.WhyParams, params).limit
        decisions = await services.log.recent_decisions(max(0, min(limit, 1000)))
        return wire(to_lsp.why_result(decisions, services.what_moved))

    @server.feature(methods.STATISTICS)
    async def statistics(params: Any) -> dict[str, Any]:
        since_ms = from_lsp.params(methods.StatisticsParams, params).since_ms
        return wire(to_lsp.statistics_result(await services.log.statistics(since_ms)))

    @server.feature(methods.DIAGNOSTICS)
    async def diagnostics(_params: Any) -> dict[str, Any]:
        result = methods.DiagnosticsResult(
            loop_held_ms_max=services.loop_meter.held_ms_max,
            loop_held_cpu_ms_max=services.loop_meter.held_cpu_ms_max,
            process_ids=services.process_ids(),
            completer="embedded",
            is_index_ready=services.progress.latest.is_ready,
        )
        return wire(result)

    @server.feature(methods.DID_CHANGE_INTERPRETER)
    def did_change_interpreter(params: Any) -> None:
        session.change_interpreter(from_lsp.params(methods.DidChangeInterpreterParams, params))

    @server.feature(methods.DID_CHANGE_API_KEY)
    def did_change_api_key(params: Any) -> None:
        session.change_api_key(from_lsp.params(methods.DidChangeApiKeyParams, params))


def _register_own_data(server: InklingServer, services: Services, session: Session) -> None:
    @server.feature(methods.INSIGHTS)
    async def insights(params: Any) -> ReadyJson:
        n_days = from_lsp.params(methods.InsightsParams, params).n_days
        with _errors_in_words():
            return ReadyJson(text=await services.own_data.insights(max(1, min(n_days, MOST_DAYS)), session.gate))

    @server.feature(methods.RETRAIN_MODEL)
    async def retrain_model(_params: Any) -> dict[str, Any]:
        with _errors_in_words():
            was_replaced, words = await services.own_data.retrain_model()
        return wire(methods.RetrainModelResult(was_replaced=was_replaced, words=words))

    @server.feature(methods.RESET_MODEL)
    async def reset_model(_params: Any) -> dict[str, Any]:
        with _errors_in_words():
            return wire(methods.ResetModelResult(words=await services.own_data.reset_model()))

    @server.feature(methods.EXPORT_EVENTS)
    async def export_events(params: Any) -> dict[str, Any]:
        asked = from_lsp.params(methods.ExportEventsParams, params)
        with _errors_in_words():
            words = await services.own_data.export_events(Path(asked.file), with_text=asked.with_text)
        return wire(methods.ExportEventsResult(words=words))


@contextlib.contextmanager
def _errors_in_words() -> Iterator[None]:
    """Lets the client show an error as it is; pygls would put the name of its class before it."""
    try:
        yield
    except InklingError as error:
        raise JsonRpcException(message=str(error), code=types.LSPErrorCodes.RequestFailed.value) from error


def _tell_outcomes(services: Services, outcomes: Sequence[Outcome]) -> None:
    """Tells everybody whose suggestions they may be about; they are recorded."""
    next_edits = services.next_edits
    for each in (services.aftermath, services.completion, next_edits.feature, next_edits.inference):
        each.outcomes_reported(outcomes)
    if services.reviewing is not None:
        services.reviewing.feature.outcomes_reported(outcomes)
