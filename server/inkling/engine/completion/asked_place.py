"""The place that is asked about: what is typed there, what stands before it, and the code that knows what follows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inkling.context.analysis.scope_facts import ScopeFacts
from inkling.core.text import position_at
from inkling.engine.completion.cursor import Cursor, find_cursor
from inkling.engine.language.decoder import WeightedLayer
from inkling.engine.language.evidence import LONGEST_MATCH, Layer
from inkling.engine.language.lexer import line_break
from inkling.engine.language.open_files import OpenFile, ScannedTokens, TokenNumbers

LINES_ABOVE = 12  # lines of code that sources and features look at

# Discount and strength of each layer; chosen by hand with inkling.bench.embedded_pairs on four projects.
_FILE_TRUST = (0.7, 0.3)
_WORKSPACE_TRUST = (0.7, 0.3)
_ENVIRONMENT_TRUST = (0.9, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The code that is asked beside the file itself.

    Attributes:
        workspace: Layers of the workspace, without the file.
        environment: Layers of the environment.
        facts: What is known of the scope of the cursor; None where it was not analysed yet.
        open_files: The other files that are open, the last changed first; their docstrings and comments are read.
        is_cancelled: Tells whether nobody waits for the answer any more.
    """

    workspace: Sequence[Layer] = ()
    environment: Sequence[Layer] = ()
    facts: ScopeFacts | None = None
    open_files: Sequence[OpenFile] = ()
    is_cancelled: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPlace:
    """A place in a document.

    Attributes:
        cursor: What is typed there.
        line_number: Its line, from 0.
        context: Up to `LONGEST_MATCH` tokens before it, those of its line last.
        line_break: The token that begins its line.
        above: Up to `LINES_ABOVE` lines with code above, the nearest first.
        below: The next line with code.
        below_indent: How many columns deeper that line stands than the cursor's; None where there is none.
        layers: The code that knows what follows: the document itself, the workspace, the environment.
        n_workspace: How many of these layers are the workspace's.
        own: The document's layer, in which the line of the cursor is blank.
        file: The document.
        numbers: The numbers that the document's tokens have.
        facts: What is known of the scope of the cursor; None where it was not analysed yet.
        is_cancelled: Tells whether nobody waits for the answer any more.
    """

    cursor: Cursor
    line_number: int
    context: tuple[str, ...]
    line_break: str
    above: Sequence[tuple[str, ...]]
    below: tuple[str, ...]
    below_indent: int | None
    layers: Sequence[WeightedLayer]
    n_workspace: int
    own: ScannedTokens
    file: OpenFile
    numbers: TokenNumbers
    facts: ScopeFacts | None
    is_cancelled: Callable[[], bool]

    @property
    def is_at_line_start(self) -> bool:
        """Whether nothing but spaces stands before the cursor on its line."""
        return not self.cursor.tokens and not self.cursor.typed

    @property
    def workspace(self) -> list[Layer]:
        """The layers of the workspace, without the document."""
        return [weighted.layer for weighted in self.layers[1 : 1 + self.n_workspace]]


def look_at(
    file: OpenFile, numbers: TokenNumbers, text: str, offset: int, surroundings: Surroundings
) -> AskedPlace | None:
    """Returns the place at `offset`, or None where nothing is to be completed.

    Args:
        file: The tokens of the document; brought up to date with `text`.
        numbers: The numbers that the file's tokens have.
        text: The document.
        offset: The cursor, in code points.
        surroundings: The other code that is asked.
    """
    file.update(text)
    line_number = position_at(text, offset).line
    open_string = file.lexed[line_number - 1].open_string if line_number else ""
    cursor = find_cursor(text, offset, line_number, open_string)
    if cursor is None:
        return None
    start = file.line_start[line_number]
    # The tokens before the line, then the line as far as it is typed; "" stands before the file.
    before = [numbers.text(number) for number in file.tokens[max(0, start - LONGEST_MATCH) : start].tolist()]
    own_break = line_break(cursor.indent, _indent_before(file, line_number))
    below = file.code_line_after(line_number)
    own = ScannedTokens([file.tokens_without_line(line_number)], numbers, cursor=start)
    return AskedPlace(
        cursor=cursor,
        line_number=line_number,
        context=(*before, own_break, *cursor.tokens)[-LONGEST_MATCH:],
        line_break=own_break,
        above=[line.tokens for line in reversed(file.code_lines_before(line_number, LINES_ABOVE))],
        below=below.tokens if below is not None else (),
        below_indent=below.indent - cursor.indent if below is not None and below.indent >= 0 else None,
        layers=[
            _weighted(own, _FILE_TRUST),
            *(_weighted(layer, _WORKSPACE_TRUST) for layer in surroundings.workspace),
            *(_weighted(layer, _ENVIRONMENT_TRUST) for layer in surroundings.environment),
        ],
        n_workspace=len(surroundings.workspace),
        own=own,
        file=file,
        numbers=numbers,
        facts=surroundings.facts,
        is_cancelled=surroundings.is_cancelled,
    )


def _weighted(layer: Layer, trust: tuple[float, float]) -> WeightedLayer:
    return WeightedLayer(layer=layer, discount=trust[0], strength=trust[1])


def _indent_before(file: OpenFile, line_number: int) -> int:
    for line in reversed(file.lexed[:line_number]):
        if line.tokens and line.indent >= 0:
            return line.indent
    return 0
