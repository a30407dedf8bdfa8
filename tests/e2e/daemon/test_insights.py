"""The Insights page's requests to the installed server, and `inkling report` beside it."""

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tests.e2e.daemon.editor import ANSWER_WITHIN_S, BASKET, INKLING, Editor


async def accept(editor: Editor) -> str:
    """Accepts one suggestion, and returns its id."""
    item = await editor.complete_marked("shop/basket.py", BASKET)
    assert item is not None
    assert item.command is not None
    assert item.command.arguments is not None
    (suggestion_id,) = item.command.arguments
    await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams(command=item.command.command, arguments=[suggestion_id])
    )
    return str(suggestion_id)


async def test_insights_tell_what_happened_and_what_is_in_force(editor: Editor) -> None:
    await accept(editor)
    found = await editor.own("inkling/insights", {"nDays": 30})
    assert found["nDays"] == 30
    assert (found["counts"]["nOffered"], found["counts"]["nAccepted"]) == (1, 1)
    assert [day["nOffered"] for day in found["days"]] == [1]
    assert [file["name"] for file in found["byFile"]] == ["shop/basket.py"]
    (in_force,) = [one for one in found["knob"] if one["isInForce"]]
    assert in_force["threshold"] == editor.settings["gate"]["threshold"]
    assert found["storePath"] == str(editor.data_dir / "events.db")


@pytest.mark.parametrize(("asked", "n_days"), [(0, 1), (10**9, 3650)])
async def test_the_period_is_bounded(editor: Editor, asked: int, n_days: int) -> None:
    assert (await editor.own("inkling/insights", {"nDays": asked}))["nDays"] == n_days


async def test_an_answer_that_is_cancelled_leaves_no_process(editor: Editor) -> None:
    before = set(editor.process.children(recursive=True))
    protocol: Any = editor.client.protocol
    answer = protocol.send_request_async("inkling/insights", {"nDays": 30})
    asking = asyncio.ensure_future(answer)
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while not (reports := set(editor.process.children(recursive=True)) - before):
            await asyncio.sleep(0.001)
    (message_id,) = protocol._request_futures
    protocol.notify(types.CANCEL_REQUEST, types.CancelParams(id=message_id))
    with pytest.raises(JsonRpcException, match="cancel"):
        await asking
    _, alive = await asyncio.to_thread(psutil.wait_procs, list(reports), 20)
    assert alive == []
    assert (await editor.own("inkling/insights"))["counts"]["nOffered"] == 0


async def test_a_store_that_cannot_be_read_is_an_error_in_words(closed_editor: Editor) -> None:
    closed_editor.data_dir.write_text("no folder")
    await closed_editor.start()
    with pytest.raises(JsonRpcException, match=r"^The event store in .* cannot be opened") as raised:
        await closed_editor.own("inkling/insights")
    assert raised.value.code == types.LSPErrorCodes.RequestFailed.value


async def test_wrong_parameters_are_refused(editor: Editor) -> None:
    with pytest.raises(JsonRpcException, match="nDays must be a whole number"):
        await editor.own("inkling/insights", {"nDays": "many"})


async def test_events_are_exported(editor: Editor, tmp_path: Path) -> None:
    suggestion_id = await accept(editor)
    file = tmp_path / "events.jsonl"
    words = (await editor.own("inkling/exportEvents", {"file": str(file)}))["words"]
    assert str(file) in words
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert suggestion_id in {row.get("suggestion_id") for row in rows}
    for wrong, complaint in ((tmp_path / "events.csv", "jsonl or .parquet"), (Path("events.jsonl"), "absolute")):
        with pytest.raises(JsonRpcException, match=complaint):
            await editor.own("inkling/exportEvents", {"file": str(wrong)})


async def test_the_model_is_retrained_and_forgotten_on_request(editor: Editor) -> None:
    verdict = await editor.own("inkling/retrainModel")
    assert verdict["wasReplaced"] is False
    assert "Too little later data" in verdict["words"]
    assert "forgotten" in (await editor.own("inkling/resetModel"))["words"]
    assert (editor.data_dir / "personal" / "reset.json").exists()


async def test_the_report_is_a_file_of_the_same(editor: Editor) -> None:
    await accept(editor)
    found = await editor.own("inkling/insights", {"nDays": 30})

    def report(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "INKLING_DATA_DIR": str(editor.data_dir)}
        command = [INKLING, "report", *arguments]
        return subprocess.run(
            command, cwd=editor.folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
        )

    ran = await asyncio.to_thread(report, "--days", "30")
    assert (ran.returncode, ran.stderr) == (0, "")
    page = (editor.folder / "inkling-report.html").read_text(encoding="utf-8")
    told = json.loads((await asyncio.to_thread(report, "--json", "-", "--days", "30")).stdout)
    assert told["counts"] == found["counts"]
    assert json.dumps(told["counts"], separators=(",", ":")) in page
    (editor.folder / "mine.html").write_text("mine")
    refused = await asyncio.to_thread(report, "mine.html")
    assert (refused.returncode, (editor.folder / "mine.html").read_text()) == (2, "mine")
    assert "--force" in refused.stderr
    both = await asyncio.to_thread(report, "a.html", "--json", "b.json")
    assert both.returncode == 2
