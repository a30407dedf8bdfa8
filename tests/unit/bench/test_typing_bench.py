import gzip
import json
from pathlib import Path

import pytest

from inkling.bench.typed_text import Key, Place, read_bursts
from inkling.bench.typing import Keystroke, figures, mark_sources
from inkling.bench.typist import Seen

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


def keystroke(own: Seen, after_75_ms: float | None = None) -> Keystroke:
    """One keystroke after which a plain debounce of 75 ms asks, where the pause is long enough for that."""
    asks = int(own.pause_ms > 75)
    short = Seen(pause_ms=own.pause_ms, text_after_ms=after_75_ms, n_requests_in_all=asks)
    short.n_cancelled = short.n_unused = int(asks and after_75_ms is None)
    return Keystroke(own=own, plain={75: short, 350: Seen(pause_ms=own.pause_ms)})


def test_figures_stand_beside_those_of_plain_debounces() -> None:
    burst = [
        keystroke(Seen(pause_ms=50)),
        keystroke(Seen(pause_ms=150, n_requests_in_all=1, n_cancelled=1, n_unused=1)),
        keystroke(Seen(pause_ms=400, text_after_ms=5.0, model_after_ms=140.0, n_requests_in_all=1), 176.0),
        keystroke(Seen(pause_ms=400, text_after_ms=190.0, n_requests=1, n_requests_in_all=1), 176.0),
        keystroke(Seen(pause_ms=500, text_after_ms=0.0, model_after_ms=0.0), 180.0),
        keystroke(Seen(pause_ms=500), 180.0),
    ]

    found = {name: metric.value for name, metric in figures([burst, burst], seed=0).items()}

    assert found["requests_per_100_keystrokes"] == 50
    assert found["debounce_75ms_requests_per_100_keystrokes"] == pytest.approx(500 / 6)
    assert found["ratio_requests_to_debounce_75ms"] == pytest.approx(3 / 5)
    assert found["cancelled"] == found["unused"] == pytest.approx(1 / 3)
    assert found["debounce_75ms_cancelled"] == pytest.approx(1 / 5)
    assert found["answered_without_request"] == pytest.approx(2 / 3)
    assert found["model_text_without_request"] == pytest.approx(1 / 2)
    assert found["text_at_pauses"] == pytest.approx(3 / 4)
    assert found["model_text_at_pauses"] == pytest.approx(2 / 4)
    assert found["later_than_debounce_75ms"] == pytest.approx(2 / 4)
    assert (found["keystroke_to_text_ms_p50"], found["keystroke_to_text_ms_p95"]) == (5, 190)
    assert (found["keystroke_to_model_text_ms_p50"], found["keystroke_to_model_text_ms_p95"]) == (0, 140)
    assert found["debounce_75ms_keystroke_to_text_ms_p95"] == 180


def seen(n_requests_in_all: int, *texts: tuple[str, float], n_requests: int = 0) -> Seen:
    """What was seen where texts, by their ids, came after so many milliseconds."""
    first_ms = texts[0][1] if texts else None
    return Seen(
        pause_ms=500,
        text_after_ms=first_ms,
        n_requests=n_requests,
        n_requests_in_all=n_requests_in_all,
        texts=list(texts),
    )


@pytest.mark.parametrize(
    ("burst", "unused", "model_ms"),
    [
        pytest.param([seen(1), seen(1, ("m", 90.0), n_requests=1)], [1, 0], [None, 90.0], id="the next key asks again"),
        pytest.param([seen(2), seen(0, ("m", 90.0))], [1, 0], [None, 90.0], id="of two the other serves a later key"),
        pytest.param([seen(1, ("e", 5.0))], [1], [None], id="only the embedded mind's text was on display"),
        pytest.param([seen(1, ("e", 5.0), ("m", 140.0))], [0], [140.0], id="and became longer by the model's"),
        pytest.param(
            [seen(1, ("m", 90.0), n_requests=1), seen(0, ("m", 0.0))], [0, 0], [90.0, 0.0], id="typed through"
        ),
        pytest.param([seen(1, ("m", 5.0))], [1], [5.0], id="asked ahead while a kept answer was on display"),
        pytest.param([seen(1), seen(1, ("m", 5.0))], [0, 1], [None, 5.0], id="asked ahead after an answer came"),
    ],
)
def test_requests_are_unused_when_nothing_of_them_was_on_display_before_the_next(
    burst: list[Seen], unused: list[int], model_ms: list[float | None]
) -> None:
    mark_sources(burst, {"m"})

    assert [each.n_unused for each in burst] == unused
    assert [each.model_after_ms for each in burst] == model_ms
