"""Which files name which words, for all files of a project; kept small, since most words stand in few files."""

import re
import sys
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d]\w+")  # of one letter stand everywhere; of two, such as `db`, name modules


class WordIndex:
    """An index from words to files that is kept up to date file by file."""

    def __init__(self) -> None:
        self._numbers: dict[str, list[int]] = {}
        self._paths: list[str | None] = []
        self._number_of: dict[str, int] = {}

    def __len__(self) -> int:
        """Returns how many files it holds."""
        return len(self._number_of)

    def take(self, path: str, words: Iterable[str]) -> None:
        """Takes a file with its words, in place of what was known of it."""
        self.forget(path)
        number = len(self._paths)
        self._paths.append(path)
        self._number_of[path] = number
        for word in words:
            self._numbers.setdefault(sys.intern(word), []).append(number)

    def forget(self, path: str) -> None:
        """Drops a file; its number stays unused, which costs less than looking through all words."""
        number = self._number_of.pop(path, None)
        if number is not None:
            self._paths[number] = None

    def files_with(self, word: str) -> list[str]:
        """Returns the files that name a word; none for words that are too short."""
        return [path for number in self._numbers.get(word, ()) if (path := self._paths[number]) is not None]

    @property
    def is_worn(self) -> bool:
        """Whether most of what it holds is of files as they were: time to read all of them anew."""
        return len(self._paths) > 2 * len(self._number_of) + 1000


def indexed_words(text: str) -> frozenset[str]:
    """Returns the words of a text that are indexed."""
    return frozenset(_WORD.findall(text))
