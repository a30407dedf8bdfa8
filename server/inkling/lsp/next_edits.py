"""Next edits over the protocol: for Inkling's own extension, and for clients that ask as they ask other servers."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from inkling.core.events import OutcomeKind
from inkling.core.next_edit import NEXT_EDIT_REASON_WORDS
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import NoSuggestion, Reason, SuggestionId, Trigger
from inkling.features.next_edit import OfferedEdit, PlacedEdit
from inkling.lsp import from_lsp, methods
from inkling.lsp.documents import Documents, OpenDocument
from inkling.lsp.fix_messages import WirePosition
from inkling.lsp.inline_edit_messages import (
    COPILOT_INLINE_EDIT,
    DID_SHOW_INLINE_EDIT,
    INVOKED,
    DidShowInlineEditParams,
    InlineEdit,
    InlineEditCommand,
    InlineEditDocument,
    InlineEditParams,
    InlineEditResult,
)
from inkling.lsp.next_edit_messages import (
    NextEditGroupParams,
    NextEditGroupResult,
    NextEditParams,
    NextEditReadyParams,
    NextEditResult,
    WireNextEdit,
)
from inkling.lsp.next_edit_to_lsp import group_label, left_out_words, wire_file_edits, wire_next_edit
from inkling.lsp.protocol import ReadyJson
from inkling.lsp.seen_outcome import seen_outcome
from inkling.lsp.services import NextEditServices
from inkling.lsp.session import Session
from inkling.lsp.wire import wire

HOLDS_NO_LONGER = "these edits do not fit any more: the code has changed since they were predicted"


class NextEditor:
    """The editor, where it asks again when it is told that there is more. Implements `NextEditClient`."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server

    def next_edit_ready(self, uri: DocumentUri) -> None:
        """Tells the editor that it is worth asking again."""
        self._server.protocol.notify(methods.NEXT_EDIT_READY, wire(NextEditReadyParams(uri=uri)))


