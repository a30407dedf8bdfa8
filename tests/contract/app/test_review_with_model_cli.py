"""`inkling review` with a language model among the reviewers: what is sent, what is kept, and what is said of both."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.contract.context.changes.repository import Repo
from tests.model_server.scripted import ModelServer, Received, Reply

WITHIN_S = 60  # for one answer, on a machine that has much else to do
INKLING = str(Path(sys.executable).with_name("inkling"))
BEFORE = 'def share(total, people):\n    """Returns what each pays."""\n    return total / people\n'
AFTER = BEFORE.replace("total / people", "round(total / people)")
PLAN = "def plan():\n    return {number}\n"
CHECKLIST = """[[rule]]
id = "units"
ask = "Is there a unit in each name?"
message = "Put the unit in the name."
severity = "note"
"""
REMARK = {
    "quote": "    return round(total / people)",
    "severity": "warning",
    "kind": "contract",
    "message": "Cents are lost: `share(1, 3)` is 0.",
}
CHECKS = {"true": True, "new": True, "unintended": True, "concrete": True, "changes_code": True}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "shop")
    settings = '{"inkling.index.exclude": ["plan.py"]}'
    files = {"cart.py": BEFORE, "plan.py": PLAN.format(number=1), "inkling-review.toml": CHECKLIST}
    made.commit(files | {".vscode/settings.json": settings})
    made.write({"cart.py": AFTER, "plan.py": PLAN.format(number=2)})
    return made


def _script(received: Received) -> Reply:
    if not received.is_chat:
        return Reply()  # the client asks what the endpoint can do
    is_scoring = "Somebody else wrote comments" in received.body["messages"][0]["content"]
    scores = [{"id": n, "checks": CHECKS, "right": 1, "worth": 1} for n in (1, 2)]
    comments = [REMARK, REMARK | {"rule": "units"}]
    return Reply(texts=(json.dumps({"scores": scores} if is_scoring else {"comments": comments}),))


async def _review(repo: Repo, server: ModelServer, *arguments: str) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"INKLING_DATA_DIR": str(repo.folder.parent / "data")}
    settings = repo.folder.parent / "settings.json"
    names = {"baseUrl": server.base_url, "chatModel": "reader", "timeoutSeconds": WITHIN_S}
    settings.write_text(json.dumps({f"inkling.model.{name}": value for name, value in names.items()}))
    environment |= {"INKLING_EDITOR_SETTINGS": str(settings)}
    process = await asyncio.create_subprocess_exec(
        *(INKLING, "review", "--no-run", "--format", "json", "--python", sys.executable, *arguments),
        cwd=repo.folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await process.communicate()
    assert process.returncode in (0, 1), stderr.decode()
    answer: dict[str, Any] = json.loads(stdout)
    return answer


async def test_a_model_is_asked_about_what_may_be_sent(repo: Repo, model_server: ModelServer) -> None:
    model_server.script = _script
    answer = await _review(repo, model_server)
    shown = {(each["rule"], each["path"], each["line"], each["message"]) for each in answer["comments"]}
    assert ("model.contract", "cart.py", 3, REMARK["message"]) in shown, answer
    assert ("team.units", "cart.py", 3, "Put the unit in the name.") in shown
    assert "1 part of 1 file asked of the language model" in answer["checked"]
    told = json.dumps(answer["unchecked"])
    assert "plan.py, by the language model" in told
    assert "units" not in told
    sent = json.dumps([received.body for received in model_server.received])
    assert "Is there a unit in each name?" in sent
    assert "def plan" not in sent


async def test_nobody_is_asked_where_that_is_not_wanted(repo: Repo, model_server: ModelServer) -> None:
    model_server.script = _script
    answer = await _review(repo, model_server, "--no-model")
    assert not [each for each in answer["comments"] if each["rule"].startswith(("model.", "team."))]
    assert {"what": "units", "why": "Only a language model can answer it."} in answer["unchecked"]
    assert model_server.received == []


async def test_what_would_be_asked_is_printed_and_nothing_sent(repo: Repo, model_server: ModelServer) -> None:
    answer = await _review(repo, model_server, "--show-questions")
    (question,) = answer["questions"]
    assert (question["path"], question["symbol"]) == ("cart.py", "share")
    assert "+    3 |     return round(total / people)" in question["messages"][1]["content"]
    assert question["n_tokens"] < 2000
    assert answer["kept"] == ["plan.py"]
    assert model_server.received == []
