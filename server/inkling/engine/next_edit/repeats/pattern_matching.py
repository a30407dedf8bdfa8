"""Where a rewrite's pattern stands in a line or statement, and the text with the rewrite applied there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inkling.engine.next_edit.repeats.line_tokens import Token, depth_change, is_telling, is_word
from inkling.engine.next_edit.repeats.phrases import Element, Hole
from inkling.engine.next_edit.repeats.rewrites import Rewrite

_ENDS_TEXT = frozenset("\"'%{}\\")
MOST_HOLE_TOKENS = 60  # of one expression


@dataclass(frozen=True, slots=True)
class Match:
    """A place of a pattern.

    Attributes:
        spans: For each element of the pattern the first token and the one after the last, in order and without gaps.
    """

    spans: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        """The first token."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """The token after the last."""
        return self.spans[-1][1]


def matches_of(rewrite: Rewrite, texts: Sequence[str]) -> list[Match]:
    """Returns where the pattern stands, from the left, and has not been rewritten yet; none overlap."""
    found: list[Match] = []
    at = 0
    first = rewrite.pattern[0]
    while at < len(texts):
        if isinstance(first, str):
            try:
                at = texts.index(first, at)
            except ValueError:
                break
        spans = _spans(rewrite.pattern, texts, at, {})
        if spans is None or not _stands_alike(rewrite, spans, texts):
            at += 1
            continue
        match = Match(tuple(spans))
        if not _is_done(rewrite, match, texts):
            found.append(match)
        at = max(match.end, at + 1)
    return found


def _stands_alike(rewrite: Rewrite, spans: Sequence[tuple[int, int]], texts: Sequence[str]) -> bool:
    """Tells whether words at the ends are what they were: an attribute, the name of an argument, or neither."""
    start, end = spans[0][0], spans[-1][1]
    if is_word(texts[start]):
        is_attribute = start > 0 and texts[start - 1] == "."
        if is_attribute != (rewrite.left[:1] == (".",)):
            return False
    if is_word(texts[end - 1]):
        names_argument = texts[start - 1 : start] in (["("], [","]) and texts[end : end + 1] == ["="]
        if names_argument != (rewrite.left[:1] in (("(",), (",",)) and rewrite.right[:1] == ("=",)):
            return False
    if rewrite.adds_comment and end < len(texts):
        return False
    if rewrite.is_statement and (start > 0 or end < len(texts)):
        return False
    return not (isinstance(rewrite.pattern[0], Hole) and start > 0)


def _spans(
    pattern: Sequence[Element], texts: Sequence[str], at: int, bound: Mapping[int, Sequence[str]]
) -> list[tuple[int, int]] | None:
    """Returns where each element stands when the pattern begins at a token; the shortest that fits a hole is taken."""
    if not pattern:
        return []
    first = pattern[0]
    if isinstance(first, str):
        if at < len(texts) and texts[at] == first:
            rest = _spans(pattern[1:], texts, at + 1, bound)
            return None if rest is None else [(at, at + 1), *rest]
        if depth_change(first) < 0 and texts[at : at + 2] == [",", first]:
            # A comma after the last argument is layout.
            rest = _spans(pattern[1:], texts, at + 2, bound)
            return None if rest is None else [(at, at + 2), *rest]
        return None
    is_last = len(pattern) == 1
    for end in _ends_of_expression(first, texts, at):
        if is_last and end < len(texts):
            continue  # It holds all that is there: nothing says where it would end before.
        content = texts[at:end]
        if bound.get(first.number, content) != content:
            continue
        rest = _spans(pattern[1:], texts, end, {**bound, first.number: content})
        if rest is not None:
            return [(at, end), *rest]
    return None


def _ends_of_expression(hole: Hole, texts: Sequence[str], at: int) -> Iterator[int]:
    """Yields the tokens at which an expression that begins at a token may end."""
    if hole.prefix:
        if at < len(texts) and texts[at].startswith(hole.prefix):
            yield at + 1
        return
    if hole.is_text:
        for index in range(at, min(len(texts), at + MOST_HOLE_TOKENS)):
            if texts[index] in _ENDS_TEXT:
                return
            yield index + 1
        return
    depth = 0
    quotes = {'"': 0, "'": 0}
    for index in range(at, min(len(texts), at + MOST_HOLE_TOKENS)):
        text = texts[index]
        depth += depth_change(text)
        if depth < 0 or (depth == 0 and text == "," and not hole.is_list):
            return
        if text in quotes:
            quotes[text] += 1
        if depth == 0 and text not in (",", ".", "=") and all(count % 2 == 0 for count in quotes.values()):
            yield index + 1


def _is_done(rewrite: Rewrite, match: Match, texts: Sequence[str]) -> bool:
    """Tells whether what the rewrite writes stands there already, such as an argument that it adds."""
    written = _written_texts(rewrite, match, texts)
    length = len(written)
    if length <= match.end - match.start:
        return False
    around = range(max(0, match.end - length), min(match.start, len(texts) - length) + 1)
    if any(texts[start : start + length] == written for start in around):
        return True
    if not rewrite.only_adds:
        return False
    added = [piece.element for piece in rewrite.replacement if isinstance(piece.element, str) and piece.element != ","]
    says_enough = any(is_telling(text) for text in added)
    return says_enough and any(texts[start : start + len(added)] == added for start in range(len(texts)))


def _written_texts(rewrite: Rewrite, match: Match, texts: Sequence[str]) -> list[str]:
    """Returns the words and signs that come in place of a match."""
    written: list[str] = []
    for piece in rewrite.replacement:
        if isinstance(piece.element, str):
            written.append(piece.element)
        else:
            start, end = match.spans[piece.element]
            written.extend(texts[start:end])
    return written


def rewritten(applied: Sequence[tuple[Rewrite, Match]], tokens: Sequence[Token], indentation: str) -> str:
    """Returns the text of a statement with all matches rewritten.

    Args:
        applied: Rewrites and where they apply, from the left; none overlap.
        tokens: The statement, its indentation being the first gap.
        indentation: What the statement is indented by.
    """
    parts: list[str] = []
    at = 0
    gap_after: str | None = None
    for rewrite, match in applied:
        for index in range(at, match.start):
            token = tokens[index]
            parts += [token.gap if gap_after is None else gap_after, token.text]
            gap_after = None
        gap_before = tokens[match.start].gap if gap_after is None else gap_after
        gap_after = _moved(rewrite.gap_after, rewrite, indentation)
        argument_gap = _argument_gap(match, tokens)
        for number, piece in enumerate(rewrite.replacement):
            gap = _moved(piece.gap, rewrite, indentation)
            if piece.is_argument and gap is not None and argument_gap:
                gap = argument_gap
            if isinstance(piece.element, str):
                copied: Sequence[Token] = (Token("", piece.element),)
            else:
                start, end = match.spans[piece.element]
                copied = tokens[start:end]
            own_gap = copied[0].gap if gap is None else gap
            parts.append(gap_before if number == 0 else own_gap)
            parts.append(copied[0].text)
            for token in copied[1:]:
                parts += [token.gap, token.text]
        if not rewrite.replacement and match.start == 0:
            gap_after = gap_before
        at = match.end
    for index in range(at, len(tokens)):
        token = tokens[index]
        parts += [token.gap if gap_after is None else gap_after, token.text]
        gap_after = None
    return "".join(parts)


def _argument_gap(match: Match, tokens: Sequence[Token]) -> str:
    """Returns the white space before each argument of the call of a match if they stand on lines of their own."""
    depth = 0
    for index in range(match.start - 1, -1, -1):
        depth += depth_change(tokens[index].text)
        if depth > 0:
            break
    else:
        index = next((at for at in range(match.start, match.end) if depth_change(tokens[at].text) > 0), len(tokens))
    gap = tokens[index + 1].gap if index + 1 < len(tokens) else ""
    return gap if "\n" in gap else ""


def _moved(gap: str | None, rewrite: Rewrite, indentation: str) -> str | None:
    """Returns white space with its line breaks indented as the place asks."""
    if gap is None or "\n" not in gap:
        return gap
    breaks, _, indented = gap.rpartition("\n")
    if indented.startswith(rewrite.indentation):
        indented = indentation + indented[len(rewrite.indentation) :]
    return f"{breaks}\n{indented}"
