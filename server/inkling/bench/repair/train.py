"""Learns the ranking of patches from what searches found: `python -m inkling.bench.repair.train PROPOSALS.jsonl …`.

The proposals come from `inkling bench repair --proposals FILE`. Written are the shipped weights, learned from all of
them, and for each tenth of the problems weights that never saw it, with which the benchmark judges that tenth. The
threshold of each comes from its own training problems alone, by cross-validation within them.
"""

import argparse
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.bench.repair.ranking import FOLDS, N_FOLDS, fold_of, problem_hash
from inkling.bench.repair.records import FoundPatches, read
from inkling.bench.repair.refreshing import refreshed
from inkling.bench.repair.tasks import model_written_tasks
from inkling.engine import judging
from inkling.engine.judging.features import LIST_FEATURES, PATCH_FEATURES
from inkling.engine.judging.ranking import ARTIFACT, Ranking, Scale, encode_ranking, with_known_kinds

Floats = NDArray[np.float64]

LEAST_OF_KIND = 150  # patches of a kind that is to have a weight of its own; with fewer the search's prior knows better
PATCH_PENALTY = (
    25.0  # of squared distances from what is expected, in lists; with 170 lists less holds back what they teach
)
LIST_PENALTY = 3.0  # whether any patch of a list is right is learned sooner
EXPECTED: Mapping[str, float] = {
    "log_prior": 0.4,
    "log_position": -0.2,
    "agreement": 0.8,
    "behaviour_weight": 0.3,
    "constants_of_tests": -0.3,
    "constant_returns": -0.4,
    "is_constant": -0.4,
    "new_constants": -0.2,
    "crashes_added": -0.3,
    "other_types": -0.2,
    "examples_broken": -0.5,
    "is_pair": -0.4,
    "unused_parameters": -0.3,
    "log_change": -0.2,
    "naturalness": 0.1,
    "best_agreement": -0.4,
    "log_behaviours": 0.3,
    "best_log_prior": -0.2,
}
"""Weights of scaled features before any list was seen, of those that an experiment on other searches found to matter:
constants overfit, and patches that all others agree with are often right. All other weights are expected to be 0."""
N_STEPS = 300
STEP = 0.05
RIGHT_OF_VERIFIED = (
    0.85  # what the threshold is to keep over bugs of all kinds; fewer are right of programs that a model wrote
)
LEAST_VERIFIED = 8  # lists above a threshold that is believed


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Lists of patches as arrays.

    Attributes:
        patches: float64, shape (n lists, most patches, n features), scaled; 0 where a list is shorter.
        lists: float64, shape (n lists, n features of lists), scaled.
        is_there: bool, shape (n lists, most patches).
        is_right: bool, the same shape.
    """

    patches: Floats
    lists: Floats
    is_there: NDArray[np.bool_]
    is_right: NDArray[np.bool_]


def main() -> None:
    """Trains and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("proposals", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, help="the bugs, for lists that were kept by an older Inkling")
    parser.add_argument("--into", type=Path, help="folder to write to; the shipped files unless given")
    options = parser.parse_args()
    records: dict[str, FoundPatches] = {}
    for path in options.proposals:
        records |= read(path)
    if options.data is not None:
        tasks = {task.id: task for task in model_written_tasks(options.data)}
        records = {task_id: refreshed(record, tasks) for task_id, record in records.items()}
    data_sha256 = sha256(b"".join(path.read_bytes() for path in options.proposals)).hexdigest()
    found = sorted((record for record in records.values() if record.rows), key=lambda record: record.task_id)
    print(f"{len(found)} lists with {sum(len(record.rows) for record in found)} patches")
    folds = {fold: train([record for record in found if fold_of(record.problem) != fold]) for fold in range(N_FOLDS)}
    metrics = judge_unseen(found, [folds[fold_of(record.problem)] for record in found])
    print(json.dumps(metrics, indent=1))
    final = train(found)
    trained_on = f"{len(found)} lists of patches for {len({record.problem for record in found})} problems"
    text = encode_ranking(final, data_sha256=data_sha256, metrics=metrics, trained_on=trained_on)
    shipped = Path(next(iter(judging.__path__))) / ARTIFACT
    (shipped if options.into is None else options.into / ARTIFACT).write_text(text, encoding="utf-8")
    content = {
        "problems": sorted({problem_hash(record.problem) for record in found}),
        "rankings": {
            str(fold): json.loads(
                encode_ranking(ranking, data_sha256=data_sha256, metrics={}, trained_on=f"all folds but {fold}")
            )
            for fold, ranking in folds.items()
        },
    }
    folds_file = FOLDS if options.into is None else options.into / FOLDS.name
    folds_file.write_text(json.dumps(content, indent=0) + "\n", encoding="utf-8")


