"""The judge with a real sandbox: what patches do is seen by running them."""

import os
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from tests.sandboxes.backends import open_bubblewrap

from inkling.core.edit import TextEdit
from inkling.core.execution import CaseOutcome, CaseResult, ProjectView
from inkling.core.repair import (
    Failure,
    FileEdit,
    IntegrityRule,
    Judgement,
    Patch,
    PatchVerdict,
    RepairRequest,
)
from inkling.core.suggestion import Source
from inkling.engine.judging.judge import BehaviourJudge
from inkling.engine.judging.ranking import load_ranking

PYENV = [str(path) for path in Path("~/.pyenv/versions").expanduser().glob("*/bin")]
PROGRAM = '''
def running(values: list[int], start: int = 0) -> list[int]:
    """Return the sums so far. 🙂"""
    sums = []
    total = start
    for value in values:
        sums.append(total)
        total += value
    return sums


class Cart:
    def __init__(self):
        self.items = {}

    def add(self, name, quantity=1):
        self.items[name] = quantity

    def total(self):
        return sum(self.items.values())
'''
TESTS = """
import pytest
from program import Cart, running


def test_running():
    assert running([1, 2, 3]) == [1, 3, 6]


@pytest.fixture
def cart():
    return Cart()


@pytest.mark.parametrize(("quantity", "total"), [(2, 4), (3, 6)])
def test_twice(cart, quantity, total):
    cart.add("pen", quantity)
    cart.add("pen", quantity)
    assert cart.total() == total


class TestCart:
    def setup_method(self):
        self.cart = Cart()

    def test_one(self):
        self.cart.add("ink")
        assert self.cart.total() == 1
"""


@pytest.fixture
async def judge() -> AsyncIterator[BehaviourJudge]:
    sandbox = await open_bubblewrap()
    yield BehaviourJudge(sandbox, load_ranking())
    await sandbox.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "test_program.py").write_text(TESTS)
    return tmp_path


def replaced(old: str, new: str, prior: float = 0.5) -> Patch:
    edit = TextEdit(offset=PROGRAM.index(old), n_removed=len(old), inserted=new)
    return Patch(
        edits=(FileEdit(path=PurePosixPath("program.py"), edit=edit),),
        kind="test",
        source=Source.EMBEDDED,
        explanation=new,
        prior=prior,
    )


def request_for(folder: Path, failing: Sequence[str], passing: Sequence[str] = ()) -> RepairRequest:
    cases = tuple(
        CaseResult(node_id=f"test_program.py::{name}", outcome=CaseOutcome.FAILED, duration_s=0.0) for name in failing
    )
    failure = Failure(
        failing=cases,
        passing=tuple(f"test_program.py::{name}" for name in passing),
        coverage={},
        suspicious=(),
    )
    return RepairRequest(view=ProjectView(folder=folder, interpreter=Path(sys.executable)), failure=failure)


async def judged(judge: BehaviourJudge, folder: Path, *patches: Patch) -> Judgement:
    return await judge.judge(request_for(folder, ["test_running"]), patches)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


LOOP = "        sums.append(total)\n        total += value\n"
SWAPPED = replaced(LOOP, "        total += value\n        sums.append(total)\n")
SAME = replaced("sums.append(total)", "sums.append(total + value)")
CONSTANT = replaced("return sums", "return [1, 3, 6]", prior=0.6)
WRONG = replaced(LOOP, "        total += value\n        sums.append(max(1, total))\n", prior=0.2)


async def test_what_behaves_alike_is_known_as_such(judge: BehaviourJudge, folder: Path) -> None:
    judgement = await judged(judge, folder, SWAPPED, WRONG, SAME)
    behaviours = {item.patch.explanation: item.behaviour for item in judgement.patches}
    assert behaviours[SWAPPED.explanation] == behaviours[SAME.explanation] != behaviours[WRONG.explanation]
    assert {item.n_inputs > item.n_inputs_agreeing > 0 for item in judgement.patches} == {True}
    likeliest = {
        item.patch.explanation for item in judgement.patches if item.behaviour == judgement.patches[0].behaviour
    }
    assert likeliest == {SWAPPED.explanation, SAME.explanation}
    assert judgement.patches[1].patch is WRONG  # the best of each behaviour come first


async def test_of_changes_that_do_the_same_the_simplest_comes_first(judge: BehaviourJudge, folder: Path) -> None:
    with_constants = replaced("sums.append(total)", "sums.append(total + value + 7 - 7)", prior=0.9)
    longer = replaced("sums.append(total)", "sums.append(total - -value)", prior=0.9)
    judgement = await judged(judge, folder, with_constants, longer, SAME)
    assert [item.patch for item in judgement.patches] == [SAME, longer, with_constants]
    assert len({item.behaviour for item in judgement.patches}) == 1


async def test_a_constant_from_the_test_is_refused(judge: BehaviourJudge, folder: Path) -> None:
    judgement = await judged(judge, folder, CONSTANT, SWAPPED)
    assert judgement.patches[0].patch is SWAPPED
    assert judgement.patches[1].verdict is PatchVerdict.REFUSED
    assert judgement.patches[1].broken_rules == (IntegrityRule.SPECIAL_CASES_TEST_INPUT,)


