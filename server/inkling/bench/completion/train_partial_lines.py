"""Learns the beginnings of lines: `python -m inkling.bench.completion.train_partial_lines --folder DIR`.

Needs scikit-learn. It learns how likely they are right from projects that the ranker never saw, because the confidences
that it looks at are the ranker's: those of projects which the ranker knows are too high. So it has to be learned anew
after the ranker was. Releases are fetched into the folder where they are missing. The figures that are written beside
the weights are of regressions that left out the project which they were asked about.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from inkling.bench.completion.extraction import added_lines, environment_segment, segment_of
from inkling.bench.completion.learning import calibration_error, rounded
from inkling.bench.completion.positions import Position, Protocol, loo_positions, replay_positions
from inkling.bench.completion.training_projects import TRAINING_PROJECTS, TrainingProject, fetch, texts_of
from inkling.engine.completion.asked_place import Surroundings, look_at
from inkling.engine.completion.continuations import gather
from inkling.engine.completion.features import features_of
from inkling.engine.completion.partial_lines import (
    WHOLE_LINE_IS_SURE,
    Beginning,
    PartialLines,
    beginnings,
    encode_partial_lines,
    is_beginning,
    shipped_path,
)
from inkling.engine.completion.ranker import Ranker, shipped_ranker
from inkling.engine.language.evidence import Layer
from inkling.engine.language.open_files import OpenFile, TokenNumbers

INVERSE_REGULARISATION = 1.0

PROJECTS: Final = tuple(
    TrainingProject(name=name, before=before, after=after)
    for name, before, after in (
        ("cookiecutter", "2.2.0", "2.6.0"),
        ("poetry-core", "1.7.0", "1.9.0"),
        ("trio", "0.23.0", "0.25.1"),
        ("uvicorn", "0.25.0", "0.30.1"),
    )
)
"""Permissively licensed, none of them among the projects that the ranker is learned from or the benchmark judges by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBeginnings:
    """What could be shown of a line at one position.

    Attributes:
        project: Whose code it is.
        protocol: How the position came about.
        rest: The rest of its line.
        best_whole: Confidence of the best whole line; 0 where there is none.
        found: The beginnings.
    """

    project: str
    protocol: Protocol
    rest: str
    best_whole: float
    found: tuple[Beginning, ...]


def main() -> int:
    """Learns and writes."""
    parser = argparse.ArgumentParser(description="Learn how likely beginnings of lines are right.")
    parser.add_argument("--folder", type=Path, required=True, help="where releases are kept between runs")
    parser.add_argument("--each", type=int, default=40, help="positions of each kind and protocol in each project")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    known = {project.name for project in TRAINING_PROJECTS}
    if any(project.name in known for project in PROJECTS):
        raise SystemExit("the ranker was learned from one of these projects; take another in its place")
    texts = (
        text for project in PROJECTS for text in texts_of(fetch(project.name, project.after, arguments.folder)).values()
    )
    environment = [environment_segment(texts, arguments.folder / "environment.segment")]
    ranker = shipped_ranker()
    asked: list[AskedBeginnings] = []
    for project in PROJECTS:
        asked.extend(_asked(project, ranker, environment, arguments.folder, arguments.each, arguments.seed))
        print(f"{project.name}: {len(asked)} positions so far", flush=True)
    found = fit(asked)
    unseen = figures(asked)
    training: dict[str, object] = {
        "seed": arguments.seed,
        "projects": [f"{project.name} {project.before} {project.after}" for project in PROJECTS],
        "ranker_data_sha256": ranker.training.get("data_sha256"),
        "n_positions": len(asked),
        "n_beginnings": sum(len(one.found) for one in asked),
        "unseen": rounded(unseen),
    }
    learned = PartialLines(weights=found.weights, intercept=found.intercept, training=training)
    shipped_path().write_text(encode_partial_lines(learned), encoding="utf-8")
    for name, value in unseen.items():
        print(f"{name}={value:.4f}")
    return 0


