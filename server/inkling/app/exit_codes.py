"""The exit codes of every command, and how errors become them."""

import errno
import logging
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from inkling.core.errors import InklingError, UserError

P = ParamSpec("P")

logger = logging.getLogger(__name__)

EXIT_NOTHING = 1  # the command worked and has nothing to show
EXIT_FOUND = 1  # a review found something that is as severe as what it was told to fail on
EXIT_USAGE = 2  # what the user gave cannot be used; the message says what to do
EXIT_BROKEN = 3  # something of Inkling itself failed


def with_exit_codes(command: Callable[P, None]) -> Callable[P, None]:
    """Turns every error into one line on standard error and an exit code; the log has its traceback at level debug."""

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
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            # The outermost boundary of a command: whatever it is, its user is told in one line.
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # who reads the output has gone, which click knows to end quietly
            logger.debug("a command failed", exc_info=True)
            words = " ".join(f"{type(error).__name__}: {error}".split())
            click.echo(
                f"inkling: unexpected error, a fault of Inkling's ({words});"
                " `inkling --log-level debug` before the command shows where",
                err=True,
            )
            sys.exit(EXIT_BROKEN)

    return wrapped
