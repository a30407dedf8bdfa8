"""What the ranking looks at in each case, computed in several processes, and kept in a file where that is wanted."""

import hashlib
import multiprocessing
import pickle
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.bench.next_edit.baselines import BASELINES
from inkling.bench.next_edit.episodes import Case, PullRequest, RawChange, cases
from inkling.bench.next_edit.installed import installed_packages
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.garbage import collect_seldom
from inkling.engine.next_edit.proposers import Proposal, propose
from inkling.engine.next_edit.ranking.edit_features import edit_features
from inkling.engine.next_edit.ranking.line_traits import TRAITS, traits_of
from inkling.engine.next_edit.ranking.place_features import place_features
from inkling.engine.next_edit.ranking.places import Place, gather_places
from inkling.engine.next_edit.ranking.ranking import REACH_LINES
from inkling.engine.trees import Floats

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedCase:
    """One case with its candidates, and which of them are right.

    Attributes:
        pull_request: Its name.
        repository: Whose it is.
        number: How many edits went before.
        is_far: Whether the next edit is far from the latest.
        is_import: Whether it changes imports alone.
        baselines: For each baseline the rank of its first right place, from 0; None where none is right.
        places: The candidates.
        place_features: float64, shape (n_places, n_features).
        place_is_right: bool, shape (n_places,): the next edit begins within two lines.
        place_is_next: bool, shape (n_places,): it begins just there.
        edit_places: Where each proposal begins.
        edit_features: float64, shape (n_proposals, n_features).
        edit_is_right: bool, shape (n_proposals,): the same text as the next edit's.
        edit_is_right_later: bool, shape (n_proposals,): as one of the edits to come.
        edit_proposers: Who proposes each.
        cpu_ms: Time for all of it, without the ranking.
    """

    pull_request: str
    repository: str
    number: int
    is_far: bool
    is_import: bool
    baselines: dict[str, int | None]
    places: tuple[Place, ...]
    place_features: Floats
    place_is_right: Booleans
    place_is_next: Booleans
    edit_places: tuple[Place, ...]
    edit_features: Floats
    edit_is_right: Booleans
    edit_is_right_later: Booleans
    edit_proposers: tuple[frozenset[str], ...]
    cpu_ms: float


def extract_all(
    pull_requests: Sequence[PullRequest], *, n_processes: int = 1, cache: Path | None = None
) -> list[ExtractedCase]:
    """Returns all cases in order.

    Args:
        pull_requests: Whose cases.
        n_processes: How many work side by side.
        cache: A file that is read where it holds these pull requests, and written otherwise.
    """
    if cache is not None and cache.exists():
        # Only for developing: whoever names a cache wrote it.
        key, found = pickle.loads(cache.read_bytes())  # noqa: S301
        if key == _key(pull_requests):
            return list(found)
    if n_processes == 1:
        extracted = [case for pull_request in pull_requests for case in extract(pull_request)]
    else:
        with multiprocessing.get_context("spawn").Pool(n_processes, collect_seldom) as pool:  # as in the worker
            extracted = [case for found in pool.imap(_extract_list, pull_requests, chunksize=2) for case in found]
    if cache is not None:
        cache.write_bytes(pickle.dumps((_key(pull_requests), extracted)))
    return extracted


def extract(pull_request: PullRequest) -> Iterator[ExtractedCase]:
    """Yields the cases of one pull request."""
    questions = cases(pull_request, installed_packages())
    while True:
        started_s = time.process_time()
        case = next(questions, None)
        if case is None:
            return
        yield _extract_case(case, started_s)


def _extract_list(pull_request: PullRequest) -> list[ExtractedCase]:
    return list(extract(pull_request))


def _extract_case(case: Case, started_s: float) -> ExtractedCase:
    situation, truth = case.situation, case.truth
    proposals = propose(situation)
    of_edits = edit_features(situation, proposals)
    signals = gather_places(situation, proposals)
    of_places = place_features(situation, signals)
    cpu_ms = (time.process_time() - started_s) * 1000
    places = tuple(signals)
    return ExtractedCase(
        pull_request=case.pull_request.id,
        repository=case.pull_request.repository,
        number=case.number,
        is_far=case.is_far,
        is_import=is_import_change(situation.files[truth.uri], truth),
        baselines={name: _first_right(guess(situation), truth) for name, guess in BASELINES.items()},
        places=places,
        place_features=of_places,
        place_is_right=np.array([is_right_place(place, truth) for place in places], dtype=np.bool_),
        place_is_next=np.array([place == (truth.uri, truth.first_line) for place in places], dtype=np.bool_),
        edit_places=tuple((proposal.uri, proposal.first_line) for proposal in proposals),
        edit_features=of_edits,
        edit_is_right=np.array([is_right_edit(case, proposal) for proposal in proposals], dtype=np.bool_),
        edit_is_right_later=np.array([is_right_later(case, proposal) for proposal in proposals], dtype=np.bool_),
        edit_proposers=tuple(
            frozenset(candidate.proposer for candidate in proposal.candidates) for proposal in proposals
        ),
        cpu_ms=cpu_ms,
    )


def is_right_place(place: Place, truth: RawChange) -> bool:
    """Tells whether a change begins within two lines of a place."""
    uri, line = place
    return uri == truth.uri and abs(line - truth.first_line) <= REACH_LINES


def is_right_edit(case: Case, proposal: Proposal) -> bool:
    """Tells whether a proposal leaves the file as the next change does."""
    truth = case.truth
    n_more = len(proposal.inserted) - (proposal.end_line - proposal.first_line)
    if proposal.uri != truth.uri or n_more != len(truth.inserted) - len(truth.removed):
        return False
    lines = case.situation.files[truth.uri].lines
    proposed = RawChange(
        uri=proposal.uri,
        first_line=proposal.first_line,
        removed=lines[proposal.first_line : proposal.end_line],
        inserted=proposal.inserted,
    )
    return proposed.applied_to(lines) == truth.applied_to(lines)


def is_right_later(case: Case, proposal: Proposal) -> bool:
    """Tells whether a proposal is the next change or does what one of the later ones does in the same file."""
    removed = case.situation.files[proposal.uri].lines[proposal.first_line : proposal.end_line]
    return is_right_edit(case, proposal) or any(
        change.uri == proposal.uri and change.removed == removed and change.inserted == proposal.inserted
        for change in case.later
    )


def is_import_change(view: FileView, change: RawChange) -> bool:
    """Tells whether a change touches imports alone, those within brackets included."""
    column = TRAITS.index("is_import")
    changed = [line for line in (*change.removed, *change.inserted) if line.strip()]
    if not changed:
        return False
    first = next((line for line in reversed(view.lines[: change.first_line]) if not line.startswith((" ", ")"))), "")
    is_within = bool(traits_of(first)[column]) and first.rstrip().endswith("(")
    return all(traits_of(line)[column] or (is_within and line.startswith((" ", ")"))) for line in changed)


def _first_right(places: Sequence[Place], truth: RawChange) -> int | None:
    return next((rank for rank, place in enumerate(places) if is_right_place(place, truth)), None)


def _key(pull_requests: Sequence[PullRequest]) -> str:
    return hashlib.sha256(" ".join(pull_request.id for pull_request in pull_requests).encode()).hexdigest()
