"""Masks what looks like a secret before a suggestion's text is stored, and before code goes into a prompt.

It errs on the side of masking: a constant lost from a text costs little, a key that is kept or sent may cost a lot.
"""

import math
import re
from collections import Counter
from typing import Final

from inkling.core.edit import Span
from inkling.core.text import line_start

MASK: Final = "<redacted>"
MIN_HEX_DIGITS: Final = 32  # 128 bits, the least that keys are made of
MIN_BASE64_CHARS: Final = 40  # 240 bits
MAX_LINE_CHARS: Final = 400  # of a line that are looked at before a name, so that no line takes long
MIN_ENTROPY_BITS: Final = 4.2  # for each character; names made of words stay below, random base64 of 40 is near 4.9

_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----).*?(-----END [A-Z0-9 ]*-----|\Z)", re.S)
# Tokens that say what they are: AWS, GitHub, GitLab, Slack, OpenAI and its like, Stripe, Google, npm, PyPI, Hugging
# Face, SendGrid, and JSON Web Tokens.
_KNOWN_TOKEN = re.compile(
    r"""(?<![A-Za-z0-9])(?:
        (?:AKIA|ASIA)[0-9A-Z]{16}
      | gh[oprsu]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,} | glpat-[A-Za-z0-9_-]{20,}
      | xox[abeoprs]-[A-Za-z0-9-]{10,}
      | sk-[A-Za-z0-9_-]{20,} | [rs]k_(?:live|test)_[A-Za-z0-9]{16,}
      | AIza[A-Za-z0-9_-]{35} | npm_[A-Za-z0-9]{36} | pypi-[A-Za-z0-9_-]{40,} | hf_[A-Za-z0-9]{30,}
      | SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}
      | eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*
    )""",
    re.X,
)
_CONNECTION = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://[^\s:/@'\"]*:)[^\s/@'\"]+(?=@)", re.I)
# A word of lower-case letters alone is prose: "Basic statistics".
_AUTHORIZATION = re.compile(r"(\b(?:Bearer|Basic)\s+)(?=\S*[0-9A-Z])[A-Za-z0-9+/._~-]{8,}=*")
# What a URL's query gives to a name that speaks of a secret: ?api_key=…&sig=…
_IN_QUERY = re.compile(
    r"""([?&][\w.-]{0,40}(?:key|token|secret|password|passwd|pwd|sig|signature|credential|auth)s?=)[^\s&#'"<>{}\\]+""",
    re.I,
)
_REVEALING_NAME = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret|token|api_?key|access_?key|private_?key|auth_?key|credential)s?"
)
# A name that speaks of a secret, then what is assigned, compared or passed to it, in quotes.
_GIVEN_TO_SECRET = (
    rf"""{_REVEALING_NAME}(?:_[a-z0-9_]*)?["']?\]?\s*(?::\s*[A-Za-z_.]+\s*)?(?:==|!=|=|:)\s*\(?\s*[bfru]{{0,2}}"""
)
_QUOTED = r"""(?P<quote>\"{3}|'{3}|["'])(?:\\.|(?!(?P=quote))[^\\\n])"""
_NAMED_SECRET = re.compile(rf"(?P<given>{_GIVEN_TO_SECRET}){_QUOTED}+(?P=quote)", re.I)
_OPENED_SECRET = re.compile(rf"{_GIVEN_TO_SECRET}{_QUOTED}*\Z", re.I)
# The same where the line ends before the quote does, as while it is typed; a scan tells whether the quote opened there.
_OPEN_TO_LINE_END = re.compile(rf"{_GIVEN_TO_SECRET}{_QUOTED}+$", re.I | re.M)
# What goes on with a string that is a secret: "one" "two", on the same line or the next, and the last not closed yet.
_GOES_ON = r"""[\s\\]*(?:\+[\s\\]*)?[bfru]{0,2}"""
_NEXT_PART = re.compile(rf"(?P<given>{_GOES_ON}){_QUOTED}*(?P=quote)", re.I)
_OPEN_NEXT_PART = re.compile(rf"{_GOES_ON}{_QUOTED}+$", re.I | re.M)
# What stands in for a setting of such a name: os.environ.get("API_KEY", "…").
_DEFAULT_OF_SECRET = re.compile(rf"""{_REVEALING_NAME}\w*["']\s*,\s*(?:default\s*=\s*)?{_QUOTED}+(?P=quote)""", re.I)
_SECRET_IN_COMMENT = re.compile(rf"{_REVEALING_NAME}\w*\s*[=:]\s*(?P<value>(?=\S*\d)[^\s'\"]{{6,}})", re.I)
_ASKED_WITH_DEFAULT = re.compile(r"(?:get|env|pop|setdefault)\w*\(\s*[\"']\w*\Z", re.I)
# `class Token:` with its docstring below; in a display the name would be quoted.
_BLOCK = re.compile(r"\w+[ \t]*:[ \t]*[\r\n]")
_SECRET_STEM = re.compile(_REVEALING_NAME)
_SECRET_STEM_OF_ANY_CASE = re.compile(_REVEALING_NAME, re.I)
_LONG_WORD = re.compile(rf"(?<![A-Za-z0-9_])[A-Za-z0-9+/_-]{{{MIN_HEX_DIGITS},}}={{0,2}}")
_HEX = re.compile(rf"(?:0[xX])?[0-9a-fA-F]{{{MIN_HEX_DIGITS},}}")


