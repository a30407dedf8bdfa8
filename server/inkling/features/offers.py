"""Suggestions in the editor's hands: where each would go, and how much of it stands there already."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from inkling.core.edit import Span, TextEdit, common_prefix, move_span
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import SuggestionId

MAX_OFFERS = 64  # some minutes of fast typing; outcomes come within seconds


class Offer:
    """One suggestion, followed through the edits since it was offered.

    Attributes:
        suggestion_id: What outcomes call it.
        uri: Its document.
        text: What would be inserted, with the document's own line ends.
        offered_at_ms: When it was sent to the editor, milliseconds since the Unix epoch.
        place: Where it goes: an empty span, which stays before what is inserted there.
        agreed: What of it was found at its place, followed through later edits.
        n_agreed: Length of its beginning that was found there, in code points, the longest so far.
    """

    __slots__ = ("agreed", "n_agreed", "offered_at_ms", "place", "suggestion_id", "text", "uri")

    def __init__(
        self, suggestion_id: SuggestionId, uri: DocumentUri, text: str, offset: int, offered_at_ms: int
    ) -> None:
        self.suggestion_id = suggestion_id
        self.uri = uri
        self.text = text
        self.offered_at_ms = offered_at_ms
        self.place = self.agreed = Span(start=offset, end=offset)
        self.n_agreed = 0

    def n_standing(self, text: str) -> int:
        """Returns how many code points of its beginning stand at its place now."""
        return common_prefix(self.text, text, self.place.start)

    def follow(self, edits: Sequence[TextEdit], after: str) -> None:
        """Moves with a change of the document, and looks for itself in the text `after` it."""
        for edit in edits:
            self.place = move_span(self.place, edit)
            self.agreed = move_span(self.agreed, edit)
        n_standing = self.n_standing(after)
        if n_standing >= max(1, self.n_agreed):
            self.n_agreed = n_standing
            self.agreed = Span(start=self.place.start, end=self.place.start + n_standing)


class Offers:
    """The latest offers, the oldest forgotten first."""

    def __init__(self) -> None:
        self._offers: OrderedDict[SuggestionId, Offer] = OrderedDict()

    def add(self, offer: Offer) -> None:
        """Takes an offer."""
        self._offers[offer.suggestion_id] = offer
        if len(self._offers) > MAX_OFFERS:
            self._offers.popitem(last=False)

    def get(self, suggestion_id: SuggestionId) -> Offer | None:
        """Returns an offer; None for one that is forgotten, or was made by another daemon."""
        return self._offers.get(suggestion_id)

    def in_document(self, uri: DocumentUri) -> Iterator[Offer]:
        """Yields the offers of a document."""
        return (offer for offer in self._offers.values() if offer.uri == uri)
