"""Real sequences of edits, and the questions that they pose: after each edit, what is the next?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from inkling.core.next_edit import LineChange
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.import_index import FileImports, ImportIndex, imports_of
from inkling.engine.next_edit.imports.package_imports import PackageImports
from inkling.engine.next_edit.situation import Situation

N_CONTEXT_LINES = 3  # what a `LineChange` keeps of its surroundings on either side
N_REMEMBERED = 50  # changes that a history keeps

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawChange:
    """One maximal run of changed lines, where it stands when its turn comes."""

    uri: DocumentUri
    first_line: int
    removed: Lines
    inserted: Lines

    @property
    def end_line(self) -> int:
        """The line after the last removed one."""
        return self.first_line + len(self.removed)

    def applied_to(self, lines: Lines) -> Lines:
        """Returns the file's lines after the change."""
        return lines[: self.first_line] + self.inserted + lines[self.end_line :]


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A sequence of edits that belong together.

    Attributes:
        id: Its name.
        repository: Whose it is.
        files: The files before the first edit.
        changes: The edits in order, each in lines as those before it left them.
        imports: What other files of the project import, as far as they were seen before these edits.
    """

    id: str
    repository: str
    files: Mapping[DocumentUri, Lines]
    changes: tuple[RawChange, ...]
    imports: Mapping[DocumentUri, FileImports] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question.

    Attributes:
        pull_request: Whose edits these are.
        number: How many edits went before.
        situation: What is known.
        truth: The next edit.
        later: All edits that are still to come, the next one first.
    """

    pull_request: PullRequest
    number: int
    situation: Situation
    truth: RawChange
    later: Sequence[RawChange] = field(repr=False)

    @property
    def is_far(self) -> bool:
        """Whether the next edit is over two lines from the latest, or in another file."""
        latest = self.situation.latest
        if self.truth.uri != latest.uri:
            return True
        return not latest.first_line - 2 <= self.truth.first_line <= latest.end_line + 2


def cases(pull_request: PullRequest, packages: PackageImports | None = None) -> Iterator[Case]:
    """Yields a question after each edit but the last, which is to be answered before the next is taken.

    Views of files that did not change stay the same objects.

    Args:
        pull_request: The edits.
        packages: How installed packages import what; None where nothing is installed.
    """
    views = {uri: _view(uri, lines) for uri, lines in pull_request.files.items()}
    for view in views.values():
        _ = view.lines_with  # as in the worker, which has known the files for a while
    index = ImportIndex(packages=packages)
    index.take({**pull_request.imports, **{uri: imports_of(view) for uri, view in views.items()}})
    history: list[LineChange] = []
    for number, change in enumerate(pull_request.changes):
        if history:
            latest = history[-1]
            index.take({latest.uri: imports_of(views[latest.uri])})
            situation = Situation(
                files=dict(views),
                history=tuple(history[-N_REMEMBERED:]),
                cursor_line=max(latest.first_line, latest.end_line - 1),
                imports=index,
            )
            yield Case(
                pull_request=pull_request,
                number=number,
                situation=situation,
                truth=change,
                later=pull_request.changes[number:],
            )
        lines = views[change.uri].lines
        history = [_moved(earlier, change) for earlier in history]
        history.append(
            LineChange(
                uri=change.uri,
                first_line=change.first_line,
                removed=change.removed,
                inserted=change.inserted,
                above=lines[max(0, change.first_line - N_CONTEXT_LINES) : change.first_line],
                below=lines[change.end_line : change.end_line + N_CONTEXT_LINES],
            )
        )
        views[change.uri] = _view(change.uri, change.applied_to(lines))


def _moved(earlier: LineChange, change: RawChange) -> LineChange:
    if earlier.uri != change.uri or earlier.first_line < change.first_line:
        return earlier
    if earlier.first_line < change.end_line:
        return replace(earlier, first_line=change.first_line)
    shift = len(change.inserted) - len(change.removed)
    return replace(earlier, first_line=earlier.first_line + shift)


def _view(uri: DocumentUri, lines: Lines) -> FileView:
    return FileView(uri, Path(uri.removeprefix("file://")), lines)
