"""What the comparison of two versions is made of, without a sandbox."""

import ast
import datetime as dt
import enum
import inspect
from dataclasses import dataclass
from pathlib import PurePosixPath

import pytest

from inkling.core.errors import WorkerError
from inkling.engine.judging.values import describe
from inkling.engine.review.behaviour.exchange import (
    RAISED,
    TIMEOUT,
    VALUE,
    Input,
    Origin,
    Outcome,
    Pair,
    SideBySide,
    Target,
    decode_compared,
    decode_question,
    encode_question,
)
from inkling.engine.review.behaviour.growth import SIZES, counted_steps, grown, is_slower
from inkling.engine.review.behaviour.likeness import is_same, is_same_text
from inkling.engine.review.behaviour.reproduction import tests_for as reproductions_of
from inkling.engine.review.behaviour.shrinking import simpler_values, smaller
from inkling.engine.review.behaviour.targets import Cause
from inkling.engine.review.behaviour.typed import arguments_by_type, codes_for
from inkling.engine.review.behaviour.verdicts import Signs, Verdict, judge
from inkling.engine.review.behaviour.wording import message
from inkling.engine.review.behaviour.written import Imports, written


class Colour(enum.Enum):
    RED = 1


@dataclass
class Point:
    x: int
    y: int = 0


def value(code: str, **more: object) -> Outcome:
    return Outcome(kind=VALUE, value=code, code=code, **more)  # type: ignore[arg-type] # fields of an outcome


def raised(name: str, *, is_deliberate: bool = False, message: str = "no") -> Outcome:
    return Outcome(kind=RAISED, value=name, types=(name, "Exception"), is_deliberate=is_deliberate, message=message)


def pair(before: Outcome, after: Outcome, *, call: str = "f([1])", origin: Origin = Origin.VARIED) -> Pair:
    given = Input(target=0, origin=origin, call=call, imports=(("/p/program.py", "f"),))
    return Pair(input=given, before=before, after=after)


def verdict(before: Outcome, after: Outcome, *, origin: Origin = Origin.VARIED, signs: Signs | None = None) -> Verdict:
    difference = pair(before, after, origin=origin)
    cause = Cause(path=PurePosixPath("program.py"), symbol="f", pair=None, lines=(1,), span=range(1, 3))
    return judge(difference, [difference], cause, signs or Signs())


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (value("[1.0, 2.5]"), value("[1.0000000000001, 2.5]"), True),
        (value("[1.0, 2.5]"), value("[1.001, 2.5]"), False),
        (value("5.5e-17"), value("0.0"), True),
        (value("1000000001"), value("1000000002"), False),
        (value("'v1'"), value("'v2'"), False),
        (value("1"), raised("KeyError"), False),
        (raised("KeyError"), raised("ValueError"), False),
        (raised("Exception"), raised("KeyError"), True),
        (value("1", printed="a"), value("1", printed="b"), False),
        (value("1", changed=(("x", "[1]"),)), value("1"), False),
        (value("1"), Outcome(kind=TIMEOUT), False),
        (Outcome(kind="-"), value("1"), True),
    ],
)
def test_versions_are_the_same_where_no_caller_could_tell(before: Outcome, after: Outcome, same: bool) -> None:
    assert is_same(before, after) is same


def test_numbers_within_names_are_no_numbers() -> None:
    assert not is_same_text("x1.5y", "x1.6y")
    assert is_same_text("(1.50000000000001, 'a')", "(1.5, 'a')")


def test_smaller_inputs_are_smaller_and_run() -> None:
    given = Input(
        target=0,
        origin=Origin.TEST,
        setup=("cart = Cart(3)", "cart.add('nuts', quantity=7)"),
        call="cart.total([4, 5])",
    )
    found = smaller(given)
    assert all(item.size < given.size for item in found)
    shown = [item.shown for item in found]
    assert "cart = Cart(3); cart.total([4, 5])" in shown
    assert "cart = Cart(3); cart.add('nuts'); cart.total([4, 5])" in shown
    assert "cart = Cart(3); cart.add('nuts', quantity=7); cart.total([])" in shown
    for item in found:
        ast.parse(item.shown)


@pytest.mark.parametrize("value", [True, -9, 2.5, "abc", b"ab", [1, 2], (3, "a"), {1, 2}, {"a": [2]}])
def test_simpler_values_are_of_the_same_kind_and_others(value: object) -> None:
    found = list(simpler_values(value))
    assert found
    assert all(type(item) is type(value) and item != value for item in found)


