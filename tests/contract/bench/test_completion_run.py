"""The completion benchmark as a command, on a real project and a real git history."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from inkling.bench.completion.histories import GitHistory, steps_histories
from inkling.core.errors import UserError

BEFORE = "def area(width, height):\n    return width * height\n"
ADDED = """

def volume(width, height, depth):
    base = area(width, height)
    return base * depth


def surface(width, height, depth):
    sides = [area(width, depth), area(height, depth)]
    return 2 * (sum(sides) + area(width, height))
"""
OTHER = '"""Shapes."""\nNAMES = ["área", "volume"]\n'


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose second commit writes functions, and whose third is too small."""
    folder = tmp_path / "shapes"
    folder.mkdir()
    _git(folder, "init", "-q")
    (folder / "shapes.py").write_text(BEFORE)
    (folder / "names.py").write_text(OTHER)
    (folder / "notes.txt").write_text("no Python\n")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-qm", "first")
    (folder / "shapes.py").write_text(BEFORE + ADDED)
    _git(folder, "commit", "-qam", "second")
    (folder / "names.py").write_text(OTHER + "MORE = NAMES\n")
    _git(folder, "commit", "-qam", "third")
    return folder


def test_commits_of_a_fitting_size_with_what_stood_there_before(repository: Path) -> None:
    history = GitHistory(repository, seed=0, n_commits=10)
    assert len(history.commits) == 1
    [(commit, [written])] = history.commits.items()
    assert written.path == "shapes.py"
    assert written.text == BEFORE + ADDED
    lines = written.text.split("\n")
    assert "\n".join(lines[number] for number in sorted(written.added)) + "\n" == ADDED
    assert history.texts_before(commit) == {"shapes.py": BEFORE, "names.py": OTHER}


def test_a_folder_that_is_no_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a git repository"):
        GitHistory(tmp_path, seed=0, n_commits=1)


def _steps(path: Path) -> Path:
    diff = "@@ -2,1 +2,11 @@\n     return width * height\n" + "".join(f"+{line}\n" for line in ADDED.split("\n")[:-1])
    record = {
        "instance_id": "a__shapes-pull-7",
        "repo": "a/shapes",
        "files": {"pkg__shapes__py": BEFORE, "pkg__names__py": OTHER},
        "steps": [{"file": "pkg__shapes__py", "path": "pkg/shapes.py", "diff": diff}],
    }
    path.write_bytes(gzip.compress(json.dumps(record).encode()))
    return path


def test_ordered_steps_are_typed_again_as_commits_are(tmp_path: Path) -> None:
    [history] = steps_histories(_steps(tmp_path / "steps.jsonl.gz"), seed=0, n_commits=5)
    [(commit, [written])] = history.commits.items()
    assert (history.project, written.path) == ("a/shapes", "pkg/shapes.py")
    assert {written.text.split("\n")[number] for number in written.added} == set(ADDED.split("\n"))
    assert history.texts_before(commit)["pkg/shapes.py"] == BEFORE


def test_the_command_prints_its_protocol_and_writes_its_figures(repository: Path, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    command = [
        sys.executable, "-m", "inkling.app.cli", "bench", "completion",
        "--project", str(repository), "--history", str(repository), "--steps", str(_steps(tmp_path / "steps.gz")),
        "--without", "environment", "--without", "jedi", "--ablations",
        "--limit", "4", "--seed", "7", "--json", str(result),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "seed=7" in done.stdout
    assert "Switched off: environment, jedi." in done.stdout
    assert "project shapes: 2 files" in done.stdout
    metrics = json.loads(result.read_text())["metrics"]
    for name in ("loo_exact", "replay_exact", "loo_shown_at_60", "replay_keystrokes_saved", "loo_line_exact_others"):
        assert 0 <= metrics[name]["low"] <= metrics[name]["value"] <= metrics[name]["high"] <= 1
    assert metrics["loo_cpu_ms_p95"]["value"] >= metrics["loo_cpu_ms_p50"]["value"] > 0
    assert metrics["index_mb_per_mb"]["value"] > 0
    assert -1 <= metrics["replay_without_workspace_exact_lost"]["value"] <= 1
    assert not any("jedi" in name for name in metrics)


def test_without_anything_to_ask_the_command_says_what_to_name() -> None:
    command = [sys.executable, "-m", "inkling.app.cli", "bench", "completion", "--without", "environment"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--project" in done.stdout


def test_a_name_that_cannot_be_switched_off_is_said_with_those_that_can() -> None:
    command = [sys.executable, "-m", "inkling.app.cli", "bench", "completion", "--without", "magic"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no magic" in done.stdout
    assert "workspace" in done.stdout
