"""What names stand for in files that are told otherwise than they lie on disk, such as before a name was changed."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jedi
import parso.cache

from inkling.context.sources import read_source

logger = logging.getLogger(__name__)

FilePlace = tuple[str, int, int]
"""Path of a file, line from 0, column in code points."""


class Overlay:
    """Files as they are told, with all that is found out about them on the way.

    Jedi finds the syntax tree of a file by its path, and takes trees apart to make new ones of them. So those of the
    told texts stand in its cache only while a question is answered, and what stood there before comes back.
    """

    def __init__(self, texts: Mapping[str, str], open_script: Callable[[str, Path], jedi.Script]) -> None:
        """Opens the texts.

        Args:
            texts: What is told, by path; other files are read from disk.
            open_script: Returns jedi's view of a text.
        """
        self.texts = dict(texts)
        self._open_script = open_script
        self._state: Any = None  # what jedi has found out; one for all scripts, so that they see each other
        self._scripts: dict[str, jedi.Script | None] = {}
        self._trees: dict[str, dict[Path, Any]] = {}
        with self._trees_in_place():
            for path in self.texts:
                self._script(path)

    def definitions(self, place: FilePlace, name: str) -> list[FilePlace]:
        """Returns where the name at a place is defined; nothing where jedi does not know, or another word is there."""
        path, line, column = place
        with self._trees_in_place():
            script = self._script(path)
            if script is None or not _stands_at(script, line, column, name):
                return []
            try:
                found = script.goto(line + 1, column, follow_imports=True)
            except (ValueError, RecursionError, KeyError, AttributeError, jedi.InternalError) as error:
                logger.debug("jedi does not know what a name stands for: %s", error)
                return []
        return [
            (str(each.module_path), each.line - 1, each.column)
            for each in found
            # Of an enum's member jedi takes `value` for the member itself.
            if each.module_path is not None and each.line is not None and each.name == name
        ]

    def _script(self, path: str) -> jedi.Script | None:
        if path not in self._scripts:
            text = self.texts.get(path)
            text = read_source(path) if text is None else text
            self._scripts[path] = None if text is None else self._opened(text, Path(path))
        return self._scripts[path]

    def _opened(self, text: str, path: Path) -> jedi.Script:
        script: Any = self._open_script(text, path)
        # Jedi has no setting for several texts that see each other; a script takes its state before it reads anything.
        if self._state is None:
            self._state = script._inference_state
        script._inference_state = self._state
        script._get_module()
        opened: jedi.Script = script
        return opened

    @contextlib.contextmanager
    def _trees_in_place(self) -> Iterator[None]:
        """Has jedi find the trees of the told texts by their paths."""
        told = [Path(path) for path in self.texts]
        before = _taken_out(told)
        _put_in(self._trees)
        try:
            yield
        finally:
            self._trees = _taken_out(told)
            _put_in(before)


def _stands_at(script: Any, line: int, column: int, name: str) -> bool:
    lines: Sequence[str] = script._code_lines
    return line < len(lines) and lines[line].startswith(name, column)


def _taken_out(paths: Sequence[Path]) -> dict[str, dict[Path, Any]]:
    cache: Any = parso.cache.parser_cache  # by grammar and path; it has no types
    return {
        grammar: {path: of_path.pop(path) for path in paths if path in of_path} for grammar, of_path in cache.items()
    }


def _put_in(trees: Mapping[str, Mapping[Path, Any]]) -> None:
    cache: Any = parso.cache.parser_cache
    for grammar, of_path in trees.items():
        cache.setdefault(grammar, {}).update(of_path)
