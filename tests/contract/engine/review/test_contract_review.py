"""Callers, documents and stored shapes that a change forgot, in real projects on disk."""

import sys
from pathlib import Path

import pytest
from tests.contract.engine.review.change_sets import change_of, ignore_progress, only, request_of, rules_of

from inkling.core.review import Findings, Severity
from inkling.engine.review.contracts import ContractReviewer
from inkling.engine.review.project_code import ProjectReader

SHOP = """
def price(item, discount=0):
    return item.cost - discount


class Cart:
    def add(self, item):
        self.items.append(item)

    def fill(self, items):
        for item in items:
            self.add(item)
"""
CALLER = """
from shop.prices import Cart, price


def total(items):
    cart = Cart()
    Cart.add(cart, items[0])
    return sum(price(item, 2) for item in items)
"""


async def review(folder: Path, before: dict[str, str | None], after: dict[str, str | None]) -> Findings:
    changes = change_of(folder, Path(sys.executable), before, after)
    return await ContractReviewer(ProjectReader()).review(request_of(changes), ignore_progress)


async def review_shop(folder: Path, old: str, new: str, **others: str) -> Findings:
    assert old in SHOP
    files: dict[str, str | None] = {"shop/__init__.py": "", "shop/prices.py": SHOP, "shop/total.py": CALLER}
    return await review(folder, files, {"shop/prices.py": SHOP.replace(old, new), **others})


async def test_a_needed_parameter_that_a_caller_does_not_pass(tmp_path: Path) -> None:
    comment = only(await review_shop(tmp_path, "def price(item, discount=0)", "def price(item, discount, currency)"))
    assert comment.rule == "contract.call-does-not-fit"
    assert comment.severity is Severity.ERROR
    assert comment.claims_failure
    assert "shop/total.py:8 does not pass `currency`" in comment.message
    assert (comment.path.as_posix(), comment.line, comment.symbol) == ("shop/prices.py", 2, "price")


async def test_a_caller_that_was_changed_along_is_no_matter(tmp_path: Path) -> None:
    files: dict[str, str | None] = {"prices.py": SHOP, "total.py": CALLER.replace("shop.prices", "prices")}
    after: dict[str, str | None] = {
        "prices.py": SHOP.replace("discount=0", "discount, currency"),
        "total.py": CALLER.replace("shop.prices", "prices").replace("price(item, 2)", "price(item, 2, 'EUR')"),
    }
    assert rules_of(await review(tmp_path, files, after)) == []


@pytest.mark.parametrize(
    "new",
    ["def price(item, discount=0, currency='EUR')", "def price(item, *more)", "def price(item, d=0, /)"],
)
async def test_what_takes_the_calls_as_before_is_silent(tmp_path: Path, new: str) -> None:
    assert rules_of(await review_shop(tmp_path, "def price(item, discount=0)", new)) == []


async def test_a_function_that_is_gone_is_named_with_its_uses(tmp_path: Path) -> None:
    gone = SHOP[SHOP.index("def price") : SHOP.index("class Cart")]
    comment = only(await review_shop(tmp_path, gone, ""))
    assert comment.rule == "contract.gone"
    assert comment.is_on_old_side
    assert [(path.as_posix(), line) for path, line in comment.also_at] == [("shop/total.py", 2), ("shop/total.py", 8)]


async def test_a_renamed_function_that_is_still_imported_by_its_old_name(tmp_path: Path) -> None:
    comment = only(await review_shop(tmp_path, "def price(", "def net_price("))
    assert "`net_price`" in comment.message


async def test_a_name_that_is_kept_as_an_alias_is_not_gone(tmp_path: Path) -> None:
    new = "price = None\n\n\ndef net_price("
    assert rules_of(await review_shop(tmp_path, "def price(", new)) == []


