"""The edit ranking's features: what speaks for a proposal, what it does, and how it lies to what was changed."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from inkling.core.next_edit import EditKind
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.proposers import Proposal
from inkling.engine.next_edit.reading.nearness import Nearness
from inkling.engine.next_edit.situation import Situation
from inkling.engine.trees import Floats

PROPOSER_NAMES = (
    "repeats",
    "block_repeats",
    "insertions",
    "renames",
    "signatures",
    "imports",
    "unused_imports",
    "moved_imports",
    "definitions",
    "diagnostics",
    "symmetry",
)
COMPARED_CHARS = 200  # of the replaced and the new text
FAR_LINES = 10000.0

_GROUNDS = (
    "support",
    "age",
    "n_places",
    "rank",
    "n_matched_chars",
    "n_context_tokens",
    "similarity",
    "certainty",
    "least_certainty",
)
_EDIT = (
    "n_candidates",
    "n_proposers",
    "n_removed",
    "n_inserted",
    "n_chars_removed",
    "n_chars_inserted",
    "n_brackets_opened",
    "alike",
    "is_comment",
    "is_inside_change",
    "n_rivals",
    "n_in_group",
    "rank_in_group",
    "group_rank",
)
_POSITION = ("same_file", "from_end", "is_below", "distance", "order", "file_untouched")
_OF_SITUATION = (
    "n_proposals",
    "n_groups",
    "n_history",
    "latest_n_removed",
    "latest_n_inserted",
    "n_files",
    "is_broken",
    "broken_near",
)
FEATURES = (
    *_GROUNDS,
    *_EDIT,
    *_POSITION,
    *(f"is_{kind.value}" for kind in EditKind),
    *(f"by_{name}" for name in PROPOSER_NAMES),
    *(f"n_{kind.value}" for kind in EditKind),
    *_OF_SITUATION,
)


def edit_features(situation: Situation, proposals: Sequence[Proposal]) -> Floats:
    """Returns the features of proposals, float64, shape (n_proposals, len(FEATURES)), columns as `FEATURES` says."""
    surroundings = _Surroundings(situation, proposals)
    rows = [surroundings.row(number) for number in range(len(proposals))]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(FEATURES))


class _Surroundings:
    """The proposals of one situation, counted and put in order."""

    def __init__(self, situation: Situation, proposals: Sequence[Proposal]) -> None:
        self._situation = situation
        self._proposals = proposals
        nearness = Nearness(situation)
        in_order = sorted(
            range(len(proposals)),
            key=lambda number: nearness.key(proposals[number].uri, proposals[number].first_line),
        )
        self._order = {number: order for order, number in enumerate(in_order)}
        self._groups: dict[str, list[int]] = defaultdict(list)
        for number in in_order:
            for group in {candidate.group for candidate in proposals[number].candidates}:
                self._groups[group].append(number)
        self._group_rank = {group: rank for rank, group in enumerate(self._groups)}
        self._kinds = Counter(
            kind for proposal in proposals for kind in {candidate.kind for candidate in proposal.candidates}
        )
        self._starts: defaultdict[tuple[DocumentUri, int], int] = defaultdict(int)
        for proposal in proposals:
            self._starts[proposal.uri, proposal.first_line] += 1
        self._changed = {change.uri for change in situation.history}
        self._of_situation = self._situation_features()

    def row(self, number: int) -> list[float]:
        """Returns the features of one proposal."""
        proposal = self._proposals[number]
        kinds = {candidate.kind for candidate in proposal.candidates}
        names = {candidate.proposer for candidate in proposal.candidates}
        return [
            *self._grounds(proposal),
            *self._edit(number, proposal, len(names)),
            *self._position(number, proposal),
            *(float(kind in kinds) for kind in EditKind),
            *(float(name in names) for name in PROPOSER_NAMES),
            *(float(self._kinds[kind]) for kind in EditKind),
            *self._of_situation,
        ]

    @staticmethod
    def _grounds(proposal: Proposal) -> tuple[float, ...]:
        grounds = [candidate.grounds for candidate in proposal.candidates]
        return (
            float(max(one.support for one in grounds)),
            float(min(one.age for one in grounds)),
            float(min(one.n_places for one in grounds)),
            float(min(one.rank for one in grounds)),
            float(max(one.n_matched_chars for one in grounds)),
            float(max(one.n_context_tokens for one in grounds)),
            max(one.similarity for one in grounds),
            max(one.certainty for one in grounds),
            min(one.certainty for one in grounds),
        )

    def _edit(self, number: int, proposal: Proposal, n_proposers: int) -> tuple[float, ...]:
        view = self._situation.files[proposal.uri]
        removed = "\n".join(view.lines[proposal.first_line : proposal.end_line])
        inserted = "\n".join(proposal.inserted)
        groups = {candidate.group for candidate in proposal.candidates}
        largest = max(groups, key=lambda group: len(self._groups[group]))
        opened = sum(map(inserted.count, "([{")) - sum(map(inserted.count, ")]}"))
        closed = sum(map(removed.count, "([{")) - sum(map(removed.count, ")]}"))
        return (
            float(len(proposal.candidates)),
            float(n_proposers),
            float(proposal.end_line - proposal.first_line),
            float(len(proposal.inserted)),
            float(len(removed)),
            float(len(inserted)),
            float(opened - closed),
            _alike(removed, inserted),
            float((removed or inserted).lstrip().startswith(("#", '"""'))),
            float(
                sum(
                    change.uri == proposal.uri and change.first_line <= proposal.first_line < change.end_line
                    for change in self._situation.history
                )
            ),
            float(self._starts[proposal.uri, proposal.first_line] - 1),
            float(len(self._groups[largest])),
            float(self._groups[largest].index(number)),
            float(min(self._group_rank[group] for group in groups)),
        )

    def _position(self, number: int, proposal: Proposal) -> tuple[float, ...]:
        latest = self._situation.latest
        is_same = proposal.uri == latest.uri
        distance = proposal.first_line - latest.end_line
        # What is learned from are runs of changed lines as long as they can be: there no change ever touches the next
        # one. Who types does change line after line, so what touches counts as if a line were between.
        if proposal.first_line == latest.end_line:
            distance += 1
        elif proposal.end_line == latest.first_line:
            distance -= 1
        return (
            float(is_same),
            math.copysign(math.log1p(abs(distance)), distance) if is_same else 0.0,
            float(is_same and distance >= -1),
            float(abs(distance)) if is_same else FAR_LINES,
            float(self._order[number]),
            float(proposal.uri not in self._changed),
        )

    def _situation_features(self) -> tuple[float, ...]:
        situation, latest = self._situation, self._situation.latest
        broken = situation.files[latest.uri].broken_line
        return (
            float(len(self._proposals)),
            float(len(self._groups)),
            float(len(situation.history)),
            float(len(latest.removed)),
            float(len(latest.inserted)),
            float(len(situation.files)),
            float(broken is not None),
            float(broken is not None and abs(broken - latest.end_line) <= 3),
        )


def _alike(removed: str, inserted: str) -> float:
    """Returns how much of the text stays, in [0, 1]; -1 for an insertion."""
    if not removed:
        return -1.0
    return SequenceMatcher(None, removed[:COMPARED_CHARS], inserted[:COMPARED_CHARS], autojunk=False).quick_ratio()
