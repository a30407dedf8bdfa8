"""Old and new versions side by side in a real sandbox."""

import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path, PurePosixPath

import pytest
from tests.sandboxes.backends import open_bubblewrap

from inkling.core.change import ChangedFile, ChangeSet, FileChange, Hunk, LineSpan
from inkling.core.execution import ProjectView
from inkling.core.ports import Sandbox
from inkling.core.review import Confirmation, Findings, ReviewBudget, ReviewProgress, ReviewRequest, Severity
from inkling.engine.review.behaviour.reviewer import BehaviourReviewer
from inkling.sandbox.suite import SandboxSuiteRunner

SPLIT = '''
def split_range(n: int, parts: int) -> list[int]:
    """Return the sizes of `parts` parts of a range of `n`. 🙂"""
    if not parts:
        return []
    return [n // parts + (at < n % parts) for at in range(parts)]
'''


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = await open_bubblewrap()
    yield sandbox
    await sandbox.close()


class Reviewed:
    """A project in a folder, and reviews of changes of it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self.progress: list[ReviewProgress] = []

    async def review(
        self,
        before: str,
        after: str,
        tests: Mapping[str, str] | None = None,
        *,
        message: str = "",
        may_run: bool = True,
    ) -> Findings:
        self._folder.chmod(0o755)
        for path, text in {"program.py": after, **(tests or {})}.items():
            (self._folder / path).write_text(text, encoding="utf-8")
        view = ProjectView(folder=self._folder, interpreter=Path(sys.executable))
        path = PurePosixPath("program.py")
        matcher = SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
        hunks = tuple(
            Hunk(before=LineSpan(first=i + 1, n_lines=j - i), after=LineSpan(first=k + 1, n_lines=m - k))
            for tag, i, j, k, m in matcher.get_opcodes()
            if tag != "equal"
        )
        file = ChangedFile(
            path=path, old_path=path, change=FileChange.MODIFIED, before=before, after=after, hunks=hunks
        )
        changes = ChangeSet(
            name="a test", files=(file,), before=replace(view, edits={path: before}), after=view, message=message
        )
        suites = SandboxSuiteRunner(self._sandbox)
        try:
            return await BehaviourReviewer(self._sandbox, suites).review(
                ReviewRequest(changes=changes, budget=ReviewBudget(wall_s=90), may_run=may_run), self.progress.append
            )
        finally:
            await suites.close()


@pytest.fixture
def reviewed(sandbox: Sandbox, tmp_path: Path) -> Reviewed:
    return Reviewed(sandbox, tmp_path)


async def test_a_new_crash_is_claimed_with_the_smallest_input_and_a_test_that_was_run(reviewed: Reviewed) -> None:
    after = SPLIT.replace("    if not parts:\n        return []\n", "").replace(
        "range(parts)]", "range(n // n * parts)]"
    )
    found = await reviewed.review(SPLIT, after)
    (comment,) = found.comments
    assert comment.claims_failure
    assert comment.severity is Severity.ERROR
    assert comment.confirmation is Confirmation.CONFIRMED
    assert comment.symbol == "split_range"
    assert comment.line == 4
    assert comment.message == (
        "`split_range(0, 0)` returned `[]`, now raises `ZeroDivisionError: integer division or modulo by zero`."
    )
    assert comment.reproduction is not None
    assert "from program import split_range" in comment.reproduction.test
    assert "assert split_range(0, 0) == []" in comment.reproduction.test
    assert comment.reproduction.n_inputs > 50
    assert [item.n_done for item in reviewed.progress] == [0, 1, 2, 3]


async def test_another_value_is_a_note_where_nothing_says_which_is_right(reviewed: Reviewed) -> None:
    found = await reviewed.review(SPLIT, SPLIT.replace("at < n % parts", "at <= n % parts"))
    (comment,) = found.comments
    assert not comment.claims_failure
    assert comment.severity is Severity.NOTE
    assert comment.message == "Behaviour changed: `split_range(0, 1)` returned `[0]`, now returns `[1]`."


async def test_a_change_that_is_said_to_keep_the_behaviour_and_does_not_is_claimed(reviewed: Reviewed) -> None:
    found = await reviewed.review(
        SPLIT, SPLIT.replace("at < n % parts", "at <= n % parts"), message="Refactor split_range"
    )
    assert [comment.claims_failure for comment in found.comments] == [True]


async def test_a_test_that_fails_now_decides_and_one_that_passes_now_asks_for_it(reviewed: Reviewed) -> None:
    wrong = SPLIT.replace("at < n % parts", "at <= n % parts")
    tests = {
        "test_program.py": "from program import split_range\n\n\n"
        "def test_split():\n    assert split_range(7, 3) == [3, 2, 2]\n"
    }
    broken = await reviewed.review(SPLIT, wrong, tests)
    assert [comment.claims_failure for comment in broken.comments] == [True]
    mended = await reviewed.review(wrong, SPLIT, tests)
    assert not any(comment.claims_failure for comment in mended.comments)
    assert all(comment.confidence < 0.3 for comment in mended.comments)


async def test_code_that_is_only_written_otherwise_has_no_comment(reviewed: Reviewed) -> None:
    after = SPLIT.replace(
        "    return [n // parts + (at < n % parts) for at in range(parts)]\n",
        "    size, rest = divmod(n, parts)\n    return [size + 1] * rest + [size] * (parts - rest)\n",
    ).replace("    if not parts:", "    if parts <= 0:")
    found = await reviewed.review(SPLIT, after)
    assert not found.comments
    assert found.checked


async def test_what_was_a_crash_and_now_is_a_value_is_no_failure(reviewed: Reviewed) -> None:
    before = SPLIT.replace("    if not parts:\n        return []\n", "")
    found = await reviewed.review(before, SPLIT)
    assert not any(comment.claims_failure for comment in found.comments)


async def test_chance_time_and_other_processes_are_no_behaviour(reviewed: Reviewed) -> None:
    before = (
        "import os\nimport random\nimport time\n\n\n"
        "def token(n: int) -> list[object]:\n    return [random.random(), os.getpid(), time.time(), n]\n"
    )
    found = await reviewed.review(before, before.replace("time.time(), n]", "time.time(), n + 1]"))
    assert not found.comments
    assert [item.what for item in found.unchecked] == ["`token`"]
    assert "same twice" in found.unchecked[0].why


async def test_what_sleeps_writes_or_never_returns_has_no_comment_and_harms_nothing(
    reviewed: Reviewed, tmp_path: Path
) -> None:
    before = (
        "import pathlib\nimport time\n\n\ndef wait(n: int) -> int:\n"
        f"    pathlib.Path({str(tmp_path)!r}, 'written').write_text('x')\n"
        "    while n < 1000:\n        time.sleep(1)\n    return 1\n"
    )
    found = await reviewed.review(before, before.replace("return 1", "return 2"))
    assert not found.comments
    assert not (tmp_path / "written").exists()


async def test_an_endless_loop_on_what_was_answered_is_claimed(reviewed: Reviewed) -> None:
    before = (
        "def halvings(n: int) -> int:\n    count = 0\n    while n > 1:\n"
        "        n //= 2\n        count += 1\n    return count\n"
    )
    found = await reviewed.review(before, before.replace("n > 1", "n != 1"))
    (comment,) = found.comments
    assert comment.rule == "behaviour.hangs"
    assert comment.confirmation is Confirmation.CONFIRMED
    assert "now does not end" in comment.message


async def test_arguments_that_are_changed_are_seen(reviewed: Reviewed) -> None:
    before = "def ranked(values: list[int]) -> list[int]:\n    return sorted(values)\n"
    after = "def ranked(values: list[int]) -> list[int]:\n    values.sort()\n    return list(values)\n"
    found = await reviewed.review(before, after)
    (comment,) = found.comments
    assert comment.rule == "behaviour.changes-arguments"
    assert "left its arguments as they are" in comment.message


async def test_methods_are_reached_through_their_class_and_constants_through_their_users(reviewed: Reviewed) -> None:
    before = (
        "RATE = 3\n\n\nclass Cart:\n    def __init__(self, start: int = 0) -> None:\n        self.count = start\n\n"
        "    def add(self, n: int) -> None:\n        self.count += n\n\n"
        "    def total(self) -> int:\n        return self.count * RATE\n"
    )
    of_method = await reviewed.review(before, before.replace("+= n", "= n"))
    assert [(item.symbol, item.line) for item in of_method.comments] == [("Cart.add", 9)]
    of_constant = await reviewed.review(before, before.replace("RATE = 3", "RATE = 4"))
    assert [(item.symbol, item.line) for item in of_constant.comments] == [("", 1)]


async def test_nothing_runs_that_may_not_run(reviewed: Reviewed) -> None:
    found = await reviewed.review(SPLIT, SPLIT.replace("[]", "[0]"), may_run=False)
    assert not found.comments
    assert [item.what for item in found.unchecked] == ["what changed functions do"]


async def test_a_module_that_cannot_be_imported_is_told(reviewed: Reviewed) -> None:
    text = "import no_such_package_anywhere\n" + SPLIT
    found = await reviewed.review(text, text.replace("[]", "[0]"))
    assert not found.comments
    assert "no_such_package_anywhere" in found.unchecked[0].why


async def test_more_work_on_larger_inputs_is_a_warning(reviewed: Reviewed) -> None:
    before = (
        "def running(values: list[int]) -> list[int]:\n    sums, total = [], 0\n"
        "    for value in values:\n        total += value\n        sums.append(total)\n    return sums\n"
    )
    after = (
        "def running(values: list[int]) -> list[int]:\n    sums = []\n"
        "    for at in range(len(values)):\n        total = 0\n"
        "        for value in values[: at + 1]:\n            total += value\n        sums.append(total)\n"
        "    return sums\n"
    )
    found = await reviewed.review(before, after)
    (comment,) = found.comments
    assert comment.rule == "behaviour.slower"
    assert comment.severity is Severity.WARNING
    assert not comment.claims_failure
    assert not (await reviewed.review(after, before)).comments
