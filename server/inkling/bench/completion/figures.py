"""From answers to figures, with intervals."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.bench.completion.completers import Answer
from inkling.bench.completion.positions import Kind, Position
from inkling.bench.report import N_RESAMPLES, Metric, exact, percentile
from inkling.engine.completion.partial_lines import is_beginning

PRECISIONS = (0.5, 0.6, 0.7)
ABLATION_PRECISION = 0.6
THRESHOLD = 0.3  # of the confidence, from which on an answer counts as shown where keystrokes are counted
ACCEPT_KEYSTROKES = 1
N_BINS = 10  # of the confidence, of equal width

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A position and what a completer answered there.

    Attributes:
        position: Where it was asked.
        answer: What it said.
        cpu_ms: CPU time of the thread that asked.
        wall_ms: Time by the clock.
    """

    position: Position
    answer: Answer
    cpu_ms: float
    wall_ms: float

    @property
    def text(self) -> str:
        """The first line of the likeliest text, which is what is compared with the rest of the line; "" for none."""
        texts = self.answer.texts
        return texts[0].split("\n", 1)[0].rstrip() if texts else ""

    @property
    def is_exact(self) -> bool:
        """Whether it is the rest of the line."""
        return self.text == self.position.rest

    @property
    def is_listed(self) -> bool:
        """Whether any of the texts is the rest of the line."""
        return any(text.split("\n", 1)[0].rstrip() == self.position.rest for text in self.answer.texts)

    @property
    def further_lines(self) -> list[str]:
        """The lines of the block behind its first one; none where no block is offered."""
        return self.answer.block.split("\n")[1:]

    @property
    def is_further_right(self) -> bool:
        """Whether there are further lines, and all of them are those that are to be written below."""
        lines = self.further_lines
        return bool(lines) and self.position.missing_lines[: len(lines)] == lines

    @property
    def is_partial_right(self) -> bool:
        """Whether a beginning is offered, and the rest of the line begins with it."""
        return self.answer.partial != "" and is_beginning(self.answer.partial, self.position.rest)


class _Table:
    """Answers as columns, one row for each."""

    def __init__(self, judged: Sequence[Judged]) -> None:
        self.is_exact: Flags = np.array([one.is_exact for one in judged], np.bool_)
        self.is_listed: Flags = np.array([one.is_listed for one in judged], np.bool_)
        self.has_answer: Flags = np.array([bool(one.text) for one in judged], np.bool_)
        self.confidence: Floats = np.array([one.answer.confidence for one in judged], np.float64)
        self.n_chars: Floats = np.array([len(one.position.rest) for one in judged], np.float64)
        self.leading: Floats = np.array([leading_share(one.text, one.position.rest) for one in judged], np.float64)
        further = [one.further_lines for one in judged]
        self.n_block_lines: Floats = np.array([len(lines) + bool(lines) for lines in further], np.float64)
        self.is_further_right: Flags = np.array([one.is_further_right for one in judged], np.bool_)
        self.block_confidence: Floats = np.array([one.answer.block_confidence for one in judged], np.float64)
        self.has_partial: Flags = np.array([one.answer.partial != "" for one in judged], np.bool_)
        self.is_partial_right: Flags = np.array([one.is_partial_right for one in judged], np.bool_)
        self.partial_confidence: Floats = np.array([one.answer.partial_confidence for one in judged], np.float64)
        self.n_partial_chars: Floats = np.array([len(one.answer.partial) for one in judged], np.float64)
        # An editor indents by itself; the line break is to be typed.
        self.n_further_chars: Floats = np.array([sum(len(line.strip()) + 1 for line in lines) for lines in further])

    def share_shown(self, rows: NDArray[np.intp], precision: float) -> float:
        """Returns the largest share of positions that can be shown, the surest first, so that `precision` are right."""
        answered = rows[self.has_answer[rows]]
        order = answered[np.argsort(-self.confidence[answered], kind="stable")]
        n_right = np.cumsum(self.is_exact[order])
        shown = np.flatnonzero(n_right >= precision * np.arange(1, len(order) + 1))
        return float(shown[-1] + 1) / len(rows) if len(shown) else 0.0

    def calibration_error(self, rows: NDArray[np.intp]) -> float:
        """Returns how far the confidence of lines is from the share that is right."""
        rows = rows[self.has_answer[rows]]
        return _calibration_error(self.confidence[rows], self.is_exact[rows])

    def calibration_error_of_partials(self, rows: NDArray[np.intp]) -> float:
        """Returns how far the confidence of beginnings is from the share that is right."""
        rows = rows[self.has_partial[rows]]
        return _calibration_error(self.partial_confidence[rows], self.is_partial_right[rows])

    def keystrokes_saved(self, rows: NDArray[np.intp]) -> float:
        """Returns the share of the characters that accepting right whole lines saves, of those shown."""
        n_chars = self.n_chars[rows]
        is_accepted = self.is_exact[rows] & (self.confidence[rows] >= THRESHOLD)
        return float((n_chars - ACCEPT_KEYSTROKES)[is_accepted].sum() / n_chars.sum())

    @property
    def is_partial_shown(self) -> Flags:
        """Whether the beginning is what would be shown, because the line before it is not sure enough."""
        return self.has_partial & (self.confidence < THRESHOLD) & (self.partial_confidence >= THRESHOLD)

    def keystrokes_saved_with_partials(self, rows: NDArray[np.intp]) -> float:
        """Returns the share of the characters that is saved where beginnings are shown and accepted, too.

        What is asked and answered behind an accepted beginning is left out of account.
        """
        is_accepted = (self.is_partial_shown & self.is_partial_right)[rows]
        n_saved = (self.n_partial_chars[rows] - ACCEPT_KEYSTROKES)[is_accepted].sum()
        return self.keystrokes_saved(rows) + float(n_saved / self.n_chars[rows].sum())

    def keystrokes_saved_with_blocks(self, rows: NDArray[np.intp]) -> float:
        """Returns the share of the characters that is saved where blocks are shown, and accepted when all is right.

        The further lines of an accepted block count among the characters to come. A wrong block hides its first line.
        """
        n_chars, is_exact = self.n_chars[rows], self.is_exact[rows]
        is_block = (self.n_block_lines[rows] > 0) & (self.block_confidence[rows] >= THRESHOLD)
        is_block_accepted = is_block & is_exact & self.is_further_right[rows]
        is_accepted = is_block_accepted | (~is_block & is_exact & (self.confidence[rows] >= THRESHOLD))
        n_chars = n_chars + np.where(is_block_accepted, self.n_further_chars[rows], 0.0)
        return float((n_chars - ACCEPT_KEYSTROKES)[is_accepted].sum() / n_chars.sum())