async def test_a_method_that_is_called_on_self(tmp_path: Path) -> None:
    comment = only(await review_shop(tmp_path, "def add(self, item)", "def add(self, item, count)"))
    assert "shop/prices.py:12" in comment.message
    assert "shop/total.py" not in comment.message or "Cart.add" in CALLER


async def test_a_coroutine_that_nobody_awaits(tmp_path: Path) -> None:
    before: dict[str, str | None] = {"a.py": "def save(x):\n    return x\n\n\ndef run():\n    save(1)\n"}
    after: dict[str, str | None] = {"a.py": "async def save(x):\n    return x\n\n\ndef run():\n    save(1)\n"}
    assert rules_of(await review(tmp_path, before, after)) == ["contract.not-awaited"]


async def test_values_that_are_unpacked(tmp_path: Path) -> None:
    code = "def split(x):\n    return x, 1\n\n\ndef run():\n    a, b = split(2)\n    return a + b\n"
    found = await review(tmp_path, {"a.py": code}, {"a.py": code.replace("x, 1", "x, 1, 2")})
    assert only(found).message == "`split` returns 3 values now, and 1 place unpacks 2: a.py:6."


async def test_a_default_that_callers_rely_on_is_a_note(tmp_path: Path) -> None:
    code = "def fetch(url, retries=3):\n    return url, retries\n\n\nresult = fetch('a')\n"
    comment = only(await review(tmp_path, {"a.py": code}, {"a.py": code.replace("retries=3", "retries=0")}))
    assert (comment.rule, comment.severity, comment.claims_failure) == ("contract.default", Severity.NOTE, False)


async def test_a_field_of_a_dataclass(tmp_path: Path) -> None:
    code = (
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Point:\n    x: int\n    y: int\n\n\np = Point(1, 2)\n"
    )
    found = await review(tmp_path, {"a.py": code}, {"a.py": code.replace("    y: int\n", "    y: int\n    z: int\n")})
    assert "a.py:11 does not pass `z`" in only(found).message


async def test_a_docstring_that_tells_of_a_parameter_that_went(tmp_path: Path) -> None:
    doc = '    """Adds.\n\n    Args:\n        a: One.\n        b: Other.\n    """\n'
    before = f"def add(a, b):\n{doc}    return a + b\n"
    comment = only(await review(tmp_path, {"a.py": before}, {"a.py": f"def add(a):\n{doc}    return a\n"}))
    assert (comment.rule, comment.line) == ("contract.docstring", 6)
    assert "the parameter `b`" in comment.message


async def test_a_document_that_tells_of_what_is_gone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Shop\n\nCall `price(item)`.\n")
    files: dict[str, str | None] = {"a.py": "def price(item):\n    return item * 17 + 4\n"}
    comment = only(await review(tmp_path, files, {"a.py": "def listed(item):\n    return item * 17 + 4\n"}))
    assert (comment.rule, "README.md:3" in comment.message) == ("contract.document", True)


async def test_a_name_that_a_function_binds_itself_is_another(tmp_path: Path) -> None:
    code = "def price(a):\n    return a\n\n\ndef run(price):\n    return price(1)\n"
    after = code.replace("def price(a)", "def price(a, b)")
    assert rules_of(await review(tmp_path, {"a.py": code}, {"a.py": after})) == []


async def test_a_module_of_the_same_name_in_a_package_is_another(tmp_path: Path) -> None:
    files: dict[str, str | None] = {
        "shop/__init__.py": "",
        "shop/json.py": "def loads(a):\n    return a\n",
        "main.py": "from json import loads\n\nprint(loads('1'))\n",
    }
    after: dict[str, str | None] = {"shop/json.py": "def loads(a, b):\n    return a\n"}
    assert rules_of(await review(tmp_path, files, after)) == []


