"""Everything that is found for a cursor in prose."""

from collections.abc import Callable, Sequence

from inkling.engine.completion.prose.comments import find_comments
from inkling.engine.completion.prose.finds import ProseFind
from inkling.engine.completion.prose.places import CommentPlace, DocstringPlace, find_prose
from inkling.engine.completion.prose.sections import find_entries
from inkling.engine.completion.prose.summaries import find_summaries
from inkling.engine.completion.prose.symbols import Symbol, known_symbols
from inkling.engine.language.open_files import OpenFile

MOST_OPEN_FILES = 8  # that are read beside the file itself


def find_prose_texts(
    file: OpenFile, text: str, offset: int, others: Sequence[OpenFile], is_cancelled: Callable[[], bool]
) -> list[ProseFind]:
    """Returns what may be written at a cursor in a docstring or comment; nothing where it is in neither.

    Args:
        file: The document's tokens, up to date with `text`.
        text: The document.
        offset: The cursor, in code points.
        others: Other files that are open; the first ones are read.
        is_cancelled: Tells whether nobody waits for the answer any more.
    """
    place = find_prose(file, text, offset)
    if place is None or is_cancelled():
        return []
    others = others[:MOST_OPEN_FILES]
    if isinstance(place, CommentPlace):
        return find_comments(place, file, others)
    return _find_in_docstring(place, others, is_cancelled)


def _find_in_docstring(
    place: DocstringPlace, others: Sequence[OpenFile], is_cancelled: Callable[[], bool]
) -> list[ProseFind]:
    elsewhere: list[Symbol] = []
    for other in others:
        if is_cancelled():
            return []
        elsewhere.extend(known_symbols("".join(other.lines)))
    return find_summaries(place, elsewhere) if place.is_in_summary else find_entries(place, elsewhere)
