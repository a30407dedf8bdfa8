"""Learns when further lines are right: `python -m inkling.bench.completion.train_further_lines --folder DIR`.

Needs scikit-learn. Releases of the projects in `training_projects` are fetched into the folder where they are missing;
what was extracted from them is kept there, too, until the features change. The figures that are written beside the
weights are of models of three folds, on projects which they had not seen.
"""

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from inkling.bench.completion.extraction import environment_segment
from inkling.bench.completion.further_lines_extraction import FollowedLines, follow_lines
from inkling.bench.completion.further_lines_learning import learn
from inkling.bench.completion.learning import hash_of, rounded
from inkling.bench.completion.training_projects import TRAINING_PROJECTS, TrainingProject, fetch, texts_of
from inkling.engine.completion.further_lines_model import (
    FURTHER_FEATURES,
    FurtherLinesModel,
    encode_model,
    shipped_path,
)
from inkling.engine.language.evidence import Layer


def main() -> int:
    """Learns and writes."""
    parser = argparse.ArgumentParser(description="Learn when further lines of ghost text are right.")
    parser.add_argument("--folder", type=Path, required=True, help="where releases are kept between runs")
    parser.add_argument("--each", type=int, default=40, help="positions of each kind in each project")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    texts = (
        text
        for project in TRAINING_PROJECTS
        for text in texts_of(fetch(project.name, project.after, arguments.folder)).values()
    )
    environment = [environment_segment(texts, arguments.folder / "environment.segment")]
    followed = [
        _followed(project, environment, arguments.folder, arguments.each, arguments.seed)
        for project in TRAINING_PROJECTS
    ]
    model, figures = learn(followed)
    training: dict[str, object] = {
        "data_sha256": hash_of(
            array for project in followed for array in (project.rows, project.is_right, project.is_end, project.walk)
        ),
        "seed": arguments.seed,
        "projects": [f"{project.name} {project.before} {project.after}" for project in TRAINING_PROJECTS],
        "n_right_lines_followed": sum(project.n_walks for project in followed),
        "n_further_lines": sum(len(project.is_right) for project in followed),
        "unseen": rounded(figures),
    }
    model = FurtherLinesModel(
        weights=model.weights,
        intercept=model.intercept,
        least_probability=model.least_probability,
        training=training,
    )
    shipped_path().write_text(encode_model(model), encoding="utf-8")
    for name, value in figures.items():
        print(f"{name}={value:.4f}")
    return 0


def _followed(
    project: TrainingProject, environment: Sequence[Layer], folder: Path, n_each: int, seed: int
) -> FollowedLines:
    """Returns what was proposed behind right lines, by an earlier run with the same features if there was one."""
    features = hashlib.sha256("\n".join(FURTHER_FEATURES).encode()).hexdigest()[:12]
    kept = folder / "extracted" / f"{project.name}-further-{n_each}-{seed}-{features}.npz"
    if not kept.exists():
        found = follow_lines(project, environment, folder=folder, n_each=n_each, seed=seed)
        kept.parent.mkdir(exist_ok=True)
        np.savez(
            kept,
            rows=found.rows,
            is_right=found.is_right,
            is_end=found.is_end,
            walk=found.walk,
            n_walks=np.int64(found.n_walks),
        )
    arrays = np.load(kept)
    return FollowedLines(
        name=project.name,
        rows=arrays["rows"],
        is_right=arrays["is_right"],
        is_end=arrays["is_end"],
        walk=arrays["walk"],
        n_walks=int(arrays["n_walks"]),
    )


if __name__ == "__main__":
    raise SystemExit(main())
