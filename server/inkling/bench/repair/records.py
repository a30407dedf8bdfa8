"""What was found for each bug, one JSON object a line: ranking can be learned and measured without searching again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

from inkling.core.edit import TextEdit
from inkling.core.errors import UserError
from inkling.core.repair import FileEdit, Patch
from inkling.core.suggestion import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPatches:
    """What a search found for one bug.

    Attributes:
        task_id: The bug.
        problem: What it is an attempt at.
        failing: Tests that failed, by pytest's name; empty where the failure could not be reproduced.
        passing: Tests that passed.
        patches: What was found, in that order.
        is_right: For each, whether the hidden tests pass.
        n_tried: Changes that were run.
        search_s: How long that took.
        first_right_s: When the first right patch was found; None without one.
        rows: What the ranking looks at, for each patch that was compared.
        of_list: The same for the list.
        compared: Places of those patches among `patches`.
        behaviours: The behaviour of each.
        note: Why nothing was searched; empty where it was.
        check: File and line, `program.py:24`, of what fails while a module is imported; empty where tests fail.
    """

    task_id: str
    problem: str
    failing: tuple[str, ...]
    passing: tuple[str, ...]
    patches: tuple[Patch, ...]
    is_right: tuple[bool, ...]
    n_tried: int
    search_s: float
    first_right_s: float | None
    rows: Sequence[Mapping[str, float]] = ()
    of_list: Mapping[str, float] = field(default_factory=dict)
    compared: Sequence[int] = ()
    behaviours: Sequence[str] = ()
    note: str = ""
    check: str = ""


def append(path: Path, record: FoundPatches) -> None:
    """Writes one record behind the others."""
    content = asdict(record)
    content["patches"] = [_encode_patch(patch) for patch in record.patches]
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(content) + "\n")


def read(path: Path) -> dict[str, FoundPatches]:
    """Returns what a file holds, by bug; of several records of one bug the last.

    Raises:
        UserError: It is damaged.
    """
    records = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            content = json.loads(line)
            for name in ("failing", "passing", "is_right", "rows", "compared", "behaviours"):
                content[name] = tuple(content[name])
            content["patches"] = tuple(_decode_patch(item) for item in content["patches"])
            records[content["task_id"]] = FoundPatches(**content)
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged ({error}): name another file with --proposals.") from error
    return records


def _encode_patch(patch: Patch) -> dict[str, object]:
    return {
        "edits": [[str(item.path), item.edit.offset, item.edit.n_removed, item.edit.inserted] for item in patch.edits],
        "kind": patch.kind,
        "source": patch.source.value,
        "explanation": patch.explanation,
        "prior": patch.prior,
        "n_edits": patch.n_edits,
    }


def _decode_patch(content: Mapping[str, object]) -> Patch:
    edits = content["edits"]
    if not isinstance(edits, list):
        raise TypeError("edits are no list")
    return Patch(
        edits=tuple(
            FileEdit(path=PurePosixPath(path), edit=TextEdit(offset=offset, n_removed=n_removed, inserted=inserted))
            for path, offset, n_removed, inserted in edits
        ),
        kind=str(content["kind"]),
        source=Source(str(content["source"])),
        explanation=str(content["explanation"]),
        prior=float(str(content["prior"])),
        n_edits=int(str(content["n_edits"])),
    )
