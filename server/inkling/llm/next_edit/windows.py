"""Which lines of which files a model is shown, within a budget of tokens. Pure; secrets are masked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.context.prompt_context import estimate_tokens
from inkling.context.prompt_context.masking import masked_part
from inkling.core.edit import Span
from inkling.core.redact import secret_spans
from inkling.core.snapshot import DocumentUri

FAR_FACTOR = 3  # each anchor gets its near lines before any gets so many times as many
HEADER_TOKENS = 12  # of the line that names a window's file
MAX_LINE_CHARS = 400  # a longer line was not written by hand, and nothing beyond it is shown
SECRET_LOOKBACK_LINES = 60  # the longest secret of several lines is a private key; one of 4,096 bits has 52


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """A file that a model may be shown.

    Attributes:
        uri: The file.
        path: Where it lies on disk; None for a document that was never saved.
        name: What the model is told it is called.
        lines: Its lines without their ends, secrets included.
    """

    uri: DocumentUri
    path: Path | None
    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A line around which something may be changed.

    Attributes:
        uri: The file.
        line: The line, from 0.
        reach: Lines above and below it that are worth most.
    """

    uri: DocumentUri
    line: int
    reach: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Lines of a file that the model sees, and may change.

    Attributes:
        file: The file.
        first_line: The first of them, from 0.
        shown: As the model sees them; a line that differs from the file's holds a secret.
    """

    file: ShownFile
    first_line: int
    shown: tuple[str, ...]

    @property
    def end_line(self) -> int:
        """The line after the last."""
        return self.first_line + len(self.shown)


def choose_windows(
    files: Mapping[DocumentUri, ShownFile], anchors: Sequence[Anchor], budget_tokens: int
) -> tuple[Window, ...]:
    """Returns windows around the anchors that fit into the budget, in order of files and lines.

    Args:
        files: What may be shown; anchors in other files are left out.
        anchors: The most valuable first.
        budget_tokens: For all windows together, as `estimate_tokens` counts.
    """
    chosen: dict[DocumentUri, set[int]] = {uri: set() for uri in files}
    left = budget_tokens
    for factor in (1, FAR_FACTOR):
        for anchor in anchors:
            if anchor.uri in files:
                left -= _grow(files[anchor.uri], anchor, anchor.reach * factor, (chosen[anchor.uri], left))
    return tuple(
        _window(files[uri], first, end) for uri, lines in chosen.items() for first, end in _runs(sorted(lines))
    )


def masked_lines(lines: Sequence[str], first: int = 0, end: int | None = None) -> tuple[str, ...]:
    """Returns lines `first` up to `end` with their secrets masked, each still a line of its own."""
    end = len(lines) if end is None else end
    start = max(0, first - SECRET_LOOKBACK_LINES)
    around = lines[start : end + 1]  # the first line below tells where a string ends that is not closed
    text = "\n".join(around)
    secrets = secret_spans(text)
    if not secrets:
        return tuple(lines[first:end])
    masked = []
    place = 0
    for number, line in enumerate(around, start):
        if first <= number < end:
            masked.append(masked_part(text, Span(start=place, end=place + len(line)), secrets))
        place += len(line) + 1
    return tuple(masked)


def _grow(file: ShownFile, anchor: Anchor, reach: int, room: tuple[set[int], int]) -> int:
    """Adds lines around an anchor to the chosen ones, the nearest first; returns the tokens that they cost."""
    chosen, left = room
    middle = min(max(0, anchor.line), max(0, len(file.lines) - 1))
    spent = _extend(file, range(middle, middle - reach - 1, -1), (chosen, left))
    if middle in chosen:
        spent += _extend(file, range(middle + 1, middle + reach + 1), (chosen, left - spent))
    return spent


def _extend(file: ShownFile, numbers: range, room: tuple[set[int], int]) -> int:
    """Adds lines one after the other for as long as they fit; returns the tokens that they cost."""
    chosen, left = room
    spent = 0
    for number in numbers:
        if number in chosen:
            continue
        if not 0 <= number < len(file.lines) or len(file.lines[number]) > MAX_LINE_CHARS:
            break
        is_new_window = not chosen & {number - 1, number + 1}
        cost = estimate_tokens(f"{number + 1}|{file.lines[number]}\n") + HEADER_TOKENS * is_new_window
        if spent + cost > left:
            break
        chosen.add(number)
        spent += cost
    return spent


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = None
    for number, following in zip(numbers, [*numbers[1:], None], strict=False):
        first = number if first is None else first
        if following != number + 1:
            yield first, number + 1
            first = None


def _window(file: ShownFile, first: int, end: int) -> Window:
    return Window(file=file, first_line=first, shown=masked_lines(file.lines, first, end))
