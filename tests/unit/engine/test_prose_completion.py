"""Docstrings and comments are foretold from the symbols they describe and from the code beside them."""

import json

import pytest

from inkling.core.errors import ModelArtifactError
from inkling.engine.completion.asked_place import Surroundings
from inkling.engine.completion.predictor import propose
from inkling.engine.completion.prose.confidence import decode_confidence, encode_confidence, shipped_confidence
from inkling.engine.completion.prose.finds import FEATURES, ProseKind
from inkling.engine.completion.prose.sources import find_prose_texts
from inkling.engine.completion.prose.styles import Style, sections_of
from inkling.engine.completion.prose.symbols import symbols_in
from inkling.engine.completion.prose.words import exchange, exchanges, words_of
from inkling.engine.language.open_files import OpenFile, TokenNumbers

STORES = '''class UserStore:
    def get_user(self, user_id):
        """Return the user with this id."""
        return self.users[user_id]

    def close(self):
        """Give all connections back."""


class OrderStore:
    def {header}
        {line}
        return None

    def delete_order(self, order_id):
        """Delete the order with this id."""
'''
SAVE = '''def load(path, mode):
    """Load a text.

    Args:
        path: Where the file is.
        mode: How it is opened.

    Returns:
        The text.
    """
    return open(path, mode).read()


def save(path, mode, text):
    """Save a text.

{lines}
    """
    if not text:
        raise ValueError("empty")
'''


def found(marked: str, *others: str) -> list[str]:
    """Returns all texts found at the `|`, the likeliest first."""
    numbers = TokenNumbers()
    offset = marked.index("|")
    text = marked.replace("|", "", 1)
    finds = find_prose_texts(
        _opened(text, numbers), text, offset, [_opened(other, numbers) for other in others], lambda: False
    )
    return [find.text for find in sorted(finds, key=shipped_confidence().of, reverse=True)]


def proposed(marked: str, *others: str) -> list[str] | None:
    """Returns what the predictor proposes at the `|`."""
    numbers = TokenNumbers()
    offset = marked.index("|")
    text = marked.replace("|", "", 1)
    surroundings = Surroundings(open_files=[_opened(other, numbers) for other in others])
    proposals = propose(OpenFile(numbers), numbers, text, offset, surroundings)
    return None if proposals is None else [proposal.text for proposal in proposals]


def _opened(text: str, numbers: TokenNumbers) -> OpenFile:
    file = OpenFile(numbers)
    file.update(text)
    return file


def store(header: str, line: str) -> str:
    return STORES.format(header=header, line=line)


def test_a_method_of_the_same_name_lends_its_docstring() -> None:
    assert proposed(store("close(self):", '"""|')) == ['Give all connections back."""']


def test_quotes_that_the_editor_closed_are_not_closed_again() -> None:
    assert proposed(store("close(self):", '"""|"""')) == ["Give all connections back."]


def test_words_are_exchanged_as_the_names_differ() -> None:
    texts = found(store("get_order(self, order_id):", '"""|"""'))
    assert "Return the order with this id." in texts


def test_what_is_typed_is_completed_or_nothing_is() -> None:
    assert found(store("close(self):", '"""Give all |"""'))[0] == "connections back."
    assert proposed(store("close(self):", '"""Something else|"""')) is None


def test_docstrings_come_from_other_open_files() -> None:
    other = 'class Base:\n    def settle(self, amount):\n        """Settle what is owed."""\n'
    own = 'class Debt(Base):\n    def settle(self, amount):\n        """Settle w|"""\n'
    assert proposed(own) is None
    assert proposed(own, other) == ["hat is owed."]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("    Args:\n        |", "path: Where the file is."),
        ("    Args:\n        path: The file.\n        |", "mode: How it is opened."),
        ("    Args:\n        path: The file.\n        mode: How.\n        |", "text: "),
        ("    Args:\n        path: The file.\n        mode: How.\n        te|", "xt: "),
        ("    Args:\n        text: All.\n        mode: How.\n        p|", "ath: Where the file is."),
        ("    Args:\n        path: The file.\n\n    Raises:\n        |", "ValueError: "),
        ("    A|", "rgs:"),
        ("    Args:\n        path: The file.\n\n    Rai|", "ses:"),
    ],
)
def test_sections_know_what_is_not_described_yet(lines: str, expected: str) -> None:
    assert expected in found(SAVE.format(lines=lines))


def test_nothing_is_proposed_twice_or_where_words_go_on() -> None:
    described = "    Args:\n        path: The file.\n        mode: How.\n        text: What.\n        |"
    assert found(SAVE.format(lines=described)) == []
    assert found(SAVE.format(lines="    Args:\n        path: The file.\n            |")) == []


