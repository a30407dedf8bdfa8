"""Texts of a project as a run would see it. Reading blocks, so it belongs in a thread."""

import difflib
import itertools
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from inkling.core.edit import TextEdit, apply_edit
from inkling.core.errors import UnreadableFileError
from inkling.core.execution import ProjectView
from inkling.core.repair import FileEdit
from inkling.core.text import split_lines


def text_in_view(view: ProjectView, path: PurePosixPath) -> str:
    """Returns a file's text, line ends as they are.

    Raises:
        UnreadableFileError: It is missing, outside of the folder, or not UTF-8.
    """
    text = view.edits.get(path)
    if text is not None:
        return text
    try:
        file = (view.folder / path).resolve(strict=True)
        if not file.is_relative_to(view.folder.resolve()):
            raise UnreadableFileError(f"{path} is not in the project's folder.")
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFileError(f"{path} cannot be read: {error}") from error


def patched_view(view: ProjectView, edits: Iterable[FileEdit]) -> ProjectView:
    """Returns the view with a patch in it; its edits are places in the texts of `view`.

    Raises:
        UnreadableFileError: A file that it changes cannot be read.
    """
    texts = dict(view.edits)
    in_order = sorted(edits, key=lambda file_edit: (file_edit.path, file_edit.edit.offset))
    for path, of_file in itertools.groupby(in_order, key=lambda file_edit: file_edit.path):
        text = text_in_view(view, path)
        for file_edit in reversed(list(of_file)):
            text = apply_edit(text, file_edit.edit)
        texts[path] = text
    return replace(view, edits=texts)


def line_edits(before: str, after: str) -> list[TextEdit]:
    """Returns edits of whole lines that make `after` of `before`, in order, all places in `before`."""
    old, new = split_lines(before), split_lines(after)
    starts = [0, *itertools.accumulate(len(line) for line in old)]
    return [
        TextEdit(offset=starts[i], n_removed=starts[j] - starts[i], inserted="".join(new[k:n]))
        for tag, i, j, k, n in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