def fit(asked: Sequence[AskedBeginnings]) -> PartialLines:
    """Returns the regression learned from the positions where no whole line is sure."""
    unsure = [(one, begun) for one in asked if one.best_whole < WHOLE_LINE_IS_SURE for begun in one.found]
    rows = np.array([begun.features for _, begun in unsure])
    is_right = np.array([is_beginning(begun.text, one.rest) for one, begun in unsure])
    scale = rows.std(axis=0) + 1e-9
    with threadpool_limits(limits=1):
        # Regularisation must not depend on the units of the features.
        fitted = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000).fit(rows / scale, is_right)
    weights = (fitted.coef_[0] / scale).tolist()
    return PartialLines(
        weights=tuple(round(weight, 6) for weight in weights), intercept=round(float(fitted.intercept_[0]), 6)
    )


def figures(asked: Sequence[AskedBeginnings]) -> dict[str, float]:
    """Returns what the beginnings are worth that would be proposed, by protocol, each of a project left out."""
    n_positions: defaultdict[str, int] = defaultdict(int)
    sureness: defaultdict[str, list[float]] = defaultdict(list)
    is_right: defaultdict[str, list[bool]] = defaultdict(list)
    n_chars: defaultdict[str, list[int]] = defaultdict(list)
    for project in dict.fromkeys(one.project for one in asked):
        learned = fit([one for one in asked if one.project != project])
        for one in asked:
            if one.project != project:
                continue
            n_positions[one.protocol] += 1
            chosen = learned.choose(one.found, one.best_whole)
            if chosen is not None:
                sureness[one.protocol].append(chosen[1])
                is_right[one.protocol].append(is_beginning(chosen[0].text, one.rest))
                n_chars[one.protocol].append(len(chosen[0].text))
    return {
        f"{name}_{protocol}": value
        for protocol in sureness
        for name, value in (
            ("proposed", len(sureness[protocol]) / n_positions[protocol]),
            ("right", float(np.mean(is_right[protocol]))),
            ("calibration_error", calibration_error(np.array(sureness[protocol]), np.array(is_right[protocol]))),
            ("mean_chars", float(np.mean(n_chars[protocol]))),
        )
    }


def _asked(
    project: TrainingProject, ranker: Ranker, environment: Sequence[Layer], folder: Path, n_each: int, seed: int
) -> Iterator[AskedBeginnings]:
    before = texts_of(fetch(project.name, project.before, folder))
    after = texts_of(fetch(project.name, project.after, folder))
    left_out = loo_positions(project.name, after, seed=seed, n_each=n_each)
    replayed = replay_positions(project.name, {project.name: added_lines(before, after)}, seed=seed, n_each=n_each)
    for texts, positions in ((after, left_out), (before, replayed)):
        yield from _asked_in(texts, positions, ranker, environment)


def _asked_in(
    texts: Mapping[str, str], positions: Sequence[Position], ranker: Ranker, environment: Sequence[Layer]
) -> Iterator[AskedBeginnings]:
    workspace = segment_of(texts)
    numbers = TokenNumbers()
    for one in positions:
        workspace.leave_out([one.path])
        surroundings = Surroundings(workspace=[workspace], environment=environment)
        place = look_at(OpenFile(numbers), numbers, one.text, one.offset, surroundings)
        found = gather(place) if place is not None else []
        confidences: list[float] = []
        begun: tuple[Beginning, ...] = ()
        if place is not None and found:
            rows, logprobs = features_of(place, found)
            confidences = ranker.confidences(rows).tolist()
            begun = tuple(beginnings(place.cursor, found, confidences, logprobs))
        yield AskedBeginnings(
            project=one.project,
            protocol=one.protocol,
            rest=one.rest,
            best_whole=max(confidences, default=0.0),
            found=begun,
        )


if __name__ == "__main__":
    raise SystemExit(main())
