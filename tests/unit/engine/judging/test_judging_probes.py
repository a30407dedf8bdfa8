import ast
import textwrap
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest

from inkling.engine.judging.probes import (
    RAISES,
    SEE,
    Probe,
    ProbedTest,
    bind_parameters,
    instrument,
    make_probes,
    probe_of_call,
)
from inkling.engine.judging.properties import property_probes


def add(a: int, b: int) -> int:
    return a + b


def probed(code: str, names: dict[str, object] | None = None) -> ProbedTest:
    function = ast.parse(textwrap.dedent(code)).body[0]
    assert isinstance(function, ast.FunctionDef)
    return ProbedTest(node_id="test_x.py::test_x", function=function, names=names or {"add": add})


def run(probe: Probe, names: dict[str, object]) -> list[object]:
    """What a probe sees, by observation."""
    seen: list[object] = [None] * len(probe.shown)

    def see(number: int, function: Callable[[], object]) -> None:
        seen[number] = function()

    @contextmanager
    def raises(number: int) -> Any:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - as the worker's
            seen[number] = type(error)

    namespace: dict[str, Any] = {**names, SEE: see, RAISES: raises}
    exec(probe.source, namespace)  # noqa: S102 - what a probe is for
    namespace["probe"]()
    return seen


def check(code: str, shown: tuple[str, ...], seen: list[object]) -> None:
    source = probed(code)
    probe = instrument(source, source.function)
    assert probe.shown == shown
    assert run(probe, {"add": add, "pytest": pytest}) == seen


def test_assertions_become_observations() -> None:
    check("def test_x():\n    assert add(1, 2) == 3", ("add(1, 2)",), [3])


def test_both_sides_are_seen_unless_literal() -> None:
    check("def test_x():\n    assert add(1, 2) == add(2, 1)", ("add(1, 2)", "add(2, 1)"), [3, 3])


def test_what_leads_there_is_shown_and_nothing_else() -> None:
    check(
        """
        def test_x():
            other = 7
            total = add(1, 1)
            total = add(total, 1)
            assert total > 2
        """,
        ("total = add(1, 1); total = add(total, 1); total",),
        [3],
    )


def test_expected_exceptions_are_observations() -> None:
    check(
        """
        def test_x():
            with pytest.raises(TypeError):
                add("a", 1)
        """,
        ("add('a', 1)",),
        [TypeError],
    )


def test_an_assertion_in_a_loop_is_seen_and_not_shown() -> None:
    check("def test_x():\n    for n in (1, 2):\n        assert add(n, 0) == n", ("", ""), [2, 2])


def test_unittest_assertions_are_observations() -> None:
    code = "def test_x(self):\n    self.assertEqual(add(1, 2), 3)"
    source = probed(code)
    assert instrument(source, source.function).shown == ("add(1, 2)",)


def test_probes_differ_in_inputs_and_not_in_expectations() -> None:
    source = probed("def test_x():\n    assert add(20, 30) == 50")
    probes = make_probes([source], n=20, seed=0, numbers=[])
    assert probes[0].is_original
    assert probes[0].shown == ("add(20, 30)",)
    assert len({probe.source for probe in probes}) == len(probes) > 15
    assert probes == make_probes([source], n=20, seed=0, numbers=[])


def test_a_test_without_inputs_has_itself_only() -> None:
    def nothing() -> int:
        return 1

    source = probed("def test_x():\n    assert nothing() == 1", {"nothing": nothing})
    assert len(make_probes([source], n=20, seed=0, numbers=[])) == 1


def test_parameters_are_inputs_but_not_those_that_are_expected() -> None:
    source = probed("def test_x(a, want):\n    assert add(a, 1) == want")
    bound = bind_parameters(source, {"a": 5, "want": 6})
    assert instrument(bound, bound.function).shown == ("a = 5; add(a, 1)", "want = 6; want")
    varied = make_probes([bound], n=15, seed=0, numbers=[])[1:]
    assert len({probe.shown[0] for probe in varied}) > 8
    assert {probe.shown[1] for probe in varied} == {"want = 6; want"}


def test_annotated_parameters_get_values_of_their_type() -> None:
    def greet(name: str, times: int) -> str:
        return name * times

    source = probed("def test_x():\n    assert greet('', 2) == ''", {"greet": greet})
    probes = make_probes([source], n=40, seed=0, numbers=[])
    texts = {ast.literal_eval(probe.shown[0][len("greet") :])[0] for probe in probes}
    assert len(texts) > 3


def test_properties_are_tried_on_generated_inputs() -> None:
    names: dict[str, object] = {"sorted": sorted, "encode": lambda text: text[::-1], "decode": lambda text: text[::-1]}
    source = probed("def test_x():\n    assert encode('abc') == 'cba'", names)
    probes = make_probes([source], n=5, seed=0, numbers=[])
    tried = property_probes(probes, {source.node_id: source}, names)
    words = {text for text, _ in tried}
    assert "decode turns the result of encode back" in words
    assert all(run(probe, names) == [True] for text, probe in tried if text.startswith("decode"))


def test_a_call_that_is_none_is_refused() -> None:
    source = probed("def test_x():\n    pass")
    assert run(probe_of_call(source, "add(2, 2)"), {"add": add}) == [4]
    with pytest.raises(SyntaxError):
        probe_of_call(source, "add(2, ")
