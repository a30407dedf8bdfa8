"""The completion popup over the protocol: names in their likely order, documentation for the one that is looked at."""

import logging
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from inkling.core.errors import WorkerError
from inkling.core.names import NameDocumentation
from inkling.features.popup import PopupFeature
from inkling.lsp import from_lsp, to_lsp
from inkling.lsp.documents import Documents
from inkling.lsp.newest_request import NewestRequest

logger = logging.getLogger(__name__)


def register_popup(server: LanguageServer, popup: PopupFeature, documents: Documents) -> None:
    """Has the server answer `textDocument/completion` and `completionItem/resolve`."""
    newest = NewestRequest()

    async def answer(params: types.CompletionParams) -> types.CompletionList:
        request = from_lsp.completion_request(documents, params.text_document.uri, params.position)
        if request is None or request.offset == from_lsp.OUTSIDE:
            return types.CompletionList(is_incomplete=False, items=[])
        try:
            found = await popup.complete(request)
        except WorkerError as error:
            logger.warning("no names for the popup: %s", error)
            return types.CompletionList(is_incomplete=True, items=[])
        items = [to_lsp.completion_item(row, index) for index, row in enumerate(found.rows)]
        return types.CompletionList(is_incomplete=not found.is_all, items=items)

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["."], resolve_provider=True)
    )
    async def completion(params: types.CompletionParams) -> types.CompletionList:
        """Answers one request per document at a time: a newer one cancels the older."""
        with newest.of(params.text_document.uri):
            return await answer(params)

    @server.feature(types.COMPLETION_ITEM_RESOLVE)
    async def resolve(item: types.CompletionItem) -> types.CompletionItem:
        found = await _look_up(popup, item.data)
        return item if found is None else to_lsp.documented_item(item, found)


async def _look_up(popup: PopupFeature, data: Any) -> NameDocumentation | None:
    """Returns what is known of the row with this data; the client hands back what it was given, as a rule."""
    ticket, index = (data.get("ticket"), data.get("index")) if isinstance(data, dict) else (None, None)
    if not isinstance(ticket, str) or not isinstance(index, int) or index < 0:
        return None
    try:
        return await popup.document(ticket, index)
    except WorkerError as error:
        logger.debug("no documentation for the popup: %s", error)
        return None