class NextEdits:
    """Answers what is likely to be changed next, for the very versions of the documents that the client has."""

    def __init__(self, services: NextEditServices, session: Session, documents: Documents) -> None:
        self._feature = services.feature
        self._inference = services.inference
        self._record = services.record
        self._session = session
        self._documents = documents

    async def next_edit(self, params: NextEditParams) -> NextEditResult:
        """Returns the prediction, or why there is none; nothing at all for a version that is not the present one."""
        document = self._documents.get(params.uri)
        if document is None or document.version != params.version:
            return NextEditResult()
        trigger = Trigger.INVOKED if params.is_invoked else Trigger.AUTOMATIC
        answer = await self._ask(document, params.position, trigger)
        if isinstance(answer, NoSuggestion):
            return NextEditResult(reason=answer.reason, message=NEXT_EDIT_REASON_WORDS[answer.reason])
        edit = await self._wire(answer)
        if not self._is_current(document, params.version, answer):
            return NextEditResult()
        return NextEditResult(edit=edit)

    async def group(self, params: NextEditGroupParams) -> NextEditGroupResult:
        """Returns all edits that belong together, as things are now."""
        group = await self._feature.group(SuggestionId(params.id))
        # There may be thousands of edits, and each takes some microseconds.
        files = await asyncio.to_thread(wire_file_edits, group.edits, self._documents.encoding)
        label = await asyncio.to_thread(group_label, group.edits)
        if not files or not all(map(self._is_as_seen, group.edits)):
            return NextEditGroupResult(message=group.words or HOLDS_NO_LONGER)
        message = left_out_words(group) if group.n_left_out else ""
        return NextEditGroupResult(files=files, label=label, message=message)

    async def inline_edit(self, params: InlineEditParams) -> InlineEditResult:
        """Returns the prediction to a client that knows edits of the document it asks about, and of no other."""
        document = self._documents.get(params.text_document.uri)
        version = params.text_document.version
        if document is None or version not in (None, document.version):
            return InlineEditResult()
        asked_version = document.version
        is_invoked = params.context is not None and params.context.trigger_kind == INVOKED
        trigger = Trigger.INVOKED if is_invoked else Trigger.AUTOMATIC
        answer = await self._ask(document, params.position, trigger, only_here=True)
        if isinstance(answer, NoSuggestion):
            return InlineEditResult()
        edit = await self._wire(answer)
        if not self._is_current(document, asked_version, answer):
            return InlineEditResult()
        self._inference.offered(answer.id, answer.placed.snapshot, answer.placed.change)
        command = InlineEditCommand(title=edit.label, command=methods.SUGGESTION_ACCEPTED, arguments=[answer.id])
        where = InlineEditDocument(uri=edit.uri, version=asked_version)
        return InlineEditResult(
            edits=[InlineEdit(text=edit.new_text, text_document=where, range=edit.range, command=command)]
        )

    def inline_edit_shown(self, params: DidShowInlineEditParams) -> None:
        """Takes that such a client shows an edit."""
        command = params.item.command
        for suggestion_id in command.arguments if command is not None else ():
            self._inference.shown(SuggestionId(str(suggestion_id)))

    async def _ask(
        self, document: OpenDocument, position: WirePosition, trigger: Trigger, *, only_here: bool = False
    ) -> OfferedEdit | NoSuggestion:
        offset = document.offset(types.Position(position.line, position.character))
        if offset is None:
            return NoSuggestion(reason=Reason.POSITION_OUTSIDE)
        return await self._feature.next_edit(document.snapshot(), offset, trigger, only_here=only_here)

    async def _wire(self, offered: OfferedEdit) -> WireNextEdit:
        path = _path_in(self._session.folders, offered.placed.snapshot)
        return await asyncio.to_thread(wire_next_edit, offered, path, self._documents.encoding)

    def _is_current(self, document: OpenDocument, version: int, offered: OfferedEdit) -> bool:
        """Tells whether the documents are those that were asked and answered about; who typed meanwhile asks again."""
        is_same = self._documents.get(document.uri) is document and document.version == version
        is_current = is_same and self._is_as_seen(offered.placed)
        if not is_current:
            self._record([seen_outcome(offered.id, OutcomeKind.SUPERSEDED)])
        return is_current

    def _is_as_seen(self, placed: PlacedEdit) -> bool:
        document = self._documents.get(placed.snapshot.uri)
        return placed.version == (document.version if document is not None else None)


def _path_in(folders: Sequence[Path], snapshot: Snapshot) -> str:
    """Returns what a person calls a file: its path in the workspace, else its name."""
    if snapshot.path is None:
        return snapshot.uri.rpartition("/")[2]
    folder = next((each for each in folders if snapshot.path.is_relative_to(each)), snapshot.path.parent)
    return snapshot.path.relative_to(folder).as_posix()


def register_next_edits(server: LanguageServer, edits: NextEdits) -> None:
    """Registers the methods of next edits."""

    @server.feature(methods.NEXT_EDIT)
    async def next_edit(params: Any) -> dict[str, Any]:
        return wire(await edits.next_edit(from_lsp.params(NextEditParams, params)))

    @server.feature(methods.NEXT_EDIT_GROUP)
    async def next_edit_group(params: Any) -> ReadyJson:
        result = await edits.group(from_lsp.params(NextEditGroupParams, params))
        return ReadyJson(text=await asyncio.to_thread(lambda: json.dumps(wire(result))))

    @server.feature(COPILOT_INLINE_EDIT)
    async def inline_edit(params: Any) -> dict[str, Any]:
        return wire(await edits.inline_edit(from_lsp.params(InlineEditParams, params)))

    @server.feature(DID_SHOW_INLINE_EDIT)
    def did_show_inline_edit(params: Any) -> None:
        edits.inline_edit_shown(from_lsp.params(DidShowInlineEditParams, params))
