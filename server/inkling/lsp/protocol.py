"""pygls' protocol with our own documents, our own reading of messages, and errors that stay with their request.

The thread that reads messages also makes sense of them (`Protocol.read`), and works out what a large change of a
document leads to; on the event loop they are then only handed to whom they concern (`Protocol.take`). That thread goes
on to the next message when it is done with one, so all are taken in the order in which they came.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from inkling.lsp.documents import LARGE_CHARS, ChangedText, Documents, OpenDocument, is_laborious

logger = logging.getLogger(__name__)

_PARSE_ERROR = types.ErrorCodes.ParseError
_INVALID_REQUEST = types.ErrorCodes.InvalidRequest
_INVALID_PARAMS = types.ErrorCodes.InvalidParams


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyJson:
    """The result of a request as JSON already, sent as it is: turning a large one into text would hold the loop."""

    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """A message that was made sense of, and what was worked out with it: a document that is opened or changed.

    It may hold megabytes, and asyncio writes down what it calls when something is wrong: hence no representation.
    """

    message: Any
    worked_out: OpenDocument | ChangedText | None = None


class Protocol(LanguageServerProtocol):
    """Routes messages; text documents live in `documents` instead of pygls' workspace."""

    documents: Documents

    def __init__(self, server: LanguageServer, converter: Converter) -> None:
        super().__init__(server, converter)
        self.has_exited = asyncio.Event()
        self._worked_out_before: OpenDocument | ChangedText | None = None  # with the message that is being taken

    @property
    def was_shut_down(self) -> bool:
        """Whether the client asked for a shutdown before it left, as the protocol wants."""
        return self._shutdown

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_args: object) -> Any:
        """Ends the connection; pygls would leave the process at once, with events still to be written."""
        self.has_exited.set()

    def read(self, body: bytes, present: Callable[[str], OpenDocument | None]) -> Received | None:
        """Makes sense of one message, on the thread that reads; one that is wrong is answered or logged, and is None.

        Args:
            body: The message.
            present: Returns a document as it is when all earlier messages were taken.
        """
        try:
            data = json.loads(body)
        except ValueError:
            logger.error("a message that is not JSON size_bytes=%d", len(body))
            self._refuse(None, _PARSE_ERROR, "the message is not JSON")
            return None
        if not isinstance(data, dict) or "jsonrpc" not in data:
            logger.error("a message that is no JSON-RPC object")
            self._refuse(_id_of(data), _INVALID_REQUEST, "the message is no JSON-RPC 2.0 object")
            return None
        if self.get_message_type(str(data.get("method"))) is None:
            data.setdefault("params", None)  # pygls' message class for methods it does not know wants them
        try:
            message = self.structure_message(data)
        except JsonRpcException:
            logger.error("a message of the wrong shape method=%s", data.get("method"))
            if "method" in data and "id" in data:
                self._refuse(_id_of(data), _INVALID_PARAMS, f"the parameters of {data['method']} have the wrong shape")
            return None
        try:
            return Received(message, self._worked_out(message, present))
        except Exception:
            # The thread must go on to read; what is wrong shows again where the message is taken.
            logger.exception("a change of a document cannot be worked out")
            return Received(message)

    def take(self, received: Received) -> None:
        """Hands one message to whom it concerns."""
        self._worked_out_before = received.worked_out
        self.handle_message(received.message)

    def _worked_out(
        self, message: object, present: Callable[[str], OpenDocument | None]
    ) -> OpenDocument | ChangedText | None:
        if isinstance(message, types.DidOpenTextDocumentNotification):
            item = message.params.text_document
            return OpenDocument(item, self.documents.encoding) if len(item.text) > LARGE_CHARS else None
        if not isinstance(message, types.DidChangeTextDocumentNotification):
            return None
        params = message.params
        document = present(params.text_document.uri) if is_laborious(params.content_changes) else None
        return document.after(params.content_changes, params.text_document.version) if document is not None else None

    def _send_response(
        self, msg_id: str | int, result: object = None, error: types.ResponseError | None = None
    ) -> None:
        if error is not None or not isinstance(result, ReadyJson) or self.writer is None:
            super()._send_response(msg_id, result, error)
            return
        self._result_types.pop(msg_id, None)
        body = f'{{"id":{json.dumps(msg_id)},"jsonrpc":"{self.VERSION}","result":{result.text}}}'.encode(self.CHARSET)
        self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _send_handler_result(self, future: Future[Any], *, msg_id: str | int) -> None:
        """Answers a request; of one that is refused in words there is a warning, not pygls' two tracebacks."""
        error = None if future.cancelled() else future.exception()
        if not isinstance(error, JsonRpcException) or isinstance(error, JsonRpcInternalError):
            super()._send_handler_result(future, msg_id=msg_id)
            return
        self._request_futures.pop(msg_id, None)
        logger.warning("a request is refused id=%s: %s", msg_id, error)
        self._send_response(msg_id, error=error.to_response_error())

    def _refuse(self, message_id: str | int | None, code: int, words: str) -> None:
        error = {"code": int(code), "message": words}
        self._send_data({"jsonrpc": self.VERSION, "id": message_id, "error": error})

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Any:
        """Keeps the document, then calls the server's handler."""
        if isinstance(self._worked_out_before, OpenDocument):
            self.documents.add(self._worked_out_before)
        else:
            self.documents.open(params.text_document)
        yield from self._pass_on(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Any:
        """Applies the changes, then calls the server's handler; a document that is not open is left alone."""
        document = self.documents.get(params.text_document.uri)
        if document is None:
            logger.warning("a change of a document that is not open version=%d", params.text_document.version)
            return
        if isinstance(self._worked_out_before, ChangedText):
            document.take(self._worked_out_before)
        else:
            document.apply(params.content_changes, params.text_document.version)
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
