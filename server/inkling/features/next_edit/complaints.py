"""A linter's own mend of what the latest change made it complain of, for whoever asks and hears of nothing else."""

from typing import Final

from inkling.core.edit import apply_edit, minimal_edit
from inkling.core.next_edit import EditKind, LineChange, LinterMend, PredictedEdit
from inkling.core.numbered_lines import NumberedLines
from inkling.core.suggestion import Source
from inkling.core.text import split_lines
from inkling.features.next_edit.asked import Asked
from inkling.features.next_edit.offered import PlacedEdit
from inkling.features.next_edit.placement import Files
from inkling.features.next_edit.ports import EditLinter

WORTH_A_LOOK: Final = 0.3  # a complaint says what may be mended, not that the developer goes there next


async def mended_complaints(asked: Asked, linter: EditLinter, files: Files) -> list[PlacedEdit]:
    """Returns the mends of complaints that were not made of the document before its latest change."""
    snapshot = asked.question.snapshot
    latest = next((change for change in reversed(asked.question.history) if change.uri == snapshot.uri), None)
    if latest is None or snapshot.path is None:
        return []
    before = _before(files.lines(snapshot), latest)
    if before is None:
        return []
    placed = []
    for mend in await linter.mends(snapshot.path, before, snapshot.text):
        first_line, removed, inserted = _lines_of(snapshot.text, mend)
        edit = PredictedEdit(
            uri=snapshot.uri,
            path=snapshot.path,
            first_line=first_line,
            removed=removed,
            inserted=inserted,
            kind=EditKind.DIAGNOSTIC,
            source=Source.EMBEDDED,
            probability=WORTH_A_LOOK,
            words=mend.words,
        )
        found = files.place_in(snapshot, edit)
        placed += [found] if found is not None else []
    return placed


def _before(lines: NumberedLines, latest: LineChange) -> str | None:
    """Returns the text as it was before a change; None where its lines are not there any more."""
    undone = lines.replacement(latest.first_line, latest.inserted, latest.removed)
    return None if undone is None else apply_edit(lines.text, undone)


def _lines_of(text: str, mend: LinterMend) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """Returns the first line that a mend changes, the lines that go, and those that come, without their ends."""
    after = text
    for edit in reversed(mend.edits):
        after = apply_edit(after, edit)
    change = minimal_edit(text, after)
    old = NumberedLines(text)
    first, last = old.position(change.offset).line, old.position(change.end).line
    n_below = old.n_lines - last - 1
    removed, inserted = split_lines(text)[first : last + 1], split_lines(after)[first:]
    inserted = inserted[: len(inserted) - n_below]
    return first, tuple(line.rstrip("\r\n") for line in removed), tuple(line.rstrip("\r\n") for line in inserted)
