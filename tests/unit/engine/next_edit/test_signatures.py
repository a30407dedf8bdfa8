"""Functions, fields and results that changed their shape, and what has to follow."""

import pytest
from tests.unit.engine.next_edit.changed_files import shown, situation

from inkling.core.next_edit import ChangeOrigin, EditKind, LineChange
from inkling.engine.next_edit.signatures.proposer import propose_signatures
from inkling.engine.next_edit.situation import Situation


def check(text: str, removed: str, inserted: str, expected: list[str], *, least: float = 0.0) -> None:
    found = list(propose_signatures(situation({"a.py": text}, ("a.py", removed, inserted))))
    assert shown(found, least=least) == [f"a.py:{line}" for line in expected]
    assert all(candidate.kind is EditKind.SIGNATURE and candidate.proposer == "signatures" for candidate in found)


def test_new_parameter_is_passed_on_where_the_caller_has_it() -> None:
    text = (
        "def send(url, body, timeout):\n    ...\n"
        "def post(url, timeout):\n    send(url, body='x')\n"
        "def put(url):\n    timeout = 3\n    send(url, '')\n"
        "def get(url):\n    send(url, '')\n    timeout = 3\n"
        "class Client:\n"
        "    def __init__(self, timeout):\n        self.timeout = timeout\n"
        "    def head(self, url):\n        send(url, '')"
    )
    check(
        text,
        "def send(url, body):",
        "def send(url, body, timeout):",
        [
            "14: send(url, '', self.timeout)",
            "3: send(url, body='x', timeout=timeout)",
            "6: send(url, '', timeout)",
        ],
    )


def test_new_optional_parameter_is_passed_on_only_where_the_caller_has_it_as_a_parameter() -> None:
    text = (
        "def send(url, *, timeout=3):\n    ...\n"
        "def post(url, timeout=3):\n    send(\n        url,\n    )\n"
        "def put(url):\n    timeout = 3\n    send(url)"
    )
    check(text, "def send(url):", "def send(url, *, timeout=3):", ["5: timeout=timeout,"])


def test_what_another_call_passes_is_passed_here() -> None:
    files = {
        "a.py": "def read(path, encoding=None):\n    ...\n",
        "test_a.py": (
            "from a import read\n\ndef test_one():\n    read('x', encoding='utf-8')\n\n"
            "def test_two():\n    assert read('y')\n\ndef test_three(path):\n    read(*path)"
        ),
    }
    found = propose_signatures(
        situation(
            files,
            ("a.py", "def read(path):", "def read(path, encoding=None):"),
            ("test_a.py", "    read('x')", "    read('x', encoding='utf-8')"),
        )
    )
    assert shown(list(found)) == ["test_a.py:6: assert read('y', encoding='utf-8')"]


def test_name_of_an_argument_that_is_passed_is_that_of_each_calls_own() -> None:
    text = (
        'def column(y, *, name="y"):\n    ...\n\na = column(y_true, name="y_true")\nb = column(y_pred)\nc = column(2)\n'
    )
    found = propose_signatures(
        situation(
            {"a.py": text},
            ("a.py", "def column(y):", 'def column(y, *, name="y"):'),
            ("a.py", "a = column(y_true)", 'a = column(y_true, name="y_true")'),
        )
    )
    assert shown(list(found)) == ['a.py:4: b = column(y_pred, name="y_pred")']


def test_removed_parameter_leaves_calls_docstring_and_constructor() -> None:
    text = (
        "class Job:\n"
        "    def __init__(self, name):\n"
        '        """Makes a job.\n'
        "\n"
        "        Parameters\n"
        "        ----------\n"
        "        name : str\n"
        "            Its name.\n"
        "        retries : int\n"
        "            How often\n"
        "            it is tried.\n"
        '        """\n'
        "        self.name = name\n"
        "        self.retries = retries\n"
        "\n"
        "Job('a', 3)\n"
        "Job(name='b', retries=3)\n"
        "Job('c')\n"
        "Other('d', 3)"
    )
    check(
        text,
        "    def __init__(self, name, retries):",
        "    def __init__(self, name):",
        ["13: ", "15: Job('a')", "16: Job(name='b')", "8: "],
    )


def test_a_call_over_several_lines_loses_its_line() -> None:
    text = "def a(x, z):\n    ...\n\na(\n    1,  # one\n    2,\n    f(3, ')'),\n)\n"
    found = list(propose_signatures(situation({"a.py": text}, ("a.py", "def a(x, y, z):", "def a(x, z):"))))
    assert [(candidate.first_line, candidate.end_line, candidate.inserted) for candidate in found] == [(5, 6, ())]


