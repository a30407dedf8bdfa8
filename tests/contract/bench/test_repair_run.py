"""`inkling bench repair` on a bug of its form, with a real search in a real sandbox."""

import json
from pathlib import Path

import pytest

from inkling.bench.repair.benchmark import RepairOptions, run
from inkling.bench.repair.records import read
from inkling.core.errors import UserError

PROGRAM = '''
def total(values):
    """Return the sum of the values, without the last one."""
    result = 0
    for value in values[:1]:
        result += value
    return result
'''
RECORD = {
    "id": "own/1:hand",
    "entry_point": "total",
    "program": PROGRAM,
    "visible_tests": ["assert total([1, 2, 3]) == 3", "assert total([5, 6]) == 5", "assert total([]) == 0"],
    "hidden_tests": "def check(candidate):\n    assert candidate([1, 2, 3]) == 3\n"
    "    assert candidate([4, 5, 6, 7]) == 15\n    assert candidate([9]) == 0\n\ncheck(total)\n",
}
KEYS = {"solved", "solved_top_5", "listed", "overfit", "none", "verified", "solved_with_one_example", "mutants_per_s"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "bugs.jsonl"
    path.write_text(json.dumps(RECORD) + "\n")
    return path


def test_a_bug_is_repaired_and_judged(data: Path, tmp_path: Path) -> None:
    proposals, result = tmp_path / "found.jsonl", tmp_path / "result.json"
    options = RepairOptions(data=data, budget_s=6, n_processes=1, proposals=proposals)
    assert run(options, result) == 0
    content = json.loads(result.read_text())
    assert content["bench"] == "repair"
    assert content["n"] == 1
    assert set(content["metrics"]) >= KEYS
    assert content["metrics"]["listed"]["value"] == 1
    (record,) = read(proposals).values()
    assert record.failing == ("test_program.py::test_1",)
    assert record.rows
    assert len(record.rows) == len(record.behaviours) == len(record.compared)
    assert any(record.is_right)

    assert run(options, result) == 0  # from what was found before
    assert {item.n_tried for item in read(proposals).values()} == {record.n_tried}
    assert json.loads(result.read_text())["metrics"]["listed"]["value"] == 1


def test_missing_data_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(RepairOptions(data=tmp_path / "none.jsonl"), None) == 2
    assert "--data" in capsys.readouterr().out


def test_damaged_proposals_are_told(tmp_path: Path) -> None:
    path = tmp_path / "found.jsonl"
    path.write_text("{}\n")
    with pytest.raises(UserError, match="--proposals"):
        read(path)
