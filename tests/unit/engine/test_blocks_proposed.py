"""Blocks among the proposals: the likeliest line with those that are certain to follow it."""

import pytest

from inkling.engine.completion.asked_place import Surroundings
from inkling.engine.completion.predictor import Proposal, propose
from inkling.engine.language.open_files import OpenFile, TokenNumbers

LOADER = """
def load_{name}(path):
    path = path.resolve()
    logger.debug("reading %s", path)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        logger.error("not read: %s", path)
        raise ReadError(path) from error
"""
KNOWN = "".join(LOADER.format(name=name) for name in ("users", "roles", "rooms"))
BEGUN = f'{KNOWN}\ndef load_doors(path):\n    path = path.resolve()\n    logger.debug("reading %s", path)\n'
BEGUN += '    try:\n        return path.read_text(encoding="utf-8")\n    except |'


def ask(marked: str) -> list[Proposal]:
    numbers = TokenNumbers()
    found = propose(OpenFile(numbers), numbers, marked.replace("|", "", 1), marked.index("|"), Surroundings())
    assert found
    return found


def test_lines_that_are_certain_to_follow_come_with_the_line_and_the_line_alone_is_next() -> None:
    block, line, *_ = ask(BEGUN)
    assert line.text == "OSError as error:"
    assert block.text.split("\n") == [
        line.text,
        '        logger.error("not read: %s", path)',
        "        raise ReadError(path) from error",
    ]
    assert 0 < block.confidence < line.confidence
    assert block.n_tokens > line.n_tokens
    assert block.mean_logprob <= 0


@pytest.mark.parametrize("marked", [f"{BEGUN}:", f"{BEGUN}\n        pass\n", "x = 1\nx.|"])
def test_else_there_are_lines_alone(marked: str) -> None:
    numbers = TokenNumbers()
    text = marked.replace("|", "", 1)
    found = propose(OpenFile(numbers), numbers, text, marked.index("|"), Surroundings())
    assert all("\n" not in proposal.text for proposal in found or [])
