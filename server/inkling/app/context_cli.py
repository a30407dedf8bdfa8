"""`inkling context`: what a language model would be told about a place in a file."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from inkling.app import places
from inkling.app.background import TaskGroupBackground
from inkling.app.endpoint_client import opened_client
from inkling.app.endpoint_source import find_model_settings
from inkling.app.excluded_files import find_excluded
from inkling.app.location import Location, project_folder, read_location
from inkling.app.open_files import as_if_open
from inkling.context.analysis.analysis import Analysis
from inkling.context.prompt_context import (
    CodeFacts,
    ContextQuestion,
    ContextRecorder,
    PromptContext,
    build,
    estimate_tokens,
    render_comment_block,
)
from inkling.core.errors import ModelError, UserError
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.suggestion import CompletionRequest
from inkling.llm.endpoint import Endpoint
from inkling.llm.prompt import PromptStyle, request_for
from inkling.llm.replies import place_of
from inkling.llm.text_model import Purpose

FACTS_WITHIN_S: Final = 20.0  # a person at a shell waits for what an editor would know by the next keystroke
_LOOK_AGAIN_S: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextOptions:
    """A question from the shell.

    Attributes:
        location: FILE:LINE:COL.
        budget_tokens: Most tokens, as `estimate_tokens` counts them.
        exclude: Patterns of files that are left out besides those of `inkling.index.exclude`.
        interpreter: The Python whose packages are looked into, besides the project.
        settings_file: The editor's settings; None: they are looked for.
    """

    location: str
    budget_tokens: int
    exclude: tuple[str, ...] = ()
    interpreter: Path | None = None
    settings_file: Path | None = None


def context_at(options: ContextOptions) -> PromptContext | None:
    """Returns the context at a place, or None for a file that no model may see.

    The file's project is the workspace, and the Python files of its folder that were written last are as if open.

    Raises:
        UserError: The place, the file or the settings cannot be used.
    """
    location = read_location(options.location)
    question = asyncio.run(_question(location, options))
    return None if question is None else build(question, options.budget_tokens)


def request_at(options: ContextOptions) -> dict[str, object] | None:
    """Returns the JSON object that would be sent for ghost text at a place; None for a file that no model may see.

    The endpoint is asked what it can do, as in an editor; of the file nothing is sent.

    Raises:
        UserError: The place, the file or the settings cannot be used, or no endpoint is named.
    """
    endpoint = find_model_settings(os.environ, options.settings_file).endpoint()
    if endpoint is None or Purpose.COMPLETION not in endpoint.models:
        raise UserError("no model for ghost text is named: set INKLING_MODEL_BASE_URL and INKLING_MODEL, or --settings")
    location, context = read_location(options.location), context_at(options)
    return None if context is None else asyncio.run(_body(location, context, endpoint))


async def _body(location: Location, context: PromptContext, endpoint: Endpoint) -> dict[str, object]:
    style = PromptStyle(model=endpoint.models[Purpose.COMPLETION], api=endpoint.api, fim_template=endpoint.fim_template)
    place = place_of(CompletionRequest(snapshot=location.snapshot, offset=location.offset))
    try:
        async with opened_client(endpoint, places.find().data_dir) as (client, _):
            asked = request_for(context, place, style, await client.probe())
            return await client.body_of(asked, Purpose.COMPLETION)
    except ModelError as error:
        raise UserError(str(error)) from error


def context_lines(context: PromptContext) -> Iterator[str]:
    """Yields the context for a person, part by part in the order in which it is sent."""
    for snippet in context.snippets:
        yield f"--- {snippet.kind} {snippet.path}: {snippet.n_tokens} tokens, value {snippet.value:.2f}"
        yield render_comment_block([snippet]).rstrip("\n")
    for name, text in (("prefix", context.prefix), ("suffix", context.suffix)):
        yield f"--- {name}: {estimate_tokens(text)} tokens"
        yield text
    yield f"--- {context.n_tokens} tokens in all, estimated"
    for masked in context.masked:
        where = f"line {masked.line}" if masked.line else "in a snippet"
        yield f"masked: a secret in {masked.path}, {where}"


def context_json(context: PromptContext) -> dict[str, object]:
    """Returns the context as `--json` prints it."""
    return {
        "prefix": {"text": context.prefix, "n_tokens": estimate_tokens(context.prefix)},
        "suffix": {"text": context.suffix, "n_tokens": estimate_tokens(context.suffix)},
        "snippets": [asdict(snippet) for snippet in context.snippets],
        "n_tokens": context.n_tokens,
        "masked": [asdict(masked) for masked in context.masked],
    }


async def _question(location: Location, options: ContextOptions) -> ContextQuestion | None:
    folder = project_folder(location)
    excluded = find_excluded(os.environ, folder, options.settings_file)
    scope = WorkspaceScope(
        folders=(folder,),
        interpreter=options.interpreter,
        index=IndexSettings(exclude=(*excluded, *options.exclude)),
    )
    analysis = Analysis(
        check_deadline_s=FACTS_WITHIN_S, completion_deadline_s=FACTS_WITHIN_S, cache_dir=places.find().cache_dir
    )
    async with asyncio.TaskGroup() as tasks:
        worker = tasks.create_task(analysis.run())
        recorder = ContextRecorder(CodeFacts(analysis, TaskGroupBackground(tasks)))
        recorder.open_workspace(scope)
        analysis.open_workspace(scope)
        for snapshot in as_if_open(location):
            recorder.document_changed(snapshot)
        await recorder.prepare()
        await until_running(analysis)
        request = CompletionRequest(snapshot=location.snapshot, offset=location.offset)
        question = await recorder.question(request, FACTS_WITHIN_S)
        worker.cancel()
    return question


async def until_running(analysis: Analysis) -> None:
    """Waits until the worker was started, or for so long that it will not be."""
    for _ in range(round(FACTS_WITHIN_S / _LOOK_AGAIN_S)):
        if analysis.process_ids():
            return
        await asyncio.sleep(_LOOK_AGAIN_S)
