"""How a proposal lies to the latest change, as the ranking sees it."""

import pytest

from inkling.core.next_edit import EditKind, LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.proposers import Proposal
from inkling.engine.next_edit.ranking.edit_features import FEATURES, edit_features
from inkling.engine.next_edit.situation import Situation

URI = DocumentUri("file:///project/a.py")


def _distance(first_line: int) -> float:
    """From a change of line 10 to a proposal for one line."""
    view = FileView(URI, None, tuple(f"value_{number} = {number}" for number in range(20)))
    change = LineChange(uri=URI, first_line=10, removed=("value = 10",), inserted=(view.lines[10],))
    candidate = EditCandidate(
        uri=URI,
        first_line=first_line,
        end_line=first_line + 1,
        inserted=("changed = 1",),
        kind=EditKind.REPEAT,
        proposer="repeats",
        group="one",
        words="",
        grounds=Grounds(),
    )
    proposal = Proposal(
        uri=URI, first_line=first_line, end_line=first_line + 1, inserted=("changed = 1",), candidates=(candidate,)
    )
    features = edit_features(Situation(files={URI: view}, history=(change,)), [proposal])
    return float(features[0, FEATURES.index("distance")])


@pytest.mark.parametrize(("touching", "beside"), [(11, 12), (9, 8)])
def test_what_touches_the_latest_change_counts_as_if_a_line_were_between(touching: int, beside: int) -> None:
    assert _distance(touching) == _distance(beside)
    assert _distance(beside) < _distance(beside + (1 if beside > 10 else -1))
