"""Reviewers whose time is up before they are done say what they have, and what they did not come to."""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from tests.contract.engine.review.change_sets import change_of, ignore_progress, only, rules_of

from inkling.core.execution import (
    CaseOutcome,
    CaseResult,
    Collection,
    KilledFor,
    Program,
    ProgramEnd,
    ProgramResult,
    SuiteRequest,
    SuiteRun,
)
from inkling.core.ports import SandboxProcess
from inkling.core.review import Confirmation, ReviewBudget, ReviewRequest
from inkling.engine.review.behaviour.exchange import RAISED, VALUE, Input, Origin, Outcome
from inkling.engine.review.behaviour.reviewer import BehaviourReviewer
from inkling.engine.review.contracts import ContractReviewer
from inkling.engine.review.project_code import ProjectReader
from inkling.engine.review.testing import TestReviewer
from inkling.engine.review.words import TIME_WAS_UP

CODE = "def first(values):\n    return values[0] if values else None\n"
TEST = "from shop import first\n\n\ndef test_first():\n    assert first([1]) == 1\n    assert first([]) is None\n"
BUDGET = ReviewBudget(wall_s=5)
END = ProgramEnd(exit_code=0, killed_for=None, wall_s=0.1)


class PatientSandbox:
    """Implements `Sandbox`: the first program answers, a second one never does."""

    backend = "patient"

    def __init__(self, answer: object) -> None:
        self._answers = [json.dumps(answer).encode()]

    async def start(self, program: Program) -> SandboxProcess:
        raise NotImplementedError

    async def run(self, program: Program, stdin: bytes = b"") -> ProgramResult:
        if not self._answers:
            await asyncio.Event().wait()
        return ProgramResult(end=END, stdout=self._answers.pop())

    async def close(self) -> None:
        """Has nothing to end."""


class PatientSuites:
    """Implements `SuiteRunner`: the first run ends with a failing test, a second one never ends."""

    def __init__(self) -> None:
        self._runs = [
            SuiteRun(
                cases=(CaseResult(node_id="test_other.py::test_it", outcome=CaseOutcome.FAILED, duration_s=0.1),),
                end=END,
            )
        ]

    async def collect(self, request: SuiteRequest) -> Collection:
        raise NotImplementedError

    async def run_suite(self, request: SuiteRequest) -> SuiteRun:
        if not self._runs:
            await asyncio.Event().wait()
        return self._runs.pop()


async def test_a_difference_that_was_not_looked_at_closely_is_said_without_a_claim(tmp_path: Path) -> None:
    after = "def first(values):\n    return values[0]\n"
    changes = change_of(tmp_path, Path(sys.executable), {"shop.py": CODE}, {"shop.py": after})
    given = Input(target=0, origin=Origin.TYPED, call="first([])", imports=((str(tmp_path / "shop.py"), "first"),))
    raised = Outcome(kind=RAISED, value="IndexError", types=("IndexError", "LookupError", "Exception"), message="no")
    answer = {
        "differing": [
            {
                "input": asdict(given),
                "before": asdict(Outcome(kind=VALUE, value="None", code="None")),
                "after": asdict(raised),
                "lines": {},
                "lines_before": {},
            }
        ],
        "n_inputs": {0: 1},
        "n_unstable": {},
        "modules": {},
        "slower": [],
        "not_reached": [],
        "obstacles": {},
        "problem": "",
    }
    reviewer = BehaviourReviewer(PatientSandbox(answer), PatientSuites())
    found = await reviewer.review(ReviewRequest(changes=changes, budget=BUDGET), ignore_progress)
    comment = only(found)
    assert (comment.symbol, comment.confirmation, comment.claims_failure) == ("first", Confirmation.UNCONFIRMED, False)
    assert comment.reproduction is None
    assert "`first([])` returned `None`, now raises `IndexError" in comment.message
    assert found.checked == ["1 function compared on 1 input"]
    assert [(item.what, item.why) for item in found.unchecked] == [
        ("which inputs that differ are the smallest", TIME_WAS_UP)
    ]


def _nothing(**more: object) -> dict[str, object]:
    answer: dict[str, object] = {"differing": [], "n_inputs": {}, "n_unstable": {}, "modules": {}, "slower": []}
    return {**answer, "not_reached": [], "obstacles": {}, "problem": "", **more}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (_nothing(not_reached=[0]), TIME_WAS_UP),
        (_nothing(obstacles={0: "It waits."}, not_reached=[0]), "It waits."),
        (_nothing(n_inputs={0: 2}, n_unstable={0: 60}), "The old version does not answer the same twice"),
    ],
)
async def test_a_function_that_was_not_compared_is_named_and_not_counted(
    tmp_path: Path, answer: object, why: str
) -> None:
    changes = change_of(tmp_path, Path(sys.executable), {"shop.py": CODE}, {"shop.py": CODE.replace("None", "0")})
    reviewer = BehaviourReviewer(PatientSandbox(answer), PatientSuites())
    found = await reviewer.review(ReviewRequest(changes=changes, budget=BUDGET), ignore_progress)
    assert (found.comments, found.checked) == ([], [])
    (left_out,) = found.unchecked
    assert (left_out.what, left_out.is_of_behaviour) == ("`first`", True)
    assert left_out.why.startswith(why)


async def test_a_comparison_that_was_ended_for_its_time_says_so(tmp_path: Path) -> None:
    class Ending(PatientSandbox):
        async def run(self, program: Program, stdin: bytes = b"") -> ProgramResult:
            return ProgramResult(end=ProgramEnd(exit_code=None, killed_for=KilledFor.WALL_TIME, wall_s=5), stdout=b"")

    changes = change_of(tmp_path, Path(sys.executable), {"shop.py": CODE}, {"shop.py": CODE.replace("None", "0")})
    reviewer = BehaviourReviewer(Ending({}), PatientSuites())
    found = await reviewer.review(ReviewRequest(changes=changes, budget=BUDGET), ignore_progress)
    assert [(item.what, item.why) for item in found.unchecked] == [("`first`", TIME_WAS_UP)]


async def test_what_the_tests_said_by_then_is_kept(tmp_path: Path) -> None:
    changes = change_of(
        tmp_path,
        Path(sys.executable),
        {"shop.py": CODE, "test_shop.py": TEST, "test_other.py": "def test_it():\n    assert False\n"},
        {"shop.py": CODE.replace("None", "0"), "test_shop.py": TEST.replace("    assert first([]) is None\n", "")},
    )
    reviewer = TestReviewer(PatientSuites(), ProjectReader())
    found = await reviewer.review(ReviewRequest(changes=changes, budget=BUDGET), ignore_progress)
    assert "tests.weakened" in rules_of(found)
    assert found.checked == ["1 test run"]
    assert [(item.what, item.why) for item in found.unchecked] == [("whether failing tests passed before", TIME_WAS_UP)]


async def test_callers_that_there_was_no_time_for_are_counted(tmp_path: Path) -> None:
    changes = change_of(tmp_path, Path(sys.executable), {"shop.py": CODE}, {"shop.py": CODE.replace("first", "head")})
    request = ReviewRequest(changes=changes, budget=ReviewBudget(wall_s=-1))
    found = await ContractReviewer(ProjectReader()).review(request, ignore_progress)
    assert (found.comments, found.checked) == ([], [])
    assert [(item.what, item.why) for item in found.unchecked] == [("callers of 1 changed definition", TIME_WAS_UP)]
