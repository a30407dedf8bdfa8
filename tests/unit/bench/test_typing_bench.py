import gzip
import json
from pathlib import Path

import pytest

from inkling.bench.typing import Key, Place, Seen, TypingResult, mark_unused, read_bursts

START = "def f():\n    "
AFTER = "total = price * count\n    return total\n"
PLACE = Place(before=START, after=AFTER, wrong_words=frozenset({AFTER.index("count")}))


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        pytest.param(START, "total = price * value", id="until the first wrong word"),
        pytest.param(START + "tot", "al = price * value", id="within a word"),
        pytest.param(
            "# context\n" + "x" * 60 + START * 5 + "total = price * co", "unt", id="past the wrong word's start"
        ),
        pytest.param(START + AFTER[: AFTER.index("\n")], "\n    return total", id="the next line at a line's end"),
        pytest.param(START + "toq", "None", id="after a typing error"),
    ],
)
def test_the_scripted_model_says_what_will_be_typed(prompt: str, answer: str) -> None:
    place = Place(before="x" * 60 + START * 5, after=AFTER, wrong_words=PLACE.wrong_words) if "#" in prompt else PLACE

    assert place.answer(prompt) == answer


def recorded(folder: Path, edits: list[tuple[int, list[list[object]]]]) -> Path:
    log = [{"kind": "header"}, *({"kind": "changed", "time": at, "edit": edit} for at, edit in edits)]
    file = folder / "session.json.gz"
    file.write_bytes(gzip.compress(json.dumps({"log": log}).encode()))
    return file


def test_bursts_are_single_keystrokes_with_their_pauses_and_typing_errors(tmp_path: Path) -> None:
    typed = [(100 * n, [[n, n, "a"]]) for n in range(8)]
    deleted = [(800, [[7, 8, ""]]), (900, [[7, 7, "()"]])]
    after_a_pause = [(6000, [[0, 0, "b"]])]
    pasted = [(6100, [[0, 0, "pasted"]])]

    (burst,) = read_bursts(recorded(tmp_path, [*typed, *deleted, *after_a_pause, *pasted]))

    assert len(burst) == 10
    assert burst[0] == Key(is_delete=False, is_wrong=False, pause_ms=100)
    assert [key.is_wrong for key in burst].index(True) == 7
    assert burst[8].is_delete
    assert burst[9].pause_ms == 2000


def test_a_deletion_of_what_stood_there_before_is_left_out(tmp_path: Path) -> None:
    edits: list[tuple[int, list[list[object]]]] = [(0, [[5, 6, ""]]), *((n, [[n, n, "a"]]) for n in range(1, 10))]

    (burst,) = read_bursts(recorded(tmp_path, edits))

    assert len(burst) == 9
    assert not any(key.is_delete for key in burst)


def test_figures_stand_beside_those_of_plain_debounces() -> None:
    seen = [
        Seen(pause_ms=50),
        Seen(pause_ms=150, n_requests_in_all=1, n_cancelled=1),
        Seen(pause_ms=400, text_after_ms=140.0, n_requests=1, n_requests_in_all=1),
        Seen(pause_ms=500, text_after_ms=0.0),
    ]
    result = TypingResult(latency_ms=100, seen=[seen, seen])

    figures = {name: metric.value for name, metric in result.metrics(seed=0).items()}

    assert figures["100ms_requests_per_100"] == 50
    assert figures["100ms_debounce_75_requests_per_100"] == 75
    assert figures["100ms_debounce_350_requests_per_100"] == 50
    assert figures["100ms_cancelled"] == 0.5
    assert figures["100ms_debounce_75_cancelled"] == pytest.approx(1 / 3)
    assert figures["100ms_debounce_350_cancelled"] == 0.5
    assert figures["100ms_without_request"] == 0.5
    assert figures["100ms_text_at_pauses"] == 1
    assert figures["100ms_ratio_requests_to_debounce_75"] == pytest.approx(2 / 3)
    assert (figures["100ms_text_ms_p50"], figures["100ms_text_ms_p95"]) == (0, 140)


def test_requests_are_unused_when_no_text_came_of_them_before_the_next() -> None:
    burst = [
        Seen(pause_ms=50, n_requests_in_all=1),  # unused: the next keystroke asks again
        Seen(pause_ms=50, n_requests_in_all=2),  # of two the first; the other serves a later keystroke
        Seen(pause_ms=50),
        Seen(pause_ms=50, text_after_ms=60.0),
        Seen(pause_ms=50, text_after_ms=140.0, n_requests=1, n_requests_in_all=1),
        Seen(pause_ms=50, n_requests_in_all=1),  # unused: the burst ends
    ]

    mark_unused(burst)

    assert [seen.n_unused for seen in burst] == [1, 1, 0, 0, 0, 1]
