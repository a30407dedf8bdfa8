"""The model mind in the daemon: connected while the settings name an endpoint, and nothing at all otherwise."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from inkling.core.errors import BadSettingError
from inkling.core.model_state import ModelState, ModelStateKind
from inkling.core.ports import Background, Completer, WorkspaceScope
from inkling.core.settings import ModelSettings, Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, NoSuggestion, Reason
from inkling.llm.endpoint import Endpoint, endpoint_from_settings
from inkling.llm.text_model import Purpose, TextModel

if TYPE_CHECKING:
    from inkling.context.prompt_context import ContextRecorder
    from inkling.llm.completer import ModelCompleter


class ClosableTextModel(TextModel, Protocol):
    """A language model whose connections can be closed."""

    async def close(self) -> None:
        """Closes all connections."""
        ...


Connect = Callable[[Endpoint, Callable[[ModelState], None]], Awaitable[ClosableTextModel]]


class ModelMind:
    """Follows the settings, and proposes what the endpoint's model says.

    Implements `core.ports.Completer`, `core.ports.WorkspaceListener` and `lsp.services.ModelMind`. Documents are only
    looked at while there is an endpoint.
    """

    def __init__(self, connect: Connect, background: Background) -> None:
        """Prepares the mind; nothing is imported or opened before `configure` names an endpoint.

        Args:
            connect: Makes a client for an endpoint, which tells how that is doing whenever it changes.
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
            self._tell(ModelState(kind=ModelStateKind.REFUSED, words="wrong settings", problem=str(error)))
            return
        if self._endpoint is None or Purpose.COMPLETION not in self._endpoint.models:
            self._tell(ModelState())
            return
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
            ModelError: The endpoint did not answer as it should; the listener hears of it from the client.
        """
        completer = self._completer
        if completer is None:
            return NoSuggestion(reason=Reason.NO_CANDIDATE)
        return await completer.complete(request)

    async def close(self) -> None:
        """Ends streams and connections; nothing is proposed from now on."""
        model = self._model
        self._model = None
        self._disconnect()
        if model is not None:
            await model.close()

    async def _open(self, endpoint: Endpoint) -> None:
        def tell(state: ModelState) -> None:
            if endpoint is self._endpoint:
                self._tell(state)

        model = await self._connect(endpoint, tell)
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