def test_values_are_written_as_code_that_makes_them_again() -> None:
    imports: Imports = {}
    made = [Point(1), Colour.RED, dt.date(2024, 2, 29), {"a": (1,)}, frozenset({2}), b"x", range(3)]
    code = written(made, imports)
    assert code is not None
    namespace = {"Point": Point, "Colour": Colour, "datetime": dt}
    assert eval(code, namespace) == made  # noqa: S307 - code of our own
    assert (Point.__module__, "Point") in imports
    assert written(float("nan"), {}) is None
    assert written(object(), {}) is None
    assert written(lambda: 0, {}) is None


def test_typed_arguments_are_of_their_types() -> None:
    def function(points: list[Point], colour: Colour, n: int = 3, *, when: dt.date | None = None) -> None: ...

    namespace = {"Point": Point, "Colour": Colour, "datetime": dt}
    rows = arguments_by_type(list(inspect.signature(function).parameters.values()), 20, 0)
    assert rows is not None
    assert len(rows) > 10
    for row in rows:
        names = {"signature": inspect.signature(function), **namespace}
        bound = eval(f"signature.bind({row.text})", names).arguments  # noqa: S307 - code of our own
        assert all(isinstance(item, Point) for item in bound["points"])
        assert bound["colour"] is Colour.RED
        assert isinstance(bound.get("n", 3), int)
    assert codes_for(object()) == []
    assert arguments_by_type(list(inspect.signature(lambda a: a).parameters.values()), 3, 0) is None


def test_a_crash_is_claimed_but_not_what_was_refused_on_purpose() -> None:
    assert verdict(value("1"), raised("ZeroDivisionError")).claims_failure
    assert not verdict(value("1"), raised("ValueError", is_deliberate=True)).claims_failure
    assert verdict(value("1"), raised("ValueError", is_deliberate=True)).confidence < 0.3
    assert not verdict(value("1"), raised("TypeError"), origin=Origin.GUESSED).claims_failure


def test_what_crashed_before_is_no_failure() -> None:
    assert not verdict(raised("IndexError"), value("1")).claims_failure
    assert verdict(raised("IndexError"), value("1")).confidence < 0.3


def test_tests_messages_and_docstrings_decide_where_values_differ() -> None:
    assert not verdict(value("1"), value("2")).claims_failure
    assert verdict(value("1"), value("2"), signs=Signs(broken_tests=("t.py::t",))).claims_failure
    assert verdict(value("1"), value("2"), signs=Signs(message="Refactor f")).claims_failure
    assert verdict(value("1"), value("2"), signs=Signs(n_promises_broken=1)).claims_failure
    for signs in (Signs(mended_tests=("t",)), Signs(message="Fix f"), Signs(n_promises_mended=1)):
        said = verdict(value("1"), value("2"), signs=signs)
        assert not said.claims_failure
        assert said.confidence < 0.3


@pytest.mark.parametrize(
    ("difference", "words", "code"),
    [
        (
            pair(value("[]"), raised("ZeroDivisionError")),
            "`f([1])` returned `[]`, now raises `ZeroDivisionError: no`.",
            "assert f([1]) == []",
        ),
        (
            pair(raised("KeyError"), value("1")),
            "`f([1])` raised `KeyError: no`, now returns `1`.",
            "pytest.raises(KeyError)",
        ),
        (pair(value("1.5"), value("2.5")), "`f([1])` returned `1.5`, now returns `2.5`.", "pytest.approx(1.5)"),
        (pair(value("None"), value("1")), "`f([1])` returned `None`, now returns `1`.", "assert f([1]) is None"),
        (pair(value("1"), Outcome(kind=TIMEOUT)), "`f([1])` returned `1`, now does not end.", "signal.alarm(5)"),
        (
            pair(value("1", printed="a\n"), value("1", printed="b\n")),
            r"`f([1])` printed `'a\n'`, now prints `'b\n'`.",
            r"capsys.readouterr().out == 'a\n'",
        ),
        (
            pair(value("1"), value("1", changed=(("__argument_0", "[2]"),))),
            "`f([1])` left its arguments as they are, now changes its argument to `[2]`.",
            "assert given == [1]",
        ),
    ],
)
def test_a_difference_has_words_and_a_test(difference: Pair, words: str, code: str) -> None:
    assert message(difference, claims_failure=True) == words
    test = next(iter(reproductions_of(difference, {"/p/program.py": "package.program"}, None)))
    ast.parse(test)
    assert "from package.program import f" in test
    assert code in test


