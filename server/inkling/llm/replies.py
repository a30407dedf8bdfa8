"""From what a model wrote to what can be put in at the cursor: pure functions, in the order of `mended`."""

import re
from dataclasses import dataclass

from inkling.core.redact import MASK
from inkling.core.suggestion import CompletionRequest
from inkling.core.text import line_end, line_start
from inkling.llm.oddities import DECEIVING, FENCE

MAX_LINES = 16  # of a suggestion; more is not read in ghost text
N_ECHO_LINES = 12  # lines above the cursor that an answer is searched for
LEAST_ECHO_CHARS = 3  # shorter ones may well be meant
LEAST_REPEATED_CHARS = 4  # of a line below the cursor, so that `)` or `pass` alone ends nothing
N_SAME = 3  # a line, or a few, this often in a row are a model that goes in circles
MAX_CYCLE_LINES = 4
MAX_CLOSERS_ADDED = 3
INDENTATION = 4  # columns, where the text does not say

_OPENERS = {"(": ")", "[": "]", "{": "}"}
_CLOSERS = frozenset(_OPENERS.values())
_TOKEN = re.compile(
    r"\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)|\"(?:\\.|[^\"\\\n])*(?:\"|(?=\n)|\Z)|'(?:\\.|[^'\\\n])*(?:'|(?=\n)|\Z)"
    r"|#[^\n]*|[()\[\]{}]",
    re.DOTALL,
)
_TOP_LEVEL = re.compile(r"^[^\s#)\]}'\"]", re.MULTILINE)
NEAR_CHARS = 4000  # on either side of the cursor that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The text around the cursor, as far as answers are fitted to it; line ends are line feeds.

    Attributes:
        before: What stands before the cursor.
        after: What follows it.
    """

    before: str
    after: str

    @property
    def line(self) -> str:
        """What is typed on the cursor's line before it."""
        return self.before[self.before.rfind("\n") + 1 :]

    @property
    def rest(self) -> str:
        """What follows the cursor on its line."""
        return self.after.split("\n", 1)[0]

    @property
    def wants_several_lines(self) -> bool:
        """Whether a block is to be written: on a blank line, or after a line that opens one; else a line's rest."""
        if self.rest.strip():
            return False
        return not self.line.strip() or self.line.rstrip().endswith(":")


def place_of(request: CompletionRequest) -> Place:
    """Returns what stands near the cursor, whole lines of it."""
    text, offset = request.snapshot.text, request.offset
    start = line_start(text, max(0, offset - NEAR_CHARS))
    end = line_end(text, min(len(text), offset + NEAR_CHARS))
    return Place(before=_unix(text[start:offset]), after=_unix(text[offset:end]))


def is_enough(reply: str, place: Place) -> bool:
    """Tells whether nothing of an answer that is streaming in will be used beyond what is there.

    An answer in a fence is waited for, since only its inside counts.
    """
    if reply.lstrip().startswith("`"):
        return "\n```" in reply
    if not place.wants_several_lines:
        return "\n" in _without_echo(reply, place) and not _may_become_echo(reply, place)
    whole_lines = reply[: reply.rfind("\n") + 1]
    if len(whole_lines.split("\n")) > MAX_LINES + 1:
        return True
    if _without_circles(whole_lines) != whole_lines:
        return True
    return _block_end(reply, place) < len(whole_lines)


def standing_alone(reply: str, place: Place) -> str:
    """Returns the longest beginning of an answer that can be shown before the rest has come; empty where there is none.

    Only where several lines are wanted: whole lines, with no bracket or string open and nothing that a line below must
    complete.
    """
    if not place.wants_several_lines or reply.lstrip().startswith("`"):
        return ""
    end = reply.rfind("\n")
    while end > 0:
        text = reply[:end]
        last = text[text.rfind("\n") + 1 :].strip()
        if last and not last.startswith("@") and not last.endswith((":", "\\")) and not _is_left_open(text):
            return text
        end = reply.rfind("\n", 0, end)
    return ""