async def test_the_question_is_one_on_which_they_differ(judge: BehaviourJudge, folder: Path) -> None:
    judgement = await judged(judge, folder, SWAPPED, WRONG)
    question = judgement.question
    assert question is not None
    assert question.call.startswith("running(")
    assert len(set(question.answers)) == len(question.answers) == 2
    namespace: dict[str, object] = {}
    for patch in (SWAPPED, WRONG):
        edit = patch.edits[0].edit
        exec(PROGRAM[: edit.offset] + edit.inserted + PROGRAM[edit.end :], namespace)  # noqa: S102 - text of this test
        assert repr(eval(question.call, namespace)) in question.answers  # noqa: S307 - the same


async def test_properties_are_told(judge: BehaviourJudge, folder: Path) -> None:
    judgement = await judged(judge, folder, SWAPPED)
    assert "running keeps the length" in judgement.patches[0].properties


async def test_an_example_in_the_docstring_is_an_oracle(judge: BehaviourJudge, folder: Path) -> None:
    promised = PROGRAM.replace("sums so far. 🙂", "sums so far.\n\n    >>> running([4, -5])\n    [4, -1]\n    ")
    (folder / "program.py").write_text(promised)
    moved = len(promised) - len(PROGRAM)

    def shifted(patch: Patch) -> Patch:
        edit = patch.edits[0].edit
        place = replace(edit, offset=edit.offset + moved)
        return replace(patch, edits=(replace(patch.edits[0], edit=place),))

    judgement = await judged(judge, folder, shifted(WRONG), shifted(SWAPPED))
    right, wrong = judgement.patches
    assert right.patch.explanation == SWAPPED.explanation
    assert "the examples in docstrings hold (1)" in right.properties
    assert wrong.verdict is PatchVerdict.PLAUSIBLE


async def test_fixtures_parameters_and_classes(judge: BehaviourJudge, folder: Path) -> None:
    added = replaced("self.items[name] = quantity", "self.items[name] = self.items.get(name, 0) + quantity")
    doubled = replaced("self.items[name] = quantity", "self.items[name] = 2 * quantity if quantity > 1 else quantity")
    request = request_for(folder, ["test_twice[2-4]", "test_twice[3-6]"], ["TestCart::test_one"])
    judgement = await judge.judge(request, [added, doubled])
    assert len({item.behaviour for item in judgement.patches}) == 2
    assert judgement.question is not None
    assert "cart.total()" in judgement.question.call


@pytest.mark.parametrize(
    "harm",
    [
        "while True:\n            pass\n",
        "import os\n        os._exit(0)\n",
        "import os\n        os.kill(os.getppid(), 9)\n",
        "print('x' * 10_000_000)\n",
        "raise SystemExit\n",
    ],
)
async def test_a_patch_that_does_harm_harms_itself_only(judge: BehaviourJudge, folder: Path, harm: str) -> None:
    bad = replaced("sums.append(total)\n", harm, prior=0.9)
    judgement = await judged(judge, folder, bad, SWAPPED, WRONG)
    assert {item.patch.explanation for item in judgement.patches} == {
        bad.explanation,
        SWAPPED.explanation,
        WRONG.explanation,
    }
    if "getppid" not in harm:
        first, second = (item for item in judgement.patches if item.patch is not bad)
        assert first.behaviour != second.behaviour


async def test_a_conftest_that_imports_the_program_hides_no_patch(judge: BehaviourJudge, folder: Path) -> None:
    (folder / "conftest.py").write_text("import program\n")
    judgement = await judged(judge, folder, SWAPPED, WRONG)
    assert len({item.behaviour for item in judgement.patches}) == 2


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
async def test_other_pythons_of_the_user(judge: BehaviourJudge, folder: Path, version: str) -> None:
    """They have neither pytest nor Hypothesis of their own: ours take their place."""
    interpreter = shutil.which(f"python{version}", path=os.pathsep.join([*PYENV, os.environ["PATH"]]))
    if interpreter is None:
        pytest.skip(f"there is no Python {version} here")
    request = request_for(folder, ["test_running", "test_twice[2-4]"])
    view = replace(request.view, interpreter=Path(interpreter))
    judgement = await judge.judge(replace(request, view=view), [SWAPPED, WRONG])
    assert judgement.patches[0].n_inputs > judgement.patches[0].n_inputs_agreeing > 0


async def test_unsaved_texts_are_what_is_judged(judge: BehaviourJudge, folder: Path) -> None:
    (folder / "program.py").write_text("this is no Python\n")
    request = request_for(folder, ["test_running"])
    view = ProjectView(folder=folder, interpreter=Path(sys.executable), edits={PurePosixPath("program.py"): PROGRAM})
    judgement = await judge.judge(RepairRequest(view=view, failure=request.failure), [SWAPPED])
    assert judgement.patches[0].n_inputs > 10


async def test_without_patches_there_is_nothing_to_say(judge: BehaviourJudge, folder: Path) -> None:
    assert await judged(judge, folder) == Judgement(patches=())


async def test_nothing_is_left_behind(judge: BehaviourJudge, folder: Path) -> None:
    before = names_in(folder)
    await judged(judge, folder, SWAPPED)
    assert names_in(folder) == before
