"""One review from a shell: read, asked, printed, remembered."""

import ast
import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn, assert_never

import click

from inkling.app import places
from inkling.app.endpoint_source import find_model_settings
from inkling.app.excluded_files import find_excluded
from inkling.app.learning import stored_review_acceptance
from inkling.app.own_loop import UnawaitedThreads
from inkling.app.project_python import find_python
from inkling.app.review_answer import ReviewAnswer
from inkling.app.review_baseline import read_baseline, write_baseline
from inkling.app.review_json import review_json, review_sarif
from inkling.app.review_memory import ReviewFile, review_scope
from inkling.app.review_report import ProgressLine, print_annotations, print_review
from inkling.app.review_tools import ReviewerOptions, opened_reviewers
from inkling.context.changes import (
    ChangeQuestion,
    Repository,
    Wanted,
    find_repository,
    read_changes,
)
from inkling.context.interpreter import behind_shim
from inkling.core.change import ChangeSet
from inkling.core.counted import counted
from inkling.core.review import ReviewBudget, ReviewRequest, Severity, Unchecked
from inkling.core.settings import IndexSettings, SandboxBackend, SandboxSettings, Settings
from inkling.core.suspicion import is_test_file
from inkling.engine.review.changed_code import read_changed_code
from inkling.features.review import CommentAcceptance, Review, ReviewFeature, ReviewWishes

_ENDED: Final = 128 + signal.SIGTERM  # the exit code, as shells have it
EVERYTHING: Final = 1_000_000  # comments; a baseline takes all there are
_LEVELS: Final = {Severity.NOTE: 1, Severity.WARNING: 2, Severity.ERROR: 3}


