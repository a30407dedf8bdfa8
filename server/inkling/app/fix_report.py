"""What a search for a fix says in a shell."""

import shutil
import sys
import time
from typing import Any

import click

from inkling.core.repair import Fix, Question, RepairProgress
from inkling.features.fix import FixOutcome, OfferedFix, words
from inkling.features.fix.choice import NONE_OF_THEM

MAX_SUSPICIOUS = 5  # lines; the first few hold most faults
MAX_VISITS = 12  # blocks with their values
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


class Report:
    """Prints progress on stderr where somebody watches, and results on stdout."""

    def __init__(self, *, is_quiet: bool, budget_s: float) -> None:
        """Takes whether only the result is wanted, and the seconds that the search may take."""
        self._is_watched = not is_quiet and sys.stderr.isatty()
        self._budget_s = budget_s
        self._started_at_s = time.monotonic()
        self._is_line_open = False

    def progress(self, progress: RepairProgress) -> None:
        """Shows what is being tried, in one line that is written over."""
        if not self._is_watched:
            return
        parts = [progress.doing]
        if progress.n_tried:
            parts.append(f"{progress.n_tried:,} tried, {progress.n_plausible:,} make the tests pass")
        parts.append(f"{time.monotonic() - self._started_at_s:.0f} s")
        line = " · ".join(parts)[: shutil.get_terminal_size().columns - 1]
        click.echo(f"\r\x1b[2K{line}", nl=False, err=True)
        self._is_line_open = True

    def end_progress(self) -> None:
        """Takes the line away."""
        if self._is_line_open:
            click.echo("\r\x1b[2K", nl=False, err=True)
            self._is_line_open = False

    def outcome(self, outcome: FixOutcome) -> None:
        """Prints the answer: fixes with their evidence, or why there are none and what is known all the same."""
        answer = outcome.answer
        click.echo(answer.message, err=not (outcome.offered or outcome.hint))
        if outcome.hint:
            click.echo(f"\n{outcome.hint}")
        for number, offered in enumerate(outcome.offered):
            if number == 0:
                _print_best(offered)
            else:
                _print_alternative(number, offered)
        if answer.question is not None:
            click.echo(f"\nThey differ in {answer.question.call}: {' or '.join(answer.question.answers)}?")
        if not outcome.offered and answer.failure is not None:
            _print_suspicious(outcome)

    def applied(self, outcome: FixOutcome, *, was_applied: bool) -> None:
        """Says whether files were changed, and how to have them changed."""
        if was_applied:
            paths = sorted({str(edit.path) for edit in outcome.offered[0].fix.judged.patch.edits})
            click.echo(f"\nApplied to {', '.join(paths)}.")
        elif outcome.offered:
            click.echo("\nNothing was changed; --apply writes the first fix.")


def ask(question: Question) -> int | None:
    """Asks on the terminal what an input should give; returns the answer's index, None where the user does not say."""
    click.echo("\nWhich is right?")
    for number, answer in enumerate(question.answers, start=1):
        click.echo(f"  {number}  {answer}")
    click.echo("  0  none of these")
    choice = click.prompt(
        "Number, or Enter to leave it open",
        type=click.IntRange(-1, len(question.answers)),
        default=-1,
        show_default=False,
    )
    if choice < 0:
        return None
    return NONE_OF_THEM if choice == 0 else int(choice) - 1


def fix_json(outcome: FixOutcome, *, was_applied: bool) -> dict[str, Any]:
    """Returns the answer as `--json` prints it; lines count from 1."""
    answer, failure = outcome.answer, outcome.answer.failure
    return {
        "fixes": [_fix_json(offered.fix) for offered in outcome.offered],
        "reason": answer.reason,
        "message": answer.message,
        "hint": outcome.hint,
        "question": {"call": answer.question.call, "answers": answer.question.answers} if answer.question else None,
        "failing": [case.node_id for case in failure.failing] if failure else [],
        "suspicious": [
            {"path": str(line.path), "line": line.line, "suspiciousness": line.suspiciousness}
            for line in (failure.suspicious[:MAX_SUSPICIOUS] if failure else ())
        ],
        "n_tried": answer.n_tried,
        "seconds": answer.seconds,
        "applied": was_applied,
    }


def _fix_json(fix: Fix) -> dict[str, Any]:
    judged = fix.judged
    return {
        "diff": fix.diff,
        "explanation": judged.patch.explanation,
        "verdict": judged.verdict,
        "probability": judged.probability,
        "evidence": words.evidence_lines(fix.evidence, judged),
        "kind": judged.patch.kind,
        "source": judged.patch.source,
    }


def _print_best(offered: OfferedFix) -> None:
    fix = offered.fix
    click.echo()
    _print_diff(fix.diff)
    click.echo(f"\n{fix.judged.patch.explanation}")
    for line in words.evidence_lines(fix.evidence, fix.judged):
        click.echo(f"  {line}")
    click.echo(f"  Confidence: {words.confidence(fix.judged)}.")


def _print_alternative(number: int, offered: OfferedFix) -> None:
    judged = offered.fix.judged
    click.echo(f"\nAlternative {number}: {judged.patch.explanation} ({words.confidence(judged)})")
    _print_diff(offered.fix.diff)


def _print_diff(diff: str) -> None:
    for line in diff.splitlines():
        is_name = line.startswith(("+++", "---"))
        click.secho(line, bold=is_name, fg=None if is_name else _COLOURS.get(line[:1]))


def _print_suspicious(outcome: FixOutcome) -> None:
    failure = outcome.answer.failure
    if failure is None:
        return
    if failure.suspicious:
        click.echo("\nMost suspicious lines:")
    for each in failure.suspicious[:MAX_SUSPICIOUS]:
        lines = outcome.texts.get(each.path, "").splitlines()
        text = lines[each.line - 1].strip() if 0 < each.line <= len(lines) else ""
        click.echo(f"  {each.path}:{each.line}  {each.suspiciousness:.2f}  {text}")
    if failure.visits:
        click.echo("\nValues, block by block:")
    for visit in failure.visits[:MAX_VISITS]:
        changed = ", ".join(f"{name} = {value}" for name, value in visit.after.items()) or "nothing changed"
        where = f"{visit.path}:{visit.first_line}-{visit.last_line}"
        click.echo(f"  {where}, visit {visit.visit} in {visit.function}: {changed}")
