"""Spends a budget of tokens on what helps most. Pure, and a few milliseconds at most.

The shares and values are judgement, not measured on accepts; they stand here together so that they can be tuned.
"""

import difflib
import heapq
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from inkling.context.prompt_context.masking import masked, masked_part
from inkling.context.prompt_context.parts import ContextQuestion, Masked, PromptContext, Snippet, SnippetKind
from inkling.context.prompt_context.rendering import render_comment_block, render_for_chat
from inkling.context.prompt_context.searching import identifiers
from inkling.context.prompt_context.tokens import BYTES_PER_TOKEN, estimate_tokens
from inkling.core.edit import Span
from inkling.core.redact import MASK, secret_spans
from inkling.core.text import line_end, line_start, position_at, split_lines

PREFIX_SHARE: Final = 0.5  # at least, where the document is that long; what snippets leave over is added to it
SUFFIX_SHARE: Final = 0.2
STABLE_SHARE: Final = 0.6  # of the snippets' tokens, for the kinds that stay while a line is typed
STEP_SHARE: Final = 1 / 32  # of the budget: cuts move in such steps, so that they stay for many keystrokes
QUERY_LINES: Final = 20  # whole lines before the cursor's that similar windows are looked for with
QUERY_LINES_AFTER: Final = 5
MIN_QUERY_WORDS: Final = 4  # fewer words resemble anything
MIN_SIMILARITY: Final = 0.12
MAX_WINDOWS: Final = 6
MAX_DOCUMENTS: Final = 20
MAX_EDITS: Final = 8
MAX_DIFF_LINES: Final = 60
MIN_TELLING_CHARS: Final = 4  # a shorter line, such as a bracket, stands everywhere
CUT_EVERY_LINES: Final = 8  # the document is cut at multiples of this
FADES: Final = 0.85  # what the second of a kind is worth of the first
MAX_REPEATED_SHARE: Final = 0.6  # of a snippet's lines; one with more stands in the prompt already
SECRET_LOOKBACK_CHARS: Final = 200  # a secret's name may stand on the line before
MOST_LOOKED_AT_CHARS: Final = 20_000  # beyond the window, however long a line or a key is there
VALUES: Final = {
    SnippetKind.IMPORTS: 0.6,
    SnippetKind.DEFINITION: 0.9,
    SnippetKind.EDIT: 0.5,
    SnippetKind.DIAGNOSTIC: 0.7,
}
"""Of the most valuable of its kind; a similar window is worth its similarity."""
_ORDER: Final = {kind: number for number, kind in enumerate(SnippetKind)}
_IMPORT: Final = re.compile(
    r"^(?:from[ \t]+[\w.]+[ \t]+import[ \t]*(?:\([^)]{0,2000}\)|[^\r\n(]*)|import[ \t][^\r\n]*)", re.MULTILINE
)
_PRIVATE_KEY_MARK: Final = "PRIVATE KEY"


def build(question: ContextQuestion, budget_tokens: int) -> PromptContext:
    """Returns what a model is told about a place, within `budget_tokens` as `estimate_tokens` counts them."""
    return _Assembly(question, max(0, budget_tokens)).build()


