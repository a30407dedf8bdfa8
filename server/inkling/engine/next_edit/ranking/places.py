"""Lines at which the next change may begin, and what speaks for each."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from keyword import kwlist

from inkling.core.next_edit import EditKind, LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.proposers import Proposal
from inkling.engine.next_edit.ranking.line_traits import alike, is_definition, is_section, leaves_function, words_of
from inkling.engine.next_edit.situation import Situation

Place = tuple[DocumentUri, int]

N_LINES_ABOVE = 14  # of the latest change, each a candidate
N_LINES_BELOW = 18
N_CHANGES = 8  # of the history whose ends are candidates
N_ASKED_CHANGES = 4  # of the history whose words and lines are looked for
MOST_WORDS = 8  # of one change, the rarest
MOST_LINES_OF_CHANGE = 40
MOST_IMPORTS = 40
N_NEXT_DEFINITIONS = 3
LINES_TO_A_DEFINITION = 300
LEAST_LIKENESS = 0.6
MOST_THEME_WORDS = 60
MOST_LINES_OF_WORD = 200
N_THEME_LINES = 10  # of each file

_NOT_TELLING = frozenset((*kwlist, "self", "cls"))

SIGNALS = (
    "change_end",
    "change_start",
    "same_gap",
    "broken",
    "near_broken",
    "after_imports",
    "own_definition",
    "own_definition_end",
    "own_class",
    "own_class_end",
    "next_definition",
    "section",
    "above_section",
    "leaves",
    "removed_words",
    "added_words",
    "theme",
    "theme_near",
    *(f"{way}_{which}_{age}" for way in ("below", "above") for which in ("removed", "added") for age in (0, 1)),
    "own_name",
    "defines_added",
    *(f"like_{which}_{age}" for which in ("removed", "line_above", "line_below", "inserted") for age in (0, 1)),
    "n_proposals",
    "proposal_certainty",
    "proposal_support",
    "proposal_similarity",
    "proposal_matched",
    "proposal_context",
    "proposal_n_places_inverse",
    "proposal_rank_inverse",
    *(f"proposal_{kind.value}" for kind in EditKind),
)
_COLUMN = {name: column for column, name in enumerate(SIGNALS)}


class Evidence:
    """Candidates with the strength of each signal for them."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.signals: dict[Place, list[float]] = {}

    def add(self, uri: DocumentUri, line: int, signal: str | None = None, value: float = 1.0) -> None:
        """Makes a line a candidate; of a signal that is given twice the stronger one counts."""
        line = min(max(line, 0), len(self.situation.files[uri].lines))
        row = self.signals.get((uri, line))
        if row is None:
            row = self.signals[uri, line] = [0.0] * len(SIGNALS)
        if signal is not None:
            column = _COLUMN[signal]
            row[column] = max(row[column], value)

    def sum_up(self, uri: DocumentUri, line: int, signal: str, value: float) -> None:
        """Adds to a signal of a line."""
        self.add(uri, line)
        self.signals[uri, min(max(line, 0), len(self.situation.files[uri].lines))][_COLUMN[signal]] += value


def gather_places(situation: Situation, proposals: Sequence[Proposal]) -> dict[Place, list[float]]:
    """Returns the candidates, each with its signals in the order of `SIGNALS`."""
    evidence = Evidence(situation)
    _add_surroundings(evidence)
    _add_changes(evidence)
    _add_proposals(evidence, proposals)
    _add_structure(evidence)
    for age, change in enumerate(reversed(situation.history[-N_ASKED_CHANGES:])):
        _add_words(evidence, change, min(age, 1))
        _add_alike(evidence, change, min(age, 1))
    _add_imports_and_breaks(evidence)
    _add_theme(evidence)
    return evidence.signals


def _add_surroundings(evidence: Evidence) -> None:
    latest = evidence.situation.latest
    n_lines = len(evidence.situation.files[latest.uri].lines)
    near = {
        *range(latest.first_line - N_LINES_ABOVE, latest.first_line + 3),
        *range(latest.end_line - 3, latest.end_line + N_LINES_BELOW),
        *range(latest.first_line, min(latest.end_line, latest.first_line + MOST_LINES_OF_CHANGE)),
    }
    for line in near:
        if 0 <= line <= n_lines:
            evidence.add(latest.uri, line)


