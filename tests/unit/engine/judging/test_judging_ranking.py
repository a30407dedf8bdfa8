import ast
import json
import math

import pytest

from inkling.core.errors import ModelArtifactError, WorkerError
from inkling.engine.judging.behaviour import Behaviours
from inkling.engine.judging.examples import DocstringExample, docstring_examples, holds
from inkling.engine.judging.exchange import (
    Compared,
    Comparison,
    Observed,
    decode_compared,
    decode_comparison,
    encode_comparison,
)
from inkling.engine.judging.features import LIST_FEATURES, PATCH_FEATURES
from inkling.engine.judging.question import best_question, in_words
from inkling.engine.judging.ranking import Ranking, Scale, decode_ranking, encode_ranking, load_ranking

SCALE = Scale(mean=0.0, deviation=1.0)


def observed(*answers: str) -> Observed:
    return Observed(outcomes=tuple((answer,) for answer in answers), types=tuple(("number",) for _ in answers))


def compared(patches: list[Observed | None], shown: tuple[str, ...], **others: object) -> Compared:
    fields: dict[str, object] = {
        "shown": tuple((text,) for text in shown),
        "is_original": tuple(False for _ in shown),
        "n_calls": 0,
        "original": None,
        "original_again": None,
        "patches": tuple(patches),
    }
    return Compared(**{**fields, **others})  # type: ignore[arg-type] # each is as named


def test_patches_of_one_behaviour_have_one_name() -> None:
    patches = [observed("V1", "V2"), observed("V1", "V3"), observed("V1", "V2"), None]
    behaviours = Behaviours(compared=compared(patches, ("f(1)", "f(2)")), weights=[1, 1, 2, 1])
    first, second, third, nothing = behaviours.names
    assert first == third != second
    assert nothing == ""
    assert (behaviours.n_inputs, behaviours.n_inputs_agreeing) == (2, 1)
    assert behaviours.agreement(patches[0]) == pytest.approx((1 + 3 / 4) / 2)


def test_what_depends_on_chance_is_no_behaviour() -> None:
    once, again = observed("V1", "V5"), observed("V1", "V6")
    patches: list[Observed | None] = [observed("V1", "V7"), observed("V1", "V8")]
    both = compared(patches, ("f(1)", "f(2)"), original=once, original_again=again)
    behaviours = Behaviours(compared=both, weights=[1, 1])
    assert len(set(behaviours.names)) == 1
    assert behaviours.n_inputs == 1


def test_the_input_that_tells_most_is_asked_about() -> None:
    patches: list[Observed | None] = [
        observed("V1", "V1", "V1"),
        observed("V1", "V2", "V1"),
        observed("V1", "V2", "EKeyError"),
    ]
    names = ("a", "b", "c")
    both = compared(patches, ("f(0)", "f(1)", "f(2)"))
    asked = best_question(both, [(0, 0), (1, 0), (2, 0)], [0.5, 0.3, 0.2], names)
    assert asked is not None
    assert asked.question.call == "f(1)"
    assert asked.question.answers == ("1", "2")
    assert asked.question.behaviours == (("a",), ("b", "c"))


def test_of_two_that_tell_the_same_the_shorter_is_asked() -> None:
    patches: list[Observed | None] = [observed("V1", "V1"), observed("V2", "V2")]
    asked = best_question(compared(patches, ("f(1234567)", "f(1)")), [(0, 0), (1, 0)], [0.5, 0.5], ("a", "b"))
    assert asked is not None
    assert asked.question.call == "f(1)"


def test_answers_that_a_test_takes_for_equal_are_one() -> None:
    patches: list[Observed | None] = [observed("V(1, [])"), observed("V(True, [])"), observed("V(2.0, [])")]
    asked = best_question(compared(patches, ("f(1)",)), [(0, 0)], [0.5, 0.3, 0.2], ("a", "b", "c"))
    assert asked is not None
    assert asked.question.answers == ("(1, [])", "(2.0, [])")
    assert asked.question.behaviours == (("a", "b"), ("c",))
    assert best_question(compared(patches[:2], ("f(1)",)), [(0, 0)], [0.5, 0.5], ("a", "b")) is None


def test_answers_of_another_kind_than_the_tests_compare_with_are_counted() -> None:
    other = Observed(outcomes=(("V1",), ("VTrue",), ("EKeyError",)), types=(("number",), ("bool",), ("",)))
    behaviours = Behaviours(compared=compared([other], ("f(1)", "f(2)", "f(3)")), weights=[1])
    assert behaviours.share_of_other_types(other, {"number"}) == pytest.approx(1 / 3)
    assert behaviours.share_of_other_types(other, set()) == 0


