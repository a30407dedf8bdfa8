"""The model mind in the daemon: connected while the settings name an endpoint, and nothing at all otherwise."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from inkling.core.errors import BadSettingError, ModelError
from inkling.core.model_state import ModelState, ModelStateKind
from inkling.core.ports import Background, Completer, WorkspaceScope
from inkling.core.settings import ModelSettings, Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, NoSuggestion, Reason
from inkling.llm.endpoint import Endpoint, endpoint_from_settings
from inkling.llm.faults import Fault, state_kind
from inkling.llm.text_model import Purpose, TextModel

if TYPE_CHECKING:
    from inkling.context.prompt_context import ContextRecorder
    from inkling.llm.completer import ModelCompleter

logger = logging.getLogger(__name__)


class ClosableTextModel(TextModel, Protocol):
    """A language model whose connections can be closed."""

    async def close(self) -> None:
        """Closes all connections."""
        ...


Connect = Callable[[Endpoint], Awaitable[ClosableTextModel]]


class ModelMind:
    """Follows the settings, and proposes what the endpoint's model says.

    Implements `core.ports.Completer`, `core.ports.WorkspaceListener` and `lsp.services.ModelMind`. Documents are only
    looked at while there is an endpoint.
    """

    def __init__(self, connect: Connect, background: Background) -> None:
        """Prepares the mind; nothing is imported or opened before `configure` names an endpoint.

        Args:
            connect: Makes a client for an endpoint, off the event loop where that takes long.
            background: Runs the connecting and the streams.
        """
        self._connect = connect
        self._background = background
        self._settings: ModelSettings | None = None
        self._api_key: str | None = None
        self._endpoint: Endpoint | None = None
        self._model: ClosableTextModel | None = None
        self._completer: ModelCompleter | None = None
        self._recorder: ContextRecorder | None = None
        self._scope: WorkspaceScope | None = None
        self._documents: dict[DocumentUri, Snapshot] = {}
        self._state = ModelState()
        self._listener: Callable[[ModelState], None] | None = None

    def configure(self, settings: Settings, api_key: str | None) -> None:
        """Takes new settings and the key; what is the same as before changes nothing."""
        if (settings.model, api_key) == (self._settings, self._api_key):
            return
        self._settings, self._api_key = settings.model, api_key
        self._disconnect()
        try:
            self._endpoint = endpoint_from_settings(settings.model, api_key)
        except BadSettingError as error:
            self._endpoint = None
            self._tell(ModelState(kind=ModelStateKind.REFUSED, words="not configured", problem=str(error)))
            return
        if self._endpoint is None or Purpose.COMPLETION not in self._endpoint.models:
            self._tell(ModelState())
            return
        self._tell(self._in_words(ModelStateKind.CONNECTING, "connecting"))
        self._background.start(self._open(self._endpoint))

    def listen(self, listener: Callable[[ModelState], None]) -> None:
        """Sets the one listener; it hears the present state at once."""
        self._listener = listener
        listener(self._state)

    def completers(self) -> Sequence[Completer]:
        """Returns itself while it can be asked, else nothing."""
        return (self,) if self._completer is not None else ()

    def open_workspace(self, scope: WorkspaceScope) -> None:
        """Takes the folders, and what is excluded."""
        self._scope = scope
        if self._recorder is not None:
            self._recorder.open_workspace(scope)

    def document_changed(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened or edited."""
        self._documents[snapshot.uri] = snapshot
        if self._recorder is not None:
            self._recorder.document_changed(snapshot)

    def document_closed(self, uri: DocumentUri) -> None:
        """Takes that a document was closed."""
        self._documents.pop(uri, None)
        if self._recorder is not None:
            self._recorder.document_closed(uri)

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that changed on disk."""
        if self._recorder is not None:
            self._recorder.files_changed(paths)

    async def complete(self, request: CompletionRequest) -> Sequence[Candidate] | NoSuggestion:
        """Returns what the model proposes.

        Raises:
            ModelError: The endpoint did not answer as it should; the listener was told.
        """
        completer = self._completer
        if completer is None:
            return NoSuggestion(reason=Reason.NO_CANDIDATE)
        try:
            answer = await completer.complete(request)
        except ModelError as error:
            if completer is self._completer:
                self._failed(error)
            raise
        if completer is self._completer:
            self._tell(self._in_words(ModelStateKind.READY, "ready"))
        return answer

    async def close(self) -> None:
        """Ends streams and connections."""
        model = self._model
        self._model = None
        self._disconnect()
        if model is not None:
            await model.close()

    async def _open(self, endpoint: Endpoint) -> None:
        try:
            model = await self._connect(endpoint)
        except ModelError as error:
            if endpoint is self._endpoint:
                self._failed(error)
            return
        completer, recorder = await asyncio.to_thread(_made_of, endpoint, model, self._background)
        if endpoint is not self._endpoint:
            await model.close()  # the settings have changed meanwhile
            return
        if self._scope is not None:
            recorder.open_workspace(self._scope)
        for snapshot in self._documents.values():
            recorder.document_changed(snapshot)
        self._model, self._completer, self._recorder = model, completer, recorder

    def _disconnect(self) -> None:
        """Ends what there is at once; its connections close in the background."""
        completer, model = self._completer, self._model
        self._endpoint = self._completer = self._model = self._recorder = None
        if completer is not None:
            completer.close()
        if model is not None:
            self._background.start(model.close())

    def _failed(self, error: ModelError) -> None:
        kind = state_kind(Fault(error.cause)) if error.cause in set(Fault) else ModelStateKind.DOWN
        self._tell(replace(self._in_words(kind, kind.value), problem=str(error)))

    def _in_words(self, kind: ModelStateKind, words: str) -> ModelState:
        endpoint = self._endpoint
        if endpoint is None:
            return ModelState(kind=kind, words=words)
        return ModelState(kind=kind, words=f"{endpoint.host}, {endpoint.models[Purpose.COMPLETION]}: {words}")

    def _tell(self, state: ModelState) -> None:
        if state != self._state:
            self._state = state
            if self._listener is not None:
                self._listener(state)


def _made_of(endpoint: Endpoint, model: TextModel, background: Background) -> "tuple[ModelCompleter, ContextRecorder]":
    """Returns what an endpoint makes possible; called on a thread, since importing it takes tens of milliseconds."""
    from inkling.context.prompt_context import ContextRecorder
    from inkling.llm.completer import ModelCompleter
    from inkling.llm.prompt import PromptStyle

    style = PromptStyle(model=endpoint.models[Purpose.COMPLETION], api=endpoint.api, fim_template=endpoint.fim_template)
    recorder = ContextRecorder()
    return ModelCompleter(model, style, recorder, background), recorder
