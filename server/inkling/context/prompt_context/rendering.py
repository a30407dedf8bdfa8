"""Snippets as a model reads them."""

from collections.abc import Sequence
from itertools import groupby

from inkling.context.prompt_context.parts import Snippet, SnippetKind

_HEADINGS: dict[SnippetKind, str] = {
    SnippetKind.IMPORTS: "imports of {path}",
    SnippetKind.SIMILAR: "from {path}",
    SnippetKind.DEFINITION: "defined in {path}",
    SnippetKind.EDIT: "changed lately in {path}",
    SnippetKind.DIAGNOSTIC: "reported in {path}",
}


def render_comment_block(snippets: Sequence[Snippet]) -> str:
    """Returns the snippets as `#` comments, each below a line that says what it is: what stands above the prefix.

    It ends in a line break, or is empty.
    """
    return "".join(_comment(snippet) for snippet in snippets)


def render_for_chat(snippets: Sequence[Snippet]) -> str:
    """Returns the snippets as sections with code fences for a chat message; empty without snippets."""
    return "".join(_section(snippet) for snippet in snippets)


def heading(kind: SnippetKind, path: str) -> str:
    """Returns the line that stands above a snippet, without comment sign."""
    return _HEADINGS[kind].format(path=path or "this file")


def _comment(snippet: Snippet) -> str:
    lines = [heading(snippet.kind, snippet.path) + ":", *snippet.text.rstrip("\n").split("\n")]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)


def _section(snippet: Snippet) -> str:
    text = snippet.text.rstrip("\n")
    longest_run = max((len(list(run)) for char, run in groupby(text) if char == "`"), default=0)
    fence = "`" * max(3, longest_run + 1)
    language = {SnippetKind.EDIT: "diff", SnippetKind.DIAGNOSTIC: "text"}.get(snippet.kind, "python")
    return f"{heading(snippet.kind, snippet.path).capitalize()}:\n{fence}{language}\n{text}\n{fence}\n\n"
