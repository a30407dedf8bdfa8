"""Next edits that need jedi, of the installed server, over a project of several files."""

import asyncio
from typing import Any

from tests.e2e.daemon.edited_files import Window
from tests.e2e.daemon.editor import ANSWER_WITHIN_S, Editor

STORE = '''"""Stores."""


class Store:
    def fetch(self, key):
        return key


class Kennel:
    def fetch(self, dog):
        return dog


def open_store() -> Store:
    return Store()
'''
PAGE = '''"""Pages."""

from stores import Kennel, open_store


class Page:
    def __init__(self):
        self.store = open_store()
        self.kennel = Kennel()

    def show(self):
        return self.store.fetch("title")

    def bark(self):
        return self.kennel.fetch("dog")
'''
TEST = """from stores import open_store


def test_fetch():
    store = open_store()
    assert store.fetch("x") == "x"
"""
FILES = {
    "stores/__init__.py": "from stores.store import Kennel, Store, open_store\n",
    "stores/store.py": STORE,
    "pages/__init__.py": "",
    "pages/page.py": PAGE,
    "tests/test_store.py": TEST,
}
TAKES_LATE = {"takesLateSuggestions": True, "isTrusted": True}


def told_by(editor: Editor) -> asyncio.Queue[Any]:
    """What the server says that it knows more about."""
    told: asyncio.Queue[Any] = asyncio.Queue()

    @editor.client.feature("inkling/nextEditReady")
    def next_edit_ready(params: Any) -> None:
        told.put_nowait(params)

    return told


async def test_a_method_is_renamed_through_the_objects_that_jedi_knows_and_no_others(closed_editor: Editor) -> None:
    window = Window(closed_editor, FILES)
    await closed_editor.start(TAKES_LATE)
    told = told_by(closed_editor)
    store = window["stores/store.py"].open()
    store.type("fetch(self, key)", "load(self, key)")
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while told.empty():  # until the workspace is read and jedi has answered
            await store.ask()
            await asyncio.sleep(0.05)
    assert (await told.get()).uri == closed_editor.uri("stores/store.py")

    edits = await window.follow(store)
    assert {edit["kind"] for edit in edits} == {"rename"}
    assert window["pages/page.py"].text == PAGE.replace('store.fetch("title")', 'store.load("title")')
    assert window["tests/test_store.py"].text == TEST.replace("store.fetch", "store.load")
    assert store.text == STORE.replace("fetch(self, key)", "load(self, key)")


async def test_an_attribute_that_cannot_exist_is_not_offered_and_the_reason_is_written_down(
    closed_editor: Editor,
) -> None:
    names = ["one", "two", "three"]
    made = "".join(f"{name} = Store()\n" for name in names) + "rex = Kennel()\n"
    calls = "".join(f"\n\ndef use_{name}():\n    return {name}.fetch('key')\n" for name in [*names, "rex"])
    stores = STORE.replace("class Kennel", "    def load(self, key):\n        return key\n\n\nclass Kennel")
    text = f"from stores import Kennel, Store\n\n{made}{calls}"
    window = Window(closed_editor, {**FILES, "stores/store.py": stores, "use.py": text})
    await closed_editor.start()
    use = window["use.py"].open()
    for name in names:
        use.type(f"return {name}.fetch('key')", f"return {name}.load('key')")
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while not closed_editor.rows("SELECT 1 FROM decisions WHERE reason = 'unknown_attribute'"):
            edit = (await use.ask(is_invoked=True))["edit"]
            if edit is not None:  # jedi had not looked at it in time: as long as it is on display it stays
                await window.tell(edit, "shown", "ignored")
            await asyncio.sleep(0.05)
