"""One sentence for the user about a change: where it is, what becomes of what, and what may have been the fault."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from inkling.core.edit import TextEdit
from inkling.core.text import line_end, line_start

_LONGEST = 60
_FAULTS = {
    "arithmetic": "the wrong arithmetic operator",
    "assignment_kind": "the wrong kind of assignment",
    "assignment_target": "an assignment to the wrong name",
    "association": "operands grouped in the wrong way",
    "borrowed": "code that is written otherwise elsewhere",
    "comparison": "the wrong comparison",
    "comprehension_filter": "a missing filter",
    "connective": "the wrong one of `and` and `or`",
    "constant": "the wrong constant",
    "constant_condition": "a condition that should not decide",
    "container": "the wrong kind of container",
    "deleted_filter": "a filter too many",
    "deleted_statement": "a statement too many",
    "delegation": "another function that does this",
    "documented_constant": "a constant other than documented",
    "duplicated_statement": "a statement that is needed twice",
    "else_branch": "a wrong `else`",
    "extended": "an incomplete expression",
    "extended_condition": "an incomplete condition",
    "filtered": "elements that do not belong",
    "function_name": "the wrong function",
    "guard": "a missing guard",
    "guarded_lookup": "a lookup of what may be missing",
    "indentation": "the wrong block",
    "index": "the wrong index",
    "initial_value": "the wrong first value",
    "inserted_else": "a missing `else`",
    "inserted_jump": "a missing `break` or `continue`",
    "inserted_return": "a missing `return`",
    "inserted_statement": "a missing statement",
    "jump": "`break` and `continue` confused",
    "keyword_argument": "the wrong keyword argument",
    "loop_kind": "the wrong kind of loop",
    "mapped": "elements of the wrong form",
    "method_name": "the wrong method",
    "missing_assignment": "a result that nobody takes",
    "missing_await": "a missing `await`",
    "missing_import": "a missing import",
    "missing_return": "a missing `return`",
    "misspelt_key": "a misspelt key",
    "misspelt_name": "a misspelt name",
    "moved_statement": "statements in the wrong order",
    "negation": "a condition the wrong way round",
    "range_bounds": "wrong bounds of a range",
    "removed_argument": "an argument too many",
    "replaced_everywhere": "the same slip in several places",
    "returned_choice": "the wrong result",
    "returned_constant": "the wrong result",
    "returned_name": "the wrong result",
    "returned_tuple": "an incomplete result",
    "slice_bounds": "wrong bounds of a slice",
    "string": "the wrong string",
    "swapped_arguments": "arguments in the wrong order",
    "swapped_branches": "branches the wrong way round",
    "swapped_names": "two names confused",
    "swapped_operands": "operands in the wrong order",
    "unwrapped": "something too many around an expression",
    "variable": "the wrong name",
    "variable_to_constant": "a name where a constant belongs",
    "wrapped": "a missing conversion or call",
    "added_argument": "a missing argument",
}


def explanation(kind: str, path: PurePosixPath, text: str, edits: Sequence[TextEdit]) -> str:
    """Returns the sentence for a change of `text`."""
    first = edits[0]
    line = text.count("\n", 0, first.offset) + 1
    start, end = line_start(text, first.offset), line_end(text, max(first.offset, first.end - 1))
    before = text[start:end].strip()
    after = (text[start : first.offset] + first.inserted + text[first.end : end]).strip()
    if not first.n_removed and first.inserted.endswith(("\n", "\r")):
        change = f"`{_short(first.inserted.strip())}` is added"
    elif not first.inserted.strip() and first.n_removed:
        change = f"`{_short(text[first.offset : first.end].strip())}` is taken away"
    else:
        change = f"`{_short(before)}` becomes `{_short(after)}`"
    more = "" if len(edits) == 1 else f", with {len(edits) - 1} more"
    faults = " and ".join(dict.fromkeys(_fault(part) for part in kind.split("+")))
    return f"{path}, line {line}: {change}{more}; it looks like {faults}."


def _fault(kind: str) -> str:
    return "a wrong expression" if kind.startswith("synthesised") else _FAULTS.get(kind, "a slip")


def _short(text: str) -> str:
    joined = " ".join(text.split())
    return joined if len(joined) <= _LONGEST else joined[: _LONGEST - 1] + "…"