def test_methods_of_unknown_objects() -> None:
    text = (
        "class Index:\n    def add(self, key):\n        ...\n    def insert_row(self, key):\n        ...\n\n"
        "index.add(1, lower=True)\nnames.add(2, 3)\nindex.insert_row(1, 2)"
    )
    check(text, "    def add(self, key, lower):", "    def add(self, key):", ["6: index.add(1)"])
    check(text, "    def insert_row(self, key, at):", "    def insert_row(self, key):", ["8: index.insert_row(1)"])


def test_methods_that_another_class_has_too_are_left_alone() -> None:
    text = (
        "class A:\n    def run_all(self, x):\n        ...\n    def go(self):\n        self.run_all(1, 2)\n\n"
        "class B:\n    def run_all(self, x, y):\n        ...\n    def go(self):\n        self.run_all(1, 2)\n\n"
        "thing.run_all(1, 2)"
    )
    check(
        text,
        "    def run_all(self, x, y):\n        ...\n    def go(self):",
        "    def run_all(self, x):\n        ...\n    def go(self):",
        ["4: self.run_all(1)"],
    )


def test_parameters_that_change_places_or_must_be_named() -> None:
    text = "def move(b, a):\n    ...\n\nmove(x, f(y, 1))\nmove(a=1, b=2)"
    check(text, "def move(a, b):", "def move(b, a):", ["3: move(f(y, 1), x)"])
    text = "def book(day, *, force):\n    ...\n\nbook(1, True)\nbook(1, force=True)"
    check(text, "def book(day, force):", "def book(day, *, force):", ["3: book(1, force=True)"])


def test_parameters_that_go_and_come() -> None:
    text = (
        "class Sieve:\n    def __init__(self, a, b, n):\n        ...\n\ndef f(n):\n    a = 1\n    Sieve([a, 2], a, 3)"
    )
    check(
        text,
        "    def __init__(self, coefficients=(), a=None, b=None):",
        "    def __init__(self, a, b, n):",
        ["6: Sieve(a, 3, n)"],
    )


def test_calls_that_were_written_since_are_left_alone() -> None:
    text = "def f(x, z):\n    ...\n\nf(1, 2)\nf(1, 2, 3)"
    found = propose_signatures(
        situation({"a.py": text}, ("a.py", "def f(x, y, z):", "def f(x, z):"), ("a.py", "f(1, 3, 2)", "f(1, 2)"))
    )
    assert shown(list(found)) == ["a.py:4: f(1, 3)"]


def test_new_keyword_of_a_call_asks_for_the_parameter() -> None:
    text = (
        "def fetch(url, retries=3):\n    ...\n\nclass A:\n    def __init__(self, x, *, y):\n        ...\n\n"
        "def load(url, timeout: float = 3.0):\n    fetch(url, timeout=timeout)"
    )
    check(
        text,
        "    fetch(url)",
        "    fetch(url, timeout=timeout)",
        ["0: def fetch(url, retries=3, timeout: float = 3.0):"],
    )
    check(
        text.replace("fetch(url, t", "A(url, t"),
        "    A(url)",
        "    A(url, timeout=timeout)",
        ["4: def __init__(self, x, *, y, timeout: float = 3.0):"],
    )
    check(text.replace("retries=3", "**more"), "    fetch(url)", "    fetch(url, timeout=timeout)", [])
    check(
        text.replace("    fetch(", "    other.fetch("),
        "    other.fetch(url)",
        "    other.fetch(url, timeout=timeout)",
        [],
    )


