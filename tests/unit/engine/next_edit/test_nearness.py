"""The order in which a developer reaches places."""

from tests.unit.engine.next_edit.repeated_edits import MAIN, Edit, situation_after

from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.reading.nearness import Nearness

OTHER = DocumentUri("file:///shop/other.py")
TEXT = """
use(0)
def first():
    use(2)
    use(3)
    use(4)
def second():
    use(6)
"""


def test_the_same_function_then_below_then_above_then_other_files() -> None:
    situation = situation_after({OTHER: "use(0)", MAIN: TEXT}, Edit("    use(3)", "    used(3)"))
    nearness = Nearness(situation)

    nearest = nearness.nearest(lambda view: view.lines_with.get("use", ()), 10)

    assert nearest == [(MAIN, 4), (MAIN, 2), (MAIN, 6), (MAIN, 0), (OTHER, 0)]


def test_of_many_lines_those_around_the_change_are_taken() -> None:
    lines = "\n".join(["use()"] * 500 + ["change()"] + ["use()"] * 500)
    situation = situation_after({MAIN: lines, OTHER: "use()"}, Edit("change()", "changed()"))

    nearest = Nearness(situation).nearest(lambda view: view.lines_with.get("use", ()), 4)

    assert nearest == [(MAIN, 501), (MAIN, 502), (MAIN, 499), (MAIN, 498)]
