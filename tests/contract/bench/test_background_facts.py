"""What the benchmark tells the completer of a scope: what the product would know, without the line asked for."""

from pathlib import Path

from inkling.bench.completion.background_facts import BackgroundFacts
from inkling.bench.completion.positions import Kind, Position, Protocol

SHOP = "import json\n\ndef ship(parcel):\n    total = 1\n    return total\n"
CART = "import json\nfrom shop import ship\n"


def asked(marked: str, path: str) -> Position:
    return Position(
        protocol=Protocol.LOO,
        project="p",
        group="p",
        path=path,
        is_test=False,
        kind=Kind.LINE_START,
        text=marked.replace("|", "", 1),
        offset=marked.index("|"),
        rest="",
    )


def test_names_and_parameters_are_those_of_the_project(tmp_path: Path) -> None:
    background = BackgroundFacts(tmp_path)
    background.read({"shop.py": SHOP, "cart.py": CART})
    facts = background.at(asked(CART + "|", "cart.py"))
    assert facts is not None
    assert facts.parameters["ship"] == ("parcel",)
    assert len(background.cpu_s) == 1


def test_the_line_that_is_asked_for_does_not_count(tmp_path: Path) -> None:
    background = BackgroundFacts(tmp_path)
    background.read({"shop.py": SHOP, "cart.py": CART})
    facts = background.at(asked(SHOP.replace("total = 1", "|"), "shop.py"))
    assert facts is not None
    assert facts.local_names == {"parcel"}
    alone = background.at(asked(CART.replace("from shop import ship", "|") + "ship(1)\n", "cart.py"))
    assert alone is not None
    assert alone.imports == {}
    shared = background.at(asked(CART.replace("import json", "|") + "json.loads()\n", "cart.py"))
    assert shared is not None
    assert shared.imports == {"json": "import json"}


def test_another_version_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    background = BackgroundFacts(tmp_path)
    background.read({"shop.py": SHOP, "cart.py": CART})
    background.read({"shop.py": "def ship(weight):\n    pass\n", "other.py": CART})
    facts = background.at(asked(CART + "json.x|", "other.py"))
    assert facts is not None
    assert facts.parameters["ship"] == ("weight",)
    assert not (tmp_path / "workspace" / "cart.py").exists()
