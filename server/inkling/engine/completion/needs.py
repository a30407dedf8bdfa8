"""Candidates that bring names into being which the code below uses and nothing binds: assignments and imports."""

import builtins
import keyword
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from inkling.engine.completion.analogues import Lines
from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.finds import Find
from inkling.engine.completion.names import LINES_KEPT, bound_names
from inkling.engine.language.decoder import predict_lines
from inkling.engine.language.lexer import LexedLine

NEEDS = "needs"
MOST_NAMES = 2  # that assignments are looked for, the first used first
MOST_MODULES = 3
MOST_STEPS = 6
MOST_OCCURRENCES = 2000
MOST_LINES = 400  # above and below the cursor that are looked at
_KNOWN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "__file__"})


def needed_names(place: AskedPlace) -> list[str]:
    """Returns the names that the cursor's block uses below and nothing in sight binds, the first used first.

    The block ends where the indentation is less than the cursor's; at the left margin that is the end of the file.
    """
    lines, own = place.file.lexed, place.line_number
    indent = place.cursor.indent
    bound: set[str] = set(bound_names(place.cursor.tokens))
    used: dict[str, None] = {}
    block = True
    for line in lines[own + 1 : own + 1 + MOST_LINES]:
        if 0 <= line.indent < indent and line.tokens:
            block = False
        if block:
            used.update(dict.fromkeys(_used(line.tokens)))
        if block or line.indent == 0:
            bound.update(bound_names(line.tokens))
    if not used:
        return []
    bound.update(_bound_above(lines[max(0, own - MOST_LINES) : own], indent))
    return [name for name in used if name not in bound]


def find_needs(place: AskedPlace) -> Iterable[Find]:
    """Yields assignments and imports of names that are needed below, where a line begins or an import is typed."""
    typed = place.cursor.tokens
    if typed and typed[0] not in ("from", "import"):
        return
    needed = needed_names(place)
    if not needed:
        return
    for rank, tokens in enumerate(_imports(place, needed)):
        if tokens[: len(typed)] == typed and len(tokens) > len(typed):
            rest = tokens[len(typed) :]
            if place.cursor.expected is None or place.cursor.expected.accepts(rest[0]):
                yield Find(tokens=rest, source=NEEDS, strength=-float(rank))
    if typed:
        return
    for name in needed[:MOST_NAMES]:
        if place.cursor.expected is None or place.cursor.expected.accepts(name):
            begun = (name, " = ")
            found = predict_lines(place.layers, (*place.context, *begun), None, most_steps=MOST_STEPS)
            for line in found[:2]:
                if line.tokens:
                    yield Find(tokens=(*begun, *line.tokens), source=NEEDS, strength=line.logprob)


@lru_cache(maxsize=LINES_KEPT)
def _used(line: tuple[str, ...]) -> tuple[str, ...]:
    if not line or line[0] in ("from", "import", "def", "class", "global", "nonlocal"):
        return ()
    found = []
    for place, token in enumerate(line):
        if not token.isidentifier() or token in _KNOWN:
            continue
        before = line[place - 1].strip() if place else ""
        after = line[place + 1] if place + 1 < len(line) else ""
        if before != "." and after not in ("=", ": "):
            found.append(token)
    return tuple(found)


def _bound_above(lines: Sequence[LexedLine], indent: int) -> set[str]:
    """Returns what the lines above bind for the block: those of the blocks around it, and of the left margin."""
    bound: set[str] = set()
    within = indent
    for line in reversed(lines):
        if not line.tokens:
            continue
        if line.indent < 0 or line.indent <= within or line.indent == 0:
            # What a continued line holds may be a parameter.
            bound.update(bound_names(line.tokens))
            if line.indent >= 0:
                within = min(within, line.indent) if line.tokens[0] in ("def", "class", "async") else within
        elif within > 0 or indent == 0:
            bound.update(bound_names(line.tokens))
    return bound


def _imports(place: AskedPlace, needed: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yields import lines that bring needed names, as other files write them, the most usual module first."""
    if place.cursor.indent and place.cursor.tokens[:1] not in (("from",), ("import",)):
        return
    votes: Counter[tuple[str, ...]] = Counter()
    names_of: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    whole: Counter[tuple[str, ...]] = Counter()
    for weighted in place.layers[1:]:
        layer = weighted.layer
        if not isinstance(layer, Lines):
            continue
        for name in needed[:8]:
            seen: set[tuple[str, ...]] = set()
            for number in layer.lines_with(name, most=MOST_OCCURRENCES)[:300].tolist():
                line = layer.line(number)
                if line[:1] == ("from",) and "import" in line and "as" not in line:
                    head = line[: line.index("import") + 1]
                    if name in line[len(head) :]:
                        votes[head] += 1
                        names_of[head].add(name)
                elif line == ("import", name) and line not in seen:
                    whole[line] += 1
                    seen.add(line)
    for head, _ in sorted(votes.items(), key=lambda item: (-len(names_of[item[0]]), -item[1]))[:MOST_MODULES]:
        yield _import_of(head, sorted(names_of[head]))
    for line, _ in whole.most_common(MOST_MODULES):
        yield line


def _import_of(head: tuple[str, ...], names: Sequence[str]) -> tuple[str, ...]:
    tokens = list(head)
    for name in names:
        tokens.extend((name, ", "))
    return tuple(tokens[:-1])
