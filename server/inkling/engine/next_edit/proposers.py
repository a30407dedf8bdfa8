"""All proposers asked at once: what they agree on is one proposal, and what cannot be meant is dropped."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from inkling.core.next_edit import LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Proposer
from inkling.engine.next_edit.doubles import stands_already
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.proposer import propose_imports
from inkling.engine.next_edit.mends.definitions import propose_definitions
from inkling.engine.next_edit.mends.diagnostics import propose_diagnostics
from inkling.engine.next_edit.renames.proposer import propose_renames
from inkling.engine.next_edit.repeats.block_repeats import propose_block_repeats
from inkling.engine.next_edit.repeats.insertions import propose_insertions
from inkling.engine.next_edit.repeats.proposer import propose_repeats
from inkling.engine.next_edit.repeats.removed_calls import propose_removed_calls
from inkling.engine.next_edit.signatures.proposer import propose_signatures
from inkling.engine.next_edit.situation import Situation
from inkling.engine.next_edit.symmetry.paired_methods import propose_paired_methods
from inkling.engine.next_edit.symmetry.proposer import propose_symmetry

logger = logging.getLogger(__name__)

PROPOSERS: tuple[Proposer, ...] = (
    propose_imports,
    propose_symmetry,
    propose_paired_methods,
    propose_definitions,
    propose_diagnostics,
    propose_renames,
    propose_signatures,
    propose_repeats,
    propose_block_repeats,
    propose_removed_calls,
    propose_insertions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One edit that one or more proposers came to; lines that stay as they are at its ends are left out.

    Attributes:
        uri: The file.
        first_line: The first line that is replaced.
        end_line: The line after the last; the same as `first_line` for an insertion.
        inserted: The lines that come there, without their ends.
        candidates: What was proposed, as it was proposed; never empty.
    """

    uri: DocumentUri
    first_line: int
    end_line: int
    inserted: tuple[str, ...]
    candidates: tuple[EditCandidate, ...]


def propose(
    situation: Situation,
    proposers: Sequence[Proposer] = PROPOSERS,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> list[Proposal]:
    """Returns what the proposers propose, in the order in which it was first proposed.

    Dropped are proposals that change nothing, that lie outside of their file, that take back a change of the history,
    or that insert what stands there already.

    Args:
        situation: What is known.
        proposers: Who is asked.
        is_cancelled: Asked before each of them; nobody else is asked once it says so.
    """
    merged: dict[tuple[DocumentUri, int, int, tuple[str, ...]], list[EditCandidate]] = {}
    for proposer in proposers:
        if is_cancelled():
            break
        for candidate in _asked(proposer, situation):
            view = situation.files.get(candidate.uri)
            if view is None or not 0 <= candidate.first_line <= candidate.end_line <= len(view.lines):
                continue
            key = (candidate.uri, *_without_what_stays(view, candidate))
            first_line, end_line, inserted = key[1:]
            if first_line == end_line and not inserted:
                continue
            if _is_taken_back(situation.history, candidate.uri, first_line, view.lines[first_line:end_line], inserted):
                continue
            if first_line == end_line and stands_already(view, first_line, inserted):
                continue
            merged.setdefault(key, []).append(candidate)
    return [
        Proposal(uri=uri, first_line=first, end_line=end, inserted=inserted, candidates=tuple(candidates))
        for (uri, first, end, inserted), candidates in merged.items()
    ]


def _asked(proposer: Proposer, situation: Situation) -> Iterable[EditCandidate]:
    """Returns what one proposer says; a fault in one kind of edit must not silence the others."""
    try:
        return list(proposer(situation))
    except Exception:
        logger.exception("proposer=%s failed", getattr(proposer, "__module__", proposer))
        return []


def _without_what_stays(view: FileView, candidate: EditCandidate) -> tuple[int, int, tuple[str, ...]]:
    first, end, inserted = candidate.first_line, candidate.end_line, candidate.inserted
    low, high = 0, len(inserted)
    while first < end and low < high and view.lines[first] == inserted[low]:
        first, low = first + 1, low + 1
    while first < end and low < high and view.lines[end - 1] == inserted[high - 1]:
        end, high = end - 1, high - 1
    return first, end, inserted[low:high]


def _is_taken_back(
    history: Iterable[LineChange],
    uri: DocumentUri,
    first_line: int,
    removed: tuple[str, ...],
    inserted: tuple[str, ...],
) -> bool:
    return any(
        change.uri == uri
        and abs(change.first_line - first_line) <= 1
        and change.removed == inserted
        and change.inserted == removed
        for change in history
    )
