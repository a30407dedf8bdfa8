"""Commands that only read, where the store cannot be written."""

import asyncio
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.telemetry import samples

from inkling.core.suggestion import SuggestionId
from inkling.telemetry import EventStore

READING = ["stats", "why", "telemetry show", "report --json -", "replay --policy quiet"]


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    async def fill() -> None:
        store = await EventStore.open(tmp_path)
        await store.record_decisions([samples.DECISION])
        await store.close()

    asyncio.run(fill())
    return tmp_path


def run(data_dir: Path, *arguments: str, is_disk_full: bool = False) -> "subprocess.CompletedProcess[str]":
    def fill_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no file can grow

    return subprocess.run(
        [sys.executable, "-m", "inkling.app.cli", *arguments],
        env={"INKLING_DATA_DIR": str(data_dir), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=fill_disk if is_disk_full else None,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", READING)
def test_on_a_full_disk_they_work(filled: Path, command: str) -> None:
    expected = run(filled, *command.split())

    found = run(filled, *command.split(), is_disk_full=True)

    assert found.returncode == expected.returncode, found.stderr
    assert found.returncode in {0, 1}
    if command in {"why", "telemetry show"}:
        assert found.stdout == expected.stdout
        assert "a.py" in found.stdout


def test_an_export_to_another_place_works(filled: Path, tmp_path: Path) -> None:
    (filled / "events.lock").unlink()
    (filled / "events.lock").mkdir()  # the folder cannot be opened for writing

    found = run(filled, "telemetry", "export", str(tmp_path / "all.jsonl"))

    assert found.stdout == f"wrote 1 rows to {tmp_path / 'all.jsonl'}\n", found.stderr


def test_a_command_that_writes_says_to_free_space(filled: Path) -> None:
    found = run(filled, "telemetry", "delete", "--all", "--yes", is_disk_full=True)

    assert found.returncode in {2, 3}
    assert found.stderr.count("\n") == 1
    assert "free space" in found.stderr
    assert "restart" not in found.stderr


async def test_what_is_out_of_reach_in_the_log_is_said(filled: Path, tmp_path: Path) -> None:
    store = await EventStore.open(filled)
    await store.record_decisions([replace(samples.DECISION, suggestion_id=SuggestionId("s2"))])
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("events.db", "events.db-wal"):
        shutil.copy(filled / name, copy / name)
    await store.close()

    found = run(copy, "why", is_disk_full=True)

    assert found.returncode == 2
    assert "its latest events are in events.db-wal" in found.stderr
    assert "free space" in found.stderr
    assert run(copy, "why").stdout.count("a.py") == 2
