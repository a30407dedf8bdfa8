"""Counterparts that siblings have and that what was just added lacks: entries, branches, exports, setters."""

from collections.abc import Iterator

from inkling.core.next_edit import EditKind
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.situation import Situation
from inkling.engine.next_edit.symmetry.counterparts import Counterpart, counterparts
from inkling.engine.next_edit.symmetry.newcomers import Newcomer, newcomers
from inkling.engine.next_edit.symmetry.writing import written

MOST_CHANGES = 3  # what was added before that has its counterparts, or needs none
MOST_NEWCOMERS = 8
MOST_FILES = 40


def propose_symmetry(situation: Situation) -> Iterator[EditCandidate]:
    """Yields what would give the newest names what their siblings have."""
    found: list[Newcomer] = []
    for age, change in enumerate(reversed(situation.history[-MOST_CHANGES:])):
        view = situation.files.get(change.uri)
        if view is not None and len(found) < MOST_NEWCOMERS:
            found.extend(newcomers(view, change, age))
    for newcomer in found[:MOST_NEWCOMERS]:
        yield from _candidates(situation, newcomer)


def _candidates(situation: Situation, newcomer: Newcomer) -> Iterator[EditCandidate]:
    found = [
        each for uri in situation.nearest_first[:MOST_FILES] for each in counterparts(situation.files[uri], newcomer)
    ]
    if len(newcomer.siblings) == 1 and len(found) > 1:
        return  # What one sibling has in several places is what it is used for.
    for rank, each in enumerate(found):
        lines = written(each)
        if lines is None or not each.lines:
            continue
        yield EditCandidate(
            uri=each.view.uri,
            first_line=lines.first_line,
            end_line=lines.end_line,
            inserted=lines.lines,
            kind=EditKind.SYMMETRY,
            proposer="symmetry",
            group=f"symmetry:{newcomer.name}",
            words=_words(newcomer, each),
            grounds=Grounds(
                support=each.n_agreeing,
                age=newcomer.age,
                n_places=len(found),
                rank=rank,
                n_matched_chars=sum(len(line.strip()) for line in each.lines),
                n_context_tokens=len(each.entries),
                similarity=len(each.entries) / len(newcomer.siblings),
                certainty=_certainty(newcomer, each),
            ),
        )


def _certainty(newcomer: Newcomer, found: Counterpart) -> float:
    """Returns how likely it is that the next one of a kind has an entry, and that it says what theirs say.

    Source: Laplace's rule of succession, Philosophical Essay on Probabilities, 1814: after `s` successes in `n` trials
    the next one succeeds with (s + 1) / (n + 2). The first entry says what the others are compared with.
    """
    has_entry = (len(found.entries) + 1) / (len(newcomer.siblings) + 2)
    says_so = found.n_agreeing / (len(found.entries) + 1)
    return has_entry * says_so


def _words(newcomer: Newcomer, found: Counterpart) -> str:
    names = list(dict.fromkeys(entry.sibling.renaming.old for entry in found.entries))
    shown = " and ".join(f"`{name}`" for name in names[:2])
    return f"{shown} {'has' if len(names) == 1 else 'have'} this, `{newcomer.name}` does not yet"
