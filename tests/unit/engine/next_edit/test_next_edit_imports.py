"""Imports that follow from a change, in code as people write it."""

from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from tests.unit.engine.next_edit.changed_project import applied, situation_in, situation_of, uri_of
from tests.unit.engine.next_edit.known_packages import USUAL, with_packages

from inkling.core.next_edit import EditKind
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.imports.import_index import ImportIndex, imports_of, read_imports
from inkling.engine.next_edit.imports.imported_name import ImportedName
from inkling.engine.next_edit.imports.proposer import propose_imports

Texts = dict[str, tuple[str, str]]


def _results(texts: Texts) -> list[str]:
    situation = with_packages(situation_of(texts), *USUAL)
    candidates = list(propose_imports(situation))
    assert all(candidate.kind is EditKind.IMPORT and candidate.words and candidate.group for candidate in candidates)
    return [applied(situation, candidate) for candidate in candidates]


def _check_first(before: str, after: str, expected: str, others: dict[str, str] | None = None) -> None:
    texts = {path: (text, text) for path, text in (others or {}).items()}
    results = _results({**texts, "cart.py": (before, after)})
    assert results, "nothing was proposed"
    assert results[0] == dedent(expected)


def _check_silent(before: str, after: str, others: dict[str, str] | None = None, path: str = "cart.py") -> None:
    texts = {name: (text, text) for name, text in (others or {}).items()}
    assert _results({**texts, path: (before, after)}) == []


def test_a_module_of_the_standard_library_goes_to_its_place() -> None:
    _check_first(
        """\
        import os
        import sys

        def run(path):
            return os.stat(path)
        """,
        """\
        import os
        import sys

        def run(path):
            if not re.match("a", path):
                sys.exit(1)
            return os.stat(path)
        """,
        """\
        import os
        import re
        import sys

        def run(path):
            if not re.match("a", path):
                sys.exit(1)
            return os.stat(path)
        """,
    )


def test_a_name_is_imported_as_the_project_does_and_merged_in_order() -> None:
    _check_first(
        """\
        from shop.money import Price

        def total(items):
            return Price(0)
        """,
        """\
        from shop.money import Price

        def total(items):
            return Price(0, Currency.EURO)
        """,
        """\
        from shop.money import Currency, Price

        def total(items):
            return Price(0, Currency.EURO)
        """,
        {"shop/invoice.py": "from shop.money import Currency\n\nprint(Currency)\n"},
    )


def test_what_a_module_of_the_project_defines_is_imported_from_it() -> None:
    _check_first(
        """\
        from shop.money import Price


        def total():
            return Price(0)
        """,
        """\
        from shop.money import Price


        def total():
            return apply_discount(Price(0))
        """,
        """\
        from shop.discounts import apply_discount
        from shop.money import Price


        def total():
            return apply_discount(Price(0))
        """,
        {
            "shop/money.py": "class Price:\n    pass\n",
            "shop/discounts.py": "def apply_discount(price):\n    return price\n",
            "shop/app.py": "import shop.money\n",
        },
    )


def test_a_relative_file_gets_a_relative_import() -> None:
    situation_texts: Texts = {
        "shop/app.py": ("import shop.cart\n", "import shop.cart\n"),
        "shop/util/text.py": ("def shorten(text):\n    return text\n", "def shorten(text):\n    return text\n"),
        "shop/cart.py": (
            "from .money import Price\n\n\ndef show():\n    return Price\n",
            "from .money import Price\n\n\ndef show():\n    return shorten(Price)\n",
        ),
    }
    expected = "from .money import Price\nfrom .util.text import shorten\n\n\ndef show():\n    return shorten(Price)\n"
    assert _results(situation_texts)[0] == expected


