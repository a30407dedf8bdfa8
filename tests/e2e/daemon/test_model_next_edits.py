"""Next edits from a language model: the installed server, a real HTTP client, and a scripted endpoint."""

from typing import Any

import pytest
from tests.e2e.daemon.edited_files import Window
from tests.e2e.daemon.editor import Editor
from tests.model_server.scripted import ModelServer, Received, Reply

GREETING = '''def greet(name):
    """Says hello."""
    return "Hello, " + name


def part(name):
    """Says goodbye."""
    return "Goodbye, " + name
'''
TYPED = "Says hello politely."
ANSWER = '@@ shop/greeting.py:7\n-    """Says goodbye."""\n+    """Says goodbye politely."""\nEND\n'


@pytest.fixture
async def window(closed_editor: Editor, model_server: ModelServer) -> Window:
    """A window on a file about which the embedded mind has nothing to say, with a model for edits."""
    closed_editor.settings |= {"model": {"baseUrl": model_server.base_url, "editModel": "editor"}}
    window = Window(closed_editor, {"shop/greeting.py": GREETING})
    await closed_editor.start()
    return window


def _questions(server: ModelServer) -> list[dict[str, Any]]:
    return [each.body for each in server.received if "You predict the next edit" in str(each.body.get("messages"))]


def _answers(text: str) -> Any:
    def script(received: Received) -> Reply:
        return Reply(texts=(text,))

    return script


async def test_what_the_model_says_is_offered_and_written_down_as_its_own(
    window: Window, model_server: ModelServer
) -> None:
    model_server.script = _answers(ANSWER)
    file = window["shop/greeting.py"].open()
    file.type("Says hello.", TYPED)

    edit = await file.some_edit()

    assert (edit["kind"], edit["newText"].strip()) == ("intent", "politely")
    (body,) = _questions(model_server)
    assert body["model"] == "editor"
    assert f'+    """{TYPED}"""' in body["messages"][-1]["content"]
    await window.accept(edit)
    assert '"""Says goodbye politely."""' in file.text
    (row,) = window.editor.rows("SELECT source, feature FROM decisions WHERE was_offered")
    assert row == {"source": "model", "feature": "next_edit"}


async def test_what_takes_back_the_last_change_is_never_offered(window: Window, model_server: ModelServer) -> None:
    model_server.script = _answers(f'@@ shop/greeting.py:2\n-    """{TYPED}"""\n+    """Says hello."""\n{ANSWER}')
    file = window["shop/greeting.py"].open()
    file.type("Says hello.", TYPED)

    edit = await file.some_edit()

    assert edit["newText"].strip() == "politely"
    assert edit["range"]["start"]["line"] == 6
