"""How good review comments are: `inkling bench review`."""

import asyncio
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.app.review_tools import ReviewerOptions, opened_reviewers
from inkling.bench.report import EXIT_NO_DATA, Report, publish
from inkling.bench.review.human import (
    HUMAN_PROTOCOL,
    NEAR_LINES,
    measure_human,
    read_human_comments,
    review_human,
)
from inkling.bench.review.measure import claims_failure, measure
from inkling.bench.review.one import PairOutcome, PairReview, has_right_line, is_confirmed, is_found
from inkling.bench.review.pairs import REFACTORINGS, ReviewPair, of_half, own_pairs, read_pairs, refactorings
from inkling.core.concurrency import side_by_side
from inkling.core.errors import SandboxError, UserError
from inkling.core.settings import SandboxSettings
from inkling.sandbox.choice import open_sandbox
from inkling.sandbox.suite import SandboxSuiteRunner

PROTOCOL = """Each pair is a program before and after a change, reviewed as a diff, {budget_s:g} s each, as
`inkling review` does it, by {reviewers}; no model. Bugs: the one-line bugs of this
project brought in; fixes: the same reversed; refactorings: written for this project, the behaviour is the same.
{tests}
found: a bug has a shown comment about it; confirmed: one with a reproduction that was run; lines_right: one on a
changed line; claimed: one that says it fails (a note that both versions differ claims nothing). false_claims: share of
refactorings with a comment that claims a failure; false_claims_on_fixes: the same of fixes. precision: shown comments
that are right, of all shown on bugs, fixes and refactorings: on a fix a confirmed note that claims no failure is right,
on a refactoring nothing is; precision_TOPIC and shown_TOPIC: the same by what kind of looking found it.
tests_left_out: how many tests the reviews did not have. Intervals are by problem."""
_WITH_TESTS = "The user's own tests are there as they are; they are run on both versions, and some of them tell a bug."
_WITHOUT_TESTS = "The user's own tests are there but for those that do not pass on both versions: no test tells a bug."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewBenchOptions:
    """What to measure.

    Attributes:
        pairs: Others' pairs; None for those of this project.
        kinds: Kinds of pairs; empty for all.
        half: `open`, `held-out` or `all`, of this project's pairs: half are looked at for final figures only.
        limit: Most pairs; chosen by the seed.
        seed: For the choice and the intervals.
        budget_s: Seconds for a review.
        n_processes: Reviews side by side.
        keeps_failing_tests: Whether a review has tests that fail on one of the versions.
        only: The one reviewer that looks; empty for all.
        human: People's comments on hunks, to be measured instead; None for pairs.
    """

    pairs: Path | None = None
    kinds: tuple[str, ...] = ()
    half: str = "all"
    limit: int | None = None
    seed: int = 0
    budget_s: float = 60.0
    n_processes: int = 1
    keeps_failing_tests: bool = True
    only: str = ""
    human: Path | None = None


def run(options: ReviewBenchOptions, json_file: Path | None) -> int:
    """Measures, prints and writes; returns the exit status."""
    if options.human is not None:
        return _run_human(options.human, options, json_file)
    try:
        pairs = read_pairs(options.pairs) if options.pairs else of_half([*own_pairs(), *refactorings()], options.half)
    except UserError as error:
        print(error)
        return EXIT_NO_DATA
    pairs = [pair for pair in pairs if not options.kinds or pair.kind in options.kinds]
    if options.limit is not None and options.limit < len(pairs):
        pairs = random.Random(options.seed).sample(pairs, options.limit)  # noqa: S311 - a choice of pairs
    try:
        outcomes = asyncio.run(_review_all(pairs, options))
    except SandboxError as error:
        print(error)
        return EXIT_NO_DATA
    protocol = PROTOCOL.format(
        budget_s=options.budget_s,
        reviewers=options.only or "all reviewers",
        tests=_WITH_TESTS if options.keeps_failing_tests else _WITHOUT_TESTS,
    )
    report = Report(
        bench="review",
        seed=options.seed,
        protocol=protocol,
        n=len(outcomes),
        metrics=measure(outcomes, options.seed),
    )
    publish(report, json_file)
    return 0


def _run_human(path: Path, options: ReviewBenchOptions, json_file: Path | None) -> int:
    try:
        humans = read_human_comments(path)
    except UserError as error:
        print(error)
        return EXIT_NO_DATA
    if options.limit is not None and options.limit < len(humans):
        humans = random.Random(options.seed).sample(humans, options.limit)  # noqa: S311 - a choice of comments
    outcomes = asyncio.run(review_human(humans))
    report = Report(
        bench="review beside people",
        seed=options.seed,
        protocol=HUMAN_PROTOCOL.format(near=NEAR_LINES),
        n=len(outcomes),
        metrics=measure_human(outcomes, options.seed),
    )
    publish(report, json_file)
    return 0


async def _review_all(pairs: Sequence[ReviewPair], options: ReviewBenchOptions) -> list[PairOutcome]:
    turns = asyncio.Semaphore(options.n_processes)
    n_done = 0

    async def one(pair: ReviewPair, review: PairReview) -> PairOutcome:
        nonlocal n_done
        async with turns:
            outcome = await review.outcome(pair)
        n_done += 1
        print(f"{n_done}/{len(pairs)} {pair.id}: {_in_words(outcome)}", file=sys.stderr, flush=True)
        return outcome

    sandbox = await open_sandbox(SandboxSettings())
    suites = SandboxSuiteRunner(sandbox)
    try:
        async with opened_reviewers(ReviewerOptions(project=REFACTORINGS)) as opened:
            reviewers = [each for each in opened.reviewers if options.only in ("", each.name)]
            review = PairReview(
                reviewers, suites, wall_s=options.budget_s, keeps_failing_tests=options.keeps_failing_tests
            )
            return list(await side_by_side(*(one(pair, review) for pair in pairs)))
    finally:
        await suites.close()
        await sandbox.close()


def _in_words(outcome: PairOutcome) -> str:
    """Returns a line for whoever watches."""
    facts = {
        "found": is_found(outcome),
        "confirmed": is_confirmed(outcome),
        "right line": has_right_line(outcome),
        "claims a failure": claims_failure(outcome),
    }
    said = ", ".join(name for name, holds in facts.items() if holds) or "nothing"
    first = (*outcome.shown, *outcome.folded)[:1]
    return f"{said} ({outcome.seconds:.0f} s){''.join(f' | {item.message[:160]}' for item in first)}"
