"""Which parts of a change a language model is asked about, and what of the project stands beside them."""

import sys
from pathlib import Path, PurePosixPath

from tests.contract.engine.review.change_sets import change_of

from inkling.app.review_code import EmbeddedChangedParts
from inkling.core.change import ChangeSet
from inkling.engine.review.project_code import ProjectReader
from inkling.llm.review import ChangedPart

CART = '''import math


class Cart:
    """Things to buy."""

    limit = 3

    def total(self, prices):
        return self._sum(prices)

    def _sum(self, prices):
        return math.fsum(net(price) for price in prices)


def net(price):
    return price
'''
ORDER = "from shop.cart import Cart, net\n\n\ndef bill(prices):\n    return net(Cart().total(prices))\n"
TESTS = "from shop.cart import net\n\n\ndef test_net():\n    assert net(1) == 1\n"
FILES = {"src/shop/__init__.py": "", "src/shop/cart.py": CART, "src/shop/order.py": ORDER, "tests/test_cart.py": TESTS}


def _parts(changes: ChangeSet) -> dict[str, ChangedPart]:
    code = EmbeddedChangedParts(ProjectReader())
    return {part.name: code.surrounded(part) for part in code.parts(changes)}


def _change(folder: Path, **after: str) -> ChangeSet:
    names = {"cart": "src/shop/cart.py", "order": "src/shop/order.py", "tests": "tests/test_cart.py"}
    new = {names.get(name, f"{name}.py"): text for name, text in after.items()}
    return change_of(folder, Path(sys.executable), dict(FILES), dict(new))


def test_functions_with_those_around_them(tmp_path: Path) -> None:
    cart = CART.replace("return self._sum(prices)", "return self._sum(prices) or 0").replace(
        "return price\n", "return price * 2\n"
    )
    parts = _parts(_change(tmp_path, cart=cart))
    assert list(parts) == ["src/shop/cart.py: Cart.total", "src/shop/cart.py: net"]
    total, net = parts.values()
    assert (total.module, total.root, total.lines_before, total.lines_after) == (
        "shop.cart",
        PurePosixPath("src"),
        (10,),
        (10,),
    )
    assert [each.name for each in total.callees] == ["Cart._sum"]
    assert [(str(each.path), each.name) for each in net.callers] == [
        ("src/shop/cart.py", "_sum"),
        ("src/shop/order.py", "bill"),
        ("tests/test_cart.py", "test_net"),
    ]
    assert net.before is not None
    assert "return price\n" in net.before.text


def test_callees_are_found_where_they_are_imported_from(tmp_path: Path) -> None:
    order = ORDER.replace("return net", "return 1 + net")
    (bill,) = _parts(_change(tmp_path, order=order)).values()
    assert [(str(each.path), each.name) for each in bill.callees] == [
        ("src/shop/cart.py", "net"),
        ("src/shop/cart.py", "Cart"),
    ]


def test_tests_come_late_and_last_what_does_nothing(tmp_path: Path) -> None:
    cart = (
        CART.replace("Things to buy", "Things")
        .replace("import math\n", "import math\nimport os\n")
        .replace("limit = 3", "limit = 4")
        .replace("def net(price):\n", "def net(price):  # in cents\n")
    )
    parts = _parts(_change(tmp_path, cart=cart, tests=TESTS.replace("== 1", "== 2"), readme="x = (\n"))
    assert [(name, part.is_minor) for name, part in parts.items()] == [
        ("src/shop/cart.py: Cart", False),
        ("readme.py", False),
        ("tests/test_cart.py: test_net", False),
        ("src/shop/cart.py: net", True),
        ("src/shop/cart.py", True),
    ]
    assert parts["readme.py"].module == "readme"
    assert parts["readme.py"].after is None


def test_files_that_are_no_code_are_asked_about_whole_and_prose_is_minor(tmp_path: Path) -> None:
    before: dict[str, str | None] = {"deploy.yml": "a: 1\nb: 2\n", "README.md": "old\n", "gone.py": "def f(): ...\n"}
    after: dict[str, str | None] = {"deploy.yml": "a: 1\nb: 3\n", "README.md": "new\n", "gone.py": None}
    part, prose = _parts(change_of(tmp_path, Path(sys.executable), before, after)).values()
    assert (prose.name, prose.is_minor, part.is_minor) == ("README.md", True, False)
    assert (part.name, part.module, part.lines_before, part.lines_after) == ("deploy.yml", "", (2,), (2,))
