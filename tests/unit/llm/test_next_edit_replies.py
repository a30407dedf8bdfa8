"""Answers of a model as edits of the lines that it was shown: tolerant of form, strict of content."""

import pytest

from inkling.core.next_edit import LineChange
from inkling.core.redact import MASK
from inkling.core.snapshot import DocumentUri
from inkling.llm.next_edit.doubts import MAX_LINES, Doubt, doubt_of
from inkling.llm.next_edit.replies import LineEdit, Misfit, find_again, fit, n_complete, parse_hunks
from inkling.llm.next_edit.windows import Anchor, ShownFile, Window, choose_windows

URI = DocumentUri("file:///shop/cart.py")
CART = """from shop.money import Money


class Cart:
    def total(self, tax):
        return self.net() * tax

    def refund(self):
        return self.net()

    def items(self):
        return self._items


def preview(cart):
    return cart.total()


def receipt(cart):
    amount = cart.total()
    print(amount)
    return amount
"""


def _file(text: str = CART, name: str = "shop/cart.py") -> ShownFile:
    return ShownFile(uri=DocumentUri(f"file:///{name}"), path=None, name=name, lines=tuple(text.splitlines()))


def _windows(*files: ShownFile) -> tuple[Window, ...]:
    shown = files or (_file(),)
    anchors = [Anchor(uri=file.uri, line=0, reach=100) for file in shown]
    return choose_windows({file.uri: file for file in shown}, anchors, 10_000)


def _edits(answer: str, windows: tuple[Window, ...] | None = None) -> list[LineEdit | Misfit]:
    return [fit(hunk, windows or _windows()) for hunk in parse_hunks(answer)]


def _one(answer: str, windows: tuple[Window, ...] | None = None) -> LineEdit:
    (edit,) = _edits(answer, windows)
    assert isinstance(edit, LineEdit), edit
    return edit


RIGHT = "@@ shop/cart.py:16\n-    return cart.total()\n+    return cart.total(TAX)\n"


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        RIGHT + "END\n",
        "Sure, the caller is next:\n\n```diff\n" + RIGHT + "```\nThis passes the new argument.\n",
        RIGHT + "\nThis passes the new argument on.\n",
        RIGHT.replace("\n", "\r\n"),
        "<think>\nPerhaps\n" + RIGHT.replace("TAX", "0.19") + "no.\n</think>\n" + RIGHT,
        RIGHT.replace(":16", ":15"),
        RIGHT.replace(":16", ":17"),
        RIGHT.replace(":16", ":16-16 @@"),
        RIGHT.replace("shop/cart.py:16", "`shop/cart.py` line 16"),
        RIGHT.replace("shop/cart.py:16", "cart.py:16"),
        RIGHT.replace("shop/cart.py:16", "./shop/cart.py:16"),
        RIGHT.replace("shop/cart.py:16", "shop/cart.py"),
        "@@ shop/cart.py:15\n def preview(cart):\n-    return cart.total()\n+    return cart.total(TAX)\n",
        "@@ shop/cart.py:15\ndef preview(cart):\n-    return cart.total()\n+    return cart.total(TAX)\n",
        "@@ shop/cart.py:15\n-16|    return cart.total()\n+16|    return cart.total(TAX)\n",
        "@@ shop/cart.py:16\n-return cart.total()\n+return cart.total(TAX)\n",
        "@@ shop/cart.py:16\n-     return cart.total()\n+     return cart.total(TAX)\n",
        "--- a/shop/cart.py\n+++ b/shop/cart.py\n"
        "@@ -15,2 +15,2 @@\n def preview(cart):\n-    return cart.total()\n+    return cart.total(TAX)\n",
    ],
)
def test_one_change_however_it_is_written(answer: str) -> None:
    edit = _one(answer)
    assert (edit.first_line, edit.removed) == (15, ("    return cart.total()",))
    assert edit.inserted == ("    return cart.total(TAX)",)


def test_several_changes_in_their_order() -> None:
    second = "@@ shop/cart.py:20\n-    amount = cart.total()\n+    amount = cart.total(TAX)\n"
    first, other = _edits(RIGHT + "\n" + second)
    assert isinstance(first, LineEdit)
    assert isinstance(other, LineEdit)
    assert (first.first_line, other.first_line) == (15, 19)


