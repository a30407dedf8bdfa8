"""`inkling context --next-edit`: what a language model would be asked about the next edit, as the repository is now.

An editor knows what was typed, and when. A shell knows what differs from the last commit: each changed file is taken
for one that was as it was committed and then became what it is, one after the other in the order in which they were
written.
"""

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.app import places
from inkling.app.clock import LoopClock
from inkling.app.context_cli import FACTS_WITHIN_S, ContextOptions, until_running
from inkling.app.endpoint_client import opened_client
from inkling.app.endpoint_source import find_model_settings
from inkling.app.excluded_files import find_excluded
from inkling.app.location import Location, project_folder, read_location
from inkling.context.analysis.analysis import Analysis
from inkling.context.changes import ChangeQuestion, WorkingTree, find_repository, read_changes
from inkling.context.edit_history import RecentEdits
from inkling.context.prompt_context import estimate_tokens
from inkling.context.prompt_context.readable import Readable
from inkling.context.sources import Limits
from inkling.core.edit import minimal_edit
from inkling.core.errors import ModelError, UserError
from inkling.core.next_edit import EditQuestion, LineChange, PredictedPlace
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings, NextEditSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.text import position_at
from inkling.engine.next_edit.prediction import predict
from inkling.engine.next_edit.project import Project, ProjectScope
from inkling.engine.next_edit.ranking.artifact import shipped_artifact
from inkling.llm.endpoint import Endpoint
from inkling.llm.next_edit.masked import masked_in
from inkling.llm.next_edit.prompt import Scene, request_for
from inkling.llm.next_edit.scene_reader import SceneReader
from inkling.llm.text_model import ChatRequest, Purpose

MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEditContext:
    """What would be asked.

    Attributes:
        request: The question; None where there would be none.
        masked: Where a secret is masked: the file and the line, from 1; 0 for a line as it was before a change.
        left_out: Changed files that no model may see.
        reason: Why there would be no question; empty where there is one.
    """

    request: ChatRequest | None
    masked: tuple[tuple[str, int], ...] = ()
    left_out: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Present:
    """The repository as it is: the place that is asked about, what may be read, and what was changed."""

    location: Location
    scope: WorkspaceScope
    history: tuple[LineChange, ...]
    left_out: tuple[str, ...]

    @property
    def question(self) -> EditQuestion:
        """What an editor would ask."""
        return EditQuestion(snapshot=self.location.snapshot, offset=self.location.offset, history=self.history)


def next_edit_context(options: ContextOptions) -> NextEditContext:
    """Returns what would be asked of a model at a place; nothing is sent.

    Raises:
        UserError: The place, the file, the repository or the settings cannot be used.
    """
    present = _present(options)
    if not present.history:
        return NextEditContext(
            request=None,
            left_out=present.left_out,
            reason="no Python file that a model may see differs from the last commit, so nothing follows from anything",
        )
    scene = asyncio.run(_scene(present))
    if scene is None:
        return NextEditContext(request=None, left_out=present.left_out, reason="no model may see the file")
    return NextEditContext(request=request_for(scene), masked=tuple(masked_in(scene)), left_out=present.left_out)


def next_edit_body(options: ContextOptions) -> dict[str, object] | None:
    """Returns the JSON object that would be sent; None where nothing would be.

    The endpoint is asked what it can do, as in an editor; of the code nothing is sent.

    Raises:
        UserError: As `next_edit_context`, or no endpoint is named.
    """
    endpoint = find_model_settings(os.environ, options.settings_file).endpoint()
    if endpoint is None or Purpose.EDIT not in endpoint.models:
        raise UserError("no model for next edits is named: set INKLING_MODEL_BASE_URL and INKLING_MODEL, or --settings")
    request = next_edit_context(options).request
    return None if request is None else asyncio.run(_body(request, endpoint))


def next_edit_lines(found: NextEditContext) -> Iterator[str]:
    """Yields for a person what would be asked, message by message, and what is kept out of it."""
    messages = found.request.messages if found.request is not None else ()
    for message in messages:
        yield f"--- {message.role}: {estimate_tokens(message.content)} tokens"
        yield message.content
    if messages:
        n_tokens = sum(estimate_tokens(message.content) for message in messages)
        yield f"--- {n_tokens} tokens in all, estimated"
    for path, line in found.masked:
        yield f"masked: a secret in {path}, {f'line {line}' if line else 'as it was before a change'}"
    for path in found.left_out:
        yield f"left out: {path}, which no model may see"


