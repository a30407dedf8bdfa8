"""Counterparts that siblings have, in code as people write it."""

from textwrap import dedent

import pytest
from tests.unit.engine.next_edit.changed_project import applied, situation_of

from inkling.core.next_edit import EditKind
from inkling.engine.next_edit.symmetry.casings import renaming_of
from inkling.engine.next_edit.symmetry.proposer import propose_symmetry


def _results(before: str, after: str, others: dict[str, str] | None = None) -> list[str]:
    texts = {path: (text, text) for path, text in (others or {}).items()}
    situation = situation_of({**texts, "colours.py": (before, after)})
    candidates = list(propose_symmetry(situation))
    assert all(each.kind is EditKind.SYMMETRY and each.words and each.group for each in candidates)
    return [applied(situation, candidate) for candidate in candidates]


def test_a_member_of_an_enumeration_joins_the_table_of_its_siblings() -> None:
    after = """\
        class Colour(Enum):
            RED = "red"
            BLUE = "blue"
            GREEN = "green"


        PAINTERS = {
            Colour.RED: paint_red,
            Colour.BLUE: paint_blue,
        }
        """
    before = after.replace('            GREEN = "green"\n', "")
    expected = after.replace(
        "            Colour.BLUE: paint_blue,\n",
        "            Colour.BLUE: paint_blue,\n            Colour.GREEN: paint_green,\n",
    )
    assert dedent(expected) in _results(before, after)


def test_a_function_joins_the_exports_in_their_order() -> None:
    after = """\
        __all__ = ["draw_circle", "draw_square"]


        def draw_circle(canvas):
            return canvas.arc(0, 360)


        def draw_line(canvas):
            return canvas.stroke()


        def draw_square(canvas):
            return canvas.rect(1, 1)
        """
    before = after.replace("        def draw_line(canvas):\n            return canvas.stroke()\n\n\n", "")
    expected = after.replace('"draw_circle", "draw_square"', '"draw_circle", "draw_line", "draw_square"')
    assert _results(before, after) == [dedent(expected)]


def test_exports_of_another_file_with_a_line_each() -> None:
    exports = '__all__ = [\n    "parse_header",\n    "parse_trailer",\n    "run",\n]\n'
    after = """\
        def parse_header(line):
            return line[1:]


        def parse_trailer(line):
            return line[:-1]


        def parse_comment(line):
            return line.strip()
        """
    before = after.split("\n\n\n        def parse_comment")[0] + "\n"
    expected = exports.replace('    "parse_header",', '    "parse_comment",\n    "parse_header",')
    assert _results(before, after, {"shop/__init__.py": exports}) == [expected]


def test_a_branch_that_each_sibling_has_is_copied() -> None:
    kinds = 'CIRCLE = "circle"\nSQUARE = "square"\n'
    use = dedent(
        """\
        def area(shape):
            if shape.kind == CIRCLE:
                return circle_area(shape)
            elif shape.kind == SQUARE:
                return square_area(shape)
            elif shape.kind == POLYGON:
                return polygon_area(shape)
            return 0
        """
    )
    expected = use.replace(
        "    return 0\n", "    elif shape.kind == RHOMBUS:\n        return rhombus_area(shape)\n    return 0\n"
    )
    before = kinds + 'POLYGON = "polygon"\n'
    assert _results(before, before + 'RHOMBUS = "rhombus"\n', {"area.py": use}) == [expected]


def test_a_property_gets_the_setter_that_the_others_have() -> None:
    after = """\
        class Box:
            @property
            def width(self):
                return self._width

            @width.setter
            def width(self, value):
                self._width = check(value)

            @property
            def height(self):
                return self._height

            @height.setter
            def height(self, value):
                self._height = check(value)

            @property
            def depth(self):
                return self._depth
        """
    cut = "\n            @property\n            def depth(self):\n                return self._depth\n"
    before = after.replace(cut, "")
    setter = "@height.setter" + after.split("@height.setter")[1].split("\n\n")[0]
    expected = f"{after}\n            {setter.replace('height', 'depth')}\n"
    assert dedent(expected) in _results(before, after)


def test_names_side_by_side_in_a_tuple() -> None:
    after = """\
        class JsonReader(Reader):
            suffix = ".json"


        class YamlReader(Reader):
            suffix = ".yaml"


        class TomlReader(Reader):
            suffix = ".toml"


        READERS = (JsonReader, YamlReader)
        """
    before = after.replace('        class TomlReader(Reader):\n            suffix = ".toml"\n\n\n', "")
    expected = after.replace("(JsonReader, YamlReader)", "(JsonReader, YamlReader, TomlReader)")
    assert _results(before, after) == [dedent(expected)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = 1\nb = 2\n", "a = 1\nb = 2\nprint(a, b)\n"),
        ("RED = 1\nBLUE = 2\nX = [RED, BLUE]\n", "RED = 1\nBLUE = 2\nGREEN = 3\nX = [RED, BLUE, GREEN]\n"),
        ("import json\nimport os\nprint(json.x, os.x)\n", "import json\nimport os\nimport re\nprint(json.x, os.x)\n"),
        ("def one():\n    pass\n# one and two\n", "def one():\n    pass\n\n\ndef two():\n    pass\n# one and two\n"),
        ("def one():\n    return two()\n", "def won():\n    return two()\n"),
        ("", "def one():\n    pass\n"),
        ("x = [\n", "x = [\n    1,\n    2,\n"),
    ],
)
def test_silence_without_an_example(before: str, after: str) -> None:
    assert _results(before, after) == []


@pytest.mark.parametrize(
    ("old", "new", "text", "expected"),
    [
        (
            "red_button",
            "green_button",
            "RedButton(RED_BUTTON, 'red-button')",
            "GreenButton(GREEN_BUTTON, 'green-button')",
        ),
        ("red_button", "green_button", "test_red_button('red button')", "test_green_button('green button')"),
        ("sin", "cosh", "using = rs_sin(sin)", "using = rs_cosh(cosh)"),
        ("visit_Add", "visit_Mul", "Add: self.visit_Add,", "Mul: self.visit_Mul,"),
    ],
)
def test_a_name_is_found_in_every_casing(old: str, new: str, text: str, expected: str) -> None:
    renaming = renaming_of(old, new)
    assert renaming is not None
    assert renaming.renamed(text) == expected
