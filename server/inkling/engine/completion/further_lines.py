"""The lines that follow the likeliest line, where they are as good as certain.

They are found one after the other, each as if those before it were right: what followed elsewhere where the most tokens
agree, and how the analogues of the first line go on. A small model says how likely each is right.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.brackets import n_open, n_open_brackets
from inkling.engine.completion.continuations import Continuation
from inkling.engine.completion.further_lines_model import FURTHER_FEATURES, FurtherLinesModel, shipped_model
from inkling.engine.completion.names import KnownNames, used_names
from inkling.engine.completion.next_line import AnaloguesOfBlock, BlockLine, Support, next_lines
from inkling.engine.language.decoder import score_lines
from inkling.engine.language.evidence import END_OF_LINE, LONGEST_MATCH
from inkling.engine.language.lexer import TAB_COLUMNS, join

MOST_FURTHER_LINES = 8
LEAST_CONFIDENCE = 0.3  # of the first line; below, nobody is shown it, and what follows it is not looked for
USUAL_UNIT = 4  # columns of one indentation
LINES_OF_UNIT = 200  # above the cursor, in which the indentation is looked for
LINES_COMPARED = 400  # around the cursor, in which lines are looked at for blank ones between them
_OPENERS, _CLOSERS = "([{", ")]}"
_ONE_OPENER = frozenset(_OPENERS)
_AFTER_BLANK_LINES = frozenset({"def", "class", "async", "@"})  # what hardly ever follows a line without a blank one
_DEFINE = frozenset({"def", "class", "async"})
_LEAVE_BLOCK = frozenset({"return", "raise", "pass", "break", "continue"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherLine:
    """One line more.

    Attributes:
        text: The line with its indentation, as the document writes it, without a line break.
        probability: That it and all lines before it are right, if the first line is, in [0, 1].
        logprobs: Natural logarithm of the probability of each token, the line break at the end included.
        is_end: Whether a block may end here: no bracket is open that the block opened, and no header waits for a body.
    """

    text: str
    probability: float
    logprobs: tuple[float, ...]
    is_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The likeliest next line, and what is known of it.

    Attributes:
        text: The line with its indentation.
        row: What the model looks at, columns as in `FURTHER_FEATURES`.
        logprobs: Of its tokens and the line break at its end.
        is_end: Whether a block may end here.
    """

    text: str
    row: tuple[float, ...]
    logprobs: tuple[float, ...]
    is_end: bool


def find_further_lines(
    place: AskedPlace, first: Continuation, confidence: float, model: FurtherLinesModel | None = None
) -> list[FurtherLine]:
    """Returns the lines that follow `first` as good as certainly; mostly none.

    Args:
        place: The place that is asked about.
        first: What goes on there, up to the end of the line.
        confidence: The probability that it is right.
        model: What tells how likely lines are right; None for the shipped one.
    """
    model = model or shipped_model()
    lines: list[FurtherLine] = []
    probability = 1.0
    for step in steps(place, first, confidence):
        probability *= model.probability(step.row)
        if probability < model.least_probability:
            break
        lines.append(FurtherLine(text=step.text, probability=probability, logprobs=step.logprobs, is_end=step.is_end))
    while lines and not lines[-1].is_end:
        lines.pop()
    return lines


