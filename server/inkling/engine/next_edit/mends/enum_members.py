"""Members of enums that changed lines use and that their enum lacks, with a value as the others have it."""

import ast
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.mends.stubs import Stub
from inkling.engine.next_edit.reading.tree_parts import nodes_on
from inkling.engine.next_edit.situation import Situation

LEAST_MEMBERS = 2  # one alone shows no habit
ALIKE = 0.85  # similarity from which on two names may be one, in [0, 1]
CERTAINTY = 0.9
_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})


def missing_enum_members(
    situation: Situation, view: FileView, tree: ast.Module, ages: dict[int, int]
) -> Iterator[Stub]:
    """Yields members that changed lines take of an enum of this or another file."""
    seen: set[tuple[str, str]] = set()
    for node in nodes_on(tree, ages):
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=name, ctx=ast.Load()) if name.isupper():
                used_at = node.lineno - 1
                if used_at in ages and (owner, name) not in seen:
                    seen.add((owner, name))
                    yield from _member(situation, view, owner, name, used_at)
            case _:
                continue


def _member(situation: Situation, view: FileView, owner: str, name: str, used_at: int) -> Iterator[Stub]:
    found = [
        (other, node)
        for other in situation.files.values()
        if owner in other.lines_with and f"class {owner}(" in other.text and other.tree is not None
        for node in other.tree.body
        if isinstance(node, ast.ClassDef) and node.name == owner and _is_enum(node)
    ]
    if len(found) != 1 or (found[0][0] is not view and not _is_imported(view, owner)):
        return
    defining, enum = found[0]
    members = [
        each
        for each in enum.body
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name) and each.lineno == each.end_lineno
    ]
    bound = {target.id for each in enum.body if isinstance(each, ast.Assign) for target in _names(each)}
    if len(members) < LEAST_MEMBERS or get_close_matches(name, bound, n=1, cutoff=ALIKE):
        return  # it is there, or it is one that is there and was mistyped
    value = _value_like(name, members, defining.lines[members[-1].lineno - 1])
    if not value:
        return
    last = members[-1]
    lead = indentation(defining.lines[last.lineno - 1])
    yield Stub(
        uri=defining.uri,
        name=f"{owner}.{name}",
        line=last.lineno,
        lines=(f"{lead}{name} = {value}",),
        words=f"`{owner}` has no member `{name}` yet",
        used_at=used_at,
        certainty=CERTAINTY,
    )


def _is_enum(node: ast.ClassDef) -> bool:
    return any(
        (isinstance(base, ast.Name) and base.id in _ENUMS) or (isinstance(base, ast.Attribute) and base.attr in _ENUMS)
        for base in node.bases
    )


def _is_imported(view: FileView, name: str) -> bool:
    return any(line in view.import_lines for line in view.lines_with.get(name, ()))


def _names(assignment: ast.Assign) -> list[ast.Name]:
    return [target for target in assignment.targets if isinstance(target, ast.Name)]


def _value_like(name: str, members: Sequence[ast.Assign], line: str) -> str:
    """Returns the value of a member as the others have it; empty where they follow no rule.

    Args:
        name: The member.
        members: The others.
        line: The line of the last of them.
    """
    values = [each.value for each in members]
    if all(
        isinstance(value, ast.Call) and not value.args and ast.unparse(value.func).endswith("auto") for value in values
    ):
        return ast.unparse(values[0])
    constants = [value.value for value in values if isinstance(value, ast.Constant)]
    if len(constants) < len(values):
        return ""
    quote = "'" if line.rstrip().endswith("'") else '"'
    names = [target.id for each in members for target in _names(each)[:1]]
    for spell in (str.lower, str, str.title, lambda text: text.lower().replace("_", "-")):
        if [spell(each) for each in names] == constants:
            return f"{quote}{spell(name)}{quote}"
    numbers = [constant for constant in constants if type(constant) is int]
    if len(numbers) == len(constants) and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return str(numbers[-1] + 1)
    return ""