class _Assembly:
    """One context in the making."""

    def __init__(self, question: ContextQuestion, budget: int) -> None:
        self._question = question
        self._budget = budget
        self._step = max(1, int(budget * STEP_SHARE))
        text, offset = question.text, question.offset
        self._line = Span(start=line_start(text, offset), end=line_end(text, offset))

    def build(self) -> PromptContext:
        """Returns the context."""
        n_before, n_after = self._question.offset, len(self._question.text) - self._question.offset
        prefix_tokens = min(self._needed(n_before), int(self._budget * PREFIX_SHARE))
        suffix_tokens = min(self._needed(n_after), int(self._budget * SUFFIX_SHARE))
        room = self._budget - prefix_tokens - suffix_tokens
        snippets = self._choose(self._window(prefix_tokens, suffix_tokens), room)
        # What the snippets leave over goes to the text around the cursor, to what stands before it first.
        left = (room - sum(snippet.n_tokens for snippet in snippets)) // self._step * self._step
        more = min(left, max(0, self._needed(n_before) - prefix_tokens))
        prefix_tokens, suffix_tokens = prefix_tokens + more, suffix_tokens + left - more
        window = self._window(prefix_tokens, suffix_tokens)
        snippets = _without_repetition(snippets, self._known_lines(window))
        return self._finish(window, snippets, suffix_tokens)

    def _needed(self, n_chars: int) -> int:
        """Returns the tokens that would hold so much text, in steps, so that it does not change with each keystroke."""
        n_steps = math.ceil(n_chars / BYTES_PER_TOKEN / self._step)
        return n_steps * self._step

    def _window(self, prefix_tokens: int, suffix_tokens: int) -> Span:
        """Returns which part of the document is shown, cut between lines wherever the budget holds whole ones."""
        text, offset = self._question.text, self._question.offset
        start = offset - len(_fitting_end(text[:offset], prefix_tokens))
        if 0 < start <= self._line.start:
            start = self._resting_start(start)
        return Span(start=start, end=offset + len(_fitting_beginning(text[offset:], suffix_tokens)))

    def _resting_start(self, start: int) -> int:
        """Returns a line start at or after `start` that stays where it is while lines are added below."""
        text = self._question.text
        n_before = text.count("\n", 0, start)
        resting = start
        for _ in range(-n_before % CUT_EVERY_LINES):
            resting = text.find("\n", resting) + 1
            if not 0 < resting <= self._line.start:
                return start
        return resting if (self._line.start - resting) * 2 > self._line.start - start else start

    def _known_lines(self, window: Span) -> set[str]:
        """Returns the lines that are shown anyway, without the cursor's, which is being written."""
        text = self._question.text
        return _telling_lines(text[window.start : self._line.start]) | _telling_lines(text[self._line.end : window.end])

    def _choose(self, window: Span, budget: int) -> list[Snippet]:
        """Returns the snippets that are worth most, from what changes least to what changes most."""
        known = self._known_lines(window)
        for_stable = int(budget * STABLE_SHARE)
        stable = _choose(self._stable_snippets(window, for_stable), for_stable, known)
        used = sum(snippet.n_tokens for snippet in stable)
        changing = _choose(self._changing_snippets(), budget - used, known)
        return [*sorted(stable, key=lambda snippet: (_ORDER[snippet.kind], snippet.path, snippet.text)), *changing]

    def _stable_snippets(self, window: Span, budget: int) -> Iterator[Snippet]:
        """Yields what does not depend on the line that is being typed."""
        yield self._imports(window, budget)
        wanted = self._words_nearby()
        if len(wanted) < MIN_QUERY_WORDS:
            return
        found = [
            (near.similarity, document.path, near.text)
            for document in self._question.documents[:MAX_DOCUMENTS]
            for near in document.similar(wanted, MIN_SIMILARITY)[:MAX_WINDOWS]
        ]
        for similarity, path, text in heapq.nlargest(MAX_WINDOWS, found):
            yield _snippet(SnippetKind.SIMILAR, path, text, similarity)

    def _imports(self, window: Span, budget: int) -> Snippet:
        """Returns the imports above the window; where they are too many, those of names that are used in it."""
        text = self._question.text
        statements = _IMPORT.findall(text, 0, window.start)
        value = VALUES[SnippetKind.IMPORTS]
        snippet = _snippet(SnippetKind.IMPORTS, self._question.path, masked("\n".join(statements)), value)
        if snippet.n_tokens > budget:
            shown = text[window.start : self._line.start] + text[self._line.end : window.end]
            used = identifiers(shown)
            telling = [statement for statement in statements if used & identifiers(statement.partition("import")[2])]
            snippet = _snippet(SnippetKind.IMPORTS, self._question.path, masked("\n".join(telling)), value)
        return snippet

    def _words_nearby(self) -> frozenset[str]:
        text = self._question.text
        start, end = self._line.start, self._line.end
        for _ in range(QUERY_LINES):
            start = line_start(text, max(0, start - 1))
        for _ in range(QUERY_LINES_AFTER):
            end = line_end(text, min(end + 1, len(text)))
        return identifiers(text[start : self._line.start] + text[self._line.end : end])

    def _changing_snippets(self) -> Iterator[Snippet]:
        """Yields what may change with the line that is being typed, in the order in which it is shown."""
        question = self._question
        for number, definition in enumerate(question.definitions):
            value = VALUES[SnippetKind.DEFINITION] * FADES**number
            yield _snippet(SnippetKind.DEFINITION, definition.path, masked(definition.text), value)
        for number, edit in reversed(list(enumerate(question.edits[:MAX_EDITS]))):
            value = VALUES[SnippetKind.EDIT] * FADES**number
            yield _snippet(SnippetKind.EDIT, edit.path, _diff(masked(edit.before), masked(edit.after)), value)
        for diagnostic in question.diagnostics:
            words = masked(f"{diagnostic.code}  # {diagnostic.message}")
            yield _snippet(SnippetKind.DIAGNOSTIC, question.path, words, VALUES[SnippetKind.DIAGNOSTIC])

    def _finish(self, window: Span, snippets: list[Snippet], suffix_tokens: int) -> PromptContext:
        """Returns the context with what is secret masked; a mask may be longer than the secret, so it is cut again."""
        text, offset = self._question.text, self._question.offset
        first, last = self._where_secrets_may_reach(window)
        offset_here = offset - first
        secrets = secret_spans(text[first:last])
        before, after = (
            Span(start=window.start - first, end=offset_here),
            Span(start=offset_here, end=window.end - first),
        )
        for_snippets = sum(snippet.n_tokens for snippet in snippets)
        suffix = _fitting_beginning(masked_part(text[first:last], after, secrets), suffix_tokens)
        prefix_tokens = self._budget - for_snippets - estimate_tokens(suffix)
        prefix = _fitting_end(masked_part(text[first:last], before, secrets), prefix_tokens)
        hidden = [
            Masked(path=self._question.path, line=position_at(text, first + secret.start).line + 1)
            for secret in secrets
            if secret.start < after.end and secret.end > before.start
        ]
        hidden += [Masked(path=snippet.path, line=0) for snippet in snippets for _ in range(snippet.text.count(MASK))]
        return PromptContext(
            prefix=prefix,
            suffix=suffix,
            snippets=tuple(snippets),
            n_tokens=for_snippets + estimate_tokens(prefix) + estimate_tokens(suffix),
            masked=tuple(hidden),
        )

    def _where_secrets_may_reach(self, window: Span) -> tuple[int, int]:
        """Returns the part of the document that decides what in the window is secret."""
        text = self._question.text
        first = line_start(text, max(0, window.start - SECRET_LOOKBACK_CHARS))
        # A private key is as long as it likes; one that began before the window is looked at from its beginning.
        key = text.rfind(_PRIVATE_KEY_MARK, 0, window.start)
        if key >= 0 and "-----BEGIN" in text[line_start(text, key) : key]:
            first = min(first, line_start(text, key))
        last = min(line_end(text, window.end), window.end + MOST_LOOKED_AT_CHARS)
        return max(first, window.start - MOST_LOOKED_AT_CHARS), last


