"""What the server knows of its one client: settings, folders, trust, and what it has been told already."""

import asyncio
import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from inkling.core.errors import StoreError
from inkling.core.model_state import ModelState
from inkling.core.ports import IndexProgress, WorkspaceScope
from inkling.core.settings import GateSettings, Settings
from inkling.core.snapshot import Snapshot
from inkling.lsp import from_lsp
from inkling.lsp.methods import (
    MODEL_STATUS,
    SETTINGS_SECTION,
    STATUS,
    DidChangeApiKeyParams,
    DidChangeInterpreterParams,
    InitializationOptions,
    ModelStatusParams,
    StatusParams,
    WireState,
)
from inkling.lsp.services import Services
from inkling.lsp.settings import read_settings
from inkling.lsp.wire import wire

logger = logging.getLogger(__name__)

_TELEMETRY = f"{SETTINGS_SECTION}.telemetry"
WATCHED = ("**/*.py", "**/*.pyi", "**/.git/HEAD")  # the last tells of another branch
MAX_WAIT_S = 10.0  # for a client that does not answer what its settings are
MS_PER_DAY = 24 * 60 * 60 * 1000
_PROGRESS_TOKEN = "inkling-index"  # noqa: S105 - a progress token is no secret


class Session:
    """Follows the client's settings and workspace, and tells features and minds."""

    def __init__(self, server: LanguageServer, services: Services) -> None:
        self._server = server
        self._services = services
        self._settings = Settings()
        self._options = InitializationOptions()
        self._scope: WorkspaceScope | None = None
        self._told: set[str] = set()
        self._is_progress_shown = False
        self._is_set_up = asyncio.Event()

    @property
    def owns_inline_completion(self) -> bool:
        """Whether the client asks for ghost text by itself, so that the capability is not advertised to it."""
        return self._options.owns_inline_completion

    @property
    def takes_late_suggestions(self) -> bool:
        """Whether the client asks again when it is told that there is more."""
        return self._options.takes_late_suggestions

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    @property
    def is_trusted(self) -> bool:
        """Whether the user trusts the workspace."""
        return self._options.is_trusted

    @property
    def folders(self) -> tuple[Path, ...]:
        """The workspace folders."""
        return self._scope.folders if self._scope is not None else ()

    @property
    def gate(self) -> GateSettings:
        """The knob as the user has set it."""
        return self._settings.gate

    def initialize(self, params: types.InitializeParams) -> None:
        """Takes what the client says of itself; something it says wrongly is as if it were not said."""
        try:
            self._options = from_lsp.initialization_options(params.initialization_options)
        except JsonRpcException as error:
            logger.error("initializationOptions are ignored: %s", error)
            self._options = InitializationOptions()

    async def start(self) -> None:
        """Pulls the settings and tells everybody about the workspace; called once the client is ready."""
        await self.pull_settings()
        self._services.progress.listen(self._on_progress)
        if self._services.model_mind is not None:
            self._services.model_mind.listen(self._on_model_state)
        self.tell_notices()
        await self._watch_files()

    async def set_up(self) -> None:
        """Waits until settings and folders are known: a client need not wait before it asks for something.

        Raises:
            JsonRpcException: The client does not tell.
        """
        try:
            async with asyncio.timeout(MAX_WAIT_S):
                await self._is_set_up.wait()
        except TimeoutError:
            raise JsonRpcException(
                message="The client sent no `initialized`, or did not answer `workspace/configuration`; nothing can be "
                "done in a workspace before that.",
                code=types.LSPErrorCodes.RequestFailed.value,
            ) from None

    async def pull_settings(self, pushed: Any = None) -> None:
        """Asks the client for its settings, or takes those it pushed where it cannot be asked."""
        workspace = self._server.client_capabilities.workspace
        raw = pushed.get(SETTINGS_SECTION) if isinstance(pushed, dict) else None
        were_told = True
        if workspace is not None and workspace.configuration:
            try:
                items = [types.ConfigurationItem(section=SETTINGS_SECTION)]
                answer = await self._server.workspace_configuration_async(types.ConfigurationParams(items=items))
                raw = answer[0] if answer else None
            except JsonRpcException as error:
                logger.error("the client did not send its settings: %s", error)
                were_told = False
        self._settings, problems = read_settings(raw)
        for problem in problems:
            self.tell(f"Inkling: the setting {problem.path} {problem.message}.")
        self._services.completion.configure(self._settings)
        self._services.next_edits.configure(self._settings)
        if self._services.fixing is not None:
            self._services.fixing.configure(self._settings)
        self._configure_model_mind()
        # A slip in the very setting must not cost texts that it was meant to keep.
        is_told_how_long = were_told and not any(problem.path.startswith(_TELEMETRY) for problem in problems)
        if is_told_how_long:
            self._services.background.start(self._forget_old_texts(self._settings.telemetry.text_retention_days))
        self.open_workspace()
        self._is_set_up.set()

    async def _forget_old_texts(self, retention_days: int) -> None:
        """Forgets texts that were kept for long enough."""
        try:
            await self._services.log.forget_texts(time.time_ns() // 1_000_000 - retention_days * MS_PER_DAY)
        except StoreError as error:
            logger.warning("old texts cannot be removed; the next start tries again: %s", error)

    def open_workspace(self) -> None:
        """Tells features and minds which folders there are, what may be read, and with which interpreter."""
        folders = tuple(from_lsp.paths(self._server.workspace.folders))
        if not folders and self._server.workspace.root_path:
            folders = (Path(self._server.workspace.root_path),)
        scope = WorkspaceScope(folders=folders, interpreter=self.interpreter, index=self._settings.index)
        if scope == self._scope:
            return
        self._scope = scope
        self._services.completion.open_folders(folders)
        self._services.next_edits.feature.open_folders(folders)
        for listener in self._services.listeners:
            listener.open_workspace(scope)

    def can_learn_from(self, snapshot: Snapshot) -> bool:
        """Tells whether a document is small enough to be worked on at all."""
        return len(snapshot.text) <= self._settings.completion.max_file_kb * 1024

    def change_interpreter(self, params: DidChangeInterpreterParams) -> None:
        """Takes another interpreter, or a change of trust."""
        self._options = replace(self._options, is_trusted=params.is_trusted, interpreter=params.interpreter)
        self.open_workspace()

    def change_api_key(self, params: DidChangeApiKeyParams) -> None:
        """Takes another key for the language model's endpoint, or none."""
        self._options = replace(self._options, api_key=params.api_key)
        self._configure_model_mind()

    def _configure_model_mind(self) -> None:
        if self._services.model_mind is not None:
            self._services.model_mind.configure(self._settings, self._options.api_key)
        if self._services.reviewing is not None:
            self._services.reviewing.configure(self._settings, self._options.api_key)

    @property
    def interpreter(self) -> Path | None:
        """The selected interpreter. It may be run, so none is known in a workspace that is not trusted."""
        chosen = self._settings.interpreter or self._options.interpreter
        return Path(chosen) if chosen and self._options.is_trusted else None

    def tell(self, message: str) -> None:
        """Shows a message to the user, the same one at most once."""
        if message not in self._told:
            self._told.add(message)
            logger.warning("told the user: %s", message)
            self._server.window_show_message(types.ShowMessageParams(type=types.MessageType.Warning, message=message))

    def tell_notices(self) -> None:
        """Shows what the event log wants the user to know."""
        for notice in self._services.notices():
            self.tell(notice)

    async def _watch_files(self) -> None:
        """Asks a client that can be asked to tell of Python files that change on disk, and of another branch."""
        workspace = self._server.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace is not None else None
        if watched is None or not watched.dynamic_registration:
            return
        options = types.DidChangeWatchedFilesRegistrationOptions(
            watchers=[types.FileSystemWatcher(glob_pattern=glob) for glob in WATCHED]
        )
        registration = types.Registration(
            id="inkling-files", method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES, register_options=options
        )
        try:
            await self._server.client_register_capability_async(types.RegistrationParams([registration]))
        except JsonRpcException as error:
            logger.warning("the client does not watch files: %s", error)

    def _on_progress(self, progress: IndexProgress) -> None:
        is_indexing = progress.n_files_total > 0
        state: WireState = "indexing" if is_indexing else "ready" if progress.is_ready else "starting"
        if self.owns_inline_completion:
            status = StatusParams(
                state=state,
                message=progress.message,
                n_files_done=progress.n_files_done,
                n_files_total=progress.n_files_total,
            )
            self._server.protocol.notify(STATUS, wire(status))
        window = self._server.client_capabilities.window
        if window is not None and window.work_done_progress:
            self._services.background.start(self._show_progress(progress, is_indexing=is_indexing))

    def _on_model_state(self, state: ModelState) -> None:
        if state.problem:
            self.tell(f"Inkling: {state.problem}")
        if self.owns_inline_completion:
            status = ModelStatusParams(state=state.kind.value, words=state.words)
            self._server.protocol.notify(MODEL_STATUS, wire(status))

    async def _show_progress(self, progress: IndexProgress, *, is_indexing: bool) -> None:
        bar = self._server.work_done_progress
        if is_indexing and not self._is_progress_shown:
            self._is_progress_shown = True
            if _PROGRESS_TOKEN not in bar.tokens:
                await bar.create_async(_PROGRESS_TOKEN)
            bar.begin(_PROGRESS_TOKEN, types.WorkDoneProgressBegin(title="Inkling: reading code", percentage=0))
        elif is_indexing:
            percentage = min(100, 100 * progress.n_files_done // progress.n_files_total)
            report = types.WorkDoneProgressReport(message=progress.message, percentage=percentage)
            bar.report(_PROGRESS_TOKEN, report)
        elif self._is_progress_shown:
            self._is_progress_shown = False
            bar.end(_PROGRESS_TOKEN, types.WorkDoneProgressEnd(message=progress.message))
            bar.tokens.pop(_PROGRESS_TOKEN, None)
