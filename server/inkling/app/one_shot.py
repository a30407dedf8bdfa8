"""`inkling complete`: one question from a shell, answered by the same parts that serve an editor."""

import asyncio
import os
from dataclasses import dataclass, replace
from pathlib import Path

from inkling.app.endpoint_source import FoundModelSettings, find_model_settings
from inkling.app.excluded_files import find_excluded
from inkling.app.location import Location, project_folder, read_location
from inkling.app.open_files import as_if_open
from inkling.app.places import Places
from inkling.app.wiring import forgetful_log, running_services
from inkling.core.errors import BadSettingError
from inkling.core.model_state import ModelState, ModelStateKind
from inkling.core.ports import IndexProgress, WorkspaceScope
from inkling.core.settings import CompletionSettings, IndexSettings, Settings
from inkling.core.suggestion import CompletionRequest, NoSuggestion, Reason, Suggestion, Trigger
from inkling.llm.faults import warning
from inkling.llm.text_model import Purpose
from inkling.lsp.services import Services

PATIENCE_MS = 5000  # a person at a shell waits longer than one who types; the most that the setting allows
RETRY_AFTER_S = 0.05
_NOT_UP_YET = frozenset({Reason.INDEX_NOT_READY, Reason.WORKER_UNAVAILABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShotOptions:
    """A question from the shell.

    Attributes:
        location: FILE:LINE:COL.
        interpreter: The Python whose packages are learned from, besides the project.
        wait_s: Longest wait for the index, seconds.
        is_automatic: Whether to decide as while typing, with the gate's threshold.
        places: Folders to work in.
        settings_file: The editor's settings that name a model's endpoint; None: they are looked for.
        exclude: Patterns of files that are left out besides those of `inkling.index.exclude`.
    """

    location: str
    interpreter: Path | None
    wait_s: float
    is_automatic: bool
    places: Places
    settings_file: Path | None = None
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShotAnswer:
    """What would be suggested.

    Attributes:
        answer: The suggestion, or why there is none.
        problems: What is the matter with the model's endpoint, in words.
    """

    answer: Suggestion | NoSuggestion
    problems: tuple[str, ...]


def complete_once(options: OneShotOptions) -> OneShotAnswer:
    """Returns what would be suggested at a place, with nothing recorded.

    The model's endpoint is asked where the environment or the editor's settings name one.

    Raises:
        UserError: The place, the file or the settings cannot be used.
    """
    found = find_model_settings(os.environ, options.settings_file)
    location = read_location(options.location)
    excluded = find_excluded(os.environ, project_folder(location), options.settings_file)
    return asyncio.run(_complete(replace(options, exclude=(*excluded, *options.exclude)), location, found))


async def _complete(options: OneShotOptions, location: Location, found: FoundModelSettings) -> OneShotAnswer:
    request = CompletionRequest(
        snapshot=location.snapshot,
        offset=location.offset,
        trigger=Trigger.AUTOMATIC if options.is_automatic else Trigger.INVOKED,
    )
    is_ready = asyncio.Event()

    def follow(progress: IndexProgress) -> None:
        if progress.is_ready:
            is_ready.set()

    async with running_services(forgetful_log(), options.places, names_deadline_s=PATIENCE_MS / 2000) as services:
        services.progress.listen(follow)
        # One question leaves nothing behind, and nothing follows it.
        model = replace(found.settings, ask_ahead=False, cache_answers=False)
        settings = Settings(completion=CompletionSettings(deadline_ms=PATIENCE_MS), model=model)
        services.completion.configure(settings)
        folders = (project_folder(location),)
        services.completion.open_folders(folders)
        scope = WorkspaceScope(
            folders=folders, interpreter=options.interpreter, index=IndexSettings(exclude=options.exclude)
        )
        model_mind: object = services.model_mind  # the embedded mind reads the whole project
        for listener in services.listeners:
            listener.open_workspace(scope)
            if listener is model_mind:
                for snapshot in as_if_open(location):
                    listener.document_changed(snapshot)
            listener.document_changed(location.snapshot)
        states = await _connect(services, settings, found.api_key)
        try:
            async with asyncio.timeout(options.wait_s):
                await is_ready.wait()
        except TimeoutError:
            pass  # what is read by now is what there is to answer from
        for _ in range(round(PATIENCE_MS / 1000 / RETRY_AFTER_S)):
            answer = await services.completion.complete(request)
            if not (isinstance(answer, NoSuggestion) and answer.reason in _NOT_UP_YET):
                break
            await asyncio.sleep(RETRY_AFTER_S)
        told = [*found.problems, _of_the_way(found), *(state.problem for state in states)]
        problems = dict.fromkeys(problem for problem in told if problem)
        return OneShotAnswer(answer=answer, problems=tuple(problems))


def _of_the_way(found: FoundModelSettings) -> str:
    """Returns a warning where code and key go unencrypted beyond this machine and its network; else nothing."""
    try:
        endpoint = found.endpoint()
    except BadSettingError:
        return ""  # the model mind says so itself, and nothing is sent
    return warning(endpoint) if endpoint is not None and Purpose.COMPLETION in endpoint.models else ""


async def _connect(services: Services, settings: Settings, api_key: str | None) -> list[ModelState]:
    """Waits until the model mind can be asked, or cannot; returns a list that its states are added to as they come."""
    states: list[ModelState] = []
    mind = services.model_mind
    if mind is None or not (settings.model.base_url.strip() and settings.model.completion_model.strip()):
        return states
    mind.listen(states.append)
    mind.configure(settings, api_key)
    for _ in range(round(settings.model.timeout_seconds / RETRY_AFTER_S)):
        if states[-1].kind is ModelStateKind.REFUSED or services.completion.ports.slow_completers():
            break
        await asyncio.sleep(RETRY_AFTER_S)
    return states
