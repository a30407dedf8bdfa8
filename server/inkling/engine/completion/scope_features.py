"""What the facts of the cursor's scope say of a line: which of its names, attributes and arguments exist.

The facts come from an analysis that nobody waits for. Each feature has a value for "nothing is known", so that one
ranker serves with them and without.
"""

import builtins
import keyword
from collections.abc import Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from inkling.context.analysis.scope_facts import ScopeFacts
from inkling.engine.completion.asked_place import AskedPlace
from inkling.engine.completion.brackets import n_open
from inkling.engine.completion.names import LocalNames

UNKNOWN: Final = -1.0  # also where the line has nothing of the kind

OF_SCOPE: Final = ("knows_scope",)
_OF_ARGUMENTS: Final = ("n_keywords_exist", "n_keywords_missing", "n_like_parameters")
_OF_ATTRIBUTES: Final = ("first_attribute_exists", "n_attributes_missing")
OF_LINE: Final = ("n_out_of_scope", "n_in_own_scope", "import_is_usual", *_OF_ATTRIBUTES, *_OF_ARGUMENTS)

UNKNOWN_SCOPE: Final = MappingProxyType({"knows_scope": 0.0, **dict.fromkeys(OF_LINE, UNKNOWN)})
"""All features as they are where nothing is known."""

_ALWAYS_KNOWN: Final = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "__file__"})
_USES_NONE: Final = frozenset({"from", "import", "def", "global", "nonlocal", "case"})
_OPENERS: Final = ("(", "[", "{")
_CLOSERS: Final = (")", "]", "}")

_Tokens = tuple[str, ...]
_Call = tuple[str, tuple[tuple[int, str], ...]]


class ScopeJudge:
    """Compares lines with the facts of one place."""

    def __init__(self, place: AskedPlace, local: LocalNames) -> None:
        """Prepares for a place.

        Args:
            place: The place.
            local: What the lines above it bind, which may be newer than the facts.
        """
        self._facts = place.facts
        self._n_typed = len(place.cursor.tokens)
        self._local = local
        self._call_above = _call_above(place.above) if place.facts is not None and place.facts.parameters else ()

    def of_scope(self) -> dict[str, float]:
        """Returns the features `OF_SCOPE`, the same for all texts of the place."""
        return {"knows_scope": self._facts is not None}

    def of_line(self, line: _Tokens) -> dict[str, float]:
        """Returns the features `OF_LINE` of a whole line; what is typed of it is not counted."""
        facts = self._facts
        if facts is None:
            return dict.fromkeys(OF_LINE, UNKNOWN)
        used = [name for at, name in _uses(line) if at >= self._n_typed]
        known = (facts.local_names, facts.outer_names, self._local.recent)
        return {
            "n_out_of_scope": sum(not any(name in names for names in known) for name in used),
            "n_in_own_scope": sum(name in facts.local_names for name in used),
            "import_is_usual": _import_is_usual(facts, line),
            **self._of_attributes(facts, line),
            **self._of_arguments(facts, line, used),
        }

    def _of_attributes(self, facts: ScopeFacts, line: _Tokens) -> dict[str, float]:
        exists = [
            name in known
            for at, receiver, name in _attributes(line)
            if at >= self._n_typed and (known := facts.attributes.get(receiver)) is not None
        ]
        if not exists:
            return dict.fromkeys(_OF_ATTRIBUTES, UNKNOWN)
        return {"first_attribute_exists": exists[0], "n_attributes_missing": exists.count(False)}

    def _of_arguments(self, facts: ScopeFacts, line: _Tokens, used: Sequence[str]) -> dict[str, float]:
        """Returns what the parameters of the calls in a line, and of one left open above, say of its arguments."""
        first_new = len(self._call_above) + self._n_typed
        is_known = False
        n_exist = n_missing = n_alike = 0
        for callee, keywords in _calls((*self._call_above, *line)):
            parameters = facts.parameters.get(callee)
            if parameters is None:
                continue
            is_known = True
            n_alike += sum(name in parameters for name in used)
            takes_any = any(name.startswith("**") for name in parameters)
            given: set[str] = set()
            for at, name in keywords:
                if at >= first_new:
                    n_exist += name in parameters and name not in given
                    n_missing += name in given or not (takes_any or name in parameters)
                given.add(name)
        if not is_known:
            return dict.fromkeys(_OF_ARGUMENTS, UNKNOWN)
        return {"n_keywords_exist": n_exist, "n_keywords_missing": n_missing, "n_like_parameters": n_alike}


def _call_above(above: Sequence[_Tokens]) -> _Tokens:
    """Returns the lines above from the one on whose bracket is still open; none where there is no such line."""
    depth = 0
    for number, line in enumerate(above):
        depth += n_open(line)
        if depth > 0:
            return tuple(part for each in reversed(above[: number + 1]) for part in each)
    return ()


