"""What other code says of the line that follows a line: places that agree with it, and analogues of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from inkling.engine.completion.analogues import LINES_SHOWN, MOST_TOKENS, Lines
from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.continuations import Continuation
from inkling.engine.completion.renaming import Pair, Renaming
from inkling.engine.language.decoder import longest_matches
from inkling.engine.language.evidence import LONGEST_MATCH
from inkling.engine.language.lexer import LONG_STRING, is_line_break

MOST_COPIES = 3  # of each layer, for each indentation
MOST_ANALOGUES = 3
WORTH_OF_ANALOGUE = 6  # agreeing tokens that an analogue counts as much as, in the choice among lines


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockLine:
    """A line of a block.

    Attributes:
        tokens: Its tokens, without the line break.
        change: How many columns deeper it stands than the line before.
    """

    tokens: tuple[str, ...]
    change: int

    @property
    def line_break(self) -> str:
        """The token that begins it."""
        return f"\n{self.change:+d}"


@dataclass(slots=True, kw_only=True)
class Support:
    """What speaks for one line to be the next.

    Attributes:
        n_agreeing: Most tokens that agree before one of its copies; 0 where there are none.
        layers: The layers that hold copies.
        n_copies: Copies that agree in different lengths or layers.
        n_analogues: Analogues that go on so.
        is_of_first_analogue: Whether the analogue most alike does.
    """

    n_agreeing: int = 0
    layers: set[int] = field(default_factory=set)
    n_copies: int = 0
    n_analogues: int = 0
    is_of_first_analogue: bool = False

    @property
    def worth(self) -> int:
        """What it counts in the choice among lines."""
        return self.n_agreeing + WORTH_OF_ANALOGUE * (self.n_analogues + self.is_of_first_analogue)


class AnaloguesOfBlock:
    """The analogues of the line that a block begins with, each followed line by line."""

    def __init__(self, place: AskedPlace, first: Continuation) -> None:
        finds = [find for find in first.finds if find.line >= 0]
        finds.sort(key=lambda find: -find.strength)
        layers = [weighted.layer for weighted in place.layers]
        line = (*place.cursor.tokens, *first.tokens)
        self._followed: list[tuple[Lines, int, list[Pair]]] = []
        for find in finds[:MOST_ANALOGUES]:
            lines = layers[find.layer]
            if isinstance(lines, Lines):
                number = find.line
                above = [lines.line(number - distance) for distance in range(1, min(LINES_SHOWN, number) + 1)]
                pairs: list[Pair] = [(lines.line(number), line), *zip(above, place.above, strict=False)]
                self._followed.append((lines, number, pairs))

    def next_lines(self, n_before: int) -> Iterator[BlockLine | None]:
        """Yields how each goes on behind the first line and `n_before` more, with names exchanged; None for an end."""
        for lines, first, pairs in self._followed:
            number = first + 1 + n_before
            line_break = lines.break_before(number) if number + 1 < len(lines.line_starts) else ""
            if not is_line_break(line_break):
                yield None
                continue
            tokens = lines.line(number)
            if not 0 < len(tokens) <= MOST_TOKENS or LONG_STRING in tokens:
                yield None
                continue
            # Nothing is exchanged where all lines are alike, and to find that out is slow.
            is_same = all(old == new for old, new in pairs)
            renamed = tokens if is_same else Renaming(pairs).renamed(tokens)
            yield BlockLine(tokens=renamed, change=int(line_break))

    def accept(self, line: BlockLine, n_before: int) -> None:
        """Takes what the next line is taken to be; it shows more names that stand for others."""
        for lines, first, pairs in self._followed:
            number = first + 1 + n_before
            if number + 1 < len(lines.line_starts):
                pairs.append((lines.line(number), line.tokens))


def next_lines(
    place: AskedPlace, context: Sequence[str], changes: Sequence[int], analogues: AnaloguesOfBlock, n_before: int
) -> dict[BlockLine | None, Support]:
    """Returns the lines that may follow, with what speaks for each; None stands for what cannot be written.

    Args:
        place: The place that is asked about.
        context: The tokens before, the line that is followed among them.
        changes: The changes of indentation that are looked for.
        analogues: The analogues of the first line.
        n_before: Lines between the first one and the one that is looked for.
    """
    found: dict[BlockLine | None, Support] = {}
    for change in changes:
        before = (*context, f"\n{change:+d}")[-LONGEST_MATCH:]
        for match in longest_matches(place.layers, before, most=MOST_COPIES):
            support = found.setdefault(BlockLine(tokens=match.tokens, change=change), Support())
            support.n_agreeing = max(support.n_agreeing, match.n_agreeing)
            support.layers.add(match.layer)
            support.n_copies += 1
    for rank, line in enumerate(analogues.next_lines(n_before)):
        support = found.setdefault(line, Support())
        support.n_analogues += 1
        support.is_of_first_analogue |= rank == 0
    return found
