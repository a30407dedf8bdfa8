"""Learns the shipped ranking of next edits: `python -m inkling.bench.next_edit.train`. Needs scikit-learn.

The trees are learned from all cases. The thresholds are chosen on probabilities that rankings of five folds gave to
pull requests which they had not seen, and so are the figures that are written beside them.
"""

import argparse
import hashlib
from pathlib import Path

from inkling.bench.next_edit.benchmark import DATA, report_of
from inkling.bench.next_edit.extraction import extract_all
from inkling.bench.next_edit.learning import fit
from inkling.bench.next_edit.ranked import judged_with_unseen_thresholds, ranked_out_of_fold, thresholds_offering
from inkling.bench.next_edit.sources import ordered_steps
from inkling.bench.report import publish
from inkling.engine.next_edit.ranking import artifact, thresholds
from inkling.engine.next_edit.ranking.artifact import RankingArtifact, encode_artifact
from inkling.engine.next_edit.ranking.thresholds import encode_thresholds

WRITTEN_KEYS = (
    *(f"{where}_at_{n}" for where in ("place", "far") for n in (1, 3, 5)),
    "offered",
    "exact_of_offered",
    "wrong_per_100",
    "right_now_or_later",
    "import_exact_at_1",
)


def main() -> int:
    """Learns and writes."""
    parser = argparse.ArgumentParser(description="Learn the ranking of next edits that ships with Inkling.")
    parser.add_argument("--data", type=Path, default=DATA, help="ordered steps of pull requests")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2, help="how many work side by side")
    parser.add_argument("--features", type=Path, help="keeps what was extracted between runs")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    cases = extract_all(ordered_steps(arguments.data), n_processes=arguments.processes, cache=arguments.features)
    ranked = ranked_out_of_fold(cases, seed=arguments.seed, n_processes=arguments.processes)
    report = report_of(judged_with_unseen_thresholds(ranked), arguments.seed)
    training = {
        "data_sha256": hashlib.sha256(arguments.data.read_bytes()).hexdigest(),
        "seed": arguments.seed,
        "n_cases": len(cases),
        "unseen": {key: round(report.metrics[key].value, 4) for key in WRITTEN_KEYS},
    }
    ranking = fit(cases, arguments.seed)
    artifact.shipped_path().write_text(
        encode_artifact(RankingArtifact(ranking=ranking, training=training)), encoding="utf-8"
    )
    thresholds.shipped_path().write_text(encode_thresholds(thresholds_offering(ranked), training), encoding="utf-8")
    publish(report, arguments.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