def train(records: Sequence[FoundPatches]) -> Ranking:
    """Returns weights and threshold learned from lists, the threshold by cross-validation by problem within them."""
    unseen = []
    for fold in range(N_FOLDS):
        own = [record for record in records if fold_of(record.problem) == fold]
        if own:
            ranking = fit([record for record in records if fold_of(record.problem) != fold])
            unseen += [first_of(record, ranking) for record in own]
    return replace(fit(records), verified_from=threshold_keeping(unseen))


def fit(records: Sequence[FoundPatches]) -> Ranking:
    """Returns weights that make what was right likely and stay near what is expected; the threshold is 1."""
    kinds = Counter(name for record in records for row in record.rows for name in row if name.startswith("kind:"))
    known = [name for name, count in sorted(kinds.items()) if count >= LEAST_OF_KIND]
    patch_names = [*PATCH_FEATURES, *known, *([] if "kind:other" in known else ["kind:other"])]
    list_names = list(LIST_FEATURES)
    patch_scales = _scales(
        patch_names, [with_known_kinds(row, dict.fromkeys(patch_names, 0.0)) for item in records for row in item.rows]
    )
    list_scales = _scales(list_names, [record.of_list for record in records])
    list_scales["always"] = Scale(mean=0.0, deviation=1.0)
    data = _arrays(records, patch_names, patch_scales, list_names, list_scales)
    weights = _descend(data, np.array([EXPECTED.get(name, 0.0) for name in (*patch_names, *list_names)]))
    patch_weights, list_weights = weights[: len(patch_names)], weights[len(patch_names) :]
    return Ranking(
        patch_weights=dict(zip(patch_names, map(float, patch_weights), strict=True)),
        patch_scales=patch_scales,
        list_weights=dict(zip(list_names, map(float, list_weights), strict=True)),
        list_scales=list_scales,
        verified_from=1.0,
    )


def first_of(record: FoundPatches, ranking: Ranking) -> tuple[float, bool]:
    """Returns the probability of the likeliest behaviour of a list, and whether its likeliest patch is right."""
    single = ranking.probabilities(record.rows, record.of_list)
    together: Counter[str] = Counter()
    for name, probability in zip(record.behaviours, single, strict=True):
        together[name] += probability  # type: ignore[assignment] # shares, not counts
    best = max(range(len(single)), key=lambda at: (together[record.behaviours[at]], single[at]))
    return float(together[record.behaviours[best]]), record.is_right[record.compared[best]]


def threshold_keeping(firsts: Sequence[tuple[float, bool]]) -> float:
    """Returns the lowest threshold above which the wanted share is right.

    Where no threshold keeps that, it is the one above which the largest share is right; above 1 where there are too few
    lists to tell.
    """
    lowest, best, best_share = 1.01, 1.01, 0.0
    for threshold in sorted({probability for probability, _ in firsts}, reverse=True):
        shown = [is_right for probability, is_right in firsts if probability >= threshold]
        share = sum(shown) / len(shown)
        if len(shown) >= LEAST_VERIFIED and share > best_share:
            best, best_share = threshold, share
        if len(shown) >= LEAST_VERIFIED and share >= RIGHT_OF_VERIFIED:
            lowest = threshold
    return lowest if best_share >= RIGHT_OF_VERIFIED else best


