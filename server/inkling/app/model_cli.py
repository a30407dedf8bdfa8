"""`inkling model`: what was learned of the user, to see, train anew, take back and forget."""

import sys

import click

from inkling.app import places
from inkling.app.exit_codes import EXIT_NOTHING, with_exit_codes


@click.group()
def model() -> None:
    """Your own acceptance model: what was learned from your accepts and rejects, on top of the shipped one."""


@model.command("show")
@with_exit_codes
def model_show() -> None:
    """Print what was learned up to now, in log-odds. Exit code 1 while nothing was."""
    from inkling.app.learning import drift_complaint, load_points, own_model_as_of_now, state_lines

    data_dir = places.find().data_dir
    own = own_model_as_of_now(data_dir)
    for notice in (*own.notices, load_points(data_dir, own.prior)[1], drift_complaint(data_dir)):
        if notice:
            click.echo(notice, err=True)
    click.echo("\n".join(state_lines(own.model.state)))
    sys.exit(0 if own.model.state.n_events else EXIT_NOTHING)


@model.command("retrain")
@click.option("--background", is_flag=True, hidden=True, help="Leave the processor to others.")
@with_exit_codes
def model_retrain(*, background: bool) -> None:
    """Train on the event store; replaces your model only when it is better on later data, else exit code 1.

    Between trainings your model learns from each suggestion as its outcome comes, in every open window.
    """
    from inkling.app.learning import be_nice, retrain_from_store

    if background:
        be_nice()
    was_replaced, words = retrain_from_store(places.find().data_dir)
    click.echo(words)
    sys.exit(0 if was_replaced else EXIT_NOTHING)


@model.command("rollback")
@with_exit_codes
def model_rollback() -> None:
    """Go back to the model before the last one; before the first one to what is learned live."""
    from inkling.app.learning import roll_back

    words = roll_back(places.find().data_dir)
    click.echo(f"{words}; open windows take it over within seconds")


@model.command("reset")
@with_exit_codes
def model_reset() -> None:
    """Forget all that was learned; the shipped model decides again."""
    from inkling.app.learning import reset

    reset(places.find().data_dir)
    click.echo("your model is forgotten; open windows take that over within seconds")
