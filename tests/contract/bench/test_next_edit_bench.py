"""`inkling bench next-edit` from files and from a real git history to figures."""

import difflib
import gzip
import json
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from inkling.bench.next_edit.benchmark import NextEditOptions, run
from inkling.bench.next_edit.episodes import cases
from inkling.bench.next_edit.extraction import extract_all
from inkling.bench.next_edit.sources import git_commits, ordered_steps
from inkling.bench.report import EXIT_NO_DATA
from inkling.core.errors import UserError

WANTED = [
    *(f"{where}_at_{n}" for where in ("place", "far") for n in (1, 3, 5)),
    "offered",
    "exact_of_offered",
    "wrong_per_100",
    "right_now_or_later",
    "import_exact_at_1",
    "ms_p50",
    "ms_p95",
    "end_of_last_edit_place_at_1",
    "nearest_changed_line_below_place_at_1",
    "next_occurrence_place_at_1",
]


def text_with(*names: str) -> str:
    return "".join(
        f"def {part}():\n    start({name})\n    return {name}\n\n\n"
        for part, name in zip("abcdef", names, strict=False)
    )


def record(number: int) -> dict[str, Any]:
    """A pull request that renames an argument in three functions, in two steps."""
    old, new = f"value_{number}", f"amount_{number}"
    texts = [text_with(*[old] * 6), text_with(new, *[old] * 5), text_with(new, new, new, *[old] * 3)]
    steps = [
        {
            "file": "shop__a__py",
            "path": "shop/a.py",
            "diff": "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), "a", "b")),
        }
        for before, after in pairwise(texts)
    ]
    return {
        "instance_id": f"shop-pull-{number}",
        "repo": "shop/shop",
        "files": {"shop__a__py": texts[0]},
        "steps": steps,
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "steps.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record(number)) + "\n" for number in range(8))
    return path


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    for number, text in enumerate(
        [text_with(*["old"] * 6), text_with("new", "old", "old", "new"), text_with("new", "old", "old", "newer")]
    ):
        (folder / "a.py").write_text(text)
        git(folder, "add", "a.py")
        git(folder, "commit", "-q", "-m", str(number))
    return folder


def test_steps_become_cases_with_the_imports_of_earlier_pull_requests_alone(data: Path) -> None:
    pull_requests = ordered_steps(data)
    first = pull_requests[0]
    assert [change.first_line for change in first.changes] == [1, 6, 11]
    assert [case.truth.first_line for case in cases(first)] == [6, 11]
    assert [len(pull_request.imports) for pull_request in pull_requests] == [0, 1, 1, 1, 1, 1, 1, 1]


def test_figures_are_published_with_all_keys(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    assert run(NextEditOptions(data=data, n_processes=1, limit=4), out) == 0
    report = json.loads(out.read_text())
    assert (report["bench"], report["n"]) == ("next-edit", 8)
    assert set(WANTED) <= report["metrics"].keys()
    assert 0 < report["metrics"]["place_at_5"]["value"] <= 1
    assert "place_at_1" in capsys.readouterr().out


def test_what_was_extracted_is_the_same_from_two_processes_and_from_a_file(data: Path, tmp_path: Path) -> None:
    pull_requests = ordered_steps(data)[:2]
    kept = tmp_path / "features"
    alone = extract_all(pull_requests)
    beside = extract_all(pull_requests, n_processes=2, cache=kept)
    again = extract_all(pull_requests, cache=kept)
    for cases_of_run in (beside, again):
        assert [case.places for case in cases_of_run] == [case.places for case in alone]
        assert all(
            (one.place_features == other.place_features).all() and (one.edit_features == other.edit_features).all()
            for one, other in zip(cases_of_run, alone, strict=True)
        )


def test_commits_that_change_two_places_are_taken_the_newest_first(repository: Path) -> None:
    (found,) = git_commits(repository, 10)
    assert [change.inserted for change in found.changes] == [
        ("    start(new)", "    return new"),
        ("    start(new)", "    return new"),
    ]


def test_a_repository_is_judged_by_the_shipped_model(repository: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert run(NextEditOptions(repository=repository, n_processes=1), out) == 0
    assert json.loads(out.read_text())["n"] == 1


def test_absent_data_and_folders_without_history_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(NextEditOptions(data=tmp_path / "absent.gz"), None) == EXIT_NO_DATA
    assert "--data" in capsys.readouterr().out
    assert run(NextEditOptions(repository=tmp_path), None) == EXIT_NO_DATA
    assert str(tmp_path) in capsys.readouterr().out


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write('{"instance_id": "x"}\n')
    with pytest.raises(UserError, match="--data"):
        ordered_steps(path)
