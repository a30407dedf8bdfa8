"""The model mind as a repairer for a shell: connected for one search."""

from collections.abc import Callable
from pathlib import Path

from inkling.app.endpoint_client import opened_client
from inkling.context.prompt_context.readable import Readable
from inkling.core.ports import SuiteRunner, WorkspaceScope
from inkling.core.repair import Proposals, RepairProgress, RepairRequest
from inkling.core.settings import IndexSettings
from inkling.llm.endpoint import Endpoint
from inkling.llm.repair import ModelRepairer
from inkling.llm.text_model import Purpose


class EndpointRepairer:
    """Asks an endpoint's model for edits, else its model for chat. Implements the port `Repairer`."""

    def __init__(self, endpoint: Endpoint, data_dir: Path, suites: SuiteRunner, index: IndexSettings) -> None:
        """Prepares the repairer; nothing is sent before `repair`.

        Args:
            endpoint: Where to ask.
            data_dir: Where tokens are counted.
            suites: Runs the tests of each attempt.
            index: Names the files that are never sent.
        """
        self._endpoint = endpoint
        self._data_dir = data_dir
        self._suites = suites
        self._index = index

    async def repair(self, request: RepairRequest, on_progress: Callable[[RepairProgress], None]) -> Proposals:
        """Returns what the model repairs; nothing where the endpoint has no model for it.

        Raises:
            SandboxError: There is no sandbox, or it failed.
            ModelError: The endpoint did not answer as it should.
        """
        purpose = next((each for each in (Purpose.EDIT, Purpose.CHAT) if each in self._endpoint.models), None)
        if purpose is None:
            return Proposals(patches=(), n_tried=0, seconds=0.0)
        scope = WorkspaceScope(folders=(request.view.folder,), interpreter=None, index=self._index)
        async with opened_client(self._endpoint, self._data_dir) as (client, _):
            repairer = ModelRepairer(client, purpose, self._suites, Readable(scope).look)
            return await repairer.repair(request, on_progress)
