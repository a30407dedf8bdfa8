from collections.abc import AsyncIterator

import pytest
from tests.model_server.scripted import ModelServer


@pytest.fixture
async def model_server() -> AsyncIterator[ModelServer]:
    """A scripted OpenAI-compatible endpoint on a free port of this machine."""
    async with ModelServer().running() as server:
        yield server