def test_changes_of_several_files() -> None:
    api = _file("def show(cart):\n    return cart.total()\n", "shop/api.py")
    answer = RIGHT + "--- a/shop/api.py\n+++ b/shop/api.py\n@@ -2 +2 @@\n-    return cart.total()\n+    return 1\n"
    first, other = _edits(answer, _windows(_file(), api))
    assert isinstance(first, LineEdit)
    assert isinstance(other, LineEdit)
    assert (first.file.name, other.file.name) == ("shop/cart.py", "shop/api.py")
    assert first.inserted == ("    return cart.total(TAX)",)


def test_an_insertion_holds_on_to_the_line_above() -> None:
    edit = _one("@@ shop/cart.py:1\n from shop.money import Money\n+from shop.tax import TAX\n")
    assert (edit.first_line, edit.removed, edit.inserted) == (1, (), ("from shop.tax import TAX",))


def test_a_deletion() -> None:
    edit = _one("@@ shop/cart.py:21\n-    print(amount)\n")
    assert (edit.first_line, edit.removed, edit.inserted) == (20, ("    print(amount)",), ())


def test_lines_that_stay_are_those_of_the_file() -> None:
    edit = _one(
        "@@ shop/cart.py:5\n-def total(self, tax):\n+def total(self, tax=0):\n     return self.net() * tax\n+\n"
    )
    assert edit.first_line == 4
    assert edit.inserted == ("    def total(self, tax=0):", "        return self.net() * tax", "")


def test_of_lines_that_stand_twice_the_number_decides() -> None:
    answer = "@@ shop/cart.py:{}\n-        return self.net()\n+        return -self.net()\n"
    twice = _windows(_file(CART.replace("return self._items", "return self.net()")))
    assert _one(answer.format(9), twice).first_line == 8
    assert _one(answer.format(13), twice).first_line == 11
    assert _edits(answer.format(40), twice) == [Misfit.AMBIGUOUS]
    assert _edits(answer.format(1).replace(":1", ""), twice) == [Misfit.AMBIGUOUS]
    between = _file("    x()\n\n    x()\n")
    assert _edits("@@ shop/cart.py:2\n-    x()\n+    y()\n", _windows(between)) == [Misfit.AMBIGUOUS]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("@@ shop/other.py:16\n-    return cart.total()\n+    return 1\n", Misfit.NO_SUCH_FILE),
        ("@@ ../../etc/passwd:1\n-root\n+toor\n", Misfit.NO_SUCH_FILE),
        ("@@ shop/cart.py:16\n+    return 1\n", Misfit.NO_OLD_LINES),
        ("@@ shop/cart.py:16\n-    return cart.sum()\n+    return 1\n", Misfit.NOT_THERE),
        ("@@ shop/cart.py:16\n     return cart.total()\n+    return 1\n-    return 2\n", Misfit.NOT_THERE),
        ("@@ shop/cart.py:16\n-    return cart.total()\n+    return cart.total()\n", Misfit.NOTHING),
    ],
)
def test_what_does_not_fit(answer: str, verdict: Misfit) -> None:
    assert _edits(answer) == [verdict]


@pytest.mark.parametrize(
    "answer",
    ["", "NONE", "NONE\nEND", "I see no further edit.", "<html>502</html>", "@@", "```\n```", "<think>" + RIGHT],
)
def test_silence(answer: str) -> None:
    assert _edits(answer) == []


def test_lines_beyond_the_windows_are_out_of_reach() -> None:
    file = _file()
    windows = choose_windows({file.uri: file}, [Anchor(uri=file.uri, line=4, reach=1)], 60)
    assert windows[-1].end_line < 15
    assert _edits(RIGHT, windows) == [Misfit.NOT_THERE]


def test_an_answer_that_was_cut_loses_its_last_change() -> None:
    cut = RIGHT + "@@ shop/cart.py:20\n-    amount = cart.total()\n+    amount = cart.to"
    assert len(parse_hunks(cut, was_cut_short=True)) == 1
    assert len(parse_hunks(cut + "\nEND", was_cut_short=True)) == 2
    assert n_complete(cut) == 1
    assert n_complete(RIGHT) == 0
    assert n_complete(RIGHT + "END\n") == 1


