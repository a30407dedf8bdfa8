"""What real ruff says of changed lines alone."""

import sys
from pathlib import Path

from tests.contract.engine.review.change_sets import change_of, ignore_progress, only, request_of, rules_of, text_after

from inkling.core.edit import apply_edit
from inkling.core.review import Findings, ReviewBudget, ReviewRequest
from inkling.engine.review.lint import LintReviewer

OLD = "def first(found=[]):\n    return found\n\n\ndef second(x):\n    return x\n"


async def review(folder: Path, before: dict[str, str | None], after: dict[str, str | None]) -> Findings:
    changes = change_of(folder, Path(sys.executable), before, after)
    return await LintReviewer().review(request_of(changes), ignore_progress)


async def test_a_mistake_on_a_changed_line(tmp_path: Path) -> None:
    comment = only(await review(tmp_path, {"a.py": OLD}, {"a.py": OLD.replace("return x", "return y")}))
    assert (comment.rule, comment.line, comment.claims_failure) == ("ruff.F821", 6, True)


async def test_what_was_there_before_is_not_said(tmp_path: Path) -> None:
    assert rules_of(await review(tmp_path, {"a.py": OLD}, {"a.py": OLD.replace("return x", "return x + 1")})) == []
    renamed = OLD.replace("def first(found=[])", "def first(things=[])").replace("return found", "return things")
    assert rules_of(await review(tmp_path, {"a.py": OLD}, {"a.py": renamed})) == []


async def test_what_moved_is_not_new(tmp_path: Path) -> None:
    first, second = OLD.split("\n\n\n")
    assert rules_of(await review(tmp_path, {"a.py": OLD}, {"a.py": f"{second}\n\n{first}\n"})) == []


async def test_an_import_whose_last_use_went_is_said_with_its_fix(tmp_path: Path) -> None:
    before = "import os\n\nprint(os.sep)\n"
    changes = change_of(tmp_path, Path(sys.executable), {"a.py": before}, {"a.py": "import os\n\nprint(1)\n"})
    comment = only(await LintReviewer().review(request_of(changes), ignore_progress))
    assert (comment.rule, comment.line) == ("ruff.F401", 1)
    (fix,) = comment.suggestion
    assert apply_edit(text_after(changes, "a.py"), fix.edit) == "\nprint(1)\n"


async def test_tests_may_do_what_tests_do(tmp_path: Path) -> None:
    test = "def test_a():\n    eval('1')\n    try:\n        pass\n    except Exception:\n        pass\n"
    assert rules_of(await review(tmp_path, {}, {"test_a.py": test})) == []
    assert rules_of(await review(tmp_path, {}, {"a.py": test})) != []


async def test_a_file_that_does_not_parse_is_one_comment(tmp_path: Path) -> None:
    assert rules_of(await review(tmp_path, {"a.py": OLD}, {"a.py": OLD + "def (:\n    )\n"})) == ["ruff.invalid-syntax"]


async def test_the_project_s_own_exceptions_hold(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ruff.lint.per-file-ignores]\n'a.py' = ['F821']\n")
    assert rules_of(await review(tmp_path, {"a.py": OLD}, {"a.py": OLD.replace("return x", "return y")})) == []
    noqa = OLD.replace("return x", "return y  # noqa: F821")
    assert rules_of(await review(tmp_path, {"b.py": OLD}, {"b.py": noqa})) == []


async def test_when_the_time_is_up_what_is_known_is_said(tmp_path: Path) -> None:
    after: dict[str, str | None] = {f"m{number}.py": "print(nowhere)\n" for number in range(40)}
    changes = change_of(tmp_path, Path(sys.executable), {}, after)
    request = ReviewRequest(changes=changes, budget=ReviewBudget(wall_s=0.0))
    found = await LintReviewer().review(request, ignore_progress)
    assert [unchecked.what for unchecked in found.unchecked] == ["ruff on 40 files"]
    assert not found.comments
