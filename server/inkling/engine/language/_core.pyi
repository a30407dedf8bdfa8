"""The compiled core, built from the C files in `core/`; `compiled.py` tells whether it is there."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling.engine.language.evidence import Expectation
from inkling.engine.language.lexer import LexedLine

_Ints = NDArray[np.int32]
_Layers = list[tuple[SegmentCore | ScanCore, float, float]]  # each with its discount and strength

class SegmentCore:
    def __new__(
        cls,
        tokens: _Ints,
        order: _Ints,
        first_place: _Ints,
        words: NDArray[Any],
        word_start: _Ints,
        left_out: _Ints,
        *,
        most_samples: int,
        most_samples_of_expected: int,
    ) -> SegmentCore: ...

class ScanCore:
    def __new__(
        cls,
        tokens: _Ints,
        numbers: dict[str, int],
        predicted: list[str],
        cursor: float,
        *,
        most_samples: int,
        half_weight: float,
    ) -> ScanCore: ...

def next_tokens(
    layers: _Layers, context: Sequence[str], expected: Expectation | None, least_mass: float, /
) -> dict[str, float]: ...
def predict_lines(
    layers: _Layers,
    context: Sequence[str],
    expected: Expectation | None,
    least_mass: float,
    is_cancelled: Callable[[], bool],
    limits: tuple[int, int, int, int, float, str],
    /,
) -> tuple[list[tuple[tuple[str, ...], float, tuple[float, ...]]], tuple[int, ...]]: ...
def score_lines(
    layers: _Layers,
    context: Sequence[str],
    expected: Expectation | None,
    least_mass: float,
    lines: list[tuple[str, ...]],
    floor: float,
    /,
) -> list[tuple[float, ...]]: ...
def matched_lines(
    layers: _Layers,
    context: Sequence[str],
    expected: Expectation | None,
    limits: tuple[int, int, int, int, str],
    /,
) -> list[dict[tuple[str, ...], int]]: ...
def lex_lines(lines: list[str], lex_line: Callable[[str, str], LexedLine], long_string: str, /) -> list[str]: ...
