"""Which secrets a question for the next edit masks."""

from collections.abc import Iterator

from inkling.llm.next_edit.prompt import Scene
from inkling.llm.next_edit.windows import masked_lines


def masked_in(scene: Scene) -> Iterator[tuple[str, int]]:
    """Yields file and line, from 1, of what is masked; 0 for lines as they were before a change."""
    found: dict[tuple[str, int], None] = {}
    for window in scene.windows:
        lines = window.file.lines[window.first_line : window.end_line]
        for number, (line, shown) in enumerate(zip(lines, window.shown, strict=True), window.first_line + 1):
            if line != shown:
                found[window.file.name, number] = None
    for change in scene.changes:
        if masked_lines(change.removed) != change.removed:
            found[scene.name(change.uri), 0] = None
    yield from found