def test_a_name_for_annotations_goes_to_the_type_checking_block() -> None:
    _check_first(
        """\
        from __future__ import annotations

        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from collections.abc import Iterable

        def total(items: Iterable[int]):
            return sum(items)
        """,
        """\
        from __future__ import annotations

        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from collections.abc import Iterable

        def total(items: Iterable[int], names: Mapping[str, int]):
            return sum(items)
        """,
        """\
        from __future__ import annotations

        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from collections.abc import Iterable, Mapping

        def total(items: Iterable[int], names: Mapping[str, int]):
            return sum(items)
        """,
    )


def test_a_used_name_and_an_unused_one_side_by_side_are_one_change() -> None:
    _check_first(
        """\
        from email.message import Message
        from urllib.parse import quote

        def parse(text):
            quote(text)
            return Message(text)
        """,
        """\
        from email.message import Message
        from urllib.parse import quote

        def parse(text):
            quote(text)
            return unquote(text)
        """,
        """\
        from urllib.parse import quote, unquote

        def parse(text):
            quote(text)
            return unquote(text)
        """,
    )


def test_a_name_that_is_no_longer_used_leaves_its_statement() -> None:
    _check_first(
        """\
        from shop.money import (
            Currency,
            Price,
        )

        def total():
            return Price(0, Currency.EURO)
        """,
        """\
        from shop.money import (
            Currency,
            Price,
        )

        def total():
            return Price(0)
        """,
        """\
        from shop.money import (
            Price,
        )

        def total():
            return Price(0)
        """,
    )


def test_what_was_moved_is_imported_from_its_new_module() -> None:
    results = _results(
        {
            "shop/report.py": (
                "from shop.money import Price, tax\n\nprint(Price, tax)\n",
                "from shop.money import Price, tax\n\nprint(Price, tax)\n",
            ),
            "shop/money.py": (
                "class Price:\n    pass\n\n\ndef tax(price):\n    return price\n",
                "class Price:\n    pass\n",
            ),
            "shop/taxes.py": ("RATE = 1\n", "RATE = 1\n\n\ndef tax(price):\n    return price\n"),
        }
    )
    assert "from shop.money import Price\nfrom shop.taxes import tax\n\nprint(Price, tax)\n" in results


def test_a_name_in_a_call_that_does_not_parse_yet_is_imported() -> None:
    _check_first(
        """\
        import os

        def run(path):
            return os.stat(path)

        def stop():
            pass
        """,
        """\
        import os

        def run(path):
            json.loads(path
            return os.stat(path)

        def stop():
            pass
        """,
        """\
        import json
        import os

        def run(path):
            json.loads(path
            return os.stat(path)

        def stop():
            pass
        """,
    )


def test_the_first_import_of_a_file_stands_below_its_docstring() -> None:
    _check_first(
        '"""Sums."""\n\nprint(1)\n',
        '"""Sums."""\n\nprint(math.pi)\n',
        '"""Sums."""\n\nimport math\n\nprint(math.pi)\n',
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(json):\n    return 1\n", "def f(json):\n    return json.loads('1')\n"),
        ("print(1)\n", "print([re.group() for re in found()])\n"),
        ("from shop import *\nprint(1)\n", "from shop import *\nprint(re.sub)\n"),
        ("def f():\n    pass\n", "def f():\n    global re\n    import re\n    re.sub\n\n\ndef g():\n    return re\n"),
        (
            "try:\n    import json\nexcept ImportError:\n    json = None\njson.x\n",
            "try:\n    import json\nexcept ImportError:\n    json = None\n",
        ),
        ("import json\nx = 1\n", "import json\nx = 'json'\n"),
        ("print(1)\n", "print(value)\n"),
        ("if a := 1:\n    pass\n", "if os := 1:\n    print(os.path)\n"),
        ("x = 1\n", "match x:\n    case {'a': re, **json}:\n        print(re.x, json.x)\n"),
        ("class A:\n    pass\n", "class A:\n    copy = 1\n    deep = copy.real\n"),
        ("", "# re.sub is not code\n'''re.sub'''\n"),
    ],
)
def test_what_is_bound_or_unknown_is_left_alone(before: str, after: str) -> None:
    _check_silent(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import json\n\n__all__ = ['json']\njson.loads\n", "import json\n\n__all__ = ['json']\n"),
        ("import json  # noqa\njson.loads\n", "import json  # noqa\n"),
        ("from a import b as b\nb()\n", "from a import b as b\n"),
        ("import json\n\ndef f(a: 'json.X'):\n    json.x\n", "import json\n\ndef f(a: 'json.X'):\n    pass\n"),
        (
            "import json\n\ndef f(a):  # type: (json.X) -> None\n    json.x\n",
            "import json\n\ndef f(a):  # type: (json.X) -> None\n    pass\n",
        ),
    ],
)
def test_an_import_with_another_reason_to_be_there_stays(before: str, after: str) -> None:
    _check_silent(before, after)


