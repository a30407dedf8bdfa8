"""What reads naturally is told from what does not, by the file itself, the workspace and the standard library."""

import sys
from pathlib import Path, PurePosixPath

import pytest

from inkling.core.edit import TextEdit
from inkling.core.execution import ProjectView
from inkling.core.repair import FileEdit, Patch
from inkling.core.suggestion import Source
from inkling.engine.judging.naturalness import TokenNaturalness, least_gain, workspace_naturalness
from inkling.engine.judging.naturalness_process import weigh_naturalness

MODULE = """\
def first(rows):
    for number in range(len(rows)):
        if rows[number] is not None:
            return number
    return -1


def last(rows):
    for number in range(len(rows)):
        if rows[number] is not None:
            found = number
    return found
"""
NAME = PurePosixPath("rows.py")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_text(MODULE)
    return tmp_path


def model(folder: Path, *exclude: str) -> TokenNaturalness:
    view = ProjectView(folder=folder, interpreter=Path(sys.executable))
    return workspace_naturalness(view, [NAME], exclude)


@pytest.mark.parametrize(
    ("before", "natural", "odd"),
    [
        ("    return found\n", "    return -1\n", "    return len(number % -1)\n"),
        ("    return -1\n", "    return None\n", "    return () + found(-1)\n"),
    ],
)
def test_natural_code_gains_more_than_odd_code(folder: Path, before: str, natural: str, odd: str) -> None:
    said = model(folder)
    assert said.gain(MODULE, MODULE.replace(before, natural)) > said.gain(MODULE, MODULE.replace(before, odd))


def test_what_is_not_changed_gains_nothing(folder: Path) -> None:
    assert model(folder).gain(MODULE, MODULE) == 0.0
    assert model(folder).gain(MODULE, MODULE.replace("return -1", "return -1  # nothing")) == 0.0


def test_a_change_and_its_opposite_gain_opposite_things(folder: Path) -> None:
    changed = MODULE.replace("is not None", "is None", 1)
    there, back = model(folder).gain(MODULE, changed), model(folder).gain(changed, MODULE)
    assert there * back < 0


def test_what_the_workspace_says_is_natural(folder: Path) -> None:
    changed = MODULE.replace("    return found\n", "    return checked(found, rows)\n")
    alone = model(folder).gain(MODULE, changed)
    others = "".join(f"def f{n}(found, rows):\n    return checked(found, rows)\n\n\n" for n in range(9))
    (folder / "others").mkdir()
    (folder / "others/checks.py").write_text(others)
    assert model(folder).gain(MODULE, changed) > alone
    assert model(folder, "others/").gain(MODULE, changed) == alone


@pytest.mark.parametrize("after", ["", "\n", "def f(:\n", MODULE + "x = 1\n", "x\n" + MODULE])
def test_texts_of_any_kind_can_be_asked_about(folder: Path, after: str) -> None:
    assert -50 < model(folder).gain(MODULE, after) < 50
    assert -50 < model(folder).gain(after, MODULE) < 50


def patch(before: str, after: str) -> Patch:
    edit = TextEdit(offset=MODULE.index(before), n_removed=len(before), inserted=after)
    edits = (FileEdit(path=NAME, edit=edit),)
    return Patch(edits=edits, kind="k", source=Source.EMBEDDED, explanation="", prior=1.0, n_edits=1)


async def test_a_process_of_its_own_says_the_same(folder: Path) -> None:
    view = ProjectView(folder=folder, interpreter=Path(sys.executable))
    patches = [patch("return found", "return -1"), patch("return -1", "return () + found(-1)")]
    gains = await weigh_naturalness(view, patches)
    assert gains == [least_gain(view, each, model(folder)) for each in patches]
    assert gains[0] > gains[1]


async def test_where_it_cannot_be_told_nothing_is_more_natural(folder: Path) -> None:
    view = ProjectView(folder=folder / "gone", interpreter=Path(sys.executable))
    assert await weigh_naturalness(view, [patch("return found", "return -1")]) == [0.0]
