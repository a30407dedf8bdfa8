"""What a language model is told when it is asked for the next edit. Pure; secrets are masked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inkling.context.prompt_context import estimate_tokens
from inkling.core.next_edit import LineChange
from inkling.core.redact import MASK
from inkling.core.snapshot import DocumentUri
from inkling.llm.next_edit.windows import Window, masked_lines
from inkling.llm.text_model import ChatMessage, ChatRequest

WINDOW_TOKENS = 2400  # of numbered lines, estimated
CHANGE_TOKENS = 900  # of recent changes
PROBLEM_TOKENS = 200  # of diagnostics
ANSWER_TOKENS = 512  # about forty lines: more is no small edit
MAX_CHANGES = 10
MAX_CHANGE_LINES = 40  # of one change; a larger one was pasted or generated
MAX_EDITS = 4
END = "END"
NONE = "NONE"
_INSTRUCTIONS = f"""You predict the next edit of a Python developer at work. You see parts of the files with numbered \
lines, what the developer has just changed, and what is wrong near the cursor. Find what most likely follows from \
these changes: the same change in other places, callers of a signature that changed, uses of a name that changed, \
imports, what is half done. Go on in the developer's direction. Never take back what was just changed, never delete \
what was just written, and leave layout as it is.

Answer with up to {MAX_EDITS} small changes and nothing else, the likeliest first, each written like this:

@@ path/of/file.py:12
 a line that stays
-a line that goes
+a line that comes

The number is that of the first line you copy. Lines that stay or go are copied exactly from the numbered ones, \
without the number; each change has at least one of them. Only numbered lines may be changed. {MASK} stands for a \
secret: leave such lines alone. Close with a line {END}. If nothing follows, answer {NONE}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a line: its number from 0, and words."""

    line: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What one question is about.

    Attributes:
        windows: What is shown of the files.
        changes: What was changed lately, oldest first; only in files that may be shown.
        problems: What is wrong in the file with the cursor.
        places: Files and lines, from 0, at which another mind expects the next change, the likeliest first.
        cursor_uri: The file with the cursor.
        cursor_line: Its line, from 0.
        name: Returns what the model is told a file is called.
    """

    windows: tuple[Window, ...]
    changes: tuple[LineChange, ...]
    problems: tuple[Problem, ...]
    places: tuple[tuple[DocumentUri, int], ...]
    cursor_uri: DocumentUri
    cursor_line: int
    name: Callable[[DocumentUri], str]


def request_for(scene: Scene) -> ChatRequest:
    """Returns the question; what comes first in it changes least from one question to the next."""
    parts = [
        *map(_window, scene.windows),
        _problems(scene),
        _changes(scene),
        f"The cursor is in {scene.name(scene.cursor_uri)} on line {scene.cursor_line + 1}.",
        _places(scene),
        "Which changes come next?",
    ]
    return ChatRequest(
        messages=(
            ChatMessage(role="system", content=_INSTRUCTIONS),
            ChatMessage(role="user", content="\n\n".join(part for part in parts if part)),
        ),
        stop=(f"\n{END}\n",),
        max_tokens=ANSWER_TOKENS,
    )


def _window(window: Window) -> str:
    numbered = [f"{number}|{line}" for number, line in enumerate(window.shown, window.first_line + 1)]
    header = f"{window.file.name}, lines {window.first_line + 1} to {window.end_line}:"
    return "\n".join([header, *numbered])


def _problems(scene: Scene) -> str:
    rows = _fitting([f"line {problem.line + 1}: {problem.words}" for problem in scene.problems], PROBLEM_TOKENS)
    return "\n".join([f"Problems in {scene.name(scene.cursor_uri)}:", *rows]) if rows else ""


def _places(scene: Scene) -> str:
    places = ", ".join(f"{scene.name(uri)}:{line + 1}" for uri, line in scene.places)
    return f"Worth a look, the likeliest first: {places}." if places else ""


def _changes(scene: Scene) -> str:
    latest_first = [_diff(change, scene.name(change.uri)) for change in reversed(scene.changes[-MAX_CHANGES:])]
    kept = _fitting([diff for diff in latest_first if diff], CHANGE_TOKENS)
    return "\n".join(["What was just changed, oldest first:", *reversed(kept)]) if kept else ""


def _diff(change: LineChange, name: str) -> str:
    """Returns a change as a small diff with a line above and below; empty where it is too large to tell anything."""
    if len(change.removed) + len(change.inserted) > MAX_CHANGE_LINES:
        return ""
    above, below = change.above[-1:], change.below[:1]
    before = masked_lines([*above, *change.removed, *below])
    after = masked_lines([*above, *change.inserted, *below])
    rows = [
        *(f" {line}" for line in before[: len(above)]),
        *(f"-{line}" for line in before[len(above) : len(before) - len(below)]),
        *(f"+{line}" for line in after[len(above) : len(after) - len(below)]),
        *(f" {line}" for line in after[len(after) - len(below) :] if below),
    ]
    return "\n".join([f"@@ {name}:{change.first_line - len(above) + 1}", *rows])


def _fitting(rows: Sequence[str], budget: int) -> list[str]:
    """Returns the first rows that fit into the budget; one that is too large is passed over."""
    kept = []
    for row in rows:
        n_tokens = estimate_tokens(row + "\n")
        if n_tokens <= budget:
            kept.append(row)
            budget -= n_tokens
    return kept
