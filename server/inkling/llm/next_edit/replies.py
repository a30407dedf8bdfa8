"""From what a model wrote to edits of the lines that it was shown: pure functions, tolerant of form, strict of content.

Tolerated are thoughts, prose and fences around changes, the headers of other kinds of diffs, numbers that are wrong or
copied into the lines, lines that lost or gained indentation as a whole, and an end in the middle. Never taken is a
change whose old lines do not stand in a window, or stand in several places at the same distance.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from inkling.llm.next_edit.windows import ShownFile, Window

MAX_SHIFT = 3  # lines by which a number may be wrong where the same lines stand in several places
N_LINES_BEFORE = 2  # by which a change is found again after others
_UNIFIED = re.compile(r"-(?P<line>\d+)(?:,\d+)? \+\d+(?:,\d+)?(?: @@)?")
_HEADER = re.compile(
    r"[`'\"]?(?P<name>[^`'\"]*?)[`'\"]?(?:[\s:#,]+(?:lines?\s*|L)?(?P<line>\d+)(?:\s*[-\u2013,]\s*\d+)?)?"
)
_FILE = re.compile(r"\+\+\+ (?:b/)?(?P<name>\S.*?)\s*")
_NUMBER = re.compile(r"\s?\s*(?P<line>\d+)\|(?P<text>.*)")
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.S)  # what models that think aloud put before their answer
_CLOSES = re.compile(r"\s*(?:```\w*|END|NONE)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a change: its sign, `-` for one that goes, `+` for one that comes, else a blank, and its text."""

    sign: str
    text: str


_BLANK = Row(sign=" ", text="")


@dataclass(slots=True, kw_only=True)
class Hunk:
    """A change as the model wrote it.

    Attributes:
        name: The file, in its words; empty where it names none.
        line: Where it says that the change begins, from 0; None where it does not.
        start: Where the change begins in the answer, in code points.
        end: Where it ends.
        rows: Its lines.
    """

    name: str
    line: int | None
    start: int
    end: int
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEdit:
    """Lines of a shown file that are to be replaced.

    Attributes:
        file: The file.
        first_line: The first of them, from 0.
        removed: The lines as they stand there; empty for an insertion.
        inserted: What comes in their place.
        is_masked: Whether a secret stands on a removed line, so that the model did not see all of it.
    """

    file: ShownFile
    first_line: int
    removed: tuple[str, ...]
    inserted: tuple[str, ...]
    is_masked: bool = False

    @property
    def end_line(self) -> int:
        """The line after the last removed one."""
        return self.first_line + len(self.removed)

    @property
    def before(self) -> tuple[str, ...]:
        """The last lines above it."""
        return self.file.lines[max(0, self.first_line - N_LINES_BEFORE) : self.first_line]


class Misfit(StrEnum):
    """Why a change cannot be an edit of what was shown."""

    NO_SUCH_FILE = "it names no file that was shown"
    NO_OLD_LINES = "it has no line of the file to hold on to"
    NOT_THERE = "its old lines do not stand in what was shown"
    AMBIGUOUS = "its old lines stand in several places"
    NOTHING = "it changes nothing"


def parse_hunks(answer: str, *, was_cut_short: bool = False) -> list[Hunk]:
    """Returns the changes in an answer, in its order.

    Args:
        answer: As it came.
        was_cut_short: Whether it ended in the middle, so that a change that nothing closes is none.
    """
    hunks: list[Hunk] = []
    name, is_open = "", False
    for line, start in _lines(_THOUGHTS.sub(lambda match: " " * len(match.group()), answer)):
        if line.lstrip().startswith("@@"):
            hunk = _opened(line.strip().strip("@").strip(), name, start)
            hunks.append(hunk)
            is_open = True
        elif (header := _FILE.fullmatch(line)) is not None:
            name = header["name"]
            _drop_last_row(hunks, "-", "--")  # the line `--- a/path` above it
            is_open = False
        elif _CLOSES.fullmatch(line):
            is_open = False
        elif is_open and not line.startswith("\\"):
            sign, text = (line[0], line[1:]) if line[:1] in {"+", "-", " "} else (" ", line)
            hunks[-1].rows.append(Row(sign=sign, text=text))
            hunks[-1].end = start + len(line)
    if was_cut_short and is_open:
        hunks.pop()
    for hunk in hunks:
        while hunk.rows and hunk.rows[-1] == _BLANK:  # what parts it from the next one
            hunk.rows.pop()
    return [hunk for hunk in hunks if any(row.sign != " " for row in hunk.rows)]


