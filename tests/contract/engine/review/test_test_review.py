"""What real tests, run in a real sandbox on both states of a project, say of a change."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.engine.review.change_sets import change_of, ignore_progress, only, rules_of
from tests.sandboxes.backends import open_bubblewrap

from inkling.core.ports import SuiteRunner
from inkling.core.review import Confirmation, Findings, ReviewRequest
from inkling.engine.review.project_code import ProjectReader
from inkling.engine.review.testing import TestReviewer
from inkling.engine.review.testing.suite import FEW_FILES
from inkling.sandbox.suite.runner import SandboxSuiteRunner

CODE = "def price(n, each):\n    total = n * each\n    if n > 10:\n        total = total - 5\n    return total\n"
TESTS = "from shop import price\n\n\ndef test_many():\n    assert price(20, 2) == 35\n"
RUN = "from shop import price\n\n\ndef test_many():\n    price(20, 2)\n    price(1, 2)\n"


@pytest.fixture
async def runner() -> AsyncIterator[SuiteRunner]:
    sandbox = await open_bubblewrap()
    runner = SandboxSuiteRunner(sandbox)
    yield runner
    await runner.close()
    await sandbox.close()


async def review(
    folder: Path, runner: SuiteRunner | None, before: dict[str, str | None], after: dict[str, str | None]
) -> Findings:
    changes = change_of(folder, Path(sys.executable), before, after)
    return await TestReviewer(runner, ProjectReader()).review(ReviewRequest(changes=changes), ignore_progress)


async def test_a_test_that_fails_now_is_told_at_the_changed_line(tmp_path: Path, runner: SuiteRunner) -> None:
    files: dict[str, str | None] = {"shop.py": CODE, "test_shop.py": TESTS}
    comment = only(await review(tmp_path, runner, files, {"shop.py": CODE.replace("total - 5", "total + 5")}))
    assert (comment.rule, comment.path.as_posix(), comment.line) == ("tests.fails-now", "shop.py", 4)
    assert comment.confirmation is Confirmation.CONFIRMED
    assert comment.claims_failure
    assert comment.reproduction is not None
    assert comment.reproduction.test == TESTS
    assert "assert 45 == 35" in comment.message


async def test_a_test_that_failed_before_is_no_matter(tmp_path: Path, runner: SuiteRunner) -> None:
    files: dict[str, str | None] = {"shop.py": CODE, "test_shop.py": TESTS.replace("35", "36")}
    found = await review(tmp_path, runner, files, {"shop.py": CODE.replace("total - 5", "total + 5")})
    assert "tests.fails-now" not in rules_of(found)


async def test_what_no_test_runs_is_said(tmp_path: Path, runner: SuiteRunner) -> None:
    files: dict[str, str | None] = {"shop.py": CODE, "test_shop.py": TESTS.replace("20, 2) == 35", "1, 2) == 2")}
    comment = only(await review(tmp_path, runner, files, {"shop.py": CODE.replace("total - 5", "total - 6")}))
    assert (comment.rule, comment.line) == ("tests.not-run", 4)


async def test_what_no_test_would_notice_is_said_with_mutants(tmp_path: Path, runner: SuiteRunner) -> None:
    files: dict[str, str | None] = {"shop.py": CODE, "test_shop.py": RUN}
    after = CODE.replace("n * each", "each * n").replace("n > 10", "10 < n")
    comment = only(await review(tmp_path, runner, files, {"shop.py": after}))
    assert comment.rule == "tests.unnoticed"
    assert "1 test runs `price`, and it would not notice if" in comment.message
    files["test_shop.py"] = TESTS
    assert rules_of(await review(tmp_path / "two", runner, files, {"shop.py": after})) == []


async def test_without_a_sandbox_nothing_is_run(tmp_path: Path) -> None:
    files: dict[str, str | None] = {"shop.py": CODE, "test_shop.py": TESTS}
    found = await review(tmp_path, None, files, {"shop.py": CODE.replace("5", "6")})
    assert not found.comments
    assert "inkling doctor" in found.unchecked[0].why


@pytest.mark.parametrize(
    ("after", "rules"),
    [
        (TESTS[: TESTS.index("def")], ["tests.deleted"]),
        (TESTS.replace("assert price(20, 2) == 35", "assert price(20, 2)"), ["tests.weakened"]),
        (TESTS.replace("assert price(20, 2) == 35", "price(20, 2)"), ["tests.weakened"]),
        ("import pytest\n" + TESTS.replace("def", "@pytest.mark.skip\ndef"), ["tests.weakened"]),
        (TESTS.replace("== 35", "== 36"), []),
        (TESTS + "\n\ndef test_one():\n    assert price(1, 2) == 2\n", []),
        (TESTS.replace("test_many", "test_a_lot"), []),
    ],
)
async def test_tests_that_ask_less(tmp_path: Path, after: str, rules: list[str]) -> None:
    files: dict[str, str | None] = {"shop.py": CODE, "test_shop.py": TESTS}
    assert rules_of(await review(tmp_path, None, files, {"test_shop.py": after})) == rules


ASKING = """import pytest
from shop import price


