"""All that a change promises, looked at definition by definition."""

import asyncio
import time
from collections.abc import Callable, Iterator

from inkling.core.change import ChangeSet
from inkling.core.counted import counted
from inkling.core.review import Findings, ReviewComment, ReviewProgress, ReviewRequest, Unchecked
from inkling.core.suspicion import is_test_file
from inkling.engine.review.changed_code import ChangedCode, ChangedDefinition, read_changed_code
from inkling.engine.review.contracts.calls import of_changed_call
from inkling.engine.review.contracts.gone import of_gone_definition
from inkling.engine.review.contracts.promises import of_docstring, of_documents, of_promised_value
from inkling.engine.review.contracts.stored import of_stored_shape
from inkling.engine.review.project_code import MAX_FILES, ProjectCode, ProjectReader
from inkling.engine.review.words import TIME_WAS_UP


class ContractReviewer:
    """Finds callers and documents that a change forgot. Implements `core.ports.Reviewer`."""

    def __init__(self, projects: ProjectReader) -> None:
        """Takes what reads the project."""
        self._projects = projects

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        """Returns a comment for each definition that others use as it no longer is."""
        on_progress(ReviewProgress(doing="reading who uses what was changed", n_done=0, n_steps=1))
        ends_at_s = time.monotonic() + request.budget.wall_s
        return await asyncio.to_thread(_look, request.changes, self._projects, ends_at_s)


def _look(changes: ChangeSet, projects: ProjectReader, ends_at_s: float) -> Findings:
    code = read_changed_code(changes.files)
    pairs = [pair for pair in code.definitions if not is_test_file(pair.path)]
    if not pairs:
        return Findings(comments=[], unchecked=_unparsed(code))
    project = projects.after(changes)
    comments: list[ReviewComment] = []
    n_looked_at = 0
    for pair in pairs:
        if time.monotonic() > ends_at_s:
            break
        comments += _of(project, pair, changes)
        n_looked_at += 1
    unchecked = _unparsed(code)
    if n_late := len(pairs) - n_looked_at:
        unchecked.append(Unchecked(what=f"callers of {counted(n_late, 'changed definition')}", why=TIME_WAS_UP))
    if not project.is_whole:
        unchecked.append(Unchecked(what="callers in all files", why=f"Only the first {MAX_FILES} files were searched."))
    checked = [f"callers of {counted(n_looked_at, 'changed definition')}"] if n_looked_at else []
    return Findings(comments=comments, checked=checked, unchecked=unchecked)


def _of(project: ProjectCode, pair: ChangedDefinition, changes: ChangeSet) -> Iterator[ReviewComment]:
    yield from of_gone_definition(project, pair)
    yield from of_changed_call(project, pair, changes)
    yield from of_docstring(pair)
    yield from of_promised_value(pair)
    yield from of_documents(project, pair)
    yield from of_stored_shape(pair, changes)


def _unparsed(code: ChangedCode) -> list[Unchecked]:
    return [Unchecked(what=str(path), why=f"It does not parse: {why}.") for path, why in code.unparsed.items()]