def test_sphinx_and_numpy_have_their_own_entries() -> None:
    sphinx = 'def load(path):\n    """Load.\n\n    :param path: where it is\n    """\n\n\n'
    assert found(sphinx + 'def save(path, text):\n    """Save.\n\n    :param path: here\n    :pa|\n    """\n') == [
        "ram text: "
    ]
    numpy = 'def scale(x, factor: float):\n    """Scale.\n\n    Parameters\n    |\n    """\n'
    assert found("def f(y):\n" + '    """F.\n\n    Parameters\n    ----------\n    y : int\n    """\n' + numpy) == [
        "----------"
    ]
    entries = numpy.replace("    |", "    ----------\n    x : int\n        What.\n    |")
    assert "factor : float" in found(entries)


def test_a_comment_that_begins_so_goes_on_so() -> None:
    text = "a = 1  # pragma: no cover\nb = 2  # pragma: no cover\nc = 3  # pra|\n"
    assert proposed(text) == ["gma: no cover"]


def test_a_comment_is_exchanged_as_its_neighbours_differ() -> None:
    text = (
        "# The width of the box inside of its borders.\nwidth = box.width - left - right\n"
        "# The h|\nheight = box.height - left - right\n"
    )
    assert found(text) == ["eight of the box inside of its borders."]


@pytest.mark.parametrize(
    "marked",
    [
        "# speaker.|",
        "#|",
        'x = """|"""',
        '"""|"""',
        'def f():\n    x = 1\n    """|"""\n',
        "",
        "def f():\n    '''|",
        'def f():\r\n    """|\r\n',
        'def 😀():\n    """|',
        'def f(a=")", b="(":\n    """Args:\n    |',
    ],
)
def test_elsewhere_nothing_is_said(marked: str) -> None:
    assert not proposed(marked or "#  |")


def test_code_is_no_prose() -> None:
    assert found("value = compute(|") == []
    assert found("# a comment|er") == []


def test_the_line_ends_of_windows_are_no_part_of_what_is_said() -> None:
    text = store("close(self):", '"""|').replace("\n", "\r\n")
    assert proposed(text) == ['Give all connections back."""']


def test_symbols_are_found_with_signatures_over_several_lines() -> None:
    text = (
        "class Box:\n    async def fill(\n"
        '        self, *parts: "list[int]", depth: int = max(1, 2), **rest\n'
        '    ) -> None:\n        """Fill it."""\n'
    )
    box, fill = symbols_in(text)
    assert (box.name, box.is_class, box.docstring) == ("Box", True, None)
    assert (fill.owner, fill.parameter_names, fill.returns) == ("Box", ("parts", "depth", "rest"), "None")
    assert [each.annotation for each in fill.parameters] == ['"list[int]"', "int", ""]
    assert fill.docstring == "Fill it."


def test_a_method_knows_the_bases_of_its_class() -> None:
    debt, settle, free = symbols_in("class Debt(base.Base):\n    def settle(self): ...\n\ndef free(): ...\n")
    assert (debt.owner_bases, free.owner_bases) == (frozenset(), frozenset())
    assert (settle.owner, settle.owner_bases) == ("Debt", {"base", "Base"})


def test_functions_in_docstrings_do_not_count() -> None:
    assert [symbol.name for symbol in symbols_in('def f():\n    """\n    def g():\n        pass\n    """\n')] == ["f"]


def test_a_word_is_exchanged_in_the_form_it_has() -> None:
    pairs = exchanges([words_of("get_user")], [words_of("get_line_item")])
    assert exchange("Users: each user, user_id, a UserView, superuser.", pairs) == (
        "Line items: each line item, line_item_id, a LineItemView, superuser."
    )


def test_sections_are_read() -> None:
    sections = sections_of("Do.\n\n    Args:\n        a: One.\n            More: of it.\n        b (int): Two.\n")
    assert sections.style is Style.GOOGLE
    assert [(entry.name, entry.type, entry.words) for entry in sections.entries] == [
        ("a", "", "One."),
        ("b", "int", "Two."),
    ]


def test_the_shipped_confidence_is_for_these_features() -> None:
    shipped = shipped_confidence()
    assert decode_confidence(encode_confidence(shipped)) == shipped
    assert all(len(shipped.regressions[kind].weights) == len(FEATURES[kind]) for kind in ProseKind)


def test_a_damaged_confidence_is_refused() -> None:
    content = json.loads(encode_confidence(shipped_confidence()))
    content["kinds"]["comment"]["features"].pop()
    for text in ("", "{}", json.dumps(content), json.dumps(content | {"format": 0})):
        with pytest.raises(ModelArtifactError):
            decode_confidence(text)
