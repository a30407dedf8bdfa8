"""Docstrings and comments that are finished: `inkling bench completion --prose`."""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.bench.completion.projects import project_texts
from inkling.bench.completion.prose_asking import N_OPEN_FILES, ProseFound, ask_all, is_right
from inkling.bench.completion.prose_positions import (
    LEAST_REST_CHARS,
    ProsePlaceKind,
    ProsePosition,
    ProseProtocol,
    prose_positions,
)
from inkling.bench.report import EXIT_NO_DATA, Report, bootstrap, exact, percentile, publish
from inkling.core.errors import UserError
from inkling.core.ports import GateInput
from inkling.core.settings import GateSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Source
from inkling.engine.completion.prose.answers import LEAST_CONFIDENCE, likely_answers
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.asking import LogisticAskingModel
from inkling.models.operating_points import OperatingPoints

PROTOCOL = """A cursor stands in the first line of a docstring of a function or class (summary), in a heading or an
entry of a docstring's sections (section), in any other line of a docstring (words), or in a comment with one to three
letters or some words typed; at least {least_chars} characters of the line are to come. Up to {n_each} of summary, of
section and words together, and of comment in each project, drawn by the seed, and as many for each protocol. LOO: the
rest of the line is removed, everything else stays. ABOVE: the file ends at the cursor. At half of the positions before
closing quotes these stand behind the cursor already, as editors put them there. Up to {n_open} files of the same folder
are open.
found: some text is right, whatever its confidence. answered: share of positions with a text of a confidence of at least
{least}. right_of_answered: share of these whose first text is the rest of the line or, of a parameter or exception to
be described, its beginning. exact_of_answered: only the whole rest counts. shown, right_of_shown: the same of what both
stages of the gate show with the default settings to a user they know nothing of. said_of_answered: mean confidence.
cpu_ms: one question, the lexing of its keystroke among it.
Intervals: 95%, bootstrap by project, or by file where there is one project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A position and what became of it.

    Attributes:
        position: Where it was asked.
        is_found: Whether any text was right.
        confidence: Of the first answer; None where there was none.
        is_right: Whether the first answer is the rest of the line or its beginning.
        is_exact: Whether it is the rest of the line.
        is_shown: Whether the gate shows it.
        cpu_ms: CPU time.
    """

    position: ProsePosition
    is_found: bool
    confidence: float | None
    is_right: bool
    is_exact: bool
    is_shown: bool
    cpu_ms: float


class _Gate:
    """Both stages of the gate with the default settings, for a user of whom nothing is known."""

    def __init__(self) -> None:
        settings = GateSettings()
        self._asking = LogisticAskingModel.load()
        self._least_to_ask = self._asking.threshold(settings)
        self._model = LogisticAcceptanceModel.load()
        self._least_to_show = OperatingPoints.from_study(self._model.artifact).threshold(settings)

    def shows(self, position: ProsePosition, candidate: Candidate) -> bool:
        """Tells whether a candidate is shown."""
        snapshot = Snapshot(uri=DocumentUri(position.path), path=None, version=1, text=position.text)
        known = GateInput(
            request=CompletionRequest(snapshot=snapshot, offset=position.offset),
            at_ms=0,
            project=position.project,
            recent_outcomes=(),
            previous=(),
            candidate=candidate,
        )
        is_asked = self._asking.probability(known) >= self._least_to_ask
        return is_asked and self._model.score(known).probability >= self._least_to_show


def run(projects: Sequence[Path], *, seed: int, n_each: int, json_file: Path | None) -> int:
    """Measures, prints and writes; returns the exit status.

    Args:
        projects: Folders of Python files.
        seed: For all choices and the intervals.
        n_each: Most positions of a kind and protocol in a project.
        json_file: Where the figures are written, too; None for nowhere.
    """
    judged: list[_Judged] = []
    gate = _Gate()
    try:
        for folder in projects:
            texts = project_texts(folder)
            positions = prose_positions(folder.name, texts, seed=seed, n_each=n_each)
            judged.extend(_judge(found, gate) for found in ask_all(positions, texts))
            print(f"{folder.name}: {len(positions)} positions", file=sys.stderr)
    except UserError as error:
        print(error)
        return EXIT_NO_DATA
    if not judged:
        print("There is no docstring or comment to be finished; name a project with --project.")
        return EXIT_NO_DATA
    publish(report_of(judged, seed=seed, n_each=n_each), json_file)
    return 0


