"""What a background analysis found out about a scope: plain facts for whoever ranks candidates there.

Nobody waits for them. They were found in the text as it was shortly before, for a scope by its name, so they stay of
use while its lines are typed: whoever asks looks up what a receiver or a callee is called, as it is written.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from inkling.core.text import position_at, split_lines

_HEADER: Final = re.compile(r"(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)")
_TAB_COLUMNS: Final = 8  # as the language reference has it: "Indentation"

PackedFacts = tuple[str, list[str], list[str], dict[str, list[str]], dict[str, list[str]], dict[str, str]]
"""Facts as plain data for the pipe, in the order of the attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeFacts:
    """What is known in one function, class body or module.

    Attributes:
        scope: The names of the classes and functions around, joined by dots; "" for the module.
        local_names: What the scope itself binds, its parameters among them.
        outer_names: What functions around it and the module bind; builtins are not among them.
        attributes: For receivers as they are written (`self`, `os.path`, `response`) the attributes that they have.
            A receiver that is not there is unknown, and not without attributes.
        parameters: For callees as they are written the names of their parameters, in order, without `self`; with their
            stars where they take any.
        imports: For names that the document does not bind the statement that the project imports them with most often.
    """

    scope: str
    local_names: frozenset[str]
    outer_names: frozenset[str]
    attributes: Mapping[str, frozenset[str]]
    parameters: Mapping[str, tuple[str, ...]]
    imports: Mapping[str, str]

    def pack(self) -> PackedFacts:
        """Returns the facts as plain data."""
        return (
            self.scope,
            sorted(self.local_names),
            sorted(self.outer_names),
            {receiver: sorted(names) for receiver, names in self.attributes.items()},
            {callee: list(names) for callee, names in self.parameters.items()},
            dict(self.imports),
        )


def unpack_facts(packed: Any) -> ScopeFacts:
    """Returns the facts that `ScopeFacts.pack` packed."""
    scope, local_names, outer_names, attributes, parameters, imports = packed
    return ScopeFacts(
        scope=scope,
        local_names=frozenset(local_names),
        outer_names=frozenset(outer_names),
        attributes={receiver: _shared(tuple(names)) for receiver, names in attributes.items()},
        parameters={callee: tuple(names) for callee, names in parameters.items()},
        imports=imports,
    )


@lru_cache(maxsize=512)
def _shared(names: tuple[str, ...]) -> frozenset[str]:
    """Returns the names as a set: the same one for all receivers of a type, of which there are many."""
    return frozenset(names)


def scope_at(lines: Sequence[str], line_number: int, indent: int) -> str:
    """Returns the name of the scope in which a line stands, by indentation alone, so that broken code has scopes, too.

    Args:
        lines: The document.
        line_number: The line, from 0.
        indent: Columns before its first token, or before the cursor where it has none.
    """
    names: list[str] = []
    for line in reversed(lines[:line_number]):
        if indent <= 0:
            break
        code = line.lstrip()
        if not code or code[0] in "#)]}":
            continue
        margin = len(line[: len(line) - len(code)].expandtabs(_TAB_COLUMNS))
        if margin < indent:
            header = _HEADER.match(code)
            if header is not None:
                names.append(header.group(1))
            indent = margin
    return ".".join(reversed(names))


def scope_of(text: str, offset: int) -> str:
    """Returns the name of the scope at a place of a document.

    Args:
        text: The document.
        offset: The place, in code points.
    """
    position = position_at(text, offset)
    lines = split_lines(text)
    lines.append("")  # the last line may be behind the last line break
    line = lines[position.line]
    margin = line[: len(line) - len(line.lstrip())] if line.strip() else line[: position.column]
    return scope_at(lines, position.line, len(margin.expandtabs(_TAB_COLUMNS)))
