"""The question for a context, and the context. Paths are as the model sees them: relative to the workspace."""

from dataclasses import dataclass
from enum import StrEnum

from inkling.context.prompt_context.searching import SearchedDocument


class SnippetKind(StrEnum):
    """What a snippet is, from what changes least while somebody types to what changes most."""

    IMPORTS = "imports"
    SIMILAR = "similar"
    DEFINITION = "definition"
    EDIT = "edit"
    DIAGNOSTIC = "diagnostic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of the workspace that the model is shown beside the text around the cursor.

    Attributes:
        kind: What it is.
        path: Where it stands.
        text: The piece, with secrets masked; its lines end at line feeds.
        n_tokens: Estimate of what it costs as `rendering` writes it down, path included.
        value: How much it is thought to help, in [0, 1].
    """

    kind: SnippetKind
    path: str
    text: str
    n_tokens: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A secret that the model does not see.

    Attributes:
        path: The file it stands in.
        line: Its first line, from 1; 0 in a snippet, which is masked before it is cut out of its file.
    """

    path: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptContext:
    """All that a model is told about a place in a document.

    Attributes:
        prefix: What stands before the cursor, cut at the start of a line, secrets masked.
        suffix: What stands after it, cut likewise.
        snippets: Other pieces, from what changes least to what changes most: written before the prefix in this order,
            a server can reuse what it computed for the keystroke before.
        n_tokens: Estimate for all of it together; at most the budget.
        masked: The secrets that were masked in it.
    """

    prefix: str
    suffix: str
    snippets: tuple[Snippet, ...]
    n_tokens: int = 0
    masked: tuple[Masked, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentEdit:
    """Whole lines of a document before and after something was done to them."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """The text of what a name at the cursor refers to."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NearbyDiagnostic:
    """What is wrong with a line near the cursor.

    Attributes:
        line: Its number, from 1.
        code: The line: a model is told this and no number, which would change with each line that is added above.
        message: What is the matter.
    """

    line: int
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextQuestion:
    """What is known of a place when its context is built.

    Attributes:
        text: The document.
        offset: The cursor, in code points.
        path: The document's path; empty for one that lies nowhere.
        documents: Others that are open or were used lately, the latest first.
        edits: What was changed lately, the latest first.
        definitions: What the names at the cursor refer to, the nearest name first.
        diagnostics: What is wrong with lines near the cursor.
    """

    text: str
    offset: int
    path: str = ""
    documents: tuple[SearchedDocument, ...] = ()
    edits: tuple[RecentEdit, ...] = ()
    definitions: tuple[Definition, ...] = ()
    diagnostics: tuple[NearbyDiagnostic, ...] = ()
