"""What a model answered, as edits of files. Answers are untrusted: whatever does not fit exactly is refused in words.

The words of a `BadReplyError` go back to the model, which then answers anew.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from inkling.core.redact import MASK

MAX_REPLY_CHARS = 100_000
_BLOCK = re.compile(
    r"^[ \t]*<{5,9} ?SEARCH[ \t]+(?P<path>\S.*?)[ \t]*\n(?P<old>.*?)^[ \t]*={5,9}[ \t]*\n"
    r"(?P<new>.*?)^[ \t]*>{5,9} ?REPLACE",
    re.M | re.S,
)
_FENCE = re.compile(r"^[ \t]*```\w*[ \t]*\n?", re.M)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")  # control and bidi characters


class BadReplyError(Exception):
    """An answer that is no patch; the words say why, to the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A patch as a model proposes it.

    Attributes:
        explanation: Its first sentences before the patch, on one line.
        texts: Whole texts of the files that it changes, by path.
    """

    explanation: str
    texts: Mapping[PurePosixPath, str]


def parse_tests(answer: str) -> str:
    """Returns the test functions in a model's answer, each a plain function without arguments, as one file.

    Raises:
        BadReplyError: There is none.
    """
    fenced = re.search(r"```\w*[ \t]*\n(?P<code>.*?)```", answer.replace("\r\n", "\n")[:MAX_REPLY_CHARS], re.S)
    code = fenced["code"] if fenced else answer
    tree = None if _FORBIDDEN.search(code) else parsed(code)
    if tree is None:
        raise BadReplyError("The answer is not Python code.")
    tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) or _is_plain_test(node)]
    if not any(_is_plain_test(node) for node in tree.body):
        raise BadReplyError("The answer holds no test function without arguments.")
    return ast.unparse(tree) + "\n"


def parse_reply(answer: str, shown: Mapping[PurePosixPath, str]) -> Reply:
    """Returns the patch in a model's answer.

    Args:
        answer: As it came.
        shown: True texts of the files that the model was shown; it may change no others.

    Raises:
        BadReplyError: There is no patch in it, or one that does not fit.
    """
    answer = answer.replace("\r\n", "\n")[:MAX_REPLY_CHARS]
    if _FORBIDDEN.search(answer):
        raise BadReplyError("The answer holds control characters.")
    blocks = list(_BLOCK.finditer(answer))
    if not blocks:
        raise BadReplyError("The answer holds no SEARCH/REPLACE block.")
    texts: dict[PurePosixPath, str] = {}
    for block in blocks:
        path = PurePosixPath(block["path"].strip("`"))
        if path not in shown:
            raise BadReplyError(f"{path} is not one of the files that may be changed.")
        if MASK in block["new"]:
            raise BadReplyError(f"The replacement holds {MASK}, which stands for a secret and cannot be written.")
        texts[path] = _replaced(texts.get(path, shown[path]), block["old"], block["new"], path)
    for path, text in texts.items():
        if path.suffix == ".py" and parsed(text) is None and parsed(shown[path]) is not None:
            raise BadReplyError(f"{path} would no longer parse.")
    if all(texts[path] == shown[path] for path in texts):
        raise BadReplyError("The patch changes nothing.")
    return Reply(explanation=_one_line(_FENCE.sub("", answer[: blocks[0].start()])), texts=texts)


def _replaced(text: str, old: str, new: str, path: PurePosixPath) -> str:
    """Returns the text with the one place of `old` replaced; line ends are those of the text."""
    if "\r\n" in text:
        old, new = old.replace("\n", "\r\n"), new.replace("\n", "\r\n")
    if not old:
        raise BadReplyError(f"The SEARCH part for {path} is empty.")
    n_found = text.count(old)
    if n_found == 0 and not text.endswith("\n") and text.endswith(old.rstrip("\r\n")):
        return text.removesuffix(old.rstrip("\r\n")) + new.rstrip("\r\n")
    if n_found != 1:
        how_often = "nowhere" if n_found == 0 else f"{n_found} times"
        raise BadReplyError(f"The SEARCH part for {path} stands {how_often} in it; it must stand there exactly once.")
    return text.replace(old, new)


def _is_plain_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.unparse(node.args)


def parsed(text: str) -> ast.Module | None:
    """Returns the syntax tree of a text, or None when it does not parse."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _one_line(text: str, max_chars: int = 300) -> str:
    """Returns the last paragraph's words: what a model says right before its patch."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]
    words = paragraphs[-1] if paragraphs else ""
    return words if len(words) <= max_chars else words[: max_chars - 1] + "…"