def mended(reply: str, place: Place, *, was_cut_short: bool = False) -> str | None:
    """Returns what of an answer fits in at the cursor, line ends as line feeds; None where nothing does.

    Args:
        reply: As the model wrote it.
        place: The text around the cursor.
        was_cut_short: Whether it ended in the middle, so that its last line counts for nothing.
    """
    text = _without_fence(_unix(reply))
    if DECEIVING.search(text):
        return None
    text = _without_echo(text, place)
    if not place.wants_several_lines:
        text, was_cut_short = text.split("\n", 1)[0], was_cut_short and "\n" not in text
    elif was_cut_short:
        text = text[: max(0, text.rfind("\n"))]
        was_cut_short = False
    text = _with_mended_indentation(text, place)
    text = text[: _block_end(text, place)]
    text = "\n".join(text.split("\n")[:MAX_LINES])
    text = _without_circles(text)
    text = _without_lines_below(text, place)
    text = _without_rest(text, place)
    text = _without_strange_closer(text, place)
    if place.wants_several_lines:
        text = _without_open_end(text)
    elif not was_cut_short:
        text = _with_closers(text, place)
    text = text.rstrip()
    # What stands for a secret in the prompt is no code.
    return text if text.strip() and MASK not in text else None


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _without_fence(text: str) -> str:
    """Returns the inside of the first markdown fence, if the answer begins with one or is prose around one."""
    opening = FENCE.search(text)
    if opening is None:
        return text
    inside = text[opening.end() :]
    closing = inside.find("```")
    return inside if closing < 0 else inside[:closing].removesuffix("\n")


def _without_echo(text: str, place: Place) -> str:
    """Drops what the answer repeats of the lines before the cursor, the longest stretch that it begins with."""
    return next((text[len(echo) :] for echo in _echoes(place) if text.startswith(echo)), text)


def _may_become_echo(text: str, place: Place) -> bool:
    return any(len(text) < len(echo) and echo.startswith(text) for echo in _echoes(place))


def _echoes(place: Place) -> list[str]:
    """Returns the stretches that end at the cursor and begin with a line, the longest first."""
    lines = place.before.split("\n")[-N_ECHO_LINES:]
    stretches = ["\n".join(lines[first:]) for first in range(len(lines))]
    whole = [echo for stretch in stretches for echo in (stretch, stretch.lstrip())]
    return [echo for echo in whole if len(echo.strip()) >= LEAST_ECHO_CHARS]


