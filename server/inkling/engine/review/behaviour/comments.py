"""A difference as a comment."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from inkling.context.project_view import text_in_view
from inkling.core.change import ChangeSet
from inkling.core.counted import counted
from inkling.core.errors import UnreadableFileError
from inkling.core.execution import CaseOutcome, SuiteRun
from inkling.core.review import Confirmation, Reproduction, ReviewComment, Severity, Topic
from inkling.engine.review.behaviour.exchange import Compared, Origin, Pair, Slower
from inkling.engine.review.behaviour.targets import Cause, Prepared
from inkling.engine.review.behaviour.verdicts import Signs, judge
from inkling.engine.review.behaviour.wording import in_words, message

_CONFIDENCE_OF_SLOWER: Final = 0.6
_FAILED = (CaseOutcome.FAILED, CaseOutcome.ERROR)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a comment is judged by, beside its difference.

    Attributes:
        changes: The two states.
        prepared: What was read of them.
        tests: The runs of the tests on the old and the new version; None where there are none.
        wide: All differences.
    """

    changes: ChangeSet
    prepared: Prepared
    tests: tuple[SuiteRun, SuiteRun] | None
    wide: Compared


def comment_on(
    cause: Cause, shown: Pair, pairs: Sequence[Pair], known: Known, confirmed: Reproduction | None
) -> ReviewComment:
    """Returns what is said of the differences of one cause.

    Args:
        cause: Where they come from.
        shown: The one that is told.
        pairs: All of them.
        known: What else is known.
        confirmed: What a run on both versions showed of `shown`; None where nothing did, and nothing fails by it.
    """
    signs = _signs(cause, known)
    reproduction = confirmed or _of_broken_test(shown, signs, known)
    verdict = judge(shown, known.wide.differing if len(known.prepared.causes) == 1 else pairs, cause, signs)
    claims_failure = verdict.claims_failure and reproduction is not None  # what no run confirms is not claimed
    file = str(known.changes.after.folder / cause.path)
    run = [line for line in cause.lines if line in shown.lines.get(file, ())]
    line = run[0] if run else cause.lines[0] if cause.lines else 1
    return ReviewComment(
        rule=verdict.rule,
        topic=Topic.BEHAVIOUR,
        path=cause.path,
        line=line,
        end_line=line,
        symbol=cause.symbol,
        severity=verdict.severity,
        confidence=verdict.confidence if reproduction else 0.5 * verdict.confidence,
        message=message(shown, claims_failure=claims_failure),
        reason=verdict.reason,
        claims_failure=claims_failure,
        confirmation=Confirmation.CONFIRMED if reproduction else Confirmation.UNCONFIRMED,
        reproduction=reproduction,
    )


def reproduction_of(pair: Pair, test: str, node_id: str, wide: Compared) -> Reproduction:
    """Returns an input with a test that tells the versions apart."""
    before, after = in_words(pair)
    n_inputs = sum(wide.n_inputs.values())
    return Reproduction(
        call=pair.input.shown, before=before, after=after, test=test, n_inputs=n_inputs, node_id=node_id
    )


def comment_on_slower(slower: Slower, prepared: Prepared) -> ReviewComment | None:
    """Returns what is said of more work; nothing where a test may be what grows."""
    if slower.input.target < 0:
        return None
    target = prepared.targets[slower.input.target]
    cause = next((each for each in prepared.causes if each.symbol == target.name_after), None)
    cause = cause or prepared.causes[0]
    return ReviewComment(
        rule="behaviour.slower",
        topic=Topic.BEHAVIOUR,
        path=cause.path,
        line=cause.lines[0],
        end_line=cause.lines[0],
        symbol=cause.symbol,
        severity=Severity.WARNING,
        confidence=_CONFIDENCE_OF_SLOWER,
        message=(
            f"`{target.name_after}` does {slower.after / slower.before:.0f} times the work on "
            f"{counted(slower.size, 'item')} ({slower.after:,} bytecodes, {slower.before:,} before), and the more the "
            "larger its input is."
        ),
        reason=f"Counted on calls such as `{slower.input.shown}` with a longer argument.",
    )


def _signs(cause: Cause, known: Known) -> Signs:
    broken, mended = _turned_tests(cause, known.tests) if known.tests is not None else ([], [])
    kept, lost = _promises(known.wide.differing, known.prepared.promises)
    return Signs(
        message=known.changes.message,
        broken_tests=tuple(broken),
        mended_tests=tuple(mended),
        n_promises_broken=lost,
        n_promises_mended=kept,
    )


def _turned_tests(cause: Cause, tests: tuple[SuiteRun, SuiteRun]) -> tuple[list[str], list[str]]:
    """Returns the tests that reach a cause and fail now, and those that pass now."""
    before, after = tests
    broken, mended = [], []
    old = {case.node_id: case.outcome for case in before.cases}
    for case in after.cases:
        covered = {*after.coverage.get(case.node_id, {}).get(cause.path, ())}
        if cause.pair is not None and covered and covered.isdisjoint(cause.span):
            continue
        if case.outcome in _FAILED and old.get(case.node_id) is CaseOutcome.PASSED:
            broken.append(case.node_id)
        elif case.outcome is CaseOutcome.PASSED and old.get(case.node_id, CaseOutcome.FAILED) in _FAILED:
            mended.append(case.node_id)
    return broken, mended


def _promises(differing: Sequence[Pair], promises: Mapping[str, str]) -> tuple[int, int]:
    """Returns how many promises of docstrings are kept now and were not, and how many the other way round."""
    kept = lost = 0
    for pair in differing:
        wanted = promises.get(pair.input.call) if pair.input.origin is Origin.DOCSTRING else None
        if wanted is not None:
            literal = ast.literal_eval(wanted)
            held = [bool(item.code) and ast.literal_eval(item.code) == literal for item in (pair.before, pair.after)]
            lost += held == [True, False]
            kept += held == [False, True]
    return kept, lost


def _of_broken_test(pair: Pair, signs: Signs, known: Known) -> Reproduction | None:
    """Returns a test of the user's that passed before and fails now; None where there is none. Reads its file."""
    if not signs.broken_tests:
        return None
    node_id = signs.broken_tests[0]
    try:
        test = text_in_view(known.changes.after, PurePosixPath(node_id.split("::")[0]))
    except UnreadableFileError:
        return None
    return reproduction_of(pair, test, node_id, known.wide)
