"""The exit codes of every command, and how errors become them."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from inkling.core.errors import InklingError, UserError

P = ParamSpec("P")

EXIT_NOTHING = 1  # the command worked and has nothing to show
EXIT_USAGE = 2  # what the user gave cannot be used; the message says what to do
EXIT_BROKEN = 3  # something of Inkling itself failed


def with_exit_codes(command: Callable[P, None]) -> Callable[P, None]:
    """Turns Inkling's errors into one line on standard error and an exit code."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except UserError as error:
            click.echo(f"inkling: {error}", err=True)
            sys.exit(EXIT_USAGE)
        except InklingError as error:
            click.echo(f"inkling: {error}", err=True)
            sys.exit(EXIT_BROKEN)

    return wrapped
