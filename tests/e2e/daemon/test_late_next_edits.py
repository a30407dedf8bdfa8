"""Next edits of a language model: they come late and the editor is told; without an endpoint nothing leaves."""

import asyncio
from typing import Any

import psutil
from tests.e2e.daemon.edited_files import Window
from tests.e2e.daemon.editor import ANSWER_WITHIN_S, Editor
from tests.model_server.scripted import ModelServer, Received, Reply

TEXT = """def greeting(name):
    return "Hello " + name


def farewell(name):
    return "Bye " + name
"""
EDIT = '@@ hello.py:6\n-    return "Bye " + name\n+    return "Bye, " + name + "!"\n'
TAKES_LATE = {"takesLateSuggestions": True, "isTrusted": True}


def script(received: Received) -> Reply:
    """Answers questions for edits, and the endpoint's trials as usual."""
    is_question = "You predict the next edit" in str(received.body.get("messages"))
    return Reply(texts=(f"```diff\n{EDIT}```\nEND\n",)) if is_question else Reply()


async def test_the_editor_is_told_when_the_model_has_found_something(
    closed_editor: Editor, model_server: ModelServer
) -> None:
    model_server.script = script
    closed_editor.settings["model"] = {"baseUrl": model_server.base_url, "editModel": "editor"}
    window = Window(closed_editor, {"hello.py": TEXT})
    await closed_editor.start(TAKES_LATE)
    told: asyncio.Queue[Any] = asyncio.Queue()

    @closed_editor.client.feature("inkling/nextEditReady")
    def next_edit_ready(params: Any) -> None:
        told.put_nowait(params)

    hello = window["hello.py"].open()
    hello.type("Hello ", "Hello, dear ")
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while told.empty():  # until the endpoint is connected
            await hello.ask()
            await asyncio.sleep(0.05)
    assert (await told.get()).uri == closed_editor.uri("hello.py")
    edit = await hello.some_edit()
    assert (edit["kind"], edit["newText"]) == ("intent", ', " + name + "!"')
    await window.accept(edit)
    assert hello.text.endswith('    return "Bye, " + name + "!"\n')


async def test_without_an_endpoint_nothing_is_connected_to(closed_editor: Editor) -> None:
    window = Window(closed_editor, {"hello.py": TEXT})
    await closed_editor.start(TAKES_LATE)
    hello = window["hello.py"].open()
    hello.type("name", "friend")
    await hello.some_edit()
    family = [closed_editor.process, *closed_editor.process.children(recursive=True)]
    assert [each for process in family for each in _connections(process)] == []


def _connections(process: psutil.Process) -> list[Any]:
    """Returns what a process is connected to: nothing, where it has ended since it was listed."""
    try:
        return process.net_connections(kind="inet")
    except psutil.NoSuchProcess:
        return []


async def test_an_untrusted_workspace_is_answered_without_its_interpreter(closed_editor: Editor) -> None:
    trap = closed_editor.folder.parent / "python"
    trap.parent.mkdir(parents=True, exist_ok=True)
    trap.write_text(f"#!/bin/sh\ntouch {trap}.was_run\n")
    trap.chmod(0o755)
    closed_editor.settings["interpreter"] = str(trap)
    window = Window(closed_editor, {"hello.py": TEXT})
    await closed_editor.start({"isTrusted": False, "interpreter": str(trap)})
    await closed_editor.wait_for_index()
    hello = window["hello.py"].open()
    hello.type("name", "friend")
    await hello.some_edit()
    assert not trap.with_name("python.was_run").exists()
