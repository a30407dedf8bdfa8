"""What the ranker looks at: one row of numbers for each text that may be inserted at a place."""

import keyword
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inkling.engine.completion import analogues, decoding
from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.brackets import n_open
from inkling.engine.completion.continuations import SOURCES, Continuation
from inkling.engine.completion.names import KnownNames, LocalNames, bound_names, used_names
from inkling.engine.completion.needs import needed_names
from inkling.engine.completion.renaming import is_name, is_string
from inkling.engine.completion.scope_features import OF_LINE, OF_SCOPE, ScopeJudge
from inkling.engine.language.decoder import FLOOR_LOGPROB, score_lines
from inkling.engine.language.evidence import END_OF_LINE
from inkling.engine.language.lexer import LONG_STRING, line_break

Floats = NDArray[np.float64]

ABSENT = -1.0  # of strengths and counts that there are none of
MOST_SCORED_BELOW = 4  # tokens of the next line that are asked to follow a candidate
MOST_ASKED_BELOW = 5  # candidates that the next line is asked to follow, the likeliest
_OPENERS, _CLOSERS = "([{", ")]}"
_STARTS = (
    "def",
    "class",
    "return",
    "if",
    "for",
    "with",
    "import",
    "from",
    "assert",
    "raise",
    "self",
    "@",
    "elif",
    "else",
)
_LAST = ("(", ",", ".", "=", ":", "[", "{", "return")

