"""Files as an editor has them while next edits are asked for and applied: every edit that is offered must fit."""

import asyncio
import time
import uuid
from dataclasses import dataclass
from typing import Any

from lsprotocol import types
from tests.e2e.daemon.editor import ANSWER_WITHIN_S, Editor


def utf16_offset(text: str, position: dict[str, int]) -> int:
    """The offset of a position, for texts whose lines end in line feeds, with or without carriage returns."""
    lines = text.split("\n")
    line = lines[position["line"]].encode("utf-16-le")
    assert 2 * position["character"] <= len(line)
    before = line[: 2 * position["character"]].decode("utf-16-le")
    return sum(len(each) + 1 for each in lines[: position["line"]]) + len(before)


def utf16_position(text: str, offset: int) -> tuple[int, int]:
    """The position of an offset."""
    before = text[:offset]
    return before.count("\n"), len(before[before.rfind("\n") + 1 :].encode("utf-16-le")) // 2


@dataclass
class EditedFile:
    """One file, open in the editor or not."""

    window: "Window"
    name: str
    text: str
    version: int | None = None
    cursor: int = 0

    def open(self) -> "EditedFile":
        self.window.editor.open(self.name, self.text)
        self.version = 1
        return self

    def type(self, old: str, new: str, occurrence: int = 0) -> None:
        """Writes `new` in the place of the given occurrence of `old`."""
        offset = -1
        for _ in range(occurrence + 1):
            offset = self.text.index(old, offset + 1)
        self.replace(offset, offset + len(old), new)

    def replace(self, start: int, end: int, new: str) -> None:
        assert self.version is not None
        where = utf16_position(self.text, start), utf16_position(self.text, end)
        self.text = self.text[:start] + new + self.text[end:]
        self.cursor = start + len(new)
        self.version += 1
        self.window.editor.change(self.name, new, *where)

    async def ask(self, *, is_invoked: bool = False, version: int | None = None) -> dict[str, Any]:
        """Asks at the cursor, and makes sure that what is offered fits."""
        line, character = utf16_position(self.text, self.cursor)
        params = {
            "uri": self.window.editor.uri(self.name),
            "version": self.version if version is None else version,
            "position": {"line": line, "character": character},
            "isInvoked": is_invoked,
        }
        asked = (self.version, self.text)
        result: dict[str, Any] = await self.window.editor.own("inkling/nextEdit", params)
        if result["edit"] is not None:
            assert asked == (self.version, self.text)
            self.window.file_of(result["edit"]).check(result["edit"])
        return result

    async def next_edit(self) -> dict[str, Any] | None:
        edit: dict[str, Any] | None = (await self.ask())["edit"]
        return edit

    async def some_edit(self) -> dict[str, Any]:
        """The next edit, once the workers are up."""
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while (edit := await self.next_edit()) is None:
                await asyncio.sleep(0.05)
        return edit

    def check(self, edit: dict[str, Any]) -> None:
        """Makes sure that an edit is for the file as it is here."""
        assert edit["version"] == self.version
        start, end = (utf16_offset(self.text, edit["range"][border]) for border in ("start", "end"))
        assert self.text[start:end] == edit["oldText"]
        assert edit["oldText"] != edit["newText"]

    def apply(self, edit: dict[str, Any]) -> None:
        """Applies an edit as an editor does: a file that is not open is opened first."""
        self.check(edit)
        self._replace_range(edit)

    def apply_all(self, file_edits: dict[str, Any]) -> None:
        """Applies the edits of a group in this file, from the bottom up."""
        assert file_edits["version"] == self.version
        for edit in reversed(file_edits["edits"]):
            self._replace_range(edit)

    def _replace_range(self, edit: dict[str, Any]) -> None:
        if self.version is None:
            self.open()
        start, end = (utf16_offset(self.text, edit["range"][border]) for border in ("start", "end"))
        self.replace(start, end, edit["newText"])


class Window:
    """An editor and the files in it."""

    def __init__(self, editor: Editor, files: dict[str, str]) -> None:
        self.editor = editor
        self.files: dict[str, EditedFile] = {}
        for name, text in files.items():
            self.add(name, text)

    def add(self, name: str, text: str) -> EditedFile:
        """Writes one more file; it is not open."""
        path = self.editor.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, newline="")
        self.files[name] = EditedFile(self, name, text)
        return self.files[name]

    def __getitem__(self, name: str) -> EditedFile:
        return self.files[name]

    def file_of(self, edit: dict[str, Any]) -> EditedFile:
        (file,) = [file for file in self.files.values() if self.editor.uri(file.name) == edit["uri"]]
        return file

    async def tell(self, edit: dict[str, Any], *kinds: str) -> None:
        """Reports what became of an edit."""
        outcomes = [
            {"eventId": uuid.uuid4().hex, "suggestionId": edit["id"], "kind": kind, "atMs": time.time_ns() // 1_000_000}
            for kind in kinds
        ]
        await self.editor.own("inkling/recordOutcomes", {"outcomes": outcomes})

    async def accept(self, edit: dict[str, Any]) -> EditedFile:
        """Applies an edit and reports it; returns its file."""
        file = self.file_of(edit)
        file.apply(edit)
        await self.tell(edit, "shown", "accepted")
        return file

    async def follow(self, file: EditedFile, n_at_most: int = 20) -> list[dict[str, Any]]:
        """Accepts one edit after the other, until nothing follows; returns them."""
        accepted: list[dict[str, Any]] = []
        edit: dict[str, Any] | None = await file.some_edit()
        while edit is not None and len(accepted) < n_at_most:
            file = await self.accept(edit)
            accepted.append(edit)
            edit = await file.next_edit()
        return accepted

    def change_settings(self, **settings: Any) -> None:
        self.editor.client.set_configuration({"inkling": {**self.editor.settings, **settings}})
        self.editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
