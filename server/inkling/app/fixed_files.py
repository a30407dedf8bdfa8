"""Writes a fix into the user's files: all of it, or nothing."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from inkling.context.project_view import patched_view, text_in_view
from inkling.core.errors import UserError
from inkling.core.repair import Fix
from inkling.core.suspicion import is_test_file
from inkling.features.fix import FixOutcome


def write_fix(outcome: FixOutcome, fix: Fix) -> None:
    """Writes the texts with a fix in place of the files.

    Raises:
        UserError: A file has changed since the search, is a test, or cannot be written; then none is written.
    """
    view = outcome.view
    patched = patched_view(view, fix.judged.patch.edits)
    texts = {path: text for path, text in patched.edits.items() if view.edits.get(path) != text}
    for path in texts:
        if is_test_file(path):
            raise UserError(f"{path} is a test, and a fix never changes tests; nothing was written")
        if text_in_view(view, path) != outcome.texts[path]:
            raise UserError(f"{path} has changed since the search began; nothing was written. Run inkling fix again.")
    _replace_all(view.folder, texts)


def _replace_all(folder: Path, texts: Mapping[PurePosixPath, str]) -> None:
    """Writes every text beside its file before the first one takes its file's place."""
    waiting: list[tuple[Path, Path]] = []
    try:
        for path, text in texts.items():
            target = (folder / path).resolve()
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            waiting.append((Path(name), target))
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(target, name)
        for written, target in waiting:
            written.replace(target)
    except OSError as error:
        raise UserError(f"{error.filename or folder} cannot be written ({error.strerror})") from error
    finally:
        for written, _ in waiting:
            written.unlink(missing_ok=True)
