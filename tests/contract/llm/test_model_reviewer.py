"""Review by a language model: a scripted endpoint answers, and what it claims is run in a real sandbox."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from tests.contract.engine.review.change_sets import change_of, ignore_progress, only
from tests.model_server.scripted import ModelServer, Received, Reply, n_pieces_of
from tests.sandboxes.backends import open_bubblewrap

from inkling.app.review_code import EmbeddedChangedParts
from inkling.core.change import ChangeSet
from inkling.core.edit import apply_edit
from inkling.core.ports import SuiteRunner
from inkling.core.review import (
    Confirmation,
    Findings,
    ReviewBudget,
    ReviewComment,
    ReviewProgress,
    ReviewRequest,
    Severity,
    Topic,
)
from inkling.core.suggestion import Source
from inkling.engine.review.project_code import ProjectReader
from inkling.llm.accounting import TokenAccount
from inkling.llm.client import ModelClient
from inkling.llm.endpoint import Endpoint
from inkling.llm.review import ModelReviewer, ReviewFacts, TeamQuestion
from inkling.llm.text_model import Purpose
from inkling.sandbox.suite import SandboxSuiteRunner

WITHIN_S = 300.0  # on a machine that has much else to do; nothing waits for it to pass
KEY = "sk-abcdefghijklmnopqrstuvwxyz123456"
BEFORE = f'''KEY = "{KEY}"


def share(total, people):
    """Returns what each pays."""
    if people == 0:
        return 0
    return total / people
'''
AFTER = BEFORE.replace(
    "    if people == 0:\n        return 0\n    return total / people", "    return total / max(people, 0)"
)
ORDER = "from cart import share\n\n\ndef bill(order):\n    return share(order.total, order.people)\n"
LINE = "    return total / max(people, 0)"
FAILS = {
    "quote": LINE,
    "line": 6,
    "severity": "error",
    "kind": "bug",
    "message": "`share(1, 0)` raises `ZeroDivisionError` where it returned 0.",
    "reason": "An order without people is billed.",
    "fails": True,
    "input": {"setup": "", "call": "share(1, 0)", "expected": "0"},
    "suggestion": "    return total / people if people else 0",
}
REMARK = {
    "quote": LINE,
    "severity": "warning",
    "kind": "contract",
    "message": "Nobody says what a negative number of people means.",
    "fails": False,
}


@dataclass
class Told:
    """Findings of others, and how long they were waited for."""

    comments: Sequence[ReviewComment] = ()
    waited_s: float = 0.0

    async def within(self, seconds: float) -> Sequence[ReviewComment]:
        self.waited_s = seconds
        return self.comments


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
    models = {Purpose.CHAT: "reader"}
    client = ModelClient(Endpoint(base_url=model_server.base_url, models=models, timeout_s=5.0), account)
    await client.probe()
    model_server.received.clear()
    yield client
    await client.close()
    await account.close()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


def _change(shop: Path, before: str = BEFORE, after: str = AFTER, **more: tuple[str | None, str]) -> ChangeSet:
    """Returns a change of `cart.py`, and of further modules by their names, with `order.py` beside it."""
    old: dict[str, str | None] = {"cart.py": before, "order.py": ORDER}
    new: dict[str, str | None] = {"cart.py": after}
    for name, (was, is_now) in more.items():
        old[f"{name}.py"], new[f"{name}.py"] = was, is_now
    return change_of(shop, Path(sys.executable), old, new)


def _says(*comments: Mapping[str, Any]) -> str:
    return json.dumps({"comments": comments})


def _scores(*scores: float) -> str:
    checks = {"true": True, "new": True, "unintended": True, "concrete": True, "changes_code": True}
    return json.dumps(
        {"scores": [{"id": n, "checks": checks, "right": score, "worth": score} for n, score in enumerate(scores, 1)]}
    )


def _is_scoring(received: Received) -> bool:
    return "Somebody else wrote comments" in received.body["messages"][0]["content"]


def _answers(first: str | Reply, second: str | Reply = "") -> Callable[[Received], Reply]:
    """Answers first questions with one text, and second ones with another; by default with full marks."""

    def script(received: Received) -> Reply:
        answer = (second or _scores(1, 1, 1, 1)) if _is_scoring(received) else first
        return answer if isinstance(answer, Reply) else Reply(texts=(answer,))

    return script


def _facts(suites: SuiteRunner | None = None, **other: Any) -> ReviewFacts:
    said: dict[str, Any] = {
        "code": EmbeddedChangedParts(ProjectReader()),
        "earlier": Told(),
        "questions": (),
        "suites": suites,
        "may_show": lambda _: True,
    }
    return ReviewFacts(**(said | other))


async def _review(
    client: ModelClient, changes: ChangeSet, facts: ReviewFacts, budget: ReviewBudget | None = None
) -> Findings:
    request = ReviewRequest(changes=changes, budget=budget or ReviewBudget(wall_s=WITHIN_S))
    return await ModelReviewer(client, Purpose.CHAT, facts).review(request, ignore_progress)


def _claim(quote: str, call: str = "", expected: str = "") -> dict[str, Any]:
    message = f"`{quote.strip()}` fails."
    return FAILS | {"quote": quote, "line": 0, "message": message, "input": {"call": call, "expected": expected}}


def _question(name: str, ask: str, suffix: str = ".py") -> TeamQuestion:
    return TeamQuestion(
        name=name, ask=ask, message="", severity=Severity.NOTE, reason="", is_about=lambda path: path.suffix == suffix
    )


def _asked(received: Received) -> str:
    return str(received.body["messages"][-1]["content"])


def _scorings(server: ModelServer) -> list[Received]:
    return [received for received in server.received if _is_scoring(received)]


def _why(findings: Findings) -> str:
    return "; ".join(f"{each.what}: {each.why}" for each in findings.unchecked)


CLAIMS = """def broken(value):
    return 10 / value


