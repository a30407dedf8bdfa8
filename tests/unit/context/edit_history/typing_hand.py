"""An editor without a screen: changes texts as editors do, and tells the history."""

from collections.abc import Callable
from pathlib import Path

from inkling.context.edit_history import RecentEdits
from inkling.core.edit import TextEdit, apply_edit, minimal_edit
from inkling.core.next_edit import LineChange
from inkling.core.ports import Timer
from inkling.core.snapshot import DocumentUri, Snapshot


class HandClock:
    def __init__(self) -> None:
        self.ms = 1_000_000

    def now_ms(self) -> int:
        return self.ms

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        raise AssertionError("the history waits for nothing")


class Hand:
    """Types into documents, by name."""

    def __init__(self, **texts: str) -> None:
        self.clock = HandClock()
        self.history = RecentEdits(self.clock)
        self.texts: dict[str, str] = {}
        self.version = 0
        for name, text in texts.items():
            self.open(name, text)

    def path(self, name: str) -> Path:
        return Path(f"/project/{name}.py")

    def uri(self, name: str) -> DocumentUri:
        return DocumentUri(f"file:///project/{name}.py")

    def snapshot(self, name: str) -> Snapshot:
        return Snapshot(uri=self.uri(name), path=self.path(name), version=self.version, text=self.texts[name])

    def open(self, name: str, text: str) -> None:
        self.texts[name] = text
        self.history.document_opened(self.snapshot(name))

    def edit(self, name: str, *edits: TextEdit) -> None:
        """One notification with edits, each in offsets of what the one before it left."""
        for edit in edits:
            self.texts[name] = apply_edit(self.texts[name], edit)
        self.version += 1
        self.history.document_edited(self.snapshot(name), edits)

    def type(self, name: str, before: str, text: str, n_removed: int = 0) -> None:
        """Types key by key behind the first occurrence of `before`, after deleting so many characters there."""
        at = self.texts[name].index(before) + len(before)
        for _ in range(n_removed):
            self.edit(name, TextEdit(offset=at, n_removed=1, inserted=""))
        for key in text:
            self.edit(name, TextEdit(offset=at, n_removed=0, inserted=key))
            at += 1
            self.clock.ms += 120

    def replace(self, name: str, old: str, new: str) -> None:
        """Replaces the first occurrence at once, as one edit that is as small as it can be."""
        self.edit(name, minimal_edit(self.texts[name], self.texts[name].replace(old, new, 1)))

    def replace_all(self, name: str, old: str, new: str) -> None:
        """Replaces all occurrences in one notification, from the bottom up, as several cursors do."""
        text, edits, end = self.texts[name], list[TextEdit](), len(self.texts[name])
        while (at := text.rfind(old, 0, end)) >= 0:
            edits.append(TextEdit(offset=at, n_removed=len(old), inserted=new))
            end = at
        self.edit(name, *edits)

    def turn_into(self, name: str, text: str) -> None:
        """Replaces the whole text, as one edit that is as small as it can be."""
        self.edit(name, minimal_edit(self.texts[name], text))

    def wait(self, seconds: float) -> None:
        self.clock.ms += round(seconds * 1000)

    @property
    def recent(self) -> tuple[LineChange, ...]:
        return self.history.recent()

    @property
    def summary(self) -> list[tuple[int, tuple[str, ...], tuple[str, ...]]]:
        return [(change.first_line, change.removed, change.inserted) for change in self.recent]
