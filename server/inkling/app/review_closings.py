"""What a shell does with comments of past reviews: closes them, lists what is closed, opens it again."""

import os
from pathlib import Path

import click

from inkling.app import places
from inkling.app.review_memory import ReviewFile
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


def list_closed(folder: Path) -> None:
    """Prints what does not come back: silenced rules, then comments, the latest first.

    Raises:
        UserError: The folder is in no repository.
    """
    seen = set()
    for each in _memory(folder).closed_entries():
        words = f"{each.closing.value.replace('_', ' ')}  {printable(each.rule)}"
        words += f"  {printable(each.path)}: {printable(each.message)}" if each.path else ""
        words += f"  ({printable(each.reason)})" if each.reason else ""
        if words not in seen:  # comments with one cause were closed as one
            click.echo(words if each.name == each.rule else f"{each.name}  {words}")
        seen.add(words)


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
