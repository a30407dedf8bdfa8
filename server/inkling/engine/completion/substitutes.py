"""Candidates in which a name that means nothing here gives way to one that the lines above have just bound."""

from collections.abc import Iterator, Sequence

from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.finds import Find
from inkling.engine.completion.names import KnownNames, LocalNames, used_names

SUBSTITUTES = "substitutes"
MOST_BASES = 6
MOST_NAMES = 3
MOST_FOUND = 8


def find_substitutes(place: AskedPlace, bases: Sequence[tuple[str, ...]]) -> Iterator[Find]:
    """Yields `bases`, rests of the line that others found, with one name exchanged for a local one.

    Exchanged are names that stand nowhere above, and those that the lines above have not bound, for names that
    were bound lately and not used since, or else bound lately.
    """
    local = LocalNames(place)
    offered = [*local.unused, *(name for name in local.recent if name not in local.unused)]
    offered = [name for name in offered if name != local.function]
    if not offered:
        return
    known = KnownNames(place)
    typed = place.cursor.tokens
    n_found = 0
    for rank, base in enumerate(bases[:MOST_BASES]):
        line = (*typed, *base)
        foreign = [name for name in dict.fromkeys(used_names(line, len(typed))) if name not in local.recent]
        foreign.sort(key=known.is_above)
        for name in foreign[:1]:
            at = base.index(name) if name in base else -1
            if at < 0 or (at == 0 and place.cursor.expected is not None):
                continue
            if at + 1 < len(base) and base[at + 1] in ("(", ".") and known.is_above(name):
                continue
            for new in [one for one in offered if one not in line][:MOST_NAMES]:
                yield Find(
                    tokens=tuple(new if token == name else token for token in base),
                    source=SUBSTITUTES,
                    strength=-float(rank),
                )
                n_found += 1
                if n_found == MOST_FOUND:
                    return