def test_an_import_that_was_just_written_waits_for_its_use() -> None:
    _check_silent("x = 1\n", "import json\nx = 1\n")


def test_an_export_of_a_package_stays() -> None:
    _check_silent("from .cart import Cart\nCart()\n", "from .cart import Cart\n", path="shop/__init__.py")


def test_an_import_that_another_file_takes_from_here_stays() -> None:
    _check_silent(
        "from shop.money import Price\nPrice()\n",
        "from shop.money import Price\n",
        others={"shop/app.py": "from shop.cart import Price\n"},
        path="shop/cart.py",
    )


def test_a_long_statement_is_wrapped_at_the_width_of_the_file() -> None:
    names = "from shop.warehouse.inventory import available_quantity, location_of_article"
    results = _results(
        {
            "shop/warehouse/inventory.py": ("def reserved_quantity(): ...\n", "def reserved_quantity(): ...\n"),
            "shop/app.py": (
                f"{names}\n\nprint(available_quantity, location_of_article)\n",
                f"{names}\n\nprint(available_quantity, location_of_article, reserved_quantity())\n",
            ),
        }
    )
    assert results[0].splitlines()[:5] == [
        "from shop.warehouse.inventory import (",
        "    available_quantity,",
        "    location_of_article,",
        "    reserved_quantity,",
        ")",
    ]


@pytest.mark.parametrize(
    ("folder", "paths", "module"),
    [
        pytest.param("/home/w/project", ["app/a.py", "app/b.py"], "app.a", id="below the workspace folder"),
        pytest.param("/home/w/project", ["a.py", "b.py"], "a", id="scripts side by side"),
        pytest.param("/home/w/project", ["src/app/a.py", "src/app/b.py"], "app.a", id="below src"),
        pytest.param("/home/src/project", ["app/a.py", "app/b.py"], "app.a", id="src above the workspace"),
        pytest.param(
            "/home/w/project", ["back/app/a.py", "back/app/b.py", "back/app/__init__.py"], "app.a", id="a package"
        ),
        pytest.param("/home/w/app", ["a.py", "b.py", "__init__.py"], "app.a", id="the workspace is a package"),
        pytest.param("", ["app/a.py", "app/b.py"], "", id="no folder is known"),
    ],
)
def test_a_module_that_nobody_imports_yet_is_named_from_the_workspace(
    folder: str, paths: list[str], module: str
) -> None:
    root = Path(folder or "/home/w/project")
    texts = dict.fromkeys(paths, ("", "")) | {paths[0]: ("def load(p): ...\n",) * 2, paths[1]: ("", "x = load(1)\n")}
    situation = situation_in(root, texts)
    situation = replace(situation, imports=ImportIndex([root] if folder else []))
    assert situation.imports is not None
    situation.imports.take({uri: imports_of(view) for uri, view in situation.files.items()})
    imported = [line for each in propose_imports(situation) for line in each.inserted if line]
    assert imported[:1] == ([f"from {module} import load"] if module else [])


