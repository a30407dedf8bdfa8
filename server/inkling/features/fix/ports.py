"""What *Fix with feedback* is made with, and what it needs from the world beside the ports of `core`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from inkling.core.execution import ProjectView
from inkling.core.ports import PatchJudge, Repairer, SuiteRunner
from inkling.core.repair import FileEdit, Patch


class ProjectTexts(Protocol):
    """Reads a project as a run would see it."""

    async def text(self, view: ProjectView, path: PurePosixPath) -> str:
        """Returns a file's text, line ends as they are.

        Raises:
            UnreadableFileError: It is missing, outside of the folder, or not UTF-8.
        """
        ...

    async def patched(self, view: ProjectView, edits: Sequence[FileEdit]) -> ProjectView:
        """Returns the view with a patch in it; its edits are places in the texts of `view`.

        Raises:
            UnreadableFileError: A file that it changes cannot be read.
        """
        ...


class Linter(Protocol):
    """Mends what it can see without running anything."""

    async def fixes(self, view: ProjectView, path: PurePosixPath, line: int) -> Sequence[Patch]:
        """Returns what the linter would change for its findings on a line, one-based; none where it has nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FixTools:
    """What a search is made with.

    Attributes:
        suites: Runs tests.
        repairers: The minds that propose patches; all are asked, side by side.
        judge: Compares what they propose.
        texts: Reads files.
        linter: Mends what no test reaches.
    """

    suites: SuiteRunner
    repairers: Sequence[Repairer]
    judge: PatchJudge
    texts: ProjectTexts
    linter: Linter


class OpenTools(Protocol):
    """Gets the tools ready when they are first needed, and again when settings have changed."""

    def __call__(self, *, gives_way: bool) -> Awaitable[FixTools]:
        """Returns the tools.

        Args:
            gives_way: Whether what they run leaves the processor to all else, because nobody waits for it.

        Raises:
            SandboxError: There is no sandbox; the message says how to get one.
        """
        ...


Tell = Callable[[str], None]
"""Takes what is being done, in words for the user."""
