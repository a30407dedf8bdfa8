"""Answers one question: what goes on at this cursor, given these layers."""

import builtins
import keyword
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inkling.core.text import position_at, split_lines
from inkling.engine.completion.cursor import find_cursor, text_to_insert
from inkling.engine.language.decoder import WeightedLayer, predict_lines
from inkling.engine.language.evidence import LONGEST_CONTEXT, Layer
from inkling.engine.language.lexer import join, line_break
from inkling.engine.language.open_files import OpenFile, ScannedTokens, TokenNumbers

MOST_CANDIDATES = 3
MOST_STEPS = 24  # tokens looked at for one answer; sets its time
UNKNOWN_NAME_LOGPROB = -3.0  # for each name that no open file holds, so that it is hardly ever shown
_ALWAYS_KNOWN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins)})
_BRINGS_NAMES = frozenset({"from", "import", "def", "class", "async", "for", "with", "except", "global", "nonlocal"})

# Discount and strength of each layer; chosen by hand with inkling.bench.embedded_pairs on four projects.
_FILE_TRUST = (0.7, 0.3)
_WORKSPACE_TRUST = (0.7, 0.3)
_ENVIRONMENT_TRUST = (0.9, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A text for the cursor.

    Attributes:
        text: What to insert; never empty.
        mean_logprob: Mean natural logarithm of the probability per token.
        n_tokens: Tokens that were predicted, the line break included.
    """

    text: str
    mean_logprob: float
    n_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The code that is asked beside the file itself.

    Attributes:
        workspace: Layers of the workspace, without the file.
        environment: Layers of the environment.
        is_cancelled: Tells whether nobody waits for the answer any more.
    """

    workspace: Sequence[Layer] = ()
    environment: Sequence[Layer] = ()
    is_cancelled: Callable[[], bool] = lambda: False


def propose(
    file: OpenFile, numbers: TokenNumbers, text: str, offset: int, surroundings: Surroundings
) -> list[Proposal] | None:
    """Returns up to three texts for the cursor, the likeliest first, or None where nothing is to be completed.

    Args:
        file: The tokens of the document; brought up to date with `text`.
        numbers: The numbers that the file's tokens have.
        text: The document.
        offset: The cursor, in code points.
        surroundings: The other code that is asked.
    """
    lines = split_lines(text)
    if not lines or lines[-1].endswith(("\n", "\r")):
        lines.append("")
    file.update(lines)
    line_number = position_at(text, offset).line
    open_string = file.lexed[line_number - 1].open_string if line_number else ""
    cursor = find_cursor(text, offset, line_number, open_string)
    if cursor is None:
        return None
    before = file.code_lines_before(line_number, 1)
    start = file.line_start[line_number]
    indent_before = _indent_before(file, line_number)
    # The tokens before the line, then the line as far as it is typed; "" stands before the file.
    above = [numbers.text(number) for number in file.tokens[max(0, start - LONGEST_CONTEXT) : start].tolist()]
    context = [*above, line_break(cursor.indent, indent_before), *cursor.tokens]
    own = ScannedTokens([file.tokens_without_line(line_number)], numbers, cursor=start)
    layers = [
        WeightedLayer(layer=own, discount=_FILE_TRUST[0], strength=_FILE_TRUST[1]),
        *(
            WeightedLayer(layer=layer, discount=_WORKSPACE_TRUST[0], strength=_WORKSPACE_TRUST[1])
            for layer in surroundings.workspace
        ),
        *(
            WeightedLayer(layer=layer, discount=_ENVIRONMENT_TRUST[0], strength=_ENVIRONMENT_TRUST[1])
            for layer in surroundings.environment
        ),
    ]
    found = predict_lines(
        layers, context, cursor.expected, most_steps=MOST_STEPS, is_cancelled=surroundings.is_cancelled
    )
    is_at_line_start = not cursor.tokens and not cursor.typed
    after = file.code_line_after(line_number)
    neighbours = {join(line.tokens) for line in (*before, after) if line is not None} if is_at_line_start else set()
    proposals: dict[str, Proposal] = {}
    for line in found:
        insert = text_to_insert(cursor, line.tokens)
        if not insert.strip() or insert in proposals or insert in neighbours:
            continue
        whole_line = (*cursor.tokens, *line.tokens)
        if whole_line[0] in ("from", "import") and file.has_line(whole_line):
            continue
        penalty = UNKNOWN_NAME_LOGPROB * len(unknown_names(whole_line, len(cursor.tokens), numbers))
        proposals[insert] = Proposal(
            text=insert, mean_logprob=(line.logprob + penalty) / line.n_tokens, n_tokens=line.n_tokens
        )
    by_probability = sorted(proposals.values(), key=lambda found: -found.mean_logprob * found.n_tokens)
    return by_probability[:MOST_CANDIDATES]


def unknown_names(line: Sequence[str], first: int, numbers: TokenNumbers) -> set[str]:
    """Returns the names that `line` uses from token `first` on, and that no open file holds.

    Names that the line itself brings into being are left out, and so are attributes and keyword arguments.
    """
    if line[0] in _BRINGS_NAMES:
        return set()
    unknown: set[str] = set()
    ends = line.index(" = ") if " = " in line else 0
    for place in range(max(first, ends), len(line)):
        name = line[place]
        before = line[place - 1] if place else ""
        after = line[place + 1] if place + 1 < len(line) else ""
        if not (name[0].isalpha() or name[0] == "_") or name[-1] in "\"'" or name in _ALWAYS_KNOWN:
            continue
        is_used = before.strip() != "." and before not in ("as", "for", "lambda") and after != "="
        if is_used and numbers.known(name) is None:
            unknown.add(name)
    return unknown


def _indent_before(file: OpenFile, line_number: int) -> int:
    for line in reversed(file.lexed[:line_number]):
        if line.tokens and line.indent >= 0:
            return line.indent
    return 0
