"""The command `inkling`. Every command but `serve` starts with as few imports as its answer needs."""

import json
import logging
import sys
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkling.app import places
from inkling.app.bench_cli import bench
from inkling.app.exit_codes import EXIT_NOTHING, with_exit_codes
from inkling.app.fix_cli import fix
from inkling.app.model_cli import model
from inkling.app.review_cli import review
from inkling.app.telemetry_cli import telemetry
from inkling.core.errors import UserError

if TYPE_CHECKING:
    from inkling.app.context_cli import ContextOptions

_EPILOG = """Exit codes: 0 done, 1 nothing to show or something is missing, 2 wrong use (the message says
what to do), 3 Inkling itself failed."""

_EXISTING_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_SETTINGS_OPTION = click.option(
    "--settings",
    "settings_file",
    type=_EXISTING_FILE,
    help="The editor's settings.json with the model's endpoint; else it is looked for.",
)
_EXCLUDE_OPTION = click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Leave such files out, besides those of inkling.index.exclude.",
)
_LOG_LEVELS = click.Choice(["debug", "info", "warning", "error"])


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("inkling-ls"), prog_name="inkling")
@click.option("--log-level", type=_LOG_LEVELS, default="warning", show_default=True, help="What goes to stderr.")
def main(log_level: str) -> None:
    """Inkling: a coding assistant for Python that knows when to speak.

    Editors run `inkling serve`. The other commands ask the same parts from a shell.
    """
    logging.basicConfig(level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("pygls").setLevel(logging.WARNING)  # at INFO it prints whole documents


@main.command()
@click.option(
    "--tcp", metavar="HOST:PORT", help="Wait for one client on a port instead of stdio; HOST: may be left out."
)
@click.option(
    "--measure-loop", is_flag=True, help="Measure how long the event loop is held, for `inkling bench latency`."
)
@click.option("--survival-looks", metavar="S,S,…", hidden=True, help="Seconds after an outcome to look, for tests.")
@click.option("--any-load", is_flag=True, hidden=True, help="Look for fixes unasked however busy it is, for tests.")
@with_exit_codes
def serve(tcp: str | None, survival_looks: str | None, *, measure_loop: bool, any_load: bool) -> None:
    """Run the language server for one editor window.

    It speaks the Language Server Protocol on stdin and stdout. With --tcp it waits for one client on a port,
    of the loopback address unless another is given, and prints `listening on HOST:PORT`.
    """
    from inkling.app.serve import ServeOptions
    from inkling.app.serve import serve as run

    options = ServeOptions(
        places=places.find(),
        version=version("inkling-ls"),
        tcp=_address(tcp),
        measure_loop=measure_loop,
        ignores_load=any_load,
    )
    if survival_looks is not None:
        options = replace(options, survival_looks_s=_seconds(survival_looks))
    sys.exit(run(options))


@main.command()
@click.argument("location", metavar="FILE:LINE:COL")
@click.option(
    "--interpreter",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Learn from the packages of this Python, too.",
)
@click.option(
    "--wait", "wait_s", type=click.FloatRange(0), default=60.0, show_default=True, help="Seconds to wait for the index."
)
@_EXCLUDE_OPTION
@click.option("--automatic", is_flag=True, help="Decide as while typing: apply the gate's threshold.")
@_SETTINGS_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@with_exit_codes
def complete(
    location: str,
    interpreter: Path | None,
    wait_s: float,
    exclude: tuple[str, ...],
    settings_file: Path | None,
    *,
    automatic: bool,
    as_json: bool,
) -> None:
    """Print what would be inserted at a place in a file; lines and columns count from 1.

    A language model is asked, too, where INKLING_MODEL_BASE_URL or the editor's settings name an endpoint. What
    inkling.index.exclude names, there or in the project's .vscode/settings.json, is neither read nor sent.
    Nothing is recorded but the tokens. Exit code 1 means silence, and the reason is printed on stderr.
    """
    from inkling.app.one_shot import OneShotOptions, complete_once
    from inkling.core.suggestion import REASON_WORDS, NoSuggestion

    found = complete_once(
        OneShotOptions(
            location=location,
            interpreter=_absolute(interpreter),
            wait_s=wait_s,
            is_automatic=automatic,
            places=places.find(),
            settings_file=settings_file,
            exclude=exclude,
        )
    )
    for problem in found.problems:
        click.echo(problem, err=True)
    answer = found.answer
    if isinstance(answer, NoSuggestion):
        if as_json:
            _print_json({"text": None, "reason": answer.reason, "probability": answer.probability})
        click.echo(f"nothing to suggest: {REASON_WORDS[answer.reason]}", err=True)
        sys.exit(EXIT_NOTHING)
    if as_json:
        _print_json(
            {
                "text": answer.candidate.text,
                "reason": None,
                "probability": answer.scored.probability,
                "source": answer.candidate.source,
                "checked": sorted(answer.checked),
                "features": answer.scored.features,
                "model_version": answer.scored.model_version,
            }
        )
    else:
        click.echo(answer.candidate.text)


@main.command()
@click.argument("location", metavar="FILE:LINE:COL")
@click.option("--budget", type=click.IntRange(1), default=2048, show_default=True, help="Most tokens, estimated.")
@_EXCLUDE_OPTION
@click.option("--interpreter", type=_EXISTING_FILE, help="Look into the packages of this Python, too.")
@click.option("--next-edit", is_flag=True, help="What would be asked about the next edit, instead of ghost text.")
@click.option("--request", "as_request", is_flag=True, help="Print the JSON object that the endpoint would get.")
@_SETTINGS_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@with_exit_codes
def context(
    location: str,
    budget: int,
    exclude: tuple[str, ...],
    interpreter: Path | None,
    settings_file: Path | None,
    *,
    next_edit: bool,
    as_request: bool,
    as_json: bool,
) -> None:
    """Print what a language model would be told about a place in a file; lines and columns count from 1.

    Nothing of it is sent, and only --request needs an endpoint, to ask it what it can do. The file's project stands in
    for the workspace, and the 20 Python files of its folder that were written last for those that are open. Exit code 1
    means that no model may see the file: git ignores it, --exclude or inkling.index.exclude
    names it, or it holds secrets by its purpose.

    With --next-edit the cursor is there, and what differs from the last commit is what was changed lately; --budget
    is for ghost text alone. Exit code 1 means, too, that nothing was changed.
    """
    from inkling.app.context_cli import ContextOptions, context_at, context_json, context_lines, request_at

    options = ContextOptions(
        location=location,
        budget_tokens=budget,
        exclude=exclude,
        interpreter=_absolute(interpreter),
        settings_file=settings_file,
    )
    if next_edit:
        _print_next_edit_context(options, as_request=as_request, as_json=as_json)
        return
    request = request_at(options) if as_request else None
    found = None if as_request else context_at(options)
    if request is not None:
        _print_json(request)
        return
    if found is None:
        click.echo("nothing would be sent: the file is ignored by git, excluded, or made for secrets", err=True)
        sys.exit(EXIT_NOTHING)
    if as_json:
        _print_json(context_json(found))
    else:
        click.echo("\n".join(context_lines(found)))


def _print_next_edit_context(options: "ContextOptions", *, as_request: bool, as_json: bool) -> None:
    from inkling.app.next_edit_context import next_edit_body, next_edit_context, next_edit_json, next_edit_lines

    body = next_edit_body(options) if as_request else None
    if body is not None:
        _print_json(body)
        return
    found = next_edit_context(options)
    if as_json and not as_request:
        _print_json(next_edit_json(found))
    else:
        click.echo("\n".join(next_edit_lines(found)), nl=bool(found.request or found.left_out))
    if found.request is None:
        click.echo(f"nothing would be sent: {found.reason}", err=True)
        sys.exit(EXIT_NOTHING)


@main.command()
@click.option("--days", type=click.IntRange(1, 36500), default=7, show_default=True, help="How far back to count.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@with_exit_codes
def stats(days: int, *, as_json: bool) -> None:
    """Count what was suggested, what became of it, and what language models cost."""
    from inkling.app.reports import read_statistics, statistics_lines
    from inkling.app.spending import read_spending, spending_json, spending_lines

    data_dir = places.find().data_dir
    statistics, spent = read_statistics(data_dir, days), read_spending(data_dir, days)
    if as_json:
        _print_json(asdict(statistics) | {"model_requests": spending_json(spent)})
    else:
        click.echo("\n".join([*statistics_lines(statistics, days), *spending_lines(spent)]))


@main.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many decisions.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, newest first.")
@with_exit_codes
def why(limit: int, *, as_json: bool) -> None:
    """Say why the latest suggestions were shown or not, newest first."""
    from inkling.app.learning import own_model_as_of_now
    from inkling.app.reports import read_decisions, why_lines, why_rows

    data_dir = places.find().data_dir
    decisions, own = read_decisions(data_dir, limit), own_model_as_of_now(data_dir)
    if as_json:
        _print_json(why_rows(decisions, own))
    else:
        click.echo("\n".join(why_lines(decisions, own)), nl=bool(decisions))
    if not decisions:
        click.echo("nothing was decided yet: type in a Python file in an editor with Inkling", err=True)
        sys.exit(EXIT_NOTHING)


@main.command()
@click.argument("file", required=False, metavar="[FILE.html]", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How far back to look.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write what the page shows to this file instead; - for standard output.",
)
@click.option("--force", is_flag=True, help="Replace FILE even if it is no report.")
@click.option("--open", "must_open", is_flag=True, help="Show the page in the browser.")
@click.option("--gate", "gate_json", metavar="JSON", hidden=True, help="The gate's settings in force, for editors.")
@with_exit_codes
def report(
    file: Path | None,
    json_file: Path | None,
    gate_json: str | None,
    *,
    days: int,
    force: bool,
    must_open: bool,
) -> None:
    """Write the Insights page to FILE, by default inkling-report.html: one file that works offline.

    It shows what was suggested, accepted and kept, by day, source, file and project; how far probabilities came true;
    what was hidden and why; what other settings would do; and the model behind all of it.
    """
    from inkling.app.insights.page import DEFAULT_NAME, render_page, write_json, write_page
    from inkling.app.insights.report import parse_gate, read_json

    if json_file is not None and (file is not None or must_open):
        raise UserError("--json writes no page: give neither FILE nor --open with it.")
    data = read_json(places.find().data_dir, days, parse_gate(gate_json))
    if json_file == Path("-"):
        click.echo(data)
    elif json_file is not None:
        write_json(data, json_file, may_replace_anything=force)
    else:
        target = Path.cwd() / (file or DEFAULT_NAME)
        write_page(render_page(data), target, may_replace_anything=force)
        click.echo(f"wrote {target}")
        if must_open:
            click.launch(target.as_uri())


@main.command()
@click.option("--interpreter", type=click.Path(path_type=Path), help="Look at this Python, too.")
@_SETTINGS_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@with_exit_codes
def doctor(interpreter: Path | None, settings_file: Path | None, *, as_json: bool) -> None:
    """Say what is found, what is missing, and how to fix it. Exit code 1 when something needed is missing."""
    from inkling.app.doctor import examine, finding_lines

    findings = examine(places.find(), _absolute(interpreter), settings_file)
    if as_json:
        _print_json([asdict(finding) for finding in findings])
    else:
        click.echo("\n".join(finding_lines(findings)))
    sys.exit(EXIT_NOTHING if any(finding.state == "missing" for finding in findings) else 0)


main.add_command(bench)
main.add_command(model)
main.add_command(telemetry)
main.add_command(fix)
main.add_command(review)


@main.command()
@click.option(
    "--policy", "policies", required=True, multiple=True, metavar="POLICY", help="What to judge, one; see above."
)
@click.option("--days", type=click.IntRange(1), default=90, show_default=True, help="How far back the log is read.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@with_exit_codes
def replay(policies: tuple[str, ...], days: int, *, as_json: bool) -> None:
    """Estimate from the log what another policy would have done.

    POLICY is a value of `inkling.gate.policy` (`eager`, `balanced` and `quiet` lose at most 1%, 5% and 20% of what
    you would accept, `lose=0.1` at most 10%, `threshold=0.3` shows from that probability on), another model
    (`model=shipped` is the one without what it learned of you, `model=FILE` another that
    `python -m inkling.models.train` wrote), or a longer pause in typing
    before Inkling is asked (`debounce=+60`, in milliseconds). Exit code 1 means that the log cannot tell, and the
    reason is printed.
    """
    from inkling.app.replay_cli import answer, answer_json, answer_lines, parse_policy
    from inkling.models.replay import InsufficientSupport

    if len(policies) > 1:
        raise UserError("--policy can be given once; ask for each policy by itself.")
    found = answer(places.find().data_dir, parse_policy(policies[0]), days)
    if as_json:
        _print_json(answer_json(found))
    else:
        click.echo("\n".join(answer_lines(found)))
    sys.exit(EXIT_NOTHING if isinstance(found.replay, InsufficientSupport) else 0)


def _absolute(interpreter: Path | None) -> Path | None:
    """Interpreters are run from another folder; links stay links, or an environment would become its base."""
    return Path.cwd() / interpreter if interpreter is not None else None


def _address(tcp: str | None) -> tuple[str, int] | None:
    if tcp is None:
        return None
    host, _, port = tcp.rpartition(":")
    if not port.isdecimal():
        raise UserError(f"--tcp {tcp!r} is not of the form HOST:PORT, for example 127.0.0.1:8766")
    return host.strip("[]") or "127.0.0.1", int(port)


def _seconds(words: str) -> tuple[float, ...]:
    try:
        seconds = tuple(float(word) for word in words.split(","))
    except ValueError as error:
        raise UserError(f"--survival-looks {words!r} is not of the form 0.2,0.5") from error
    if not all(later > earlier for earlier, later in zip((0.0, *seconds), seconds, strict=False)):
        raise UserError(f"--survival-looks {words!r} must rise from above 0")
    return seconds


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, default=str))


if __name__ == "__main__":
    main()
