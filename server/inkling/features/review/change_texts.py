"""The texts of a change, and where comments and suggestions lie in them."""

from collections import defaultdict
from pathlib import PurePosixPath

from inkling.core.change import ChangedFile, ChangeSet
from inkling.core.edit import TextEdit, apply_edit
from inkling.core.review import ReviewComment
from inkling.core.unified_diff import file_diff
from inkling.features.review.secret_values import SecretValues


class ChangeTexts:
    """The changed files, by path."""

    def __init__(self, changes: ChangeSet) -> None:
        """Takes the change."""
        self._files: dict[PurePosixPath, ChangedFile] = {file.path: file for file in changes.files}
        self._secrets: dict[frozenset[PurePosixPath], SecretValues] = {}

    def after(self, path: PurePosixPath) -> str | None:
        """Returns the text of a changed file after the change; None where it is not known."""
        file = self._files.get(path)
        return file.after if file is not None else None

    def place(self, comment: ReviewComment) -> tuple[int, int]:
        """Returns the first and the last line after the change; for lines that went, the line where they would be."""
        if not comment.is_on_old_side:
            return max(1, comment.line), max(1, comment.line, comment.end_line)
        file = self._files.get(comment.path)
        line = comment.line
        for hunk in file.hunks if file else ():
            if comment.line in hunk.before:
                line = hunk.after.first
                break
            if hunk.before.end <= comment.line:  # what stands below a hunk moved by what it added
                line = comment.line + hunk.after.end - hunk.before.end
        n_lines = len((file.after or "").splitlines()) if file else line
        line = max(1, min(line, n_lines))
        return line, line

    def suggestion_diff(self, comment: ReviewComment) -> str:
        """Returns a suggestion as a unified diff; empty without one, or where a text is not known.

        Secrets in it are masked: it is for reading.
        """
        parts = []
        for path, edits in sorted(suggested_edits(comment).items()):
            before = after = self.after(path)
            if before is None or after is None:
                return ""
            for each in sorted(edits, key=lambda each: each.offset, reverse=True):
                after = apply_edit(after, each)
            parts.append(file_diff(path, before, after))
        return self.masked("".join(parts), comment)

    def masked(self, text: str, comment: ReviewComment) -> str:
        """Returns what a comment says with the secrets of its files masked."""
        if not text:
            return text
        paths = frozenset({comment.path, *(each.path for each in comment.suggestion)} & self._files.keys())
        if paths not in self._secrets:
            self._secrets[paths] = SecretValues(self._files[path] for path in paths)
        return self._secrets[paths].masked(text)


def suggested_edits(comment: ReviewComment) -> dict[PurePosixPath, list[TextEdit]]:
    """Returns what a suggestion replaces, by file."""
    by_path: defaultdict[PurePosixPath, list[TextEdit]] = defaultdict(list)
    for each in comment.suggestion:
        by_path[each.path].append(each.edit)
    return dict(by_path)
