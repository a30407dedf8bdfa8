"""*Fix with feedback* and the Testing view over the protocol, with the real search in a real sandbox."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from lsprotocol import types
from tests.contract.sandbox.project import control_groups, staging_folders
from tests.e2e.daemon.editor import ANSWER_WITHIN_S, Editor
from tests.sandboxes.backends import open_bubblewrap

BROKEN = '''"""A cart. 🛒"""


def total(prices):
    result = 0
    for price in prices:
        result -= price
    return result


def count(prices):
    return len(prices)
'''
TESTS = """from cart import count, total


def test_total():
    assert total([1, 2, 3]) == 6


def test_total_of_none():
    assert total([]) == 0


def test_below_zero():
    assert total([-4, 1]) == -3


def test_count():
    assert count([1, 2]) == 2
"""
MISSPELT = "def shout(word: str) -> str:\n    return word.uper()\n"
MISSPELT_TESTS = """from shout import shout


def test_word():
    assert shout("a") == "A"


def test_words():
    assert shout("ab c") == "AB C"


def test_nothing():
    assert shout("") == ""


def test_other_letters():
    assert shout("a1ß") == "A1SS"
"""
"""So many that one change alone is left to be sure of."""
ENDLESS = "def test_endless():\n    while True:\n        pass\n"
TRUSTED = {"ownsInlineCompletion": True, "isTrusted": True, "interpreter": sys.executable}
FIX_WITHIN_S = 240  # on a machine that has much else to do


class Window:
    """An editor on a project with a fault, and what it was told without asking."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.progress: list[Any] = []
        self.offers: asyncio.Queue[Any] = asyncio.Queue()
        self.withdrawn: asyncio.Queue[Any] = asyncio.Queue()
        editor.settings |= {"fix": {"budgetSeconds": 20}, "sandbox": {"backend": "bubblewrap"}}
        editor.arguments = ["--any-load"]

    async def start(self, options: object = TRUSTED) -> None:
        await self.editor.start(options)

        @self.editor.client.feature("inkling/fixProgress")
        def fix_progress(params: Any) -> None:
            self.progress.append(_plain(params))

        @self.editor.client.feature("inkling/fixOffered")
        def fix_offered(params: Any) -> None:
            self.offers.put_nowait(_plain(params))

        @self.editor.client.feature("inkling/fixWithdrawn")
        def fix_withdrawn(params: Any) -> None:
            self.withdrawn.put_nowait(_plain(params))

        await self.editor.wait_for_index()

    async def ask(self, method: str, **params: object) -> Any:
        async with asyncio.timeout(FIX_WITHIN_S):
            return await self.editor.client.protocol.send_request_async(
                f"inkling/{method}", {"folderUri": self.editor.folder.as_uri(), **params}
            )

    async def recorded_fixes(self) -> list[dict[str, Any]]:
        """Returns what was written down of fixes, once there is something: nobody waits for that but tests."""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while not (rows := self.editor.rows("SELECT * FROM decisions WHERE feature = 'fix' ORDER BY id")):
                await asyncio.sleep(0.02)
        return rows


@pytest.fixture
async def window(closed_editor: Editor) -> AsyncIterator[Window]:
    await (await open_bubblewrap()).close()
    closed_editor.write_project({"cart.py": BROKEN, "test_cart.py": TESTS})
    yield Window(closed_editor)


def _plain(value: Any) -> Any:
    """Returns dictionaries for the named tuples that pygls makes of notifications that it does not know."""
    if hasattr(value, "_asdict"):
        return {name: _plain(item) for name, item in value._asdict().items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _applied(text: str, edits: list[Any]) -> str:
    """Returns a text after the protocol's edits, whose columns are UTF-16."""
    lines = text.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda edit: -edit["range"]["start"]["line"]):
        start, end = edit["range"]["start"], edit["range"]["end"]
        assert start["line"] == end["line"]
        units = lines[start["line"]].encode("utf-16-le")
        new = edit["newText"].encode("utf-16-le")
        lines[start["line"]] = (units[: 2 * start["character"]] + new + units[2 * end["character"] :]).decode(
            "utf-16-le"
        )
    return "".join(lines)


async def test_tests_are_found_and_run(window: Window) -> None:
    await window.start()
    found = await window.ask("discoverTests")
    assert [test["nodeId"] for test in found["tests"]] == [
        "test_cart.py::test_total",
        "test_cart.py::test_total_of_none",
        "test_cart.py::test_below_zero",
        "test_cart.py::test_count",
    ]
    assert (found["tests"][0]["line"], found["tests"][0]["label"]) == (3, "test_total")
    assert found["tests"][0]["uri"] == window.editor.uri("test_cart.py")
    one = await window.ask("discoverTests", uris=[window.editor.uri("cart.py")])
    assert one["tests"] == []
    run = await window.ask("runTests", nodeIds=["test_cart.py::test_total", "test_cart.py::test_count"])
    assert [result["outcome"] for result in run["results"]] == ["failed", "passed"]
    assert run["results"][0]["message"].startswith("AssertionError: assert -6 == 6")
    assert run["results"][0]["frames"][-1]["line"] == 4
    assert run["problem"] is None


