"""Reproductions in the user's hands: what runs of them mean, and where they are kept."""

import ast
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from tests.unit.features.review.review_scene import VIEW, comment

from inkling.core.errors import SandboxError, UserError
from inkling.core.execution import (
    CaseOutcome,
    CaseResult,
    ProgramEnd,
    ProjectView,
    RaisedException,
    RaisedFrame,
    SuiteProblem,
    SuiteRequest,
    SuiteRun,
)
from inkling.core.review import Reproduction
from inkling.features.review.reproducing import ReproductionVerdict, kept_test, run_reproduction

TEST = "import pytest\n\nfrom cart import mean\n\n\ndef test_mean_does_what_it_did():\n    assert mean([]) == 0.0\n"
SHOWN = Reproduction(call="mean([])", before="returns `0.0`", after="raises", test=TEST, n_inputs=60)
NOW = replace(VIEW, edits={PurePosixPath("cart.py"): "now"})
END = ProgramEnd(exit_code=0, killed_for=None, wall_s=1.5)
PASSES = SuiteRun(cases=(CaseResult(node_id="t", outcome=CaseOutcome.PASSED, duration_s=0.1),), end=END)
RAISED = RaisedException(
    type_name="ZeroDivisionError",
    message="division by zero",
    frames=(RaisedFrame(path=PurePosixPath("cart.py"), line=5, function="mean"),),
)
FAILS = SuiteRun(
    cases=(CaseResult(node_id="t", outcome=CaseOutcome.FAILED, duration_s=0.1, raised=RAISED, output="so far\n"),),
    end=END,
)
BROKEN = SuiteRun(cases=(), end=END, problem=SuiteProblem.SYNTAX_ERROR, message="cart.py does not parse")


class Runs:
    """Gives the runs that it is told to: of the version before, and of the one in the editor."""

    def __init__(self, before: SuiteRun | SandboxError, now: SuiteRun = PASSES) -> None:
        self.before, self.now = before, now
        self.asked: list[SuiteRequest] = []

    async def __call__(self, request: SuiteRequest) -> SuiteRun:
        self.asked.append(request)
        if isinstance(self.before, SandboxError):
            raise self.before
        return self.now if request.view.edits.get(PurePosixPath("cart.py")) == "now" else self.before


@pytest.mark.parametrize(
    ("runs", "verdict", "words"),
    [
        (Runs(PASSES, FAILS), "reproduced", "the old version passes, what stands in the editor fails with ZeroDiv"),
        (Runs(PASSES, PASSES), "not_reproduced", "It is mended."),
        (Runs(FAILS, FAILS), "cannot_run", "the old version fails with ZeroDivisionError: division by zero, too."),
        (Runs(PASSES, BROKEN), "cannot_run", "What stands in the editor cannot be run: cart.py does not parse"),
        (Runs(BROKEN, FAILS), "cannot_run", "the old version cannot be run (cart.py does not parse), too."),
        (Runs(SandboxError("there is no sandbox")), "cannot_run", "It cannot be run: there is no sandbox"),
    ],
)
async def test_what_two_runs_mean(runs: Runs, verdict: str, words: str) -> None:
    run = await run_reproduction(SHOWN, VIEW, NOW, runs)
    assert run.verdict is ReproductionVerdict(verdict)
    assert words in run.message


async def test_both_versions_run_the_same_module_and_the_output_is_of_the_one_in_the_editor() -> None:
    runs = Runs(PASSES, FAILS)
    run = await run_reproduction(replace(SHOWN, node_id="src/test_r.py"), VIEW, NOW, runs)
    assert [request.node_ids for request in runs.asked] == [("src/test_r.py",)] * 2
    assert all(request.view.edits[PurePosixPath("src/test_r.py")] == TEST for request in runs.asked)
    assert run.output == "FAILED t\n  cart.py:5 in mean\nE   ZeroDivisionError: division by zero\nso far"
    assert (run.before, run.after) == ("passes", "fails with ZeroDivisionError: division by zero")


async def test_a_test_of_the_project_runs_as_it_stands_now() -> None:
    runs = Runs(PASSES, FAILS)
    await run_reproduction(replace(SHOWN, node_id="tests/test_cart.py::test_mean"), VIEW, NOW, runs)
    assert [PurePosixPath("tests/test_cart.py") in request.view.edits for request in runs.asked] == [True, False]


async def _kept(files: Collection[str], *, shown: Reproduction = SHOWN, runs: Runs | None = None) -> tuple[str, str]:
    about = comment("cart.py", symbol="Cart.meanPrice", reproduction=shown)
    paths = {PurePosixPath(file) for file in files}
    kept = await kept_test(about, VIEW, paths, runs)
    ast.parse(kept.text)
    return str(kept.path), kept.text


async def test_it_is_kept_among_the_tests_under_a_name_that_is_free() -> None:
    name = "test_cart_mean_price_reproduction"
    assert await _kept(["cart.py", "tests/test_cart.py"], runs=Runs(PASSES)) == (f"tests/{name}.py", TEST)
    assert (await _kept(["cart.py", f"tests/{name}.py"], runs=Runs(PASSES)))[0] == f"tests/{name}2.py"
    assert await _kept(["cart.py", "test_cart.py"], runs=Runs(PASSES)) == (f"{name}.py", TEST)
    path, text = await _kept(["cart.py"], runs=Runs(PASSES))
    assert path == f"tests/{name}.py"
    assert "sys.path.insert(0, str(Path(__file__).resolve().parents[1]))\n" in text
    shown = replace(SHOWN, node_id="src/test_inkling_reproduction.py")
    _, text = await _kept(["cart.py"], shown=shown, runs=Runs(PASSES))
    assert "str(Path(__file__).resolve().parents[1] / 'src'))" in text


async def test_where_it_fails_or_nothing_is_run_it_stays_where_it_was_run() -> None:
    name = "test_cart_mean_price_reproduction"
    assert await _kept(["cart.py"], runs=Runs(FAILS)) == (f"{name}.py", TEST)
    assert await _kept(["cart.py"]) == (f"{name}.py", TEST)


async def test_there_is_nothing_to_keep_of_a_test_that_is_there_or_of_no_reproduction() -> None:
    with pytest.raises(UserError, match=r"the project has this test already: tests/test_cart.py::test_mean"):
        await _kept([], shown=replace(SHOWN, node_id="tests/test_cart.py::test_mean"))
    with pytest.raises(UserError, match="has no reproduction"):
        await kept_test(comment(), ProjectView(folder=Path("/"), interpreter=Path()), [], None)
