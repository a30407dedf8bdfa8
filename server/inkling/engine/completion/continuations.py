"""What the sources found at one place, brought together: each text once, with all that speaks for it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from inkling.engine.completion import analogues, decoding, needs, parameters, substitutes
from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.brackets import n_open_brackets
from inkling.engine.completion.cursor import text_to_insert
from inkling.engine.completion.finds import CandidateSource, Find
from inkling.engine.completion.names import LocalNames
from inkling.engine.completion.unfit import fits_nothing, is_written_already

_FIRST: Mapping[str, CandidateSource] = MappingProxyType(
    {
        decoding.BEAM: decoding.find_by_beam,
        decoding.GREEDY: decoding.find_greedily,
        decoding.FILE: decoding.find_in_file,
        decoding.COPIES: decoding.find_copies,
        analogues.ANALOGUES: analogues.find_analogues,
        analogues.ANALOGUES_IN_FILE: analogues.find_analogues_in_file,
        needs.NEEDS: needs.find_needs,
        parameters.PARAMETERS: parameters.find_parameters,
    }
)
SOURCES = (*_FIRST, substitutes.SUBSTITUTES)

_BEGIN_BLOCKS = frozenset(
    {"if", "elif", "else", "for", "while", "with", "def", "class", "try", "except", "finally", "async", "match", "case"}
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


def gather(place: AskedPlace, sources: Collection[str] = SOURCES) -> list[Continuation]:
    """Returns the different texts that `sources` propose at a place; none where no line can begin."""
    if fits_nothing(place):
        return []
    finds: list[Find] = []
    for name, find in _FIRST.items():
        if name in sources and not place.is_cancelled():
            finds.extend(find(place))
    if substitutes.SUBSTITUTES in sources and not place.is_cancelled():
        finds.extend(substitutes.find_substitutes(place, _bases(finds)))
    function = LocalNames(place).function
    by_text: dict[str, list[Find]] = {}
    for one in finds:
        text = text_to_insert(place.cursor, one.tokens)
        if text.strip():
            by_text.setdefault(text, []).append(one)
    return [
        Continuation(text=text, tokens=of_text[0].tokens, finds=tuple(of_text))
        for text, of_text in by_text.items()
        if not _imports_again(place, of_text[0].tokens)
        and _may_end_so(place, of_text[0].tokens)
        and not _looks_into((*place.cursor.tokens, *of_text[0].tokens), function)
        and not is_written_already(place, (*place.cursor.tokens, *of_text[0].tokens))
    ]


def _looks_into(line: tuple[str, ...], function: str) -> bool:
    """Tells whether a line takes an attribute of the function that it lies in: then a name was exchanged wrongly."""
    return any(
        token == function and line[at + 1 : at + 2] == (".",) and (at == 0 or line[at - 1] != ".")
        for at, token in enumerate(line)
    )


def _may_end_so(place: AskedPlace, tokens: tuple[str, ...]) -> bool:
    """Tells whether a line of these tokens may end with a colon, where it does."""
    line = (*place.cursor.tokens, *tokens)
    return line[-1] != ":" or line[0] in _BEGIN_BLOCKS or "lambda" in line or n_open_brackets(place, line) > 0


def _bases(finds: Sequence[Find]) -> list[tuple[str, ...]]:
    """Returns the rests that are worth being varied: the first of each source, then the second, each once."""
    ranks: Counter[str] = Counter()
    ranked: list[tuple[int, tuple[str, ...]]] = []
    for find in finds:
        ranked.append((ranks[find.source], find.tokens))
        ranks[find.source] += 1
    return list(dict.fromkeys(tokens for _, tokens in sorted(ranked, key=lambda item: item[0])))


def _imports_again(place: AskedPlace, tokens: tuple[str, ...]) -> bool:
    line = (*place.cursor.tokens, *tokens)
    return line[0] in ("from", "import") and place.file.has_line(line)
