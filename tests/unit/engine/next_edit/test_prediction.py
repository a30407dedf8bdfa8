from dataclasses import replace

import pytest
from tests.unit.engine.next_edit.repeated_edits import MAIN, Edit, situation_after

from inkling.core.next_edit import EditKind, Prediction
from inkling.core.suggestion import Source
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.prediction import leading, predict, predict_group
from inkling.engine.next_edit.proposers import Proposal
from inkling.engine.next_edit.ranking.artifact import shipped_artifact
from inkling.engine.next_edit.ranking.ranking import Ranking
from inkling.engine.next_edit.situation import MOST_PLACES, MOST_PLACES_OF_GROUP, Situation

TEXT = "\n".join(f"def step_{number}():\n    run(reader.read_all(path_{number}, timeout))\n" for number in range(8))


@pytest.fixture(scope="module")
def ranking() -> Ranking:
    return shipped_artifact().ranking


@pytest.fixture
def situation() -> Situation:
    return situation_after(
        TEXT,
        *(
            Edit(
                f"    run(reader.read_all(path_{number}, timeout))",
                f"    run(reader.read_all(path_{number}, timeout=timeout))",
            )
            for number in range(2)
        ),
    )


def test_edits_say_what_stands_there_now_and_are_in_order_of_probability(
    situation: Situation, ranking: Ranking
) -> None:
    edits = predict(situation, ranking).edits
    assert edits
    for edit in edits:
        view = situation.files[edit.uri]
        assert view.lines[edit.first_line : edit.first_line + len(edit.removed)] == edit.removed
        assert edit.source is Source.EMBEDDED
    assert [edit.probability for edit in edits] == sorted((edit.probability for edit in edits), reverse=True)
    assert edits[0].inserted == ("    run(reader.read_all(path_2, timeout=timeout))",)


def test_places_of_likely_edits_are_likely_places(situation: Situation, ranking: Ranking) -> None:
    prediction = predict(situation, ranking)
    line = prediction.edits[0].first_line
    assert any(abs(place.line - line) <= 2 for place in prediction.places[:3])
    assert 0 < sum(place.probability for place in prediction.places) <= 1 + 1e-9


def test_a_group_holds_each_place_once_from_top_to_bottom(situation: Situation, ranking: Ranking) -> None:
    group = predict(situation, ranking).edits[0].group
    edits = predict_group(situation, ranking, group)
    assert [edit.first_line for edit in edits] == [3 * number + 1 for number in range(2, 8)]
    assert {edit.n_in_group for edit in edits} == {6}
    assert predict_group(situation, ranking, "another cause") == ()


def test_an_edit_says_how_many_of_its_group_are_applied_together(situation: Situation, ranking: Ranking) -> None:
    edits = predict(situation, ranking).edits
    assert [edit.n_in_group for edit in edits] == [len(predict_group(situation, ranking, edit.group)) for edit in edits]


def renamed_with_uses(n_uses: int) -> Situation:
    uses = "".join(f"\n    first = {number}\n    fetch(first)\n" for number in range(n_uses))
    return situation_after(
        f"def fetch(url):\n    return url\n\n\ndef main():{uses}", Edit("def fetch(url):", "def download(url):")
    )


def test_a_group_has_places_that_are_not_proposed_for_the_likeliest_edits(ranking: Ranking) -> None:
    situation = renamed_with_uses(MOST_PLACES + 50)
    edit = predict(situation, ranking).edits[0]
    assert (edit.n_in_group, edit.n_left_out) == (MOST_PLACES + 50, 0)
    group = predict_group(replace(situation, most_places=MOST_PLACES_OF_GROUP), ranking, edit.group)
    assert len(group) == MOST_PLACES + 50
    assert {(each.n_in_group, each.n_left_out) for each in group} == {(MOST_PLACES + 50, 0)}


def test_a_group_that_is_too_large_says_how_much_is_left_out(ranking: Ranking) -> None:
    situation = replace(renamed_with_uses(MOST_PLACES_OF_GROUP + 50), most_places=MOST_PLACES_OF_GROUP)
    group = predict_group(situation, ranking, "rename fetch download")
    assert len(group) == MOST_PLACES_OF_GROUP
    assert {(each.n_in_group, each.n_left_out) for each in group} == {(MOST_PLACES_OF_GROUP, 50)}
    lines = [each.first_line for each in group]
    assert lines == sorted(set(lines))


def test_a_cancelled_question_has_no_answer(situation: Situation, ranking: Ranking) -> None:
    assert predict(situation, ranking, is_cancelled=lambda: True) == Prediction()


def test_a_proposal_is_of_the_kind_of_its_surest_candidate() -> None:
    def candidate(kind: EditKind, certainty: float, support: int) -> EditCandidate:
        return EditCandidate(
            uri=MAIN,
            first_line=0,
            end_line=1,
            inserted=("x",),
            kind=kind,
            proposer=kind.value,
            group=kind.value,
            words="",
            grounds=Grounds(certainty=certainty, support=support),
        )

    candidates = (
        candidate(EditKind.REPEAT, 0.5, 9),
        candidate(EditKind.RENAME, 1.0, 1),
        candidate(EditKind.SIGNATURE, 1.0, 2),
    )
    proposal = Proposal(uri=MAIN, first_line=0, end_line=1, inserted=("x",), candidates=candidates)
    assert leading(proposal).kind is EditKind.SIGNATURE
