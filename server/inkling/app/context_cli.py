"""`inkling context`: what a language model would be told about a place in a file."""

import asyncio
import heapq
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from inkling.app.background import TaskGroupBackground
from inkling.app.location import Location, project_folder, read_location
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
from inkling.context.sources import read_source
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import CompletionRequest

MAX_OPEN: Final = 20  # files of the folder that stand in for those an editor has open
FACTS_WITHIN_S: Final = 20.0  # a person at a shell waits for what an editor would know by the next keystroke
_LOOK_AGAIN_S: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextOptions:
    """A question from the shell.

    Attributes:
        location: FILE:LINE:COL.
        budget_tokens: Most tokens, as `estimate_tokens` counts them.
        exclude: Patterns of files that are left out, as in `inkling.index.exclude`.
        interpreter: The Python whose packages are looked into, besides the project.
    """

    location: str
    budget_tokens: int
    exclude: tuple[str, ...] = ()
    interpreter: Path | None = None


def context_at(options: ContextOptions) -> PromptContext | None:
    """Returns the context at a place, or None for a file that no model may see.

    The file's project is the workspace, and the Python files of its folder that were written last are as if open.

    Raises:
        UserError: The place or the file cannot be used.
    """
    location = read_location(options.location)
    question = asyncio.run(_question(location, options))
    return None if question is None else build(question, options.budget_tokens)


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
    folder = Path.cwd() if location.snapshot.path is None else location.snapshot.path.parent
    scope = WorkspaceScope(
        folders=(project_folder(location),),
        interpreter=options.interpreter,
        index=IndexSettings(exclude=options.exclude),
    )
    analysis = Analysis(check_deadline_s=FACTS_WITHIN_S, completion_deadline_s=FACTS_WITHIN_S)
    async with asyncio.TaskGroup() as tasks:
        worker = tasks.create_task(analysis.run())
        recorder = ContextRecorder(CodeFacts(analysis, TaskGroupBackground(tasks)))
        recorder.open_workspace(scope)
        analysis.open_workspace(scope)
        for snapshot in reversed(_written_last(folder, location.snapshot.path)):
            recorder.document_changed(snapshot)
        await recorder.prepare()
        await _until_running(analysis)
        request = CompletionRequest(snapshot=location.snapshot, offset=location.offset)
        question = await recorder.question(request, FACTS_WITHIN_S)
        worker.cancel()
    return question


async def _until_running(analysis: Analysis) -> None:
    for _ in range(round(FACTS_WITHIN_S / _LOOK_AGAIN_S)):
        if analysis.process_ids():
            return
        await asyncio.sleep(_LOOK_AGAIN_S)


def _written_last(folder: Path, besides: Path | None) -> list[Snapshot]:
    """Returns the Python files right in a folder that were written last, the latest first."""
    paths = [path for path in folder.glob("*.py") if path != besides and path.is_file()]
    snapshots = []
    for path in heapq.nlargest(MAX_OPEN, paths, key=lambda path: path.stat().st_mtime_ns):
        text = read_source(str(path))
        if text is not None:
            snapshots.append(Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=-1, text=text))
    return snapshots