def _judge(found: ProseFound, gate: _Gate) -> _Judged:
    position = found.position
    answers = likely_answers(found.finds)
    first = answers[0] if answers else None
    is_exact = first is not None and first.text == position.rest
    is_shown = first is not None and gate.shows(
        position,
        Candidate(
            text=first.text,
            source=Source.EMBEDDED,
            mean_logprob=math.log(first.confidence) / first.n_words,
            n_tokens=first.n_words,
            confidence=first.confidence,
        ),
    )
    return _Judged(
        position=position,
        is_found=any(is_right(find, position.rest) for find in found.finds),
        confidence=None if first is None else first.confidence,
        is_right=is_exact
        or (first is not None and first.is_beginning and position.rest.startswith(first.text.rstrip())),
        is_exact=is_exact,
        is_shown=is_shown,
        cpu_ms=found.cpu_ms,
    )


def report_of(judged: Sequence[_Judged], *, seed: int, n_each: int) -> Report:
    """Returns the figures of all positions, and of each kind with each protocol."""
    parts: dict[str, list[_Judged]] = {"": list(judged)}
    for kind in ProsePlaceKind:
        parts[f"_{kind.value}"] = [one for one in judged if one.position.kind is kind]
        for protocol in ProseProtocol:
            name = f"_{kind.value}_{protocol.value}"
            parts[name] = [one for one in parts[f"_{kind.value}"] if one.position.protocol is protocol]
    metrics = {}
    for suffix, part in parts.items():
        if not part:
            continue
        metrics[f"n{suffix}"] = exact(len(part))
        for name, statistic in _STATISTICS.items():
            if not math.isnan(statistic(part)):
                metrics[name + suffix] = bootstrap(_clusters(part), statistic, seed)
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        metrics[f"cpu_ms_{name}"] = exact(percentile([one.cpu_ms for one in judged], share))
    protocol_text = PROTOCOL.format(
        least_chars=LEAST_REST_CHARS, n_each=n_each, n_open=N_OPEN_FILES, least=LEAST_CONFIDENCE
    )
    return Report(bench="completion_prose", seed=seed, protocol=protocol_text, n=len(judged), metrics=metrics)


def _clusters(judged: Sequence[_Judged]) -> list[list[_Judged]]:
    is_by_project = len({one.position.project for one in judged}) > 1
    clusters: dict[str, list[_Judged]] = {}
    for one in judged:
        clusters.setdefault(one.position.project if is_by_project else one.position.path, []).append(one)
    return list(clusters.values())


def _share(
    counts: Callable[[_Judged], bool], among: Callable[[_Judged], bool] = lambda _: True
) -> Callable[[Sequence[_Judged]], float]:
    def share(judged: Sequence[_Judged]) -> float:
        chosen = [one for one in judged if among(one)]
        return sum(map(counts, chosen)) / len(chosen) if chosen else math.nan

    return share


def _mean_said(judged: Sequence[_Judged]) -> float:
    said = [one.confidence for one in judged if one.confidence is not None]
    return sum(said) / len(said) if said else math.nan


def _is_answered(one: _Judged) -> bool:
    return one.confidence is not None


_STATISTICS: dict[str, Callable[[Sequence[_Judged]], float]] = {
    "found": _share(lambda one: one.is_found),
    "answered": _share(_is_answered),
    "right_of_answered": _share(lambda one: one.is_right, _is_answered),
    "exact_of_answered": _share(lambda one: one.is_exact, _is_answered),
    "said_of_answered": _mean_said,
    "shown": _share(lambda one: one.is_shown),
    "right_of_shown": _share(lambda one: one.is_right, lambda one: one.is_shown),
}