def n_complete(answer: str) -> int:
    """Returns how many changes of an answer that is still streaming in will not grow any more."""
    return len(parse_hunks(answer[: answer.rfind("\n") + 1], was_cut_short=True))


def fit(hunk: Hunk, windows: Sequence[Window]) -> LineEdit | Misfit:
    """Returns a change as an edit of the lines that were shown, or why it is none."""
    candidates = [window for window in windows if _is_named(hunk.name, window, windows)]
    if not candidates:
        return Misfit.NO_SUCH_FILE
    hunk = _without_numbers(hunk)
    verdict: LineEdit | Misfit = Misfit.NO_OLD_LINES
    for rows in _readings(hunk.rows):
        if not any(row.text.strip() for row in rows if row.sign != "+"):
            continue
        verdict = _placed(rows, hunk.line, candidates)
        if verdict is not Misfit.NOT_THERE:
            return verdict
    return verdict


def find_again(edit: LineEdit, lines: Sequence[str]) -> int | None:
    """Returns the line at which an edit applies to the file as it is now; None where that is not certain."""
    wanted = (*edit.before, *edit.removed)
    n_before = len(edit.before)
    if not wanted:
        return 0 if not edit.file.lines else None
    found = [
        first for first in range(len(lines) - len(wanted) + 1) if tuple(lines[first : first + len(wanted)]) == wanted
    ]
    nearest = _nearest([first + n_before for first in found], edit.first_line)
    return nearest if isinstance(nearest, int) else None


def _lines(answer: str) -> Iterator[tuple[str, int]]:
    """Yields the lines of an answer without their ends, and where each begins."""
    start = 0
    for line in answer.split("\n"):
        yield line.removesuffix("\r"), start
        start += len(line) + 1


def _opened(header: str, name: str, start: int) -> Hunk:
    """Returns an empty change by what stands in its header."""
    unified = _UNIFIED.match(header)
    if unified is not None:
        return Hunk(name=name, line=max(0, int(unified["line"]) - 1), start=start, end=start)
    own = _HEADER.fullmatch(header)
    named = (own["name"].strip() if own is not None else header) or name
    line = max(0, int(own["line"]) - 1) if own is not None and own["line"] else None
    return Hunk(name=named, line=line, start=start, end=start)


def _drop_last_row(hunks: list[Hunk], sign: str, beginning: str) -> None:
    if hunks and hunks[-1].rows and hunks[-1].rows[-1].sign == sign and hunks[-1].rows[-1].text.startswith(beginning):
        hunks[-1].rows.pop()


def _is_named(name: str, window: Window, windows: Sequence[Window]) -> bool:
    """Tells whether a change means a window's file: by its whole path, or by what only one of the files ends in."""
    if not name:
        return len({other.file.uri for other in windows}) == 1
    if window.file.name == name:
        return True
    alike = {other.file.uri for other in windows if _is_tail(name, other.file.name)}
    is_exact_elsewhere = any(other.file.name == name for other in windows)
    return not is_exact_elsewhere and alike == {window.file.uri}


def _is_tail(name: str, other: str) -> bool:
    return f"/{other}".endswith(f"/{name.lstrip('./')}") or f"/{name}".endswith(f"/{other}")


def _without_numbers(hunk: Hunk) -> Hunk:
    """Returns a change without the numbers that were copied into its lines; the first of them tells where it begins."""
    old = [row for row in hunk.rows if row.sign != "+" and row.text.strip()]
    if not old or not all(_NUMBER.fullmatch(row.text) for row in old):
        return hunk
    first = _NUMBER.fullmatch(old[0].text)
    rows = [
        Row(sign=row.sign, text=numbered["text"] if (numbered := _NUMBER.fullmatch(row.text)) else row.text)
        for row in hunk.rows
    ]
    line = int(first["line"]) - 1 if first is not None else hunk.line
    return Hunk(name=hunk.name, line=line, start=hunk.start, end=hunk.end, rows=rows)


