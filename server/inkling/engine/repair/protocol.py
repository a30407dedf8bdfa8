"""What the two halves of a search say to each other: JSON, one object a line.

The first line goes to the worker and is a `SearchTask`. The worker answers with lines that have a `line` field:
`progress`, `patch`, `problem`, and `done` as the last one. They come out of a sandbox and are parsed with suspicion.
"""

import itertools
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from inkling.core.edit import TextEdit
from inkling.core.repair import FileEdit, Patch
from inkling.core.suggestion import Source

MOST_LINE_BYTES = 256 * 1024
_MOST_TEXT = 20_000  # characters that an edit inserts
_MOST_EDITS = 100
_MOST_WORDS = 500


class ProtocolError(Exception):
    """A line that the worker should never have written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTask:
    """What a worker is to search for.

    Attributes:
        folder: The project's folder.
        failing: Names of the tests that must pass.
        passing: Names of the tests that must go on passing.
        suspicious: Suspiciousness by file and one-based line.
        budget_s: Seconds by the clock.
        part: Which share of the search this worker takes, from 0.
        n_parts: How many workers share it.
        lending: Other files that statements may be borrowed from, nearest first.
    """

    folder: str
    failing: tuple[str, ...]
    passing: tuple[str, ...]
    suspicious: Mapping[str, Mapping[int, float]]
    budget_s: float
    part: int
    n_parts: int
    lending: tuple[str, ...] = ()

    def to_line(self) -> bytes:
        """Returns it as a line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "SearchTask":
        """Returns what `to_line` wrote."""
        fields = json.loads(line)
        lines = {
            path: {int(line): float(each) for line, each in of.items()} for path, of in fields["suspicious"].items()
        }
        return cls(
            folder=fields["folder"],
            failing=tuple(fields["failing"]),
            passing=tuple(fields["passing"]),
            suspicious=lines,
            budget_s=fields["budget_s"],
            part=fields["part"],
            n_parts=fields["n_parts"],
            lending=tuple(fields["lending"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressLine:
    """How far a worker is."""

    doing: str
    n_tried: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneLine:
    """The end of a search."""

    n_tried: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLine:
    """Why a worker could not search."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchLine:
    """A patch with which the tests passed."""

    patch: Patch


WorkerLine = ProgressLine | DoneLine | ProblemLine | PatchLine


def encode_line(line: WorkerLine) -> bytes:
    """Returns a line of the worker."""
    match line:
        case ProgressLine():
            fields: dict[str, Any] = {"line": "progress", "doing": line.doing, "n_tried": line.n_tried}
        case DoneLine():
            fields = {"line": "done", "n_tried": line.n_tried}
        case ProblemLine():
            fields = {"line": "problem", "message": line.message}
        case PatchLine():
            fields = {"line": "patch", **_patch_fields(line.patch)}
    return json.dumps(fields).encode() + b"\n"


def parse_line(data: bytes, texts: Mapping[PurePosixPath, str]) -> WorkerLine:
    """Returns what a worker said.

    Args:
        data: The line.
        texts: The files that it may change, with their texts.

    Raises:
        ProtocolError: It is no such line, or a patch that does not fit the files.
    """
    try:
        fields = json.loads(data)
        match fields["line"]:
            case "progress":
                return ProgressLine(doing=_words(fields["doing"]), n_tried=_count(fields["n_tried"]))
            case "done":
                return DoneLine(n_tried=_count(fields["n_tried"]))
            case "problem":
                return ProblemLine(message=_words(fields["message"]))
            case "patch":
                return PatchLine(patch=_parsed_patch(fields, texts))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProtocolError(f"the search worker wrote nonsense: {error}") from error
    raise ProtocolError("the search worker wrote a line of no known kind")


def _patch_fields(patch: Patch) -> dict[str, Any]:
    edits = [[str(each.path), each.edit.offset, each.edit.n_removed, each.edit.inserted] for each in patch.edits]
    return {
        "edits": edits,
        "kind": patch.kind,
        "explanation": patch.explanation,
        "prior": patch.prior,
        "n_edits": patch.n_edits,
    }


def _parsed_patch(fields: Mapping[str, Any], texts: Mapping[PurePosixPath, str]) -> Patch:
    edits = []
    for path_text, offset, n_removed, inserted in fields["edits"]:
        path = PurePosixPath(path_text)
        edit = TextEdit(offset=_count(offset), n_removed=_count(n_removed), inserted=_text(inserted))
        if path not in texts or edit.end > len(texts[path]):
            raise ValueError("an edit outside of the files")
        edits.append(FileEdit(path=path, edit=edit))
    edits.sort(key=lambda each: (each.path, each.edit.offset))
    for one, other in itertools.pairwise(edits):
        if one.path == other.path and one.edit.end > other.edit.offset:
            raise ValueError("edits that overlap")
    prior = float(fields["prior"])
    if not edits or len(edits) > _MOST_EDITS or not 0 < prior < 1000:
        raise ValueError("no patch")
    return Patch(
        edits=tuple(edits),
        kind=_words(fields["kind"]),
        source=Source.EMBEDDED,
        explanation=_words(fields["explanation"]),
        prior=prior,
        n_edits=max(1, _count(fields["n_edits"])),
    )


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**40:
        raise ValueError("no count")
    return value


def _words(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MOST_WORDS:
        raise ValueError("no words")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise ValueError("no text")
    return value
