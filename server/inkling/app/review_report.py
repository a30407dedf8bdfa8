"""A review for people: in a terminal, and as annotations of GitHub's.

Lines that come from the project begin with a bar: in a log of GitHub Actions a line that begins with `::` is a command,
and a text under review must not give any.

Source: GitHub's documentation, "Workflow commands for GitHub Actions"; the toolkit's `command.ts` for the escapes.
"""

import re
import shutil
import sys
import time
from collections.abc import Iterator
from typing import Final

import click

from inkling.app.review_answer import ReviewAnswer
from inkling.app.review_json import sarif_words
from inkling.core.review import Confirmation, ReviewComment, ReviewProgress, Severity
from inkling.features.review import FoundComment, Review, outcome_words, said_words

MAX_QUOTED: Final = 6  # lines of a comment; more are counted
MAX_NAMED: Final = 5  # other places with the same cause
_COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}
_DIFF_COLOURS: Final = {"+": "green", "-": "red", "@": "cyan"}
_GITHUB: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]")


class ProgressLine:
    """One line on stderr that is written over, where somebody watches."""

    def __init__(self, *, is_quiet: bool) -> None:
        """Takes whether only the result is wanted."""
        self._is_watched = not is_quiet and sys.stderr.isatty()
        self._began_s = time.monotonic()
        self._is_open = False

    def show(self, progress: ReviewProgress) -> None:
        """Shows what is being looked at."""
        if not self._is_watched:
            return
        words = f"{printable(progress.doing)} · {time.monotonic() - self._began_s:.0f} s"
        click.echo(f"\r\x1b[2K{words[: shutil.get_terminal_size().columns - 1]}", nl=False, err=True)
        self._is_open = True

    def end(self) -> None:
        """Takes the line away."""
        if self._is_open:
            click.echo("\r\x1b[2K", nl=False, err=True)
            self._is_open = False


