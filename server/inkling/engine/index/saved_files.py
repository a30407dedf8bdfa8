"""Files that were saved since the segments were built: scanned as they are, until a segment has them."""

import time
from collections.abc import Collection, Iterator

from inkling.engine.language.open_files import Ints, OpenFile, TokenNumbers

LEXED_AT_ONCE_CHARS = 20_000  # within one answer, some 15 ms; what is larger is read when nothing is asked


class SavedFiles:
    """Saved files by path; those that are gone are there, too, to hide what was read of them before."""

    def __init__(self) -> None:
        self._texts: dict[str, str | None] = {}
        self._tokens: dict[str, Ints] = {}
        self._taken_at_s: dict[str, float] = {}
        self.n_chars = 0

    def __len__(self) -> int:
        return len(self._texts)

    def __contains__(self, path: object) -> bool:
        return path in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def take(self, path: str, text: str | None) -> None:
        """Takes a file that was saved; None for one that is gone, or that nothing is to be learned from."""
        self.forget(path)
        self._texts[path] = text
        self._taken_at_s[path] = time.monotonic()
        self.n_chars += len(text or "")

    def take_tokens(self, path: str, text: str, tokens: Ints) -> None:
        """Takes the tokens of a document that is closed, where it was saved as it is: so it is not lexed again."""
        if self._texts.get(path) == text:
            self._tokens[path] = tokens

    def forget(self, path: str) -> None:
        """Drops a file, if it is there."""
        text = self._texts.pop(path, None)
        self.n_chars -= len(text or "")
        self._tokens.pop(path, None)
        self._taken_at_s.pop(path, None)

    def forget_before(self, at_s: float) -> None:
        """Drops the files that were taken before a moment of the monotonic clock."""
        for path in [path for path, taken_at_s in self._taken_at_s.items() if taken_at_s < at_s]:
            self.forget(path)

    def clear(self) -> None:
        """Drops all files."""
        self._texts.clear()
        self._tokens.clear()
        self._taken_at_s.clear()
        self.n_chars = 0

    def forget_numbers(self) -> None:
        """Drops what was made with token numbers that are given up."""
        self._tokens.clear()

    def tokens(self, numbers: TokenNumbers, open_paths: Collection[str]) -> list[Ints]:
        """Returns the tokens of the files that are not open, the last saved first.

        A large file that was not lexed yet is left out: `lex_next` does that in a moment.
        """
        found: list[Ints] = []
        left_chars = LEXED_AT_ONCE_CHARS
        for path, text in reversed(self._texts.items()):
            if text is None or path in open_paths:
                continue
            if path not in self._tokens:
                left_chars -= len(text)
                if left_chars < 0:
                    continue
                self._lex(path, text, numbers)
            found.append(self._tokens[path])
        return found

    def lex_next(self, numbers: TokenNumbers, open_paths: Collection[str]) -> None:
        """Lexes one file that was not yet, if there is one."""
        for path, text in self._texts.items():
            if text is not None and path not in self._tokens and path not in open_paths:
                self._lex(path, text, numbers)
                return

    def _lex(self, path: str, text: str, numbers: TokenNumbers) -> None:
        file = OpenFile(numbers)
        file.update(text)
        self._tokens[path] = file.tokens
