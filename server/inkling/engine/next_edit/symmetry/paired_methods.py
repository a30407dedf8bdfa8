"""Special methods that Python asks for in pairs: the second one where only the first was written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inkling.core.next_edit import EditKind
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.situation import Situation

MOST_CHANGES = 2  # who wrote the first one before that left the second one out on purpose

_METHOD = re.compile(r"[ \t]+(?:async[ \t]+)?def[ \t]+(__\w+__)[ \t]*\(")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """The second method of a pair.

    Attributes:
        name: Its name.
        header: Its first line, without indentation.
        body: What it does where none of those is there.
        endings: Methods that do its work, each with the line that calls it.
    """

    name: str
    header: str
    body: str
    endings: tuple[tuple[str, str], ...] = ()


# Source: The Python Language Reference, 3.3.9 "With Statement Context Managers" and 3.4.4 "Asynchronous Context
# Managers"; The Python Standard Library, pickle, "Handling Stateful Objects".
_PAIRS = {
    "__enter__": _Pair(
        name="__exit__",
        header="def __exit__(self, exc_type, exc_value, traceback):",
        endings=tuple((name, f"self.{name}()") for name in ("close", "stop", "release", "disconnect")),
        body="raise NotImplementedError",
    ),
    "__aenter__": _Pair(
        name="__aexit__",
        header="async def __aexit__(self, exc_type, exc_value, traceback):",
        endings=tuple((name, f"await self.{name}()") for name in ("aclose", "close", "stop", "disconnect")),
        body="raise NotImplementedError",
    ),
    "__getstate__": _Pair(
        name="__setstate__", header="def __setstate__(self, state):", body="self.__dict__.update(state)"
    ),
}


def propose_paired_methods(situation: Situation) -> Iterator[EditCandidate]:
    """Yields the second method of a pair below the first one, where a change brought that."""
    for age, change in enumerate(reversed(situation.history[-MOST_CHANGES:])):
        view = situation.files.get(change.uri)
        if view is None:
            continue
        for line in range(change.first_line, min(change.end_line, len(view.lines))):
            found = _METHOD.match(view.lines[line])
            pair = _PAIRS.get(found[1]) if found else None
            if found is None or pair is None or pair.name in view.lines_with:
                continue
            lead = indentation(view.lines[line])
            at = _end_of_body(view, line)
            certainty, body = _body(view, pair)
            yield EditCandidate(
                uri=view.uri,
                first_line=at,
                end_line=at,
                inserted=("", lead + pair.header, f"{lead}    {body}"),
                kind=EditKind.SYMMETRY,
                proposer="paired_methods",
                group=f"pair:{found[1]}",
                words=f"`{found[1]}` without `{pair.name}`",
                grounds=Grounds(age=age, n_matched_chars=len(found[1]), certainty=certainty),
            )


def _end_of_body(view: FileView, header: int) -> int:
    """Returns the line after the last one that is indented more than a header."""
    width, end = len(indentation(view.lines[header])), header + 1
    for number, line in enumerate(view.lines[header + 1 :], start=header + 1):
        if line.strip():
            if len(indentation(line)) <= width and line.strip()[0] not in ")]}":
                break
            end = number + 1
    return end


def _body(view: FileView, pair: _Pair) -> tuple[float, str]:
    for name, call in pair.endings:
        if any(f"def {name}(" in view.lines[line] for line in view.lines_with.get(name, ())):
            return 0.8, call
    return 0.4, pair.body
