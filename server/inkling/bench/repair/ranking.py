"""Which weights judge a problem: never any that were learned from it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from inkling.engine.judging.ranking import Ranking, decode_ranking, load_ranking

FOLDS = Path(__file__).parent / "folds.json"
N_FOLDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldRankings:
    """Weights of each fold, learned from the problems of all the others.

    Attributes:
        problems: What the training set holds, as hashes.
        rankings: By number of the fold.
    """

    problems: frozenset[str]
    rankings: Mapping[int, Ranking]


def fold_of(problem: str) -> int:
    """Returns the fold that a problem is in."""
    return int(problem_hash(problem), 16) % N_FOLDS


def problem_hash(problem: str) -> str:
    """Returns a name for a problem that does not tell it."""
    return sha256(problem.encode()).hexdigest()[:12]


def ranking_for(problem: str) -> Ranking:
    """Returns the weights of the fold that a problem is in; those that are shipped where they never saw it.

    Raises:
        ModelArtifactError: A file is damaged.
    """
    folds = _load_folds()
    if problem_hash(problem) in folds.problems:
        return folds.rankings[fold_of(problem)]
    return load_ranking()


@cache
def _load_folds() -> FoldRankings:
    content = json.loads(FOLDS.read_text(encoding="utf-8"))
    return FoldRankings(
        problems=frozenset(content["problems"]),
        rankings={int(fold): decode_ranking(json.dumps(ranking)) for fold, ranking in content["rankings"].items()},
    )
