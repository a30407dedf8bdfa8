"""How natural a change reads: what the tokens of the new text are worth to a language model, beside those of the old.

The model is the embedded completer's: counts of what follows which tokens, the longest contexts first, here of the
changed file without the changed lines, of other files of the workspace, and of the standard library.
"""

import difflib
import itertools
import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from inkling.context.project_view import patched_view, text_in_view
from inkling.context.sources import read_source
from inkling.core.execution import ProjectView
from inkling.core.repair import Patch
from inkling.engine.index.segment import SEPARATOR, Segment, SegmentWriter
from inkling.engine.language.decoder import WeightedLayer, next_tokens
from inkling.engine.language.evidence import LONGEST_CONTEXT, as_predicted
from inkling.engine.language.lexer import is_line_break, lex
from inkling.engine.language.open_files import ScannedTokens, TokenNumbers
from inkling.engine.repair.lenders import lending_files

_OWN_TRUST = (0.7, 0.3)  # discount and strength, as the completer has them
_WORKSPACE_TRUST = (0.7, 0.3)
_LIBRARY_TRUST = (0.9, 4.0)
_LIBRARY_BYTES = 2 * 2**20
_N_FOLLOWING = 3  # tokens behind a change that count as part of it: they are likely or not because of it
_LEAST_LEFT = 0.005  # of the probability, for what no layer has seen in its place
_OWN_SHARE = 0.5  # of that, for tokens that the file holds elsewhere
_UNSEEN = 1e-4  # of that, for any token at all


class Naturalness(Protocol):
    """Says how natural a change is; a better model of code may take this place."""

    def gain(self, before: str, after: str) -> float:
        """Returns by how much a file's text is likelier with a change than without it: 0 for no change.

        Args:
            before: The text of the file without it.
            after: And with it.

        Returns:
            A difference of natural logarithms of probability, per token of the longer of the two stretches.
        """
        ...


class Changed(NamedTuple):
    """A stretch of tokens that differs: from `i1` to `i2` in the old text, from `j1` to `j2` in the new one."""

    i1: int
    i2: int
    j1: int
    j2: int


class TokenNaturalness:
    """Implements `Naturalness` with counts of tokens."""

    def __init__(self, layers: Sequence[WeightedLayer]) -> None:
        """Takes what is known of code beside the changed file itself."""
        self._layers = layers

    def gain(self, before: str, after: str) -> float:
        """Returns by how much the text is likelier with the change, per token."""
        old, new = _tokens(before), lex(after)
        changes = changed_stretches(old, new)
        if not changes:
            return 0.0
        model = _FileModel(old, changes, self._layers)
        n_old = n_new = 0
        difference = 0.0
        for change in changes:
            of_old = range(change.i1, min(change.i2 + _N_FOLLOWING, len(old)))
            of_new = range(change.j1, min(change.j2 + _N_FOLLOWING, len(new)))
            difference += sum(model.logprob(new, place) for place in of_new)
            difference -= sum(model.logprob(old, place) for place in of_old)
            n_old, n_new = n_old + len(of_old), n_new + len(of_new)
        return difference / max(1, n_old, n_new)


class _FileModel:
    """The model at one change: what the changed lines say is left out, so that neither text has seen itself."""

    def __init__(self, tokens: Sequence[str], changes: Sequence[Changed], layers: Sequence[WeightedLayer]) -> None:
        numbers = TokenNumbers()
        own = np.array([SEPARATOR, *map(numbers.number, tokens)], np.int32)
        for change in changes:
            first, last = _whole_lines(tokens, change.i1, change.i2)
            own[first + 1 : last + 1] = SEPARATOR
        layer = ScannedTokens([own], numbers, cursor=changes[0].i1 + 1)
        self._layers = [WeightedLayer(layer=layer, discount=_OWN_TRUST[0], strength=_OWN_TRUST[1]), *layers]
        self._n_seen = Counter(map(as_predicted, tokens))
        self._following: dict[tuple[str, ...], dict[str, float]] = {}

    def logprob(self, tokens: Sequence[str], place: int) -> float:
        """Returns the natural logarithm of the probability of a token after those before it."""
        context = tuple(tokens[max(0, place - LONGEST_CONTEXT) : place])
        following = self._following.get(context)
        if following is None:
            following = self._following[context] = next_tokens(self._layers, context)
        left = max(_LEAST_LEFT, 1.0 - sum(following.values()))
        token = as_predicted(tokens[place])
        elsewhere = _OWN_SHARE * self._n_seen[token] / max(1, self._n_seen.total())
        return math.log(following.get(token, 0.0) + left * (elsewhere + _UNSEEN))


