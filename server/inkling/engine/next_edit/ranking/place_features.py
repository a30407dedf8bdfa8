"""The place ranking's features: what a candidate line looks like, and how it lies to what was changed."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

import numpy as np

from inkling.core.next_edit import LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.ranking.line_traits import TRAITS, name_likeness, tokens_of, traits_of, words_of
from inkling.engine.next_edit.ranking.places import SIGNALS, Place
from inkling.engine.next_edit.situation import Situation
from inkling.engine.trees import Floats

FAR = 100.0  # lines; beyond that a distance says nothing more
LEARNED = ("edit_probability", "edit_probability_near", "edit_probability_relative")
"""Filled in by the ranking of edits: the probability of the likeliest edit on the line, within two lines of it, and the
latter as a share of the largest one anywhere."""
_COMPARED = (
    "removed_words",
    "added_words",
    "theme_near",
    "like_removed_0",
    "like_line_above_0",
    "n_proposals",
    "proposal_certainty",
    "proposal_matched",
    "proposal_similarity",
    "shared_tokens",
)
"""Features that say more beside those of the other candidates: each also as a share of the largest."""

_POSITION = (
    "same_file",
    "from_end",
    "from_start",
    "inside_latest",
    "at_end",
    "distance",
    "same_definition",
    "indentation_change",
    "indentation_change_above",
    "nearest_change",
    "n_changes_near",
    "n_changes_around",
    "file_untouched",
    "file_last_changed",
    "file_likeness",
    "relative_position",
    "from_broken",
    "shared_tokens",
    "definition_likeness",
)
_OF_SITUATION = (
    "n_removed",
    "n_inserted",
    "is_insertion",
    "is_deletion",
    "open_brackets",
    "last_ends_with_colon",
    "last_ends_open",
    "last_is_definition",
    "last_is_comment_or_string",
    "brings_import",
    "n_history",
    "gap",
    "came_from_other_file",
    "is_broken",
    "n_lines",
    "n_files",
    "position_of_latest",
    "last_leaves",
    "n_moves_down",
    "n_moves_up",
    "n_short_moves",
    "n_lines_with_removed",
    "n_lines_with_added",
)
FEATURES = (
    *_POSITION,
    *TRAITS,
    *(
        f"above_{name}"
        for name in ("is_blank", "ends_with_colon", "ends_open", "is_definition", "is_comment_or_string")
    ),
    *SIGNALS,
    *(f"relative_{name}" for name in _COMPARED),
    *LEARNED,
    *_OF_SITUATION,
)
_ABOVE = tuple(
    TRAITS.index(name) for name in ("is_blank", "ends_with_colon", "ends_open", "is_definition", "is_comment_or_string")
)


def place_features(situation: Situation, places: Mapping[Place, Sequence[float]]) -> Floats:
    """Returns the features of candidates, float64, shape (n_places, len(FEATURES)), columns as `FEATURES` names them.

    The columns of `LEARNED` are 0.
    """
    of_situation = _situation_features(situation)
    position = _Position(situation)
    nothing_yet = (0.0,) * (len(_COMPARED) + len(LEARNED))
    rows = []
    for (uri, line), signals in places.items():
        lines = situation.files[uri].lines
        here = traits_of(lines[line]) if line < len(lines) else traits_of("")
        above = traits_of(lines[line - 1]) if 0 < line <= len(lines) else traits_of("")
        rows.append(
            [
                *position.of(uri, line),
                *here,
                *(above[column] for column in _ABOVE),
                *signals,
                *nothing_yet,
                *of_situation,
            ]
        )
    features = np.array(rows, dtype=np.float64).reshape(len(rows), len(FEATURES))
    if rows:
        compared = features[:, [FEATURES.index(name) for name in _COMPARED]]
        first = FEATURES.index(f"relative_{_COMPARED[0]}")
        features[:, first : first + len(_COMPARED)] = compared / np.maximum(compared.max(axis=0), 1e-9)
    return features


def with_edit_probabilities(features: Floats, places: Sequence[Place], edits: Mapping[Place, float]) -> Floats:
    """Returns the features with the columns of `LEARNED` filled in.

    Args:
        features: As `place_features` returns them.
        places: The places of its rows.
        edits: For each line at which an edit is proposed the probability of the likeliest.
    """
    filled = features.copy()
    column = FEATURES.index(LEARNED[0])
    for row, (uri, line) in enumerate(places):
        filled[row, column] = edits.get((uri, line), 0.0)
        filled[row, column + 1] = max(edits.get((uri, line + shift), 0.0) for shift in (-2, -1, 0, 1, 2))
    if len(places):
        filled[:, column + 2] = filled[:, column + 1] / max(1e-9, float(filled[:, column + 1].max()))
    return filled


class _Position:
    """How lines lie to the changes of one situation."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._latest = situation.latest
        self._spans: defaultdict[DocumentUri, list[tuple[int, int]]] = defaultdict(list)
        self._age: dict[DocumentUri, int] = {}
        for age, change in enumerate(reversed(situation.history)):
            self._spans[change.uri].append((change.first_line, change.end_line))
            self._age.setdefault(change.uri, age)
        view = situation.files[self._latest.uri]
        n_lines = len(view.lines)
        at = min(self._latest.first_line, n_lines - 1)
        self._owner = view.definition_of[at] if n_lines else -1
        self._owner_line = view.lines[self._owner] if self._owner >= 0 else ""
        last = self._latest.inserted[-1] if self._latest.inserted else view.lines[at] if n_lines else ""
        self._indentation = traits_of(last)[1]
        self._tokens: frozenset[str] = frozenset().union(
            *(tokens_of(line) for line in (*self._latest.removed[:4], *self._latest.inserted[:4]))
        )
        stem = self._latest.uri.rpartition("/")[2]
        self._likeness = {
            uri: SequenceMatcher(None, stem, uri.rpartition("/")[2], autojunk=False).ratio() for uri in situation.files
        }

    def of(self, uri: DocumentUri, line: int) -> tuple[float, ...]:
        """Returns the features of a line, in the order of `_POSITION`."""
        view = self._situation.files[uri]
        latest = self._latest
        n_lines = len(view.lines)
        is_same = uri == latest.uri
        spans = self._spans.get(uri, [])
        distances = [min(abs(line - start), abs(line - end)) for start, end in spans]
        text = view.lines[line] if line < n_lines else ""
        above = view.lines[line - 1] if 0 < line <= n_lines else ""
        owner = view.definition_of[min(line, n_lines - 1)] if n_lines else -1
        tokens = tokens_of(text)
        # Whether a file parses was asked for changed files alone; for others it is not worth the time.
        broken = view.broken_line if spans else None
        return (
            float(is_same),
            _shrunk(line - latest.end_line) if is_same else 0.0,
            _shrunk(line - latest.first_line) if is_same else 0.0,
            float(is_same and latest.first_line <= line < latest.end_line),
            float(is_same and line == latest.end_line),
            min(FAR, float(abs(line - latest.end_line))) if is_same else FAR,
            float(is_same and owner == self._owner),
            traits_of(text)[1] - self._indentation,
            traits_of(above)[1] - self._indentation,
            math.log1p(min(distances)) if distances else 9.0,
            float(sum(distance <= 10 for distance in distances)),
            float(sum(start <= line < end for start, end in spans)),
            float(not spans),
            float(self._age.get(uri, len(self._situation.history))),
            self._likeness[uri],
            line / max(1, n_lines),
            _shrunk(line - broken) if broken is not None else 20.0,
            len(tokens & self._tokens) / max(1, len(tokens)),
            name_likeness(self._owner_line, view.lines[owner]) if owner >= 0 else 0.0,
        )