def printable(text: str) -> str:
    """Returns a text as one line that does nothing to a terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.splitlines()) if "\n" in text else text)


def print_review(answer: ReviewAnswer, *, show_folded: bool) -> None:
    """Prints the comments on stdout, nothing where there are none, and the summary on stderr."""
    review = answer.review
    for number, found in enumerate(review.shown):
        if number:
            click.echo()
        _print_comment(answer, found)
    if show_folded and review.folded:
        click.echo("\nLess certain:" if review.shown else "Less certain:")
        for found in review.folded:
            click.echo()
            _print_comment(answer, found)
    if review.shown or (show_folded and review.folded):
        click.echo()
    for line in summary_lines(review, show_folded=show_folded):
        click.echo(line, err=True)


def print_annotations(answer: ReviewAnswer) -> None:
    """Prints what is shown as workflow commands, and the summary on stderr."""
    for found in answer.review.shown:
        click.echo(annotation(answer, found))
    for line in summary_lines(answer.review, show_folded=False):
        click.echo(line, err=True)


def annotation(answer: ReviewAnswer, found: FoundComment) -> str:
    """Returns a comment as a workflow command."""
    comment = found.comment
    first, last = answer.place(comment)
    message = sarif_words(answer, comment)
    if places := _also_at(answer, comment):
        message += f" {places}"
    if diff := answer.suggestion_diff(comment):
        message += f"\n\nSuggestion:\n{diff}"
    properties = {
        "file": answer.path(comment.path),
        "line": str(first),
        "endLine": str(last),
        "title": f"{comment.rule} ({found.fingerprint})",
    }
    said = ",".join(f"{name}={_escaped_property(value)}" for name, value in properties.items())
    return f"::{_GITHUB[comment.severity]} {said}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return _writable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def summary_lines(review: Review, *, show_folded: bool) -> Iterator[str]:
    """Yields what was looked at, what could not be, and what is not shown."""
    files = f"{review.n_files} {'file' if review.n_files == 1 else 'files'}"
    if not review.n_files and not review.unchecked:
        yield printable(outcome_words(review))
        return
    yield f"Reviewed {printable(review.name)}: {files}, {said_words(review)}, in {review.seconds:.1f} s."
    if review.checked:
        yield f"Checked: {'; '.join(map(printable, review.checked))}."
    for each in review.unchecked:
        yield f"Not checked: {printable(each.what)}: {printable(each.why)}"
    hidden = [
        (len(review.beyond), "beyond --max-comments"),
        (0 if show_folded else len(review.folded), "less certain (--all shows them)"),
        (review.n_closed, "closed before (--list-closed)"),
        (review.n_in_baseline, "in the baseline"),
        (review.n_seen, "seen at the last review"),
    ]
    if any(n for n, _ in hidden):
        yield f"Not shown: {', '.join(f'{n} {words}' for n, words in hidden if n)}."


def _print_comment(answer: ReviewAnswer, found: FoundComment) -> None:
    comment = found.comment
    side = " (before the change)" if comment.is_on_old_side else ""
    click.echo(click.style(f"{printable(answer.path(comment.path))}:{comment.line}{side}  ", bold=True), nl=False)
    click.echo(click.style(comment.severity.value, fg=_COLOURS[comment.severity], bold=True), nl=False)
    click.echo(f"  {printable(comment.rule)}  {_how_sure(comment)}")
    _print_lines(found)
    click.echo(f"  {printable(comment.message)}")
    if comment.reason:
        click.echo(f"  {printable(comment.reason)}")
    if shown := comment.reproduction:
        click.echo(f"  Reproduction, found on {shown.n_inputs:,} {'input' if shown.n_inputs == 1 else 'inputs'}:")
        for words, value in (("", shown.call), ("before: ", shown.before), ("now:    ", shown.after)):
            click.echo(f"    | {words}{printable(answer.masked(value, comment))}")
    if diff := answer.suggestion_diff(comment):
        click.echo("  Suggestion:")
        for line in diff.splitlines():
            click.echo(click.style(f"    | {printable(line)}", fg=_DIFF_COLOURS.get(line[:1])))
    if places := _also_at(answer, comment):
        click.echo(f"  {printable(places)}")
    click.echo(click.style(f"  fingerprint {found.fingerprint}", dim=True))


def _also_at(answer: ReviewAnswer, comment: ReviewComment) -> str:
    """Returns the other places of a comment, without those that its message names; empty for none."""
    places = [(path, line) for path, line in comment.also_at if not _is_named(f"{path}:{line}", comment.message)]
    if not places:
        return ""
    named = [f"{answer.path(path)}:{line}" for path, line in places[:MAX_NAMED]]
    n_more = len(places) - MAX_NAMED
    return f"Also at {', '.join(named)}{f' and {n_more} more' if n_more > 0 else ''}."


def _is_named(place: str, message: str) -> bool:
    return re.search(rf"(?<![\w/.]){re.escape(place)}(?!\d)", message) is not None


def _print_lines(found: FoundComment) -> None:
    first = found.comment.line
    width = len(str(first + max(0, len(found.lines[:MAX_QUOTED]) - 1)))
    sign = "-" if found.comment.is_on_old_side else " "
    for number, line in enumerate(found.lines[:MAX_QUOTED], start=first):
        click.echo(click.style(f"  {number:>{width}} |{sign}{printable(line)}", dim=True))
    if len(found.lines) > MAX_QUOTED:
        click.echo(click.style(f"  {'':>{width}} | … {len(found.lines) - MAX_QUOTED} more lines", dim=True))


def _how_sure(comment: ReviewComment) -> str:
    confidence = f"{100 * comment.confidence:.0f}% sure"
    if not comment.claims_failure:
        return f"({confidence})"
    confirmed = "confirmed" if comment.confirmation is Confirmation.CONFIRMED else "not confirmed"
    return f"({confirmed} by a run, {confidence})"
