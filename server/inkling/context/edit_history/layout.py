"""Tells what a formatter does from what a developer means."""

import re
from collections.abc import Iterable, Sequence

from inkling.context.edit_history.tracked_text import LineHunk

_WHITE_SPACE_OR_BACKSLASH = re.compile(r"\s+|\\$", re.MULTILINE)
_COMMA_AT_END = re.compile(r",(?=[)\]}])")
_IMPORT = ("import ", "from ")


def is_layout_alone(hunks: Sequence[LineHunk]) -> bool:
    """Tells whether changes that came at once leave all tokens as they are.

    White space, the kind of quotes, commas before a closing bracket and parentheses that hold a broken line together
    are layout; so is the order of import lines. Lines that are moved in or out together are none: in Python
    indentation has a meaning, and formatters do not change it.
    """
    if len(hunks) == 1 and _is_moved_sideways(hunks[0]):
        return False
    return all(_has_same_tokens(hunk) for hunk in hunks) or _have_same_imports(hunks)


def is_blank(lines: Iterable[str]) -> bool:
    """Tells whether lines hold nothing but white space."""
    return not any(line.strip() for line in lines)


def _has_same_tokens(hunk: LineHunk) -> bool:
    is_broken = max(len(hunk.removed), len(hunk.inserted)) > 1
    return _tokens(hunk.removed, is_broken=is_broken) == _tokens(hunk.inserted, is_broken=is_broken)


def _tokens(lines: Sequence[str], *, is_broken: bool) -> str:
    text = _WHITE_SPACE_OR_BACKSLASH.sub("", "\n".join(lines)).replace("'", '"')
    text = _COMMA_AT_END.sub("", text)
    return text.replace("(", "").replace(")", "") if is_broken else text


def _have_same_imports(hunks: Sequence[LineHunk]) -> bool:
    removed = sorted(line.strip() for hunk in hunks for line in hunk.removed if line.strip())
    inserted = sorted(line.strip() for hunk in hunks for line in hunk.inserted if line.strip())
    return removed == inserted and all(line.startswith(_IMPORT) for line in removed)


def _is_moved_sideways(hunk: LineHunk) -> bool:
    if len(hunk.removed) != len(hunk.inserted):
        return False
    pairs = [(before, after) for before, after in zip(hunk.removed, hunk.inserted, strict=True) if before.strip()]
    shifts = {len(after) - len(before) for before, after in pairs}
    return len(shifts) == 1 and 0 not in shifts and all(before.lstrip() == after.lstrip() for before, after in pairs)
