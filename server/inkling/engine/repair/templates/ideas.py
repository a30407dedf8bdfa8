"""What a template says: a change of one place and how likely it is the repair, before anything was run."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from inkling.engine.repair.lending import Lent
from inkling.engine.repair.nodes import Constant
from inkling.engine.repair.program import Change, Program
from inkling.engine.repair.sites import ExpressionSite, Sites, StatementSite

N_EXPRESSIONS_OF_A_LARGE_PROGRAM = 90  # above it, templates that multiply names with names are left to the synthesis


class Idea(NamedTuple):
    """Another expression in place of one.

    Attributes:
        kind: The template's name.
        prior: Probability-like weight of the template, in (0, 1].
        node: What takes the place.
        size: How much is changed, 1 for a smallest change.
    """

    kind: str
    prior: float
    node: ast.expr
    size: int = 1


class Rewrite(NamedTuple):
    """A change that is more than one expression.

    Attributes:
        kind: The template's name.
        prior: Weight of the template.
        changes: What is changed.
        size: How much is changed.
        least_suspiciousness: The place counts at least this much: what is wrong with a block is seldom its head.
        imports: Statements that must stand among the imports of the place's file.
    """

    kind: str
    prior: float
    changes: tuple[Change, ...]
    size: int = 1
    least_suspiciousness: float = 0.0
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What templates know beside the place itself.

    Attributes:
        program: All files.
        sites: All places.
        numbers: Numbers that the suspicious functions hold.
        numbers_nearby: Further numbers, of other code in the same files.
        strings: Strings that they hold.
        documented_numbers: Numbers in their docstrings and comments.
        documented_strings: Strings there.
        expected_strings: Strings that failing tests expect.
        given_strings: Strings that they pass.
        functions: Functions of the modules, by name.
        lent: Statements from elsewhere in the workspace, by the `id` of the function that they are lent to.
        is_large: Whether the suspicious code is so large that costly templates are left out.
    """

    program: Program
    sites: Sites
    numbers: tuple[int | float, ...]
    numbers_nearby: tuple[int | float, ...]
    strings: tuple[str, ...]
    documented_numbers: tuple[int | float, ...]
    documented_strings: tuple[str, ...]
    expected_strings: tuple[str, ...]
    given_strings: tuple[str, ...]
    functions: tuple[str, ...]
    lent: Mapping[int, tuple[Lent, ...]] = field(hash=False)
    is_large: bool


ExpressionTemplate = Callable[[ExpressionSite, Surroundings], Iterator[Idea]]
StatementTemplate = Callable[[StatementSite, Surroundings], Iterator[Rewrite]]
ProgramTemplate = Callable[[Surroundings], Iterator[Rewrite]]


def is_number(value: object) -> bool:
    """Tells whether a constant's value is a number, which a truth value is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def distinct(values: list[Constant]) -> list[Constant]:
    """Returns the values without repetitions; 1, 1.0 and True are three."""
    return [value for _, value in dict.fromkeys((type(value), value) for value in values)]
