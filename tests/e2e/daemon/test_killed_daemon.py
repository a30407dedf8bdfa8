"""The daemon killed 100 times while events stream in: what it acknowledged is on disk, and the database is whole."""

import contextlib
import random
import sqlite3
import threading
import uuid
from pathlib import Path

import psutil
from tests.e2e.daemon.editor import INKLING

from inkling.bench.client import LanguageClient

N_ROUNDS = 50
N_WINDOWS = 2  # editor windows that write to the same store at once, each killed N_ROUNDS times
LONGEST_STREAM_S = 0.25


def stream_and_kill(tmp_path: Path, window: int, chance: random.Random, acknowledged: list[str]) -> None:
    """Starts a daemon, streams outcomes into it, and kills it at a random moment."""
    environment = {"INKLING_DATA_DIR": str(tmp_path / "data"), "INKLING_CACHE_DIR": str(tmp_path / "cache")}
    with (
        contextlib.suppress(RuntimeError, OSError),
        LanguageClient([INKLING, "serve"], environment, tmp_path / f"{window}.log") as client,
    ):
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        client.initialize(folder)
        killer = threading.Timer(chance.uniform(0, LONGEST_STREAM_S), psutil.Process(client.process_id).kill)
        killer.start()
        while True:
            event_ids = [uuid.uuid4().hex for _ in range(chance.randint(1, 5))]
            outcomes = [
                {"eventId": event_id, "suggestionId": "s", "kind": "shown", "atMs": 1, "visibleMs": 750}
                for event_id in event_ids
            ]
            client.request("inkling/recordOutcomes", {"outcomes": outcomes})
            acknowledged.extend(event_ids)


def test_no_acknowledged_event_is_missing(tmp_path: Path) -> None:
    acknowledged: list[str] = []

    def live(window: int) -> None:
        chance = random.Random(window)
        for _ in range(N_ROUNDS):
            stream_and_kill(tmp_path, window, chance, acknowledged)

    windows = [threading.Thread(target=live, args=(window,)) for window in range(N_WINDOWS)]
    for thread in windows:
        thread.start()
    for thread in windows:
        thread.join()
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "events.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        stored = {row[0] for row in connection.execute("SELECT event_id FROM outcomes")}
    assert len(acknowledged) > N_ROUNDS * N_WINDOWS, "most daemons acknowledge something before they are killed"
    assert set(acknowledged) <= stored
    assert not list((tmp_path / "data").glob("*.corrupt-*"))
