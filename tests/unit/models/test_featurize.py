import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.core.ports import N_PREVIOUS, GateInput, PreviousSuggestion
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Source
from inkling.models.featurize import FEATURE_NAMES, FEATURES, SourceCalibration, featurize
from inkling.models.study import KNOWN_ONLY_AFTERWARDS, History, gate_input_of, with_history

CALIBRATIONS = {
    Source.MODEL: SourceCalibration(slope=2.0, total_slope=0.0, intercept=0.5),
    Source.EMBEDDED: SourceCalibration(slope=1.0, total_slope=0.0, intercept=0.0),
}


def ask(
    text: str,
    suggestion: str = "x",
    *,
    mean_logprob: float = -0.5,
    confidence: float | None = None,
    outcomes: tuple[bool, ...] = (),
    previous: tuple[PreviousSuggestion, ...] = (),
) -> dict[str, float]:
    """Returns the features at the `|` in `text`."""
    offset = text.index("|")
    document = text[:offset] + text[offset + 1 :]
    gate_input = GateInput(
        request=CompletionRequest(
            snapshot=Snapshot(uri=DocumentUri("file:///a.py"), path=None, version=1, text=document), offset=offset
        ),
        candidate=Candidate(
            text=suggestion, source=Source.MODEL, mean_logprob=mean_logprob, n_tokens=1, confidence=confidence
        ),
        at_ms=0,
        recent_outcomes=outcomes,
        previous=previous,
    )
    return featurize(gate_input, CALIBRATIONS)


def test_every_feature_is_described_once_and_computed_in_order() -> None:
    assert len(set(FEATURE_NAMES)) == len(FEATURES)
    assert tuple(ask("a|")) == FEATURE_NAMES
    for feature in FEATURES:
        assert feature.unit
        assert feature.meaning
        assert feature.words_high
        assert feature.words_low


@pytest.mark.parametrize(
    ("text", "suggestion", "expected"),
    [
        ("|", "x", {"log_typed": 0, "after_word": 0, "on_blank_line": 1, "in_comment": 0}),
        ("x = 1  # note |", "x", {"in_comment": 1, "on_blank_line": 0}),
        ("x = 'a # b|", "x", {"in_comment": 0}),
        ("x = 'a' # b|", "x", {"in_comment": 1}),
        ("x = 'a\\' # b|", "x", {"in_comment": 0}),
        ('"""doc\nmore # text|', "x", {"in_comment": 0}),
        ('"""doc"""\n# |', "x", {"in_comment": 1}),
        ("f(|", "x)", {"brackets_open": 0, "has_call": 0}),
        ("f(|", "g(x)", {"brackets_open": 1, "has_call": 1}),
        ("x = |", "[\n    1,\n]", {"brackets_open": 1, "is_assignment": 1}),
        ("    re|", "turn value", {"starts_with_keyword": 1, "is_assignment": 0}),
        ("    |", "returned = 1", {"starts_with_keyword": 0, "is_assignment": 1}),
        ("if x |", "== 1:", {"starts_with_keyword": 0, "is_assignment": 0}),
        ("x[0].y |", "= 1", {"is_assignment": 1}),
        ("# note\r\nx = |", "1", {"in_comment": 0, "log_typed": math.log1p(3)}),
        ("    re|", "turn value", {"after_word": 1, "log_typed": math.log1p(2), "share_seen": 0}),
        ("value = 1\nprint(val|", "ue)", {"share_seen": 1, "has_no_name": 0}),
        ("value = 1\nprint(|", "value, other)", {"share_seen": 0.5, "log_seen": math.log(2)}),
        ("print(|", "1)", {"has_no_name": 1, "share_seen": 0}),
        ("größe = 1\nx = |", "größe", {"share_seen": 1}),
        ("x = \U0001d41a|", "b", {"after_word": 1}),
        ("x = |", "f(\n    1,\n)\n", {"log_lines": math.log(3), "log_chars": math.log1p(12)}),
    ],
)
def test_what_stands_before_the_cursor_is_read(text: str, suggestion: str, expected: dict[str, float]) -> None:
    features = ask(text, suggestion)

    assert {name: features[name] for name in expected} == expected


def test_habit_is_smoothed_and_looks_at_the_latest() -> None:
    assert ask("|")["accept_rate"] == pytest.approx(1 / 3)
    features = ask("|", outcomes=(True,) * 7 + (False,) * 3)
    assert features["accept_rate"] == pytest.approx(8 / 13)
    assert features["accept_rate_3"] == pytest.approx(1 / 6)


URI = DocumentUri("file:///a.py")


def shown(offset: int, n_chars: int = 1, uri: DocumentUri = URI) -> PreviousSuggestion:
    return PreviousSuggestion(uri=uri, version=0, offset=offset, n_chars=n_chars)


@pytest.mark.parametrize(
    ("previous", "expected"),
    [
        ((), (0, 0, 0, 0)),
        ((shown(9, uri=DocumentUri("file:///b.py")),), (0, 0, 0, 0)),
        ((shown(9, n_chars=1),), (0, 1, 0, 1)),
        ((shown(9, n_chars=3),), (-1, 1, 0, 1)),
        ((shown(2), shown(7), shown(8, n_chars=0)), (1, 0, 0, 2)),
        ((shown(8), shown(2)), (0, 0, 0, 0)),
        ((shown(10),), (0, 0, 1, 1)),
        ((shown(9 + 80),), (0, 0, 1, 1)),
        ((shown(9 + 81),), (0, 0, 0, 0)),
    ],
)
def test_what_was_shown_before_is_compared(
    previous: tuple[PreviousSuggestion, ...], expected: tuple[float, float, float, float]
) -> None:
    features = ask("first\nabc|de", previous=previous)

    longer, same_place, moved_back, n_on_line = expected
    assert features["longer_than_before"] == pytest.approx(longer * math.log(2))
    assert (features["is_same_place"], features["has_moved_back"]) == (same_place, moved_back)
    assert features["log_shown_on_line"] == pytest.approx(math.log1p(n_on_line))


