"""The wire of `textDocument/copilotInlineEdit` and `textDocument/didShowInlineEdit`, as several clients speak it.

They were written for another server and send these names to whichever they are pointed at. What a client sends beside
these fields is left alone.

Source: README of copilot-language-server 1.400, "Next Edit Suggestions", and the clients sidekick.nvim, copilot-lsp
for Neovim and copilot.el.
"""

from dataclasses import dataclass, field
from typing import Any

from inkling.lsp.fix_messages import WirePosition, WireRange

COPILOT_INLINE_EDIT = "textDocument/copilotInlineEdit"
DID_SHOW_INLINE_EDIT = "textDocument/didShowInlineEdit"
INVOKED = 1  # `InlineEditContext.trigger_kind` of an explicit question


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineEditDocument:
    """A document and the version that is meant; whoever leaves the version out means the present one."""

    uri: str
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineEditContext:
    """Why the client asks; `trigger_kind` is that of inline completions: `INVOKED`, or 2 while typing."""

    trigger_kind: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineEditParams:
    """`textDocument/copilotInlineEdit`, a request."""

    text_document: InlineEditDocument
    position: WirePosition
    context: InlineEditContext | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineEditCommand:
    """What the client executes when the edit was accepted; `arguments` are the suggestion's id alone."""

    title: str = ""
    command: str = ""
    arguments: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineEdit:
    """One edit of the document that the client asked about."""

    text: str
    text_document: InlineEditDocument
    range: WireRange
    command: InlineEditCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineEditResult:
    """The edits: one, or none."""

    edits: list[InlineEdit] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownInlineEdit:
    """An edit as the client tells of it: with its command, and maybe more."""

    command: InlineEditCommand | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DidShowInlineEditParams:
    """`textDocument/didShowInlineEdit`, a notification to the server."""

    item: ShownInlineEdit


INLINE_EDIT_WIRE_TYPES: tuple[type, ...] = (
    InlineEditDocument,
    InlineEditContext,
    InlineEditParams,
    InlineEditCommand,
    ShownInlineEdit,
    DidShowInlineEditParams,
)
