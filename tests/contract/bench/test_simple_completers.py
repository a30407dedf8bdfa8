"""The simple completers of the completion benchmark, each on what it is to know."""

from pathlib import Path

from inkling.bench.completion.baselines import FrequentLine, JediCompleter, RecentWord
from inkling.bench.completion.completers import EmbeddedCompleter
from inkling.bench.completion.positions import Kind, Position, Protocol
from inkling.bench.completion.projects import is_copy, top_level_names

PROJECT = {
    "shop/order.py": "import json\n\n\ndef total(order):\n    return json.loads(order)\n",
    "shop/cart.py": "import json\nimport jsonschema\nimport json\n",
}


def _asked(text: str, path: str = "shop/new.py") -> Position:
    """Returns the position of the `|` in a text."""
    before, _, after = text.partition("|")
    return Position(
        protocol=Protocol.LOO,
        project="shop",
        group="shop",
        path=path,
        is_test=False,
        kind=Kind.ANYWHERE,
        text=before + after,
        offset=len(before),
        rest="",
    )


def test_the_most_frequent_line_goes_on() -> None:
    completer = FrequentLine()
    completer.read(PROJECT)
    assert completer.answer(_asked("import j|\n")).texts == ("son",)
    assert completer.answer(_asked("    retu|\n")).texts == ("rn json.loads(order)",)
    assert not completer.answer(_asked("raise |\n")).texts


def test_a_line_counts_as_it_stands_in_the_editor_and_not_on_disk() -> None:
    completer = FrequentLine()
    completer.read(PROJECT)
    assert not completer.answer(_asked("def total(order):\n    return |\n", "shop/order.py")).texts
    assert completer.answer(_asked("    return order\n    return |\n", "shop/order.py")).texts == ("order",)


def test_the_nearest_word_above_goes_on() -> None:
    completer = RecentWord()
    completer.read(PROJECT)
    assert completer.answer(_asked("subtotal = subsidy\nprice = sub|\nsubway = 1\n")).texts == ("sidy",)
    assert completer.answer(_asked("one two\n|")).texts == ("two",)
    assert not completer.answer(_asked("one two\nzeb|")).texts


def test_jedi_knows_the_project_and_the_text_that_is_given(tmp_path: Path) -> None:
    completer = JediCompleter(tmp_path)
    completer.read(PROJECT)
    assert completer.answer(_asked("from shop import order\n\norder.tot|\n")).texts == ("al",)
    assert not completer.answer(_asked("no_such_name_at_all.|\n")).texts


def test_the_embedded_completer_does_not_know_the_line_that_was_left_out(tmp_path: Path) -> None:
    line = "    shipment_total = gather_all_parcels(warehouse_number)"
    text = f"def ship(warehouse_number):\n{line}\n    return shipment_total\n"
    completer = EmbeddedCompleter(tmp_path, None)
    completer.read({"shop/ship.py": text, "shop/cart.py": PROJECT["shop/cart.py"]})
    position = _asked(text.replace("gather_all_parcels(warehouse_number)", "|"), "shop/ship.py")
    completer.open(position)
    assert not any("gather_all_parcels" in found for found in completer.answer(position).texts)


def test_the_embedded_completer_learns_from_the_project_unless_it_is_switched_off(tmp_path: Path) -> None:
    position = _asked("imp|\n")
    answers = []
    for without in (set[str](), {"workspace"}):
        completer = EmbeddedCompleter(tmp_path, None, without)
        completer.read(PROJECT)
        completer.open(position)
        answers.append(completer.answer(position))
    assert answers[0].texts[0].startswith("ort json")
    assert 0 < answers[0].confidence <= 1
    assert not any("json" in text for text in answers[1].texts)


def test_what_is_installed_of_a_project_is_told_by_its_names_and_by_its_lines() -> None:
    assert top_level_names({"src/shop/order.py": "", "lib/one.py": "", "setup.py": "", "cart/x.py": ""}) >= {
        "shop",
        "one",
        "cart",
    }
    long_lines = {f"value_{number} = compute_the_value({number})" for number in range(10)}
    assert is_copy("\n".join([*long_lines, "short = 1"]), long_lines)
    assert not is_copy("a_line_of_its_own = and_no_other()\n", long_lines)
    assert not is_copy("", long_lines)
