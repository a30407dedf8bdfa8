"""The edit history: from keystrokes to changes that mean something.

A keystroke belongs to the change that is under way if it falls on its lines or right beside them, in the same file and
not after a long pause; else it begins a new one. Lines that are rewritten one after the other are a change each, and
lines that stay divide a change, as they do in a diff. What came otherwise than by hand is told apart:

| what                                                            | becomes                                   |
|-----------------------------------------------------------------|-------------------------------------------|
| several places at once, a block at once, a macro's many places  | `APPLIED`                                 |
| the text is as it was before: an undo, a redo, what was deleted | the changes are those of then             |
| white space, quotes and the like, at once                       | part of the changes it falls on, no other |
| the file was changed on disk, or another branch checked out     | no change; what it rewrites is forgotten  |
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from inkling.context.edit_history.large_changes import cut, first_lines_after, topmost_parts, untouched
from inkling.context.edit_history.layout import is_layout_alone
from inkling.context.edit_history.records import Record, joined, moved, standing_around
from inkling.context.edit_history.tracked_text import LineHunk, TrackedText, is_large, parts_of
from inkling.core.edit import TextEdit
from inkling.core.next_edit import ChangeOrigin, LineChange
from inkling.core.ports import Clock
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.text import has_line_break

MAX_CHANGES: Final = 60  # more than a task has; the ranking looks at the latest few
MAX_AT_ONCE: Final = 30  # of more than MAX_CHANGES at once, so that what was done before stays known
MAX_TAKEN_BACK: Final = 10
MAX_STATES: Final = 400  # of a document that are known again; an undo of a minute's typing leads back to one of them
PAUSE_MS: Final = 30_000  # who comes back to a line after a longer one begins something new there
AT_ONCE_MS: Final = 1000  # places that are changed one after the other within it ...
MACRO_PLACES: Final = 4  # ... by a hand are fewer than these
BRANCH_FILES: Final = 3  # files changed on disk within AT_ONCE_MS, and saved by no editor
ON_DISK_MS: Final = 2000  # between a change on disk and the editor's own change that follows from it, either way
SAVE_ECHO_MS: Final = 3000  # from a save to the news that its file has changed
KB: Final = 1024
NEVER_MS: Final = -(2**53)  # a moment before all others, milliseconds


@dataclass(slots=True, kw_only=True)
class _Document:
    """What is known of one document; moments are milliseconds since the Unix epoch.

    Attributes:
        path: Where it lies on disk.
        text: Its text; None once it was closed.
        key: The key of its text.
        last_text_hash: The hash of its text when it was closed.
        records: Its changes, in no order.
        states: The changes that there were in each state that the text was in lately, by its key.
        saved_at_ms: When it was last saved.
        touched_when_saved: The latest keystroke then.
        on_disk_at_ms: When its file was changed by somebody else.
        begun_at_once: The changes that began with the latest edit of more than one character.
        at_once_ms: When that was.
    """

    path: Path | None
    text: TrackedText | None
    key: int = 0
    last_text_hash: int | None = None
    records: tuple[Record, ...] = ()
    states: OrderedDict[int, tuple[Record, ...]] = field(default_factory=OrderedDict)
    saved_at_ms: int = NEVER_MS
    touched_when_saved: int = 0
    on_disk_at_ms: int = NEVER_MS
    begun_at_once: frozenset[int] = frozenset()
    at_once_ms: int = NEVER_MS

    @property
    def lines(self) -> list[str]:
        """Its lines as they are now; none once it was closed."""
        return self.text.lines if self.text is not None else []

    def remember_state(self) -> None:
        """Notes that the text as it is now goes with the changes as they are now."""
        self.states[self.key] = self.records
        self.states.move_to_end(self.key)
        if len(self.states) > MAX_STATES:
            self.states.popitem(last=False)

    def rewrite(self, numbers: frozenset[int]) -> None:
        """Lets changes be what stands at their places now."""
        self.records = tuple(
            record.rewritten(self.lines) if record.number in numbers else record for record in self.records
        )

    def forget(self, numbers: frozenset[int]) -> None:
        """Forgets changes, in all states."""
        self.records = _without(self.records, numbers)
        self.states = OrderedDict((key, _without(records, numbers)) for key, records in self.states.items())


class RecentEdits:
    """An `EditHistory`. It reads nothing by itself, and a keystroke costs the lines that it touches."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._documents: dict[DocumentUri, _Document] = {}
        self._current: DocumentUri | None = None
        self._n_begun = 0
        self._n_touches = 0
        self._taken_back: OrderedDict[int, LineChange] = OrderedDict()
        self._begun: deque[tuple[int, DocumentUri, frozenset[int]]] = deque(maxlen=MACRO_PLACES)
        self._changed_on_disk: dict[Path, int] = {}
        self._switched_at_ms = NEVER_MS
        self._max_chars = 2**63

    def set_max_file_kb(self, max_file_kb: int) -> None:
        """Takes the size of the largest document that is followed, kilobytes; a larger one is as if it were closed."""
        self._max_chars = max_file_kb * KB

    def document_opened(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened; of the changes known from before those stay that still stand in it."""
        if len(snapshot.text) > self._max_chars:
            return
        text, known = TrackedText(snapshot.text), self._documents.get(snapshot.uri)
        document = _Document(path=snapshot.path, text=text, touched_when_saved=self._n_touches)
        if known is not None:
            self._end(snapshot.uri, known, known.records)
            is_same = known.last_text_hash == hash(snapshot.text)
            document.records = tuple(record for record in known.records if is_same or record.stands(text.lines))
        document.remember_state()
        self._documents[snapshot.uri] = document

    def document_edited(self, snapshot: Snapshot, edits: Sequence[TextEdit]) -> None:
        """Takes one notification of changes; one of a document that was never opened opens it."""
        uri, document = snapshot.uri, self._documents.get(snapshot.uri)
        if len(snapshot.text) > self._max_chars:
            self._put_aside(uri, document)
            return
        if document is None or document.text is None:
            self.document_opened(snapshot)
            return
        hunks = document.text.hunks(snapshot.text, edits)
        if not hunks:
            document.text.apply(hunks, snapshot.text)
            return
        self._leave_others(uri)
        document.key = document.text.key_after(hunks, snapshot.text)
        earlier = document.states.get(document.key)
        formatted: frozenset[int] = frozenset()
        if earlier is not None:
            self._return_to(uri, document, earlier)
        elif is_large(hunks):
            self._take_large(uri, document, hunks, edits)
        else:
            formatted = self._take(uri, document, hunks, edits)
        document.text.apply(hunks, snapshot.text)
        if formatted:
            document.rewrite(formatted)
        document.remember_state()
        self._forget_oldest()

    def document_saved(self, uri: DocumentUri) -> None:
        """Takes that the editor saved a document: the change of its file on disk is nobody else's."""
        document = self._documents.get(uri)
        if document is not None:
            document.saved_at_ms, document.touched_when_saved = self._clock.now_ms(), self._n_touches

    def document_closed(self, uri: DocumentUri) -> None:
        """Takes that a document was closed; what was not saved is gone with it."""
        document = self._documents.get(uri)
        if document is None:
            return
        self._put_aside(uri, document)
        document.records = tuple(each for each in document.records if each.touched <= document.touched_when_saved)
        if not document.records:
            del self._documents[uri]

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that were changed on disk by whomever; a changed `.git/HEAD` is a switch of branches."""
        now_ms = self._clock.now_ms()
        for path in paths:
            uri = next((uri for uri, document in self._documents.items() if document.path == path), None)
            document = self._documents[uri] if uri is not None else None
            if document is not None and now_ms - document.saved_at_ms <= SAVE_ECHO_MS:
                continue
            self._changed_on_disk[path] = now_ms
            if uri is None or document is None:
                continue
            if document.text is None:
                del self._documents[uri]
            else:
                document.on_disk_at_ms = now_ms
                self._disown(document)
        self._changed_on_disk = {
            path: at_ms for path, at_ms in self._changed_on_disk.items() if now_ms - at_ms <= AT_ONCE_MS
        }
        is_head = any(path.name == "HEAD" and path.parent.name == ".git" for path in paths)
        if is_head or len(self._changed_on_disk) >= BRANCH_FILES:
            self._switch_branches(now_ms)

    def recent(self) -> tuple[LineChange, ...]:
        """Returns the latest changes that the developer meant, oldest first, at their present places."""
        found = [
            (record.touched, record.first_line, uri, record if record.written else record.ended(document.lines))
            for uri, document in self._documents.items()
            for record in document.records
        ]
        found.sort(key=lambda each: each[:2])
        changes = [change for _, _, uri, record in found for change in record.changes(uri)]
        return tuple(changes[-MAX_CHANGES:])

    def taken_back(self) -> tuple[LineChange, ...]:
        """Returns the latest changes that were undone or deleted again, oldest first, at the places they had."""
        return tuple(self._taken_back.values())

    def _origin(self, document: _Document, hunks: Sequence[LineHunk], edits: Sequence[TextEdit]) -> ChangeOrigin:
        now_ms = self._clock.now_ms()
        is_of_disk = now_ms - max(document.on_disk_at_ms, self._switched_at_ms) <= ON_DISK_MS
        if is_of_disk and not _is_keystroke(edits):
            return ChangeOrigin.EXTERNAL
        is_at_once = len(edits) > 1 or any(_is_block(edit.inserted) for edit in edits)
        is_rewrapped = any(edit.n_removed and edit.inserted.strip() for edit in edits) and len(hunks[0].removed) > 1
        if (is_at_once or is_rewrapped) and is_layout_alone(hunks):
            return ChangeOrigin.FORMATTED
        return ChangeOrigin.APPLIED if is_at_once else ChangeOrigin.TYPED

    def _take(
        self, uri: DocumentUri, document: _Document, hunks: list[LineHunk], edits: Sequence[TextEdit]
    ) -> frozenset[int]:
        """Takes a change to a state that was not there before; returns the changes that a formatter rewrote."""
        origin = self._origin(document, hunks, edits)
        if not _is_keystroke(edits):
            hunks = [part for hunk in hunks for part in parts_of(hunk)]
        if origin is ChangeOrigin.EXTERNAL:
            self._end(uri, document, document.records)
            after = zip(document.records, moved(document.records, hunks), strict=True)
            document.records = tuple(now for before, now in after if now.n_lines > 0 or before.n_lines == 0)
        elif origin is ChangeOrigin.FORMATTED:
            formatted = standing_around(document.records, hunks, document.lines)
            document.records = tuple(moved(document.records, hunks))
            return formatted
        elif len(hunks) > MAX_CHANGES:
            self._end(uri, document, document.records)
            document.records = tuple(moved(document.records, hunks))
            self._begin_many(uri, document, hunks, origin)
        else:
            begun = self._write(uri, document, hunks, origin)
            if not _is_keystroke(edits):
                document.begun_at_once, document.at_once_ms = begun, self._clock.now_ms()
        return frozenset()

    def _take_large(
        self, uri: DocumentUri, document: _Document, hunks: Sequence[LineHunk], edits: Sequence[TextEdit]
    ) -> None:
        """As `_take`, but only the topmost places are looked at; changes whose lines are rewritten are forgotten."""
        places = [part for hunk in hunks for part in topmost_parts(hunk, MAX_AT_ONCE)]
        origin = self._origin(document, cut(places), edits)
        if origin is not ChangeOrigin.FORMATTED:
            self._end(uri, document, document.records)
        document.records = tuple(untouched(document.records, hunks))
        if origin in (ChangeOrigin.TYPED, ChangeOrigin.APPLIED):
            self._begin_many(uri, document, places, origin)

    def _write(
        self, uri: DocumentUri, document: _Document, hunks: Sequence[LineHunk], origin: ChangeOrigin
    ) -> frozenset[int]:
        """Makes hunks part of the changes they fall on, and begins new ones elsewhere; returns the new ones."""
        now_ms, lines = self._clock.now_ms(), document.lines
        self._n_touches += 1
        over = [
            record
            for record in document.records
            if now_ms - record.at_ms > PAUSE_MS or not any(record.takes_in(hunk) for hunk in hunks)
        ]
        self._end(uri, document, over)
        known = self._n_begun
        records = list(document.records)
        for hunk in reversed(hunks):
            beside = [record for record in records if record.written is None and record.takes_in(hunk)]
            records = [record.moved(hunk) for record in records if record not in beside]
            grown = joined(beside, lines).grown(hunk, lines) if beside else self._begin(hunk, hunk.first_line, origin)
            records.append(replace(grown, touched=self._n_touches, at_ms=now_ms))
        document.records = tuple(records)
        begun = frozenset(range(known + 1, self._n_begun + 1))
        if begun:
            self._notice_macro(now_ms, uri, begun)
        return begun

    def _begin_many(
        self, uri: DocumentUri, document: _Document, hunks: Sequence[LineHunk], origin: ChangeOrigin
    ) -> None:
        """Begins changes at the topmost of many places: they tell what was done everywhere."""
        self._n_touches += 1
        topmost = zip(cut(hunks[:MAX_AT_ONCE]), first_lines_after(hunks), strict=False)
        begun = [self._begin(hunk, first_line, origin) for hunk, first_line in topmost]
        document.records = (*document.records, *begun)
        document.begun_at_once = frozenset(record.number for record in begun)
        document.at_once_ms = self._clock.now_ms()
        self._notice_macro(document.at_once_ms, uri, document.begun_at_once)

    def _begin(self, hunk: LineHunk, first_line: int, origin: ChangeOrigin) -> Record:
        self._n_begun += 1
        return Record(
            number=self._n_begun,
            touched=self._n_touches,
            first_line=first_line,
            n_lines=len(hunk.inserted),
            focus=0,
            removed=hunk.removed,
            at_ms=self._clock.now_ms(),
            origin=origin,
        )

    def _notice_macro(self, now_ms: int, uri: DocumentUri, begun: frozenset[int]) -> None:
        """Takes for applied what begins in more places within a second than a hand can reach."""
        self._begun.append((now_ms, uri, begun))
        if len(self._begun) < MACRO_PLACES or now_ms - self._begun[0][0] > AT_ONCE_MS:
            return
        for _, place, numbers in self._begun:
            document = self._documents.get(place)
            if document is not None:
                document.records = tuple(
                    replace(record, origin=ChangeOrigin.APPLIED) if record.number in numbers else record
                    for record in document.records
                )

    def _return_to(self, uri: DocumentUri, document: _Document, earlier: tuple[Record, ...]) -> None:
        """Takes the changes of an earlier state of the same text."""
        kept = {record.number for record in earlier}
        for record in document.records:
            if record.number not in kept:
                ended = record if record.written is not None else record.ended(document.lines)
                self._note_taken_back(uri, ended)
        for number in kept:
            self._taken_back.pop(number, None)
        document.records = earlier

    def _end(self, uri: DocumentUri, document: _Document, records: Iterable[Record]) -> None:
        """Ends changes; what was typed and taken back since is none, nor is what it took back."""
        ending = {record.number for record in records if record.written is None}
        if not ending:
            return
        after = [each.ended(document.lines) if each.number in ending else each for each in document.records]
        gone = {each.number for each in after if each.number in ending and not each.changes_something}
        for later in after:
            if later.number in ending - gone:
                earlier = next((each for each in after if later.is_reverse_of(each) and each.number not in gone), None)
                if earlier is not None:
                    gone |= {later.number, earlier.number}
                    self._note_taken_back(uri, earlier)
        document.records = _without(after, frozenset(gone))

    def _note_taken_back(self, uri: DocumentUri, ended: Record) -> None:
        changes = ended.changes(uri)
        if changes:
            self._taken_back[ended.number] = changes[-1]
            if len(self._taken_back) > MAX_TAKEN_BACK:
                self._taken_back.popitem(last=False)

    def _put_aside(self, uri: DocumentUri, document: _Document | None) -> None:
        """Ends what is under way in a document, and follows it no longer."""
        if document is not None and document.text is not None:
            self._end(uri, document, document.records)
            document.last_text_hash = hash(document.text.text)
            document.text = None
            document.states.clear()

    def _leave_others(self, uri: DocumentUri) -> None:
        """Ends what is under way in other documents."""
        if uri != self._current:
            self._current = uri
            for other, document in self._documents.items():
                if other != uri:
                    self._end(other, document, document.records)

    def _switch_branches(self, now_ms: int) -> None:
        self._switched_at_ms = now_ms
        for uri, document in self._documents.items():
            self._end(uri, document, document.records)
            self._disown(document)

    def _disown(self, document: _Document) -> None:
        """Forgets what came at once a moment ago: it was the editor that followed a change on disk."""
        if self._clock.now_ms() - document.at_once_ms <= ON_DISK_MS:
            document.forget(document.begun_at_once)

    def _forget_oldest(self) -> None:
        n_too_many = sum(len(document.records) for document in self._documents.values()) - MAX_CHANGES
        if n_too_many <= 0:
            return
        oldest = sorted(
            (record.touched, record.number) for document in self._documents.values() for record in document.records
        )
        numbers = frozenset(number for _, number in oldest[:n_too_many])
        for document in self._documents.values():
            document.records = _without(document.records, numbers)


def _is_keystroke(edits: Sequence[TextEdit]) -> bool:
    return len(edits) == 1 and len(edits[0].inserted.strip()) <= 1 and edits[0].n_removed <= 1


def _is_block(text: str) -> bool:
    return has_line_break(text.strip())


def _without(records: Iterable[Record], numbers: frozenset[int]) -> tuple[Record, ...]:
    return tuple(record for record in records if record.number not in numbers)