@pytest.mark.parametrize(
    ("mean_logprob", "expected"),
    [(0.0, 0.5), (-0.5, -0.5), (3.0, 0.5), (-1e9, -19.5), (math.nan, -19.5), (-math.inf, -19.5), (math.inf, -19.5)],
)
def test_evidence_is_on_the_scale_of_its_source(mean_logprob: float, expected: float) -> None:
    assert ask("|", mean_logprob=mean_logprob)["evidence"] == expected


@given(
    before=st.text(max_size=300),
    after=st.text(max_size=50),
    suggestion=st.text(min_size=1, max_size=50),
    offset=st.integers(-5, 400),
    shown_at=st.lists(st.integers(0, 500), max_size=N_PREVIOUS),
)
def test_features_are_finite_and_never_read_what_follows_the_cursor(
    before: str, after: str, suggestion: str, offset: int, shown_at: list[int]
) -> None:
    def gate_input(text: str) -> GateInput:
        snapshot = Snapshot(uri=DocumentUri("file:///a.py"), path=None, version=1, text=text)
        return GateInput(
            request=CompletionRequest(snapshot=snapshot, offset=min(offset, len(before))),
            candidate=Candidate(text=suggestion, source=Source.EMBEDDED, mean_logprob=-1.0, n_tokens=1),
            at_ms=0,
            previous=tuple(shown(place) for place in shown_at),
        )

    features = featurize(gate_input(before), CALIBRATIONS)

    assert all(math.isfinite(value) for value in features.values())
    assert featurize(gate_input(before + after), CALIBRATIONS) == features


def study_row(number: int, outcome: str | None, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "user": 1,
        "t_shown": f"2022-08-08T22:11:{number:02}.545Z",
        "t_decided": f"2022-08-08T22:11:{number:02}.817Z",
        "outcome": outcome,
        "prompt": "#!/usr/bin/env python3\n# Path: write_code_here.py\nimport numpy as np\nx = n",
        "suggestion": "p.zeros(3)",
        "meanLogProb": -0.2,
        "numTokens": 4.0,
        "dwell_s": 2.0,
        "n_replay": 1,
        "edit_pct": [0.0],
        "cups_state_at_shown": "Prompt Crafting (V)",
        "hidden_state": "UserTyping",
        "prompt_was_longer": True,
    }
    return row | changes


def test_features_of_a_study_row_never_read_its_future() -> None:
    rows = [study_row(1, "Accepted"), study_row(3, "Rejected"), study_row(5, None), study_row(7, "Accepted")]
    afterwards: dict[str, object] = dict.fromkeys(KNOWN_ONLY_AFTERWARDS, "perturbed")
    changed = study_row(3, "Accepted", **(afterwards | {"t_decided": "2022-08-08T22:11:06Z"}))
    rows_changed = [rows[0], changed, study_row(5, "Rejected"), study_row(7, None, suggestion="later")]

    def features_of(rows: list[dict[str, object]], number: int) -> dict[str, float]:
        return featurize(gate_input_of(*with_history(rows)[number]), CALIBRATIONS)

    assert features_of(rows_changed, 0) == features_of(rows, 0)
    assert features_of(rows_changed, 1) == features_of(rows, 1)
    assert features_of(rows, 1) == features_of(rows[:2], 1)
    assert features_of(rows, 3) != features_of([rows[0], rows[3]], 1)


def test_history_holds_only_what_was_decided_before() -> None:
    late = study_row(1, "Accepted", t_decided="2022-08-08T22:11:04Z")
    rows = [late, study_row(3, "Rejected"), study_row(5, None), study_row(6, "Accepted"), study_row(7, None, user=2)]

    outcomes = [history.recent_outcomes for _, history in with_history(rows)]
    assert outcomes == [(), (), (True, False), (True, False), ()]


def test_history_holds_what_was_shown_before_and_where() -> None:
    rows = [study_row(number, None, suggestion="x" * number) for number in range(1, 15)]
    rows.insert(3, study_row(4, None, prompt=""))

    histories = [history.previous for _, history in with_history(rows)]

    assert histories[0] == ()
    assert [shown.n_chars for shown in histories[4]] == [1, 2, 3]
    assert {shown.offset for shown in histories[-1]} == {len("import numpy as np\nx = n")}
    assert len(histories[-1]) == N_PREVIOUS
    assert histories[-1][-1].n_chars == 13


def test_the_header_of_the_studys_prompts_is_no_part_of_the_document() -> None:
    assert gate_input_of(study_row(1, None), History()).request.snapshot.text == "import numpy as np\nx = n"
    assert gate_input_of(study_row(1, None, meanLogProb=None, prompt=""), History()).candidate.mean_logprob == -0.4


@pytest.mark.parametrize(
    ("confidence", "expected"), [(0.5, 0.0), (0.8, math.log(4.0)), (0.0, math.log(0.0025 / 0.9975))]
)
def test_a_confidence_is_the_evidence(confidence: float, expected: float) -> None:
    assert ask("x = |", mean_logprob=-3.0, confidence=confidence)["evidence"] == pytest.approx(expected)