def next_edit_json(found: NextEditContext) -> dict[str, object]:
    """Returns what would be asked as `--json` prints it."""
    messages = found.request.messages if found.request is not None else ()
    tokens = [estimate_tokens(message.content) for message in messages]
    return {
        "messages": [
            {"role": message.role, "text": message.content, "n_tokens": n_tokens}
            for message, n_tokens in zip(messages, tokens, strict=True)
        ],
        "n_tokens": sum(tokens),
        "masked": [{"path": path, "line": line} for path, line in found.masked],
        "left_out": list(found.left_out),
    }


async def _body(request: ChatRequest, endpoint: Endpoint) -> dict[str, object]:
    try:
        async with opened_client(endpoint, places.find().data_dir) as (client, _):
            return await client.body_of(request, Purpose.EDIT)
    except ModelError as error:
        raise UserError(str(error)) from error


def _present(options: ContextOptions) -> _Present:
    location = read_location(options.location)
    folder = project_folder(location)
    excluded = (*find_excluded(os.environ, folder, options.settings_file), *options.exclude)
    scope = WorkspaceScope(folders=(folder,), interpreter=options.interpreter, index=IndexSettings(exclude=excluded))
    try:
        repository = find_repository(folder, os.environ, is_project=True)
        interpreter = options.interpreter or Path(sys.executable)
        question = ChangeQuestion(repository=repository, wanted=WorkingTree(), interpreter=interpreter)
        with read_changes(question, os.environ) as changes:
            files = [file for file in changes.files if file.path.suffix == ".py" and file.after is not None]
    except UserError as error:
        raise UserError(f"what was changed lately is read with git: {error}") from error
    readable = Readable(scope)
    changed = {repository.project / file.path: file for file in files}
    shown = [path for path in changed if readable.look(path)]
    history = RecentEdits(LoopClock())
    for path in sorted(shown, key=lambda path: path.stat().st_mtime_ns):
        before, after = changed[path].before or "", changed[path].after or ""
        history.document_opened(_snapshot(path, before))
        history.document_edited(_snapshot(path, after), [minimal_edit(before, after)])
    return _Present(
        location=location,
        scope=scope,
        history=history.recent(),
        left_out=tuple(readable.name(path) for path in changed if path not in shown),
    )


def _snapshot(path: Path, text: str) -> Snapshot:
    return Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=-1, text=text)


async def _scene(present: _Present) -> Scene | None:
    """Returns what the model is told, with the places that the embedded mind expects and problems near the cursor."""
    analysis = Analysis(
        check_deadline_s=FACTS_WITHIN_S, completion_deadline_s=FACTS_WITHIN_S, cache_dir=places.find().cache_dir
    )
    async with asyncio.TaskGroup() as tasks:
        worker = tasks.create_task(analysis.run())
        analysis.open_workspace(present.scope)
        likely = await asyncio.to_thread(_likely_places, present)
        await until_running(analysis)
        reader = SceneReader(lambda _uri: None, analysis, present.scope)
        scene = await reader.scene(present.question, likely, FACTS_WITHIN_S)
        worker.cancel()
    return scene


def _likely_places(present: _Present) -> Sequence[PredictedPlace]:
    """Returns where the embedded mind expects the next change."""
    index, snapshot = present.scope.index, present.location.snapshot
    project = Project()
    project.open(
        ProjectScope(
            folders=present.scope.folders,
            exclude=index.exclude,
            limits=Limits(n_files=index.max_files, size_bytes=index.max_mb * MB),
            max_file_kb=NextEditSettings().max_file_kb,
        )
    )
    project.take_document(snapshot.uri, snapshot.path, snapshot.text)
    project.wait_until_ready()
    line = position_at(snapshot.text, present.location.offset).line
    situation = project.situation(present.history, cursor=(snapshot.uri, line))
    return predict(situation, shipped_artifact().ranking).places if situation is not None else ()
