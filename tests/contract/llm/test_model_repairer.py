"""Repair by a language model: a scripted endpoint answers, real tests run in a real sandbox and judge what it says."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.model_server.scripted import ModelServer, Received, Reply
from tests.sandboxes.backends import open_bubblewrap

from inkling.context.project_view import patched_view, text_in_view
from inkling.core.errors import ModelError
from inkling.core.execution import CaseOutcome, ProjectView, SuiteRequest
from inkling.core.repair import Failure, Proposals, RepairBudget, RepairProgress, RepairRequest
from inkling.core.suggestion import Source
from inkling.core.suspicion import rank_lines
from inkling.llm.accounting import TokenAccount
from inkling.llm.client import ModelClient
from inkling.llm.endpoint import Endpoint
from inkling.llm.repair import ModelRepairer
from inkling.llm.text_model import Purpose
from inkling.sandbox.suite import SandboxSuiteRunner

CART = """KEY = "sk-abcdefghijklmnopqrstuvwxyz123456"


def total(prices):
    result = 1
    for price in prices:
        result += price
    return result


def count(prices):
    return len(prices)
"""
TESTS = """from cart import count, total


def test_total():
    assert total([2, 3]) == 5


def test_count():
    assert count([2, 3]) == 2
"""
RIGHT = """The sum starts at 1.

<<<<<<< SEARCH cart.py
    result = 1
=======
    result = 0
