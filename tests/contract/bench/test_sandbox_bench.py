import json
from pathlib import Path

import pytest
from tests.sandboxes.backends import open_bubblewrap

from inkling.bench.sandbox import SandboxBenchOptions, run
from inkling.core.settings import SandboxSettings
from inkling.sandbox.choice import examine_backends


@pytest.fixture
async def works() -> None:
    await (await open_bubblewrap()).close()  # skips the test where there is none


@pytest.mark.usefixtures("works")
async def test_each_backend_is_looked_at() -> None:
    states = await examine_backends(SandboxSettings(docker_host="unix:///nowhere"))
    assert [bool(state.problem) for state in states] == [False, True]
    assert "no Docker engine answers at unix:///nowhere; install Docker" in states[1].problem


@pytest.mark.usefixtures("works")
def test_each_run_has_a_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = SandboxBenchOptions(seed=0, n_rounds=2, n_zygote_runs=2, docker_host="unix:///nowhere")
    file = tmp_path / "report.json"
    assert run(options, file) == 0
    assert "left out: docker" in capsys.readouterr().out
    metrics = json.loads(file.read_text())["metrics"]
    names = {"subprocess_trivial", "subprocess", "bubblewrap_trivial_cold", "bubblewrap_cold", "bubblewrap_warm"}
    keys = {f"{name}_ms_p{share}" for name in names for share in (50, 95)}
    assert set(metrics) == keys | {"zygote_runs_per_s", "ratio_warm_to_subprocess"}
    assert all(figure["low"] <= figure["value"] <= figure["high"] for figure in metrics.values())
    assert all(figure["value"] > 0 for figure in metrics.values())