def judge_unseen(records: Sequence[FoundPatches], rankings: Sequence[Ranking]) -> dict[str, float]:
    """Returns how good rankings are that never saw the problem of their list."""
    firsts = [first_of(record, ranking) for record, ranking in zip(records, rankings, strict=True)]
    shown = [right for (p, right), ranking in zip(firsts, rankings, strict=True) if p >= ranking.verified_from]
    by_tenth: dict[int, list[tuple[float, bool]]] = {}
    for first in firsts:
        by_tenth.setdefault(min(9, int(first[0] * 10)), []).append(first)
    return {
        "lists": float(len(records)),
        "listed": float(np.mean([any(record.is_right) for record in records])),
        "first_found": float(np.mean([record.is_right[0] for record in records])),
        "first": float(np.mean([right for _, right in firsts])),
        "verified": len(shown) / len(firsts),
        "right_of_verified": float(np.mean(shown)) if shown else math.nan,
        "log_loss": -float(np.mean([math.log(max(1e-6, p if right else 1 - p)) for p, right in firsts])),
        "calibration_error": sum(
            abs(sum(p for p, _ in tenth) - sum(right for _, right in tenth)) for tenth in by_tenth.values()
        )
        / len(firsts),
    }


def _scales(names: Sequence[str], rows: Sequence[Mapping[str, float]]) -> dict[str, Scale]:
    values = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    means, deviations = values.mean(axis=0), values.std(axis=0)
    return {
        name: Scale(mean=float(mean), deviation=float(deviation) or 1.0)
        for name, mean, deviation in zip(names, means, deviations, strict=True)
    }


def _arrays(
    records: Sequence[FoundPatches],
    patch_names: Sequence[str],
    patch_scales: dict[str, Scale],
    list_names: Sequence[str],
    list_scales: dict[str, Scale],
) -> Lists:
    most = max(len(record.rows) for record in records)
    patches = np.zeros((len(records), most, len(patch_names)))
    is_there = np.zeros((len(records), most), dtype=bool)
    is_right = np.zeros((len(records), most), dtype=bool)
    mean, deviation = _vectors(patch_names, patch_scales)
    list_mean, list_deviation = _vectors(list_names, list_scales)
    known = dict.fromkeys(patch_names, 0.0)
    for at, record in enumerate(records):
        rows = [with_known_kinds(row, known) for row in record.rows]
        values = np.array([[row.get(name, 0.0) for name in patch_names] for row in rows])
        patches[at, : len(rows)] = (values - mean) / deviation
        is_there[at, : len(rows)] = True
        is_right[at, : len(rows)] = [record.is_right[place] for place in record.compared]
    lists = np.array([[record.of_list.get(name, 0.0) for name in list_names] for record in records])
    return Lists(patches=patches, lists=(lists - list_mean) / list_deviation, is_there=is_there, is_right=is_right)


def _vectors(names: Sequence[str], scales: dict[str, Scale]) -> tuple[Floats, Floats]:
    return np.array([scales[name].mean for name in names]), np.array([scales[name].deviation for name in names])


def _descend(data: Lists, expected: Floats) -> Floats:
    """Returns weights of patches and then of lists, by Adam on the likelihood of what was right.

    Right is any of several patches, or that none is. Source: Kingma and Ba, Adam, 2015, algorithm 1.
    """
    n_lists, _, n_patch = data.patches.shape
    weights = expected.copy()
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    penalty = np.concatenate([np.full(n_patch, PATCH_PENALTY), np.full(len(weights) - n_patch, LIST_PENALTY)])
    nobody = np.logical_not(data.is_right.any(axis=1))
    somebody = np.logical_not(nobody)[:, None]
    for step in range(1, N_STEPS + 1):
        scores = np.where(data.is_there, data.patches @ weights[:n_patch], -np.inf)
        none = data.lists @ weights[n_patch:]
        top = np.maximum(scores.max(axis=1), none)
        masses = np.exp(scores - top[:, None])
        none_mass = np.exp(none - top)
        total = masses.sum(axis=1) + none_mass
        share, none_share = masses / total[:, None], none_mass / total
        right_mass = (masses * data.is_right).sum(axis=1)
        wanted = np.divide(masses * data.is_right, right_mass[:, None], where=somebody, out=np.zeros_like(masses))
        patch_slope = np.einsum("lp,lpf->f", wanted - share, data.patches)
        list_slope = (nobody.astype(float) - none_share) @ data.lists
        slope = np.concatenate([patch_slope, list_slope]) - penalty * (weights - expected)
        slope /= n_lists
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * slope**2
        weights += STEP * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return weights


if __name__ == "__main__":
    main()
