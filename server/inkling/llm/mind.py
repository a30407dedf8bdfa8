"""The model mind in the daemon: connected while the settings name an endpoint, and nothing at all otherwise."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from inkling.core.errors import BadSettingError
from inkling.core.model_state import ModelState, ModelStateKind
from inkling.core.ports import Background, StreamingCompleter, WorkspaceScope
from inkling.core.settings import ModelSettings, Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest
from inkling.llm.endpoint import Endpoint, endpoint_from_settings
from inkling.llm.rhythm import TypingRhythm
from inkling.llm.short_turns import short_turns
from inkling.llm.text_model import Purpose, TextModel

if TYPE_CHECKING:
    from inkling.context.prompt_context import ContextRecorder, Lookup
    from inkling.llm.answer_store import AnswerStore
    from inkling.llm.completer import ModelCompleter


class ClosableTextModel(TextModel, Protocol):
    """A language model whose connections can be closed."""

    async def close(self) -> None:
        """Closes all connections."""
        ...


Connect = Callable[[Endpoint, Callable[[ModelState], None]], Awaitable[ClosableTextModel]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What there is while there is an endpoint."""

    model: ClosableTextModel
    recorder: "ContextRecorder"
    store: "AnswerStore | None"
    completer: "ModelCompleter"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Making:
    """What the parts are made with.

    Attributes:
        model: A client for the endpoint.
        background: Runs the streams.
        rhythm: How the user types.
        cache_dir: Where answers are kept; None: nowhere.
        lookup: Reads the code around a place.
    """

    model: ClosableTextModel
    background: Background
    rhythm: TypingRhythm
    cache_dir: Path | None
    lookup: "Lookup"


class ModelMind:
    """Follows the settings, and proposes what the endpoint's model says.

    Implements `core.ports.StreamingCompleter`, `core.ports.WorkspaceListener` and `lsp.services.ModelMind`. Documents
    are only looked at while there is an endpoint.
    """

    def __init__(self, connect: Connect, background: Background, cache_dir: Path, lookup: "Lookup") -> None:
        """Prepares the mind; nothing is imported or opened before `configure` names an endpoint.

        Args:
            connect: Makes a client for an endpoint, which tells how that is doing whenever it changes.
            background: Runs the connecting and the streams.
            cache_dir: Where answers are kept.
            lookup: Reads the code around a place, for the prompt.
        """
        self._connect = connect
        self._lookup = lookup
        self._background = background
        self._cache_dir = cache_dir
        self._settings: ModelSettings | None = None
        self._api_key: str | None = None
        self._endpoint: Endpoint | None = None
        self._parts: _Parts | None = None
        self._rhythm = TypingRhythm()
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
        self._background.start(self._open(self._endpoint, settings.model))

    def listen(self, listener: Callable[[ModelState], None]) -> None:
        """Sets the one listener; it hears the present state at once."""
        self._listener = listener
        listener(self._state)

    def completers(self) -> Sequence[StreamingCompleter]:
        """Returns itself while it can be asked, else nothing."""
        return (self,) if self._parts is not None else ()

    def open_workspace(self, scope: WorkspaceScope) -> None:
        """Takes the folders, and what is excluded."""
        self._scope = scope
        if self._parts is not None:
            self._parts.recorder.open_workspace(scope)

    def document_changed(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened or edited."""
        self._documents[snapshot.uri] = snapshot
        self._rhythm.pressed(snapshot.uri)
        if self._parts is not None:
            self._parts.recorder.document_changed(snapshot)

    def document_closed(self, uri: DocumentUri) -> None:
        """Takes that a document was closed."""
        self._documents.pop(uri, None)
        if self._parts is not None:
            self._parts.recorder.document_closed(uri)

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that changed on disk."""
        if self._parts is not None:
            self._parts.recorder.files_changed(paths)

    def is_due_within(self, request: CompletionRequest, within_s: float) -> bool:
        """Tells whether the endpoint's answer is very likely to be there in so many seconds."""
        return self._parts is not None and self._parts.completer.is_due_within(request, within_s)

    async def answers(self, request: CompletionRequest) -> AsyncGenerator[Sequence[Candidate], None]:
        """Yields what the model proposes.

        Raises:
            ModelError: The endpoint did not answer as it should; the listener hears of it from the client.
        """
        if self._parts is not None:
            async with aclosing(self._parts.completer.answers(request)) as answers:
                async for candidates in answers:
                    yield candidates

    def prepare(self, request: CompletionRequest) -> None:
        """Asks ahead, where the settings allow it."""
        if self._parts is not None and self._settings is not None and self._settings.ask_ahead:
            self._parts.completer.prepare(request)

    async def close(self) -> None:
        """Ends streams and connections; nothing is proposed from now on."""
        parts = self._take_parts()
        if parts is not None:
            await _close(parts)

    async def _open(self, endpoint: Endpoint, settings: ModelSettings) -> None:
        def tell(state: ModelState) -> None:
            if endpoint is self._endpoint:
                self._tell(state)

        model = await self._connect(endpoint, tell)
        cache_dir = self._cache_dir if settings.cache_answers else None
        made = _Making(
            model=model,
            background=self._background,
            rhythm=self._rhythm,
            cache_dir=cache_dir,
            lookup=self._lookup,
        )
        parts = await asyncio.to_thread(_made_of, endpoint, made)
        if endpoint is not self._endpoint:
            await _close(parts)  # the settings have changed meanwhile
            return
        if self._scope is not None:
            parts.recorder.open_workspace(self._scope)
        for snapshot in self._documents.values():
            parts.recorder.document_changed(snapshot)
        self._parts = parts

    def _disconnect(self) -> None:
        """Ends what there is at once; its connections close in the background."""
        parts = self._take_parts()
        if parts is not None:
            self._background.start(_close(parts))

    def _take_parts(self) -> _Parts | None:
        """Forgets the endpoint, and returns what there was for it, its streams ended."""
        parts, self._parts, self._endpoint = self._parts, None, None
        if parts is not None:
            parts.completer.close()
        return parts

    def _tell(self, state: ModelState) -> None:
        if state != self._state:
            self._state = state
            if self._listener is not None:
                self._listener(state)


async def _close(parts: _Parts) -> None:
    parts.completer.close()
    if parts.store is not None:
        await parts.store.close()
    await parts.model.close()


def _made_of(endpoint: Endpoint, made: _Making) -> _Parts:
    """Returns what an endpoint makes possible; called on a thread, since importing it takes tens of milliseconds."""
    with short_turns():
        from inkling.context.prompt_context import CodeFacts, ContextRecorder
        from inkling.llm.answer_store import AnswerStore
        from inkling.llm.completer import ModelCompleter
        from inkling.llm.prompt import PromptStyle

    style = PromptStyle(model=endpoint.models[Purpose.COMPLETION], api=endpoint.api, fim_template=endpoint.fim_template)
    recorder = ContextRecorder(CodeFacts(made.lookup, made.background))
    store = AnswerStore(made.cache_dir, endpoint.base_url) if made.cache_dir is not None else None
    completer = ModelCompleter(made.model, style, recorder, made.background, rhythm=made.rhythm, store=store)
    return _Parts(model=made.model, recorder=recorder, store=store, completer=completer)