def figures(judged: Sequence[Judged], *, seed: int, is_baseline: bool) -> dict[str, Metric]:
    """Returns the figures of one completer by name, over all positions, by kind, and for tests and other files.

    Args:
        judged: Its answers.
        seed: For the intervals, which are resampled by project, or by file where there is only one project.
        is_baseline: Whether it knows no confidence, so that only texts are judged.
    """
    table = _Table(judged)
    mean = _mean_of
    statistics: dict[str, Callable[[NDArray[np.intp]], float]] = {
        "exact": mean(table.is_exact),
        "similarity": mean(np.array([similarity(one.text, one.position.rest) for one in judged], np.float64)),
        "leading_chars": mean(table.leading),
    }
    if not is_baseline:
        statistics["listed"] = mean(table.is_listed)
        statistics["answered"] = mean(table.has_answer)
        for precision in PRECISIONS:
            statistics[f"shown_at_{precision:.0%}".rstrip("%")] = _shown_at(table, precision)
        statistics["calibration_error"] = table.calibration_error
        statistics["keystrokes_saved"] = table.keystrokes_saved
        has_block = table.n_block_lines > 0
        statistics["blocks_offered"] = mean(has_block)
        statistics["block_lines"] = _mean_where(table.n_block_lines, has_block)
        statistics["blocks_right"] = _mean_where(table.is_exact & table.is_further_right, has_block)
        statistics["further_lines_right"] = _mean_where(table.is_further_right, has_block & table.is_exact)
        statistics["keystrokes_saved_with_blocks"] = table.keystrokes_saved_with_blocks
        statistics["partials_offered"] = mean(table.has_partial)
        statistics["partials_right"] = _mean_where(table.is_partial_right, table.has_partial)
        statistics["partials_calibration_error"] = table.calibration_error_of_partials
        statistics["partials_shown"] = mean(table.is_partial_shown)
        statistics["partials_shown_right"] = _mean_where(table.is_partial_right, table.is_partial_shown)
        statistics["keystrokes_saved_with_partials"] = table.keystrokes_saved_with_partials
    found: dict[str, Metric] = {}
    for suffix, rows in _subsets(judged).items():
        resamples = _resamples([judged[row].position for row in rows], rows, seed)
        for name, statistic in statistics.items():
            if not math.isnan(statistic(rows)):
                found[name + suffix] = _with_interval(statistic, rows, resamples)
    return found


