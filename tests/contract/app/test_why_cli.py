"""`inkling why` on a store on disk."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.contract.telemetry import samples

from inkling.app.cli import main
from inkling.core.suggestion import SuggestionId
from inkling.telemetry import EventStore


def test_files_of_one_name_are_told_apart_by_their_workspace_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_DATA_DIR", str(tmp_path))
    projects = ("", "shop-3fa2c1", "my-api-9c01d2")

    async def fill() -> None:
        store = await EventStore.open(tmp_path)
        await store.record_decisions(
            [
                replace(
                    samples.DECISION, suggestion_id=SuggestionId(f"s{k}"), project=project, at_ms=samples.NOW_MS - k
                )
                for k, project in enumerate(projects)
            ]
        )
        await store.close()

    asyncio.run(fill())

    lines = CliRunner().invoke(main, ["why"]).output.splitlines()
    assert [line.split("  ")[1] for line in lines] == ["a.py:4", "shop/a.py:4", "my-api/a.py:4"]
    rows = json.loads(CliRunner().invoke(main, ["why", "--json"]).output)
    assert [row["project"] for row in rows] == list(projects)
