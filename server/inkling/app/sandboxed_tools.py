"""The tools of *Fix with feedback* over one sandbox. Imported by `fix_tools`, when they are first needed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from inkling.context.linting import RuffLinter
from inkling.context.project_view import patched_view, text_in_view
from inkling.core.execution import ProjectView
from inkling.core.ports import Repairer, Sandbox, SuiteRunner
from inkling.core.repair import FileEdit
from inkling.core.settings import SandboxSettings
from inkling.engine.judging.judge import BehaviourJudge
from inkling.engine.judging.naturalness_process import weigh_naturalness
from inkling.engine.judging.ranking import load_ranking
from inkling.engine.linting_repairer import LintingRepairer
from inkling.engine.repair.repairer import EmbeddedRepairer
from inkling.features.fix import FixTools
from inkling.sandbox.choice import open_sandbox
from inkling.sandbox.giving_way import GivingWaySandbox
from inkling.sandbox.suite import SandboxSuiteRunner


class ThreadedTexts:
    """Reads a project's files in a thread. Implements `features.fix.ProjectTexts`."""

    async def text(self, view: ProjectView, path: PurePosixPath) -> str:
        """Returns a file's text, line ends as they are.

        Raises:
            UnreadableFileError: It is missing, outside of the folder, or not UTF-8.
        """
        return await asyncio.to_thread(text_in_view, view, path)

    async def patched(self, view: ProjectView, edits: Sequence[FileEdit]) -> ProjectView:
        """Returns the view with a patch in it.

        Raises:
            UnreadableFileError: A file that it changes cannot be read.
        """
        return await asyncio.to_thread(patched_view, view, edits)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTools:
    """Tools over one sandbox.

    Attributes:
        settings: What the sandbox was opened with.
        exclude: Patterns of paths that are never read for ideas.
        tools: For what somebody waits for.
        giving_way: The same, niced.
        suites: Those of both; they keep interpreters warm.
        sandbox: Where all of it runs.
    """

    settings: SandboxSettings
    exclude: tuple[str, ...]
    tools: FixTools
    giving_way: FixTools
    suites: tuple[SandboxSuiteRunner, SandboxSuiteRunner]
    sandbox: Sandbox

    async def close(self) -> None:
        """Ends all that runs."""
        try:
            for suites in self.suites:
                await suites.close()
        finally:
            await self.sandbox.close()


async def open_tools(
    settings: SandboxSettings,
    more_repairers: Callable[[SuiteRunner], Sequence[Repairer]],
    exclude: tuple[str, ...] = (),
) -> OpenedTools:
    """Returns tools over the sandbox that the settings ask for.

    Args:
        settings: Which sandbox.
        more_repairers: Returns minds besides the embedded ones.
        exclude: Patterns, as in a .gitignore file, of paths that no code is borrowed from.

    Raises:
        SandboxError: There is none; the message says how to get one.
    """
    ranking = await asyncio.to_thread(load_ranking)
    sandbox = await open_sandbox(settings)
    places = (sandbox, GivingWaySandbox(sandbox))
    suites = (SandboxSuiteRunner(places[0]), SandboxSuiteRunner(places[1], most_running=1))
    linter = RuffLinter()
    tools, giving_way = (
        FixTools(
            suites=runner,
            # A model is asked, and paid, only for what somebody asked for.
            repairers=[
                LintingRepairer(linter, runner),
                EmbeddedRepairer(place, exclude=exclude),
                *(more_repairers(runner) if place is sandbox else ()),
            ],
            judge=BehaviourJudge(place, ranking, partial(weigh_naturalness, exclude=exclude)),
            texts=ThreadedTexts(),
            linter=linter,
        )
        for place, runner in zip(places, suites, strict=True)
    )
    return OpenedTools(
        settings=settings, exclude=exclude, tools=tools, giving_way=giving_way, suites=suites, sandbox=sandbox
    )
