"""`inkling review`: comments on a change, from a shell, a hook or CI."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkling.app.exit_codes import EXIT_FOUND, EXIT_NOTHING, with_exit_codes
from inkling.core.errors import UserError
from inkling.core.review import Severity
from inkling.core.settings import SandboxBackend

if TYPE_CHECKING:
    from inkling.context.changes import Wanted

_NEVER = "never"
_FILE = click.Path(path_type=Path, dir_okay=False)
_EXISTING_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("revisions", metavar="[RANGE]", required=False)
@click.option("--staged", is_flag=True, help="Review what the next commit will hold.")
@click.option("--base", metavar="REF", help="Review HEAD since it left REF, such as origin/main.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Review only this project, a folder of the repository.",
)
@click.option("--since-last", is_flag=True, help="Leave out what the last review of this branch showed.")
@click.option("--baseline", type=_FILE, metavar="FILE", help="Leave out the comments that FILE accepts.")
@click.option("--update-baseline", is_flag=True, help="Accept all comments: write them to the --baseline FILE.")
@click.option("--rules", type=_EXISTING_FILE, help="The team's rules; else inkling-review.toml in the project.")
@click.option(
    "--budget", "budget_s", type=click.FloatRange(1), default=120.0, show_default=True, help="Seconds for the review."
)
@click.option("--max-comments", type=click.IntRange(0), default=10, show_default=True, help="Most to show.")
@click.option("--all", "show_folded", is_flag=True, help="Show less certain comments, too, behind the others.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="What is printed; github: annotations in a workflow's log.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*(each.value for each in Severity), _NEVER]),
    default=Severity.ERROR.value,
    show_default=True,
    help="From which severity on the exit code is 1.",
)
@click.option("--no-run", is_flag=True, help="Run none of the project's code.")
@click.option("--no-model", is_flag=True, help="Ask no language model, even where an endpoint is configured.")
@click.option("--show-questions", is_flag=True, help="Print what a language model would be asked; nothing is sent.")
@click.option(
    "--python",
    type=_EXISTING_FILE,
    help="Runs the project; else its .venv, the active environment, or the first on the PATH.",
)
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True, help="How many run side by side.")
@click.option(
    "--sandbox",
    type=click.Choice([each.value for each in SandboxBackend if each is not SandboxBackend.OFF]),
    default=SandboxBackend.AUTO.value,
    show_default=True,
    help="Where the project's code runs.",
)
@click.option("--dismiss", metavar="FINGERPRINT", help="Do not show this comment again; needs --reason.")
@click.option("--reason", metavar="TEXT", help="Why a comment is dismissed.")
@click.option("--resolve", metavar="FINGERPRINT", help="Do not show this comment again: something was done about it.")
@click.option("--list-closed", is_flag=True, help="Print what was dismissed, resolved or silenced.")
@click.option("--reopen", metavar="FINGERPRINT|RULE", help="Show this comment, or comments of this rule, again.")
@with_exit_codes
def review(
    revisions: str | None,
    base: str | None,
    folder: Path | None,
    baseline: Path | None,
    rules: Path | None,
    budget_s: float,
    max_comments: int,
    format_name: str,
    fail_on: str,
    python: Path | None,
    processes: int,
    sandbox: str,
    dismiss: str | None,
    reason: str | None,
    resolve: str | None,
    reopen: str | None,
    *,
    list_closed: bool,
    staged: bool,
    since_last: bool,
    update_baseline: bool,
    show_folded: bool,
    no_run: bool,
    no_model: bool,
    show_questions: bool,
) -> None:
    """Review a change, and print the few comments that are worth it.

    RANGE is a commit, A..B, A...B (B since it left A), or - for a patch on stdin; without one the working tree is
    reviewed against HEAD, untracked files included. Code runs in a sandbox: without network, and with files
    read-only. Nothing is written to the repository. Comments go to stdout, the summary to stderr.

    Exit codes: 0 nothing as severe as --fail-on, 1 something is, 2 wrong use (the message says what to do), 3 Inkling
    itself failed.
    """
    from inkling.app.review_once import ReviewFormat, ReviewOptions, leave, review_once

    if (dismiss is None) != (reason is None) or (reason is not None and not reason.strip()):
        raise UserError("--dismiss FINGERPRINT and --reason TEXT belong together: the reason is kept with it")
    if update_baseline and baseline is None:
        raise UserError("--update-baseline needs --baseline FILE, the file that it writes")
    if update_baseline and since_last:
        raise UserError("--update-baseline accepts all comments, and --since-last leaves some out; give one of them")
    where = (folder or Path.cwd()).resolve()
    if _is_about_past(
        where, dismiss, reason, resolve=resolve, reopen=reopen, list_closed=list_closed, format_name=format_name
    ):
        return
    options = ReviewOptions(
        folder=where,
        is_project=folder is not None,
        wanted=_wanted(revisions, base, is_staged=staged),
        python=Path.cwd() / python if python is not None else None,
        baseline=baseline,
        must_update_baseline=update_baseline,
        checklist=rules,
        only_new=since_last,
        max_comments=max_comments,
        show_folded=show_folded,
        budget_s=budget_s,
        n_processes=processes,
        may_run=not no_run,
        may_ask=not no_model,
        backend=SandboxBackend(sandbox),
        format=ReviewFormat(format_name),
        fail_on=None if fail_on == _NEVER else Severity(fail_on),
    )
    if show_questions:
        from inkling.app.review_questions import show_questions as print_questions

        print_questions(options)
        return
    try:
        has_failures = review_once(options)
    except KeyboardInterrupt:
        click.echo("\nThe review was cancelled; nothing is left of it.", err=True)
        leave(EXIT_NOTHING)
    except SystemExit as ended:
        leave(int(ended.code or 0))
    leave(EXIT_FOUND if has_failures else 0)


def _is_about_past(
    where: Path,
    dismiss: str | None,
    reason: str | None,
    *,
    resolve: str | None,
    reopen: str | None,
    list_closed: bool,
    format_name: str,
) -> bool:
    """Closes, opens or lists comments of past reviews; returns whether that was asked for.

    Raises:
        UserError: Two things are asked for at once, or it cannot be done.
    """
    from inkling.app import review_closings
    from inkling.features.review import Closing

    if sum((dismiss is not None, resolve is not None, reopen is not None, list_closed)) > 1:
        raise UserError("give only one of --dismiss, --resolve, --reopen and --list-closed")
    if dismiss is not None and reason is not None:
        review_closings.close_comment(where, dismiss, Closing.DISMISSED, reason.strip())
    elif resolve is not None:
        review_closings.close_comment(where, resolve, Closing.RESOLVED, "")
    elif reopen is not None:
        review_closings.reopen(where, reopen)
    elif list_closed:
        review_closings.list_closed(where, as_json=format_name == "json")
    else:
        return False
    return True


def _wanted(revisions: str | None, base: str | None, *, is_staged: bool) -> "Wanted":
    """Returns what is to be reviewed.

    Raises:
        UserError: Two things are asked for at once.
    """
    from inkling.context.changes import Branch, PatchText, Revisions, Staged, WorkingTree

    if sum((revisions is not None, base is not None, is_staged)) > 1:
        raise UserError("give only one of RANGE, --base and --staged")
    if revisions == "-":
        return PatchText(text=sys.stdin.buffer.read())
    if revisions is not None:
        return Revisions(text=revisions)
    if base is not None:
        return Branch(base=base)
    return Staged() if is_staged else WorkingTree()