def _change(removed: str, inserted: str, first_line: int = 15) -> LineChange:
    return LineChange(
        uri=URI, first_line=first_line, removed=tuple(removed.splitlines()), inserted=tuple(inserted.splitlines())
    )


def _shown(text: str, first_line: int = 15) -> ShownFile:
    """The cart with other lines from one on."""
    lines, new = CART.splitlines(), text.splitlines()
    return ShownFile(
        uri=URI, path=None, name="shop/cart.py", lines=(*lines[:first_line], *new, *lines[first_line + 1 :])
    )


def test_what_takes_back_the_last_change_is_dropped() -> None:
    file = _shown("    return cart.total(TAX)")
    answer = "@@ shop/cart.py:16\n-    return cart.total(TAX)\n+    return cart.total()\n"
    edit = _one(answer, _windows(file))
    assert doubt_of(edit, [_change("    return cart.total()", "    return cart.total(TAX)")]) is Doubt.REVERTS
    assert doubt_of(edit, [_change("    return 0", "    return cart.total(TAX)")]) is Doubt.DELETES_TYPED
    assert doubt_of(edit, [_change("    return 0", "    return 1", first_line=3)]) is None


def test_what_puts_deleted_lines_back_is_dropped() -> None:
    file = _file(CART.replace("    print(amount)\n", ""))
    edit = _one("@@ shop/cart.py:20\n     amount = cart.total()\n+    print(amount)\n", _windows(file))
    assert doubt_of(edit, [_change("    print(amount)", "", first_line=20)]) is Doubt.REVERTS
    assert doubt_of(edit, [_change("    print(total)", "", first_line=20)]) is None


def test_what_deletes_what_was_just_typed_is_dropped() -> None:
    edit = _one("@@ shop/cart.py:21\n-    print(amount)\n")
    assert doubt_of(edit, [_change("", "    print(amount)", first_line=20)]) is Doubt.DELETES_TYPED
    assert doubt_of(edit, [_change("", "    print(total)", first_line=3)]) is None


def test_going_on_with_a_changed_line_is_no_reversion() -> None:
    file = _shown("    return cart.total(TAX)")
    answer = "@@ shop/cart.py:16\n-    return cart.total(TAX)\n+    return cart.total(TAX, rounded=True)\n"
    edit = _one(answer, _windows(file))
    assert doubt_of(edit, [_change("    return cart.total()", "    return cart.total(TAX)")]) is None


@pytest.mark.parametrize(
    ("new", "doubt"),
    [
        ("+    return  cart.total()\n", Doubt.WHITE_SPACE),
        ("+        return cart.total()\n", Doubt.WHITE_SPACE),
        ("+    return cart.total(\n+    )\n", Doubt.WHITE_SPACE),
        (f'+    return cart.total(key="{MASK}")\n', Doubt.MASKED),
        ("+    return cart.total()  # \u202e\n", Doubt.DECEIVING),
        ("+    pass\n" * MAX_LINES, Doubt.TOO_LARGE),
        ("+    return cart.total(1)\n", None),
    ],
)
def test_doubts(new: str, doubt: Doubt | None) -> None:
    edit = _one("@@ shop/cart.py:16\n-    return cart.total()\n" + new)
    assert doubt_of(edit, []) is doubt


def test_a_line_with_a_secret_is_left_alone() -> None:
    file = _file('API_KEY = "sk-abcdefghijklmnopqrstuvwxyz123456"\ncall(API_KEY)\n')
    windows = _windows(file)
    assert "sk-abc" not in "".join(windows[0].shown)
    answer = f'@@ shop/cart.py:1\n-API_KEY = "{MASK}"\n+API_KEY = None\n'
    edit = _one(answer, windows)
    assert doubt_of(edit, []) is Doubt.MASKED
    below = _one(f'@@ shop/cart.py:1\n API_KEY = "{MASK}"\n-call(API_KEY)\n+call(key=API_KEY)\n', windows)
    assert below.removed == ("call(API_KEY)",)
    assert doubt_of(below, []) is None


def test_an_edit_is_found_again_where_its_lines_have_moved() -> None:
    edit = _one(RIGHT)
    moved = ["# a line more", *CART.splitlines()]
    assert find_again(edit, CART.splitlines()) == 15
    assert find_again(edit, moved) == 16
    assert find_again(edit, CART.replace("cart.total()", "cart.sum()").splitlines()) is None
