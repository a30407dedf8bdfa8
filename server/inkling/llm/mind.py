"""The model mind in the daemon: connected while the settings name an endpoint, and nothing at all otherwise."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from inkling.core.errors import BadSettingError
from inkling.core.model_state import ModelState, ModelStateKind
from inkling.core.next_edit import GuidedEditPredictor
from inkling.core.ports import Background, Repairer, StreamingCompleter, SuiteRunner, WorkspaceScope
from inkling.core.repair import Proposals, RepairProgress, RepairRequest
from inkling.core.settings import IndexSettings, ModelSettings, Settings
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
    from inkling.llm.next_edit import ModelEditPredictor


class ClosableTextModel(TextModel, Protocol):
    """A language model whose connections can be closed."""

    async def close(self) -> None:
        """Closes all connections."""
        ...


Connect = Callable[[Endpoint, Callable[[ModelState], None]], Awaitable[ClosableTextModel]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What there is while there is an endpoint.

    Attributes:
        model: A client for it.
        repair_purpose: Which of its models repairs; None where none does.
        ghost_text: What completes; None where no model does.
        next_edits: What predicts edits; None where no model for edits is named.
    """

    model: ClosableTextModel
    repair_purpose: Purpose | None
    ghost_text: "_GhostText | None"
    next_edits: "ModelEditPredictor | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class _GhostText:
    """What completes with a model."""

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
        find_document: Returns an open document as it is now.
        scope: The folders, and what is excluded.
    """

    model: ClosableTextModel
    background: Background
    rhythm: TypingRhythm
    cache_dir: Path | None
    lookup: "Lookup"
    find_document: Callable[[DocumentUri], Snapshot | None]
    scope: WorkspaceScope


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
        if self._endpoint is None or not self._endpoint.models:
            self._tell(ModelState())
            return
        self._background.start(self._open(self._endpoint, settings.model))

    def listen(self, listener: Callable[[ModelState], None]) -> None:
        """Sets the one listener; it hears the present state at once."""
        self._listener = listener
        listener(self._state)

    def completers(self) -> Sequence[StreamingCompleter]:
        """Returns itself while it can be asked, else nothing."""
        return (self,) if self._ghost_text is not None else ()

    def edit_predictors(self) -> Sequence[GuidedEditPredictor]:
        """Returns what predicts next edits while `inkling.model.editModel` can be asked, else nothing."""
        return (self._parts.next_edits,) if self._parts is not None and self._parts.next_edits is not None else ()

    def repairers(self, suites: SuiteRunner) -> Sequence[Repairer]:
        """Returns a repairer that asks whichever endpoint there is when a repair begins.

        Args:
            suites: Runs the tests of each attempt.
        """
        return (_RepairerOfMind(self, suites),)

    async def repair(
        self, request: RepairRequest, suites: SuiteRunner, on_progress: Callable[[RepairProgress], None]
    ) -> Proposals:
        """Returns what a model for edits, else for chat, repairs; nothing where there is none.

        Raises:
            SandboxError: There is no sandbox, or it failed.
            ModelError: The endpoint did not answer as it should.
        """
        parts = self._parts
        if parts is None or parts.repair_purpose is None:
            return Proposals(patches=(), n_tried=0, seconds=0.0)
        scope = self._scope or _scope_of(request.view.folder)
        made = _RepairMaking(model=parts.model, purpose=parts.repair_purpose, suites=suites, scope=scope)
        repairer = await asyncio.to_thread(_repairer_of, made)
        return await repairer.repair(request, on_progress)

    def open_workspace(self, scope: WorkspaceScope) -> None:
        """Takes the folders, and what is excluded."""
        self._scope = scope
        if self._ghost_text is not None:
            self._ghost_text.recorder.open_workspace(scope)
        if self._parts is not None and self._parts.next_edits is not None:
            self._parts.next_edits.open_workspace(scope)

    def document_changed(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened or edited."""
        self._documents[snapshot.uri] = snapshot
        self._rhythm.pressed(snapshot.uri)
        if self._ghost_text is not None:
            self._ghost_text.recorder.document_changed(snapshot)

    def document_closed(self, uri: DocumentUri) -> None:
        """Takes that a document was closed."""
        self._documents.pop(uri, None)
        if self._ghost_text is not None:
            self._ghost_text.recorder.document_closed(uri)

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that changed on disk."""
        if self._ghost_text is not None:
            self._ghost_text.recorder.files_changed(paths)
        if self._parts is not None and self._parts.next_edits is not None:
            self._parts.next_edits.files_changed()

    def is_due_within(self, request: CompletionRequest, within_s: float) -> bool:
        """Tells whether the endpoint's answer is very likely to be there in so many seconds."""
        return self._ghost_text is not None and self._ghost_text.completer.is_due_within(request, within_s)

    async def answers(self, request: CompletionRequest) -> AsyncGenerator[Sequence[Candidate], None]:
        """Yields what the model proposes.

        Raises:
            ModelError: The endpoint did not answer as it should; the listener hears of it from the client.
        """
        if self._ghost_text is not None:
            async with aclosing(self._ghost_text.completer.answers(request)) as answers:
                async for candidates in answers:
                    yield candidates

    def prepare(self, request: CompletionRequest) -> None:
        """Asks ahead, where the settings allow it."""
        if self._ghost_text is not None and self._settings is not None and self._settings.ask_ahead:
            self._ghost_text.completer.prepare(request)

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
            find_document=self._documents.get,
            scope=self._scope or _scope_of(),
        )
        parts = await asyncio.to_thread(_made_of, endpoint, made)
        if endpoint is not self._endpoint:
            await _close(parts)  # the settings have changed meanwhile
            return
        if self._scope is not None and parts.next_edits is not None:
            parts.next_edits.open_workspace(self._scope)  # it may be another one than when the making began
        if parts.ghost_text is not None:
            if self._scope is not None:
                parts.ghost_text.recorder.open_workspace(self._scope)
            for snapshot in self._documents.values():
                parts.ghost_text.recorder.document_changed(snapshot)
        self._parts = parts

    @property
    def _ghost_text(self) -> _GhostText | None:
        return self._parts.ghost_text if self._parts is not None else None

    def _disconnect(self) -> None:
        """Ends what there is at once; its connections close in the background."""
        parts = self._take_parts()
        if parts is not None:
            self._background.start(_close(parts))

    def _take_parts(self) -> _Parts | None:
        """Forgets the endpoint, and returns what there was for it, its streams ended."""
        parts, self._parts, self._endpoint = self._parts, None, None
        if parts is not None:
            _end_streams(parts)
        return parts

    def _tell(self, state: ModelState) -> None:
        if state != self._state:
            self._state = state
            if self._listener is not None:
                self._listener(state)


