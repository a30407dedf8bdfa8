"""Candidates of several lines, as blocks of the embedded mind are, on their way to the editor."""

import pytest

from inkling.context.syntax.blocks import judge
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Source
from inkling.features.ahead import after_accept
from inkling.features.checks import repeats_suffix
from inkling.features.meaning import without_duplicates

CASES = [
    (
        "def f(p):\n    try:\n        g(p)\n    except |\n\nx = 1\n",
        "OSError as e:\n        log(e)\n        raise",
        "parses",
        "        raise\n    ",
    ),
    # While a call is open nothing can be told of the file.
    (
        "def f(p):\n    return Client(\n        |\n\nx = 1\n",
        "host=H,\n        port=P,",
        "not_decided",
        "port=P,\n        ",
    ),
    ("def f(p):\r\n    return |\r\n\r\nx = 1\r\n", "Client(\n        host=H,\n    )", "parses", "    )\r\n    "),
    ("def f(🐍):\n    if |\n    return 1\n", "🐍:\n        return 2", "not_decided", "return 2\n    "),
    ("class A:\n    def |", "close(self):\n        self.x = None", "parses", "self.x = None\n        "),
    ("def f(p):\n    |\n    y = 1\n", "x = (\n    z = 2", "breaks", "z = 2\n    "),
]


@pytest.mark.parametrize(("marked", "text", "verdict", "asked_behind"), CASES)
def test_a_block_is_judged_as_a_whole_and_followed(marked: str, text: str, verdict: str, asked_behind: str) -> None:
    offset, written = marked.index("|"), marked.replace("|", "", 1)
    snapshot = Snapshot(uri=DocumentUri("untitled:1"), path=None, version=1, text=written)
    request = CompletionRequest(snapshot=snapshot, offset=offset)
    block = Candidate(text=text, source=Source.EMBEDDED, mean_logprob=-0.1, n_tokens=9, confidence=0.8)
    line = Candidate(text=text.split("\n")[0], source=Source.EMBEDDED, mean_logprob=-0.1, n_tokens=4, confidence=0.9)
    assert judge(written, offset, text) == verdict
    assert not repeats_suffix(request, block)
    # Who asks explicitly chooses among the block and its first line.
    assert list(without_duplicates(request, [block, line])) == [block, line]
    following = after_accept(request, block)
    assert following.snapshot.text[: following.offset].endswith(asked_behind)