def steps(place: AskedPlace, first: Continuation, confidence: float) -> Iterator[Step]:
    """Yields line after line, each as if those yielded before were right.

    It ends where nothing is known that may follow, where a blank line is likely, where the block ends in which the
    cursor is, and where the line stands below the cursor already.
    """
    if place.cursor.suffix or confidence < LEAST_CONFIDENCE or (place.below_indent or 0) > 0:
        return
    block = _Block(place, first)
    for n_before in range(MOST_FURTHER_LINES):
        if place.is_cancelled():
            return
        found = next_lines(place, block.context, block.changes(), block.analogues, n_before)
        line = max(found, key=lambda one: found[one].worth, default=None)
        # What is likelier than any other may be the end of the block, or nothing that can be written.
        if line is None or not block.may_follow(line):
            return
        if line.tokens[0] in _AFTER_BLANK_LINES and not block.is_header and block.lines[-1][0] != "@":
            return
        if line.tokens == place.below and block.indent + line.change == block.start + (place.below_indent or 0):
            return
        (logprobs,) = score_lines(
            place.layers, (*block.context, line.line_break)[-LONGEST_MATCH:], [(*line.tokens, END_OF_LINE)]
        )
        rivals = [support for other, support in found.items() if other != line]
        row = _row(block, line, found[line], rivals, logprobs, confidence)
        block.accept(line, n_before)
        yield Step(text=block.text_of_last(), row=row, logprobs=logprobs, is_end=block.is_end)


class _Block:
    """The lines so far.

    Attributes:
        place: The place that is asked about.
        lines: The tokens of each line, the first one whole.
        context: The tokens before the next line.
        start: The indentation of the first line, columns.
        indent: That of the last line.
        analogues: The analogues of the first line.
    """

    def __init__(self, place: AskedPlace, first: Continuation) -> None:
        self.place = place
        self.lines = [(*place.cursor.tokens, *first.tokens)]
        self.context: tuple[str, ...] = (*place.context, *first.tokens)
        self.start = self.indent = place.cursor.indent
        self.analogues = AnaloguesOfBlock(place, first)
        self.names = KnownNames(place)
        self._unit = _unit_of(place)
        self._indents = {self.start}
        self._depth_above = n_open_brackets(place, ())
        self.depth = self._depth_above + n_open(self.lines[0])

    @property
    def is_header(self) -> bool:
        """Whether the last line opens a block of statements."""
        return self.lines[-1][-1] == ":" and self.depth <= 0

    @property
    def is_end(self) -> bool:
        """Whether the block may end behind the last line."""
        return self.depth <= self._depth_above and not self.is_header and self.lines[-1][0] != "@"

    def changes(self) -> list[int]:
        """Returns the changes of indentation that may follow."""
        last = self.lines[-1]
        if self.is_header or last[-1].strip() in _ONE_OPENER:
            return [self._unit]
        if self.depth > 0:
            aligned = self._aligned()
            return [0, -self._unit] if aligned is None else [aligned]
        return [-self._unit] if last[0] in _LEAVE_BLOCK else [0, -self._unit]

    def may_follow(self, line: BlockLine) -> bool:
        """Tells whether a line may stand behind the last one."""
        indent = self.indent + line.change
        if indent < self.start:
            return False
        last = self.lines[-1]
        if self.depth > 0:
            return line.change in self.changes()
        if self.is_header:
            return line.change == self._unit
        if line.change > 0 or indent not in self._indents:
            return False
        return line.change < 0 or last[0] not in _LEAVE_BLOCK

    def accept(self, line: BlockLine, n_before: int) -> None:
        """Takes a line as the next one."""
        self.analogues.accept(line, n_before)
        self.lines.append(line.tokens)
        self.context = (*self.context, line.line_break, *line.tokens)[-LONGEST_MATCH:]
        self.indent += line.change
        self._indents.add(self.indent)
        self.depth = max(0, self.depth + n_open(line.tokens))

    def text_of_last(self) -> str:
        """Returns the last line as the document writes it."""
        return _margin(self.place, self.indent) + join(self.lines[-1]).rstrip()

    def _aligned(self) -> int | None:
        """Returns the change of indentation to what stands behind the innermost bracket that the last line opens."""
        text = join(self.lines[-1])
        is_open: list[int] = []
        for column, char in enumerate(text):
            if char in _OPENERS:
                is_open.append(column)
            elif char in _CLOSERS and is_open:
                is_open.pop()
        return is_open[-1] + 1 if is_open else None