def test_overrides_follow() -> None:
    text = (
        "class Base:\n    def put(self, key: str, value, ttl=None):\n        ...\n\n"
        "class A(Base):\n    def put(self, key: int, value):\n        ...\n\n"
        "class B(A):\n    def put(self, key, value):\n        super().put(key, value)\n\n"
        "class C(Base):\n    def put(self, *args, **kwargs):\n        ...\n\n"
        "class D:\n    def put(self, key: int, value):\n        ..."
    )
    check(
        text,
        "    def put(self, key: int, value):",
        "    def put(self, key: str, value, ttl=None):",
        ["5: def put(self, key: str, value, ttl=None):", "9: def put(self, key, value, ttl=None):"],
    )


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        ("    Args:\n        x: One.\n        y: Two,\n            and more.\n", "8: "),
        ("    :param x: One.\n    :param y: Two.\n    :type y: int\n", "7: "),
        (
            "    Parameters\n    ----------\n    x : int\n        One.\n    y : int\n        Two.\n\n    Returns\n",
            "10: ",
        ),
    ],
)
def test_styles_of_docstrings(doc: str, expected: str) -> None:
    text = f'import a\n\n\ndef f(x):\n    """Does.\n\n{doc}    """\n    return x'
    found = list(propose_signatures(situation({"a.py": text}, ("a.py", "def f(x, y):", "def f(x):"))))
    assert shown(found) == [f"a.py:{expected}"]
    assert found[0].end_line - found[0].first_line == 2


def test_new_parameter_is_described_as_elsewhere() -> None:
    text = (
        'def f(x, axis):\n    """Does.\n\n    Args:\n        x: One.\n    """\n\n'
        'class A:\n    def g(self, axis):\n        """Does.\n\n        Args:\n            axis: Along which\n'
        '                to go.\n        """\n'
    )
    check(text, "def f(x):", "def f(x, axis):", ["5: axis: Along which / to go."])


def test_constructor_stores_what_it_is_given() -> None:
    text = "class A:\n    def __init__(self, host, tls, port):\n        self._host = host\n        self._port = port\n"
    check(
        text,
        "    def __init__(self, host, port):",
        "    def __init__(self, host, tls, port):",
        ["3: self._tls = tls"],
    )
    text = "class A:\n    def __init__(self, x, y):\n        super().__init__(x)\n"
    check(text, "    def __init__(self, x):", "    def __init__(self, x, y):", [])


def test_fields_of_dataclasses() -> None:
    text = (
        "@dataclass(frozen=True)\nclass Person:\n    name: str\n    age: int\n\n"
        "Person('a', 'fax', 3)\nPerson(name='b', fax='f', age=3)\nOther(name='b', fax='f')\n"
    )
    check(text, "    fax: str", "    age: int\n", ["5: Person('a', 3)", "6: Person(name='b', age=3)"])
    check(text.replace("@dataclass(frozen=True)", "@total_ordering"), "    fax: str", "    age: int\n", [])


def test_coroutines_are_awaited_by_coroutines() -> None:
    text = (
        "async def load(x):\n    ...\n\nasync def a():\n    b = load(1)\n    return load(2).rows\n\n"
        "def c():\n    return load(3)\n\nasync def d():\n    return await load(4)"
    )
    check(text, "def load(x):", "async def load(x):", ["4: b = await load(1)", "5: return (await load(2)).rows"])
    text = "def load(x):\n    ...\n\nasync def a():\n    return await load(1)"
    check(text, "async def load(x):", "def load(x):", ["4: return load(1)"])


def test_properties_and_methods() -> None:
    text = (
        "class A:\n    @property\n    def weight(self):\n        return 1\n    def b(self):\n"
        "        return self.weight() > self.weight\n\nclass C:\n    def d(self):\n        return self.weight()"
    )
    check(
        text, "    def weight(self):", "    @property\n    def weight(self):", ["5: return self.weight > self.weight"]
    )


def test_returned_tuples_are_unpacked() -> None:
    text = (
        "def best(xs):\n    return index, score\n\n"
        "index = best(xs)\nrow = best(xs)\nprint(best(xs))\n\nasync def a():\n    at = await best(xs)"
    )
    check(
        text,
        "    return index",
        "    return index, score",
        ["3: index, score = best(xs)", "4: row, score = best(xs)", "8: at, score = await best(xs)"],
    )
    text = "def best(xs):\n    return index\n\ni, s = best(xs)"
    check(text, "    return index, score", "    return index", ["3: i = best(xs)"])
    text = "def best(xs):\n    if not xs:\n        return None\n    return index, score\n\ni = best(xs)"
    check(text, "    return index", "    return index, score", [])


def test_what_fits_already_is_left_alone() -> None:
    check("def f(x, y):\n    ...\n\nf(1, 2)\nf(1, y=2)\nf(*xs)\nf(**xs)", "def f(x):", "def f(x, y):", [])
    check("def f(x):\n    ...\n\nf(1)\ng(1, 2)", "def f(x, y):", "def f(x):", [])


