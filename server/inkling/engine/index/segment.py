r"""Code that was read once: tokens on disk, with their places sorted by what stands before them.

A segment is one file, written once and never changed:

```
8 bytes   b"INKLING" and the format's version
4 bytes   length of the header, little-endian
4 bytes   CRC-32 of the header
header    JSON: {"arrays": {name: [dtype, offset, count]}, "files": [...], "crc": CRC-32 of the arrays, "size": …}
arrays    each at a multiple of 64 bytes
```

| array | dtype | holds |
|---|---|---|
| tokens | int32 | token ids of all files; id 0 stands before each file and at the end |
| order | int32 | all places, sorted by the token before them, then the one before that, … |
| first_place | int32 | where in `order` the places behind each token begin; one more at the end |
| words | uint8 | the tokens as UTF-8, sorted, one after the other |
| word_start | int32 | where in `words` each begins; one more at the end |
| file_start | int32 | where in `tokens` each file begins; one more at the end |

Ids number the tokens in the order of their bytes, so that all tokens with one prefix are one range of ids.
"""

import json
import mmap
import os
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from inkling.engine.language.compiled import in_use
from inkling.engine.language.evidence import (
    END_OF_LINE,
    LONGEST_CONTEXT,
    LONGEST_MATCH,
    Expectation,
    Places,
    as_predicted,
    merge_depths,
    n_agreeing,
)
from inkling.engine.language.lexer import is_line_break

if TYPE_CHECKING or in_use.is_compiled:
    from inkling.engine.language import _core

MAGIC: Final = b"INKLING1"
SEPARATOR: Final = 0
MOST_SAMPLES = 128  # places looked at for one count; more hardly change it
MOST_SAMPLES_OF_EXPECTED = 4096  # places looked at where a prefix leaves only a few of them
MOST_CACHED_WORDS = 50_000
_PREFIX = struct.Struct("<8sII")
_ALIGNMENT = 64
_CHUNK_BYTES = 1 << 20

Ints = NDArray[np.int32]


class DamagedSegmentError(Exception):
    """A segment file that is torn, damaged or of another version; it is to be built again."""