def test_many():
    assert price(1, 2) == 2
    assert price(20, 2) == 35


def test_wrong():
    with pytest.raises(TypeError, match="str"):
        price("1", 2)
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("assert price(20, 2) == 35", "assert True", "`price(20, 2) == 35` became `assert True`, which always holds"),
        ("assert price(20, 2) == 35", "assert 1", "`assert 1`, which always holds"),
        ("assert price(20, 2) == 35", 'assert "x"', "`assert 'x'`, which always holds"),
        ("assert price(20, 2) == 35", "assert (price(20, 2) == 35, 2)", "which always holds"),
        ("assert price(20, 2) == 35", "n = price(20, 2)\n    assert n == n", "`assert n == n`, which always holds"),
        ("assert price(20, 2) == 35", "# assert price(20, 2) == 35", "`price(20, 2) == 35` is not asked any more"),
        ('TypeError, match="str"', "Exception", "`pytest.raises(TypeError, match='str')` became `pytest.raises(Exc"),
        ('TypeError, match="str"', "(TypeError, ValueError)", "became `pytest.raises((TypeError, ValueError))`"),
        ('TypeError, match="str"', "TypeError", "became `pytest.raises(TypeError)`"),
        ('with pytest.raises(TypeError, match="str"):', "if price:", "`pytest.raises(TypeError, match='str')` is not"),
    ],
)
async def test_what_is_not_asked_any_more_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    files: dict[str, str | None] = {"shop.py": CODE, "test_shop.py": ASKING}
    comment = only(await review(tmp_path, None, files, {"test_shop.py": ASKING.replace(old, new)}))
    assert comment.rule == "tests.weakened"
    assert f"`{comment.symbol}` asks less than before: " in comment.message
    assert words in comment.message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    assert price(20, 2) == 35\n", "\n\ndef test_more():\n    assert price(20, 2) == 35\n"),
        ("assert price(20, 2) == 35", "assert price(20, 2) == pytest.approx(35)"),
        ("assert price(20, 2) == 35", "assert price(20, 2) == price(20, 2)"),
        ('TypeError, match="str"', 'ValueError, match="str"'),
    ],
)
async def test_what_is_asked_elsewhere_or_otherwise_is_no_matter(tmp_path: Path, old: str, new: str) -> None:
    files: dict[str, str | None] = {"shop.py": CODE, "test_shop.py": ASKING}
    assert rules_of(await review(tmp_path, None, files, {"test_shop.py": ASKING.replace(old, new)})) == []


async def test_a_test_of_what_is_gone_may_go(tmp_path: Path) -> None:
    files: dict[str, str | None] = {"shop.py": CODE + "\n\nx = 1\n", "test_shop.py": TESTS}
    found = await review(tmp_path, None, files, {"shop.py": "x = 1\n", "test_shop.py": "x = 1\n"})
    assert rules_of(found) == []


async def test_of_many_files_of_tests_the_nearest_are_run(tmp_path: Path, runner: SuiteRunner) -> None:
    files: dict[str, str | None] = {"shop.py": CODE, "test_shop.py": TESTS}
    files |= {f"test_{number}.py": f"def test_{number}():\n    assert False\n" for number in range(FEW_FILES)}
    found = await review(tmp_path, runner, files, {"shop.py": CODE.replace("total - 5", "total + 5")})
    assert rules_of(found) == ["tests.fails-now"]
    assert found.checked == ["1 test run"]
    assert "1 of their files" in found.unchecked[0].why
