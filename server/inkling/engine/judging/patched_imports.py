"""Imports modules from texts in place of their files, so that forks of one process run different patches."""

from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType


def import_from(texts: Mapping[Path, str]) -> None:
    """Compiles these modules from the given texts from now on; what is imported already stays as it is."""
    own_get_code = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
        text = texts.get(Path(self.path))
        if text is None:
            return own_get_code(self, fullname)
        # Not through the cache of compiled files: that holds the file's own code.
        return self.source_to_code(text.encode(), self.path)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign,assignment] # there is no hook between finder and compiler