class ReviewFormat(StrEnum):
    """How a review is printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOptions:
    """A question from the shell.

    Attributes:
        folder: Where it was asked, absolute.
        is_project: Whether the folder is the project; else the whole repository is.
        wanted: What is reviewed.
        python: Runs the project; None: it is looked for.
        baseline: The file of accepted comments; None: there is none.
        must_update_baseline: Whether to write that file.
        checklist: The team's rules; None: those in the project.
        only_new: Whether to leave out what the last review of the branch showed.
        max_comments: The most that are shown.
        show_folded: Whether to print less certain comments, too.
        budget_s: Longest review, seconds.
        n_processes: How many run side by side.
        may_run: Whether the project's code may be run.
        may_ask: Whether the language model may be asked that the environment or the editor's settings name.
        backend: Where it runs.
        format: How to print.
        fail_on: The least severity that is a failure; None: nothing is.
    """

    folder: Path
    is_project: bool
    wanted: Wanted
    python: Path | None
    baseline: Path | None
    must_update_baseline: bool
    checklist: Path | None
    only_new: bool
    max_comments: int
    show_folded: bool
    budget_s: float
    n_processes: int
    may_run: bool
    may_ask: bool
    backend: SandboxBackend
    format: ReviewFormat
    fail_on: Severity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """What is known of earlier reviews.

    Attributes:
        memory: What they showed in this repository, and what became of it.
        acceptance: What the user took and dismissed in the editor, in any repository.
    """

    memory: ReviewFile
    acceptance: CommentAcceptance


def review_once(options: ReviewOptions) -> bool:
    """Prints a review; returns whether something in it is as severe as what fails.

    Raises:
        UserError: The change, the baseline or the checklist cannot be had.
        KeyboardInterrupt: The user cancelled; nothing is left running, and nothing on disk.
    """
    signal.signal(signal.SIGTERM, _end)
    repository = find_repository(options.folder, os.environ, is_project=options.is_project)
    is_read = options.baseline is not None and not options.must_update_baseline
    baseline = read_baseline(options.baseline) if options.baseline and is_read else frozenset[str]()
    question = change_question(options, repository)
    data_dir = places.find().data_dir
    past = _Past(memory=ReviewFile(data_dir, repository.common_dir), acceptance=stored_review_acceptance(data_dir))
    wishes = ReviewWishes(
        scope=review_scope(options.wanted, repository),
        max_comments=EVERYTHING if options.must_update_baseline else options.max_comments,
        baseline=baseline,
        only_new=options.only_new,
    )
    with read_changes(question, os.environ) as changes:
        try:
            review = asyncio.run(_until_ended(_review(options, repository, changes, past, wishes)))
        except asyncio.CancelledError:
            sys.exit(_ENDED)
        signal.signal(signal.SIGTERM, _end)  # the event loop had a handler of its own, and took it away
        if options.baseline is not None and options.must_update_baseline:
            n_written = write_baseline(options.baseline, review)
            click.echo(f"{options.baseline} holds {counted(n_written, 'accepted comment')} now.")
            return False
        _print(ReviewAnswer(review=review, changes=changes, prefix=repository.prefix), options)
    fail_on = options.fail_on
    return fail_on is not None and any(
        _LEVELS[found.comment.severity] >= _LEVELS[fail_on] for found in (*review.shown, *review.beyond)
    )


async def _review(
    options: ReviewOptions, repository: Repository, changes: ChangeSet, past: _Past, wishes: ReviewWishes
) -> Review:
    line = ProgressLine(is_quiet=options.format is not ReviewFormat.TEXT)
    settings, api_key = _model_settings(repository.project) if options.may_ask else (Settings(), None)
    reviewer_options = ReviewerOptions(
        project=repository.project,
        checklist=options.checklist,
        may_run=options.may_run and any(file.hunks for file in changes.files),
        sandbox=SandboxSettings(backend=options.backend),
        settings=settings,
        api_key=api_key,
    )
    try:
        async with opened_reviewers(reviewer_options) as found:
            request = ReviewRequest(
                changes=changes,
                budget=ReviewBudget(wall_s=options.budget_s, n_processes=options.n_processes),
                may_run=options.may_run and not found.no_sandbox,
            )
            review = await ReviewFeature(found.reviewers, past.memory, past.acceptance).review(
                request, wishes, line.show
            )
    finally:
        line.end()
    if found.no_sandbox:
        missing = Unchecked(what="what the code does when it runs", why=found.no_sandbox)
        review = replace(review, unchecked=(missing, *review.unchecked))
    if not options.may_run and (n := await asyncio.to_thread(_n_compared, changes)):
        what = f"what {counted(n, 'changed function does', 'changed functions do')}"
        missing = Unchecked(what=what, why="It was asked not to run code.", is_of_behaviour=True)
        review = replace(review, unchecked=(*review.unchecked, missing))
    return review


def _n_compared(changes: ChangeSet) -> int:
    """Returns how many functions would be run before and after the change."""
    return sum(
        pair.before is not None
        and pair.after is not None
        and not pair.is_same_code
        and not isinstance(pair.after.node, ast.ClassDef)
        and not is_test_file(pair.path)
        for pair in read_changed_code(changes.files).definitions
    )


def _model_settings(project: Path) -> tuple[Settings, str | None]:
    """Returns the settings with the endpoint and the files that are kept from it, and its key; none without one.

    Raises:
        UserError: The settings cannot be used.
    """
    found = find_model_settings(os.environ)
    if not found.settings.base_url.strip():
        return Settings(), None
    from inkling.llm.faults import warning

    endpoint = found.endpoint()
    if endpoint is not None and warning(endpoint):
        click.echo(warning(endpoint), err=True)
    index = IndexSettings(exclude=find_excluded(os.environ, project))
    return Settings(model=found.settings, index=index), found.api_key


def _print(answer: ReviewAnswer, options: ReviewOptions) -> None:
    match options.format:
        case ReviewFormat.TEXT:
            print_review(answer, show_folded=options.show_folded)
        case ReviewFormat.JSON:
            click.echo(json.dumps(review_json(answer), indent=2))
        case ReviewFormat.SARIF:
            click.echo(json.dumps(review_sarif(answer), indent=2))
        case ReviewFormat.GITHUB:
            print_annotations(answer)
        case _:
            assert_never(options.format)


def change_question(options: ReviewOptions, repository: Repository) -> ChangeQuestion:
    """Returns what is read."""
    project = repository.project
    interpreter = behind_shim(options.python or find_python([project, repository.top]), project)
    return ChangeQuestion(repository=repository, wanted=options.wanted, interpreter=interpreter)


def leave(exit_code: int) -> NoReturn:
    """Ends the process, even where a thread still reads for a review whose budget was used up."""
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)
    sys.exit(exit_code)


async def _until_ended(work: Coroutine[Any, Any, Review]) -> Review:
    """Returns what comes of work; when the process is told to end, it is cancelled, and ends what it has started."""
    asyncio.get_running_loop().set_default_executor(UnawaitedThreads())
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _end(_number: int, _frame: FrameType | None) -> None:
    """Ends as Python does when it is told to stop in other ways: what was put on disk is taken away."""
    sys.exit(_ENDED)
