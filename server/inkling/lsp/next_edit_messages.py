"""The wire of next-edit predictions; `inkling.lsp.methods` says how these types are used.

Lines and characters are the protocol's: zero-based, in the units that client and server agreed on. A prediction's id
is a suggestion id, so what becomes of it is reported with `inkling/recordOutcomes` like everything else: `shown` when
it was visible for long enough to be read, `accepted` when it was applied, `rejected` when it was dismissed, `undone`
when the apply was taken back, `ignored` when something else was typed, `superseded` otherwise.

Clients that know nothing of Inkling are answered on `textDocument/copilotInlineEdit`, which several of them speak.
"""

from dataclasses import dataclass, field
from typing import Literal

from inkling.lsp.fix_messages import WireFileEdits, WirePosition, WireRange

WireEditKind = Literal[
    "rename",
    "signature",
    "repeat",
    "import",
    "definition",
    "diagnostic",
    "symmetry",
    "continuation",
    "intent",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEditParams:
    """`inkling/nextEdit`, a request; cancelled with `$/cancelRequest`.

    `version` is the document's for which the client asks; an answer for another one is empty. With `is_invoked` the
    user asks explicitly, and is answered whatever the probability.
    """

    uri: str
    version: int
    position: WirePosition
    is_invoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WireNextEdit:
    """What is likely to be changed next: one replacement, as small as it can be.

    `uri` and `version` are those of the file to change, which need not be the one with the cursor; `version` is null
    for a file that the client has not open. `old_text` is what stands in `range` now. `label` says the change in a
    line, such as "`timeout` → `timeout_s`"; `words` say why. `path` is relative to its workspace folder. `n_in_group`
    counts the edits of this kind that can be applied together, this one included; `inkling/nextEditGroup` returns them.
    """

    id: str
    uri: str
    version: int | None
    path: str
    range: WireRange
    old_text: str
    new_text: str
    kind: WireEditKind
    label: str
    words: str
    probability: float
    n_in_group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEditResult:
    """The prediction; null with a reason, as in `WireDecision.reason`, and that in words."""

    edit: WireNextEdit | None = None
    reason: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEditGroupParams:
    """`inkling/nextEditGroup`, a request for all edits that follow from the cause of one that was offered."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEditGroupResult:
    """The edits by file, as things are now; none and words where the prediction holds no longer.

    Words that come with edits say how many more there are, which one step leaves out.
    """

    files: list[WireFileEdits] = field(default_factory=list)
    label: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEditReadyParams:
    """`inkling/nextEditReady`, a notification to the client: something was found late; it is worth asking again."""

    uri: str


NEXT_EDIT_WIRE_TYPES: tuple[type, ...] = (
    NextEditParams,
    WireNextEdit,
    NextEditResult,
    NextEditGroupParams,
    NextEditGroupResult,
    NextEditReadyParams,
)