def test_scripts_of_a_folder_above_which_a_library_has_its_name_are_not_of_the_library() -> None:
    index = ImportIndex([Path("/home/requests/scripts")])
    index.take({DocumentUri("file:///home/requests/scripts/a.py"): read_imports("import requests\n")})
    assert index.module_of(DocumentUri("file:///home/requests/scripts/a.py")) == "a"


def test_an_import_that_is_alone_in_its_block_is_changed_in_its_line() -> None:
    for above in ("", '"""Uses it."""\n\n', "import os\n\n"):
        situation = situation_of(
            {
                "app/use.py": (f"{above}from app.a import load\n\nload()\n",) * 2,
                "app/a.py": ("def load(): ...\nx = 1\n", "x = 1\n"),
                "app/b.py": ("y = 1\n", "def load(): ...\ny = 1\n"),
            }
        )
        (candidate,) = propose_imports(situation)
        assert applied(situation, candidate) == f"{above}from app.b import load\n\nload()\n"


def test_a_module_without_a_full_name_is_called_by_its_own() -> None:
    situation = situation_of(
        {
            "app/use.py": ("from .a import load\n\nload()\n",) * 2,
            "app/a.py": ("def load(): ...\nx = 1\n", "x = 1\n"),
            "app/b.py": ("y = 1\n", "def load(): ...\ny = 1\n"),
        }
    )
    (candidate,) = propose_imports(situation)
    assert candidate.inserted == ("from .b import load",)
    assert candidate.words == "`load` was moved to b"


def test_an_import_whose_name_was_replaced_by_another_of_the_module_is_changed() -> None:
    before = "from app.c import gross\n\nprint(gross(1))\nprint(gross(2))\n"
    after = "from app.c import gross\n\nprint(net(3))\nprint(net(3))\n"
    others = {"app/c.py": "def gross(x): ...\n\n\ndef net(x): ...\n"}
    _check_first(before, after, after.replace("import gross", "import net"), others)
    results = _results({**{path: (text, text) for path, text in others.items()}, "cart.py": (before, after)})
    assert all("import" in result for result in results)


def test_an_import_is_left_alone_while_nothing_binds_what_stands_for_its_name() -> None:
    before = "from app.c import gross\n\nprint(gross(1))\n"
    others = {"app/c.py": "def gross(x): ...\n"}
    _check_silent(before, "from app.c import gross\n\nprint(net(3))\n", others)
    bound = "from app.c import gross\n\nnet = abs\nprint(net(3))\n"
    _check_first(before, bound, "\nnet = abs\nprint(net(3))\n", others)


def test_the_index_follows_its_files() -> None:
    index = ImportIndex()
    index.take({uri_of("shop/a.py"): read_imports("from shop.money import Price\n")})
    assert index.spellings("Price") == {ImportedName(module="shop.money", member="Price"): 1}
    index.take({uri_of("shop/a.py"): read_imports("from shop.cash import Price\n")})
    assert index.spellings("Price") == {ImportedName(module="shop.cash", member="Price"): 1}
    index.forget(uri_of("shop/a.py"))
    assert not index.spellings("Price")
    assert not index.is_first_party("shop")


def test_modules_are_named_alike_whatever_comes_first() -> None:
    files = {
        uri_of("src/shop/money.py"): read_imports("class Price: ...\n"),
        uri_of("src/shop/redis.py"): read_imports("import redis\nfrom .money import Price\n"),
        uri_of("src/shop/app.py"): read_imports("import shop.money\nimport shop.redis\n"),
    }
    for uris in (list(files), list(files)[::-1]):
        index = ImportIndex()
        for uri in uris:
            index.take({uri: files[uri]})
        assert [index.module_of(uri) for uri in files] == ["shop.money", "shop.redis", "shop.app"]
        assert index.definers("Price") == ["shop.money"]
        assert index.spellings("Price") == {ImportedName(module="shop.money", member="Price"): 1}
        assert not index.is_first_party("redis.client")