def test_nothing_is_asked_where_patches_agree_or_the_input_cannot_be_shown() -> None:
    alike: list[Observed | None] = [observed("V1"), observed("V1")]
    assert best_question(compared(alike, ("f(1)",)), [(0, 0)], [0.5, 0.5], ("a", "b")) is None
    differ: list[Observed | None] = [observed("V1"), observed("V2")]
    assert best_question(compared(differ, ("",)), [(0, 0)], [0.5, 0.5], ("a", "b")) is None


def test_outcomes_in_words() -> None:
    assert [in_words(text) for text in ("V[1]", "EKeyError", "T", "")] == [
        "[1]",
        "raises KeyError",
        "does not end",
        "is never reached",
    ]


def small_ranking(**weights: float) -> Ranking:
    return Ranking(
        patch_weights=weights,
        patch_scales=dict.fromkeys(weights, SCALE),
        list_weights={"always": 0.0},
        list_scales={"always": SCALE},
        verified_from=0.7,
    )


def test_probabilities_leave_room_for_none() -> None:
    found = small_ranking(agreement=1.0).probabilities([{"agreement": 2.0}, {"agreement": 0.0}], {"always": 1.0})
    assert found[0] == pytest.approx(math.exp(2) / (math.exp(2) + 2))
    assert sum(found) < 1


def test_rare_kinds_share_a_weight() -> None:
    ranking = small_ranking(**{"kind:comparison": 1.0, "kind:other": -1.0})
    rows = [{"kind:comparison": 1.0}, {"kind:rare": 1.0}, {"kind:other": 1.0}]
    first, second, third = ranking.probabilities(rows, {"always": 1.0})
    assert first > second == third


def test_a_ranking_survives_its_file() -> None:
    ranking = small_ranking(agreement=1.5)
    text = encode_ranking(ranking, data_sha256="0", metrics={"first": 0.3}, trained_on="nothing")
    assert decode_ranking(text) == ranking


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "patch": 3}'])
def test_a_damaged_ranking_is_told(text: str) -> None:
    with pytest.raises(ModelArtifactError):
        decode_ranking(text)


def test_the_shipped_ranking_knows_only_described_features() -> None:
    ranking = load_ranking()
    assert {name for name in ranking.patch_weights if not name.startswith("kind:")} == set(PATCH_FEATURES)
    assert set(ranking.list_weights) == set(LIST_FEATURES)
    assert ranking.verified_from > 0


def test_a_comparison_survives_the_way() -> None:
    comparison = Comparison(
        node_ids=["t.py::a"],
        texts=[{"/p/a.py": "x = '🙂'\r\n"}],
        numbers=[1],
        calls=["f(1)"],
        examples=[DocstringExample(file="/p/a.py", call="f(1)", wanted="2")],
    )
    assert decode_comparison(encode_comparison(comparison)) == comparison


def answer(**changes: object) -> bytes:
    row = {
        "outcomes": [["V1"]],
        "types": [["number"]],
        "properties": {},
        "n_examples_held": 0,
        "n_examples_broken": 0,
    }
    content = {"shown": [["f(1)"]], "is_original": [False], "n_calls": 0, "original": row, "original_again": None}
    return json.dumps({**content, "patches": [row], **changes}).encode()


def test_a_good_answer_is_read() -> None:
    found = decode_compared(answer(), 1)
    assert found.patches == (observed("V1"),)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04K\x01.",
        b"[]",
        answer(patches=[]),
        answer(patches=[{"outcomes": 3}]),
        answer(patches=["x"]),
        answer(shown=[], patches=[{"outcomes": [["V1"]], "types": [], "properties": {}}]),
        answer(patches=[{"outcomes": [["V1"]], "types": [["n"]], "properties": {"x": [1]}}]),
        answer(n_calls="many"),
    ],
)
def test_an_answer_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(WorkerError):
        decode_compared(data, 1)


def test_examples_in_docstrings_are_found() -> None:
    tree = ast.parse(
        '''
def double(n):
    """Return twice `n`.

    >>> double(2)
    4
    >>> print(double(1))
    2
    double(3) == 6, and double("ab") -> "abab"
    double("a(") -> "a(a("
    double(5) => 10.
    double(x) == 2 * x
    """
'''
    )
    found = {example.call: example.wanted for example in docstring_examples(tree, "/p/a.py")}
    assert found == {"double(2)": "4", 'double("a(")': '"a(a("', "double(5)": "10"}
    assert docstring_examples(None, "/p/a.py") == []


def test_an_example_holds_or_not() -> None:
    example = DocstringExample(file="/p/a.py", call="double(2)", wanted="4")
    assert holds(example, {"double": lambda n: 2 * n})
    assert not holds(example, {"double": lambda n: n})
