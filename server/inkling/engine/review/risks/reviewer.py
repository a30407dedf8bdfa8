"""All dangers, file by file."""

import asyncio
from collections.abc import Callable, Iterator

from inkling.core.change import ChangedFile, ChangeSet
from inkling.core.review import Findings, ReviewComment, ReviewProgress, ReviewRequest
from inkling.engine.review.project_code import ProjectReader
from inkling.engine.review.risks.comparisons import of_float_equality, of_outside_paths
from inkling.engine.review.risks.conflict_markers import of_conflict_markers
from inkling.engine.review.risks.dead_code import of_unreachable, of_unused
from inkling.engine.review.risks.secrets import of_secrets


class RiskReviewer:
    """Finds what is dangerous in itself. Implements `core.ports.Reviewer`."""

    def __init__(self, projects: ProjectReader) -> None:
        """Takes what reads the project."""
        self._projects = projects

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        """Returns a comment for each danger on changed lines, and for what the change leaves behind unused."""
        on_progress(ReviewProgress(doing="looking for dangers on changed lines", n_done=0, n_steps=1))
        comments = await asyncio.to_thread(lambda: list(_look(request.changes, self._projects)))
        return Findings(comments=comments, checked=["secrets, unreachable and unused code, fragile comparisons"])


def _look(changes: ChangeSet, projects: ProjectReader) -> Iterator[ReviewComment]:
    yield from of_conflict_markers(changes)
    read = [file for file in changes.files if file.after is not None]
    for file in read:
        yield from of_secrets(file)
        if file.path.suffix == ".py":
            yield from _of_code(file)
    if any(hunk.before.n_lines for file in read for hunk in file.hunks):
        yield from of_unused(changes, projects.after(changes))


def _of_code(file: ChangedFile) -> Iterator[ReviewComment]:
    yield from of_unreachable(file)
    yield from of_float_equality(file)
    yield from of_outside_paths(file)
