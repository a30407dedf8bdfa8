"""One search for a fix from a shell: asked, answered, printed and applied."""

import asyncio
import json
import os
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import click

from inkling.app import places
from inkling.app.endpoint_source import find_model_settings
from inkling.app.excluded_files import find_excluded
from inkling.app.fix_report import Report, ask, fix_json
from inkling.app.fix_tools import FixToolbox, MoreRepairers
from inkling.app.fixed_files import write_fix
from inkling.app.project_python import find_python
from inkling.context.interpreter import behind_shim
from inkling.core.errors import UserError
from inkling.core.execution import ProjectView, ResourceLimits
from inkling.core.repair import RepairBudget
from inkling.core.settings import FixPrecision, IndexSettings, SandboxBackend, SandboxSettings
from inkling.features.fix import (
    FailingTests,
    FixFeature,
    FixRecorder,
    FixRequest,
    FixTarget,
    KnobNames,
    Place,
    TracebackText,
)
from inkling.telemetry.memory_log import MemoryEventLog


@dataclass(frozen=True, slots=True, kw_only=True)
class FixOptions:
    """A question from the shell.

    Attributes:
        folder: The project's folder, absolute.
        tests: Failing tests by name; none: whatever fails.
        traceback: The text of a traceback; empty without one.
        at: FILE:LINE; empty without one.
        python: Runs the tests; None: it is looked for.
        precision: What is good enough to be shown.
        budget_s: Longest search, seconds.
        n_processes: Processes that search side by side.
        backend: Where the tests run.
        must_apply: Whether to write the best fix.
        is_hint: Whether to print a hint instead.
        as_json: Whether to print one JSON object.
    """

    folder: Path
    tests: tuple[str, ...]
    traceback: str
    at: str
    python: Path | None
    precision: FixPrecision
    budget_s: float
    n_processes: int
    backend: SandboxBackend
    must_apply: bool
    is_hint: bool
    as_json: bool


class _NoBackground:
    """Nothing is recorded from a shell."""

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Drops the work."""
        work.close()


def find_fix(options: FixOptions) -> bool:
    """Prints what was found, and writes it where that was asked for; returns whether there was anything to show.

    Raises:
        UserError: The question names nothing that can be looked for.
        SandboxError: There is no sandbox, or it failed.
        KeyboardInterrupt: The user cancelled; nothing is left running.
    """
    request = _request(options)
    toolbox = FixToolbox(_model_repairers(options.folder))
    toolbox.configure(SandboxSettings(backend=options.backend))
    feature = FixFeature(toolbox.open, FixRecorder(MemoryEventLog(), _NoBackground(), lambda: 0))
    report = Report(is_quiet=options.as_json, budget_s=options.budget_s)
    with asyncio.Runner() as runner:
        try:
            outcome = runner.run(feature.fix(request, report.progress))
            report.end_progress()
            while outcome.answer.question is not None and _may_ask(options):
                report.outcome(outcome)
                answer = ask(outcome.answer.question)
                if answer is None:
                    break
                outcome = runner.run(feature.answer_question(outcome.session_id, answer, report.progress))
                report.end_progress()
        finally:
            report.end_progress()
            runner.run(toolbox.close())
    was_applied = options.must_apply and bool(outcome.offered)
    if was_applied:
        write_fix(outcome, outcome.offered[0].fix)
    if options.as_json:
        click.echo(json.dumps(fix_json(outcome, was_applied=was_applied), indent=2))
    else:
        report.outcome(outcome)
        report.applied(outcome, was_applied=was_applied)
    return bool(outcome.offered or outcome.hint)


def _model_repairers(folder: Path) -> MoreRepairers:
    """Returns the endpoint that the environment or the editor's settings name as a repairer; none without one.

    Raises:
        UserError: The settings cannot be used.
    """
    found = find_model_settings(os.environ)
    if not found.settings.base_url:
        return lambda _suites: ()
    # With an endpoint alone: importing what asks it takes a moment.
    from inkling.app.endpoint_repairer import EndpointRepairer
    from inkling.llm.faults import warning

    endpoint = found.endpoint()
    if endpoint is None:
        return lambda _suites: ()
    if warning(endpoint):
        click.echo(warning(endpoint), err=True)
    data_dir, index = places.find().data_dir, IndexSettings(exclude=find_excluded(os.environ, folder))
    return lambda suites: (EndpointRepairer(endpoint, data_dir, suites, index),)


def _may_ask(options: FixOptions) -> bool:
    return not options.as_json and sys.stdin.isatty() and sys.stdout.isatty()


def _request(options: FixOptions) -> FixRequest:
    view = ProjectView(
        folder=options.folder, interpreter=behind_shim(options.python or find_python([options.folder]), options.folder)
    )
    sandbox = SandboxSettings()
    return FixRequest(
        view=view,
        target=_target(options),
        precision=options.precision,
        budget=RepairBudget(wall_s=options.budget_s, n_processes=options.n_processes),
        limits=ResourceLimits(
            wall_s=sandbox.timeout_seconds, cpu_s=sandbox.timeout_seconds, memory_mb=sandbox.memory_mb
        ),
        is_hint=options.is_hint,
        knobs=KnobNames(more_time="a larger --budget", show_plausible="use --precision plausible"),
    )


def _target(options: FixOptions) -> FixTarget:
    if options.traceback:
        return TracebackText(text=options.traceback)
    return _place(options.at, options.folder) if options.at else FailingTests(node_ids=options.tests)


def _place(at: str, folder: Path) -> Place:
    """Returns the line that FILE:LINE names.

    Raises:
        UserError: It names none within the folder.
    """
    name, _, number = at.rpartition(":")
    path = (Path.cwd() / name).resolve()
    if not number.isdecimal() or int(number) < 1 or not path.is_file():
        raise UserError(f"--at {at!r} is not of the form FILE:LINE with a file that exists, for example cart.py:12")
    if not path.is_relative_to(folder):
        raise UserError(f"{path} is not in {folder}; name the project with --folder")
    return Place(path=PurePosixPath(path.relative_to(folder).as_posix()), first_line=int(number), last_line=int(number))