>>>>>>> REPLACE
"""
WRONG = RIGHT.replace("result = 0", "result = 2")
CHEATING = RIGHT.replace("SEARCH cart.py\n    result = 1", "SEARCH test_cart.py\n    assert total([2, 3]) == 5")
OWN_TESTS = "```python\nfrom cart import count\n\ndef test_none():\n    assert count([]) == 0\n```"


@pytest.fixture
async def suites() -> AsyncIterator[SandboxSuiteRunner]:
    sandbox = await open_bubblewrap()
    runner = SandboxSuiteRunner(sandbox)
    yield runner
    await runner.close()
    await sandbox.close()


@pytest.fixture
async def client(model_server: ModelServer, tmp_path: Path) -> AsyncIterator[ModelClient]:
    account = TokenAccount(tmp_path / "data")
    (tmp_path / "data").mkdir()
    await account.open()
    models = {Purpose.EDIT: "fixer"}
    client = ModelClient(Endpoint(base_url=model_server.base_url, models=models, timeout_s=5.0), account)
    await client.probe()
    model_server.received.clear()
    yield client
    await client.close()
    await account.close()


def _write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


async def _request(folder: Path, suites: SandboxSuiteRunner, files: Mapping[str, str]) -> RepairRequest:
    _write(folder, files)
    view = ProjectView(folder=folder, interpreter=Path(sys.executable))
    run = await suites.run_suite(SuiteRequest(view=view, with_coverage=True))
    failing = tuple(case for case in run.cases if case.outcome is CaseOutcome.FAILED)
    passing = tuple(case.node_id for case in run.cases if case.outcome is CaseOutcome.PASSED)
    assert failing, run
    failure = Failure(
        failing=failing,
        passing=passing,
        coverage=run.coverage,
        suspicious=rank_lines(failing, passing, run.coverage),
    )
    return RepairRequest(view=view, failure=failure, budget=RepairBudget(wall_s=60.0))


def _answers(*texts: str) -> Callable[[Received], Reply]:
    """Answers one after the other; the last again and again."""
    left: Iterator[str] = iter(texts)
    latest = texts[-1]

    def script(_: Received) -> Reply:
        return Reply(texts=(next(left, latest),))

    return script


async def _repair(
    client: ModelClient, suites: SandboxSuiteRunner, request: RepairRequest
) -> tuple[Proposals, list[RepairProgress]]:
    told: list[RepairProgress] = []
    repairer = ModelRepairer(client, Purpose.EDIT, suites, lambda path: path.suffix == ".py")
    return await repairer.repair(request, told.append), told


def _asked(server: ModelServer, number: int) -> str:
    return str(server.received[number].body["messages"][-1]["content"])


async def test_a_wrong_attempt_is_told_to_the_next_one(
    model_server: ModelServer, client: ModelClient, suites: SandboxSuiteRunner, tmp_path: Path
) -> None:
    request = await _request(tmp_path / "shop", suites, {"cart.py": CART, "test_cart.py": TESTS})
    model_server.script = _answers("I do not know.", CHEATING, WRONG, RIGHT)

    proposals, told = await _repair(client, suites, request)

    assert [patch.source for patch in proposals.patches] == [Source.MODEL]
    patch = proposals.patches[0]
    assert patch.explanation == "The sum starts at 1."
    fixed = patched_view(request.view, patch.edits)
    assert text_in_view(fixed, patch.edits[0].path) == CART.replace("result = 1", "result = 0")
    assert (request.view.folder / "cart.py").read_text() == CART
    assert "no SEARCH/REPLACE block" in _asked(model_server, 1)
    assert "test_cart.py is not one of the files" in _asked(model_server, 2)
    assert "The code above was changed already" in _asked(model_server, 3)
    asked = [_asked(model_server, number) for number in range(4, len(model_server.received))]
    assert any("+    result = 2" in text and "Result: test_cart.py::test_total still fails" in text for text in asked)
    assert told[-1].n_plausible >= 1


async def test_what_a_model_is_told_holds_the_failure_and_no_secret(
    model_server: ModelServer, client: ModelClient, suites: SandboxSuiteRunner, tmp_path: Path
) -> None:
    request = await _request(tmp_path / "shop", suites, {"cart.py": CART, "test_cart.py": TESTS})
    model_server.script = _answers(RIGHT)

    await _repair(client, suites, request)

    asked = _asked(model_server, 0)
    assert "This test fails: test_cart.py::test_total" in asked
    assert "AssertionError" in asked
    assert "def total(prices):" in asked
    assert "sk-abc" not in asked
    assert "<redacted>" in asked


async def test_a_patch_that_breaks_what_passed_is_none(
    model_server: ModelServer, client: ModelClient, suites: SandboxSuiteRunner, tmp_path: Path
) -> None:
    breaking = RIGHT + "\n<<<<<<< SEARCH cart.py\n    return len(prices)\n=======\n    return 0\n>>>>>>> REPLACE\n"
    request = await _request(tmp_path / "shop", suites, {"cart.py": CART, "test_cart.py": TESTS})
    model_server.script = _answers(breaking)

    proposals, _ = await _repair(client, suites, request)

    assert proposals.patches == ()
    assert proposals.n_tried >= 1
    assert "This test fails: test_cart.py::test_count" in _asked(model_server, 1)
    assert "def count(prices):\n    return 0" in _asked(model_server, 1)


async def test_its_own_tests_count_where_they_pass_on_the_code_as_it_was(
    model_server: ModelServer, client: ModelClient, suites: SandboxSuiteRunner, tmp_path: Path
) -> None:
    careless = RIGHT + (
        "\n<<<<<<< SEARCH cart.py\n    return len(prices)\n=======\n    return max(1, len(prices))\n>>>>>>> REPLACE\n"
    )
    request = await _request(tmp_path / "shop", suites, {"cart.py": CART, "test_cart.py": TESTS})

    def script(received: Received) -> Reply:
        asks_for_tests = "You write tests" in received.body["messages"][0]["content"]
        is_first = len(model_server.received) == 1
        return Reply(texts=(OWN_TESTS if asks_for_tests else careless if is_first else RIGHT,))

    model_server.script = script
    proposals, _ = await _repair(client, suites, request)

    priors = {len(patch.edits): patch.prior for patch in proposals.patches}
    assert priors[2] < priors[1]


async def test_a_budget_of_tokens_ends_it(
    model_server: ModelServer, client: ModelClient, suites: SandboxSuiteRunner, tmp_path: Path
) -> None:
    request = await _request(tmp_path / "shop", suites, {"cart.py": CART, "test_cart.py": TESTS})
    model_server.script = _answers(WRONG)

    await _repair(client, suites, replace(request, budget=RepairBudget(wall_s=60.0, n_model_tokens=10)))

    assert len(model_server.received) == 1


async def test_files_that_may_not_be_sent_are_not(
    model_server: ModelServer, client: ModelClient, suites: SandboxSuiteRunner, tmp_path: Path
) -> None:
    request = await _request(tmp_path / "shop", suites, {"cart.py": CART, "test_cart.py": TESTS})
    repairer = ModelRepairer(client, Purpose.EDIT, suites, lambda path: path.name != "cart.py")

    proposals = await repairer.repair(request, lambda _: None)

    assert proposals.patches == ()
    assert model_server.received == []


async def test_an_endpoint_that_refuses_is_told_in_words(
    model_server: ModelServer, client: ModelClient, suites: SandboxSuiteRunner, tmp_path: Path
) -> None:
    request = await _request(tmp_path / "shop", suites, {"cart.py": CART, "test_cart.py": TESTS})
    model_server.script = lambda _: Reply(status=401)

    with pytest.raises(ModelError, match="key"):
        await _repair(client, suites, request)
