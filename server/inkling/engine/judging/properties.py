"""Properties that many right functions have, as expressions to be tried on generated inputs.

They prove nothing; they are told to the user as evidence. Source: the kinds of Property-Generated Solver and of
Hypothesis' own ghostwriter.
"""

import ast
from collections.abc import Mapping, Sequence

from inkling.engine.judging.probes import Probe, ProbedTest, probe_of_call
from inkling.engine.judging.values import is_literal

LEAST_INPUTS = 5  # a property that held on fewer says nothing
_INVERSES = (
    ("encode", "decode"),
    ("dump", "load"),
    ("pack", "unpack"),
    ("compress", "decompress"),
    ("serialize", "deserialize"),
    ("encrypt", "decrypt"),
    ("escape", "unescape"),
    ("to_", "from_"),
    ("parse", "format"),
    ("split", "join"),
)


def property_probes(
    probes: Sequence[Probe], tests: Mapping[str, ProbedTest], names: Mapping[str, object]
) -> list[tuple[str, Probe]]:
    """Returns properties in words with a probe for each input that they can be tried on.

    Args:
        probes: Those to take inputs from: of those that show one call with literals, its arguments.
        tests: The tests they were made of, by pytest's name.
        names: What the names in those calls stand for.
    """
    tried = []
    for probe in probes:
        call = _only_call(probe)
        if call is not None:
            tried += [
                (words, probe_of_call(tests[probe.node_id], f"bool({expression})"))
                for words, expression in _properties_of(call, names)
            ]
    return tried


def _only_call(probe: Probe) -> ast.Call | None:
    """Returns the call that a probe makes, where it is one of a plain name with a literal first."""
    if len(probe.shown) != 1 or not probe.shown[0]:
        return None
    try:
        call = ast.parse(probe.shown[0], mode="eval").body
    except SyntaxError:
        return None
    match call:
        case ast.Call(func=ast.Name(), args=[first, *_]) if is_literal(first):
            return call
        case _:
            return None


def _properties_of(call: ast.Call, names: Mapping[str, object]) -> list[tuple[str, str]]:
    function, argument, whole = ast.unparse(call.func), ast.unparse(call.args[0]), ast.unparse(call)
    rest = [ast.unparse(item) for item in (*call.args[1:], *call.keywords)]
    again = f"{function}({', '.join([whole, *rest])})"
    found = [(f"{function} on its own result changes nothing", f"{again} == {whole}")]
    if isinstance(call.args[0], ast.List | ast.Tuple) or _is_text(call.args[0]):
        found += [
            (f"{function} keeps the length", f"len({whole}) == len({argument})"),
            (f"{function} keeps the items", f"sorted({whole}) == sorted({argument})"),
            (f"{function} answers in order", f"list({whole}) == sorted({whole})"),
        ]
    if isinstance(call.args[0], ast.List | ast.Dict):
        changed = f"(lambda given: ({function}({', '.join(['given', *rest])}), given)[1])({argument}) == {argument}"
        found.append((f"{function} leaves its input as it was", changed))
    for there, back in (pair for one, other in _INVERSES for pair in ((one, other), (other, one))):
        inverse = function.replace(there, back)
        if there in function and callable(names.get(inverse)):
            found.append(
                (f"{inverse} turns the result of {function} back", f"{inverse}({whole}) == {argument}"),
            )
    return found


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
