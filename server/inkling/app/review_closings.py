"""What a shell does with comments of past reviews: closes them, lists what is closed, opens it again."""

import json
import os
from pathlib import Path

import click

from inkling.app import places
from inkling.app.review_memory import ReviewFile
from inkling.app.review_records import ClosedEntry
from inkling.app.review_report import printable
from inkling.context.changes import find_repository
from inkling.features.review import Closing


def close_comment(folder: Path, fingerprint: str, closing: Closing, reason: str) -> None:
    """Makes a comment not come back, and says which one.

    Raises:
        UserError: There is no such comment, or it cannot be kept.
    """
    closed = _memory(folder).close_named(fingerprint, closing, reason)
    click.echo(f"{closing.value.capitalize()}: {printable(closed.rule)}: {printable(closed.message)}")


def list_closed(folder: Path, *, as_json: bool) -> None:
    """Prints what does not come back: silenced rules, then comments, the latest first.

    A comment comes by the fingerprint that it was shown with; those that were closed with it come below.

    Raises:
        UserError: The folder is in no repository.
    """
    entries = _memory(folder).closed_entries()
    if as_json:
        click.echo(json.dumps({"closed": [_written(each) for each in entries]}, indent=2))
        return
    if not entries:
        click.echo("Nothing is closed here: no comment was dismissed or resolved, and no rule silenced.")
    names = {each.name for each in entries}
    parts: dict[str, list[str]] = {}
    for each in entries:
        if each.closed_with in names - {each.name}:
            parts.setdefault(each.closed_with, []).append(each.name)
    for each in entries:
        if each.closed_with in names - {each.name}:
            continue
        words = f"{each.closing.value.replace('_', ' ')}  {printable(each.rule)}"
        words += f"  {printable(each.path)}: {printable(each.message)}" if each.path else ""
        words += f"  ({printable(each.reason)})" if each.reason else ""
        click.echo(words if each.name == each.rule else f"{each.name}  {words}")
        for name in reversed(parts.get(each.name, [])):
            click.echo(f"  and {name}, closed with it")


def _written(entry: ClosedEntry) -> dict[str, str]:
    is_rule = entry.closing is Closing.RULE_SILENCED
    return {
        "fingerprint": "" if is_rule else entry.name,
        "closed_with": entry.closed_with,
        "closing": entry.closing.value,
        "rule": entry.rule,
        "path": entry.path,
        "message": entry.message,
        "reason": entry.reason,
    }


def reopen(folder: Path, name: str) -> None:
    """Takes back that a comment was closed or a rule silenced, and says which.

    Raises:
        UserError: There is none of this name, or it cannot be kept.
    """
    opened = _memory(folder).reopen_named(name)
    click.echo(f"Open again: {printable(opened.rule)}{f': {printable(opened.message)}' if opened.message else ''}")


def _memory(folder: Path) -> ReviewFile:
    repository = find_repository(folder, os.environ, is_project=False)
    return ReviewFile(places.find().data_dir, repository.common_dir)