def test_call_that_is_still_being_written_is_left_alone() -> None:
    check("def f(x, y):\n    ...\n\ny = 1\nf()", "def f(x):", "def f(x, y):", [])


def test_same_name_in_another_scope_is_another_function() -> None:
    text = "def f(x):\n    ...\n\ndef g(f):\n    f(1, 2)\n\ndef h():\n    def f(x, y):\n        ...\n    return f(1, 2)"
    check(text, "def f(x, z):", "def f(x):", [])


def test_new_function_and_changed_body_are_silent() -> None:
    check("def f(x):\n    return 1\n\nf(1, 2)", "    return 2", "    return 1", [])
    text = "def f(x):\n    return 1\n\nf(1, 2)"
    new = situation({"a.py": text}, ("a.py", "", "def f(x):"))
    assert list(propose_signatures(new)) == []


def test_undone_change_is_silent() -> None:
    text = "def f(x):\n    ...\n\nf(1, 2)"
    undone = situation({"a.py": text}, ("a.py", "def f(x, y):", "def f(x):"), origin="undone")
    assert list(propose_signatures(undone)) == []


def test_words_and_group_name_the_cause() -> None:
    text = "def f(x):\n    ...\n\nf(1, 2)\nf(3, 4)"
    found = list(propose_signatures(situation({"a.py": text}, ("a.py", "def f(x, y):", "def f(x):"))))
    assert {candidate.words for candidate in found} == {"`f` lost `y`"}
    assert len({candidate.group for candidate in found}) == 1
    assert [(candidate.grounds.rank, candidate.grounds.n_places) for candidate in found] == [(0, 2), (1, 2)]


def test_broken_and_strange_files_are_survived() -> None:
    for text in (
        "def f(x:\n    ...\nf(1, 2)",
        "def f(x):\n    return f(",
        "\x00",
        "def f(x):\n  '''",
        "def f(x): return f(1, 2)",
    ):
        inserted = text.split("\n")[0]
        list(propose_signatures(situation({"a.py": text}, ("a.py", "def f(x, y):", inserted))))
    text = "def f(ä):\n    ...\n\nö = 'ß'; f('ü', 'é')"
    check(text, "def f(ä, ö):", "def f(ä):", ["3: ö = 'ß'; f('ü')"])


def test_object_of_a_class_is_known_by_what_it_was_assigned() -> None:
    files = {
        "a.py": "class Index:\n    def add(self, key):\n        ...\n",
        "b.py": (
            "from a import Index\n\ndef f(names):\n    index = Index()\n    index.add(1, 2)\n    names.add(1, 2)\n\n"
            "def g(index):\n    index = other()\n    index.add(1, 2)"
        ),
    }
    change = ("a.py", "    def add(self, key, lower):", "    def add(self, key):")
    found = list(propose_signatures(situation(files, change)))
    assert shown(found) == ["b.py:4: index.add(1)"]
    assert found[0].grounds.certainty == 1


def test_a_parameter_that_stands_twice_says_nothing_of_calls() -> None:
    check(
        "def area(height, height):\n    return width * height\n\nprint(area(1, 2))",
        "def area(width, height):",
        "def area(height, height):",
        [],
    )


def test_a_value_that_came_is_named_by_its_last_part_and_hides_nothing() -> None:
    def returning(value: str, name: str) -> tuple[str, list[str]]:
        text = f"def split(x):\n    return net, tax, {value}\n\nnet, tax = split(1)\n"
        return text + "def f(total):\n    net, tax = split(2)\n", [f"3: net, tax, {name} = split(1)"]

    for value, name in (("x.sum_of", "sum_of"), ("self._rest", "rest"), ("x['rest']", "rest"), ("get_rest(x)", "rest")):
        text, expected = returning(value, name)
        new = f"    return net, tax, {value}"
        check(text, "    return net, tax", new, [*expected, f"5: net, tax, {name} = split(2)"])
    text, expected = returning("x.total", "total")
    check(text, "    return net, tax", "    return net, tax, x.total", expected)
    for value in ("len(x)", "1", "x.type", "*x", "x + 1", "load(x)"):
        check(returning(value, "")[0], "    return net, tax", f"    return net, tax, {value}", [])


def test_a_value_that_went_stays_where_it_is_read_afterwards() -> None:
    text = (
        "def split(x):\n    return net\n\n"
        "def one():\n    net, tax = split(1)\n    return tax\n\n"
        "def two():\n    net, tax = split(1)\n    return lambda: tax\n\n"
        "def three():\n    tax = 1\n    print(tax)\n    net, tax = split(1)\n    return net\n"
    )
    check(text, "    return net, tax", "    return net", ["14: net = split(1)"])