def _with_mended_indentation(text: str, place: Place) -> str:
    """Lets the first line begin where it belongs, and indents with tabs where the text around does."""
    if place.rest.strip() or not place.wants_several_lines:
        return text
    if not place.line.strip():
        text = text.lstrip("\n")
        first = text.split("\n", 1)[0]
        missing = _expected_columns(place) - _columns(place.line)
        unit = "\t" if "\t" in place.line else " "
        width = INDENTATION if unit == "\t" else 1
        text = unit * (max(0, missing) // width) + text[len(first) - len(first.lstrip()) :]
    if re.search(r"^\t", place.before, re.MULTILINE) and not re.search(r"^ ", place.before, re.MULTILINE):
        return re.sub(r"^(?: {4})+", lambda match: "\t" * (len(match.group()) // INDENTATION), text, flags=re.MULTILINE)
    return text


def _expected_columns(place: Place) -> int:
    """Returns how far a line is indented at least: one step below a line that opens a block, else as it is."""
    above = place.before[: len(place.before) - len(place.line)].rstrip()
    line_above = above[above.rfind("\n") + 1 :]
    if line_above.endswith(":") and not line_above.lstrip().startswith("#"):
        return _columns(line_above) + INDENTATION
    return _columns(place.line)


def _columns(line: str) -> int:
    indentation = line[: len(line) - len(line.lstrip())]
    return len(indentation.expandtabs(INDENTATION))


def _block_end(text: str, place: Place) -> int:
    """Returns where in the answer the block of the cursor ends: at a line that is indented less.

    At the left margin it is a blank line with an unindented line below. Inside of brackets no block ends.
    """
    least = _columns(place.line)
    position, depth, was_blank = 0, 0, False
    for index, line in enumerate(text.split("\n")):
        code = line.strip()
        if index > 0 and code and depth <= 0:
            is_outside = _columns(line) < least and not (depth == 0 and code[0] in _CLOSERS and _is_open(place))
            if is_outside or (least == 0 and was_blank and _columns(line) == 0):
                return position - 1
        depth += _depth(line)
        was_blank = not code and index > 0
        position += len(line) + 1
    return len(text)


def _without_circles(text: str) -> str:
    """Cuts where one line, or a few, are said again and again; the first of them stays."""
    lines = text.split("\n")
    codes = [line.strip() for line in lines]
    for start in range(len(lines)):
        for n_lines in range(1, MAX_CYCLE_LINES + 1):
            cycle = codes[start : start + n_lines]
            if any(cycle) and codes[start : start + N_SAME * n_lines] == cycle * N_SAME:
                return "\n".join(lines[: start + n_lines])
    return text


def _without_lines_below(text: str, place: Place) -> str:
    """Cuts at the line that already stands below the cursor."""
    below = next((line.strip() for line in place.after.split("\n")[1:] if line.strip()), "")
    if len(below) < LEAST_REPEATED_CHARS:
        return text
    lines = text.split("\n")
    for index, line in enumerate(lines[1:], start=1):
        if line.strip() == below:
            return "\n".join(lines[:index])
    return text


def _without_rest(text: str, place: Place) -> str:
    """Drops from the end what already follows the cursor on its line.

    A bracket at the end may be the one that follows, or belong to the answer: what leaves the line balanced is right.
    """
    rest = place.rest.rstrip()
    if not rest.strip() or "\n" in text:
        return text
    text = text.rstrip()
    overlaps = [n for n in range(min(len(rest), len(text)), 0, -1) if text.endswith(rest[:n])]
    for n_chars in overlaps:
        if any(char.isalnum() for char in rest[:n_chars]) and n_chars > 1:
            return text[: len(text) - n_chars]
    whole = [n for n in (*overlaps, 0) if _depth(place.line + text[: len(text) - n] + rest) == 0]
    if whole:
        return text[: len(text) - whole[0]]
    return text[: len(text) - overlaps[0]] if overlaps else text


def _without_strange_closer(text: str, place: Place) -> str:
    """Cuts before a bracket that closes none, or one that is closed below already."""
    opened = _opened(_statement_before(place))
    n_closable = max(0, len(opened) - _n_closed(_statement_after(place)))
    stack = opened[len(opened) - n_closable :]
    for match in _TOKEN.finditer(text):
        sign = match.group()
        if sign in _OPENERS:
            stack.append(_OPENERS[sign])
        elif sign in _CLOSERS:
            if not stack or stack[-1] != sign:
                return text[: match.start()].rstrip()
            stack.pop()
    return text


def _without_open_end(text: str) -> str:
    """Drops lines from the end until none leaves a bracket or a string open, or opens a block that is empty."""
    lines = text.rstrip().split("\n")
    while len(lines) > 1 and (lines[-1].rstrip().endswith((":", "\\", ",")) or _is_left_open("\n".join(lines))):
        lines.pop()
    return "\n".join(lines)


def _with_closers(text: str, place: Place) -> str:
    """Closes brackets that the answer itself opened and nothing behind it closes; it was one line, and it was done."""
    stripped = text.rstrip()
    if not stripped or stripped[-1] in "([{,:=+-*/%&|<>.\\" or place.rest.strip():
        return text
    opened = _opened(stripped)
    n_missing = len(opened) - max(0, _n_closed(_statement_after(place)))
    if 0 < n_missing <= MAX_CLOSERS_ADDED and not _ends_in_string(stripped) and not _ends_in_comment(stripped):
        return stripped + "".join(reversed(opened[-n_missing:]))
    return text


def _statement_before(place: Place) -> str:
    """Returns what stands before the cursor of the top-level statement around it."""
    starts = [match.start() for match in _TOP_LEVEL.finditer(place.before)]
    return place.before[starts[-1] :] if starts else place.before


def _statement_after(place: Place) -> str:
    """Returns what follows the cursor of the top-level statement around it."""
    below = place.after.find("\n")
    match = _TOP_LEVEL.search(place.after, below + 1) if below >= 0 else None
    return place.after[: match.start()] if match is not None else place.after


def _is_open(place: Place) -> bool:
    return bool(_opened(_statement_before(place)))


def _opened(text: str) -> list[str]:
    """Returns the closers that brackets left open in `text` wait for, the innermost last."""
    stack: list[str] = []
    for match in _TOKEN.finditer(text):
        sign = match.group()
        if sign in _OPENERS:
            stack.append(_OPENERS[sign])
        elif stack and stack[-1] == sign:
            stack.pop()
    return stack


def _n_closed(text: str) -> int:
    """Returns how many brackets `text` closes that were opened before it."""
    depth = n_closed = 0
    for match in _TOKEN.finditer(text):
        sign = match.group()
        if sign in _OPENERS:
            depth += 1
        elif sign in _CLOSERS and depth:
            depth -= 1
        elif sign in _CLOSERS:
            n_closed += 1
    return n_closed


def _depth(text: str) -> int:
    signs = [match.group() for match in _TOKEN.finditer(text)]
    return sum(sign in _OPENERS for sign in signs) - sum(sign in _CLOSERS for sign in signs)


def _is_left_open(text: str) -> bool:
    return bool(_opened(text)) or _ends_in_string(text)


def _ends_in_string(text: str) -> bool:
    """Tells whether a string is open at the end of `text`."""
    last = _last_token(text)
    if last[:1] not in {'"', "'"}:
        return False
    quote = last[:3] if last[:3] in ('"""', "'''") else last[0]
    return len(last) < 2 * len(quote) or not last.endswith(quote)


def _ends_in_comment(text: str) -> bool:
    return _last_token(text).startswith("#")


def _last_token(text: str) -> str:
    """Returns the string, comment or bracket that `text` ends with; empty where it ends in other code."""
    last = ""
    for match in _TOKEN.finditer(text):
        last = match.group() if match.end() == len(text) else ""
    return last
