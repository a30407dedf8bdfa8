"""What the sources found at one place, brought together: each text once, with all that speaks for it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from inkling.engine.completion import analogues, decoding
from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.cursor import text_to_insert
from inkling.engine.completion.finds import CandidateSource, Find

SOURCES: Mapping[str, CandidateSource] = MappingProxyType(
    {
        decoding.BEAM: decoding.find_by_beam,
        decoding.GREEDY: decoding.find_greedily,
        decoding.FILE: decoding.find_in_file,
        decoding.COPIES: decoding.find_copies,
        analogues.ANALOGUES: analogues.find_analogues,
        analogues.ANALOGUES_IN_FILE: analogues.find_analogues_in_file,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """A text that may be inserted at the cursor.

    Attributes:
        text: What is inserted; never empty.
        tokens: The rest of the line that it comes from.
        finds: What sources say of it, one at least.
    """

    text: str
    tokens: tuple[str, ...]
    finds: tuple[Find, ...]


def gather(place: AskedPlace, sources: Collection[str] = SOURCES.keys()) -> list[Continuation]:
    """Returns the different texts that `sources` propose at a place."""
    finds: dict[str, list[Find]] = {}
    for name in SOURCES:
        if name not in sources or place.is_cancelled():
            continue
        for find in SOURCES[name](place):
            text = text_to_insert(place.cursor, find.tokens)
            if text.strip():
                finds.setdefault(text, []).append(find)
    return [
        Continuation(text=text, tokens=of_text[0].tokens, finds=tuple(of_text))
        for text, of_text in finds.items()
        if not _imports_again(place, of_text[0].tokens)
    ]


def _imports_again(place: AskedPlace, tokens: tuple[str, ...]) -> bool:
    line = (*place.cursor.tokens, *tokens)
    return line[0] in ("from", "import") and place.file.has_line(line)