_OF_SOURCES = tuple(f"from_{name}" for name in SOURCES)
_OF_PLACE = (
    "n_typed",
    "typed_chars",
    "is_after_space",
    "is_at_line_start",
    "has_suffix",
    "last_kind",
    "first_kind",
    "is_last_name",
    "indent",
    "indent_change",
    "opened_above",
    "opens_block_above",
    "has_below",
    "below_indent",
    "log_file_tokens",
    "n_workspace_layers",
    "n_needed",
    "n_local_unused",
    "n_candidates",
    "best_total",
    "second_total",
    "best_copy",
    "best_analogue",
)
_OF_TEXT = (
    "total",
    "mean",
    "least",
    "first",
    "last",
    "total_to_best",
    "share",
    "share_of_first_token",
    "share_of_two_tokens",
    "below",
    "below_to_best",
    "n_sources",
    "n_sources_to_best",
    "beam_rank",
    "file_logprob",
    "analogue",
    "analogue_to_best",
    "analogue_in_file",
    "analogue_in_file_to_best",
    "is_renamed",
    "is_found_unrenamed",
    "analogue_agrees",
    "n_analogues",
    "copy_of_file",
    "copy_of_workspace",
    "copy_of_environment",
    "copy_to_best",
    "n_copies",
    "n_tokens",
    "n_chars",
    "n_names",
    "n_used",
    "n_unknown_above",
    "n_unknown_in_file",
    "n_unknown_in_workspace",
    "n_local",
    "n_unused_local",
    "n_binds_needed",
    "binds_first_needed",
    "n_strings",
    "n_new_strings",
    "balance",
    "ends_with_colon",
    "ends_with_comma",
    "ends_with_opener",
    "ends_with_closer",
    "is_below",
    "is_above",
    "n_in_file",
    "block_fits_below",
    "first_token_kind",
)
FEATURES: Final = (*_OF_SOURCES, *_OF_TEXT, *OF_LINE, *_OF_PLACE, *OF_SCOPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    known: KnownNames
    local: LocalNames
    needed: list[str]


def features_of(place: AskedPlace, continuations: Sequence[Continuation]) -> tuple[Floats, list[tuple[float, ...]]]:
    """Returns what is known of texts, float64, shape (n_texts, n_features), and the log-probability of each token.

    The columns are `FEATURES`. The tokens are those of the rest of the line and the line break.
    """
    logprobs = score_lines(
        place.layers,
        place.context,
        [(*one.tokens, END_OF_LINE) for one in continuations],
        place.cursor.expected,
    )
    totals = [sum(one) for one in logprobs]
    below = _below_logprobs(place, continuations, totals)
    shares = _softmax(totals)
    columns = _of_place(place)
    by_total = sorted(totals, reverse=True)
    copies = [_best(one, decoding.COPIES) for one in continuations]
    found = {name: [_best(one, name) for one in continuations] for name in _ANALOGUES}
    columns.update(
        n_candidates=len(totals),
        best_total=by_total[0],
        second_total=by_total[1] if len(by_total) > 1 else FLOOR_LOGPROB * 4,
        best_copy=max(copies),
        best_analogue=max(max(of_name) for of_name in found.values()),
    )
    most_sources = max(len({find.source for find in one.finds}) for one in continuations)
    best_below = max(below)
    names = _Names(
        known=KnownNames(place),
        local=LocalNames(place),
        needed=needed_names(place),
    )
    scope = ScopeJudge(place, names.local)
    columns.update(scope.of_scope(), n_needed=len(names.needed), n_local_unused=len(names.local.unused))
    rows: list[list[float]] = []
    for number, one in enumerate(continuations):
        own = logprobs[number]
        n_sources = len({find.source for find in one.finds})
        columns.update(
            total=totals[number],
            mean=totals[number] / len(own),
            least=min(own),
            first=own[0],
            last=own[-1],
            total_to_best=totals[number] - by_total[0],
            share=shares[number],
            share_of_first_token=_shared(continuations, shares, one, 1),
            share_of_two_tokens=_shared(continuations, shares, one, 2),
            below=below[number],
            below_to_best=below[number] - best_below,
            n_sources=n_sources,
            n_sources_to_best=n_sources - most_sources,
            beam_rank=-_best(one, decoding.BEAM, absent=-9.0),
            file_logprob=_best(one, decoding.FILE, absent=-40.0),
            analogue=found[analogues.ANALOGUES][number],
            analogue_to_best=found[analogues.ANALOGUES][number] - max(found[analogues.ANALOGUES]),
            analogue_in_file=found[analogues.ANALOGUES_IN_FILE][number],
            analogue_in_file_to_best=found[analogues.ANALOGUES_IN_FILE][number]
            - max(found[analogues.ANALOGUES_IN_FILE]),
            copy_to_best=copies[number] - columns["best_copy"],
        )
        columns.update(_of_finds(place, one))
        columns.update(_of_text(place, one, names))
        columns.update(scope.of_line((*place.cursor.tokens, *one.tokens)))
        rows.append([float(columns[name]) for name in FEATURES])
    return np.array(rows, dtype=np.float64), logprobs


_ANALOGUES = (analogues.ANALOGUES, analogues.ANALOGUES_IN_FILE)


def _of_place(place: AskedPlace) -> dict[str, float]:
    cursor = place.cursor
    last = cursor.tokens[-1].strip() if cursor.tokens else ""
    first = cursor.tokens[0].strip() if cursor.tokens else ""
    above = place.above[0] if place.above else ()
    return {
        "n_typed": len(cursor.tokens),
        "typed_chars": len(cursor.typed),
        "is_after_space": cursor.is_after_space,
        "is_at_line_start": place.is_at_line_start,
        "has_suffix": bool(cursor.suffix),
        "last_kind": _number_in(_LAST, last),
        "first_kind": _number_in(_STARTS, first),
        "is_last_name": bool(last) and last.isidentifier() and not keyword.iskeyword(last),
        "indent": cursor.indent,
        "indent_change": int(place.line_break[1:]),
        "opened_above": n_open(token for line in reversed(place.above) for token in line),
        "opens_block_above": above[-1:] == (":",),
        "has_below": bool(place.below),
        "below_indent": place.below_indent if place.below_indent is not None else -99,
        "log_file_tokens": math.log1p(len(place.file.tokens)),
        "n_workspace_layers": place.n_workspace,
    }


def _of_finds(place: AskedPlace, one: Continuation) -> dict[str, float]:
    sources = {find.source for find in one.finds}
    n_layers = len(place.layers)
    copied = {"file": ABSENT, "workspace": ABSENT, "environment": ABSENT}
    n_copies = n_analogues = 0
    is_renamed = is_found_unrenamed = False
    agrees = ABSENT
    for find in one.finds:
        if find.source == decoding.COPIES:
            n_copies += 1
            part = "file" if not find.layer else "workspace"
            if place.n_workspace < find.layer < n_layers:
                part = "environment"
            copied[part] = max(copied[part], find.strength)
        elif find.source in _ANALOGUES:
            n_analogues += 1
            is_renamed |= find.is_renamed
            is_found_unrenamed |= not find.is_renamed
            agrees = max(agrees, float(find.n_agreeing))
    return {
        **{f"from_{name}": name in sources for name in SOURCES},
        "is_renamed": is_renamed,
        "is_found_unrenamed": is_found_unrenamed,
        "analogue_agrees": agrees,
        "n_analogues": n_analogues,
        "copy_of_file": copied["file"],
        "copy_of_workspace": copied["workspace"],
        "copy_of_environment": copied["environment"],
        "n_copies": n_copies,
    }


def _of_text(place: AskedPlace, one: Continuation, found: "_Names") -> dict[str, float]:
    typed = place.cursor.tokens
    line = (*typed, *one.tokens)
    names = [token for token in one.tokens if is_name(token)]
    strings = [token for token in one.tokens if is_string(token)]
    used = used_names(line, len(typed))
    last = one.tokens[-1].strip()
    opens_block = last == ":"
    known = found.known
    bound = set(bound_names(line))
    return {
        "n_tokens": len(one.tokens),
        "n_chars": len(one.text),
        "n_names": len(names),
        "n_used": len(used),
        "n_unknown_above": sum(not known.is_above(name) for name in used),
        "n_unknown_in_file": sum(not known.is_in_file(name) for name in used),
        "n_unknown_in_workspace": sum(not known.is_in_workspace(name) for name in names),
        "n_local": sum(name in found.local.recent for name in used),
        "n_unused_local": sum(name in found.local.unused for name in used),
        "n_binds_needed": sum(name in bound for name in found.needed),
        "binds_first_needed": bool(found.needed) and found.needed[0] in bound,
        "n_strings": len(strings),
        "n_new_strings": sum(not known.is_in_workspace(token) for token in strings),
        "balance": n_open(line),
        "ends_with_colon": opens_block,
        "ends_with_comma": last == ",",
        "ends_with_opener": last != "" and last in _OPENERS,
        "ends_with_closer": last != "" and last in _CLOSERS,
        "is_below": line == place.below,
        "is_above": bool(place.above) and line == place.above[0],
        "n_in_file": math.log1p(place.file.n_lines_like(line)),
        "block_fits_below": _fits_below(place, opens_block or last in _OPENERS),
        "first_token_kind": _number_in(_STARTS, line[0].strip()),
    }


def _fits_below(place: AskedPlace, goes_deeper: bool) -> float:
    if place.below_indent is None:
        return 0.0
    return 1.0 if goes_deeper == (place.below_indent > 0) else ABSENT


def _below_logprobs(place: AskedPlace, continuations: Sequence[Continuation], totals: Sequence[float]) -> list[float]:
    """Returns how well the next line would follow each text, per token; 0 where there is none.

    Only the likeliest texts are tried; the others are taken to be followed like the worst of these.
    """
    if not place.below or place.below_indent is None or LONG_STRING in place.below[:MOST_SCORED_BELOW]:
        return [0.0] * len(totals)
    line = place.below[:MOST_SCORED_BELOW]
    by_total = sorted(range(len(totals)), key=lambda number: -totals[number])[:MOST_ASKED_BELOW]
    begins = line_break(place.below_indent, 0)
    found = {
        number: sum(score_lines(place.layers, (*place.context, *continuations[number].tokens, begins), [line])[0])
        / len(line)
        for number in by_total
    }
    worst = min(found.values())
    return [found.get(number, worst) for number in range(len(totals))]


def _best(one: Continuation, source: str, absent: float = ABSENT) -> float:
    return max((find.strength for find in one.finds if find.source == source), default=absent)


def _shared(continuations: Sequence[Continuation], shares: Sequence[float], one: Continuation, n_tokens: int) -> float:
    """Returns the share of the texts that begin with the same tokens."""
    begin = one.tokens[:n_tokens]
    return sum(share for other, share in zip(continuations, shares, strict=True) if other.tokens[:n_tokens] == begin)


def _softmax(totals: Sequence[float]) -> list[float]:
    best = max(totals)
    weights = [math.exp(total - best) for total in totals]
    return [weight / sum(weights) for weight in weights]


def _number_in(words: Sequence[str], word: str) -> float:
    return float(words.index(word)) if word in words else ABSENT