@lru_cache(maxsize=20_000)
def _uses(line: _Tokens) -> tuple[tuple[int, str], ...]:
    """Returns the names that a line reads and neither binds itself nor takes from Python, with their places."""
    if not line or line[0] in _USES_NONE or line[:2] == ("async", "def"):
        return ()
    bound = {line[at + 1] for at, part in enumerate(line[:-1]) if part in ("as", "lambda")}
    bound.update(line[at - 1] for at, part in enumerate(line) if part == " := ")
    first = _behind_targets(line)
    for at, part in enumerate(line):
        if part == "for" and "in" in line[at:]:
            bound.update(line[at : line.index("in", at)])
    return tuple(
        (at, part)
        for at, part in enumerate(line)
        if (at >= first or line[at + 1 : at + 2] in ((".",), ("[",)))
        and part.isidentifier()
        and part not in _ALWAYS_KNOWN
        and part not in bound
        and (at == 0 or line[at - 1].strip() != ".")
        and line[at + 1 : at + 2] != ("=",)
    )


def _behind_targets(line: _Tokens) -> int:
    """Returns the place behind the names that a line assigns to or defines."""
    if line[0] == "class":
        return 2
    if line[1:2] == (": ",):
        return 2
    depth = 0
    behind = 0
    for at, part in enumerate(line):
        depth += (part.strip() in _OPENERS) - (part.strip() in _CLOSERS)
        if part == " = " and depth == 0:
            behind = at + 1
    return behind


@lru_cache(maxsize=20_000)
def _attributes(line: _Tokens) -> tuple[tuple[int, str, str], ...]:
    """Returns the attributes that a line reads, as their place, the receiver as it is written, and their name."""
    if line[:1] in (("from",), ("import",)):
        return ()
    return tuple(
        (at, receiver, line[at])
        for at in range(2, len(line))
        if line[at - 1] == "."
        and line[at].isidentifier()
        and not line[at].startswith("__")
        and line[at + 1 : at + 2] not in ((" = ",), (": ",))
        and (receiver := _chain_before(line, at - 1))
    )


def _chain_before(line: _Tokens, end: int) -> str:
    """Returns the names joined by dots that end before a token; "" where there are none, or more than names."""
    start = end
    while start > 0 and line[start - 1].isidentifier() and not keyword.iskeyword(line[start - 1]):
        start -= 1
        if start == 0 or line[start - 1] != ".":
            return "".join(line[start:end])
        start -= 1
    return ""


@lru_cache(maxsize=20_000)
def _calls(tokens: _Tokens) -> tuple[_Call, ...]:
    """Returns the calls in a piece of code, as the callee as it is written, and its keywords with their places."""
    if tokens[:1] == ("def",) or tokens[:2] == ("async", "def"):
        return ()
    found: list[tuple[str, list[tuple[int, str]]]] = []
    stack: list[tuple[str, list[tuple[int, str]]]] = []
    for at, part in enumerate(tokens):
        bracket = part.strip()
        if bracket in _OPENERS:
            call: tuple[str, list[tuple[int, str]]] = (_chain_before(tokens, at) if part == "(" else "", [])
            stack.append(call)
            if call[0]:
                found.append(call)
        elif bracket in _CLOSERS and stack:
            stack.pop()
        elif stack and tokens[at + 1 : at + 2] == ("=",) and part.isidentifier():
            stack[-1][1].append((at, part))
    return tuple((callee, tuple(keywords)) for callee, keywords in found)


def _import_is_usual(facts: ScopeFacts, line: _Tokens) -> float:
    """Returns whether an import brings a name that the document lacks (1), just as the project imports it (2)."""
    if line[:1] not in (("from",), ("import",)):
        return UNKNOWN
    best = 0.0
    for name, statement in _imported(line):
        if name in facts.imports:
            best = max(best, 2.0 if facts.imports[name] == statement else 1.0)
    return best


@lru_cache(maxsize=2_000)
def _imported(line: _Tokens) -> tuple[tuple[str, str], ...]:
    """Returns the names that an import line binds, with the statement that binds each alone."""
    at = line.index("import") if "import" in line else len(line)
    before = f"from {''.join(line[1:at]).strip()} import " if line[0] == "from" else "import "
    found: list[tuple[str, str]] = []
    item: list[str] = []
    for part in (*line[at + 1 :], ","):
        if part.strip() not in (",", "(", ")"):
            item.append(part)
        elif item:
            name = item[-1] if line[0] == "from" or "as" in item else item[0]
            written = " ".join((*("".join(item[:-2]),), *item[-2:])) if "as" in item else "".join(item)
            found.append((name, before + written))
            item = []
    return tuple(found)
