"""Where the cursor is likely to be once a suggestion was accepted: there the slow minds are asked ahead."""

import re
from dataclasses import replace

from inkling.core.suggestion import Candidate, CompletionRequest, Trigger
from inkling.core.text import line_prefix, line_suffix

LIKELY = 0.5  # least probability of acceptance; below, more requests would be for nothing than not
INDENTATION = 4  # columns
_LEAVES_BLOCK = re.compile(r"\s*(?:return|raise|pass|break|continue)\b")  # editors indent less after these
_OPENERS, _CLOSERS = "([{", ")]}"


def after_accept(request: CompletionRequest, candidate: Candidate) -> CompletionRequest:
    """Returns the next question, if the candidate is accepted now.

    It is asked behind the candidate where more follows on the line or is missing of the statement; else on the next
    line, as the editor will indent it.
    """
    text, offset = request.snapshot.text, request.offset
    inserted = candidate.text
    line = line_prefix(text[:offset] + inserted, offset + len(inserted))
    if not (candidate.is_partial or line_suffix(text, offset).strip() or _is_open(line)):
        inserted += _line_break(text) + _indentation_below(line)
    snapshot = replace(request.snapshot, text=text[:offset] + inserted + text[offset:])
    return CompletionRequest(snapshot=snapshot, offset=offset + len(inserted), trigger=Trigger.AUTOMATIC)


def _is_open(line: str) -> bool:
    return sum(map(line.count, _OPENERS)) > sum(map(line.count, _CLOSERS)) or line.endswith("\\")


def _indentation_below(line: str) -> str:
    indentation = line[: len(line) - len(line.lstrip())]
    step = "\t" if indentation.startswith("\t") else " " * INDENTATION
    if line.rstrip().endswith(":"):
        return indentation + step
    return indentation.removesuffix(step) if _LEAVES_BLOCK.match(line) else indentation


def _line_break(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
