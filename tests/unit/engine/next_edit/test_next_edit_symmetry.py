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


# Each: the lines that are there, the line below which lines were added, those lines, and the line below which the
# counterpart belongs, with its lines.
COUNTERPARTS = {
    "a case of a match statement": (
        """
        LEFT = 1
        UP = 2
        def step(way):
            match way:
                case Way.LEFT:
                    return left()
                case Way.UP:
                    return up()
        """,
        ("UP = 2", "DOWN = 3"),
        ("            return up()", "        case Way.DOWN:\n            return down()"),
    ),
    "a branch where the chain begins": (
        """
        LEFT = 1
        UP = 2
        def step(way):
            if way == LEFT:
                return left()
            elif way == UP:
                return up()
            return None
        """,
        ("", "DOWN = 3"),
        ("        return left()", "    elif way == DOWN:\n        return down()"),
    ),
    "a handler of an exception": (
        """
        class LateError(Exception): ...
        class LostError(Exception): ...
        try:
            send()
        except LateError:
            log("late")
        except LostError:
            log("lost")
        """,
        ("class LostError(Exception): ...", "class TornError(Exception): ..."),
        ('    log("lost")', 'except TornError:\n    log("torn")'),
    ),
    "a key of a parallel table in one line": (
        """
        READERS = {
            "csv": csv.read,
            "tsv": tsv.read,
        }
        WRITERS = {"csv": csv.write, "tsv": tsv.write}
        """,
        ('    "tsv": tsv.read,', '    "xml": xml.read,'),
        (
            'WRITERS = {"csv": csv.write, "tsv": tsv.write}',
            'WRITERS = {"csv": csv.write, "tsv": tsv.write, "xml": xml.write}',
        ),
    ),
    "the next number": (
        """
        def first(db): ...
        def second(db): ...
        STEPS = [
            (1, first),
            (2, second),
        ]
        """,
        ("def second(db): ...", "def third(db): ..."),
        ("    (2, second),", "    (3, third),"),
    ),
    "a value that was written already": (
        """
        RED = ("red", 0xF00)
        BLUE = ("blue", 0x00F)
        CODES = {"red": 0xF00, "blue": 0x00F}
        """,
        ('BLUE = ("blue", 0x00F)', 'GREEN = ("green", 0x0F0)'),
        ('CODES = {"red": 0xF00, "blue": 0x00F}', 'CODES = {"red": 0xF00, "blue": 0x00F, "green": 0x0F0}'),
    ),
    "what is undone in reverse": (
        """
        def start(app):
            app.disk.open()
            app.network.open()
        def stop(app):
            app.network.close()
            app.disk.close()
        """,
        ("    app.network.open()", "    app.screen.open()"),
        ("def stop(app):", "    app.screen.close()"),
    ),
    "a statement below all definitions": (
        """
        class Author(Model): ...
        class Book(Model): ...
        register(Author)
        register(Book)
        """,
        ("class Book(Model): ...", "class Loan(Model): ..."),
        ("register(Book)", "register(Loan)"),
    ),
    "words in a text": (
        """
        class LightBlue(Ink): ...
        class DarkRed(Ink): ...
        NAMES = ["light blue", "dark red"]
        """,
        ("class DarkRed(Ink): ...", "class PaleGreen(Ink): ..."),
        ('NAMES = ["light blue", "dark red"]', 'NAMES = ["light blue", "dark red", "pale green"]'),
    ),
    "the plural": (
        """
        class Berry(Fruit): ...
        class Peach(Fruit): ...
        BASKETS = ["berries", "peaches"]
        """,
        ("class Peach(Fruit): ...", "class Quince(Fruit): ..."),
        ('BASKETS = ["berries", "peaches"]', 'BASKETS = ["berries", "peaches", "quinces"]'),
    ),
    "a list without a comma at its end": (
        """
        def add(a): ...
        def move(a): ...
        TOOLS = [
            add,
            move  # the last
        ]
        """,
        ("def move(a): ...", "def turn(a): ..."),
        ("    move  # the last", "    turn"),
    ),
    "one statement that was copied": (
        """
        def upgrade():
            op.create_index("by_name", "members")
        def downgrade():
            op.drop_index("by_name")
        """,
        ('    op.create_index("by_name", "members")', '    op.create_index("by_mail", "members")'),
        ('    op.drop_index("by_name")', '    op.drop_index("by_mail")'),
    ),
    "beside characters beyond the basic plane": (
        """
        def hop(a): ...
        def jump(a): ...
        MOVES = {"\U0001f430": hop, "\U0001f438": jump}; ALL = ["\U0001f430", hop, jump]
        """,
        ("def jump(a): ...", "def crawl(a): ..."),
        (
            'MOVES = {"\U0001f430": hop, "\U0001f438": jump}; ALL = ["\U0001f430", hop, jump]',
            'MOVES = {"\U0001f430": hop, "\U0001f438": jump}; ALL = ["\U0001f430", hop, jump, crawl]',
        ),
    ),
    "a file that does not parse elsewhere": (
        """
        def add(a): ...
        def move(a): ...
        TOOLS = [add, move]
        broken = (
        """,
        ("def move(a): ...", "def turn(a): ..."),
        ("TOOLS = [add, move]", "TOOLS = [add, move, turn]"),
    ),
}


