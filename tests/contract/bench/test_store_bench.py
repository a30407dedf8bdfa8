"""The benchmark of the store, with few events: that every figure is there and adds up."""

import json
from pathlib import Path

import pytest

from inkling.bench.store import StoreOptions, run
from inkling.core.errors import UserError


def test_every_figure_is_measured(tmp_path: Path) -> None:
    data_dir, json_file = tmp_path / "data", tmp_path / "store.json"
    data_dir.mkdir()
    assert run(StoreOptions(seed=1, n_events=2000, data_dir=data_dir), json_file) == 0
    report = json.loads(json_file.read_text())
    figures = {key: metric["value"] for key, metric in report["metrics"].items()}
    assert 1500 < report["n"] < 2500
    assert figures.keys() == {
        "events_per_s",
        "single_events_per_s",
        "store_mb",
        "bytes_per_event",
        *(
            f"{name}_{what}"
            for name in ("train", "insights", "insights_year", "stats")
            for what in ("s", "cpu_s", "memory_mb")
        ),
        "report_bytes",
    }
    assert all(figure > 0 for figure in figures.values())
    assert figures["bytes_per_event"] == pytest.approx(figures["store_mb"] * 2**20 / report["n"])
    with pytest.raises(UserError, match="empty folder"):
        run(StoreOptions(seed=1, n_events=2000, data_dir=data_dir), None)
