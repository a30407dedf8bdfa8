import ast
from pathlib import Path, PurePosixPath

from inkling.core.edit import TextEdit
from inkling.core.execution import ProjectView
from inkling.core.repair import FileEdit, IntegrityRule, Patch
from inkling.core.suggestion import Source
from inkling.engine.judging.behaviour import Behaviours
from inkling.engine.judging.changes import ChangeReader
from inkling.engine.judging.exchange import Compared, Observed
from inkling.engine.judging.features import (
    LIST_FEATURES,
    PATCH_FEATURES,
    ListedPatch,
    list_features,
    patch_features,
)
from inkling.engine.judging.integrity import broken_rules

PROGRAM = "def head(items):\n    return items[1]\n\n\ndef tail(items):\n    return items[1:]\n"
TEST = ast.parse("def test_head():\n    assert head([7, 8, 'ink']) == 7")


def check(old: str, new: str, expected: set[IntegrityRule], *, path: str = "program.py", alike: bool = True) -> None:
    at = PROGRAM.index(old)
    edit = FileEdit(path=PurePosixPath(path), edit=TextEdit(offset=at, n_removed=len(old), inserted=new))
    patch = Patch(edits=(edit,), kind="x", source=Source.EMBEDDED, explanation="", prior=1.0)
    view = ProjectView(folder=Path("/project"), interpreter=Path("/python"), edits={PurePosixPath(path): PROGRAM})
    parts = ChangeReader(view=view).parts(patch)
    rules = broken_rules(parts, tests=[TEST], test_files=frozenset({PurePosixPath("checks.py")}), answers_alike=alike)
    assert set(rules) == expected


def test_a_small_change_breaks_nothing() -> None:
    check("items[1]", "items[0]", set())


def test_tests_are_not_edited() -> None:
    for path in ("test_head.py", "head_test.py", "sub/conftest.py", "checks.py"):
        check("items[1]", "items[0]", {IntegrityRule.EDITS_TESTS}, path=path)


def test_tests_are_not_skipped() -> None:
    check("return items[1]\n", "pytest.skip('later')\n", {IntegrityRule.SKIPS_TESTS})
    check("return items[1]\n", "sys.exit(0)\n", {IntegrityRule.SKIPS_TESTS})


def test_nothing_catches_everything() -> None:
    caught = "try:\n        return items[1]\n    except {}:\n        {}\n"
    for kind in ("Exception", "BaseException", "(ValueError, Exception)"):
        check("return items[1]\n", caught.format(kind, "return 7"), {IntegrityRule.CATCHES_EVERYTHING}, alike=False)
    check("return items[1]\n", caught.format("IndexError", "return 7"), set(), alike=False)
    check("return items[1]\n", caught.format("Exception", "raise KeyError from None"), set(), alike=False)


def test_the_tests_input_is_no_special_case() -> None:
    special = "if items[-1] == 'ink':\n        return 7\n    return items[1]\n"
    check("return items[1]\n", special, {IntegrityRule.SPECIAL_CASES_TEST_INPUT})
    check("return items[1]\n", "return 7\n", {IntegrityRule.SPECIAL_CASES_TEST_INPUT})
    check("return items[1]\n", "return {8: 7}[items[1]]\n", {IntegrityRule.SPECIAL_CASES_TEST_INPUT})


def test_a_constant_of_the_tests_that_changes_more_than_their_input_is_none() -> None:
    check("return items[1]\n", "if items[-1] == 'ink':\n        return 7\n    return items[1]\n", set(), alike=False)


def test_a_constant_of_every_program_is_none() -> None:
    check("return items[1]\n", "if not items == 0:\n        return items[0]\n    return items[1]\n", set())


def test_what_is_changed_is_measured_in_the_statements_around_it() -> None:
    view = ProjectView(folder=Path("/p"), interpreter=Path("/i"), edits={PurePosixPath("a.py"): PROGRAM})
    at = PROGRAM.index("items[1:]")
    edit = FileEdit(path=PurePosixPath("a.py"), edit=TextEdit(offset=at, n_removed=9, inserted="items[2:]"))
    (part,) = ChangeReader(view=view).parts(
        Patch(edits=(edit,), kind="x", source=Source.EMBEDDED, explanation="", prior=1.0)
    )
    assert part.n_chars_changed == 2
    assert part.before is not None
    assert [node.name for node in part.before.body if isinstance(node, ast.FunctionDef)] == ["tail"]


def test_every_feature_is_described_and_computed() -> None:
    view = ProjectView(folder=Path("/p"), interpreter=Path("/i"), edits={PurePosixPath("a.py"): PROGRAM})
    edit = FileEdit(path=PurePosixPath("a.py"), edit=TextEdit(offset=PROGRAM.index("1]"), n_removed=1, inserted="7"))
    patch = Patch(edits=(edit,), kind="constant+index", source=Source.EMBEDDED, explanation="", prior=0.5, n_edits=2)
    listed = [ListedPatch(patch=patch, parts=ChangeReader(view=view).parts(patch))]
    seen = Observed(
        outcomes=(("V1",), ("EKeyError",)), types=(("number",), ("",)), n_examples_held=1, n_examples_broken=3
    )
    compared = Compared(
        shown=(("head([1])",), ("head([])",)),
        is_original=(False, False),
        n_calls=0,
        original=None,
        original_again=None,
        patches=(seen,),
    )
    behaviours = Behaviours(compared=compared, weights=[0.5])
    (row,) = patch_features(listed, behaviours, [TEST])
    assert {name for name in row if not name.startswith("kind:")} == set(PATCH_FEATURES)
    assert {name for name in row if name.startswith("kind:")} == {"kind:constant", "kind:index"}
    assert set(list_features([row], behaviours, [TEST])) == set(LIST_FEATURES)
    assert (row["new_constants"], row["constants_of_tests"], row["is_pair"]) == (1, 1, 1)
    assert (row["crash_share"], row["examples_broken"], row["agreement"]) == (0.5, 0.75, 1.0)
