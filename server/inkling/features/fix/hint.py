"""A hint instead of a fix, for those who want to find it themselves."""

from collections.abc import Sequence

from inkling.core.repair import Failure, FileEdit, Fix
from inkling.core.text import position_at

MAX_LINES = 3  # suspicious lines that a hint names; more would be a search and not a hint


def hint_words(failure: Failure, fix: Fix | None, text: str = "") -> str:
    """Returns where to look and what for, without the change itself.

    A hint that follows from a fix is as sure as the fix: a change of that kind at that place was run, and helped.

    Args:
        failure: What fails.
        fix: The best fix that was found; None where there is none.
        text: The text of the first file that the fix changes.
    """
    case = failure.failing[0]
    said = f" with {case.raised.type_name}: {_first_line(case.raised.message)}" if case.raised else ""
    sentences = [f"{case.node_id} fails{said}."]
    if fix is not None:
        first = fix.judged.patch.edits[0]
        line = position_at(text, first.edit.offset).line + 1
        function = _function_at(failure, first, line)
        inside = f", in {function}" if function else ""
        kind = fix.judged.patch.kind.replace("_", " ")
        sentences.append(f"Look at line {line} of {first.path}{inside}. What helps there has to do with: {kind}.")
    elif failure.suspicious:
        lines = ", ".join(f"line {each.line} of {each.path}" for each in failure.suspicious[:MAX_LINES])
        sentences.append(f"Most suspicious, by which tests run it: {lines}.")
    if failure.visits:
        sentences.append("Compare the recorded values with those that you expect, block by block.")
    return " ".join(sentences)


def _first_line(message: str) -> str:
    lines: Sequence[str] = message.strip().splitlines()
    return lines[0].rstrip(".") if lines else "no message"


def _function_at(failure: Failure, edit: FileEdit, line: int) -> str:
    visits = (visit for visit in failure.visits if visit.path == edit.path)
    return next((visit.function for visit in visits if visit.first_line <= line <= visit.last_line), "")
