"""What is known of the code around a place: found out in the background, and remembered for the next keystroke."""

import asyncio
import contextlib
import logging
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from inkling.context.prompt_context.parts import NearbyDiagnostic
from inkling.core.errors import WorkerError, WorkerUnavailableError
from inkling.core.ports import Background
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import CompletionRequest
from inkling.core.text import line_end, line_start, split_lines

logger = logging.getLogger(__name__)

WAIT_S: Final = 0.005  # a prompt waits no longer for what is not known yet
NAME_LINES: Final = 2  # names are looked up from the cursor's line and so many lines before it
MAX_NAMES: Final = 8
MAX_REMEMBERED: Final = 256
_CHAIN: Final = re.compile(r"(?<![\w.])(?<!def )(?<!class )[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_PARTIAL: Final = re.compile(r"\.?\w*\Z")
_SAYS_NOTHING: Final = frozenset(
    {
        "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
        "False", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "None", "nonlocal", "not",
        "or", "pass", "raise", "return", "self", "cls", "True", "try", "while", "with", "yield",
    }
)  # fmt: skip


class Lookup(Protocol):
    """Reads code. Implemented by `inkling.context.analysis.analysis.Analysis`."""

    async def define(self, snapshot: Snapshot, offset: int) -> tuple[Path, str] | None:
        """Returns the file and the code of the class or function that a name stands for.

        Raises:
            WorkerError: Nobody is there to ask.
        """
        ...

    async def problems(self, snapshot: Snapshot, offset: int) -> list[tuple[int, str]]:
        """Returns what is wrong near a place: lines, from 1, and words.

        Raises:
            WorkerError: Nobody is there to ask.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCode:
    """The definition of a name.

    Attributes:
        name: As it is written at the place.
        path: The file.
        code: Its lines from the definition's first on, secrets included.
    """

    name: str
    path: Path
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a place.

    Attributes:
        definitions: Of the names before the cursor, the nearest first.
        diagnostics: What is wrong on the lines nearby.
    """

    definitions: tuple[FoundCode, ...] = ()
    diagnostics: tuple[NearbyDiagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What a name stands for.

    Attributes:
        found: None where nothing can be shown.
        around: The lines of the document that this rests on.
        state: Of the other files.
    """

    found: FoundCode | None
    around: tuple[int, int]
    state: int


_Key = tuple[DocumentUri, str, str]


class CodeFacts:
    """Remembers what names stand for and what is wrong; finds out one thing at a time what it does not know."""

    def __init__(self, lookup: Lookup, background: Background) -> None:
        self._lookup = lookup
        self._background = background
        self._state_of_files = 0
        self._known: OrderedDict[_Key, _Known] = OrderedDict()
        self._problems: dict[DocumentUri, tuple[tuple[int, int], tuple[NearbyDiagnostic, ...]]] = {}
        self._latest: CompletionRequest | None = None
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    def files_changed(self) -> None:
        """Finds definitions out anew, the next time that they are needed; the old ones count until then."""
        self._state_of_files += 1

    def prepare(self, request: CompletionRequest) -> None:
        """Finds out in the background what is not known of a place; returns at once."""
        if next(self._missing(request), None) is None and not self._lacks_problems(request):
            return
        self._latest = request
        if self._is_idle.is_set():
            self._is_idle.clear()
            self._background.start(self._find_out())

    async def near(self, request: CompletionRequest, wait_s: float = WAIT_S) -> Facts:
        """Returns what is known of a place, and sees to it that more is known the next time.

        Args:
            request: The place.
            wait_s: Longest wait for what is not known yet, seconds.
        """
        self.prepare(request)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._is_idle.wait()
        known = [self._known.get(key) for key, _ in _names(request)]
        found = [each.found for each in known if each is not None and each.found is not None]
        around, problems = self._problems.get(request.snapshot.uri, (None, ()))
        return Facts(definitions=tuple(found), diagnostics=problems if around == _around(request) else ())

    def _missing(self, request: CompletionRequest) -> Iterator[tuple[_Key, int]]:
        """Yields names to look up: new ones, and known ones once more where what they rest on has changed."""
        around = _around(request)
        for key, offset in _names(request):
            known = self._known.get(key)
            is_here = known is not None and (known.found is None or known.found.path == request.snapshot.path)
            is_of_now = known is not None and known.state == self._state_of_files
            if known is None or not is_of_now or (is_here and known.around != around):
                yield key, offset

    def _lacks_problems(self, request: CompletionRequest) -> bool:
        known = self._problems.get(request.snapshot.uri)
        return known is None or known[0] != _around(request)

    async def _find_out(self) -> None:
        """Looks up what the latest question lacks until nothing is missing."""
        try:
            while self._latest is not None:
                request, state = self._latest, self._state_of_files
                missing = next(self._missing(request), None)
                if missing is not None:
                    (key, offset), around = missing, _around(request)
                    found = await self._define(request, key[2], offset)
                    self._known[key] = _Known(found=found, around=around, state=state)
                    while len(self._known) > MAX_REMEMBERED:
                        self._known.popitem(last=False)
                elif self._lacks_problems(request):
                    problems = await self._lookup.problems(request.snapshot, request.offset)
                    self._problems = {request.snapshot.uri: (_around(request), _diagnostics(request, problems))}
                elif request is self._latest:
                    self._latest = None
        except WorkerError as error:
            logger.debug("nothing is found out about the code: %s", error)
        finally:
            self._latest = None
            self._is_idle.set()

    async def _define(self, request: CompletionRequest, name: str, offset: int) -> FoundCode | None:
        try:
            found = await self._lookup.define(request.snapshot, offset)
        except WorkerUnavailableError:
            raise
        except WorkerError as error:
            logger.debug("a name is not looked up: %s", error)
            return None  # remembered: what jedi fails on once it fails on again
        return None if found is None else FoundCode(name=name, path=found[0], code=found[1])


def _around(request: CompletionRequest) -> tuple[int, int]:
    """Returns what the lines above and below the cursor's are known by."""
    text, offset = request.snapshot.text, request.offset
    return hash(text[: line_start(text, offset)]), hash(text[line_end(text, offset) :])


def _names(request: CompletionRequest) -> list[tuple[_Key, int]]:
    """Returns the names before the cursor, the nearest first, each with the offset of its last character.

    The word that is being written is none; what stands before its dot is.
    """
    text, offset = request.snapshot.text, request.offset
    start = line_start(text, offset)
    for _ in range(NAME_LINES):
        start = line_start(text, max(0, start - 1))
    scope_start = max(text.rfind(f"\n{word} ", 0, offset) for word in ("class", "def", "async def")) + 1
    scope = text[scope_start : line_end(text, scope_start)]
    end = start + len(_PARTIAL.sub("", text[start:offset]))
    found: dict[_Key, int] = {}
    for match in reversed(list(_CHAIN.finditer(text, start, end))):
        chain = match.group()
        if chain not in _SAYS_NOTHING:
            found.setdefault((request.snapshot.uri, scope, chain), match.end() - 1)
    return list(found.items())[:MAX_NAMES]


def _diagnostics(request: CompletionRequest, problems: list[tuple[int, str]]) -> tuple[NearbyDiagnostic, ...]:
    lines = split_lines(request.snapshot.text)
    return tuple(
        NearbyDiagnostic(line=line, code=lines[line - 1].strip(), message=message)
        for line, message in problems
        if line <= len(lines)
    )
