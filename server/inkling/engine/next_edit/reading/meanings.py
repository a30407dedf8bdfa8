"""What names stand for where scopes cannot tell: jedi's word for it, as far as it has been asked by now.

Jedi runs in another process and takes its time. So whoever wants to know gets what is known now, and what is not is
noted, to be asked in the background; the next question finds the answers.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.file_view import FileView

MOST_WANTED = 80  # places of one question that are asked about, the first that were wanted
_MOST_INQUIRIES = 2  # of one question: two causes at a time
_MOST_KNOWN = 4000  # places

FilePlace = tuple[str, int, int]
"""Path of a file, line from 0, column in code points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """A name that was changed in some places of a file.

    Attributes:
        uri: The file.
        old: The name before.
        new: The name now.
        places: Lines and columns of the new name.
    """

    uri: DocumentUri
    old: str
    new: str
    places: tuple[tuple[int, int], ...]


class Past:
    """The files as they were before a name was changed; lines keep their numbers. Nothing is changed in the present."""

    def __init__(
        self, files: Mapping[DocumentUri, FileView], defining: Sequence[FileView], renamed: Sequence[Renamed]
    ) -> None:
        """Puts old names back.

        Args:
            files: All files as they are now.
            defining: The files of the definitions, as far as these are known: what a name stands for may change with
                their texts and with that of its own file alone.
            renamed: What was changed.
        """
        self._renamed: dict[DocumentUri, Renamed] = {each.uri: each for each in renamed if each.uri in files}
        views = {view.uri: view for view in (*defining, *(files[uri] for uri in self._renamed))}
        self.texts = {str(view.path): self._text(view) for view in views.values() if view.path is not None}
        paths = sorted({str(view.path) for view in defining if view.path is not None})
        self.key = hash(tuple((path, self.texts[path]) for path in paths))

    def text_key(self, view: FileView) -> int:
        """Returns the same for the same text of a file as it was."""
        return hash(self.texts.get(str(view.path), view.text))

    def place(self, view: FileView, line: int, column: int) -> FilePlace | None:
        """Returns where a place of a file was; None for a document that was never saved."""
        if view.path is None:
            return None
        renamed = self._renamed.get(view.uri)
        n_before = sum(at == line and start < column for at, start in renamed.places) if renamed is not None else 0
        moved = n_before * (len(renamed.old) - len(renamed.new)) if renamed is not None else 0
        return str(view.path), line, column + moved

    def _text(self, view: FileView) -> str:
        renamed = self._renamed.get(view.uri)
        if renamed is None:
            return view.text
        lines = list(view.lines)
        for line, column in sorted(renamed.places, reverse=True):
            text = lines[line]
            lines[line] = text[:column] + renamed.old + text[column + len(renamed.new) :]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """Places whose meaning is wanted.

    Attributes:
        key: The same for the same inquiry.
        texts: Files as they are to be seen, by path.
        places: Where the name stands in them.
        name: The name.
        adds_with: Definitions with which an answer adds to what is proposed; None: any does.
    """

    key: int
    texts: Mapping[str, str]
    places: tuple[FilePlace, ...]
    name: str
    adds_with: frozenset[FilePlace] | None


@dataclass(slots=True)
class _Wanted:
    past: Past
    name: str
    places: dict[FilePlace, int]
    adds_with: frozenset[FilePlace] | None


_Key = tuple[int, int, FilePlace]


class Meanings:
    """What was answered so far, and what is wanted since the last time that was taken."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Key, tuple[FilePlace, ...]] = OrderedDict()
        self._wanted: dict[tuple[int, str], _Wanted] = {}
        self._n_wanted = 0
        self._asked: OrderedDict[int, tuple[_Key, ...]] = OrderedDict()

    def definitions(
        self, past: Past, view: FileView, place: tuple[int, int], name: str, adds_with: frozenset[FilePlace] | None
    ) -> tuple[FilePlace, ...] | None:
        """Returns where a name is defined; empty where jedi does not know, None where it was not asked yet.

        Args:
            past: The files as they are to be seen.
            view: The file.
            place: Line and column of the name as they are now.
            name: The name as it was.
            adds_with: As in `Inquiry`.
        """
        was_at = past.place(view, *place)
        if was_at is None:
            return ()
        text = past.text_key(view)
        known = self._known.get((past.key, text, was_at))
        if known is None and self._n_wanted < MOST_WANTED:
            wanted = self._wanted.setdefault((past.key, name), _Wanted(past, name, {}, adds_with))
            self._n_wanted += was_at not in wanted.places
            wanted.places[was_at] = text
        return known

    def take_wanted(self) -> list[Inquiry]:
        """Returns what is wanted since it was called last, the first that was wanted first."""
        inquiries = [self._inquiry(wanted) for wanted in [*self._wanted.values()][:_MOST_INQUIRIES]]
        self._wanted.clear()
        self._n_wanted = 0
        return inquiries

    def learn(self, key: int, answers: Sequence[Sequence[FilePlace]]) -> None:
        """Takes the answers to an inquiry, one for each of its places."""
        for place, answer in zip(self._asked.pop(key, ()), answers, strict=False):
            self._known[place] = tuple((path, line, column) for path, line, column in answer)
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    def forget(self) -> None:
        """Forgets all answers: files were changed by others."""
        self._known.clear()

    def _inquiry(self, wanted: _Wanted) -> Inquiry:
        keys = tuple((wanted.past.key, text, place) for place, text in wanted.places.items())
        number = hash(keys)
        self._asked[number] = keys
        while len(self._asked) > 4 * _MOST_INQUIRIES:
            self._asked.popitem(last=False)
        return Inquiry(
            key=number,
            texts=wanted.past.texts,
            places=tuple(wanted.places),
            name=wanted.name,
            adds_with=wanted.adds_with,
        )


def pack_inquiry(inquiry: Inquiry) -> tuple[object, ...]:
    """Returns an inquiry as plain data."""
    adds_with = None if inquiry.adds_with is None else tuple(inquiry.adds_with)
    return inquiry.key, dict(inquiry.texts), inquiry.places, inquiry.name, adds_with


def unpack_inquiry(
    packed: tuple[int, dict[str, str], tuple[FilePlace, ...], str, tuple[FilePlace, ...] | None],
) -> Inquiry:
    """Returns the inquiry that `pack_inquiry` packed."""
    key, texts, places, name, adds_with = packed
    return Inquiry(
        key=key,
        texts=texts,
        places=places,
        name=name,
        adds_with=None if adds_with is None else frozenset(adds_with),
    )
