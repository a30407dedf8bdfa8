"""What is typed on the benchmark's day, and what is made of the memory over it."""

from itertools import cycle

import pytest

from inkling.bench.completion.positions import WrittenFile
from inkling.bench.typed_text import Key
from inkling.bench.typing_day import Sample, memory_figures, slope_per_hour, typed_block, typed_file


def _keys(pattern: str) -> list[Key]:
    """Returns keys: `.` types, `x` types a wrong character, `<` deletes."""
    return [Key(is_delete=char == "<", is_wrong=char == "x", pause_ms=100.0) for char in pattern]


def test_errors_are_mended_before_typing_goes_on() -> None:
    typed = list(typed_block("abc", cycle(_keys(".x<.."))))
    assert [text for text, _ in typed] == ["a", "aq", "a", "ab", "abc"]
    assert [is_done for _, is_done in typed] == [False] * 4 + [True]


@pytest.mark.parametrize("pattern", [".", "x<.", "<.", ".x..<", ".xx<<"])
def test_every_rhythm_comes_to_the_end_of_the_block(pattern: str) -> None:
    typed = list(typed_block("return total\n", cycle(_keys(pattern))))
    assert typed[-1] == ("return total\n", True)
    assert sum(is_done for _, is_done in typed) == 1


def test_a_file_is_typed_block_by_block_and_becomes_what_the_commit_wrote() -> None:
    text = "import a\nimport b\n\n\ndef run():\n    a.go()\n    b.go()\n"
    keystrokes = list(typed_file(WrittenFile(path="x.py", text=text, added=frozenset({1, 5, 6})), cycle(_keys("."))))
    first, _ = keystrokes[0]
    assert first.text == "import a\ni\n\ndef run():\n"
    assert first.text[: first.offset] == "import a\ni"
    last, is_done = keystrokes[-1]
    assert (last.text, is_done) == (text, True)
    assert sum(is_done for _, is_done in keystrokes) == 2


def test_memory_that_grows_is_seen_once_it_has_settled() -> None:
    samples = [
        Sample(hour=hour / 4, rss_mb=50.0 if hour < 8 else 60.0 + hour / 4, anonymous_mb=30.0) for hour in range(41)
    ]
    found = memory_figures(samples, 2.0)
    assert found["rss_mb_slope_per_hour"].value == pytest.approx(1.0)
    assert found["anonymous_mb_slope_per_hour"].value == pytest.approx(0.0, abs=1e-9)
    assert found["rss_mb_max"].value == pytest.approx(70.0)
    assert found["anonymous_mb_at_hour_10"].value == pytest.approx(30.0)
    assert slope_per_hour([1.0], [5.0]) == 0.0
