"""Definitions of changed files before and after."""

from difflib import SequenceMatcher
from pathlib import PurePosixPath

from inkling.core.change import ChangedFile, FileChange, Hunk, LineSpan
from inkling.engine.review.changed_code import ChangedDefinition, is_touched_by, read_changed_code, read_definitions


def changed_file(before: str, after: str, path: str = "shop.py") -> ChangedFile:
    lines_before, lines_after = before.splitlines(), after.splitlines()
    hunks = tuple(
        Hunk(before=LineSpan(first=i + 1, n_lines=j - i), after=LineSpan(first=k + 1, n_lines=m - k))
        for tag, i, j, k, m in SequenceMatcher(None, lines_before, lines_after, autojunk=False).get_opcodes()
        if tag != "equal"
    )
    return ChangedFile(
        path=PurePosixPath(path),
        old_path=PurePosixPath(path),
        change=FileChange.MODIFIED,
        before=before,
        after=after,
        hunks=hunks,
    )


def only(before: str, after: str) -> ChangedDefinition:
    (pair,) = read_changed_code([changed_file(before, after)]).definitions
    return pair


def test_a_changed_function_is_matched_by_name_with_its_lines() -> None:
    before = "def one():\n    return 1\n\n\ndef two():\n    a = 1\n    return a\n"
    pair = only(before, before.replace("a = 1", "a = 2"))
    assert pair.before is not None and pair.after is not None
    assert (pair.before.qualified_name, pair.after.qualified_name) == ("two", "two")
    assert (pair.lines_before, pair.lines_after, pair.line) == ((6,), (6,), 6)
    assert not pair.is_same_code
    assert not pair.is_renamed


def test_docstrings_comments_annotations_and_format_do_not_run() -> None:
    before = "def add(a, b=(1)):\n    total = a + b\n    return total\n"
    after = (
        'def add(a: int, b: int = 1) -> int:\n    """Return the sum."""\n'
        "    total: int = (a + b)  # both\n    return total\n"
    )
    assert only(before, after).is_same_code


def test_a_method_belongs_to_its_class_but_its_lines_do_not() -> None:
    before = "class Cart:\n    rate = 1\n\n    def total(self):\n        return 1\n"
    pair = only(before, before.replace("return 1", "return 2"))
    assert pair.definition.qualified_name == "Cart.total"
    assert pair.definition.is_method
    assert only(before, before.replace("rate = 1", "rate = 2")).definition.qualified_name == "Cart"


def test_a_renamed_function_is_found_by_its_body() -> None:
    body = "(items):\n    found = []\n    for item in items:\n        found.append(item * 2)\n    return found\n"
    pair = only(f"def doubled{body}", f"def twice{body}")
    assert pair.before is not None and pair.after is not None
    assert (pair.before.name, pair.after.name) == ("doubled", "twice")
    assert pair.is_renamed
    assert pair.is_same_code


def test_a_function_that_moved_to_another_file_is_one_pair() -> None:
    function = (
        "def doubled(items):\n    found = []\n    for item in items:\n        found.append(item)\n    return found\n"
    )
    code = read_changed_code([changed_file(function, "", "one.py"), changed_file("", function, "two.py")])
    (pair,) = code.definitions
    assert (str(pair.path_before), str(pair.path_after)) == ("one.py", "two.py")


def test_added_and_deleted_functions_stand_alone() -> None:
    code = read_changed_code([changed_file("def one():\n    return 1\n", "def two(a):\n    print(a.b.c)\n")])
    assert [(pair.before is None, pair.after is None) for pair in code.definitions] == [(True, False), (False, True)]


def test_a_property_and_its_setter_are_two() -> None:
    before = (
        "class A:\n    @property\n    def x(self):\n        return self._x\n\n"
        "    @x.setter\n    def x(self, value):\n        self._x = value\n"
    )
    pair = only(before, before.replace("return self._x", "return self._x + 1"))
    assert pair.definition.decorators == ("property",)
    assert pair.lines_after == (4,)


def test_a_signature_is_read_as_it_is_written() -> None:
    (definition,) = read_definitions("def f(a, /, b: int = 2, *rest, c, d=None, **more): ...\n")
    assert [(item.name, item.kind, item.default, item.annotation) for item in definition.parameters] == [
        ("a", "positional_only", None, None),
        ("b", "positional_or_keyword", "2", "int"),
        ("rest", "var_positional", None, None),
        ("c", "keyword_only", None, None),
        ("d", "keyword_only", "None", None),
        ("more", "var_keyword", None, None),
    ]
    assert [item.name for item in definition.parameters if item.is_needed] == ["a", "c"]


def test_a_file_that_does_not_parse_is_told_and_others_are_read() -> None:
    code = read_changed_code(
        [
            changed_file("x = 1\n", "def (\n", "broken.py"),
            changed_file("def a():\n    return 1\n", "def a():\n    return 2\n"),
        ]
    )
    assert list(code.unparsed) == [PurePosixPath("broken.py")]
    assert [pair.definition.name for pair in code.definitions] == ["a"]


def test_lines_outside_of_definitions_are_the_modules() -> None:
    code = read_changed_code(
        [changed_file("RATE = 1\n\n\ndef a():\n    return RATE\n", "RATE = 2\n\n\ndef a():\n    return RATE\n")]
    )
    assert code.definitions == ()
    assert code.module_lines_after == {PurePosixPath("shop.py"): (1,)}


def test_a_line_that_only_went_touches_what_it_was_in() -> None:
    file = changed_file("def a():\n    x = 1\n    return 2\n", "def a():\n    return 2\n")
    (pair,) = read_changed_code([file]).definitions
    assert pair.after is not None
    assert (pair.lines_before, pair.lines_after, pair.line) == ((2,), (), 1)
    assert is_touched_by(file, pair.after)


def test_why_a_text_does_not_parse_names_its_line_and_no_file() -> None:
    unparsed = read_changed_code([changed_file("x = 1\n", "x = 1\ndef f(:\n")]).unparsed
    assert unparsed == {PurePosixPath("shop.py"): "invalid syntax, line 2"}