def workspace_naturalness(
    view: ProjectView, changed: Iterable[PurePosixPath], exclude: Sequence[str] = ()
) -> TokenNaturalness:
    """Returns a model of the code around some files of a project. Reads files: for a thread.

    Args:
        view: The project.
        changed: The files that are changed; each is a model of itself.
        exclude: Patterns, as in a .gitignore file, of paths that are never read.
    """
    layers = [WeightedLayer(layer=Segment(*_library()), discount=_LIBRARY_TRUST[0], strength=_LIBRARY_TRUST[1])]
    files = [str(view.folder / path) for path in lending_files(view, changed, exclude)]
    if files:
        layer = _read(files).build()
        layers.insert(0, WeightedLayer(layer=layer, discount=_WORKSPACE_TRUST[0], strength=_WORKSPACE_TRUST[1]))
    return TokenNaturalness(layers)


def least_gain(view: ProjectView, patch: Patch, model: Naturalness) -> float:
    """Returns how natural a patch is: as its least natural file.

    Raises:
        UnreadableFileError: A file that it changes cannot be read.
    """
    patched = patched_view(view, patch.edits).edits
    paths = {edit.path for edit in patch.edits}
    return min((model.gain(text_in_view(view, path), patched[path]) for path in paths), default=0.0)


def changed_stretches(old: Sequence[str], new: Sequence[str]) -> list[Changed]:
    """Returns where two lists of tokens differ."""
    shorter = min(len(old), len(new))
    n_first = next((place for place in range(shorter) if old[place] != new[place]), shorter)
    rest = shorter - n_first
    n_last = next((place for place in range(rest) if old[-1 - place] != new[-1 - place]), rest)
    matcher = difflib.SequenceMatcher(
        None, old[n_first : len(old) - n_last], new[n_first : len(new) - n_last], autojunk=False
    )
    return [Changed(*(place + n_first for place in places)) for tag, *places in matcher.get_opcodes() if tag != "equal"]


def _whole_lines(tokens: Sequence[str], first: int, last: int) -> tuple[int, int]:
    """Returns the stretch with the rest of its lines; the line break before the first one belongs to it."""
    first = min(first, len(tokens) - 1)
    while first > 0 and not is_line_break(tokens[first]):
        first -= 1
    while last < len(tokens) and not is_line_break(tokens[last]):
        last += 1
    return max(0, first), last


@lru_cache(maxsize=4)
def _tokens(text: str) -> Sequence[str]:
    return tuple(lex(text))


@lru_cache(maxsize=1)
def _library() -> tuple[Mapping[str, NDArray[Any]], Sequence[str]]:
    """Returns what a segment of the standard library is made of, the small modules; read once, in half a second.

    Segments remember what they were asked, so each judgement, in a thread of its own, makes one.
    """
    found = sorted((file.stat().st_size, str(file)) for file in Path(os.__file__).parent.glob("*.py"))
    sizes = itertools.accumulate(n_bytes for n_bytes, _ in found)
    taken = [file for (_, file), size_bytes in zip(found, sizes, strict=True) if size_bytes <= _LIBRARY_BYTES]
    return _read(taken).arrays(), taken


def _read(files: Iterable[str]) -> SegmentWriter:
    writer = SegmentWriter()
    for file in files:
        text = read_source(file)
        writer.add(file, [] if text is None else lex(text))
    return writer
