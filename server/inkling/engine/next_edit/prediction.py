"""From a situation to a prediction: all proposers, one ranking."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inkling.core.next_edit import PredictedEdit, PredictedPlace, Prediction
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import Source
from inkling.engine.next_edit.candidates import EditCandidate
from inkling.engine.next_edit.proposers import Proposal, propose
from inkling.engine.next_edit.ranking.edit_features import edit_features
from inkling.engine.next_edit.ranking.place_features import place_features
from inkling.engine.next_edit.ranking.places import gather_places
from inkling.engine.next_edit.ranking.ranking import Ranking, likeliest_at
from inkling.engine.next_edit.situation import MOST_PLACES_OF_GROUP, Situation

MOST_EDITS = 20


def predict(situation: Situation, ranking: Ranking, is_cancelled: Callable[[], bool] = lambda: False) -> Prediction:
    """Returns the likeliest edits and places; nothing where the question was cancelled meanwhile."""
    proposals = propose(situation, is_cancelled=is_cancelled)
    if is_cancelled():
        return Prediction()
    probabilities = ranking.edit_probabilities(edit_features(situation, proposals))
    signals = gather_places(situation, proposals)
    if is_cancelled():
        return Prediction()
    places = ranking.rank_places(
        place_features(situation, signals), tuple(signals), likeliest_at(proposals, probabilities)
    )
    ranked = sorted(zip(proposals, probabilities.tolist(), strict=True), key=lambda pair: -pair[1])
    leaders = [_Found(proposal, leading(proposal), probability) for proposal, probability in ranked[:MOST_EDITS]]
    groups = {found.candidate.group for found in leaders}
    sizes = {group: _size(_applied_together(situation, ranked, group)) for group in groups}
    return Prediction(
        edits=tuple(_predicted(situation, found, sizes[found.candidate.group]) for found in leaders),
        places=tuple(PredictedPlace(uri=place.uri, line=place.line, probability=place.probability) for place in places),
    )


def predict_group(situation: Situation, ranking: Ranking, group: str) -> tuple[PredictedEdit, ...]:
    """Returns all edits of a group by file and line; where two overlap, the likelier one."""
    proposals = propose(situation)
    probabilities = ranking.edit_probabilities(edit_features(situation, proposals)).tolist()
    ranked = sorted(zip(proposals, probabilities, strict=True), key=lambda pair: -pair[1])
    together = _applied_together(situation, ranked, group)
    size = _size(together)
    return tuple(_predicted(situation, found, size) for found in together[: size.n_applied])


@dataclass(frozen=True, slots=True)
class _Found:
    proposal: Proposal
    candidate: EditCandidate
    probability: float


@dataclass(frozen=True, slots=True)
class _Size:
    """How many edits of a group one step applies, and how many are too many for it."""

    n_applied: int
    n_left_out: int


def _size(together: Sequence[_Found]) -> _Size:
    """Returns the size of a group with the places that are not proposed for the likeliest edits alone."""
    n_in_all = len(together) + max((found.candidate.n_left_out for found in together), default=0)
    n_applied = min(n_in_all, MOST_PLACES_OF_GROUP)
    return _Size(n_applied, n_in_all - n_applied)


def _applied_together(situation: Situation, ranked: Sequence[tuple[Proposal, float]], group: str) -> list[_Found]:
    """Returns the proposals of a group by file and line; where two overlap, the one that is ranked first."""
    kept: defaultdict[DocumentUri, list[_Found]] = defaultdict(list)
    for proposal, probability in ranked:
        candidate = next((one for one in proposal.candidates if one.group == group), None)
        if candidate is not None:
            beside = kept[proposal.uri]
            at = bisect_left(beside, proposal.first_line, key=lambda found: found.proposal.first_line)
            # They are in order and none is over another, so no others come into question.
            if not any(_overlap(proposal, other.proposal) for other in beside[max(0, at - 1) : at + 1]):
                beside.insert(at, _Found(proposal, candidate, probability))
    return [found for uri in situation.nearest_first for found in kept[uri]]


def leading(proposal: Proposal) -> EditCandidate:
    """Returns the candidate that gives a proposal its kind and words: the surest, then the best supported."""
    return max(proposal.candidates, key=lambda one: (one.grounds.certainty, one.grounds.support))


def _predicted(situation: Situation, found: _Found, size: _Size) -> PredictedEdit:
    proposal, candidate = found.proposal, found.candidate
    view = situation.files[proposal.uri]
    return PredictedEdit(
        uri=proposal.uri,
        path=view.path,
        first_line=proposal.first_line,
        removed=view.lines[proposal.first_line : proposal.end_line],
        inserted=proposal.inserted,
        kind=candidate.kind,
        source=Source.EMBEDDED,
        probability=found.probability,
        group=candidate.group,
        n_in_group=size.n_applied,
        n_left_out=size.n_left_out,
        words=candidate.words,
    )


def _overlap(one: Proposal, other: Proposal) -> bool:
    if one.first_line == other.first_line:
        return True
    return one.first_line < other.end_line and other.first_line < one.end_line