def test_an_input_of_a_test_is_written_with_what_the_test_needs_and_no_more() -> None:
    text = (
        "import os\nimport pytest\nfrom shop import Cart, Other\n\n\n"
        "@pytest.fixture\ndef cart():\n    return Cart(2)\n\n\n@pytest.fixture\ndef other():\n    return Other()\n\n\n"
        "def test_one(cart, other):\n    assert cart.total() == 2\n\n\n"
        "def test_two():\n    assert True\n"
    )
    given = Input(target=-1, origin=Origin.TEST, call="cart.total(3)", node_id="test_shop.py::test_one")
    (test, *_) = reproductions_of(Pair(input=given, before=value("2"), after=value("3")), {}, text)
    assert "def test_one(cart):" in test
    assert "assert cart.total(3) == 2" in test
    assert "test_two" not in test
    assert "def other" not in test
    assert "import os" not in test


def test_calls_grow_by_their_first_container_and_steps_are_counted() -> None:
    given = Input(target=0, origin=Origin.TEST, call="f(1, ['a', 'b'])")
    calls = [ast.parse(item.call, mode="eval").body for item in grown(given)]
    assert [len(ast.literal_eval(call.args[1])) for call in calls] == list(SIZES)  # type: ignore[attr-defined] # calls
    assert grown(Input(target=0, origin=Origin.TEST, call="f(1)")) == []
    code = compile("for n in range(10):\n    pass\n", "counted.py", "exec")
    with counted_steps(frozenset({"counted.py"})) as once:
        exec(code)  # noqa: S102 - code of our own
    with counted_steps(frozenset({"other.py"})) as never:
        exec(code)  # noqa: S102 - code of our own
    assert once[0] > 20
    assert never[0] == 0


def test_a_constant_factor_is_not_slower_and_another_order_is() -> None:
    linear = [100 * size for size in SIZES]
    assert is_slower(linear, [10 * size * size for size in SIZES])
    assert not is_slower(linear, [5 * steps for steps in linear])
    assert not is_slower([10 * size * size for size in SIZES], linear)
    assert not is_slower(list(SIZES), [size * size // 10 for size in SIZES])


def test_questions_come_back_as_they_were_and_nonsense_is_refused() -> None:
    question = SideBySide(
        targets=(Target(file="/a.py", file_after="/b.py", name="f", name_after="g", calls=(("f(1)", "docstring"),)),),
        node_ids=("test_a.py::test",),
        before={"/a.py": "é"},
        after={},
        inputs=(Input(target=0, origin=Origin.TYPED, setup=("x = 1",), call="f(x)", imports=(("m", "f"),)),),
    )
    decoded = decode_question(encode_question(question))
    assert decoded.inputs == question.inputs
    assert decoded.targets[0].calls == (("f(1)", "docstring"),)
    for nonsense in (b"", b"[]", b'{"differing": [1]}', b'{"differing": [], "n_inputs": {"a": 1}}'):
        with pytest.raises(WorkerError):
            decode_compared(nonsense)


def test_a_function_that_is_called_like_its_module_is_imported_from_it() -> None:
    given = Input(target=0, origin=Origin.TYPED, call="last(1)", imports=(("/p/last.py", "last"), ("math", "math")))
    (test,) = reproductions_of(Pair(input=given, before=value("2"), after=value("3")), {"/p/last.py": "last"}, None)
    assert "from last import last\nimport math\n" in test


def test_what_others_see_of_an_object_is_the_same_however_it_is_kept() -> None:
    class Plain:
        def __init__(self) -> None:
            self.x, self._own = 1, 2

    class Slotted:
        __slots__ = ("_kept", "x")

        def __init__(self) -> None:
            self.x, self._kept = 1, 3

    class Computed:
        @property
        def x(self) -> int:
            return 1

        @property
        def fails(self) -> int:
            raise ValueError

    described = {describe(kind(), only_public=True).partition("(")[2] for kind in (Plain, Slotted, Computed)}
    assert described == {"x=1)"}
    assert describe(Plain()) == "Plain(_own=2, x=1)"
