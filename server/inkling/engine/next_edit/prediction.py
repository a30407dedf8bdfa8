"""From a situation to a prediction: all proposers, one ranking."""

from collections import Counter
from collections.abc import Callable, Sequence

from inkling.core.next_edit import PredictedEdit, PredictedPlace, Prediction
from inkling.core.suggestion import Source
from inkling.engine.next_edit.candidates import EditCandidate
from inkling.engine.next_edit.proposers import Proposal, propose
from inkling.engine.next_edit.ranking.edit_features import edit_features
from inkling.engine.next_edit.ranking.place_features import place_features
from inkling.engine.next_edit.ranking.places import gather_places
from inkling.engine.next_edit.ranking.ranking import Ranking, likeliest_at
from inkling.engine.next_edit.situation import Situation

MOST_EDITS = 20
MOST_IN_GROUP = 5000  # uses of one name; more are no work for an editor


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
    sizes = _group_sizes(proposals)
    ranked = sorted(zip(proposals, probabilities.tolist(), strict=True), key=lambda pair: -pair[1])
    return Prediction(
        edits=tuple(
            _predicted(situation, proposal, leading(proposal), probability, sizes)
            for proposal, probability in ranked[:MOST_EDITS]
        ),
        places=tuple(PredictedPlace(uri=place.uri, line=place.line, probability=place.probability) for place in places),
    )


def predict_group(situation: Situation, ranking: Ranking, group: str) -> tuple[PredictedEdit, ...]:
    """Returns all edits of a group by file and line; where two overlap, the likelier one."""
    proposals = propose(situation)
    probabilities = ranking.edit_probabilities(edit_features(situation, proposals)).tolist()
    found: list[tuple[Proposal, EditCandidate, float]] = []
    for proposal, probability in zip(proposals, probabilities, strict=True):
        candidate = next((one for one in proposal.candidates if one.group == group), None)
        if candidate is not None:
            found.append((proposal, candidate, probability))
    kept: dict[str, list[tuple[Proposal, EditCandidate, float]]] = {}
    for proposal, candidate, probability in sorted(found, key=lambda each: -each[2]):
        beside = kept.setdefault(proposal.uri, [])
        if not any(_overlap(proposal, other) for other, _, _ in beside):
            beside.append((proposal, candidate, probability))
    in_order = [
        each
        for uri in situation.nearest_first
        for each in sorted(kept.get(uri, []), key=lambda each: each[0].first_line)
    ][:MOST_IN_GROUP]
    sizes = Counter({group: len(in_order)})
    return tuple(_predicted(situation, *each, sizes) for each in in_order)


def leading(proposal: Proposal) -> EditCandidate:
    """Returns the candidate that gives a proposal its kind and words: the surest, then the best supported."""
    return max(proposal.candidates, key=lambda one: (one.grounds.certainty, one.grounds.support))


def _predicted(
    situation: Situation, proposal: Proposal, candidate: EditCandidate, probability: float, sizes: Counter[str]
) -> PredictedEdit:
    view = situation.files[proposal.uri]
    return PredictedEdit(
        uri=proposal.uri,
        path=view.path,
        first_line=proposal.first_line,
        removed=view.lines[proposal.first_line : proposal.end_line],
        inserted=proposal.inserted,
        kind=candidate.kind,
        source=Source.EMBEDDED,
        probability=probability,
        group=candidate.group,
        n_in_group=max(1, sizes[candidate.group]),
        words=candidate.words,
    )


def _group_sizes(proposals: Sequence[Proposal]) -> Counter[str]:
    """Returns of how many places each group is; several proposals for one line are one place."""
    lines = {
        (candidate.group, proposal.uri, proposal.first_line)
        for proposal in proposals
        for candidate in proposal.candidates
    }
    return Counter(group for group, _, _ in lines)


def _overlap(one: Proposal, other: Proposal) -> bool:
    if one.first_line == other.first_line:
        return True
    return one.first_line < other.end_line and other.first_line < one.end_line