async def test_a_model_without_a_migration(tmp_path: Path) -> None:
    model = "from django.db import models\n\n\nclass Book(models.Model):\n    name = models.CharField(max_length=9)\n"
    files: dict[str, str | None] = {"app/models.py": model, "app/migrations/0001_initial.py": "x = 1\n"}
    after: dict[str, str | None] = {"app/models.py": model.replace("9", "12")}
    assert rules_of(await review(tmp_path, files, after)) == ["contract.migration"]
    after["app/migrations/0002_longer.py"] = "x = 2\n"
    assert rules_of(await review(tmp_path, files, after)) == []


async def test_what_does_not_parse_is_said(tmp_path: Path) -> None:
    found = await review(tmp_path, {"a.py": "x = 1\n"}, {"a.py": "def f(:\n"})
    assert not found.comments
    assert [unchecked.what for unchecked in found.unchecked] == ["a.py"]


CLAMP = "def clamp(x, low, high):\n    return max(low, min(x, high))\n"
SWAPPED = CLAMP.replace("x, low, high)", "x, high, low)", 1)
BY_NAME = "from clamps import clamp\n\na = clamp(1, low=0, high=3)\n"
BY_POSITION = "from clamps import clamp\n\na = clamp(1, low=0, high=3)\nb = clamp(1, 0, 3)\n"


async def test_parameters_that_changed_places_under_calls_by_position(tmp_path: Path) -> None:
    comment = only(await review(tmp_path, {"clamps.py": CLAMP, "use.py": BY_POSITION}, {"clamps.py": SWAPPED}))
    assert comment.rule == "contract.reordered"
    assert comment.severity is Severity.ERROR
    assert comment.confidence >= 0.9
    assert "`clamp(x, low, high)` is `clamp(x, high, low)` now, and 1 call still passes" in comment.message
    assert [(path.as_posix(), line) for path, line in comment.also_at] == [("use.py", 4)]


@pytest.mark.parametrize(
    ("use", "use_after"),
    [(BY_NAME, BY_NAME), (BY_POSITION, BY_POSITION.replace("1, 0, 3", "1, 3, 0"))],
)
async def test_calls_by_name_and_calls_that_went_along_are_no_matter(tmp_path: Path, use: str, use_after: str) -> None:
    after: dict[str, str | None] = {"clamps.py": SWAPPED, "use.py": use_after}
    assert rules_of(await review(tmp_path, {"clamps.py": CLAMP, "use.py": use}, after)) == []


async def test_a_parameter_between_others_under_calls_by_position(tmp_path: Path) -> None:
    files: dict[str, str | None] = {"a.py": "def f(x, y=0):\n    return x, y\n\n\nf(1, 2)\n"}
    found = await review(tmp_path, files, {"a.py": "def f(x, z=0, y=0):\n    return x, y, z\n\n\nf(1, 2)\n"})
    assert rules_of(found) == ["contract.reordered"]


AVERAGE = '''def average(values):
    """Return the mean.

    It is 0.0 for no values.
    """
    if not values:
        return 0.0
    return sum(values) / len(values)
'''


async def test_a_docstring_that_still_names_what_was_returned(tmp_path: Path) -> None:
    after: dict[str, str | None] = {"means.py": AVERAGE.replace("return 0.0", "return 1.0")}
    comment = only(await review(tmp_path, {"means.py": AVERAGE}, after))
    assert comment.rule == "contract.docstring"
    assert comment.line == 7
    assert 'The docstring of `average` still says "It is 0.0 for no values.", and `1.0` is returned' in comment.message


@pytest.mark.parametrize(
    "after",
    [
        AVERAGE.replace("0.0", "1.0"),
        AVERAGE.replace("return 0.0", "return EMPTY"),
        AVERAGE.replace("return 0.0", "return 1.0 if values is None else 0.0"),
        AVERAGE.replace("return 0.0\n", "raise ValueError\n"),
    ],
)
async def test_a_docstring_that_went_along_or_may_be_true_is_no_matter(tmp_path: Path, after: str) -> None:
    assert rules_of(await review(tmp_path, {"means.py": AVERAGE}, {"means.py": after})) == []