class Segment:
    """A segment in memory-mapped arrays; the layer of a workspace or an environment."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], files: Sequence[str]) -> None:
        self._tokens: Ints = arrays["tokens"]
        self._order: Ints = arrays["order"]
        self._file_start: Ints = arrays["file_start"]
        # A memory view hands out plain integers several times faster than an array does.
        self._token_at = self._tokens.data
        self._place_at = self._order.data
        self._first_place = arrays["first_place"].data
        self._word_start = arrays["word_start"].data
        self._words = arrays["words"].data
        self._file_numbers = {path: number for number, path in enumerate(files)}
        self._ids: dict[str, int | None] = {}
        self._texts: dict[int, str] = {}
        self._arrays = arrays
        self._left_out: list[int] = []
        self.core = self._compiled()
        self.n_tokens = len(self._tokens)

    @property
    def files(self) -> Iterable[str]:
        """The files that were read, as they were named when it was built."""
        return self._file_numbers.keys()

    def leave_out(self, files: Iterable[str]) -> None:
        """Counts nothing from `files` from now on, because they changed or are open."""
        numbers = sorted(self._file_numbers[file] for file in files if file in self._file_numbers)
        # The place of a file's first token belongs to the file before, whose end it is.
        self._left_out = [int(self._file_start[number + edge]) + 1 for number in numbers for edge in (0, 1)]
        self.core = self._compiled()

    def file_tokens(self, file: str) -> list[str] | None:
        """Returns the tokens of `file` as they were read; None where it was not."""
        number = self._file_numbers.get(file)
        if number is None:
            return None
        ids = self._tokens[self._file_start[number] + 1 : self._file_start[number + 1]]
        return [self._text(token) for token in ids.tolist()]

    def places(self, context: Sequence[str]) -> list[Places]:
        """Returns the places that agree with the end of `context`, the deepest first, down to depth 1."""
        bounds: list[tuple[int, int]] = []
        token_at, place_at = self._token_at, self._place_at
        low, high = 0, self.n_tokens
        for depth, token in enumerate(reversed(context[-LONGEST_CONTEXT:]), 1):
            wanted = self._id(token)
            if wanted is None:
                break
            if depth == 1:
                low, high = self._first_place[wanted], self._first_place[wanted + 1]
            else:
                low, high = _narrow(token_at, place_at, (low, high), depth, wanted)
            if low >= high:
                break
            bounds.append((low, high))
        return merge_depths(bounds)

    def next_tokens(self, places: Places, expected: Expectation | None) -> dict[str, float]:
        """Returns the weight of each expected token that follows `places`."""
        n_places = places.last - places.first
        most = MOST_SAMPLES_OF_EXPECTED if expected is not None else MOST_SAMPLES
        step = max(1, n_places // most)
        sampled = self._kept(self._order[places.first : places.last : step])
        if step > 1 and not len(sampled):
            step = 1
            sampled = self._kept(self._order[places.first : places.last])[:most]
        following = self._tokens[sampled]
        if expected is not None and expected.prefix:
            low, high = self._prefix_ids(expected.prefix)
            following = following[(following >= low) & (following < high)]
        weights: dict[str, float] = {}
        for token, count in Counter(following.tolist()).items():
            text = END_OF_LINE if token == SEPARATOR else as_predicted(self._text(token))
            if expected is None or expected.accepts(text):
                weights[text] = weights.get(text, 0.0) + count * step
        return weights

    def matches(self, places: Places, context: Sequence[str], *, most: int) -> list[tuple[int, int]]:
        """Returns how many tokens agree before each of `places`, evenly sampled, and where it is."""
        known = [self._id(token) for token in context[-LONGEST_MATCH:]]
        wanted = [-1 if number is None else number for number in known]
        step = -(-(places.last - places.first) // most)
        sampled = self._kept(self._order[places.first : places.last : step])
        return [(n_agreeing(self._token_at, place, wanted), place) for place in sampled.tolist()]

    def line_at(self, position: int, *, most_tokens: int) -> tuple[str, ...] | None:
        """Returns the tokens from `position` up to the line break; None where there are more than `most_tokens`."""
        line: list[str] = []
        for token in self._tokens[position : position + most_tokens + 1].tolist():
            text = self._text(token)
            if token == SEPARATOR or is_line_break(text):
                return tuple(line)
            line.append(text)
        return None

    @cached_property
    def line_starts(self) -> Ints:
        """Where each line begins, with its line break; one more at the end."""
        # Line breaks are neighbours among the sorted words.
        first, last = self._prefix_ids("\n")
        is_start = (self._tokens == SEPARATOR) | ((self._tokens >= first) & (self._tokens < last))
        return np.append(np.flatnonzero(is_start), self.n_tokens).astype(np.int32)

    def lines_with(self, token: str, *, most: int) -> Ints:
        """Returns the numbers of the lines that hold `token`; none where it stands in more than `most` places."""
        number = self._id(token)
        if number is None:
            return np.zeros(0, np.int32)
        first, last = self._first_place[number], self._first_place[number + 1]
        if last - first > most:
            return np.zeros(0, np.int32)
        # Searched for each time: a line's number for every token would be as much memory as the tokens.
        places = self._kept(self._order[first:last]) - 1
        return (np.searchsorted(self.line_starts, places, side="right") - 1).astype(np.int32)

    def line(self, number: int) -> tuple[str, ...]:
        """Returns the tokens of a line without its line break."""
        first, last = self.line_starts[number], self.line_starts[number + 1]
        return tuple([self._text(token) for token in self._tokens[first + 1 : last].tolist()])

    def break_before(self, number: int) -> str:
        """Returns the line break that begins a line; "" where a file begins."""
        return self._text(int(self._tokens[self.line_starts[number]]))

    def _compiled(self) -> "_core.SegmentCore | None":
        if not in_use.is_compiled:
            return None
        arrays = self._arrays
        return _core.SegmentCore(
            arrays["tokens"],
            arrays["order"],
            arrays["first_place"],
            arrays["words"],
            arrays["word_start"],
            np.array(self._left_out, np.int32),
            most_samples=MOST_SAMPLES,
            most_samples_of_expected=MOST_SAMPLES_OF_EXPECTED,
        )

    def _kept(self, places: Ints) -> Ints:
        if not self._left_out:
            return places
        is_kept = np.searchsorted(self._left_out, places, side="right") % 2 == 0
        kept: Ints = places[is_kept]
        return kept

    def _id(self, token: str) -> int | None:
        found = self._ids.get(token, -1)
        if found != -1:
            return found
        if len(self._ids) > MOST_CACHED_WORDS:
            self._ids.clear()
        wanted = token.encode("utf-8", "surrogatepass")
        number = self._first_word_from(wanted)
        known = number < len(self._word_start) - 1 and self._word(number) == wanted
        self._ids[token] = number if known else None
        return self._ids[token]

    def _text(self, token: int) -> str:
        text = self._texts.get(token)
        if text is None:
            if len(self._texts) > MOST_CACHED_WORDS:
                self._texts.clear()
            text = self._texts[token] = self._word(token).decode("utf-8", "surrogatepass")
        return text

    def _word(self, number: int) -> bytes:
        return bytes(self._words[self._word_start[number] : self._word_start[number + 1]])

    def _first_word_from(self, wanted: bytes) -> int:
        low, high = 0, len(self._word_start) - 1
        while low < high:
            middle = (low + high) // 2
            if self._word(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def _prefix_ids(self, prefix: str) -> tuple[int, int]:
        wanted = prefix.encode("utf-8", "surrogatepass")
        # No UTF-8 text contains the byte 0xff, so this is behind all that begin with the prefix.
        return self._first_word_from(wanted), self._first_word_from(wanted + b"\xff")


def _narrow(
    token_at: memoryview, place_at: memoryview, bounds: tuple[int, int], depth: int, wanted: int
) -> tuple[int, int]:
    """Returns the part of `bounds` whose places have the token `wanted` at `depth` before them."""
    low, end = bounds
    high = end
    while low < high:
        middle = (low + high) >> 1
        before = place_at[middle] - depth
        if (token_at[before] if before >= 0 else SEPARATOR) < wanted:
            low = middle + 1
        else:
            high = middle
    first, high = low, end
    while low < high:
        middle = (low + high) >> 1
        before = place_at[middle] - depth
        if (token_at[before] if before >= 0 else SEPARATOR) <= wanted:
            low = middle + 1
        else:
            high = middle
    return first, low


class SegmentWriter:
    """Collects the tokens of files, then sorts and writes them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"": SEPARATOR}
        self._ids: list[Ints] = []
        self._files: list[str] = []

    def add(self, file: str, tokens: Sequence[str]) -> None:
        """Adds a file."""
        numbers = self._numbers
        ids = np.empty(len(tokens) + 1, np.int32)
        ids[0] = SEPARATOR
        ids[1:] = [numbers.setdefault(token, len(numbers)) for token in tokens]
        self._ids.append(ids)
        self._files.append(file)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Returns the arrays of the segment, by name."""
        words = [word.encode("utf-8", "surrogatepass") for word in self._numbers]
        by_bytes = sorted(range(len(words)), key=words.__getitem__)
        rank = np.empty(len(words), np.int32)
        rank[by_bytes] = np.arange(len(words), dtype=np.int32)
        # A last separator ends the last line of the last file.
        tokens = rank[np.concatenate([*self._ids, np.array([SEPARATOR])])].astype(np.int32)
        order = sort_places(tokens)
        lengths = np.fromiter((len(words[number]) for number in by_bytes), np.int64, len(words))
        before = np.concatenate([tokens[-1:], tokens[:-1]])
        return {
            "tokens": tokens,
            "order": order,
            "first_place": _starts(np.bincount(before, minlength=len(words))),
            "words": np.frombuffer(b"".join(words[number] for number in by_bytes), np.uint8),
            "word_start": _starts(lengths),
            "file_start": _starts(np.array([len(ids) for ids in self._ids], np.int64)),
        }

    def build(self) -> Segment:
        """Returns the segment in memory."""
        return Segment(self.arrays(), self._files)

    def write(self, path: Path) -> None:
        """Writes the segment to `path` at once: another process sees the whole file or none.

        Raises:
            OSError: It cannot be written.
        """
        arrays = self.arrays()
        layout: dict[str, tuple[str, int, int]] = {}
        offset = 0
        for name, array in arrays.items():
            layout[name] = (array.dtype.str, offset, len(array))
            offset += _padded(array.nbytes)
        crc = 0
        for chunk in _chunks(arrays):
            crc = zlib.crc32(chunk, crc)
        header = json.dumps({"arrays": layout, "files": self._files, "crc": crc, "size": offset}).encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(_PREFIX.pack(MAGIC, len(header), zlib.crc32(header)))
                file.write(header)
                file.write(b"\0" * (_padded(file.tell()) - file.tell()))
                for chunk in _chunks(arrays):
                    file.write(chunk)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def open_segment(path: Path) -> Segment:
    """Returns the segment in `path`, memory-mapped, after all of it was compared with its checksum.

    Raises:
        DamagedSegmentError: It is torn, damaged or of another version.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        prefix = file.read(_PREFIX.size)
        if len(prefix) < _PREFIX.size:
            raise DamagedSegmentError(f"{path.name} is cut short")
        magic, header_size, header_crc = _PREFIX.unpack(prefix)
        if magic != MAGIC:
            raise DamagedSegmentError(f"{path.name} has another format")
        header_bytes = file.read(header_size)
        if zlib.crc32(header_bytes) != header_crc:
            raise DamagedSegmentError(f"the header of {path.name} is damaged")
        header = json.loads(header_bytes)
        start = _padded(file.tell())
        file.seek(start)
        crc = 0
        # Read and not mapped: pages that are only checked would count as the worker's memory.
        while chunk := file.read(_CHUNK_BYTES):
            crc = zlib.crc32(chunk, crc)
        if crc != header["crc"] or file.tell() != start + header["size"]:
            raise DamagedSegmentError(f"the arrays of {path.name} are damaged")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = {
        name: np.frombuffer(mapped, np.dtype(dtype), count, start + offset)
        for name, (dtype, offset, count) in header["arrays"].items()
    }
    return Segment(arrays, header["files"])


