"""pygls' protocol with our own documents, our own reading of messages, and errors that stay with their request."""

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import Any

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from inkling.lsp.documents import Documents

logger = logging.getLogger(__name__)

_PARSE_ERROR = types.ErrorCodes.ParseError
_INVALID_REQUEST = types.ErrorCodes.InvalidRequest
_INVALID_PARAMS = types.ErrorCodes.InvalidParams


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyJson:
    """The result of a request as JSON already, sent as it is: turning a large one into text would hold the loop."""

    text: str


class Protocol(LanguageServerProtocol):
    """Routes messages; text documents live in `documents` instead of pygls' workspace."""

    documents: Documents

    def __init__(self, server: LanguageServer, converter: Converter) -> None:
        super().__init__(server, converter)
        self.has_exited = asyncio.Event()

    @property
    def was_shut_down(self) -> bool:
        """Whether the client asked for a shutdown before it left, as the protocol wants."""
        return self._shutdown

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_args: object) -> Any:
        """Ends the connection; pygls would leave the process at once, with events still to be written."""
        self.has_exited.set()

    def take(self, body: bytes) -> None:
        """Handles one message; whatever is wrong with it is answered or logged, never raised."""
        try:
            data = json.loads(body)
        except ValueError:
            logger.error("a message that is not JSON size_bytes=%d", len(body))
            self._refuse(None, _PARSE_ERROR, "the message is not JSON")
            return
        if not isinstance(data, dict) or "jsonrpc" not in data:
            logger.error("a message that is no JSON-RPC object")
            self._refuse(_id_of(data), _INVALID_REQUEST, "the message is no JSON-RPC 2.0 object")
            return
        if self.get_message_type(str(data.get("method"))) is None:
            data.setdefault("params", None)  # pygls' message class for methods it does not know wants them
        try:
            message = self.structure_message(data)
        except JsonRpcException:
            logger.error("a message of the wrong shape method=%s", data.get("method"))
            if "method" in data and "id" in data:
                self._refuse(_id_of(data), _INVALID_PARAMS, f"the parameters of {data['method']} have the wrong shape")
            return
        self.handle_message(message)

    def _send_response(
        self, msg_id: str | int, result: object = None, error: types.ResponseError | None = None
    ) -> None:
        if error is not None or not isinstance(result, ReadyJson) or self.writer is None:
            super()._send_response(msg_id, result, error)
            return
        self._result_types.pop(msg_id, None)
        body = f'{{"id":{json.dumps(msg_id)},"jsonrpc":"{self.VERSION}","result":{result.text}}}'.encode(self.CHARSET)
        self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _refuse(self, message_id: str | int | None, code: int, words: str) -> None:
        error = {"code": int(code), "message": words}
        self._send_data({"jsonrpc": self.VERSION, "id": message_id, "error": error})

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Any:
        """Keeps the document, then calls the server's handler."""
        self.documents.open(params.text_document)
        yield from self._pass_on(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Any:
        """Applies the changes, then calls the server's handler; a document that is not open is left alone."""
        document = self.documents.get(params.text_document.uri)
        if document is None:
            logger.warning("a change of a document that is not open version=%d", params.text_document.version)
            return
        document.latest_edits = document.apply(params.content_changes, params.text_document.version)
        yield from self._pass_on(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Any:
        """Forgets the document, then calls the server's handler."""
        self.documents.close(params.text_document.uri)
        yield from self._pass_on(types.TEXT_DOCUMENT_DID_CLOSE, params)

    def _pass_on(self, method: str, params: object) -> Any:
        handler = self.fm.features.get(method)
        if handler is not None:
            yield handler, (params,), None


def _id_of(data: object) -> str | int | None:
    message_id = data.get("id") if isinstance(data, dict) else None
    return message_id if isinstance(message_id, str | int) else None
