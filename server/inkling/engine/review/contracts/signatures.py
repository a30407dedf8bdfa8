"""Whether a call fits what a function takes.

Source: The Python Language Reference, section 6.3.4 (Calls), how arguments are assigned to parameters.
"""

import ast
from collections.abc import Sequence

from inkling.core.counted import counted
from inkling.engine.review.changed_code import Definition, Parameter, ParameterKind

_BY_POSITION = (ParameterKind.POSITIONAL_ONLY, ParameterKind.POSITIONAL_OR_KEYWORD)
_PLAIN_DECORATORS = frozenset(
    {"staticmethod", "classmethod", "functools.cache", "cache", "functools.lru_cache", "lru_cache", "override"}
)


def taken_by(definition: Definition) -> tuple[Parameter, ...] | None:
    """Returns what callers pass to a function or method; None where decorators may change that."""
    if not all(decorator.split("(")[0] in _PLAIN_DECORATORS for decorator in definition.decorators):
        return None
    parameters = definition.parameters
    if definition.is_method and "staticmethod" not in definition.decorators:
        return parameters[1:]
    return parameters


def positional(parameters: Sequence[Parameter]) -> list[Parameter]:
    """Returns those that may be passed by position, in their order."""
    return [parameter for parameter in parameters if parameter.kind in _BY_POSITION]


def misfit(call: ast.Call, parameters: Sequence[Parameter]) -> str | None:
    """Returns what is wrong with the arguments of a call, in words; None where nothing is, or nobody can say."""
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return None
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    places = positional(parameters)
    takes_more = any(parameter.kind is ParameterKind.VAR_POSITIONAL for parameter in parameters)
    takes_any_keyword = any(parameter.kind is ParameterKind.VAR_KEYWORD for parameter in parameters)
    if len(call.args) > len(places) and not takes_more:
        taken = f"{len(places)} {'is' if len(places) == 1 else 'are'} taken"
        return f"passes {counted(len(call.args), 'argument')} by position, and {taken}"
    given = {parameter.name for parameter in places[: len(call.args)]}
    by_name = {parameter.name for parameter in parameters if _takes_keyword(parameter)}
    for keyword in call.keywords:
        name = keyword.arg or ""
        if name in by_name and name in given:
            return f"passes `{name}` twice"
        if name not in by_name and not takes_any_keyword:
            return f"passes `{name}`, which is not taken"
        given.add(name)
    missing = [parameter.name for parameter in parameters if parameter.is_needed and parameter.name not in given]
    return f"does not pass `{missing[0]}`" if missing else None


def _takes_keyword(parameter: Parameter) -> bool:
    return parameter.kind in (ParameterKind.POSITIONAL_OR_KEYWORD, ParameterKind.KEYWORD_ONLY)