def fine(value):
    return value + 1
"""
CLAIMS_BEFORE = CLAIMS.replace("10 / value", "10 / value if value else 0").replace("value + 1", "1 + value")


async def test_claims_are_run_on_both_versions(
    model_server: ModelServer, client: ModelClient, suites: SandboxSuiteRunner, shop: Path
) -> None:
    mends = "    return 10 / value if value else 0"
    broken = _claim("    return 10 / value", call="broken(0)", expected="0") | {"suggestion": mends}
    fine = _claim("    return value + 1", call="fine(1)", expected="2")

    def script(received: Received) -> Reply:
        if _is_scoring(received):
            return Reply(texts=(_scores(1),))
        return Reply(texts=(_says(broken if "claims.py, broken." in _asked(received) else fine),))

    model_server.script = script
    changes = change_of(shop, Path(sys.executable), {"claims.py": CLAIMS_BEFORE}, {"claims.py": CLAIMS})

    findings = await _review(client, changes, _facts(suites))

    comment = only(findings)
    assert (comment.path, comment.symbol, comment.line) == (PurePosixPath("claims.py"), "broken", 2)
    assert (comment.rule, comment.topic, comment.source) == ("model.bug", Topic.MODEL, Source.MODEL)
    assert (comment.severity, comment.claims_failure) == (Severity.ERROR, True)
    assert comment.confirmation is Confirmation.CONFIRMED
    assert comment.confidence == pytest.approx(0.95)
    assert comment.reproduction is not None
    assert (comment.reproduction.call, comment.reproduction.before) == ("broken(0)", "returns `0`")
    assert comment.reproduction.after == "fails with `ZeroDivisionError: division by zero`"
    assert "from claims import broken" in comment.reproduction.test
    assert apply_edit(CLAIMS, comment.suggestion[0].edit).startswith(f"def broken(value):\n{mends}\n")
    assert "2 comments of the language model: 1 confirmed by a test, 1 refuted by one" in findings.checked
    (scoring,) = _scorings(model_server)
    assert "it passes on the old version and fails on the new one" in _asked(scoring)
    assert os.listdir(shop) == ["claims.py"]  # noqa: PTH208 - a folder is read at once


async def test_what_is_asked_holds_the_code_around_what_was_found_and_no_secret(
    model_server: ModelServer, client: ModelClient, shop: Path
) -> None:
    model_server.script = _answers("No remarks: " + _says())
    found = ReviewComment(
        rule="risk.division",
        topic=Topic.RISK,
        path=PurePosixPath("cart.py"),
        line=6,
        end_line=6,
        severity=Severity.WARNING,
        confidence=0.9,
        message=f"It divides by zero with the key {KEY}.",
    )
    elsewhere = replace(found, path=PurePosixPath("order.py"), message="Something else.")
    units = _question("units", "Are there units in all names?")
    of_docs = _question("docs", "Is it written down?", suffix=".md")
    facts = _facts(earlier=Told([found, elsewhere]), questions=(units, of_docs))
    changes = replace(_change(shop), message=f"Bill without people, password = '{KEY}'")

    findings = await _review(client, changes, facts)

    (received,) = model_server.received
    asked = _asked(received)
    assert "cart.py, share. It is imported as `cart`." in asked
    assert "+    6 |     return total / max(people, 0)" in asked
    assert "-    6 |     if people == 0:" in asked
    assert 'def share(total, people):\n    """Returns what each pays."""\n    if people == 0:' in asked
    assert "def bill(order):" in asked
    assert "Bill without people" in asked
    assert "- line 6: It divides by zero" in asked
    assert "- units: Are there units in all names?" in asked
    assert "Something else" not in asked
    assert "Is it written down?" not in asked
    assert KEY not in json.dumps(received.body)
    assert received.body["model"] == "reader"
    assert findings.checked == ["1 part of 1 file asked of the language model"]
    assert findings.comments == []
    assert findings.unchecked == []


async def test_an_answer_in_prose_and_one_that_breaks_off(
    model_server: ModelServer, client: ModelClient, shop: Path
) -> None:
    answer = _says(REMARK, REMARK | {"message": "A second one."})
    prose = f"Let me think about {{this}}.\n```json\n{answer}\n```\nThat is all."
    model_server.script = _answers(prose)
    findings = await _review(client, _change(shop), _facts())
    assert [comment.message for comment in findings.comments] == [REMARK["message"], "A second one."]
    assert [comment.confidence for comment in findings.comments] == pytest.approx([0.8, 0.8])

    model_server.script = _answers(answer[: answer.index("second") + 3])
    findings = await _review(client, _change(shop), _facts())
    assert only(findings).message == REMARK["message"]
    assert "the language model: 1 answer broke off before the end" in _why(findings)

    cut = Reply(texts=(answer,), fault="cut", fault_after=n_pieces_of(answer[: answer.index("second")]))
    model_server.script = _answers(cut)
    findings = await _review(client, _change(shop), _facts())
    assert only(findings).message == REMARK["message"]

    model_server.script = _answers("The change looks good to me.")
    findings = await _review(client, _change(shop), _facts())
    assert findings.comments == []
    assert findings.checked == []
    assert "cart.py: share, by the language model: the answer was not the JSON that was asked for" in _why(findings)


async def test_what_quotes_nothing_of_the_change_or_claims_without_a_test_is_left_out(
    model_server: ModelServer, client: ModelClient, shop: Path
) -> None:
    wrong = REMARK | {"quote": "    return total / len(people)"}
    unchanged = REMARK | {"quote": "def share(total, people):"}
    no_test = FAILS | {"input": None}
    of_source = FAILS | {"test": "import inspect, cart\n\ndef test_it():\n    assert 'if' in inspect.getsource(cart)\n"}
    model_server.script = _answers(_says(wrong, unchanged, no_test, of_source | {"input": None}))

    findings = await _review(client, _change(shop), _facts())

    assert findings.comments == []
    words = "4 comments of the language model: 4 not about what was sent, or claimed without a test"
    assert words in findings.checked
    assert not _scorings(model_server)


async def test_the_second_question_decides_what_is_worth_saying(
    model_server: ModelServer, client: ModelClient, shop: Path
) -> None:
    three = _says(*(REMARK | {"message": f"Remark {number}."} for number in (1, 2, 3)))
    model_server.script = _answers(three, _scores(0.9, 0.1))
    findings = await _review(client, _change(shop), _facts())
    assert {comment.message: comment.confidence for comment in findings.comments} == pytest.approx(
        {"Remark 1.": 0.72, "Remark 3.": 0.32}
    )
    assert "1 comment of it had no second look" in _why(findings)

    model_server.script = _answers(three, Reply(status=400))
    findings = await _review(client, _change(shop), _facts())
    assert [comment.confidence for comment in findings.comments] == pytest.approx([0.32] * 3)


async def test_a_question_of_the_team_is_answered_in_its_words(
    model_server: ModelServer, client: ModelClient, shop: Path
) -> None:
    units = replace(_question("units", "Are there units?"), message="Put the unit in the name.")
    model_server.script = _answers(_says(REMARK | {"rule": "units"}))

    comment = only(await _review(client, _change(shop), _facts(questions=(units,))))

    assert (comment.rule, comment.topic) == ("team.units", Topic.TEAM_RULE)
    assert (comment.message, comment.severity) == ("Put the unit in the name.", Severity.NOTE)


async def test_prose_is_asked_about_where_the_team_asks_something_of_it(
    model_server: ModelServer, client: ModelClient, shop: Path
) -> None:
    model_server.script = _answers(_says())
    changes = change_of(shop, Path(sys.executable), {"NEWS.md": "old\n"}, {"NEWS.md": "new\n"})

    assert not (await _review(client, changes, _facts())).checked
    assert model_server.received == []

    findings = await _review(client, changes, _facts(questions=(_question("news", "Is it for users?", suffix=".md"),)))
    assert findings.checked == ["1 part of 1 file asked of the language model"]
    assert "+    1 | new" in _asked(model_server.received[0])


async def test_a_file_that_may_not_be_sent_is_neither_asked_about_nor_shown(
    model_server: ModelServer, client: ModelClient, shop: Path
) -> None:
    model_server.script = _answers(_says())
    facts = _facts(may_show=lambda path: path.name == "cart.py", questions=(_question("units", "Units?"),))
    changes = _change(shop, plan=("def plan():\n    return 1\n", "def plan():\n    return 2\n"))

    findings = await _review(client, changes, facts)

    (received,) = model_server.received
    assert "cart.py, share" in _asked(received)
    assert "def bill" not in _asked(received)
    assert "plan" not in json.dumps(received.body)
    assert "plan.py, by the language model: kept from it: git ignores them" in _why(findings)
    assert findings.checked == ["1 part of 1 file asked of the language model"]


async def test_an_endpoint_that_fails_is_left_alone_and_said(
    model_server: ModelServer, client: ModelClient, shop: Path
) -> None:
    model_server.script = lambda _: Reply(status=500)
    functions = {f"part{number}": (None, f"def part{number}():\n    return {number}\n") for number in range(8)}

    findings = await _review(client, _change(shop, **functions), _facts())

    assert findings.comments == []
    assert findings.checked == []
    assert "and 6 more, by the language model: The endpoint at http" in _why(findings)
    assert len(findings.unchecked) == 1
    # Three parts side by side and one after the first failure, three times each; nobody asks about the others.
    assert len(model_server.received) <= 12


async def test_tokens_that_are_used_up_leave_parts_out(
    model_server: ModelServer, client: ModelClient, shop: Path
) -> None:
    model_server.script = _answers(_says(REMARK))
    changes = _change(shop, more=(None, "def more():\n    return 1\n"))
    question = _question("units", "Units?")

    findings = await _review(client, changes, _facts(), ReviewBudget(wall_s=WITHIN_S, n_model_tokens=4600))
    assert len(findings.comments) == 1
    assert "more.py: more, by the language model: the tokens of this review are used up" in _why(findings)

    model_server.received.clear()
    budget = ReviewBudget(wall_s=WITHIN_S, n_model_tokens=100)
    findings = await _review(client, changes, _facts(questions=(question,)), budget)
    assert model_server.received == []
    assert findings.checked == []
    assert "units: the language model did not answer it for 2 files" in _why(findings)


async def test_when_the_time_is_up_there_is_what_came_until_then(
    model_server: ModelServer, client: ModelClient, shop: Path
) -> None:
    answer = _says(REMARK, REMARK | {"message": "A second one."})
    slow = Reply(texts=(answer,), hold=asyncio.Event(), hold_after=n_pieces_of(answer[: answer.index("second")]))

    def script(received: Received) -> Reply:
        if "cart.py, share" in _asked(received):
            return slow
        return _answers(_says(REMARK | {"quote": "    return 1"}))(received)

    model_server.script = script
    changes = _change(shop, more=(None, "def more():\n    return 1\n"))

    findings = await _review(client, changes, _facts(), ReviewBudget(wall_s=4.0))

    assert {str(comment.path): comment.message for comment in findings.comments} == {
        "more.py": REMARK["message"],
        "cart.py": REMARK["message"],
    }
    assert "cart.py: share, by the language model: it had not answered after 4 seconds" in _why(findings)


async def test_a_review_that_is_cancelled_closes_its_streams(
    model_server: ModelServer, client: ModelClient, shop: Path
) -> None:
    arrived = asyncio.Event()

    def script(_: Received) -> Reply:
        arrived.set()
        return Reply(texts=(_says(REMARK),), hold=asyncio.Event(), hold_after=0)

    model_server.script = script
    review = asyncio.create_task(_review(client, _change(shop), _facts()))
    await arrived.wait()
    review.cancel()
    with pytest.raises(asyncio.CancelledError):
        await review
    (received,) = model_server.received
    await received.ended.wait()
    assert received.was_closed_by_client


async def test_progress_names_what_is_asked_about(model_server: ModelServer, client: ModelClient, shop: Path) -> None:
    model_server.script = _answers(_says())
    told: list[ReviewProgress] = []
    reviewer = ModelReviewer(client, Purpose.CHAT, _facts())

    await reviewer.review(ReviewRequest(changes=_change(shop)), told.append)

    assert told[-1] == ReviewProgress(doing="asking the language model about cart.py: share", n_done=0, n_steps=1)
