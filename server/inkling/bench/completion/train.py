"""Learns the shipped ranker of ghost text: `python -m inkling.bench.completion.train --folder DIR`. Needs scikit-learn.

Releases of the projects in `training_projects` are fetched into the folder where they are missing; what was extracted
from them is kept there, too, until the candidates' features change, and the facts of scopes until the code changes that
reads them. The figures that are written beside the trees are of rankers of three folds, on projects which they had not
seen: with what the background analysis knows of each scope, and without.
"""

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from inkling.bench.completion.extraction import ExtractedProject, environment_segment, extract
from inkling.bench.completion.learning import hash_of, learn, rounded
from inkling.bench.completion.training_projects import TRAINING_PROJECTS, TrainingProject, fetch, texts_of
from inkling.engine.completion.features import FEATURES
from inkling.engine.completion.ranker import encode_ranker, shipped_path
from inkling.engine.language.evidence import Layer


def main() -> int:
    """Learns and writes."""
    parser = argparse.ArgumentParser(description="Learn the ranker of ghost text that ships with Inkling.")
    parser.add_argument("--folder", type=Path, required=True, help="where releases are kept between runs")
    parser.add_argument("--each", type=int, default=40, help="positions of each kind and protocol in each project")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    texts = (
        text
        for project in TRAINING_PROJECTS
        for text in texts_of(fetch(project.name, project.after, arguments.folder)).values()
    )
    environment = [environment_segment(texts, arguments.folder / "environment.segment")]
    extracted = [
        _extracted(project, environment, arguments.folder, arguments.each, arguments.seed)
        for project in TRAINING_PROJECTS
    ]
    learned = learn(extracted, arguments.seed)
    training: dict[str, object] = {
        "data_sha256": hash_of(
            array
            for project in extracted
            for array in (project.features, project.is_right, project.position, project.is_replay)
        ),
        "seed": arguments.seed,
        "projects": [f"{project.name} {project.before} {project.after}" for project in TRAINING_PROJECTS],
        "n_positions": sum(len(project.is_replay) for project in extracted),
        "n_texts": sum(len(project.is_right) for project in extracted),
        "unseen": rounded(learned.unseen),
        "unseen_without_facts": rounded(learned.unseen_without_facts),
    }
    shipped_path().write_text(encode_ranker(replace(learned.ranker, training=training)), encoding="utf-8")
    for name, value in learned.unseen.items():
        print(f"{name}={value:.4f} without_facts={learned.unseen_without_facts[name]:.4f}")
    return 0


def _extracted(
    project: TrainingProject, environment: Sequence[Layer], folder: Path, n_each: int, seed: int
) -> ExtractedProject:
    """Returns what was extracted from a project, by an earlier run with the same features if there was one."""
    features = hashlib.sha256("\n".join(FEATURES).encode()).hexdigest()[:12]
    kept = folder / "extracted" / f"{project.name}-{n_each}-{seed}-{features}.npz"
    if not kept.exists():
        found = extract(project, environment, folder=folder, n_each=n_each, seed=seed)
        kept.parent.mkdir(exist_ok=True)
        np.savez(
            kept,
            features=found.features,
            is_right=found.is_right,
            position=found.position,
            is_replay=found.is_replay,
        )
    arrays = np.load(kept)
    return ExtractedProject(
        name=project.name,
        features=arrays["features"],
        is_right=arrays["is_right"],
        position=arrays["position"],
        is_replay=arrays["is_replay"],
    )


if __name__ == "__main__":
    raise SystemExit(main())
