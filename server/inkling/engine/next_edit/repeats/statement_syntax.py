"""Whether lines that are rewritten are still statements, or parts of one, as they were: a quick look at them alone."""

import ast
import warnings
from functools import lru_cache
from textwrap import dedent

from inkling.engine.next_edit.repeats.line_tokens import depth_change, tokens_of

# What lines may be parts of, the likeliest first: statements, headers of blocks, arguments.
_FRAMES = (
    "{}\n",
    "{}\n    pass\n",
    "if x:\n    pass\n{}\n    pass\n",
    "try:\n    pass\n{}\n    pass\n",
    "{}\ndef f(): pass\n",
    "f(\n{}\n)\n",
    "class C:\n def f(\n  {}\n ): pass\n",
    "match x:\n {}\n  pass\n",
)


def stays_whole(before: str, after: str) -> bool:
    """Tells whether lines are whatever statement or part of one they were.

    Of lines that are none of it by themselves, such as half of a call, the open brackets are compared.
    """
    before, after = dedent(before), dedent(after)
    frame = next((frame for frame in _FRAMES if _parses(frame, before)), None)
    if frame is None:
        return _depth(before) == _depth(after)
    return not after.strip() or _parses(frame, after)


def _depth(text: str) -> int:
    return sum(depth_change(token.text) for token in tokens_of(text))


@lru_cache(maxsize=8192)
def _parses(frame: str, lines: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(frame.format(lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True