def _add_changes(evidence: Evidence) -> None:
    history = evidence.situation.history
    for age, change in enumerate(reversed(history[-N_CHANGES:])):
        if change.uri in evidence.situation.files:
            evidence.add(change.uri, change.end_line, "change_end", 1 / (1 + age))
            evidence.add(change.uri, change.first_line, "change_start", 1 / (1 + age))
    if len(history) > 1 and history[-2].uri == history[-1].uri:
        gap = history[-1].first_line - history[-2].end_line
        if gap > 0:
            evidence.add(history[-1].uri, history[-1].end_line + gap, "same_gap")


def _add_proposals(evidence: Evidence, proposals: Iterable[Proposal]) -> None:
    for proposal in proposals:
        uri, line = proposal.uri, proposal.first_line
        evidence.sum_up(uri, line, "n_proposals", 1.0)
        for candidate in proposal.candidates:
            grounds = candidate.grounds
            evidence.add(uri, line, f"proposal_{candidate.kind.value}", 1.0 + grounds.certainty)
            evidence.add(uri, line, "proposal_certainty", grounds.certainty)
            evidence.add(uri, line, "proposal_support", float(grounds.support))
            evidence.add(uri, line, "proposal_similarity", grounds.similarity)
            evidence.add(uri, line, "proposal_matched", float(grounds.n_matched_chars))
            evidence.add(uri, line, "proposal_context", float(grounds.n_context_tokens))
            evidence.add(uri, line, "proposal_n_places_inverse", 1 / max(1, grounds.n_places))
            evidence.add(uri, line, "proposal_rank_inverse", 1 / (1 + grounds.rank))


def _add_structure(evidence: Evidence) -> None:
    """Adds what belongs to the function around the latest change, and the definitions after it."""
    latest = evidence.situation.latest
    view = evidence.situation.files[latest.uri]
    if not view.lines:
        return
    n_lines = len(view.lines)
    owner = view.definition_of[min(latest.first_line, n_lines - 1)]
    if owner < 0:
        return
    end = min(latest.end_line, n_lines)
    while end < n_lines and view.definition_of[end] == owner:
        end += 1
    evidence.add(latest.uri, owner, "own_definition")
    around = view.definition_of[owner - 1] if owner else -1
    width = len(indentation(view.lines[owner]))
    while around >= 0 and len(indentation(view.lines[around])) >= width:
        around = view.definition_of[around - 1] if around else -1
    if around >= 0:
        least = len(indentation(view.lines[around]))
        ends = (
            number
            for number in range(end, n_lines)
            if view.lines[number].strip() and len(indentation(view.lines[number])) <= least
        )
        evidence.add(latest.uri, around, "own_class")
        evidence.add(latest.uri, next(ends, n_lines), "own_class_end")
    evidence.add(latest.uri, end, "own_definition_end")
    evidence.add(latest.uri, end - 1)
    following = (number for number in range(end, min(n_lines, end + LINES_TO_A_DEFINITION)))
    definitions = [number for number in following if is_definition(view.lines[number])][:N_NEXT_DEFINITIONS]
    for rank, number in enumerate(definitions):
        evidence.add(latest.uri, number, "next_definition", 1 / (1 + rank))
    for number in range(owner, min(n_lines, max(end, owner + MOST_LINES_OF_CHANGE))):
        line = view.lines[number]
        if is_section(line):
            evidence.add(latest.uri, number, "section")
            evidence.add(latest.uri, number - 1, "above_section")
        elif leaves_function(line):
            evidence.add(latest.uri, number, "leaves")
    words = words_of(view.lines[owner])
    name = next((word for word in words if word not in _NOT_TELLING), None)
    if name is not None:
        for uri in evidence.situation.nearest_first:
            numbers = evidence.situation.files[uri].lines_with.get(name, ())
            for number in numbers[:MOST_WORDS]:
                evidence.add(uri, number, "own_name", 1 / math.log(1.5 + len(numbers)))


