"""Open files: after any edits they hold what reading the text afresh gives."""

from hypothesis import given
from hypothesis import strategies as st

from inkling.engine.language.evidence import Expectation
from inkling.engine.language.lexer import lex
from inkling.engine.language.open_files import OpenFile, ScannedTokens, TokenNumbers

LINES = st.lists(
    st.sampled_from(["x = 1\n", "    return x\n", '"""\n', "'''\n", "a = '''b'''\n", "\n", "# c\n", "f(a)\n"]),
    max_size=12,
)


@given(st.lists(LINES, min_size=1, max_size=6))
def test_edits_equal_reading_afresh(versions: list[list[str]]) -> None:
    numbers = TokenNumbers()
    file = OpenFile(numbers)
    for lines in versions:
        text = "".join(lines)
        file.update(text)
        assert file.is_of(text)
        assert [numbers.text(number) for number in file.tokens.tolist()[1:]] == lex(text)


def layer(text: str, cursor: int | None = None) -> ScannedTokens:
    numbers = TokenNumbers()
    file = OpenFile(numbers)
    file.update(text)
    return ScannedTokens([file.tokens], numbers, cursor)


def test_places_are_found_from_the_deepest_down() -> None:
    found = layer("a = b\nc = b\na = d\n")
    places = found.places(["\n+0", "a", " = "])
    assert [(place.depth, place.n_depths) for place in places] == [(3, 2), (1, 1)]
    assert found.next_tokens(places[0], None) == {"b": 1.0, "d": 1.0}
    assert found.next_tokens(places[1], None) == {"b": 2.0, "d": 1.0}


def test_only_expected_tokens_are_counted() -> None:
    found = layer("a = bc\na = bd\na = e\n")
    (place, *_) = found.places(["a", " = "])
    assert found.next_tokens(place, Expectation("b", is_after_space=False)) == {"bc": 1.0, "bd": 1.0}


def test_near_places_weigh_more() -> None:
    text = "a = far\n" + "x(y)\n" * 2000 + "a = near\n"
    found = layer(text, cursor=10_000)
    (place, *_) = found.places(["a", " = "])
    weights = found.next_tokens(place, None)
    assert weights["near"] > 3 * weights["far"]


def test_unknown_tokens_are_found_nowhere() -> None:
    assert layer("a = b\n").places(["a", "never"]) == []
    assert layer("").places(["a"]) == []
