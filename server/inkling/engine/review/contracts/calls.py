"""Calls that do not fit what is called any more."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from inkling.core.change import ChangeSet
from inkling.core.counted import counted
from inkling.core.review import ReviewComment, Severity
from inkling.engine.review.changed_code import ChangedDefinition, Definition, Parameter, ParameterKind
from inkling.engine.review.contracts.references import Reference, constructions_of, module_uses, uses_of
from inkling.engine.review.contracts.reordered import of_reordered
from inkling.engine.review.contracts.results import of_coroutine, of_unpacking
from inkling.engine.review.contracts.signatures import misfit, taken_by
from inkling.engine.review.contracts.uses_comment import MOST_NAMED, comment_on, more, place, places
from inkling.engine.review.project_code import ProjectCode


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mismatch:
    """A call, and what is wrong with it."""

    use: Reference
    words: str


def of_changed_call(project: ProjectCode, pair: ChangedDefinition, changes: ChangeSet) -> Iterator[ReviewComment]:
    """Yields a comment where calls that fitted do not any more, mean something else, or hold a coroutine unawaited."""
    before, after, path = pair.before, pair.after, pair.path_after
    if before is None or after is None or path is None:
        return
    if isinstance(before.node, ast.ClassDef) or isinstance(after.node, ast.ClassDef):
        yield from _of_fields(project, pair, changes)
        return
    is_constructor = after.name == "__init__" and after.owner is not None
    uses = list(constructions_of(project, path, after) if is_constructor else uses_of(project, path, after))
    taken_before, taken_after = taken_by(before), taken_by(after)
    if taken_before is not None and taken_after is not None and taken_before != taken_after:
        yield from _of_misfits(pair, uses, taken_before, taken_after)
        yield from of_reordered(pair, uses, taken_before, taken_after, changes)
    yield from of_coroutine(pair, uses)
    yield from of_unpacking(pair, uses)
    yield from _of_default(pair, uses)


def _of_misfits(
    pair: ChangedDefinition, uses: Sequence[Reference], before: Sequence[Parameter], after: Sequence[Parameter]
) -> Iterator[ReviewComment]:
    broken = [
        _Mismatch(use=use, words=words)
        for use in uses
        if use.call is not None and misfit(use.call, before) is None and (words := misfit(use.call, after)) is not None
    ]
    if not broken:
        return
    name = pair.definition.qualified_name
    listed = ", ".join(f"{place(each.use)} {each.words}" for each in broken[:MOST_NAMED])
    yield comment_on(
        pair,
        rule="contract.call-does-not-fit",
        message=f"`{name}` takes other arguments now, and {counted(len(broken), 'call does', 'calls do')} not fit: "
        f"{listed}{more(broken)}.",
        uses=[each.use for each in broken],
        confidence=0.95,
    )


def _of_fields(project: ProjectCode, pair: ChangedDefinition, changes: ChangeSet) -> Iterator[ReviewComment]:
    """Yields a comment where a dataclass has other fields, or in another order, and calls of it do not go along."""
    before, after, path = pair.before, pair.after, pair.path_after
    if before is None or after is None or path is None:
        return
    taken_before, taken_after = _fields(before), _fields(after)
    if taken_before is None or taken_after is None or taken_before == taken_after:
        return
    uses = list(module_uses(project, path, after.name))
    yield from _of_misfits(pair, uses, taken_before, taken_after)
    yield from of_reordered(pair, uses, taken_before, taken_after, changes)


def _fields(definition: Definition) -> tuple[Parameter, ...] | None:
    """Returns what the constructor of a plain dataclass takes; None where more is to be known."""
    node = definition.node
    if not isinstance(node, ast.ClassDef) or node.bases or definition.owner is not None:
        return None
    made = [name for name in definition.decorators if name.split("(")[0].split(".")[-1] == "dataclass"]
    if len(made) != 1 or len(definition.decorators) != 1 or "init=False" in made[0]:
        return None
    kind = ParameterKind.KEYWORD_ONLY if "kw_only=True" in made[0] else ParameterKind.POSITIONAL_OR_KEYWORD
    fields = []
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            return None
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        annotation = ast.unparse(statement.annotation)
        if "ClassVar" in annotation or "KW_ONLY" in annotation or "InitVar" in annotation:
            return None
        default = None if statement.value is None else ast.unparse(statement.value)
        if default is not None and default.split("(")[0].split(".")[-1] == "field":
            if "init=" in default or "kw_only=" in default:
                return None
            default = default if "default" in default else None
        fields.append(Parameter(name=statement.target.id, kind=kind, default=default))
    return tuple(fields)


def _of_default(pair: ChangedDefinition, uses: Sequence[Reference]) -> Iterator[ReviewComment]:
    if pair.before is None or pair.after is None:
        return
    before = {parameter.name: parameter.default for parameter in pair.before.parameters}
    for parameter in pair.after.parameters:
        old = before.get(parameter.name)
        if old is None or parameter.default is None or old == parameter.default:
            continue
        silent = [use for use in uses if use.call is not None and not _passes(use.call, parameter, pair.after)]
        if silent:
            comment = comment_on(
                pair,
                rule="contract.default",
                message=f"`{parameter.name}` of `{pair.after.qualified_name}` is `{parameter.default}` by default now, "
                f"not `{old}`: {counted(len(silent), 'call leaves', 'calls leave')} it out ({places(silent)}).",
                uses=silent,
                confidence=0.45,
            )
            yield replace(comment, severity=Severity.NOTE, claims_failure=False)


def _passes(call: ast.Call, parameter: Parameter, definition: Definition) -> bool:
    if any(keyword.arg in (parameter.name, None) for keyword in call.keywords):
        return True
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return True
    taken = taken_by(definition) or ()
    names = [each.name for each in taken if each.kind is not ParameterKind.KEYWORD_ONLY]
    return parameter.name in names[: len(call.args)]
