"""Whether a use of a name means one definition, by jedi's word, where scopes cannot tell."""

from collections.abc import Callable, Iterable

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.meanings import Meanings, Past
from inkling.engine.next_edit.reading.scopes import Occurrence

_SURE = 1.0


class Uses:
    """Uses of the name of one definition, in files as they are to be seen."""

    def __init__(
        self,
        meanings: Meanings | None,
        see: Callable[[list[FileView]], Past],
        defined_at: Iterable[tuple[FileView, tuple[int, int]]],
    ) -> None:
        """Prepares; nothing is asked where jedi is not.

        Args:
            meanings: What jedi said; None where it is not asked.
            see: Returns the files as they are to be seen, given those of the definition.
            defined_at: Where it is defined: files, lines and columns as they are now. Where it is overridden, too.
        """
        self._meanings = meanings
        if meanings is not None:
            known = list(defined_at)
            self._past = see(list(dict.fromkeys(view for view, _ in known)))
            places = (self._past.place(view, *place) for view, place in known)
            self._defined_at = frozenset(place for place in places if place is not None)

    def certainty(self, view: FileView, found: Occurrence, otherwise: float) -> float:
        """Returns how surely a use means the definition.

        Args:
            view: Its file.
            found: The use.
            otherwise: How surely it does by all that is known without jedi.
        """
        if self._meanings is None or not self._defined_at:
            return otherwise
        means = self._meanings.definitions(self._past, view, found.place, found.name, self._defined_at)
        if not means:
            return otherwise
        if self._defined_at.issuperset(means):
            return _SURE
        return 0.0 if self._defined_at.isdisjoint(means) else otherwise
