"""What is proposed where: data with a `|` for the cursor, beside a file that says the same things."""

import pytest

from inkling.engine.completion.asked_place import Surroundings
from inkling.engine.completion.partial_lines import LEAST_LEAD, WHOLE_LINE_IS_SURE
from inkling.engine.completion.predictor import Proposal, propose
from inkling.engine.index.segment import SegmentWriter
from inkling.engine.language.lexer import lex
from inkling.engine.language.open_files import OpenFile, TokenNumbers

KNOWN = """
class Store:
    def close(self):
        self.connection.close()
        self.connection = None

    def path(self, name):
        return self.root.joinpath(name, "data")

def load(store, path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)

def save(store, path):
    value = compute(store, [1, 2])
    print("saved", path)
"""


def ask(marked: str, known: str = KNOWN) -> list[Proposal] | None:
    writer = SegmentWriter()
    writer.add("known", lex(known))
    offset = marked.index("|")
    numbers = TokenNumbers()
    return propose(
        OpenFile(numbers),
        numbers,
        marked.replace("|", "", 1),
        offset,
        Surroundings(workspace=[writer.build()]),
    )


SAID = [
    ("self.connection.|", "close()"),
    ("self.ro|", 'ot.joinpath(name, "data")'),
    ("self.connection |", "= None"),
    ("return json|", ".load(file)"),
    ("def read(path):\n    with open(|", 'path, encoding="utf-8") as file:'),
    ("def read(path):\n    with open(|)", 'path, encoding="utf-8"'),
    ("def read(path):\n    with open(|) as file:", 'path, encoding="utf-8"'),
    ("def read(path):\n    with open(path,|", ' encoding="utf-8") as file:'),
    ('def read(path):\n    with open(path, encoding="u|")', "tf-8"),
    ("    with open(path, encoding=|", '"utf-8") as file:'),
    ("with open(path, encoding=|", '"utf-8") as file:'),
    ("    self.connection.close()\n    |\n", "self.connection = None"),
    ("\tself.connection.close()\r\n\tself.con|\r\n", "nection = None"),
    ("naïve = '🐍🐍'\nstore = path = 1\nvalue = compute(|", "store, [1, 2])"),
    ("store = path = 1\nvalue = compute(store, [|])", "1, 2"),
]


@pytest.mark.parametrize(("marked", "text"), SAID)
def test_it_says_what_is_known(marked: str, text: str) -> None:
    proposals = ask(marked)
    assert proposals
    assert proposals[0].text == text
    assert proposals[0].mean_logprob <= 0
    assert 0 < proposals[0].confidence < 1


QUIET = [
    "# self.connection.|",
    "x = 1  # self.|",
    '"""\nself.connection.|\n"""',
    'x = """self.connection.|',
    "self.conn|ection",
    "'''\n'''\nx = 1 # |",
]


@pytest.mark.parametrize("marked", QUIET)
def test_there_are_places_where_nothing_is_completed(marked: str) -> None:
    assert ask(marked) is None


@pytest.mark.parametrize("marked", ["|", "zzz|", "zzz.qqq(|", "\n\n|", "\x00|", "self.connection.| + 1", "🐍|"])
def test_nothing_known_nothing_proposed(marked: str) -> None:
    proposals = ask(marked)
    assert proposals is not None
    assert all(proposal.text.strip() for proposal in proposals)
    assert "+ 1" not in [proposal.text for proposal in proposals]


def test_proposals_differ() -> None:
    proposals = ask("self.connection|") or []
    assert len({proposal.text for proposal in proposals}) == len(proposals) > 1


def test_a_line_is_not_imported_twice() -> None:
    text = "import json\nimport os\n\nimport json\n|"
    assert "import json" not in [proposal.text for proposal in ask(text) or []]


def test_names_from_nowhere_are_unlikely() -> None:
    unsure = ask("value = compute(|")
    sure = ask("store = 1\nvalue = compute(|")
    assert unsure
    assert sure
    assert sure[0].confidence > unsure[0].confidence


CALLS = """
def first(store):
    store.records.append(one)
    store.records.append(two(1))
    store.records.append([3, 4])
    store.records.append("five")
    store.records.append(six.seven)
"""


def test_where_no_line_is_sure_the_beginning_that_they_share_is_offered_last() -> None:
    *lines, beginning = ask(f"{CALLS}\ndef last(store):\n    store.|\n") or []
    assert beginning.is_partial
    assert beginning.text == "records.append("
    assert len(lines) == 3
    assert all(line.text.startswith(beginning.text) and not line.is_partial for line in lines)
    assert lines[0].confidence + LEAST_LEAD <= beginning.confidence < 1
    assert lines[0].confidence < WHOLE_LINE_IS_SURE
    assert beginning.mean_logprob <= 0
    assert beginning.n_tokens == 4


def test_where_a_line_is_sure_no_part_of_it_is_offered() -> None:
    proposals = ask("self.connection |") or []
    assert proposals[0].confidence >= WHOLE_LINE_IS_SURE
    assert not any(proposal.is_partial for proposal in proposals)
