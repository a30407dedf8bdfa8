import os
from collections.abc import AsyncIterator

import pytest
from tests.model_server.scripted import ModelServer

# Whoever runs the tests may have configured an endpoint in an editor: no test may find it there and send anything.
os.environ["INKLING_EDITOR_SETTINGS"] = os.devnull


@pytest.fixture
async def model_server() -> AsyncIterator[ModelServer]:
    """A scripted OpenAI-compatible endpoint on a free port of this machine."""
    async with ModelServer().running() as server:
        yield server