def _choose(snippets: Iterable[Snippet], budget: int, known: set[str]) -> list[Snippet]:
    """Returns the most valuable snippets that fit and are new, in their order; adds their lines to `known`."""
    offered = [snippet for snippet in snippets if snippet.text]
    chosen = []
    for number in sorted(range(len(offered)), key=lambda number: (-offered[number].value, number)):
        snippet = offered[number]
        if snippet.n_tokens <= budget and not _repeats(snippet, known):
            budget -= snippet.n_tokens
            known |= _telling_lines(_without_marks(snippet))
            chosen.append(number)
    return [offered[number] for number in sorted(chosen)]


def _without_repetition(snippets: Sequence[Snippet], known: set[str]) -> list[Snippet]:
    return [snippet for snippet in snippets if not _repeats(snippet, known)]


def _repeats(snippet: Snippet, known: set[str]) -> bool:
    lines = _telling_lines(_without_marks(snippet))
    return len(lines & known) > MAX_REPEATED_SHARE * len(lines) if lines else snippet.kind is not SnippetKind.EDIT


def _without_marks(snippet: Snippet) -> str:
    """Returns the lines of a snippet as they stand in files, those of a diff without their first column."""
    if snippet.kind is not SnippetKind.EDIT:
        return snippet.text
    return "\n".join(line[1:] for line in snippet.text.split("\n"))


def _telling_lines(text: str) -> set[str]:
    return {line.strip() for line in split_lines(text) if len(line.strip()) >= MIN_TELLING_CHARS}


def _snippet(kind: SnippetKind, path: str, text: str, value: float) -> Snippet:
    lines = [line.rstrip() for line in split_lines(text)]
    draft = Snippet(kind=kind, path=path, text="\n".join(lines), n_tokens=0, value=value)
    n_tokens = max(estimate_tokens(render_comment_block([draft])), estimate_tokens(render_for_chat([draft])))
    return replace(draft, n_tokens=n_tokens)


def _diff(before: str, after: str) -> str:
    """Returns the changed lines as a unified diff without its headers; empty when nothing, or a whole page, changed."""
    old, new = ([line.rstrip("\r\n") for line in split_lines(text)] for text in (before, after))
    if len(old) + len(new) > MAX_DIFF_LINES:
        return ""
    lines = list(difflib.unified_diff(old, new, n=1, lineterm=""))[2:]
    return "\n".join(line for line in lines if not line.startswith("@@"))


def _fitting_end(text: str, n_tokens: int) -> str:
    """Returns the end of `text` that fits, from the start of a line on where a whole line fits."""
    kept = _last_bytes(text, max(0, math.floor(n_tokens * BYTES_PER_TOKEN)))
    if len(kept) == len(text) or text[len(text) - len(kept) - 1] == "\n":
        return kept
    after_break = kept.find("\n") + 1
    return kept[after_break:]


def _fitting_beginning(text: str, n_tokens: int) -> str:
    """Returns the beginning of `text` that fits, up to the end of a line where a whole line fits."""
    kept = _first_bytes(text, max(0, math.floor(n_tokens * BYTES_PER_TOKEN)))
    if len(kept) == len(text):
        return kept
    last_break = kept.rfind("\n") + 1
    return kept[: last_break or len(kept)]


def _first_bytes(text: str, n_bytes: int) -> str:
    if text[:n_bytes].isascii():
        return text[:n_bytes]
    return text[:n_bytes].encode("utf-8", "surrogatepass")[:n_bytes].decode("utf-8", "ignore")


def _last_bytes(text: str, n_bytes: int) -> str:
    tail = text[max(0, len(text) - n_bytes) :]
    if tail.isascii():
        return tail
    data = tail.encode("utf-8", "surrogatepass")
    return data[max(0, len(data) - n_bytes) :].decode("utf-8", "ignore")