def _with_below(text: str, line: str, added: str) -> str:
    """Returns a text with lines below another one, which they replace where they begin with it."""
    lines = text.split("\n")
    at = lines.index(line) + 1 if line else 0
    replaces = added.startswith(line.rstrip(")]}")) and line != ""
    lines[at - replaces : at] = added.split("\n")
    return "\n".join(lines)


@pytest.mark.parametrize("case", COUNTERPARTS.values(), ids=COUNTERPARTS)
def test_counterpart(case: tuple[str, tuple[str, str], tuple[str, str]]) -> None:
    text, added, expected = case
    before = dedent(text).lstrip("\n")
    after = _with_below(before, *added)
    wanted = _with_below(after, *expected)
    if "# the last" in wanted:
        wanted = wanted.replace("move  #", "move,  #")
    assert wanted in _results(before, after)


SILENT = {
    "two of many": """
        def a1(): ...
        def b2(): ...
        def c3(): ...
        def d4(): ...
        def e5(): ...
        def f6(): ...
        def g7(): ...
        PAIR = [a1, b2]
        >>> def h8(): ...
        """,
    "what is known of each alone": """
        IRON = "Fe"
        GOLD = "Au"
        DENSITY = {"iron": 7.87, "gold": 19.3}
        >>> ZINC = "Zn"
        """,
    "what is unpacked together": """
        def sine(x): ...
        def cosine(x): ...
        a, b = sine(1), cosine(1)
        >>> def tangent(x): ...
        """,
    "a private name beside public ones": """
        __all__ = ["add", "move"]
        def add(a): ...
        def move(a): ...
        >>> def _turn(a): ...
        """,
    "a local name beside others": """
        class Box:
            def __init__(self, left, right):
                self.left = left
                self.right = right
        def box(points):
            left = min(points)
            right = max(points)
        >>>     top = min(points)
        """,
    "arguments of a call beside a new constant": """
        LEFT = 1
        RIGHT = 2
        move(LEFT, RIGHT)
        >>> DOWN = 3
        """,
    "an entry that is there in other words": """
        class CsvReader(Reader): ...
        class TomlReader(Reader): ...
        READERS = {"csv": CsvReader, "toml": TomlReader, "xml_reader": None}
        >>> class XmlReader(Reader): ...
        """,
    "one sibling that is used in several places": """
        def start(app):
            app.disk.open()
        def stop(app):
            app.disk.close()
        def pause(app):
            app.disk.flush()
        """,
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_silence_where_siblings_do_not_tell(text: str) -> None:
    lines = dedent(text).strip("\n").split("\n")
    before = "\n".join(line for line in lines if not line.startswith(">>>")) + "\n"
    after = "\n".join(line.removeprefix(">>> ") for line in lines) + "\n"
    if before == after:
        after = before.replace("    app.disk.open()\n", "    app.disk.open()\n    app.screen.open()\n")
    assert _results(before, after) == []


def test_entries_of_more_siblings_are_surer() -> None:
    def certainty(n_siblings: int) -> float:
        names = [f"{letter}_reader" for letter in "abcdef"[:n_siblings]]
        text = "".join(f"def {name}(): ...\n" for name in names)
        table = f"READERS = [{', '.join(names)}]\n"
        situation = situation_of({"readers.py": (text + table, f"{text}def z_reader(): ...\n{table}")})
        (candidate,) = propose_symmetry(situation)
        return candidate.grounds.certainty

    assert 0.4 < certainty(2) < certainty(3) < certainty(6) < 1


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
