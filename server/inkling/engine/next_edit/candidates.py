"""What proposers say, before it is ranked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from inkling.core.next_edit import EditKind
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What speaks for a candidate; the ranking's features of the proposal itself.

    Attributes:
        support: Changes of the history that say so.
        age: Changes since the latest of them; 0 for the latest change.
        n_places: Places where the same would apply.
        rank: Its place among those, the nearest first from 0.
        n_matched_chars: Code points that had to agree for it to apply, white space not counted.
        n_context_tokens: Tokens around the replaced ones that had to agree, too.
        similarity: How alike the surroundings are where that was asked, in [0, 1].
        certainty: How surely it follows, in the proposer's own view: 1 for what scopes or the import system prove, 0
            for what only looks alike.
    """

    support: int = 1
    age: int = 0
    n_places: int = 1
    rank: int = 0
    n_matched_chars: int = 0
    n_context_tokens: int = 0
    similarity: float = 0.0
    certainty: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EditCandidate:
    """Lines that may be replaced next.

    Attributes:
        uri: The file.
        first_line: The first line that is replaced.
        end_line: The line after the last; the same as `first_line` for an insertion.
        inserted: The lines that come there, without their ends.
        kind: Why.
        proposer: The module that proposes it, such as `renames`; the ranking learns how far each can be trusted.
        group: The same for all candidates that follow from one cause.
        words: The cause in a few words for a person.
        grounds: What speaks for it.
        n_left_out: More places of its group, which were too many to be proposed all at once.
    """

    uri: DocumentUri
    first_line: int
    end_line: int
    inserted: tuple[str, ...]
    kind: EditKind
    proposer: str
    group: str
    words: str
    grounds: Grounds
    n_left_out: int = 0


class Proposer(Protocol):
    """One reason for edits. It never fails: what cannot be read has no candidates."""

    def __call__(self, situation: Situation) -> Iterable[EditCandidate]:
        """Yields candidates, in no order; none that changes nothing, at most a few hundred."""
        ...
