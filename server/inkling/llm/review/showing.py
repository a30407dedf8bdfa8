"""A changed part as a model sees it: lines with their numbers, secrets masked. What is shown can be quoted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from inkling.context.prompt_context import estimate_tokens
from inkling.context.prompt_context.masking import masked_part
from inkling.core.change import ChangedFile, Hunk
from inkling.core.edit import Span
from inkling.core.redact import secret_spans
from inkling.core.text import split_lines
from inkling.llm.review.facts import ChangedPart, Excerpt

HUNK_TOKENS = 3000  # of the changed lines of one part, estimated; further lines are left out, and that is said
CONTEXT_LINES = 3  # beside changed ones, as diffs have them
MAX_LINES = 80  # of a function that is shown besides; of a longer one those around what matters


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPart:
    """A changed part with what of it is shown.

    Attributes:
        part: What is asked about.
        file: The file that it is in.
        hunk: The changed lines with a few around them, as they are shown.
        lines_after: The new lines that are shown, by number, as they are shown.
        lines_before: The same of the lines that went.
        is_whole: Whether all changed lines are shown.
    """

    part: ChangedPart
    file: ChangedFile
    hunk: str
    lines_after: Mapping[int, str]
    lines_before: Mapping[int, str]
    is_whole: bool


def shown(part: ChangedPart, file: ChangedFile) -> ShownPart:
    """Returns a part as a model sees it; takes a while for a large file, so it belongs in a thread."""
    before, after = masked_lines(file.before or ""), masked_lines(file.after or "")
    rows: list[str] = []
    lines_before: dict[int, str] = {}
    lines_after: dict[int, str] = {}
    n_left, is_whole = HUNK_TOKENS, True
    for sign, number, line in _rows(part, file.hunks, before, after):
        row = f"{sign}{number:>5} | {line}" if number else "  ...."
        n_left -= estimate_tokens(row)
        if n_left < 0 and sign != " ":
            is_whole = False
            break
        rows.append(row)
        if sign == "+":
            lines_after[number] = line
        elif sign == "-":
            lines_before[number] = line
    return ShownPart(
        part=part,
        file=file,
        hunk="\n".join(rows),
        lines_after=lines_after,
        lines_before=lines_before,
        is_whole=is_whole,
    )


@lru_cache(maxsize=32)  # the parts of one file are asked about one after the other
def masked_lines(text: str) -> tuple[str, ...]:
    """Returns the lines of a text without their ends, with secrets masked; there are as many as there were."""
    secrets = secret_spans(text)
    lines, start = [], 0
    for line in split_lines(text):
        end = start + len(line.rstrip("\r\n"))
        near = [secret for secret in secrets if secret.start < end and secret.end > start]
        lines.append(masked_part(text, Span(start=start, end=end), near) if near else text[start:end])
        start += len(line)
    return tuple(lines)


def shown_excerpt(excerpt: Excerpt) -> str:
    """Returns the lines of an excerpt with secrets masked; of a long one those around what matters."""
    lines = masked_lines(excerpt.text)[excerpt.lines.first - 1 : excerpt.lines.end - 1]
    if len(lines) <= MAX_LINES:
        return "\n".join(lines)
    focus = excerpt.focus - excerpt.lines.first
    start = max(1, min(focus - MAX_LINES // 2, len(lines) - MAX_LINES))
    # The first line says what it is, wherever the rest begins.
    kept = [lines[0], *(["    ..."] if start > 1 else []), *lines[start : start + MAX_LINES]]
    return "\n".join([*kept, "    ..."] if start + MAX_LINES < len(lines) else kept)


def _rows(
    part: ChangedPart, hunks: Sequence[Hunk], before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[str, int, str]]:
    """Yields the lines to show as sign, number and text; number 0 stands for lines that are left out between."""
    went, came = set(part.lines_before), set(part.lines_after)
    last = 0  # the last line after the change that was shown
    for hunk in hunks:
        old = [line for line in range(hunk.before.first, hunk.before.end) if line in went]
        new = [line for line in range(hunk.after.first, hunk.after.end) if line in came]
        if not old and not new:
            continue
        first = new[0] if new else hunk.after.first
        end = new[-1] + 1 if new else hunk.after.first
        above = range(max(last + 1, first - CONTEXT_LINES, 1), first)
        if last and above.start > last + 1:
            yield " ", 0, ""
        for line in above:
            yield " ", line, after[line - 1]
        for line in old:
            yield "-", line, before[line - 1]
        for line in new:
            yield "+", line, after[line - 1]
        last = end - 1
        next_first = min((other.after.first for other in hunks if other.after.first >= end), default=len(after) + 1)
        for line in range(end, min(end + CONTEXT_LINES, next_first, len(after) + 1)):
            yield " ", line, after[line - 1]
            last = line
