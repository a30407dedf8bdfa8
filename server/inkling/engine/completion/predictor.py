"""Answers one question: what goes on at this cursor, given these layers."""

import builtins
import keyword
from collections.abc import Sequence
from dataclasses import dataclass

from inkling.engine.completion.asked_place import Surroundings, look_at
from inkling.engine.completion.cursor import text_to_insert
from inkling.engine.language.decoder import predict_lines
from inkling.engine.language.lexer import join
from inkling.engine.language.open_files import OpenFile, TokenNumbers

MOST_CANDIDATES = 3
MOST_STEPS = 24  # tokens looked at for one answer; sets its time
UNKNOWN_NAME_LOGPROB = -3.0  # for each name that no open file holds, so that it is hardly ever shown
_ALWAYS_KNOWN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins)})
_BRINGS_NAMES = frozenset({"from", "import", "def", "class", "async", "for", "with", "except", "global", "nonlocal"})


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
    place = look_at(file, numbers, text, offset, surroundings)
    if place is None:
        return None
    cursor, line_number = place.cursor, place.line_number
    found = predict_lines(
        place.layers, place.context, cursor.expected, most_steps=MOST_STEPS, is_cancelled=surroundings.is_cancelled
    )
    is_at_line_start = not cursor.tokens and not cursor.typed
    before = file.code_lines_before(line_number, 1)
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