def _add_words(evidence: Evidence, change: LineChange, age: int) -> None:
    """Adds where the words stand that a change took away or brought, the rarer ones with more weight."""
    situation = evidence.situation
    removed = Counter(word for line in change.removed for word in words_of(line))
    inserted = Counter(word for line in change.inserted for word in words_of(line))
    for which, words in (("removed", removed - inserted), ("added", inserted - removed)):
        n_lines = {
            word: sum(len(view.lines_with.get(word, ())) for view in situation.files.values())
            for word in words
            if word not in _NOT_TELLING and len(word) > 1
        }
        rarest = sorted((word for word, n in n_lines.items() if n), key=lambda word: n_lines[word])[:MOST_WORDS]
        for word in rarest:
            weight = 1 / math.log(1.5 + n_lines[word])
            for uri in situation.nearest_first:
                below, above = _below_and_above(situation, uri, word)
                for way, numbers in (("below", below), ("above", above)):
                    for rank, number in enumerate(numbers):
                        evidence.add(uri, number, f"{way}_{which}_{age}", 1 / (1 + rank))
                        evidence.sum_up(uri, number, f"{which}_words", weight)
                        if which == "added" and is_definition(situation.files[uri].lines[number]):
                            evidence.add(uri, number, "defines_added", weight)


def _add_theme(evidence: Evidence) -> None:
    """Adds the lines that name most of what was changed in the whole history, the rarer words with more weight."""
    situation = evidence.situation
    words: Counter[str] = Counter()
    for change in situation.history:
        removed = {word for line in change.removed for word in words_of(line)}
        inserted = {word for line in change.inserted for word in words_of(line)}
        words.update(word for word in removed ^ inserted if word not in _NOT_TELLING and len(word) > 1)
    n_lines = {word: sum(len(view.lines_with.get(word, ())) for view in situation.files.values()) for word in words}
    rarest = sorted((word for word, n in n_lines.items() if n), key=lambda word: n_lines[word])[:MOST_THEME_WORDS]
    for uri, view in situation.files.items():
        weights: defaultdict[int, float] = defaultdict(float)
        for word in rarest:
            for number in view.lines_with.get(word, ())[:MOST_LINES_OF_WORD]:
                weights[number] += 1 / math.log(1.5 + n_lines[word])
        for number in sorted(weights, key=lambda number: -weights[number])[:N_THEME_LINES]:
            evidence.add(uri, number)
        for other, number in [*evidence.signals]:
            if other == uri:
                evidence.add(uri, number, "theme", weights.get(number, 0.0))
                near = (weights.get(number + shift, 0.0) for shift in (-2, -1, 0, 1, 2))
                evidence.add(uri, number, "theme_near", sum(near))


def _below_and_above(situation: Situation, uri: DocumentUri, word: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Returns the nearest lines with a word in a file, both ways from the latest change."""
    numbers = situation.files[uri].lines_with.get(word, ())
    latest = situation.latest
    if uri != latest.uri:
        return numbers[:6], ()
    below = tuple(number for number in numbers if number >= latest.end_line)[:12]
    above = tuple(number for number in numbers if number < latest.first_line)[-10:]
    return below, above[::-1]


def _add_alike(evidence: Evidence, change: LineChange, age: int) -> None:
    """Adds lines that are like those that a change took away, brought or stands between."""
    line_above = next((line for line in reversed(change.above) if line.strip()), None)
    line_below = next((line for line in change.below if line.strip()), None)
    asked: list[tuple[str, str, int]] = [
        *(("removed", line, 0) for line in change.removed[:3]),
        *(("inserted", line, 0) for line in change.inserted[:2]),
    ]
    if line_above is not None:
        asked.append(("line_above", line_above, 0 if change.removed else 1))
    if line_below is not None:
        asked.append(("line_below", line_below, 0))
    for which, line, shift in asked:
        if not words_of(line):
            continue
        for uri in evidence.situation.nearest_first:
            for number, degree in alike(evidence.situation.files[uri], line, least=LEAST_LIKENESS, most=8):
                if uri != change.uri or not change.first_line - 2 <= number <= change.end_line + 1:
                    evidence.add(uri, number + shift, f"like_{which}_{age}", degree)


def _add_imports_and_breaks(evidence: Evidence) -> None:
    changed = {change.uri for change in evidence.situation.history}
    for uri, view in evidence.situation.files.items():
        if uri in changed:
            _add_break(evidence, uri, view)
        imports = view.import_lines
        if imports:
            for line in imports[:MOST_IMPORTS] if uri in changed else imports[:1]:
                evidence.add(uri, line)
            evidence.add(uri, imports[-1] + 1, "after_imports")


def _add_break(evidence: Evidence, uri: DocumentUri, view: FileView) -> None:
    if view.broken_line is not None:
        evidence.add(uri, view.broken_line, "broken")
        for distance in (-1, 1, 2):
            evidence.add(uri, view.broken_line + distance, "near_broken")


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPlace:
    """A candidate with the probability that the next change begins within two lines of it."""

    uri: DocumentUri
    line: int
    probability: float
