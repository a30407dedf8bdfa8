"""The bugs of `inkling bench repair --own` are what they say: their tests run here, in a sandbox."""

import sys
from pathlib import Path

from tests.sandboxes.backends import open_bubblewrap

from inkling.bench.repair.hidden import HiddenRun, all_pass
from inkling.bench.repair.own import OneLineBug, load_bugs
from inkling.core.execution import ProjectView

LEAST_BUGS = 80
LEAST_KINDS = 30


def write(folder: Path, bug: OneLineBug) -> None:
    for path, text in {**bug.files, **bug.tests, **bug.hidden_tests}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def test_there_are_many_kinds() -> None:
    bugs = load_bugs()
    assert len(bugs) >= LEAST_BUGS
    assert len({bug.id for bug in bugs}) == len(bugs)
    assert len({bug.kind for bug in bugs}) >= LEAST_KINDS


def test_each_bug_is_in_one_line() -> None:
    for bug in load_bugs():
        right, wrong = "".join(bug.files.values()), "".join(bug.buggy_files.values())
        assert right.count(f"{bug.before}\n") >= 1, bug.id
        n_changed = sum(bug.files[path] != text for path, text in bug.buggy_files.items())
        assert n_changed == 1, bug.id
        assert abs(right.count("\n") - wrong.count("\n")) == (0 if bug.after else 1), bug.id


async def test_the_correct_program_passes_and_the_wrong_one_fails(tmp_path: Path) -> None:
    bugs = load_bugs()
    runs = []
    for bug in bugs:
        folder = tmp_path / bug.id
        write(folder, bug)
        wrong = {folder / path: text for path, text in bug.buggy_files.items()}
        runs.append(HiddenRun(folder=folder, tests=[*bug.tests, *bug.hidden_tests]))
        runs.append(HiddenRun(folder=folder, tests=list(bug.tests), texts=wrong))
        runs.append(HiddenRun(folder=folder, tests=list(bug.hidden_tests), texts=wrong))
    sandbox = await open_bubblewrap()
    try:
        view = ProjectView(folder=tmp_path, interpreter=Path(sys.executable))
        passed = await all_pass(sandbox, view, runs)
    finally:
        await sandbox.close()
    answers = {bug.id: tuple(passed[3 * n : 3 * n + 3]) for n, bug in enumerate(bugs)}
    assert {name: answer for name, answer in answers.items() if answer != (True, False, False)} == {}