def losses(whole: Sequence[Judged], ablated: Sequence[Judged], *, seed: int) -> dict[str, Metric]:
    """Returns what is lost without something, as differences of shares at the same positions.

    Args:
        whole: Answers with it.
        ablated: Answers without it, in the same order.
        seed: For the intervals.
    """
    table, table_without = _Table(whole), _Table(ablated)
    rows = np.arange(len(whole))
    resamples = _resamples([one.position for one in whole], rows, seed)

    def exact_lost(sample: NDArray[np.intp]) -> float:
        return float(table.is_exact[sample].mean() - table_without.is_exact[sample].mean())

    def shown_lost(sample: NDArray[np.intp]) -> float:
        return table.share_shown(sample, ABLATION_PRECISION) - table_without.share_shown(sample, ABLATION_PRECISION)

    return {
        "exact_lost": _with_interval(exact_lost, rows, resamples),
        f"shown_at_{ABLATION_PRECISION:.0%}_lost".replace("%", ""): _with_interval(shown_lost, rows, resamples),
    }


def costs(judged: Sequence[Judged]) -> dict[str, Metric]:
    """Returns the time of a suggestion, in milliseconds."""
    found: dict[str, Metric] = {}
    for name, times_ms in (
        ("cpu_ms", [one.cpu_ms for one in judged]),
        ("wall_ms", [one.wall_ms for one in judged]),
    ):
        found[f"{name}_p50"] = exact(percentile(times_ms, 0.5))
        found[f"{name}_p95"] = exact(percentile(times_ms, 0.95))
    return found


def similarity(text: str, rest: str) -> float:
    """Returns 1 minus the edit distance divided by the longer length, from 0 to 1.

    Source: V. Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals", 1966.
    """
    if not text or not rest:
        return float(text == rest)
    row = list(range(len(rest) + 1))
    for number, char in enumerate(text, 1):
        diagonal, row[0] = row[0], number
        for column, wanted in enumerate(rest, 1):
            diagonal, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, diagonal + (char != wanted))
    return 1.0 - row[-1] / max(len(text), len(rest))


def leading_share(text: str, rest: str) -> float:
    """Returns the share of the characters of `rest` that `text` begins with."""
    n_same = next((n for n, (char, wanted) in enumerate(zip(text, rest, strict=False)) if char != wanted), None)
    return (min(len(text), len(rest)) if n_same is None else n_same) / len(rest)


def _calibration_error(confidence: Floats, is_right: Flags) -> float:
    """Returns the mean distance between confidence and share right, by bins of the confidence.

    Source: Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3 (ECE).
    """
    if not len(confidence):
        return math.nan
    bins = np.minimum((confidence * N_BINS).astype(np.intp), N_BINS - 1)
    said = np.bincount(bins, confidence, N_BINS)
    right = np.bincount(bins, is_right.astype(np.float64), N_BINS)
    return float(np.abs(said - right).sum()) / len(confidence)


def _mean_of(column: NDArray[np.float64] | Flags) -> Callable[[NDArray[np.intp]], float]:
    return lambda rows: float(column[rows].mean())


def _mean_where(column: NDArray[np.float64] | Flags, chosen: Flags) -> Callable[[NDArray[np.intp]], float]:
    def statistic(rows: NDArray[np.intp]) -> float:
        rows = rows[chosen[rows]]
        return float(column[rows].mean()) if len(rows) else math.nan

    return statistic


def _shown_at(table: _Table, precision: float) -> Callable[[NDArray[np.intp]], float]:
    return lambda rows: table.share_shown(rows, precision)


def _subsets(judged: Sequence[Judged]) -> dict[str, NDArray[np.intp]]:
    """Returns the rows of each part that is judged apart, by what is put behind a figure's name."""
    kinds = np.array([one.position.kind.value for one in judged])
    is_test = np.array([one.position.is_test for one in judged], np.bool_)
    parts = {"": np.full(len(judged), fill_value=True)}
    parts |= {f"_{kind}": kinds == kind.value for kind in Kind}
    parts |= {"_tests": is_test, "_others": ~is_test}
    return {suffix: rows for suffix, chosen in parts.items() if len(rows := np.flatnonzero(chosen))}


def _resamples(positions: Sequence[Position], rows: NDArray[np.intp], seed: int) -> list[NDArray[np.intp]]:
    """Returns rows drawn anew, project by project or file by file."""
    is_by_project = len({position.project for position in positions}) > 1
    names = [position.project if is_by_project else position.path for position in positions]
    clusters: dict[str, list[int]] = {}
    for name, row in zip(names, rows.tolist(), strict=True):
        clusters.setdefault(name, []).append(row)
    arrays = [np.array(cluster) for cluster in clusters.values()]
    chance = np.random.default_rng(seed)
    drawn = chance.integers(len(arrays), size=(N_RESAMPLES, len(arrays)))
    return [np.concatenate([arrays[number] for number in numbers]) for numbers in drawn.tolist()]


def _with_interval(
    statistic: Callable[[NDArray[np.intp]], float], rows: NDArray[np.intp], resamples: Sequence[NDArray[np.intp]]
) -> Metric:
    estimates = [estimate for sample in resamples if not math.isnan(estimate := statistic(sample))]
    return Metric(value=statistic(rows), low=percentile(estimates, 0.025), high=percentile(estimates, 0.975))
