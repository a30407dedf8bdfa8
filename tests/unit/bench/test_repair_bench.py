import json
import math
from pathlib import Path

import pytest

from inkling.bench.repair.measure import Outcome, RankedPatch, measure
from inkling.bench.repair.own import load_bugs
from inkling.bench.repair.ranking import N_FOLDS, fold_of, problem_hash
from inkling.bench.repair.records import FoundPatches
from inkling.bench.repair.tasks import HIDDEN, PROGRAM, TESTS, model_written_tasks, own_tasks
from inkling.bench.repair.train import first_of, fit, judge_unseen, threshold_keeping, train
from inkling.core.errors import UserError
from inkling.core.repair import PatchVerdict

RECORD = {
    "id": "MBPP/1:x",
    "entry_point": "add",
    "program": "def add(a, b):\n    return a - b\n",
    "visible_tests": ["assert add(1, 2) == 3"],
    "hidden_tests": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(2, 2) == 4\n"
    "    assert candidate(x, 1) == 2\ncheck(add)\n",
}


def ranked(*rights: bool, verdict: PatchVerdict = PatchVerdict.PLAUSIBLE) -> list[RankedPatch]:
    return [
        RankedPatch(kind=f"kind{at}", is_right=right, verdict=verdict, probability=0.5)
        for at, right in enumerate(rights)
    ]


def outcome(name: str, patches: list[RankedPatch], **others: object) -> Outcome:
    return Outcome(task_id=name, problem=name, ranked=patches, **others)  # type: ignore[arg-type] # as named


OUTCOMES = [
    outcome("a", ranked(True, False, verdict=PatchVerdict.VERIFIED), n_tried=100, search_s=2.0, first_right_s=1.0),
    outcome("b", ranked(False, True), first_with_example=True, n_tried=300, search_s=2.0, first_right_s=3.0),
    outcome("c", ranked(False, False, False, False, False, True)),
    outcome("d", []),
]


def test_figures() -> None:
    values = {name: metric.value for name, metric in measure(OUTCOMES, seed=0).items()}
    assert values["solved"] == 0.25
    assert values["solved_top_5"] == 0.5
    assert values["listed"] == 0.75
    assert values["overfit"] == 0.5
    assert values["none"] == 0.25
    assert values["verified"] == 0.25
    assert values["right_of_verified"] == 1.0
    assert values["solved_with_one_example"] == 0.5
    assert values["mutants_per_s"] == 100.0
    assert values["seconds_p50"] == 3.0


def test_what_cannot_be_told_is_left_out() -> None:
    metrics = measure([outcome("d", [])], seed=0)
    assert "right_of_verified" not in metrics
    assert "seconds_p50" not in metrics
    assert all(math.isfinite(metric.value) for metric in metrics.values())


def test_kinds_of_first_right_patches() -> None:
    pair = [RankedPatch(kind="guard+wrapped", is_right=True, verdict=PatchVerdict.PLAUSIBLE, probability=0.1)]
    metrics = measure([*OUTCOMES, outcome("e", pair)], seed=0)
    counts = {name: metric.value for name, metric in metrics.items() if name.startswith("first_right_")}
    assert counts == {"first_right_kind0": 1, "first_right_kind1": 1, "first_right_kind5": 1, "first_right_pair": 1}


def test_a_model_written_bug_is_a_project_with_tests(tmp_path: Path) -> None:
    data = tmp_path / "bugs.jsonl"
    data.write_text(json.dumps(RECORD) + "\n")
    (task,) = model_written_tasks(data)
    assert task.problem == "MBPP/1"
    assert set(task.files) == {PROGRAM, TESTS}
    assert "from program import add" in task.files[TESTS]
    assert "def test_1():\n    assert add(1, 2) == 3" in task.files[TESTS]
    assert set(task.hidden_tests) == {HIDDEN}
    assert "candidate(2, 2)" not in "".join(task.files.values())
    assert task.examples == {"add(2, 2)": "4"}  # neither what the user has nor what names a variable


@pytest.mark.parametrize("text", ["{", '{"id": "x"}'])
def test_data_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    data = tmp_path / "bugs.jsonl"
    data.write_text(text)
    with pytest.raises(UserError, match="--data"):
        model_written_tasks(data)


def test_own_bugs_keep_their_hidden_tests_back() -> None:
    for task, bug in zip(own_tasks(), load_bugs(), strict=True):
        assert not set(task.files) & set(bug.hidden_tests)
        assert task.correct_files == bug.files


def record(number: int, *, has_right: bool) -> FoundPatches:
    """A list in which the patch that agrees with the others is right, if any is."""
    names = ("good", "bad", "worse")
    rows = tuple({"agreement": value, "log_prior": -float(number % 3)} for value in (0.9, 0.4, 0.2))
    order = (0, 1, 2) if number % 2 else (2, 1, 0)
    return FoundPatches(
        task_id=f"p{number}:m",
        problem=f"p{number}",
        failing=("t",),
        passing=(),
        patches=(),
        is_right=tuple(has_right and at == 0 for at in order),
        n_tried=1,
        search_s=1.0,
        first_right_s=None,
        rows=tuple(rows[at] for at in order),
        of_list={"always": 1.0, "best_agreement": 0.9 if has_right else 0.1},
        compared=(0, 1, 2),
        behaviours=tuple(names[at] for at in order),
    )


RECORDS = [record(number, has_right=number % 3 > 0) for number in range(60)]


def test_what_is_right_is_learned() -> None:
    ranking = fit(RECORDS)
    assert ranking.patch_weights["agreement"] > 0
    assert ranking.list_weights["best_agreement"] < 0  # the list's weights speak for `none`
    chosen = [first_of(item, ranking) for item in RECORDS]
    assert [right for _, right in chosen] == [number % 3 > 0 for number in range(60)]
    assert min(p for p, right in chosen if right) > max(p for p, right in chosen if not right)


def test_the_threshold_keeps_what_it_promises() -> None:
    firsts = [(0.9, True)] * 9 + [(0.8, False), (0.7, True)] + [(0.3, False)] * 30
    assert threshold_keeping(firsts) == 0.7  # those of 0.3 are shown together or not at all
    assert threshold_keeping([(0.9, True)] * 3) > 1  # too few to tell
    half = [(0.9, True), (0.9, False)] * 5 + [(0.5, False)] * 9
    assert threshold_keeping(half) == 0.9  # the best there is
    assert threshold_keeping([(0.9, False)] * 20) > 1


def test_a_problem_is_judged_by_what_never_saw_it() -> None:
    folds = {fold: train([item for item in RECORDS if fold_of(item.problem) != fold]) for fold in range(N_FOLDS)}
    metrics = judge_unseen(RECORDS, [folds[fold_of(item.problem)] for item in RECORDS])
    assert metrics["first"] == pytest.approx(2 / 3)
    assert metrics["right_of_verified"] >= 0.75
    assert {fold_of(item.problem) for item in RECORDS} == set(range(N_FOLDS))
    assert problem_hash("p1") != "p1"
