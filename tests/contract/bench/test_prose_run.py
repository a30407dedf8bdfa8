"""The benchmark of docstrings and comments as a command, on a real project."""

import json
import subprocess
import sys
from pathlib import Path

SHAPES = '''def area(width, height):
    """Return how large it is."""
    # Both are of one unit.
    return width * height


def volume(width, height, depth):
    """Return how large it is."""
    # Both are of one unit.
    return width * height * depth
'''


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "inkling.app.cli", "bench", "completion", "--prose", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_prints_and_writes_its_figures(tmp_path: Path) -> None:
    project = tmp_path / "shapes"
    project.mkdir()
    (project / "shapes.py").write_text(SHAPES)
    (project / "solids.py").write_text(SHAPES.replace("area", "side"))
    json_file = tmp_path / "figures.json"
    done = _run("--project", str(project), "--limit", "8", "--json", str(json_file))
    assert done.returncode == 0, done.stderr
    assert "right_of_shown" in done.stdout
    metrics = json.loads(json_file.read_text())["metrics"]
    assert metrics["found_summary"]["value"] > 0
    assert metrics["n_comment"]["value"] == 8
    assert 0 <= metrics["shown"]["low"] <= metrics["shown"]["value"] <= metrics["shown"]["high"] <= 1


def test_without_prose_it_says_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "bare.py").write_text("x = 1\n")
    done = _run("--project", str(tmp_path))
    assert done.returncode == 2
    assert "name a project with --project" in done.stdout