def redact(text: str, line_prefix: str = "") -> str:
    """Returns `text` with secrets masked; masking it again changes nothing.

    Args:
        text: What is about to be stored.
        line_prefix: What stands before it on its line; a secret may begin there.
    """
    opened = _OPENED_SECRET.search(line_prefix)
    if opened is not None:
        end = text.rfind(opened["quote"])
        return MASK + _masked(text[end:]) if end >= 0 else MASK
    line = _masked(line_prefix + text)
    # Where the prefix itself was masked nobody can say which part of the mask is the text's.
    return line[len(line_prefix) :] if line.startswith(line_prefix) else MASK


def secret_spans(text: str) -> list[Span]:
    """Returns where secrets stand in a piece of Python code, in order, none touching another.

    It looks for more than `redact`: also for passwords in comments, for defaults of settings with revealing names, and
    for strings that are not closed yet.
    """
    found = [Span(start=match.end(1), end=match.start(2)) for match in _PRIVATE_KEY.finditer(text)]
    found += [Span(start=match.start(), end=match.end()) for match in _KNOWN_TOKEN.finditer(text)]
    found += [Span(start=match.end(1), end=match.end()) for match in _CONNECTION.finditer(text)]
    found += [Span(start=match.end(1), end=match.end()) for match in _AUTHORIZATION.finditer(text)]
    found += [
        Span(start=match.start(), end=match.end())
        for match in _LONG_WORD.finditer(text)
        if _mask_if_random(match) == MASK
    ]
    found += [Span(start=match.end(1), end=match.end()) for match in _IN_QUERY.finditer(text)]
    found += _named_secrets(text)
    merged: list[Span] = []
    for span in sorted((span for span in found if not span.is_empty), key=lambda span: span.start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(start=merged[-1].start, end=max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def _named_secrets(text: str) -> list[Span]:
    found = []
    lowered = text.lower()
    # Names looked for in lower case are found ten times as fast, but lower-casing İ adds a character.
    is_same_length = len(lowered) == len(text)
    for stem in _SECRET_STEM.finditer(lowered) if is_same_length else _SECRET_STEM_OF_ANY_CASE.finditer(text):
        before = text[max(0, stem.start() - MAX_LINE_CHARS) : stem.start()]
        line = before[line_start(before, len(before)) :]
        if _BLOCK.match(text, stem.start()):
            continue
        given = _NAMED_SECRET.match(text, stem.start())
        if given is None and _ASKED_WITH_DEFAULT.search(line):
            given = _DEFAULT_OF_SECRET.match(text, stem.start())
        if given is not None:
            value = Span(start=given.end("quote"), end=given.end() - len(given["quote"]))
            if any(char.isalnum() for char in value.text(text)):  # a token that is compared with "(" is another kind
                found += [value, *_next_parts(text, given.end())]
            continue
        open_end = _OPEN_TO_LINE_END.match(text, stem.start())
        if open_end is not None and _opens_there(line, open_end[0], open_end.end("quote") - stem.start()):
            found.append(Span(start=open_end.end("quote"), end=open_end.end()))
        in_comment = _SECRET_IN_COMMENT.match(text, stem.start()) if "#" in line else None
        if in_comment is not None:
            found.append(Span(start=in_comment.start("value"), end=in_comment.end("value")))
    return found


def _next_parts(text: str, end: int) -> list[Span]:
    """Returns where the further parts stand of a string whose first part ends at `end`."""
    parts = []
    while (part := _NEXT_PART.match(text, end)) is not None:
        parts.append(Span(start=part.end("quote"), end=part.end() - len(part["quote"])))
        end = part.end()
    open_part = _OPEN_NEXT_PART.match(text, end)
    if open_part is not None:
        parts.append(Span(start=open_part.end("quote"), end=open_part.end()))
    return parts


def _mask_named(text: str) -> str:
    """Returns `text` with all parts of each string masked that is given to a revealing name."""
    pieces, place = [], 0
    while (given := _NAMED_SECRET.search(text, place)) is not None:
        end = given.end()
        pieces += [text[place : given.end("quote")], MASK, given["quote"]]
        for part in _next_parts(text, end):
            pieces += [text[end : part.start], MASK if not part.is_empty else ""]
            end = part.end
        place = end
    return "".join([*pieces, text[place:]])


def _opens_there(before: str, rest: str, place: int) -> bool:
    """Tells whether the string that a line ends in begins at `place` of its rest; yes where too little is known."""
    return len(before) == MAX_LINE_CHARS or _open_quote(before + rest) == len(before) + place


def _open_quote(line: str) -> int | None:
    """Returns where the text of the string begins that the end of `line` stands in; None outside of strings."""
    place, opened = 0, None
    quote = ""
    while place < len(line):
        if opened is None:
            if line[place] == "#":
                return None
            if line[place] in "\"'":
                quote = line[place] * (3 if line.startswith(line[place] * 3, place) else 1)
                place += len(quote) - 1
                opened = place + 1
        elif line[place] == "\\":
            place += 1
        elif line.startswith(quote, place):
            place += len(quote) - 1
            opened = None
        place += 1
    return opened


def _masked(text: str) -> str:
    text = _PRIVATE_KEY.sub(rf"\1{MASK}\2", text)
    text = _KNOWN_TOKEN.sub(MASK, text)
    text = _CONNECTION.sub(rf"\1{MASK}", text)
    text = _AUTHORIZATION.sub(rf"\1{MASK}", text)
    text = _IN_QUERY.sub(rf"\1{MASK}", text)
    text = _mask_named(text)
    return _LONG_WORD.sub(_mask_if_random, text)


def _mask_if_random(match: re.Match[str]) -> str:
    word = match[0]
    if _HEX.fullmatch(word):
        return MASK if any(char.isdigit() for char in word) else word
    is_long = len(word) >= MIN_BASE64_CHARS
    has_all = any(c.isdigit() for c in word) and any(c.isupper() for c in word) and any(c.islower() for c in word)
    return MASK if is_long and has_all and _entropy_bits(word) >= MIN_ENTROPY_BITS else word


def _entropy_bits(word: str) -> float:
    """Returns the entropy of a word's characters in bits each, by their counts.

    Source: C. E. Shannon, A Mathematical Theory of Communication (1948), section 6.
    """
    n_chars = len(word)
    return -sum(count / n_chars * math.log2(count / n_chars) for count in Counter(word).values())
