"""How well the next edit is predicted without a language model: `inkling bench next-edit`."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.bench.next_edit.episodes import PullRequest
from inkling.bench.next_edit.extraction import extract_all
from inkling.bench.next_edit.measure import Judged, measure
from inkling.bench.next_edit.ranked import N_FOLDS, judge, judged_with_unseen_thresholds, rank, ranked_out_of_fold
from inkling.bench.next_edit.sources import git_commits, ordered_steps
from inkling.bench.report import EXIT_NO_DATA, Report, publish
from inkling.core.errors import UserError
from inkling.core.settings import GatePolicy
from inkling.engine.next_edit.ranking.artifact import shipped_artifact
from inkling.engine.next_edit.ranking.thresholds import shipped_thresholds

DATA = Path("../shared/data/next_edit/ordered_steps.jsonl.gz")
N_COMMITS = 100  # of a git history

PROTOCOL = """Each diff is split into maximal runs of changed lines, applied one by one, top to bottom, in the order of
the steps; a hunk that does not apply is left out. After each run the next is predicted from the files, the runs before
it, and the imports in files of earlier pull requests of its repository. place: the next begins within 2 lines of the
predicted place, at rank 1, 3 or 5; far: of those that begin over 2 lines from the latest edit, or in another file.
offered: the likeliest edit reaches the threshold of `balanced`; exact: it leaves the file as the next edit does;
right_now_or_later: as this or a later one does; wrong_per_100: offered and not exact, of 100 edits;
import_exact_at_1: of edits that change imports alone, the likeliest edit whatever its probability; listed: the right
edit is among all proposals. The ms are CPU time of the whole prediction; the words and imports of files as they were
before the first edit are indexed.
{learned}
Intervals: 95%, resampled by {sample}."""
UNSEEN = f"""Learned in {N_FOLDS} folds by pull request: neither trees nor calibration nor threshold saw the pull
request that they are judged on."""
_SHIPPED = """Ranked by the shipped model at the shipped threshold; each commit that changes Python files in two places
or more is a sequence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEditOptions:
    """What to measure.

    Attributes:
        data: Ordered steps of pull requests; not read with `repository`.
        repository: A git repository whose commits are taken instead.
        limit: Most pull requests, chosen by the seed, or most commits, the newest.
        seed: For the choice, the training and the intervals.
        n_processes: How many work side by side.
        features: Keeps what was extracted; what it holds already is not computed again.
    """

    data: Path = DATA
    repository: Path | None = None
    limit: int | None = None
    seed: int = 0
    n_processes: int = 2
    features: Path | None = None


def run(options: NextEditOptions, json_file: Path | None) -> int:
    """Measures, prints and writes; returns the exit status."""
    try:
        if options.repository is not None:
            commits = list(git_commits(options.repository, options.limit or N_COMMITS))
            judged, learned, sample = _judged_by_shipped(commits, options), _SHIPPED, "commit"
        else:
            judged, learned, sample = _judged_unseen(chosen(options), options), UNSEEN, "pull request"
    except UserError as error:
        print(error)
        return EXIT_NO_DATA
    if not judged:
        print("There is no sequence of two edits or more; name another source with --data or --repo.")
        return EXIT_NO_DATA
    publish(report_of(judged, options.seed, learned, sample), json_file)
    return 0


def report_of(judged: Sequence[Judged], seed: int, learned: str = UNSEEN, sample: str = "pull request") -> Report:
    """Returns the report on cases.

    Args:
        judged: What came of them.
        seed: For the intervals.
        learned: How the ranking was learned, in words.
        sample: What intervals are resampled by, in words.
    """
    return Report(
        bench="next-edit",
        seed=seed,
        protocol=PROTOCOL.format(learned=learned, sample=sample),
        n=len(judged),
        metrics=measure(judged, seed),
    )


def chosen(options: NextEditOptions) -> list[PullRequest]:
    """Returns the pull requests of the data, or as many of them as wanted.

    Raises:
        UserError: The data is missing or of another form.
    """
    pull_requests = ordered_steps(options.data)
    if options.limit is None or options.limit >= len(pull_requests):
        return pull_requests
    return random.Random(options.seed).sample(pull_requests, options.limit)  # noqa: S311 - a choice of data


def _judged_unseen(pull_requests: Sequence[PullRequest], options: NextEditOptions) -> list[Judged]:
    cases = extract_all(pull_requests, n_processes=options.n_processes, cache=options.features)
    ranked = ranked_out_of_fold(cases, seed=options.seed, n_processes=options.n_processes)
    return judged_with_unseen_thresholds(ranked)


def _judged_by_shipped(commits: Sequence[PullRequest], options: NextEditOptions) -> list[Judged]:
    ranking, threshold = shipped_artifact().ranking, shipped_thresholds()[GatePolicy.BALANCED]
    cases = extract_all(commits, n_processes=options.n_processes, cache=options.features)
    return [judge(rank(ranking, case), threshold) for case in cases]