class _RepairerOfMind:
    """A model mind as a repairer. Implements the port `Repairer`."""

    def __init__(self, mind: ModelMind, suites: SuiteRunner) -> None:
        self._mind = mind
        self._suites = suites

    async def repair(self, request: RepairRequest, on_progress: Callable[[RepairProgress], None]) -> Proposals:
        return await self._mind.repair(request, self._suites, on_progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RepairMaking:
    """What a repairer is made with: a model, which of its roles, what runs tests, and what may be sent."""

    model: TextModel
    purpose: Purpose
    suites: SuiteRunner
    scope: WorkspaceScope


def _scope_of(*folders: Path) -> WorkspaceScope:
    """Returns what holds before a workspace is opened."""
    return WorkspaceScope(folders=folders, interpreter=None, index=IndexSettings(include_environment=False))


def _end_streams(parts: _Parts) -> None:
    if parts.ghost_text is not None:
        parts.ghost_text.completer.close()
    if parts.next_edits is not None:
        parts.next_edits.close()


async def _close(parts: _Parts) -> None:
    _end_streams(parts)
    if parts.ghost_text is not None and parts.ghost_text.store is not None:
        await parts.ghost_text.store.close()
    await parts.model.close()


def _repairer_of(made: _RepairMaking) -> Repairer:
    """Returns a repairer; called on a thread, since importing it takes a moment."""
    with short_turns():
        from inkling.context.prompt_context.readable import Readable
        from inkling.llm.repair import ModelRepairer

    return ModelRepairer(made.model, made.purpose, made.suites, Readable(made.scope).look)


def _made_of(endpoint: Endpoint, made: _Making) -> _Parts:
    """Returns what an endpoint makes possible; called on a thread, since importing it takes tens of milliseconds."""
    purposes = (purpose for purpose in (Purpose.EDIT, Purpose.CHAT) if purpose in endpoint.models)
    ghost_text = _ghost_text_of(endpoint, made) if Purpose.COMPLETION in endpoint.models else None
    next_edits = _next_edits_of(made) if Purpose.EDIT in endpoint.models else None
    return _Parts(model=made.model, repair_purpose=next(purposes, None), ghost_text=ghost_text, next_edits=next_edits)


def _next_edits_of(made: _Making) -> "ModelEditPredictor":
    with short_turns():
        from inkling.llm.next_edit import ModelEditPredictor

    return ModelEditPredictor(made.model, made.find_document, made.lookup, made.scope)


def _ghost_text_of(endpoint: Endpoint, made: _Making) -> _GhostText:
    with short_turns():
        from inkling.context.prompt_context import CodeFacts, ContextRecorder
        from inkling.llm.answer_store import AnswerStore
        from inkling.llm.completer import ModelCompleter
        from inkling.llm.prompt import PromptStyle

    style = PromptStyle(model=endpoint.models[Purpose.COMPLETION], api=endpoint.api, fim_template=endpoint.fim_template)
    recorder = ContextRecorder(CodeFacts(made.lookup, made.background))
    store = AnswerStore(made.cache_dir, endpoint.base_url) if made.cache_dir is not None else None
    completer = ModelCompleter(made.model, style, recorder, made.background, rhythm=made.rhythm, store=store)
    return _GhostText(recorder=recorder, store=store, completer=completer)
