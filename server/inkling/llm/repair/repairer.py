"""The model mind as a repairer: what it is given, and what it returns; `search` does the work."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from inkling.context.project_view import text_in_view
from inkling.core.errors import ModelError, UnreadableFileError
from inkling.core.execution import ProjectView
from inkling.core.ports import SuiteRunner
from inkling.core.repair import Proposals, RepairProgress, RepairRequest
from inkling.llm.repair.search import Search
from inkling.llm.text_model import Purpose, TextModel

logger = logging.getLogger(__name__)

MAX_FILES_SHOWN = 4


class ModelRepairer:
    """Proposes what a language model writes after it saw what runs showed. Implements the port `Repairer`."""

    def __init__(
        self, model: TextModel, purpose: Purpose, suites: SuiteRunner, may_show: Callable[[Path], bool]
    ) -> None:
        """Prepares the repairer.

        Args:
            model: Whom to ask.
            purpose: Which of its models, EDIT or CHAT.
            suites: Runs the tests of each attempt.
            may_show: Tells whether a file may be sent; called on a thread.
        """
        self._model = model
        self._purpose = purpose
        self._suites = suites
        self._may_show = may_show

    async def repair(self, request: RepairRequest, on_progress: Callable[[RepairProgress], None]) -> Proposals:
        """Returns patches with which the failing tests pass and the passing ones still do.

        Raises:
            SandboxError: There is no sandbox, or it failed.
            ModelError: The endpoint did not answer as it should, and nothing was found before.
        """
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        test_paths = {PurePosixPath(case.node_id.partition("::")[0]) for case in request.failure.failing}
        suspects = dict.fromkeys(found.path for found in request.failure.suspicious if found.path not in test_paths)
        shown = await asyncio.to_thread(self._texts, request.view, list(suspects)[:MAX_FILES_SHOWN])
        test_texts = await asyncio.to_thread(self._texts, request.view, sorted(test_paths))
        search = Search(
            model=self._model,
            purpose=self._purpose,
            suites=self._suites,
            request=request,
            shown=shown,
            test_texts=test_texts,
            on_progress=on_progress,
        )
        try:
            async with asyncio.timeout(request.budget.wall_s):
                if shown:
                    await search.run()
        except TimeoutError:
            logger.debug("the model's search ran out of time n_runs=%d", search.n_runs)
        except ModelError:
            if not search.plausible:
                raise
        return Proposals(patches=search.patches(), n_tried=search.n_runs, seconds=loop.time() - started_s)

    def _texts(self, view: ProjectView, paths: Sequence[PurePosixPath]) -> dict[PurePosixPath, str]:
        """Returns the texts that may be sent and can be read, in the order of `paths`; called on a thread."""
        texts = {}
        for path in paths:
            if not self._may_show(view.folder / path):
                continue
            try:
                texts[path] = text_in_view(view, path)
            except UnreadableFileError as error:
                logger.debug("left out of the question: %s", error)
        return texts
