"""What commands end with when something in them fails that nobody foresaw."""

import logging

import click
import pytest
from click.testing import CliRunner, Result

from inkling.app.exit_codes import EXIT_BROKEN, EXIT_USAGE, with_exit_codes


def run(error: Exception) -> Result:
    @click.command()
    @with_exit_codes
    def fail() -> None:
        raise error

    return CliRunner().invoke(fail, [])


def test_a_fault_is_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        result = run(OverflowError("too\nlarge"))

    assert result.exit_code == EXIT_BROKEN
    assert result.output.startswith("inkling: unexpected error, a fault of Inkling's (OverflowError: too large)")
    assert result.output.count("\n") == 1
    assert caplog.records == []


def test_the_traceback_is_there_at_level_debug(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        run(ZeroDivisionError("by zero"))

    assert "Traceback" in caplog.text
    assert "ZeroDivisionError: by zero" in caplog.text


def test_wrong_use_stays_wrong_use() -> None:
    assert run(click.UsageError("no")).exit_code == EXIT_USAGE
    assert run(click.Abort()).exit_code == 1
