"""An endpoint's client for one command in a shell."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from inkling.llm.accounting import TokenAccount
from inkling.llm.client import ModelClient
from inkling.llm.endpoint import Endpoint


@asynccontextmanager
async def opened_client(endpoint: Endpoint, data_dir: Path) -> AsyncIterator[tuple[ModelClient, TokenAccount]]:
    """Gives a client that has asked nothing yet, and the account that it counts in, for the block."""
    account = TokenAccount(data_dir)
    client = ModelClient(endpoint, account)
    try:
        await account.open()
        yield client, account
    finally:
        await client.close()
        await account.close()