def test_imports_are_read_in_every_form() -> None:
    text = dedent(
        """\
        import a.b, c as d
        from .x import (
            y,  # why
            z as w,
        )
        from q import r, \\
            s
        def f():
            from .. import late
        """
    )
    assert read_imports(text).imports == (
        ("a.b", "", ""),
        ("c", "", "d"),
        (".x", "y", ""),
        (".x", "z", "w"),
        ("q", "r", ""),
        ("q", "s", ""),
        ("..", "late", ""),
    )
    assert read_imports(text).outer_names == {"a", "d", "y", "w", "r", "s"}


@pytest.mark.parametrize(
    ("statement", "used", "expected"),
    [
        ("from m import (a, b,\n               d)", "a, b, c, d", "from m import (a, b, c,\n               d)"),
        ("from m import (a, b,\n               d)", "a, b", "from m import (a, b)"),
        ("from m import (\n    a, b,\n    d,\n)", "a, d, e", "from m import (\n    a,\n    d, e,\n)"),
        ("from m import (\n    a,\n    d\n)", "a, d, e", "from m import (\n    a,\n    d,\n    e\n)"),
        ("from m import (\n    a,  # first\n    d,\n)", "a, c", "from m import (\n    a,  # first\n    c,\n)"),
        ("from m import a, \\\n    d", "a, d, e", "from m import a, d, e"),
        ("from m import a, d  # both", "a", "from m import a  # both"),
    ],
)
def test_the_layout_of_a_statement_is_kept(statement: str, used: str, expected: str) -> None:
    other = ("from m import a, b, c, d, e\n", "from m import a, b, c, d, e\n")
    before, after = f"{statement}\n\nprint(a, b, d)\n", f"{statement}\n\nprint({used})\n"
    assert f"{expected}\n\nprint({used})\n" in _results({"other.py": other, "cart.py": (before, after)})


def test_what_the_file_bound_itself_until_it_was_renamed_is_not_imported() -> None:
    for new in ("height", "breadth"):
        _check_silent(
            "def area(width, height):\n    return width * height\n",
            f"def area({new}, height):\n    return width * height\n",
            {"sizes.py": "width = 3\n"},
        )


def test_of_two_modules_with_the_name_the_one_beside_the_file_comes_first() -> None:
    others = dict.fromkeys(("shop/maps/places.py", "shop/orders/replies.py"), "class Place: ...\n")
    for path, expected in (("shop/orders/answers.py", "replies"), ("shop/maps/routes.py", "places")):
        texts = {name: (text, text) for name, text in {**others, "shop/app.py": "import shop.maps.places\n"}.items()}
        results = _results({**texts, path: ("x = 1\n", "x = Place(1)\n")})
        assert f".{expected} import Place" in results[0]


def test_the_blank_lines_around_an_import_that_goes_become_one() -> None:
    before = "import os\n\nimport jedi\n\nfrom shop import cart\n\n\nprint(os, jedi, cart)\n"
    after = before.replace("os, jedi", "os")
    assert _results({"cart.py": (before, after)}) == [after.replace("import jedi\n\n", "")]
    last = "import os\n\nimport jedi\n\n\nprint(os, jedi)\n"
    used = last.replace("os, jedi", "os")
    assert _results({"cart.py": (last, used)}) == [used.replace("import jedi\n\n", "")]


def test_the_first_imports_of_a_file_come_in_blocks() -> None:
    _check_first(
        """\
        def run(path):
            return path
        """,
        """\
        def run(path):
            print(np.array(path), re.escape(path), json.dumps(path))
            return path
        """,
        """\
        import json
        import re

        import numpy as np


        def run(path):
            print(np.array(path), re.escape(path), json.dumps(path))
            return path
        """,
        {"table.py": "import numpy as np\n\nTABLE = np.array([1])\n"},
    )
