"""Writes a fix into the user's files: all of it, or nothing."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from inkling.context.project_view import patched_view, text_in_view
from inkling.core.errors import UserError
from inkling.core.execution import ProjectView
from inkling.core.repair import Fix
from inkling.core.suspicion import is_test_file
from inkling.features.fix import FixOutcome


def write_fix(outcome: FixOutcome, fix: Fix) -> None:
    """Writes the texts with a fix in place of the files.

    Raises:
        UserError: A file has changed since the search, is a test, or cannot be written; then none is written.
    """
    paths = {edit.path for edit in fix.judged.patch.edits}
    for path in paths:
        if is_test_file(path):
            raise UserError(f"{path} is a test, and a fix never changes tests; nothing was written")
    searched = {path: outcome.texts[path] for path in paths}
    patched = patched_view(replace(outcome.view, edits=searched), fix.judged.patch.edits)
    texts = {path: text for path, text in patched.edits.items() if searched[path] != text}
    on_disk = replace(outcome.view, edits={})
    with _alone_in(outcome.view.folder):
        _refuse_if_changed(on_disk, {path: searched[path] for path in texts})
        _replace_all(on_disk, texts, searched)


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Waits until no other Inkling writes a fix in the folder: two at once could both find a file unchanged."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise UserError(f"{folder} cannot be opened ({error.strerror}); nothing was written") from error
    try:
        with contextlib.suppress(
            OSError
        ):  # some network file systems have no locks; the texts are compared all the same
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _refuse_if_changed(on_disk: ProjectView, searched: Mapping[PurePosixPath, str]) -> None:
    for path, text in searched.items():
        if text_in_view(on_disk, path) != text:
            raise UserError(f"{path} has changed since the search began; nothing was written. Run inkling fix again.")


def _replace_all(
    on_disk: ProjectView, texts: Mapping[PurePosixPath, str], searched: Mapping[PurePosixPath, str]
) -> None:
    """Writes every text beside its file before the first one takes its file's place."""
    waiting: list[tuple[PurePosixPath, Path, Path]] = []
    writing: PurePosixPath | None = None
    try:
        for writing, text in texts.items():
            target = (on_disk.folder / writing).resolve()
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            waiting.append((writing, Path(name), target))
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(target, name)
        _refuse_if_changed(on_disk, {path: searched[path] for path in texts})
        for writing, written, target in waiting:  # noqa: B007 - the error names it
            written.replace(target)
    except OSError as error:
        # The error itself names a hidden file beside it, which tells the user nothing.
        raise UserError(f"{writing} cannot be written ({error.strerror})") from error
    finally:
        _remove(written for _, written, _ in waiting)


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