def _situation_features(situation: Situation) -> tuple[float, ...]:
    """Returns the features that all candidates have in common, in the order of `_OF_SITUATION`."""
    history, latest = situation.history, situation.latest
    view = situation.files[latest.uri]
    last = next((line for line in reversed(latest.inserted) if line.strip()), "")
    traits = dict(zip(TRAITS, traits_of(last), strict=True))
    text = "\n".join(latest.inserted)
    before = history[-2] if len(history) > 1 else None
    moves = _moves(history[-5:])
    n_lines = len(view.lines)
    return (
        float(len(latest.removed)),
        float(len(latest.inserted)),
        float(not latest.removed),
        float(not latest.inserted),
        float(sum(map(text.count, "([{")) - sum(map(text.count, ")]}"))),
        traits["ends_with_colon"],
        traits["ends_open"],
        traits["is_definition"],
        traits["is_comment_or_string"],
        float(any(traits_of(line)[TRAITS.index("is_import")] for line in latest.inserted)),
        float(len(history)),
        _shrunk(latest.first_line - before.first_line) if before is not None and before.uri == latest.uri else 0.0,
        float(before is not None and before.uri != latest.uri),
        float(view.broken_line is not None),
        math.log1p(n_lines),
        float(len(situation.files)),
        latest.first_line / max(1, n_lines),
        traits["leaves_function"],
        float(sum(move > 0 for move in moves)),
        float(sum(move <= 0 for move in moves)),
        float(sum(abs(move) < 30 for move in moves)),
        math.log1p(_lines_of_rarest(situation, latest.removed, latest.inserted)),
        math.log1p(_lines_of_rarest(situation, latest.inserted, latest.removed)),
    )


def _lines_of_rarest(situation: Situation, lines: Sequence[str], others: Sequence[str]) -> int:
    """Returns on how many lines the rarest word stands that some lines have and others have not; 0 without any."""
    words = {word for line in lines for word in words_of(line)} - {word for line in others for word in words_of(line)}
    counts = (sum(len(view.lines_with.get(word, ())) for view in situation.files.values()) for word in words)
    return min((count for count in counts if count), default=0)


def _moves(history: Sequence[LineChange]) -> list[int]:
    return [after.first_line - before.first_line for before, after in pairwise(history) if before.uri == after.uri]


def _shrunk(value: float) -> float:
    """Returns the logarithm of a distance, with its sign."""
    return math.copysign(math.log1p(abs(value)), value)