def _readings(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Yields the rows, then without what follows the last change, which may be prose, then the changes alone."""
    changed = [number for number, row in enumerate(rows) if row.sign != " "]
    yield rows
    yield rows[: changed[-1] + 1]
    yield rows[changed[0] : changed[-1] + 1]


def _placed(rows: Sequence[Row], line: int | None, windows: Sequence[Window]) -> LineEdit | Misfit:
    old = [row.text for row in rows if row.sign != "+"]
    for matches in (_matches_exactly, _matches_indented):
        found = {
            first: window
            for window in windows
            for first in range(window.first_line, window.end_line - len(old) + 1)
            if matches(old, window.shown[first - window.first_line :][: len(old)])
        }
        if found:
            first = _nearest(list(found), line)
            return first if isinstance(first, Misfit) else _edit(rows, first, found[first])
    return Misfit.NOT_THERE


def _nearest(places: Sequence[int], line: int | None) -> int | Misfit:
    """Returns the one place there is, or that a number means where there are several."""
    if len(places) == 1:
        return places[0]
    if not places:
        return Misfit.NOT_THERE
    if line is None:
        return Misfit.AMBIGUOUS
    nearest, second = sorted(places, key=lambda place: abs(place - line))[:2]
    is_certain = abs(nearest - line) < abs(second - line) and abs(nearest - line) <= MAX_SHIFT
    return nearest if is_certain else Misfit.AMBIGUOUS


def _matches_exactly(old: Sequence[str], shown: Sequence[str]) -> bool:
    return all(left.rstrip() == right.rstrip() for left, right in zip(old, shown, strict=True))


def _matches_indented(old: Sequence[str], shown: Sequence[str]) -> bool:
    if any(left.strip() != right.strip() for left, right in zip(old, shown, strict=True)):
        return False
    return _shift(old, shown) is not None


def _shift(old: Sequence[str], shown: Sequence[str]) -> tuple[str, str] | None:
    """Returns what to take from the beginning of each of the model's lines and what to put there; None: no such."""
    shifts = {
        _shift_of_line(left, right) for left, right in zip(old, shown, strict=True) if left.strip() and right.strip()
    }
    return shifts.pop() if len(shifts) == 1 else None


def _shift_of_line(left: str, right: str) -> tuple[str, str]:
    have, want = left[: len(left) - len(left.lstrip())], right[: len(right) - len(right.lstrip())]
    if want.endswith(have):
        return "", want.removesuffix(have)
    if have.endswith(want):
        return have.removesuffix(want), ""
    return have, want


def _edit(rows: Sequence[Row], first: int, window: Window) -> LineEdit | Misfit:
    """Returns the smallest edit that does what the rows say at a line."""
    file = window.file
    old = [row.text for row in rows if row.sign != "+"]
    end = first + len(old)
    shift = _shift(old, window.shown[first - window.first_line : end - window.first_line]) or ("", "")
    new: list[str] = []
    place = first
    for row in rows:
        if row.sign == "+":
            text = _shifted(row.text.rstrip(), *shift)
            if text is None:
                return Misfit.NOT_THERE
            new.append(text)
        else:
            if row.sign == " ":
                new.append(file.lines[place])
            place += 1
    return _smallest(file, (first, end), new, window)


def _shifted(text: str, taken: str, put: str) -> str | None:
    if not text:
        return text
    return put + text.removeprefix(taken) if text.startswith(taken) else None


def _smallest(file: ShownFile, stretch: tuple[int, int], new: Sequence[str], window: Window) -> LineEdit | Misfit:
    """Returns the edit without the lines at its beginning and end that stay."""
    first, end = stretch
    inserted = list(new)
    while first < end and inserted and file.lines[first] == inserted[0]:
        first += 1
        inserted.pop(0)
    while first < end and inserted and file.lines[end - 1] == inserted[-1]:
        end -= 1
        inserted.pop()
    removed = file.lines[first:end]
    if not removed and not inserted:
        return Misfit.NOTHING
    shown = window.shown[first - window.first_line : end - window.first_line]
    return LineEdit(file=file, first_line=first, removed=removed, inserted=tuple(inserted), is_masked=shown != removed)
