"""Ruff's own fixes, run in a real sandbox before they are believed."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

import pytest
from tests.sandboxes.backends import open_bubblewrap

from inkling.context.linting import RuffLinter
from inkling.context.project_view import patched_view, text_in_view
from inkling.core.execution import CaseOutcome, ProjectView, SuiteRequest
from inkling.core.repair import Failure, RepairProgress, RepairRequest
from inkling.core.suspicion import rank_lines
from inkling.engine.linting_repairer import LintingRepairer
from inkling.sandbox.suite import SandboxSuiteRunner

BASKET = PurePosixPath("basket.py")
PROGRAM = """import os


def put(item, basket=[]):
    basket.append(item)
    return basket


def is_empty(basket):
    return len(basket) is 0
"""
TESTS = """from basket import is_empty, put


def test_put():
    assert put("ink") == ["ink"]
    assert put("pen") == ["pen"]


def test_put_into_one():
    assert put("ink", ["pen"]) == ["pen", "ink"]


def test_is_empty():
    assert is_empty([])
"""


@pytest.fixture
async def suites() -> AsyncIterator[SandboxSuiteRunner]:
    sandbox = await open_bubblewrap()
    runner = SandboxSuiteRunner(sandbox)
    yield runner
    await runner.close()
    await sandbox.close()


async def _request(folder: Path, suites: SandboxSuiteRunner) -> RepairRequest:
    view = ProjectView(folder=folder, interpreter=Path(sys.executable))
    run = await suites.run_suite(SuiteRequest(view=view, with_coverage=True))
    failing = tuple(case for case in run.cases if case.outcome is CaseOutcome.FAILED)
    passing = tuple(case.node_id for case in run.cases if case.outcome is CaseOutcome.PASSED)
    suspicious = rank_lines(failing, passing, run.coverage)
    failure = Failure(failing=failing, passing=passing, coverage=run.coverage, suspicious=suspicious)
    return RepairRequest(view=view, failure=failure)


async def test_only_what_makes_the_failing_test_pass_is_proposed(suites: SandboxSuiteRunner, tmp_path: Path) -> None:
    (tmp_path / BASKET).write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "test_basket.py").write_text(TESTS, encoding="utf-8")
    request = await _request(tmp_path, suites)
    assert [case.node_id for case in request.failure.failing] == ["test_basket.py::test_put"]
    told: list[RepairProgress] = []

    proposals = await LintingRepairer(RuffLinter(), suites).repair(request, told.append)

    (patch,) = proposals.patches
    assert patch.explanation.startswith("Ruff's own fix for B006")
    text = text_in_view(patched_view(request.view, patch.edits), BASKET)
    assert "def put(item, basket=None):" in text
    assert "import os" in text  # a finding that has nothing to do with the failure
    assert "len(basket) is 0" in text
    assert told[0].doing == "trying the linter's fixes"


async def test_where_the_linter_knows_nothing_nothing_is_run(suites: SandboxSuiteRunner, tmp_path: Path) -> None:
    (tmp_path / BASKET).write_text("def put(item):\n    return [item, item]\n", encoding="utf-8")
    (tmp_path / "test_basket.py").write_text(
        "from basket import put\n\n\ndef test_put():\n    assert put(1) == [1]\n", encoding="utf-8"
    )
    proposals = await LintingRepairer(RuffLinter(), suites).repair(await _request(tmp_path, suites), lambda _: None)
    assert (proposals.patches, proposals.n_tried) == ((), 0)
