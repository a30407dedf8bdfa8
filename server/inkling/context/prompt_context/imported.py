"""Files of the workspace that a document imports, whether an editor has them open or not."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inkling.context.prompt_context.readable import Readable
from inkling.context.prompt_context.searching import SearchedDocument
from inkling.context.sources import read_source

MAX_FILES: Final = 40  # that are remembered
MAX_STATEMENTS: Final = 60  # of one document that are looked at
_IMPORT: Final = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<module>\.*[\w.]*)[ \t]+import[ \t]*|import[ \t]+)(?P<names>\([^)]{0,2000}\)|[^\r\n(#]*)",
    re.MULTILINE,
)
_NAME: Final = re.compile(r"([\w.]+)(?:\s+as\s+(\w+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import statement: its module with leading dots, empty for `import a, b`, and the names that it binds."""

    module: str
    names: tuple[str, ...]


def find_imports(text: str) -> list[Import]:
    """Returns the import statements of a document, in order; names that are renamed count under both names."""
    found = []
    for match in _IMPORT.finditer(text):
        names = [part for pair in _NAME.findall(match["names"]) for part in pair if part]
        found.append(Import(module=match["module"] or "", names=tuple(names)))
        if len(found) == MAX_STATEMENTS:
            break
    return found


class ImportedFiles:
    """Finds and prepares what documents import from the workspace's folders; packages are none of it."""

    def __init__(self, folders: Sequence[Path], readable: Readable) -> None:
        self._folders = folders
        self._readable = readable
        self._found: OrderedDict[tuple[Path, str], tuple[Path, SearchedDocument] | None] = OrderedDict()

    def forget(self) -> None:
        """Reads all files anew from now on: they, or the rules of what may be read, may have changed."""
        self._found = OrderedDict()

    def known(self, document: Path, imports: Iterable[Import]) -> list[tuple[Path, SearchedDocument]]:
        """Returns what is prepared of the files that a document imports. Never blocks."""
        found = [self._found.get((document.parent, statement.module)) for statement in imports]
        return list(dict.fromkeys(file for file in found if file is not None))

    def missing(self, document: Path, imports: Iterable[Import]) -> list[str]:
        """Returns the modules that were not looked for yet. Never blocks."""
        modules = dict.fromkeys(statement.module for statement in imports if statement.module)
        return [module for module in modules if (document.parent, module) not in self._found]

    def look(self, document: Path, module: str) -> None:
        """Finds, reads and prepares one module; it belongs in a thread."""
        found = None
        for path in self._places(document.parent, module):
            if path.is_file() and path != document and self._readable.look(path):
                text = read_source(str(path))
                if text is not None:
                    found = path, SearchedDocument.prepare(self._readable.name(path), text)
                break
        self._found[document.parent, module] = found
        while len(self._found) > MAX_FILES:
            self._found.popitem(last=False)

    def _places(self, folder: Path, module: str) -> Iterator[Path]:
        """Yields where a module's file may lie, as seen from a folder."""
        name = module.lstrip(".")
        n_dots = len(module) - len(name)
        if n_dots:
            roots = [folder.parents[n_dots - 2] if 1 < n_dots <= len(folder.parents) else folder]
        else:
            inside = [each for each in (folder, *folder.parents) if any(each.is_relative_to(f) for f in self._folders)]
            roots = [*inside, *(home / "src" for home in self._folders)]
        for root in roots:
            path = root.joinpath(*name.split(".")) if name else root
            yield from ([path.with_name(path.name + ".py")] if name else [])
            yield path / "__init__.py"
