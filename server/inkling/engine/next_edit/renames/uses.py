"""Whether a use of a changed name means what was changed, by jedi's word, where scopes cannot tell."""

from collections.abc import Iterable, Sequence

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.meanings import Past, Renamed
from inkling.engine.next_edit.reading.scopes import Occurrence
from inkling.engine.next_edit.renames.name_changes import NameChange, name_changes
from inkling.engine.next_edit.situation import Situation

_SURE = 1.0


class Uses:
    """Uses of one name that was changed, seen in the files as they were before."""

    def __init__(
        self, situation: Situation, change: NameChange, defined_at: Iterable[tuple[FileView, tuple[int, int]]]
    ) -> None:
        """Prepares; nothing is asked where jedi is not.

        Args:
            situation: The files.
            change: The name.
            defined_at: Where what was changed is defined, be it by the new name or still by the old one: files, lines
                and columns.
        """
        self._meanings = situation.meanings
        self._old = change.old
        if self._meanings is not None:
            known = list(defined_at)
            self._past = past_of(situation, change, list(dict.fromkeys(view for view, _ in known)))
            places = (self._past.place(view, *place) for view, place in known)
            self._defined_at = frozenset(place for place in places if place is not None)

    def certainty(self, view: FileView, found: Occurrence, otherwise: float) -> float:
        """Returns how surely a use means what was changed.

        Args:
            view: Its file.
            found: The use.
            otherwise: How surely it does by all that is known without jedi.
        """
        if self._meanings is None:
            return otherwise
        means = self._meanings.definitions(self._past, view, found.place, self._old, self._defined_at)
        if not means or not self._defined_at:
            return otherwise
        if self._defined_at.issuperset(means):
            return _SURE
        return 0.0 if self._defined_at.isdisjoint(means) else otherwise


def past_of(situation: Situation, change: NameChange, defining: Sequence[FileView]) -> Past:
    """Returns the files as they were before a name was changed in any of them; see `Past`."""
    renamed = [
        Renamed(uri=each.uri, old=each.old, new=each.new, places=each.places)
        for each in name_changes(situation)
        if (each.old, each.new) == (change.old, change.new)
    ]
    return Past(situation.files, defining, renamed)
