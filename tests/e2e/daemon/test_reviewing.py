"""*Review changes* over the protocol, on a real repository, with what is run in a real sandbox."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.contract.context.changes.repository import Repo
from tests.e2e.daemon.editor import Editor
from tests.e2e.daemon.test_fixing import TRUSTED
from tests.sandboxes.backends import open_bubblewrap

BEFORE = '''"""A cart. 🛒"""


def mean(prices: list[int]) -> float:
    if not prices:
        return 0.0
    return sum(prices) / len(prices)
'''
BROKEN = BEFORE.replace("    if not prices:\n        return 0.0\n", "")
REVIEWED_WITHIN_S = 240  # on a machine that has much else to do


class Window:
    """An editor on a repository with a change, and what it was told of the review's progress."""

    def __init__(self, editor: Editor, repo: Repo) -> None:
        self.editor = editor
        self.repo = repo
        self.progress: list[Any] = []
        editor.settings |= {"review": {"budgetSeconds": 120}, "sandbox": {"backend": "bubblewrap"}}
        editor.environment |= {"TMPDIR": str(repo.folder.parent / "tmp")}
        (repo.folder.parent / "tmp").mkdir()

    async def start(self, options: object = TRUSTED) -> None:
        await self.editor.start(options)

        @self.editor.client.feature("inkling/reviewProgress")
        def review_progress(params: Any) -> None:
            self.progress.append(params)

        await self.editor.wait_for_index()

    async def review(self, **params: object) -> Any:
        asked = {"id": "r1", "folderUri": self.editor.folder.as_uri(), **params}
        return await self.ask("review", **asked)

    async def ask(self, method: str, **params: object) -> Any:
        async with asyncio.timeout(REVIEWED_WITHIN_S):
            return await self.editor.client.protocol.send_request_async(f"inkling/{method}", params)

    def left_behind(self) -> list[str]:
        return [path.name for path in (self.repo.folder.parent / "tmp").glob("inkling-*")]


@pytest.fixture
async def window(closed_editor: Editor) -> AsyncIterator[Window]:
    await (await open_bubblewrap()).close()
    repo = Repo(closed_editor.folder)
    repo.commit({"cart.py": BEFORE})
    yield Window(closed_editor, repo)


async def test_a_planted_bug_is_commented_reproduced_mended_and_closed(window: Window) -> None:
    """On disk the file is fine; the bug is in the open document only."""
    await window.start()
    window.editor.open("cart.py", BROKEN)
    result = await window.review()
    assert result["message"].startswith("Reviewed the working tree against HEAD: 1 file, 1 comment"), result
    comment = result["comments"][0]
    assert (comment["uri"], comment["rule"], comment["severity"]) == (
        window.editor.uri("cart.py"),
        "behaviour.raises",
        "error",
    )
    assert comment["confirmation"] == "confirmed"
    assert comment["reproduction"]["call"] == "mean([])"
    assert "ZeroDivisionError" in comment["reproduction"]["after"]
    assert window.progress
    assert (await window.editor.own("inkling/diagnostics"))["loopHeldCpuMsMax"] < 1000
