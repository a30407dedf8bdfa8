"""`inkling complete`: one question from a shell, answered by the same parts that serve an editor."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from inkling.app.location import Location, read_location
from inkling.app.places import Places
from inkling.app.wiring import forgetful_log, running_services
from inkling.core.ports import IndexProgress, WorkspaceScope
from inkling.core.settings import CompletionSettings, IndexSettings, Settings
from inkling.core.suggestion import CompletionRequest, NoSuggestion, Reason, Suggestion, Trigger

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
    """

    location: str
    interpreter: Path | None
    wait_s: float
    is_automatic: bool
    places: Places


def complete_once(options: OneShotOptions) -> Suggestion | NoSuggestion:
    """Returns what would be suggested at a place, with nothing recorded.

    Raises:
        UserError: The place or the file cannot be used.
    """
    return asyncio.run(_complete(options, read_location(options.location)))


async def _complete(options: OneShotOptions, location: Location) -> Suggestion | NoSuggestion:
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
        patient = CompletionSettings(deadline_ms=PATIENCE_MS)
        services.completion.configure(Settings(completion=patient))
        folders = (_project_of(location),)
        services.completion.open_folders(folders)
        scope = WorkspaceScope(folders=folders, interpreter=options.interpreter, index=IndexSettings())
        for listener in services.listeners:
            listener.open_workspace(scope)
            listener.document_changed(location.snapshot)
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
        return answer


def _project_of(location: Location) -> Path:
    """The nearest folder above the file that looks like a project's, else the file's own."""
    path = location.snapshot.path
    folder = path.parent if path is not None else Path.cwd()
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in (".git", "pyproject.toml", "setup.py", "setup.cfg")):
            return candidate
    return folder
