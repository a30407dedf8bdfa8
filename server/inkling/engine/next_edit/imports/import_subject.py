"""One file whose imports are looked at, with what is known of its names."""

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.imports.import_block import ImportBlock
from inkling.engine.next_edit.imports.import_index import ImportIndex, imports_of
from inkling.engine.next_edit.imports.import_sources import ImportSources
from inkling.engine.next_edit.reading.bindings import ALWAYS_BOUND, Bindings

_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSubject:
    """A file whose names are looked at.

    Attributes:
        view: The file.
        lost: Lines that do not parse.
        bindings: The names of its changed lines.
        block: Its imports.
        index: How the project imports what.
        sources: Where its names may come from.
    """

    view: FileView
    lost: frozenset[int]
    bindings: Bindings
    block: ImportBlock
    index: ImportIndex
    sources: ImportSources

    @property
    def own_module(self) -> str:
        """The full name of its module."""
        return self.sources.own_module


def own_roots(view: FileView, index: ImportIndex) -> frozenset[str]:
    """Returns the first parts of the project's own modules that matter to a file."""
    roots = {written.partition(".")[0] for written, _, _ in imports_of(view).imports}
    roots.add(index.module_of(view.uri).partition(".")[0])
    return frozenset(root for root in roots if root and index.is_first_party(root))


def names_in_code(line: str) -> Iterator[str]:
    """Yields the names in a line of code; some words of strings are among them."""
    for name in _NAME.findall(line.partition("# ")[0]):
        if name not in ALWAYS_BOUND and not keyword.iskeyword(name):
            yield name
