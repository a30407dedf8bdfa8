"""`inkling telemetry`: what is kept about suggestions, for its owner to see, take away, bring back and delete."""

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkling.app import places
from inkling.app.exit_codes import EXIT_NOTHING, with_exit_codes
from inkling.core.errors import StoreError, UserError

if TYPE_CHECKING:
    import sqlite3


@click.group()
def telemetry() -> None:
    """See, take away and delete what is kept about suggestions. All of it lies on this machine only."""


@telemetry.command()
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many rows.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@with_exit_codes
def show(limit: int, *, as_json: bool) -> None:
    """Print the latest rows exactly as they are stored, newest first."""
    from inkling.telemetry.archive import latest_rows

    with _opened_store(to_read=True) as connection:
        rows = latest_rows(connection, limit)
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        click.echo("\n\n".join(_lines(row) for row in rows))
    else:
        click.echo("nothing is kept yet", err=True)
        sys.exit(EXIT_NOTHING)


@telemetry.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--with-text", is_flag=True, help="Include the texts of suggestions, where the setting had them stored.")
@click.option("--force", is_flag=True, help="Replace FILE even if it is no such export.")
@with_exit_codes
def export_(file: Path, *, with_text: bool, force: bool) -> None:
    """Write every row to FILE, whose name ends in .jsonl (JSON Lines) or .parquet.

    Texts are left out unless --with-text is given. Parquet needs: pip install 'inkling-ls[export]'.
    """
    from inkling.telemetry.exchange import export_rows

    with _opened_store(to_read=True) as connection:
        n_rows = export_rows(connection, file, with_text=with_text, may_replace_anything=force)
    click.echo(f"wrote {n_rows} rows to {file}")


@telemetry.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_exit_codes
def import_(file: Path) -> None:
    """Store the rows of FILE, as `inkling telemetry export` wrote it, .jsonl or .parquet.

    Rows that are there already stay as they are, so importing twice changes nothing. One wrong row, and nothing of
    the file is stored. Parquet needs: pip install 'inkling-ls[export]'.
    """
    from inkling.telemetry.exchange import import_rows

    with _opened_store() as connection:
        counts = import_rows(connection, file)
    for event, (n_new, n_known) in counts.items():
        click.echo(f"{event}: {n_new} new, {n_known} known already")
    if not counts:
        click.echo(f"{file} holds no rows", err=True)
        sys.exit(EXIT_NOTHING)


@telemetry.command()
@click.option("--before", metavar="YYYY-MM-DD", type=click.DateTime(["%Y-%m-%d"]), help="Delete what is older.")
@click.option(
    "--all", "is_all", is_flag=True, help="Delete everything: events, the key of the fingerprints, what was learned."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_exit_codes
def delete(before: datetime | None, *, is_all: bool, yes: bool) -> None:
    """Delete what is kept, and give its space on the disk back. It asks first.

    With --before goes what happened before that day began, with all that became of suggestions made before it. With
    --all goes everything, your own model included; fingerprints of later events can then be compared with none that
    somebody kept. Your own model keeps what it learned from events deleted with --before: `inkling model reset`
    forgets that.
    """
    from inkling.app.learning import forget_everything
    from inkling.telemetry.archive import count_rows, delete_all, delete_before

    if (before is None) != is_all:
        raise UserError("Say what to delete: either --before YYYY-MM-DD or --all.")
    before_ms = None if before is None else int(before.timestamp() * 1000)
    with _opened_store() as connection:
        if not yes:
            when = f" from before {before:%Y-%m-%d}" if before is not None else ""
            learned = "" if before is not None else " and what was learned from them"
            click.confirm(f"Delete {count_rows(connection, before_ms)} rows{when}{learned} for good?", abort=True)
        if before_ms is None:
            n_rows = delete_all(connection, places.find().data_dir)
        else:
            n_rows = delete_before(connection, before_ms)
    if before_ms is None:
        forget_everything(places.find().data_dir)
        click.echo(f"deleted {n_rows} rows, and what was learned from them")
    else:
        click.echo(f"deleted {n_rows} rows; your model keeps what it learned, `inkling model reset` forgets that")


@contextlib.contextmanager
def _opened_store(*, to_read: bool = False) -> "Iterator[sqlite3.Connection]":
    from inkling.telemetry.archive import opened

    try:
        with opened(places.find().data_dir, to_read=to_read) as connection:
            yield connection
    except StoreError as error:
        raise UserError(str(error)) from error


def _lines(row: Mapping[str, object]) -> str:
    width = max(map(len, row))
    return "\n".join(f"{column:{width}}  {'' if value is None else value}".rstrip() for column, value in row.items())
