"""What the daemon remembers of the documents that are open or were, and of what was changed in them."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inkling.context.prompt_context.code_facts import NAME_LINES, WAIT_S, CodeFacts, Facts, FoundCode
from inkling.context.prompt_context.imported import Import, ImportedFiles, find_imports
from inkling.context.prompt_context.masking import masked
from inkling.context.prompt_context.outlining import outline
from inkling.context.prompt_context.parts import ContextQuestion, Definition, RecentEdit
from inkling.context.prompt_context.readable import Readable, is_installed
from inkling.context.prompt_context.searching import SearchedDocument
from inkling.core.edit import TextEdit, minimal_edit
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import CompletionRequest
from inkling.core.text import line_end, line_start, split_lines

MAX_DOCUMENTS: Final = 20  # besides the one at hand
MAX_CHARS: Final = 500_000  # of one document; a larger one is data
MAX_EDITS: Final = 20
MAX_EDIT_CHARS: Final = 4000  # what is larger was pasted or reformatted, and tells little for its length
NEAR_LINES: Final = 2  # edits with at most so many line breaks between them are one
MAX_DEFINITIONS: Final = 6
PREPARED_AT_ONCE: Final = 2  # documents that one question waits for; the others' turn comes with the next questions
_NAME: Final = re.compile(r"\.([^\W\d]\w{2,})\(|(?<![\w.])([^\W\d]\w{2,})\b(?!\Z)")  # not one that is being written


@dataclass(slots=True, kw_only=True)
class _Remembered:
    """A document that is open, or was: its latest text, and the same ready for search once that was needed."""

    snapshot: Snapshot
    searched: SearchedDocument | None = None
    is_open: bool = True


@dataclass(slots=True, kw_only=True)
class _Change:
    """Whole lines that were changed: as they were, and where they stand in the document's latest text."""

    uri: DocumentUri
    before: str
    start: int
    end: int


