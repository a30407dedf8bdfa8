"""The texts of changed files before and after, within limits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from inkling.context.changes.differences import (
    Difference,
    between_common_ends,
    counts_lines_otherwise,
    differences,
    hunks_of_pairs,
    whole_file,
)
from inkling.context.changes.looking import (
    decode,
    has_conflict_markers,
    looks_generated,
    not_read,
    said_to_be_generated,
)
from inkling.context.changes.workbench import Workbench
from inkling.core.change import MAX_FILES, MAX_LINES, MAX_TOTAL_BYTES, ChangedFile, Unreadable
from inkling.core.execution import ProjectView
from inkling.core.text import split_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLimits:
    """The most that is read of one change; what is beyond is named and left out.

    Attributes:
        max_files: Files that are read.
        max_lines: Changed lines, those that went and those that came.
        max_file_bytes: Of one file, before and after each.
        max_total_bytes: Of all files together.
    """

    max_files: int = MAX_FILES
    max_lines: int = MAX_LINES
    max_file_bytes: int = 1024 * 1024
    max_total_bytes: int = MAX_TOTAL_BYTES


class FileTexts:
    """Reads the files that differ between two trees, Python first where not all are read.

    Attributes:
        old_texts: After reading: what stood in files that are no more as they were, by their old path.
    """

    def __init__(self, bench: Workbench, after: ProjectView, limits: ChangeLimits) -> None:
        """Takes where the trees are, the project after the change, and the most to read."""
        self._bench = bench
        self._after = after
        self._limits = limits
        self.old_texts: dict[PurePosixPath, str] = {}

    def read(self, before: str, after: str) -> list[ChangedFile]:
        """Returns what differs between two trees."""
        found = sorted(differences(self._bench, before, after), key=lambda each: (_importance(each), each.path))
        files = [
            ChangedFile(
                path=each.path,
                old_path=each.before.path if each.before else None,
                change=each.change,
                unreadable=not_read(each),
            )
            for each in found
        ]
        chosen = self._choose(found, files)
        if not chosen:
            return files
        contents = self._bench.contents(list({side.blob for number in chosen for side in found[number].sides}))
        index = self._bench.index_of(after, "attributes")
        said = said_to_be_generated(self._bench, index, [files[number].path for number in chosen])
        for number in chosen:
            files[number] = self._with_texts(files[number], found[number], contents, said.get(files[number].path))
        self._add_hunks(files, found)
        return self._within_lines(files)

    def _choose(self, found: Sequence[Difference], files: list[ChangedFile]) -> list[int]:
        """Returns which files are read, and marks the others."""
        wanted = [number for number, file in enumerate(files) if file.unreadable is None]
        sizes = self._bench.sizes([side.blob for number in wanted for side in found[number].sides]) if wanted else {}
        chosen: list[int] = []
        total_bytes = 0
        for number in wanted:
            of_file = [sizes.get(side.blob) for side in found[number].sides]
            known = [size for size in of_file if size is not None]
            if len(known) < len(of_file):
                files[number] = replace(files[number], unreadable=Unreadable.NOT_FETCHED)
            elif max(known) > self._limits.max_file_bytes:
                files[number] = replace(files[number], unreadable=Unreadable.TOO_LARGE)
            elif len(chosen) >= self._limits.max_files or total_bytes + sum(known) > self._limits.max_total_bytes:
                files[number] = replace(files[number], unreadable=Unreadable.BEYOND_LIMIT)
            else:
                chosen.append(number)
                total_bytes += sum(known)
        return chosen

    def _with_texts(
        self, file: ChangedFile, found: Difference, contents: dict[str, bytes], is_said_generated: bool | None
    ) -> ChangedFile:
        before = decode(contents[found.before.blob]) if found.before else None
        after = decode(self._on_disk(file.path, contents[found.after.blob])) if found.after else None
        if isinstance(before, Unreadable) or isinstance(after, Unreadable):
            worst = {each for each in (before, after) if isinstance(each, Unreadable)}
            return replace(file, unreadable=Unreadable.BINARY if Unreadable.BINARY in worst else Unreadable.NOT_UTF8)
        if before is not None and after is not None and "\r\n" in after and "\r" not in before:
            # Git keeps line feeds where the files on disk have the line ends of another system.
            before = before.replace("\n", "\r\n")
        if before is not None and found.before is not None:
            self.old_texts[found.before.path] = before
        text = after if after is not None else before or ""
        if is_said_generated is None:
            is_said_generated = looks_generated(file.path, text)
        if is_said_generated:
            return replace(file, unreadable=Unreadable.GENERATED)
        if after is not None and has_conflict_markers(after):
            return replace(file, unreadable=Unreadable.CONFLICT_MARKERS)
        return replace(file, before=before, after=after)

    def _on_disk(self, path: PurePosixPath, content: bytes) -> bytes:
        """Returns what a run and an editor would read, which may have other line ends than what git keeps."""
        text, file = self._after.edits.get(path), self._after.folder / path
        if text is not None:
            return text.encode("utf-8", "surrogatepass")
        if file.is_symlink():
            return content
        try:
            is_read = file.is_file() and file.stat().st_size <= 2 * self._limits.max_file_bytes
            return file.read_bytes() if is_read else content
        except OSError:
            return content

    def _add_hunks(self, files: list[ChangedFile], found: Sequence[Difference]) -> None:
        pairs: dict[int, tuple[str, str]] = {}
        for number, file in enumerate(files):
            if file.before is None or file.after is None:
                files[number] = replace(file, hunks=whole_file(file.before, file.after))
                continue
            if counts_lines_otherwise(file.before) or counts_lines_otherwise(file.after):
                hunks = between_common_ends(split_lines(file.before), split_lines(file.after))
                files[number] = replace(file, hunks=hunks)
                continue
            sides = found[number].sides
            pairs[number] = (sides[0].blob, sides[1].blob)
        for number, hunks in hunks_of_pairs(self._bench, pairs).items():
            files[number] = replace(files[number], hunks=hunks)

    def _within_lines(self, files: list[ChangedFile]) -> list[ChangedFile]:
        n_lines = 0
        kept = []
        for file in files:
            of_file = sum(hunk.before.n_lines + hunk.after.n_lines for hunk in file.hunks)
            if n_lines + of_file > self._limits.max_lines:
                kept.append(replace(file, before=None, after=None, hunks=(), unreadable=Unreadable.BEYOND_LIMIT))
            else:
                n_lines += of_file
                kept.append(file)
        return kept


def _importance(difference: Difference) -> int:
    return 0 if difference.path.suffix in (".py", ".pyi") else 1
