"""An editor without a window: drives the installed `inkling serve` over stdio, as a plain language client."""

import asyncio
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

import psutil
from lsprotocol import types
from pygls.protocol import JsonRPCResponseMessage
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

INKLING = str(Path(sys.executable).with_name("inkling"))
ANSWER_WITHIN_S = 60

PROJECT = {
    "shop/orders.py": '''"""Orders."""

from shop.prices import gross_price


def order_total(order):
    total = 0
    for line in order.lines:
        total += gross_price(line.net_price, line.tax_rate)
    return total


def order_weight(order):
    total = 0
    for line in order.lines:
        total += line.weight
    return total
''',
    "shop/prices.py": '''"""Prices."""


def gross_price(net_price, tax_rate):
    return net_price * (1 + tax_rate)
''',
    "shop/__init__.py": "",
}

BASKET = "def basket_total(order):\n    total = 0\n    for line in |\n"
"""A text in which the project's other functions say what follows at `|`."""


class Editor:
    """One window on a folder, with its own event store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.data_dir = folder / "data"
        self.cache_dir = folder / "cache"
        self.settings: dict[str, Any] = {
            "gate": {"policy": "threshold", "threshold": 0.0},
            "index": {"includeEnvironment": False},
        }
        self.environment: dict[str, str] = {}
        self.arguments: list[str] = []
        self.client: LanguageClient
        self.result: types.InitializeResult
        self._versions: dict[str, int] = {}

    def write_project(self, files: dict[str, str] = PROJECT) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    async def start(self, options: object = None) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        directories = {"INKLING_DATA_DIR": str(self.data_dir), "INKLING_CACHE_DIR": str(self.cache_dir)}
        config = ClientServerConfig(
            server_command=[INKLING, "serve", *self.arguments],
            server_env={**_inherited(), **directories, **self.environment},
        )
        self.client = await config.start()
        self.client.protocol._converter.register_structure_hook(  # pygls would make named tuples of our own answers
            JsonRPCResponseMessage, lambda answer, cls: cls(**answer)
        )
        self.client.set_configuration({"inkling": self.settings})
        folder = types.WorkspaceFolder(uri=self.folder.as_uri(), name="project")
        self.result = await self.client.initialize_session(
            types.InitializeParams(
                capabilities=client_capabilities("visual-studio-code"),
                root_uri=self.folder.as_uri(),
                workspace_folders=[folder],
                initialization_options=options,
            )
        )

    async def wait_for_index(self) -> None:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while not (await self.own("inkling/diagnostics"))["isIndexReady"]:
                await asyncio.sleep(0.02)

    async def own(self, method: str, params: object = None) -> Any:
        """Sends one of Inkling's own requests."""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await self.client.protocol.send_request_async(method, params)

    def uri(self, name: str) -> str:
        return name if ":" in name else (self.folder / name).as_uri()

    def open(self, name: str, text: str, language: str = "python") -> None:
        self._versions[name] = 1
        item = types.TextDocumentItem(uri=self.uri(name), language_id=language, version=1, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, name: str, text: str, start: tuple[int, int], end: tuple[int, int] | None = None) -> None:
        self._versions[name] = self._versions.get(name, 0) + 1
        range_ = types.Range(types.Position(*start), types.Position(*(end or start)))
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                text_document=types.VersionedTextDocumentIdentifier(uri=self.uri(name), version=self._versions[name]),
                content_changes=[types.TextDocumentContentChangePartial(range=range_, text=text)],
            )
        )

    async def complete(
        self,
        name: str,
        line: int,
        character: int,
        *,
        is_invoked: bool = False,
        row: types.SelectedCompletionInfo | None = None,
    ) -> types.InlineCompletionItem | None:
        items = await self.complete_all(name, line, character, is_invoked=is_invoked, row=row)
        return items[0] if items else None

    async def complete_all(
        self,
        name: str,
        line: int,
        character: int,
        *,
        is_invoked: bool = False,
        row: types.SelectedCompletionInfo | None = None,
    ) -> list[types.InlineCompletionItem]:
        """All suggestions for a place, best first."""
        kind = types.InlineCompletionTriggerKind.Invoked if is_invoked else types.InlineCompletionTriggerKind.Automatic
        async with asyncio.timeout(ANSWER_WITHIN_S):
            answer = await self.client.text_document_inline_completion_async(
                types.InlineCompletionParams(
                    context=types.InlineCompletionContext(trigger_kind=kind, selected_completion_info=row),
                    text_document=types.TextDocumentIdentifier(self.uri(name)),
                    position=types.Position(line, character),
                )
            )
        return list(answer.items if isinstance(answer, types.InlineCompletionList) else answer or [])

    async def complete_marked(self, name: str, marked: str) -> types.InlineCompletionItem | None:
        """Opens a text and asks at its `|`, which must not follow non-BMP characters on its line."""
        offset = marked.index("|")
        self.open(name, marked.replace("|", "", 1))
        before = marked[:offset].replace("\r\n", "\n")
        return await self.complete(name, before.count("\n"), len(before) - before.rfind("\n") - 1)

    async def why(self) -> list[dict[str, Any]]:
        """The latest decisions, newest first."""
        decisions: list[dict[str, Any]] = (await self.own("inkling/why", {"limit": 50}))["decisions"]
        return decisions

    def rows(self, query: str) -> list[dict[str, Any]]:
        with sqlite3.connect(f"file:{self.data_dir / 'events.db'}?mode=ro", uri=True) as connection:
            connection.row_factory = sqlite3.Row
            rows = [dict(row) for row in connection.execute(query)]
        connection.close()
        return rows

    @property
    def is_running(self) -> bool:
        server = getattr(getattr(self, "client", None), "_server", None)
        return server is not None and server.returncode is None

    @property
    def process(self) -> psutil.Process:
        server = self.client._server
        assert server is not None
        return psutil.Process(server.pid)

    async def leave(self) -> int:
        """Shuts the server down properly, and returns its exit code."""
        family = [self.process, *self.process.children(recursive=True)]
        server = self.client._server
        assert server is not None
        await self.client.shutdown_session()
        code = await server.wait()
        await self.client.stop()
        await asyncio.to_thread(psutil.wait_procs, family, 20)
        assert [process for process in family if process.is_running()] == []
        return code


def _inherited() -> dict[str, str]:

    return {
        name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH"}
    }
