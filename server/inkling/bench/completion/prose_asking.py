"""Asks the product's own prose path at positions, as its worker does: the file is open, and a few files beside it."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from inkling.bench.completion.prose_positions import ProsePosition
from inkling.engine.completion.prose.finds import ProseFind
from inkling.engine.completion.prose.sources import find_prose_texts
from inkling.engine.language.open_files import OpenFile, TokenNumbers

N_OPEN_FILES = 4  # beside the file itself, of the same folder


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseFound:
    """What was found at a position.

    Attributes:
        position: Where.
        finds: The texts, in no order.
        cpu_ms: CPU time, the keystroke's lexing among it.
    """

    position: ProsePosition
    finds: Sequence[ProseFind]
    cpu_ms: float


def ask_all(positions: Sequence[ProsePosition], texts: Mapping[str, str]) -> Iterator[ProseFound]:
    """Yields what is found at positions of one project.

    Args:
        positions: Where to ask.
        texts: The text of each file of the project, by its path.
    """
    numbers = TokenNumbers()
    open_files: dict[str, OpenFile] = {}
    for position in positions:
        others = [_opened(path, texts, open_files, numbers) for path in _files_beside(position.path, texts)]
        file = OpenFile(numbers)
        file.update(position.text[: position.offset - 1] + position.text[position.offset :])
        started_s = time.thread_time()
        file.update(position.text)
        finds = find_prose_texts(file, position.text, position.offset, others, lambda: False)
        cpu_ms = (time.thread_time() - started_s) * 1000
        yield ProseFound(position=position, finds=finds, cpu_ms=cpu_ms)


def is_right(find: ProseFind, rest: str) -> bool:
    """Tells whether a text is the rest of the line, or its beginning where words are to follow it."""
    return find.text == rest or (find.is_beginning and rest.startswith(find.text.rstrip()))


def _files_beside(path: str, texts: Mapping[str, str]) -> list[str]:
    folder = PurePosixPath(path).parent
    beside = [other for other in sorted(texts) if other != path and PurePosixPath(other).parent == folder]
    chance = random.Random(path)  # noqa: S311 - a sample, no secret
    return chance.sample(beside, min(N_OPEN_FILES, len(beside)))


def _opened(path: str, texts: Mapping[str, str], open_files: dict[str, OpenFile], numbers: TokenNumbers) -> OpenFile:
    file = open_files.get(path)
    if file is None:
        file = open_files[path] = OpenFile(numbers)
        file.update(texts[path])
    return file