def _margin(place: AskedPlace, indent: int) -> str:
    """Returns the white space that stands before a line with an indentation in columns, in the document's way."""
    lines = place.file.lines[max(0, place.line_number - LINES_OF_UNIT) : place.line_number + 1]
    if any(line.startswith("\t") for line in lines):
        return "\t" * (indent // TAB_COLUMNS) + " " * (indent % TAB_COLUMNS)
    return " " * indent


def _unit_of(place: AskedPlace) -> int:
    """Returns the columns by which the nearest block above is indented."""
    above = place.file.lexed[max(0, place.line_number - LINES_OF_UNIT) : place.line_number]
    below: int | None = None
    for line in reversed([line for line in above if line.tokens and line.indent >= 0]):
        if line.tokens[-1] == ":" and below is not None and below > line.indent:
            return below - line.indent
        below = line.indent
    return TAB_COLUMNS if place.cursor.indent and _margin(place, place.cursor.indent).startswith("\t") else USUAL_UNIT


def _share_apart(place: AskedPlace, one: tuple[str, ...], following: tuple[str, ...]) -> float:
    """Returns in which share of the places around the cursor a blank line stands between two lines of code."""
    n_together = n_apart = 0
    before: tuple[str, ...] = ()
    is_blank = False
    for line in place.file.lexed[max(0, place.line_number - LINES_COMPARED) : place.line_number + LINES_COMPARED]:
        if not line.tokens:
            is_blank = True
            continue
        if line.tokens == following and before == one:
            n_together += 1
            n_apart += is_blank
        before, is_blank = line.tokens, False
    return n_apart / n_together if n_together else 0.0


def _row(
    block: _Block,
    line: BlockLine,
    support: Support,
    rivals: Sequence[Support],
    logprobs: Sequence[float],
    confidence: float,
) -> tuple[float, ...]:
    place = block.place
    rival = max((other.n_agreeing for other in rivals), default=0)
    n_last = len(block.lines[-1]) + 2  # with the line breaks around it
    seen = {token for tokens in block.lines for token in tokens}
    unknown = [name for name in used_names(line.tokens, 0) if name not in seen and not block.names.is_above(name)]
    odds = min(confidence, 0.99) / (1.0 - min(confidence, 0.99))
    values = {
        "agreeing": math.log1p(support.n_agreeing),
        "agreeing_above": math.log1p(max(0, support.n_agreeing - n_last)),
        "is_in_file": 0 in support.layers,
        "copies": math.log1p(support.n_copies),
        "lead": math.log1p(support.n_agreeing) - math.log1p(rival),
        "analogues": support.n_analogues,
        "first_analogue": support.is_of_first_analogue,
        "other_analogues": sum(other.n_analogues for other in rivals),
        "copy_and_analogue": support.n_agreeing > n_last and support.n_analogues > 0,
        "mean_logprob": sum(logprobs) / len(logprobs),
        "sum_logprob": sum(logprobs),
        "least_logprob": min(logprobs),
        "must_follow": block.is_header or block.depth > 0,
        "lines_before": math.log(len(block.lines)),
        "first_odds": math.log(odds),
        "is_below_in_block": place.below_indent == 0,
        "is_nothing_below": not place.below,
        "unknown_names": min(len(unknown), 3),
        "rivals": math.log1p(len(rivals)),
        "is_same_level": line.change == 0 and block.depth <= 0,
        "is_dedent": line.change < 0 and block.depth <= 0,
        "tokens": math.log(len(line.tokens)),
        "literals": min(sum(token[0].isdigit() or token[-1] in "\"'" for token in line.tokens), 3),
        "is_closer": line.tokens[0][0] in _CLOSERS,
        "is_body_of_definition": block.is_header and block.lines[-1][0] in _DEFINE,
        "blank_between": _share_apart(place, block.lines[-1], line.tokens),
    }
    return tuple(float(values[name]) for name in FURTHER_FEATURES)
