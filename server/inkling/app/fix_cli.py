"""`inkling fix`: the same search as in the editor, from a shell."""

import sys
from pathlib import Path
from typing import IO

import click

from inkling.app.exit_codes import EXIT_NOTHING, with_exit_codes
from inkling.core.errors import UserError
from inkling.core.settings import FixPrecision, SandboxBackend


@click.command()
@click.argument("tests", metavar="[TEST]...", nargs=-1)
@click.option(
    "--folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".", help="The project's folder."
)
@click.option(
    "--python",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Runs the tests; else the folder's .venv, the active environment, or the first on the PATH.",
)
@click.option("--traceback", type=click.File(encoding="utf-8"), help="Fix what a traceback in FILE shows; - is stdin.")
@click.option("--at", metavar="FILE:LINE", help="Fix what failing tests that reach this line show.")
@click.option("--apply", "must_apply", is_flag=True, help="Write the best fix into the files; never into tests.")
@click.option("--hint", "is_hint", is_flag=True, help="Say where to look and what for, and not the change.")
@click.option(
    "--precision",
    type=click.Choice([each.value for each in FixPrecision]),
    default=FixPrecision.VERIFIED.value,
    show_default=True,
    help="What is good enough to be shown.",
)
@click.option(
    "--budget", "budget_s", type=click.FloatRange(1), default=60.0, show_default=True, help="Seconds for the search."
)
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True, help="How many search side by side.")
@click.option(
    "--sandbox",
    type=click.Choice([each.value for each in SandboxBackend if each is not SandboxBackend.OFF]),
    default=SandboxBackend.AUTO.value,
    show_default=True,
    help="Where the tests run.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and ask nothing.")
@with_exit_codes
def fix(
    tests: tuple[str, ...],
    folder: Path,
    python: Path | None,
    traceback: IO[str] | None,
    at: str | None,
    precision: str,
    budget_s: float,
    processes: int,
    sandbox: str,
    *,
    must_apply: bool,
    is_hint: bool,
    as_json: bool,
) -> None:
    """Look for a fix of failing tests, and show the evidence for it.

    TEST is pytest's name of a test, a file or a folder, relative to --folder; without any, whatever fails is fixed.
    Tests run in a sandbox: without network, and with the project's files read-only. Nothing is recorded. Where two
    changes make the tests pass and differ, a question is asked on a terminal. Ctrl+C ends the search, and leaves
    nothing. Exit code 1 means that there is no fix; the reason is printed on stderr.
    """
    from inkling.app.fix_once import FixOptions, find_fix
    from inkling.features.fix import words

    if sum(map(bool, (tests, traceback, at))) > 1:
        raise UserError("give only one of TEST, --traceback and --at")
    if must_apply and is_hint:
        raise UserError("--hint shows no fix that --apply could write")
    options = FixOptions(
        folder=Path(folder).resolve(),
        tests=tests,
        traceback=traceback.read() if traceback is not None else "",
        at=at or "",
        python=Path.cwd() / python if python is not None else None,
        precision=FixPrecision(precision),
        budget_s=budget_s,
        n_processes=processes,
        backend=SandboxBackend(sandbox),
        must_apply=must_apply,
        is_hint=is_hint,
        as_json=as_json,
    )
    try:
        was_found = find_fix(options)
    except KeyboardInterrupt:
        click.echo(f"\n{words.CANCELLED}", err=True)
        was_found = False
    sys.exit(0 if was_found else EXIT_NOTHING)
