"""Which names a candidate introduces, read from its line alone; `|` is the cursor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.context.analysis.mentions import AttributeMention, ImportMention, find_mentions, pack, unpack


def described(marked: str, candidate: str) -> tuple[list[str], bool]:
    offset = marked.index("|")
    found = find_mentions(marked.replace("|", "", 1), offset, candidate)
    words = []
    for mention in found.mentions:
        last = mention.name if mention.name is not None else mention.module[-1]
        assert found.line[: mention.end].endswith(last)
        match mention:
            case AttributeMention(chain=chain, name=name):
                words.append(f"{'.'.join(chain)} has {name}")
            case ImportMention(level=level, module=module, name=name):
                words.append("." * level + ".".join(module) + ("" if name is None else f" gives {name}"))
    return words, found.is_all


@pytest.mark.parametrize(
    ("marked", "candidate", "expected", "is_all"),
    [
        # Attributes that are read.
        ("os.|", "path.join(a)", ["os has path", "os.path has join"], True),
        ("os.pa|", "th", ["os has path"], True),
        ("os.pa|th", "x", ["os has paxth"], True),
        ("x = os.path.|\n", "join", ["os.path has join"], True),
        ("    return self.|", "total + other.count", ["self has total", "other has count"], True),
        ("f(a.b, |)", "c=d.e", ["d has e"], True),
        ("if a.|", "b == 1:", ["a has b"], True),
        ("if a.|", "b:", ["a has b"], True),
        ("a.|", "b.c = 1", ["a has b"], True),
        ("a.|", "b[0] = 1", ["a has b"], True),
        ("x[i.|", "j] = 1", ["i has j"], True),
        ("a.|", "b; c = 1", ["a has b"], True),
        ("@app.|", "get('/')", ["app has get"], True),
        ("größe.|", "höhe", ["größe has höhe"], True),
        ("s = '😀'; os.|", "sep", ["os has sep"], True),
        ("\r\nx = 1\r\nos.|\r\ny.z", "sep", ["os has sep"], True),
        ("a.|", "b\nc.d", ["a has b"], False),
        # Attributes that are made, not read.
        ("self.|", "new = 1", [], True),
        ("self.|", "new: int = 1", [], True),
        ("self.|", "new: int", [], True),
        ("self.|", "a, self.b = 1, 2", [], True),
        ("self.|", "n += 1", [], True),
        ("del self.|", "n", [], True),
        ("for self.|", "n in range(3):", [], True),
        ("with open(p) as self.|", "file:", [], True),
        # What is no attribute of a chain of names.
        ("x = |", "1.5 + 2.e3", [], True),
        ("x = '|", "a.b'", [], True),
        ("# see |", "os.pth", [], True),
        ("x = 1  |", "# os.pth", [], True),
        ("f().|", "name", [], False),
        ("a[0].|", "name", [], False),
        ("''.|", "join(x)", [], False),
        ("x = |", 'f"{a.b}"', [], False),
        ("|", "", [], True),
        ("a.b; |", "c", [], True),
        # Imports.
        ("import |", "os.path, json as j", ["os", "os.path", "json"], True),
        ("import os, |", "json", ["json"], True),
        ("from |", "os import path", ["os", "os gives path"], True),
        ("from os import pa|", "th, sep as s", ["os gives path", "os gives sep"], True),
        ("from os import (|)", "path", ["os gives path"], True),
        ("from os import path  |", "# a.b", [], True),
        ("from .|", "a.b import c", [".a", ".a.b", ".a.b gives c"], True),
        ("from ...a import |", "c", ["...a gives c"], True),
        ("from . import |", "c", [". gives c"], True),
        ("from os import |", "*", [], True),
        ("from os |", "import", [], True),
    ],
)
def test_mentions(marked: str, candidate: str, expected: list[str], is_all: bool) -> None:
    assert described(marked, candidate) == (expected, is_all)


def test_a_line_that_names_too_much_or_is_too_long_is_not_checked_to_its_end() -> None:
    many = find_mentions("", 0, "+".join(f"a{n}.b" for n in range(20)))
    assert len(many.mentions) == 6
    assert not many.is_all
    assert find_mentions("", 0, "os.path" + " " * 3000).mentions == ()


@given(text=st.text(alphabet="ab.,()[]'\"# =:\n\r😀importfrom \f\u2028", max_size=40), data=st.data())
def test_any_text_is_read_and_survives_the_pipe(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    candidate = data.draw(st.text(alphabet="ab.,()'= importfrom", max_size=20))
    found = find_mentions(text, offset, candidate)
    assert unpack(pack(found.mentions)) == list(found.mentions)
    for mention in found.mentions:
        assert 0 < mention.end <= len(found.line)