def sort_places(tokens: Ints) -> Ints:
    """Returns all places of `tokens`, sorted by the twelve tokens before them, the nearest first.

    Each pass sorts by twice as many tokens as the one before, as in the construction of suffix arrays.

    Source: U. Manber and G. Myers, "Suffix arrays: a new method for on-line string searches", section 3.
    """
    n_places = len(tokens)
    rank = np.zeros(n_places, np.int64)
    rank[1:] = tokens[:-1]
    n_ranked = 1
    n_words = int(rank.max(initial=0)) + 1
    if n_words**3 <= np.iinfo(np.int64).max:
        # Three tokens fit in one number, which saves a pass.
        two = rank * n_words
        two[1:] += rank[:-1]
        three = two * n_words
        three[2:] += rank[:-2]
        rank = _ranked(three)
        n_ranked = 3
    while n_ranked < LONGEST_CONTEXT:
        key = rank * (int(rank.max(initial=0)) + 1)
        key[n_ranked:] += rank[:-n_ranked]
        rank = _ranked(key)
        n_ranked *= 2
    # Of places with the same tokens before them the first comes first.
    order = rank * n_places + np.arange(n_places)
    order.sort()
    return (order % max(1, n_places)).astype(np.int32)


def _ranked(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns for each key how many different ones are less."""
    order = np.argsort(keys)
    sorted_keys = keys[order]
    ranks = np.zeros(len(keys), np.int64)
    ranks[order[1:]] = np.cumsum(sorted_keys[1:] != sorted_keys[:-1])
    return ranks


def _starts(lengths: NDArray[Any]) -> Ints:
    starts = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=starts[1:])
    return starts


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _chunks(arrays: Mapping[str, NDArray[Any]]) -> Iterator[memoryview | bytes]:
    for array in arrays.values():
        data = np.ascontiguousarray(array).data.cast("B") if len(array) else memoryview(b"")
        for first, last in pairwise([*range(0, len(data), _CHUNK_BYTES), len(data)]):
            yield data[first:last]
        yield b"\0" * (_padded(array.nbytes) - array.nbytes)
