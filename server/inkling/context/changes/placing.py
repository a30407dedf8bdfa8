"""Where the project after a change lies: on disk as it is, on disk with other texts in place, or in a new folder."""

from pathlib import Path, PurePosixPath
from typing import Final

from inkling.context.changes.differences import differences
from inkling.context.changes.looking import decode
from inkling.context.changes.workbench import FILE_MODES, Workbench
from inkling.core.change import Unreadable

MAX_IN_PLACE: Final = 64  # files whose texts are put in place for each run; more make every run slow
MAX_BYTES: Final = 4 * 1024 * 1024


def texts_in_place(bench: Workbench, disk: str, wanted: str) -> dict[PurePosixPath, str] | None:
    """Returns the texts that make what lies on disk the wanted state; None where texts cannot, or it takes too many.

    What is installed from the project's folder is then the wanted state, too, which it is not in a copy of the folder.
    A file cannot be taken away in this way.

    Args:
        bench: Where the trees are.
        disk: The tree of what lies on disk.
        wanted: The tree of the wanted state.
    """
    found = differences(bench, disk, wanted, has_renames=False)
    differing = [each.after for each in found if each.after is not None]
    if (
        len(differing) < len(found)
        or len(found) > MAX_IN_PLACE
        or any(each.mode not in FILE_MODES for each in differing)
    ):
        return None
    blobs = [side.blob for side in differing]
    sizes = bench.sizes(blobs) if blobs else {}
    if len(sizes) < len(set(blobs)) or sum(sizes.values()) > MAX_BYTES:
        return None
    contents = bench.contents(blobs)
    decoded = {side.path: decode(contents[side.blob]) for side in differing}
    texts = {path: text for path, text in decoded.items() if not isinstance(text, Unreadable)}
    return texts if len(texts) == len(decoded) else None


def put_elsewhere(bench: Workbench, tree: str, folder: Path) -> None:
    """Writes a tree into a new folder.

    Raises:
        UserError: It cannot be written.
    """
    folder.mkdir()
    bench.check_out(tree, folder)