def test_all_calls_on_a_line_are_mended_in_one_edit() -> None:
    text = (
        "def convert(amount, target):\n    ...\n\nx = convert(1, 'EUR', 'USD') + convert(2, source='EUR', target='USD')"
    )
    check(
        text,
        "def convert(amount, source, target):",
        "def convert(amount, target):",
        ["3: x = convert(1, 'USD') + convert(2, target='USD')"],
    )


def test_moved_parameters_are_passed_by_name_where_their_place_is_not_filled() -> None:
    text = (
        "def convert(source, target, amount):\n    ...\n\n"
        "convert(1, 'EUR', 'USD')\n\nconvert(2, source='EUR', target='USD')\n\nconvert(3, 'EUR', target='USD')\n\n"
        "convert(amount=4, source='EUR', target='USD')"
    )
    check(
        text,
        "def convert(amount, source, target):",
        "def convert(source, target, amount):",
        [
            "3: convert('EUR', 'USD', 1)",
            "5: convert(amount=2, source='EUR', target='USD')",
            "7: convert('EUR', amount=3, target='USD')",
        ],
    )
    only_by_position = text.replace("amount):", "amount, /):", 1)
    before, after = "def convert(amount, source, target, /):", "def convert(source, target, amount, /):"
    check(only_by_position, before, after, ["3: convert('EUR', 'USD', 1)"])


@pytest.mark.parametrize("is_up", [True, False])
def test_a_field_that_was_moved_moves_the_arguments(is_up: bool) -> None:
    fields = "@dataclass\nclass Item:\n    name: str\n    price: int\n    n: int\n"
    text = f"{fields}\nItem(3, 'a', 2)\nItem(price=3, name='a', n=2)"
    files = situation({"a.py": text}).files
    if is_up:
        moves = ((4, ("    name: str",), ()), (2, (), ("    name: str",)))
    else:
        moves = ((2, ("    price: int",), ()), (3, (), ("    price: int",)))
    uri = next(iter(files))
    history = tuple(
        LineChange(uri=uri, first_line=line, removed=gone, inserted=come, origin=ChangeOrigin.TYPED)
        for line, gone, come in moves
    )
    found = list(propose_signatures(Situation(files=files, history=history)))
    assert shown(found) == ["a.py:6: Item('a', 3, 2)"]


SERVICES = """from base import Base

class Mail(Base):
    def __init__(self, name):
        super().__init__(name)

class Sms(Base):
    def __init__(self, number):
        super().__init__("sms")

class BulkMail(Mail):
    def __init__(self, name):
        super().__init__(name)

class Push(Base):
    pass

def all_of(limit):
    return [Push("push"), Mail("mail"), Base("base")]"""


def test_a_new_parameter_of_a_base_goes_through_constructors_that_pass_all_on() -> None:
    files = {"base.py": "class Base:\n    def __init__(self, name, limit):\n        ...", "services.py": SERVICES}
    change = ("base.py", "    def __init__(self, name):", "    def __init__(self, name, limit):")
    found = [line for line in shown(list(propose_signatures(situation(files, change)))) if line.startswith("services")]
    assert found == [
        'services.py:18: return [Push("push", limit), Mail("mail"), Base("base", limit)]',
        "services.py:3: def __init__(self, name, limit):",
    ]
    files["services.py"] = SERVICES.replace("self, name", "self, name, limit", 1)
    second = ("services.py", "    def __init__(self, name):", "    def __init__(self, name, limit):")
    found = shown(list(propose_signatures(situation(files, change, second))), least=0.7)
    assert "services.py:4: super().__init__(name, limit)" in found


def test_an_argument_that_a_base_lost_leaves_the_classes_between_alone() -> None:
    services = SERVICES.replace("super().__init__(name)", "super().__init__(name, 3)")
    services = services.replace('Push("push")', 'Push("push", 3)')
    files = {"base.py": "class Base:\n    def __init__(self, name):\n        ...", "services.py": services}
    change = ("base.py", "    def __init__(self, name, limit):", "    def __init__(self, name):")
    assert shown(list(propose_signatures(situation(files, change)))) == [
        'services.py:18: return [Push("push"), Mail("mail"), Base("base")]',
        "services.py:4: super().__init__(name)",
    ]
