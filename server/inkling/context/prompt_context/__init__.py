"""What a language model is told besides the question: a budget of tokens, spent on what is worth most.

`ContextRecorder` follows the workspace in the daemon and puts together a `ContextQuestion`; `build` turns that into a
`PromptContext`, purely and within milliseconds; `rendering` writes its snippets down for a model. Secrets, and files
that the user or git excludes, are in none of it. No room but this one decides what leaves the machine.
"""

from inkling.context.prompt_context.assembly import build
from inkling.context.prompt_context.code_facts import CodeFacts, Lookup
from inkling.context.prompt_context.parts import (
    ContextQuestion,
    Definition,
    Masked,
    NearbyDiagnostic,
    PromptContext,
    RecentEdit,
    Snippet,
    SnippetKind,
)
from inkling.context.prompt_context.recorder import ContextRecorder
from inkling.context.prompt_context.rendering import render_comment_block, render_for_chat
from inkling.context.prompt_context.searching import SearchedDocument
from inkling.context.prompt_context.tokens import estimate_tokens

__all__ = [
    "CodeFacts",
    "ContextQuestion",
    "ContextRecorder",
    "Definition",
    "Lookup",
    "Masked",
    "NearbyDiagnostic",
    "PromptContext",
    "RecentEdit",
    "SearchedDocument",
    "Snippet",
    "SnippetKind",
    "build",
    "estimate_tokens",
    "render_comment_block",
    "render_for_chat",
]
