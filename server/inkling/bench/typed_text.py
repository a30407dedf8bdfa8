"""What is typed for `inkling bench typing`: a recorded rhythm of keys, on real Python files."""

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.core.text import split_lines

N_LEAST_KEYSTROKES = 8  # of a burst
BURST_ENDS_AFTER_MS = 3000
LONGEST_PAUSE_MS = 2000  # by then every answer has come; longer pauses are cut to it
RIGHT_WORDS = 0.85  # share of the words that the scripted model gets right
_AUTO_CLOSED = ("()", "[]", "{}", '""', "''", "``")  # one keystroke, two characters
_WRONG = "q"
_LINE_BREAK = re.compile(r"\n+[ ]*")
_PIECE = re.compile(r"\w+|\s+|[^\w\s]")
_TAIL_CHARS = 60  # of a prompt; they tell places of one file apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A keystroke of the recording.

    Attributes:
        is_delete: Whether it deletes the character before the cursor; otherwise it types one.
        is_wrong: Whether what it types is deleted again later in the burst.
        pause_ms: Until the next keystroke.
    """

    is_delete: bool
    is_wrong: bool
    pause_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a burst is typed.

    Attributes:
        before: Text of the file up to the place.
        after: Text from the place on, as it will be.
        wrong_words: Offsets in `after` of the words that the scripted model gets wrong.
    """

    before: str
    after: str
    wrong_words: frozenset[int]

    def answer(self, prompt: str) -> str:
        """Returns what the scripted model says after a prompt."""
        tail = prompt[-_TAIL_CHARS:]
        start = (self.before + self.after).find(tail)
        position = start + len(tail) - len(self.before)
        if start < 0 or position < 0:
            return "None"  # the prompt ends with a typing error
        end = self.after.find("\n", position + 1)
        said = []
        for piece in _PIECE.finditer(self.after, position, len(self.after) if end < 0 else end):
            if piece.start() in self.wrong_words:
                said.append("value")
                break
            said.append(piece.group())
        return "".join(said)


def read_bursts(recording: Path) -> list[list[Key]]:
    """Returns the bursts of single-character edits of a recorded session."""
    events = json.loads(gzip.decompress(recording.read_bytes()))["log"]
    changes = [event for event in events if event["kind"] == "changed"]
    bursts: list[list[tuple[bool, float]]] = [[]]
    for change, following in zip(changes, [*changes[1:], None], strict=True):
        is_delete = _key_of(change["edit"])
        pause_ms = following["time"] - change["time"] if following is not None else float(LONGEST_PAUSE_MS)
        if is_delete is not None:
            bursts[-1].append((is_delete, max(0.0, pause_ms)))
        if is_delete is None or pause_ms > BURST_ENDS_AFTER_MS:
            bursts.append([])
    return [_with_errors(burst) for burst in bursts if len(burst) >= N_LEAST_KEYSTROKES]


def _key_of(edits: Sequence[tuple[int, int, str]]) -> bool | None:
    """Returns whether an edit is one keystroke that deletes (True) or types (False); None where it is no keystroke."""
    if len(edits) != 1:
        return None
    start, end, text = edits[0]
    if start == end and (len(text) == 1 or text in _AUTO_CLOSED):
        return False
    return True if end - start == 1 and not text else None


def _with_errors(burst: Sequence[tuple[bool, float]]) -> list[Key]:
    """Finds the characters that are deleted again; a deletion of what stood before the burst is left out."""
    typed: list[int] = []
    wrong: set[int] = set()
    unmatched: set[int] = set()
    for index, (is_delete, _) in enumerate(burst):
        if not is_delete:
            typed.append(index)
        elif typed:
            wrong.add(typed.pop())
        else:
            unmatched.add(index)
    return [
        Key(is_delete=is_delete, is_wrong=index in wrong, pause_ms=min(pause_ms, LONGEST_PAUSE_MS))
        for index, (is_delete, pause_ms) in enumerate(burst)
        if index not in unmatched
    ]


def choose_place(sources: Sequence[Path], chance: random.Random) -> Place:
    """Returns a place in a code line of one of the files."""
    while True:
        try:
            text = chance.choice(sources).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        lines = split_lines(text)
        number = chance.randrange(len(lines))
        code = re.match(r"\s*(?=[^\s#\"'])", lines[number])
        if code is None or not text.isascii() or "\r" in text or len(lines) - number < 10:
            continue
        offset = sum(map(len, lines[:number])) + code.end()
        after = text[offset:]
        words = [piece.start() for piece in _PIECE.finditer(after[:2000]) if piece.group().strip()]
        wrong = frozenset(start for start in words if chance.random() > RIGHT_WORDS)
        return Place(before=text[:offset], after=after, wrong_words=wrong)


def typed_chars(place: Place, keys: Sequence[Key]) -> Iterator[str]:
    """Yields what each keystroke types; empty for a deletion. The editor indents a new line by itself."""
    n_right = 0
    for key in keys:
        if key.is_delete:
            yield ""
        elif key.is_wrong:
            yield _WRONG
        else:
            line_break = _LINE_BREAK.match(place.after, n_right)
            char = line_break.group() if line_break else place.after[n_right]
            n_right += len(char)
            yield char