class ContextRecorder:
    """Follows documents, as a `WorkspaceListener`, and puts together the questions that `build` answers.

    What it keeps is bounded: the texts of 21 documents and 20 edits. Taking a document costs well under a millisecond;
    documents are prepared for search in a thread, once for each text that the user has left for another.
    """

    def __init__(self, facts: CodeFacts | None = None) -> None:
        """Remembers nothing yet.

        Args:
            facts: Finds out what names stand for and what is wrong; None: only what the recorder's own texts tell.
        """
        self._facts = facts
        self._documents: OrderedDict[DocumentUri, _Remembered] = OrderedDict()
        self._changes: list[_Change] = []
        self._readable = Readable(WorkspaceScope(folders=(), interpreter=None, index=IndexSettings()))
        self._imported = ImportedFiles((), self._readable)

    def open_workspace(self, scope: WorkspaceScope) -> None:
        """Takes the folders, and the patterns of what is excluded."""
        self._look_anew()
        self._readable = Readable(scope)
        self._imported = ImportedFiles(scope.folders, self._readable)
        for remembered in self._documents.values():
            remembered.searched = None  # its name in the workspace may be another

    def document_changed(self, snapshot: Snapshot) -> None:
        """Takes a document that was opened or edited."""
        if next(reversed(self._documents), snapshot.uri) != snapshot.uri:
            self._look_anew()  # they may rest on the text of the one that changes now
        known = self._documents.pop(snapshot.uri, None)
        if len(snapshot.text) > MAX_CHARS:
            self._forget_changes(snapshot.uri)
            return
        if known is not None and known.is_open:
            self._record(known.snapshot, snapshot)
        else:
            self._forget_changes(snapshot.uri)
        self._documents[snapshot.uri] = _Remembered(snapshot=snapshot)
        while len(self._documents) > MAX_DOCUMENTS + 1:
            forgotten, _ = self._documents.popitem(last=False)
            self._forget_changes(forgotten)

    def document_closed(self, uri: DocumentUri) -> None:
        """Takes that a document was closed; it still counts as used lately."""
        remembered = self._documents.get(uri)
        if remembered is not None:
            remembered.is_open = False

    def files_changed(self, paths: Sequence[Path]) -> None:
        """Takes files that changed on disk: one of them may be a `.gitignore`."""
        self._look_anew()
        self._readable.forget()
        self._imported.forget()

    async def prepare(self, besides: DocumentUri | None = None, at_most: int = MAX_DOCUMENTS) -> None:
        """Makes documents ready for search, the latest first; `question` does so by itself, some at a time.

        Args:
            besides: The document at hand, which is not searched.
            at_most: How many.
        """
        readable = self._readable
        waiting = [other for uri, other in reversed(self._documents.items()) if uri != besides and not other.searched]
        for other in waiting[:at_most]:
            snapshot = other.snapshot
            if snapshot.path is None or await asyncio.to_thread(readable.look, snapshot.path):
                name = readable.name(snapshot.path)
                other.searched = await asyncio.to_thread(SearchedDocument.prepare, name, snapshot.text)

    async def question(self, request: CompletionRequest, facts_within_s: float = WAIT_S) -> ContextQuestion | None:
        """Returns what is known of a place, or None for a file that no model may see.

        None means that git ignores the file, `inkling.index.exclude` names it, or it holds secrets by its purpose.

        Args:
            request: The place.
            facts_within_s: Longest wait for definitions and diagnostics that are not known yet, seconds.
        """
        readable = self._readable
        uri, path = request.snapshot.uri, request.snapshot.path
        await self.prepare(besides=uri, at_most=PREPARED_AT_ONCE)
        if path is not None and readable.known(path) is None:
            await asyncio.to_thread(readable.look, path)
        if not readable.known(path):
            return None
        others = [self._documents[other] for other in reversed(self._documents) if other != uri]
        others = [other for other in others if readable.known(other.snapshot.path)][:MAX_DOCUMENTS]
        documents = tuple(other.searched for other in others if other.searched is not None)
        imports = find_imports(request.snapshot.text)
        sources = [*documents, *await self._imported_files(path, imports)]
        facts = Facts() if self._facts is None else await self._facts.near(request, facts_within_s)
        definitions = [*await self._definitions(facts), *_definitions(request, imports, sources, facts)]
        return ContextQuestion(
            text=request.snapshot.text,
            offset=request.offset,
            path=readable.name(request.snapshot.path),
            documents=documents,
            edits=tuple(self._edits(request, readable)),
            definitions=tuple(dict.fromkeys(definitions))[:MAX_DEFINITIONS],
            diagnostics=facts.diagnostics,
        )

    async def _definitions(self, facts: Facts) -> list[Definition]:
        """Returns the definitions that were found where a model may look."""
        return [
            Definition(
                path=self._readable.name(found.path),
                text=outline([line.rstrip("\r\n") for line in split_lines(masked(found.code))], 0),
            )
            for found in facts.definitions
            if await self._may_quote(found)
        ]

    async def _may_quote(self, found: FoundCode) -> bool:
        readable, path = self._readable, found.path
        if is_installed(path):
            return readable.look_installed(path)
        known = readable.known(path)
        return await asyncio.to_thread(readable.look, path) if known is None else known

    def _look_anew(self) -> None:
        if self._facts is not None:
            self._facts.files_changed()

    async def _imported_files(self, path: Path | None, imports: Sequence[Import]) -> list[SearchedDocument]:
        """Returns what is known of the files that a document imports and that were not open lately."""
        if path is None:
            return []
        imported = self._imported
        for module in imported.missing(path, imports)[:PREPARED_AT_ONCE]:
            await asyncio.to_thread(imported.look, path, module)
        remembered = {remembered.snapshot.path for remembered in self._documents.values()}
        return [file for where, file in imported.known(path, imports) if where not in remembered]

    def _record(self, old: Snapshot, new: Snapshot) -> None:
        """Adds what was done between two texts of a document to the changes, or to the one near to it."""
        edit = minimal_edit(old.text, new.text)
        if not edit.n_removed and not edit.inserted:
            return
        if self._facts is not None:
            # Where something was typed a question will follow.
            self._facts.prepare(CompletionRequest(snapshot=new, offset=edit.offset + len(edit.inserted)))
        shift = len(edit.inserted) - edit.n_removed
        start, end = _whole_lines(old.text, edit)
        before = old.text[start:end]
        kept = []
        for change in self._changes:
            if change.uri != new.uri:
                kept.append(change)
            elif _are_near(old.text, change, start, end):
                first, last = min(start, change.start), max(end, change.end)
                was = old.text[first : change.start] + change.before + old.text[change.end : last]
                # What the older change replaced stands in its own place of what both of them replaced.
                start, end, before = first, last, was
            else:
                if change.start >= end:
                    change.start, change.end = change.start + shift, change.end + shift
                kept.append(change)
        kept.append(_Change(uri=new.uri, before=before, start=start, end=end + shift))
        self._changes = [change for change in kept if _is_small(change)][-MAX_EDITS:]

    def _forget_changes(self, uri: DocumentUri) -> None:
        self._changes = [change for change in self._changes if change.uri != uri]

    def _edits(self, request: CompletionRequest, readable: Readable) -> Iterator[RecentEdit]:
        """Yields what was changed, the latest first, but for the lines that are being written."""
        for change in reversed(self._changes):
            snapshot = self._documents[change.uri].snapshot
            is_here = change.uri == request.snapshot.uri and change.start <= request.offset <= change.end
            after = snapshot.text[change.start : change.end]
            if not is_here and after != change.before and readable.known(snapshot.path):
                yield RecentEdit(path=readable.name(snapshot.path), before=change.before, after=after)


def _whole_lines(text: str, edit: TextEdit) -> tuple[int, int]:
    """Returns the stretch of whole lines, with their ends, that an edit of `text` touches."""
    end = line_end(text, edit.end)
    return line_start(text, edit.offset), end + (2 if text.startswith("\r\n", end) else 1 if end < len(text) else 0)


def _are_near(text: str, change: _Change, start: int, end: int) -> bool:
    between = text[min(end, change.end) : max(start, change.start)]
    return between.count("\n") <= NEAR_LINES


def _is_small(change: _Change) -> bool:
    return len(change.before) <= MAX_EDIT_CHARS and change.end - change.start <= MAX_EDIT_CHARS


def _definitions(
    request: CompletionRequest, imports: Sequence[Import], documents: Sequence[SearchedDocument], facts: Facts
) -> Iterator[Definition]:
    """Yields what names near the cursor seem to stand for in other documents, the nearest name first.

    Those that `facts` tell of are left out. A name counts when the document imports it; a method that is called, when a
    single document defines one of its name.
    """
    text, offset = request.snapshot.text, request.offset
    start = line_start(text, offset)
    for _ in range(NAME_LINES):
        start = line_start(text, max(0, start - 1))
    imported = {name for statement in imports for name in statement.names}
    n_found = 0
    known = {found.name.rpartition(".")[2] for found in facts.definitions}
    for called, plain in dict.fromkeys(match.groups() for match in reversed(list(_NAME.finditer(text, start, offset)))):
        name = called or plain
        if name in known or (plain and plain not in imported):
            continue
        found = [(document.path, code) for document in documents if (code := document.definition(name)) is not None]
        if found and (plain or len(found) == 1):
            yield Definition(path=found[0][0], text=found[0][1])
            n_found += 1
            if n_found == MAX_DEFINITIONS:
                return
