"""`__all__` after an import of its module came or went."""

from textwrap import dedent

import pytest
from tests.unit.engine.next_edit.changed_project import applied, situation_of

from inkling.engine.next_edit.imports.proposer import propose_imports

OTHERS = {"shop/a.py": "class Apple: ...\n", "shop/b.py": "class Bread: ...\n", "shop/c.py": "class Cheese: ...\n"}
IMPORTS = "from .a import Apple\nfrom .c import Cheese\n"
MORE = "from .a import Apple\nfrom .b import Bread\nfrom .c import Cheese\n"


def _results(before: str, after: str, path: str = "shop/__init__.py") -> list[str]:
    texts = {name: (text, text) for name, text in OTHERS.items()}
    situation = situation_of({**texts, path: (before, after)})
    return [applied(situation, each) for each in propose_imports(situation)]


@pytest.mark.parametrize(
    ("exported", "expected"),
    [
        ('__all__ = ["Apple", "Cheese"]\n', '__all__ = ["Apple", "Bread", "Cheese"]\n'),
        ("__all__ = ('Cheese', 'Apple')\n", "__all__ = ('Cheese', 'Apple', 'Bread')\n"),
        (
            '__all__ = [\n    "Apple",\n    "Cheese",  # best\n]\n',
            '__all__ = [\n    "Apple",\n    "Bread",\n    "Cheese",  # best\n]\n',
        ),
        (
            "__all__ = [\n    'Bike',\n    'Apple',\n    'Cheese',\n]\n",
            "__all__ = [\n    'Bike',\n    'Apple',\n    'Cheese',\n    'Bread',\n]\n",
        ),
        ('__all__ = ["Apple", "Cheese", "make"]\n', '__all__ = ["Apple", "Bread", "Cheese", "make"]\n'),
    ],
)
def test_a_new_import_of_a_package_is_exported_where_all_others_are(exported: str, expected: str) -> None:
    assert _results(f"{IMPORTS}\n{exported}", f"{MORE}\n{exported}") == [f"{MORE}\n{expected}"]


@pytest.mark.parametrize(
    "exported",
    [
        pytest.param('__all__ = ["Apple"]\n', id="not all are exported"),
        pytest.param('__all__ = ["Apple", "Bread", "Cheese"]\n', id="it is there"),
        pytest.param('__all__ = ["Apple"] + ["Cheese"]\n', id="put together"),
        pytest.param('__all__ = ["Apple",\n           "Cheese"]\n', id="another layout"),
        pytest.param('__all__ = ["Apple", "Cheese"]\n__all__.append("x")\n', id="added to below"),
    ],
)
def test_silence_where_the_list_is_no_list_of_all(exported: str) -> None:
    assert _results(f"{IMPORTS}\n{exported}", f"{MORE}\n{exported}") == []


def test_a_private_name_is_not_exported() -> None:
    exported = '\n__all__ = ["Apple", "Cheese"]\n'
    assert _results(IMPORTS + exported, f"{IMPORTS}from .b import _knife\n{exported}") == []


def test_only_a_package_exports_what_it_imports() -> None:
    exported = '\n__all__ = ["Apple", "Cheese"]\n'
    assert _results(IMPORTS + exported, MORE + exported, path="shop/front.py") == []


@pytest.mark.parametrize(
    ("exported", "expected"),
    [
        ('__all__ = ["Apple", "Bread", "Cheese"]\n', '__all__ = ["Apple", "Cheese"]\n'),
        (
            '__all__ = [\n    "Apple",\n    "Bread",\n    "Cheese",\n]\n',
            '__all__ = [\n    "Apple",\n    "Cheese",\n]\n',
        ),
    ],
)
def test_what_is_no_longer_imported_is_no_longer_exported(exported: str, expected: str) -> None:
    assert f"{IMPORTS}\n{expected}" in _results(f"{MORE}\n{exported}", f"{IMPORTS}\n{exported}")


def test_what_is_no_longer_defined_is_no_longer_exported() -> None:
    before = dedent("""\
        __all__ = ["keep", "drop"]


        def keep(): ...


        def drop(): ...
        """)
    after = before.replace("\n\ndef drop(): ...\n", "")
    assert after.replace(', "drop"', "") in _results(before, after, path="tools.py")


@pytest.mark.parametrize("more", ["from .x import *\n", "def __getattr__(name): ...\n", "Bread = None\n"])
def test_what_may_be_there_all_the_same_stays_exported(more: str) -> None:
    exported = f'{more}\n__all__ = ["Apple", "Bread", "Cheese"]\n'
    assert _results(f"{MORE}{exported}", f"{IMPORTS}{exported}") == []


def test_a_name_that_is_exported_is_imported() -> None:
    before, after = (
        f"{IMPORTS}\n__all__ = {names}\n" for names in ("['Apple', 'Cheese']", "['Apple', 'Bread', 'Cheese']")
    )
    assert _results(before, after)[0] == after.replace(IMPORTS, MORE)
    assert _results(before, after.replace("Bread", "Brand")) == []