async def test_a_fix_is_found_for_the_text_that_the_user_sees_and_mends_it(window: Window) -> None:
    """On disk the file is fine; the fault is in the open document only."""
    window.editor.write_project({"cart.py": BROKEN.replace("-=", "+=")})
    await window.start()
    window.editor.open("cart.py", BROKEN)
    node_ids = ["test_cart.py::test_total", "test_cart.py::test_below_zero"]
    result = await window.ask("fix", id="f1", nodeIds=node_ids, precision="plausible")
    assert result["reason"] is None, result
    fix = result["fixes"][0]
    (edits,) = fix["edits"]
    assert (edits["uri"], edits["version"]) == (window.editor.uri("cart.py"), 1)
    mended = _applied(BROKEN, edits["edits"])
    scope: dict[str, Any] = {}
    exec(mended, scope)  # noqa: S102 - the sample with its fix
    assert (scope["total"]([1, 2, 3]), scope["total"]([-4, 1])) == (6, -3)
    assert fix["verdict"] in ("verified", "plausible")
    assert "Failed before and passes now: test_cart.py::test_total." in fix["evidence"]
    assert fix["diff"].startswith("--- a/cart.py\n+++ b/cart.py\n")
    assert {progress["id"] for progress in window.progress} == {"f1"}
    assert any(progress["nTried"] > 0 for progress in window.progress)
    assert result["suspicious"][0]["uri"] == window.editor.uri("cart.py")
    assert result["visits"]
    (decision, *_) = await window.recorded_fixes()
    assert (decision["suggestion_id"], decision["was_offered"]) == (fix["fixId"], 1)
    assert (window.editor.folder / "cart.py").read_text() == BROKEN.replace("-=", "+=")


async def test_a_failing_run_leads_to_an_offer_that_an_edit_takes_away(window: Window) -> None:
    window.editor.write_project({"shout.py": MISSPELT, "test_shout.py": MISSPELT_TESTS})
    await window.start()
    window.editor.open("shout.py", MISSPELT)
    await window.ask("runTests", nodeIds=["test_shout.py"])
    async with asyncio.timeout(FIX_WITHIN_S):
        offer = await window.offers.get()
    assert (offer["uri"], offer["line"]) == (window.editor.uri("shout.py"), 1)
    assert (offer["fix"]["verdict"], len(offer["nodeIds"])) == ("verified", 4)
    assert "+    return word.upper()\n" in offer["fix"]["diff"]
    window.editor.change("shout.py", "x", (2, 0))
    async with asyncio.timeout(ANSWER_WITHIN_S):
        withdrawn = await window.withdrawn.get()
    assert withdrawn["fixId"] == offer["fix"]["fixId"]
    (row,) = await window.recorded_fixes()
    assert (row["trigger"], row["was_offered"]) == ("automatic", 1)


async def test_a_cancelled_search_leaves_nothing(window: Window) -> None:
    window.editor.write_project({"test_endless.py": ENDLESS})
    await window.start()
    server = window.editor.process.pid
    idle = {process.pid for process in psutil.Process(server).children(recursive=True)}
    protocol = window.editor.client.protocol
    params = {"id": "f1", "folderUri": window.editor.folder.as_uri(), "nodeIds": ["test_endless.py"]}
    answer = protocol.send_request("inkling/fix", params, msg_id="the-search")
    async with asyncio.timeout(FIX_WITHIN_S):
        while not any("test_endless" in progress["words"] for progress in window.progress):
            await asyncio.sleep(0.02)
        protocol.notify("$/cancelRequest", types.CancelParams(id="the-search"))
        with pytest.raises(Exception, match=r"(?i)cancel"):
            await asyncio.wrap_future(answer)
        while control_groups(server) or staging_folders(server):
            await asyncio.sleep(0.05)
        while {process.pid for process in psutil.Process(server).children(recursive=True)} - idle:
            await asyncio.sleep(0.05)
    again = await window.ask("runTests", nodeIds=["test_cart.py::test_count"])
    assert [result["outcome"] for result in again["results"]] == ["passed"]


async def test_nothing_runs_without_trust_and_outside_of_the_workspace(window: Window, tmp_path: Path) -> None:
    (window.editor.folder / "conftest.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    await window.start({**TRUSTED, "isTrusted": False})
    fix = await window.ask("fix", id="f1")
    assert (fix["reason"], fix["fixes"]) == ("not_trusted", [])
    assert "Workspace Trust" in fix["message"]
    assert (await window.ask("runTests"))["problem"] == "not_trusted"
    assert (await window.ask("discoverTests"))["problem"] == "not_trusted"
    with pytest.raises(Exception, match="no folder of this workspace"):
        await window.ask("runTests", folderUri=Path(os.sep, "tmp").as_uri())


async def test_a_sandbox_that_is_off_is_told(window: Window) -> None:
    window.editor.settings["sandbox"] = {"backend": "off"}
    await window.start()
    fix = await window.ask("fix", id="f1")
    assert fix["reason"] == "no_sandbox"
    assert "inkling.sandbox.backend" in fix["message"]
    assert (await window.ask("runTests"))["problem"] == "no_sandbox"


async def test_an_answer_to_a_forgotten_question_is_refused_in_words(window: Window) -> None:
    await window.start()
    with pytest.raises(Exception, match="too long ago"):
        await window.ask("answerFixQuestion", sessionId="gone", answer=0)
