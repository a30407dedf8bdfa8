"""Secrets of a change, masked wherever a review is printed or sent: logs of a CI are read by many."""

from collections.abc import Iterable
from typing import Final

from inkling.core.change import ChangedFile
from inkling.core.redact import MASK, redact, secret_spans

MIN_CHARS: Final = 8  # a shorter value may be part of any word
LONG_CHARS: Final = 40  # from which on a value of letters alone is a key, too


class SecretValues:
    """The values in changed files that look like secrets."""

    def __init__(self, files: Iterable[ChangedFile]) -> None:
        """Takes the files that comments are about."""
        values: set[str] = set()
        for file in files:
            for text in filter(None, (file.before, file.after)):
                for span in secret_spans(text):
                    values.update(part.strip() for part in span.text(text).splitlines())
        self._values = sorted((value for value in values if _is_more_than_a_word(value)), key=len, reverse=True)

    def masked_line(self, line: str) -> str:
        """Returns a line of code with all masked that may be a secret."""
        return redact(self.masked(line))

    def masked(self, text: str) -> str:
        """Returns words with the secrets of the change masked; what looks like one by chance stays."""
        for value in self._values:
            text = text.replace(value, MASK)
        return text


def _is_more_than_a_word(value: str) -> bool:
    has_digit, has_letter = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    return len(value) > LONG_CHARS or (len(value) >= MIN_CHARS and has_digit and has_letter)
