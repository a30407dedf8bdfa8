"""Claims of a model: the test that an input amounts to, and the verdict that runs on both versions amount to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from inkling.core.change import ChangeSet
from inkling.core.execution import (
    CaseOutcome,
    CaseResult,
    Collection,
    ProgramEnd,
    ProjectView,
    RaisedException,
    SuiteProblem,
    SuiteRequest,
    SuiteRun,
)
from inkling.llm.review.claims import CLAIM_FILE, Claim, ClaimRunner, Verdict, claim_of
from inkling.llm.review.facts import ChangedPart

PART = ChangedPart(
    path=PurePosixPath("src/shop/cart.py"), symbol="share", module="shop.cart", root=PurePosixPath("src")
)
CLAIM = Claim(call="share(0)", before="passes", test="def test_it(): ...\n")
OLD = ProjectView(folder=Path("/old"), interpreter=Path("/python"))
NEW = ProjectView(folder=Path("/new"), interpreter=Path("/python"))
CHANGES = ChangeSet(name="a change", files=(), before=OLD, after=NEW)
END = ProgramEnd(exit_code=0, killed_for=None, wall_s=0.1)
WHERE = f"src/{CLAIM_FILE}"


def _case(outcome: CaseOutcome, node_id: str = f"{WHERE}::test_it") -> SuiteRun:
    raised = RaisedException(type_name="ValueError", message="no\nlines", frames=())
    is_failure = outcome in (CaseOutcome.FAILED, CaseOutcome.ERROR)
    case = CaseResult(node_id=node_id, outcome=outcome, duration_s=0.1, raised=raised if is_failure else None)
    return SuiteRun(cases=(case,), end=END)


PASSES = _case(CaseOutcome.PASSED)
FAILS = _case(CaseOutcome.FAILED)
SKIPPED = _case(CaseOutcome.SKIPPED)
NOT_COLLECTED = _case(CaseOutcome.ERROR, WHERE)
HANGS = SuiteRun(cases=(), end=END, problem=SuiteProblem.HANGS, message="it hangs")


@dataclass
class TellingRunner:
    """A suite runner that says what it is told to: runs of the old version, then of the new one, the last again."""

    old: Sequence[SuiteRun]
    new: Sequence[SuiteRun]
    requests: list[SuiteRequest] = field(default_factory=list)

    async def run_suite(self, request: SuiteRequest) -> SuiteRun:
        runs = self.old if request.view.folder == OLD.folder else self.new
        n_before = sum(other.view.folder == request.view.folder for other in self.requests)
        self.requests.append(request)
        return runs[min(n_before, len(runs) - 1)]

    async def collect(self, request: SuiteRequest) -> Collection:
        return Collection(cases=())


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ([PASSES], [FAILS], Verdict.CONFIRMED),
        ([PASSES], [NOT_COLLECTED], Verdict.CONFIRMED),
        ([PASSES], [HANGS], Verdict.CONFIRMED),
        ([PASSES], [PASSES], Verdict.REFUTED),
        ([FAILS], [PASSES], Verdict.REFUTED),
        ([FAILS], [FAILS], Verdict.OLD_FAULT),
        ([PASSES], [FAILS, PASSES], Verdict.FLAKY),
        ([PASSES], [FAILS, FAILS, PASSES], Verdict.FLAKY),
        ([PASSES, PASSES, FAILS], [FAILS], Verdict.FLAKY),
        ([NOT_COLLECTED], [NOT_COLLECTED], Verdict.NOT_RUN),
        ([NOT_COLLECTED], [FAILS], Verdict.NOT_RUN),
        ([SKIPPED], [FAILS], Verdict.NOT_RUN),
        ([PASSES], [SKIPPED], Verdict.NOT_RUN),
    ],
)
async def test_the_verdict(old: Sequence[SuiteRun], new: Sequence[SuiteRun], verdict: Verdict) -> None:
    judged = await ClaimRunner(TellingRunner(old, new), CHANGES).judge(CLAIM, PART)
    assert judged.verdict is verdict
    assert bool(judged.words) == (verdict in (Verdict.CONFIRMED, Verdict.NOT_RUN))


async def test_a_claim_is_confirmed_by_three_runs_of_each_the_last_with_another_hash_seed() -> None:
    runner = TellingRunner([PASSES], [FAILS])
    judged = await ClaimRunner(runner, CHANGES).judge(CLAIM, PART)
    assert judged.words == "fails with `ValueError: no`"
    for view in (OLD, NEW):
        requests = [request for request in runner.requests if request.view.folder == view.folder]
        assert [request.in_new_interpreter for request in requests] == [False, False, True]
        assert all(request.view.edits == {PurePosixPath(WHERE): CLAIM.test} for request in requests)
        assert all(request.node_ids == (WHERE,) for request in requests)


def _input(**said: str) -> dict[str, Any]:
    return {"fails": True, "input": said}


def test_an_input_with_the_right_answer() -> None:
    claim = claim_of(_input(setup="items = [Item(1)]", call="share(items, len(items))", expected="[1]"), PART)
    assert claim == Claim(
        call="share(items, len(items))",
        before="returns `[1]`",
        test=(
            "from shop.cart import Item, share\n\n\n"
            "def test_claim():\n    items = [Item(1)]\n    assert share(items, len(items)) == [1]\n"
        ),
    )


def test_an_input_with_the_right_exception() -> None:
    claim = claim_of(_input(call="share(-1)", raises="ShareError"), PART)
    assert claim is not None
    assert claim.before == "raises `ShareError`"
    assert claim.test == (
        "import pytest\nfrom shop.cart import ShareError, share\n\n\n"
        "def test_claim():\n    with pytest.raises(ShareError):\n        share(-1)\n"
    )


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"input": "share(0)"},
        _input(call="share(0)"),
        _input(call="share(", expected="0"),
        _input(call="share(0); evil()", expected="0"),
        _input(call="share(0)", expected="0\nimport os"),
        _input(call="share(0)", raises="Share Error"),
        _input(call="share.__code__.co_code", expected="b''"),
        _input(call="share('\x1b')", expected="0"),
        {"test": "assert share(0)"},
        {"test": "def test_it(:"},
        {"test": "import inspect\n\ndef test_it():\n    assert inspect\n"},
        {"test": "def test_it():\n    assert open('shop/cart.py').read()\n"},
        {"test": 7},
    ],
)
def test_what_cannot_be_run_or_reads_the_code_is_no_claim(said: dict[str, Any]) -> None:
    assert claim_of(said, PART) is None


def test_a_part_that_is_no_module_has_no_claims() -> None:
    said = {"test": "def test_it():\n    assert True\n"}
    assert claim_of(said, ChangedPart(path=PurePosixPath("setup.cfg"))) is None
    assert claim_of(said, PART) == Claim(call="test_it", before="passes", test=said["test"])
