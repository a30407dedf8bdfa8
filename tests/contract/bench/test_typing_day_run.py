"""A short day of typing in the real process of the embedded mind."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

KEYS = ["a", "b", None, "c", "d", "e", "f", "g", "h", "i"]


def _recording(path: Path) -> Path:
    """Writes a session of one burst, of which one key deletes; it took three minutes."""
    log = [
        {"kind": "changed", "time": 100 * number, "edit": [[0, 1, ""]] if key is None else [[0, 0, key]]}
        for number, key in enumerate(KEYS)
    ]
    path.write_bytes(gzip.compress(json.dumps({"log": [*log, {"kind": "end", "time": 180_000}]}).encode()))
    return path


def test_the_command_types_commits_and_prints_the_memory(tmp_path: Path) -> None:
    folder = tmp_path / "shapes"
    folder.mkdir()
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    (folder / "shapes.py").write_text("def area(width, height):\n    return width * height\n")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    with (folder / "shapes.py").open("a") as file:
        file.writelines(f"\n\ndef area_{n}(width):\n    return area(width, {n})\n" for n in range(3))
    subprocess.run([*git, "commit", "-qam", "second"], check=True)
    result = tmp_path / "result.json"
    command = [
        sys.executable, "-m", "inkling.app.cli", "bench", "typing-day", "--history", str(folder), "--no-environment",
        "--recording", str(_recording(tmp_path / "recording.json.gz")), "--hours", "0.5", "--json", str(result),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(result.read_text())
    assert report["n"] == 100
    assert report["metrics"]["rss_mb_last"]["value"] > 0
    assert "anonymous_mb_slope_per_hour" in report["metrics"]
    assert "1 commits of shapes" in done.stdout


def test_without_a_recording_it_says_so_and_measures_nothing(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "inkling.app.cli", "bench", "typing-day", "--history", str(tmp_path),
        "--recording", str(tmp_path / "none.gz"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "not measured: there is no recording" in done.stdout
