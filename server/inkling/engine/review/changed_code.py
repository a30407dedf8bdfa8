"""Functions, methods and classes of changed files, before and after, matched with each other."""

import ast
import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cached_property
from pathlib import PurePosixPath

from inkling.context.parsing import parse
from inkling.core.change import ChangedFile, LineSpan

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_Key = tuple[str, int]  # a qualified name, and which of those that have it
_LEAST_LIKENESS = 0.6  # of the code of a definition that has another name now
_LEAST_LIKENESS_ELSEWHERE = 0.8  # of one that is in another file, too: the same few lines are in many files
_LEAST_COMPARED = 60  # characters of code; all shorter definitions are alike
_LONGEST_COMPARED = 20_000  # characters of code; longer definitions are matched by name alone


class ParameterKind(StrEnum):
    """How an argument is passed, as in `inspect`."""

    POSITIONAL_ONLY = "positional_only"
    POSITIONAL_OR_KEYWORD = "positional_or_keyword"
    VAR_POSITIONAL = "var_positional"
    KEYWORD_ONLY = "keyword_only"
    VAR_KEYWORD = "var_keyword"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter as it is written.

    Attributes:
        name: Without stars.
        kind: How its argument is passed.
        default: As code; None where there is none.
        annotation: As code; None where there is none.
    """

    name: str
    kind: ParameterKind
    default: str | None = None
    annotation: str | None = None

    @property
    def is_needed(self) -> bool:
        """Whether a call has to pass it."""
        return self.default is None and self.kind not in (ParameterKind.VAR_POSITIONAL, ParameterKind.VAR_KEYWORD)


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A function, a method or a class; functions within functions are part of those.

    Attributes:
        qualified_name: Such as `Cart.total`.
        node: Its syntax.
        owner: The class that it is in; None at module level.
        lines: From its first decorator to its last line.
    """

    qualified_name: str
    node: FunctionNode | ast.ClassDef
    owner: ast.ClassDef | None
    lines: LineSpan

    @property
    def name(self) -> str:
        """The name alone."""
        return self.node.name

    @property
    def is_method(self) -> bool:
        """Whether it is a function in a class, static ones included."""
        return self.owner is not None and not isinstance(self.node, ast.ClassDef)

    @property
    def decorators(self) -> tuple[str, ...]:
        """As code, without the `@`."""
        return tuple(ast.unparse(decorator) for decorator in self.node.decorator_list)

    @property
    def docstring(self) -> str:
        """Empty where there is none."""
        return ast.get_docstring(self.node) or ""

    @property
    def returns(self) -> str | None:
        """The annotation of what it returns, as code."""
        if isinstance(self.node, ast.ClassDef) or self.node.returns is None:
            return None
        return ast.unparse(self.node.returns)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """What it takes, `self` and `cls` included; nothing for a class."""
        return () if isinstance(self.node, ast.ClassDef) else tuple(_parameters(self.node.args))

    @cached_property
    def code(self) -> str:
        """What it does: without its name, docstrings, comments and annotations; of a class, without its methods."""
        return ast.unparse(_Bare().bare(self.node))


@dataclass(frozen=True, kw_only=True)
class ChangedDefinition:
    """A definition before and after; one of both may be missing.

    Attributes:
        path_before: The file that it was in; None where it was not there.
        path_after: The file that it is in; None where it is gone.
        before: As it was.
        after: As it is.
        lines_before: Changed lines in it, one-based, of the old text; in a class those that are in no method of it.
        lines_after: The same of the new text. Where lines only went, both lines beside the gap are meant by neither.
    """

    path_before: PurePosixPath | None
    path_after: PurePosixPath | None
    before: Definition | None
    after: Definition | None
    lines_before: tuple[int, ...] = ()
    lines_after: tuple[int, ...] = ()

    @property
    def definition(self) -> Definition:
        """As it is; as it was where it is gone."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a changed definition is there before or after")
        return found

    @property
    def path(self) -> PurePosixPath:
        """The file it is in; where it was if it is gone."""
        found = self.path_after or self.path_before
        if found is None:
            raise ValueError("a changed definition is in a file before or after")
        return found

    @property
    def is_same_code(self) -> bool:
        """Whether there is no behaviour to compare: only docstrings, comments, annotations or the format changed."""
        return self.before is not None and self.after is not None and self.before.code == self.after.code

    @property
    def is_renamed(self) -> bool:
        """Whether it has another name or place now."""
        if self.before is None or self.after is None:
            return False
        return (self.path_before, self.before.qualified_name) != (self.path_after, self.after.qualified_name)

    @property
    def line(self) -> int:
        """The first changed line in it, after the change; its own first line where lines only went."""
        if self.lines_after:
            return self.lines_after[0]
        return self.definition.node.lineno


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedCode:
    """The Python code that changed.

    Attributes:
        definitions: What was added, changed, renamed or is gone, by file and place; those of the same code and place
            are left out.
        module_lines_after: By file, changed lines after the change that are in no definition.
        unparsed: Files that do not parse, with the reason.
    """

    definitions: tuple[ChangedDefinition, ...]
    module_lines_after: dict[PurePosixPath, tuple[int, ...]] = field(default_factory=dict)
    unparsed: dict[PurePosixPath, str] = field(default_factory=dict)


def read_changed_code(files: Sequence[ChangedFile]) -> ChangedCode:
    """Returns the definitions that differ; other files than Python's are passed over."""
    pairs: list[ChangedDefinition] = []
    module_lines: dict[PurePosixPath, tuple[int, ...]] = {}
    unparsed: dict[PurePosixPath, str] = {}
    for file in files:
        if file.path.suffix not in (".py", ".pyi") or file.unreadable is not None:
            continue
        try:
            before = read_definitions(file.before or "")
            after = read_definitions(file.after or "")
        except (SyntaxError, ValueError, RecursionError) as error:
            unparsed[file.path] = _why(error)
            continue
        changed_after = [line for hunk in file.hunks for line in range(hunk.after.first, hunk.after.end)]
        inside = {line for definition in after for line in range(definition.lines.first, definition.lines.end)}
        module_lines[file.path] = tuple(line for line in changed_after if line not in inside)
        pairs += _matched_in(file, before, after)
    pairs = _matched_across(pairs)
    shown = [pair for pair in pairs if pair.lines_before or pair.lines_after or pair.is_renamed]
    return ChangedCode(definitions=tuple(shown), module_lines_after=module_lines, unparsed=unparsed)


def _why(error: SyntaxError | ValueError | RecursionError) -> str:
    """Returns why a text does not parse; it has no file name of its own."""
    return f"{error.msg}, line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else str(error)


def read_definitions(text: str) -> list[Definition]:
    """Returns the functions, methods and classes of a module, each class before its methods.

    Raises:
        SyntaxError: It does not parse.
        ValueError: It has a null character.
    """
    return list(_definitions(parse(text).body, "", None))


def is_touched_by(file: ChangedFile, definition: Definition) -> bool:
    """Tells whether a hunk changes lines of a definition as it is, a gap between two of its lines included."""
    lines = definition.lines
    return any(
        hunk.after.first < lines.end and hunk.after.end > lines.first
        if hunk.after.n_lines
        else lines.first < hunk.after.first < lines.end
        for hunk in file.hunks
    )


def _definitions(body: Sequence[ast.stmt], prefix: str, owner: ast.ClassDef | None) -> Iterator[Definition]:
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([statement.lineno, *(decorator.lineno for decorator in statement.decorator_list)])
            yield Definition(
                qualified_name=prefix + statement.name,
                node=statement,
                owner=owner,
                lines=LineSpan(first=first, n_lines=(statement.end_lineno or statement.lineno) - first + 1),
            )
            if isinstance(statement, ast.ClassDef):
                yield from _definitions(statement.body, f"{prefix}{statement.name}.", statement)
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            for block in ("body", "handlers", "orelse", "finalbody"):
                for inner in getattr(statement, block, ()):
                    within = inner.body if isinstance(inner, ast.ExceptHandler) else [inner]
                    yield from _definitions(within, prefix, owner)


def _matched_in(
    file: ChangedFile, before: Sequence[Definition], after: Sequence[Definition]
) -> list[ChangedDefinition]:
    """Returns the definitions of one file in pairs: by name, then by likeness; the rest alone."""
    lines_before = [line for hunk in file.hunks for line in range(hunk.before.first, hunk.before.end)]
    lines_after = [line for hunk in file.hunks for line in range(hunk.after.first, hunk.after.end)]
    by_key, after_by_key = _by_key(before), _by_key(after)
    matched: dict[_Key, Definition] = {}
    for key, definition in after_by_key.items():
        other = by_key.get(key)
        if other is not None and isinstance(other.node, ast.ClassDef) == isinstance(definition.node, ast.ClassDef):
            matched[key] = other
    gone = [definition for key, definition in by_key.items() if matched.get(key) is not definition]
    new = {id(definition): key for key, definition in after_by_key.items() if key not in matched}
    for one, other in _alike(gone, [after_by_key[key] for key in new.values()], _LEAST_LIKENESS):
        matched[new[id(other)]] = one
        gone.remove(one)

    def own(definition: Definition | None, all_of_file: Sequence[Definition], lines: Sequence[int]) -> tuple[int, ...]:
        if definition is None:
            return ()
        inner = [
            other.lines
            for other in all_of_file
            if other is not definition and other.qualified_name.startswith(f"{definition.qualified_name}.")
        ]
        return tuple(line for line in lines if line in definition.lines and not any(line in others for others in inner))

    pairs = [
        ChangedDefinition(
            path_before=(file.old_path or file.path) if key in matched else None,
            path_after=file.path,
            before=matched.get(key),
            after=definition,
            lines_before=own(matched.get(key), before, lines_before),
            lines_after=own(definition, after, lines_after),
        )
        for key, definition in after_by_key.items()
    ]
    return pairs + [
        ChangedDefinition(
            path_before=file.old_path or file.path,
            path_after=None,
            before=definition,
            after=None,
            lines_before=own(definition, before, lines_before),
        )
        for definition in gone
    ]


def _by_key(definitions: Sequence[Definition]) -> dict[_Key, Definition]:
    """Returns definitions by name and number: a property and its setter, or overloads, have one name."""
    counted: Counter[str] = Counter()
    keyed: dict[_Key, Definition] = {}
    for definition in definitions:
        keyed[definition.qualified_name, counted[definition.qualified_name]] = definition
        counted[definition.qualified_name] += 1
    return keyed


def _matched_across(pairs: Sequence[ChangedDefinition]) -> list[ChangedDefinition]:
    """Returns the pairs with those that went from one file to another put together."""
    gone = {id(pair.before): pair for pair in pairs if pair.after is None and pair.before is not None}
    new = {id(pair.after): pair for pair in pairs if pair.before is None and pair.after is not None}
    befores = [pair.before for pair in gone.values() if pair.before is not None]
    afters = [pair.after for pair in new.values() if pair.after is not None]
    moved = {id(other): one for one, other in _alike(befores, afters, _LEAST_LIKENESS_ELSEWHERE)}
    left = {id(one) for one in moved.values()}
    put_together = []
    for pair in pairs:
        source = moved.get(id(pair.after)) if pair.after is not None else None
        if source is not None:
            old = gone[id(source)]
            pair = ChangedDefinition(
                path_before=old.path_before,
                path_after=pair.path_after,
                before=source,
                after=pair.after,
                lines_before=old.lines_before,
                lines_after=pair.lines_after,
            )
        if pair.after is not None or id(pair.before) not in left:
            put_together.append(pair)
    return put_together


def _alike(gone: Sequence[Definition], new: Sequence[Definition], least: float) -> list[tuple[Definition, Definition]]:
    """Returns pairs of like definitions, the likest first, none twice."""
    scored = []
    for one in gone:
        for other in new:
            if type(one.node) is type(other.node) and max(len(one.code), len(other.code)) <= _LONGEST_COMPARED:
                likeness = _likeness(one, other)
                if likeness >= least:
                    scored.append((likeness, one, other))
    pairs: list[tuple[Definition, Definition]] = []
    for _, one, other in sorted(scored, key=lambda item: -item[0]):
        if all(one is not taken and other is not used for taken, used in pairs):
            pairs.append((one, other))
    return pairs


def _likeness(one: Definition, other: Definition) -> float:
    if min(len(one.code), len(other.code)) < _LEAST_COMPARED:
        return float(one.code == other.code)
    matcher = SequenceMatcher(None, one.code, other.code, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() > 0.5 and matcher.quick_ratio() > 0.5 else 0.0


def _parameters(arguments: ast.arguments) -> Iterator[Parameter]:
    positional = [*arguments.posonlyargs, *arguments.args]
    n_without = len(positional) - len(arguments.defaults)
    for at, argument in enumerate(positional):
        is_only = at < len(arguments.posonlyargs)
        yield _parameter(
            argument,
            ParameterKind.POSITIONAL_ONLY if is_only else ParameterKind.POSITIONAL_OR_KEYWORD,
            arguments.defaults[at - n_without] if at >= n_without else None,
        )
    if arguments.vararg is not None:
        yield _parameter(arguments.vararg, ParameterKind.VAR_POSITIONAL, None)
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(argument, ParameterKind.KEYWORD_ONLY, default)
    if arguments.kwarg is not None:
        yield _parameter(arguments.kwarg, ParameterKind.VAR_KEYWORD, None)


def _parameter(argument: ast.arg, kind: ParameterKind, default: ast.expr | None) -> Parameter:
    return Parameter(
        name=argument.arg,
        kind=kind,
        default=None if default is None else ast.unparse(default),
        annotation=None if argument.annotation is None else ast.unparse(argument.annotation),
    )


class _Bare(ast.NodeTransformer):
    """Takes away what does not run: docstrings and annotations; the methods of a class are definitions of their own."""

    def bare(self, node: FunctionNode | ast.ClassDef) -> ast.AST:
        """Returns a copy of a definition without its name and what does not run."""
        copied = copy.deepcopy(node)
        copied.name = "_"
        if isinstance(copied, ast.ClassDef):
            copied.body = [
                statement
                for statement in copied.body
                if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            ] or [ast.Pass()]
            self._drop_docstring(copied)
            return copied  # annotations of a class are its fields: a dataclass is made of them
        bare = self.visit(copied)
        return bare if isinstance(bare, ast.AST) else copied

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._drop_docstring(node)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return node  # it makes the name local
        assignment = ast.Assign(targets=[node.target], value=node.value)
        return self.generic_visit(ast.copy_location(assignment, node))

    def _function(self, node: FunctionNode) -> ast.AST:
        self._drop_docstring(node)
        node.returns = None
        return self.generic_visit(node)

    @staticmethod
    def _drop_docstring(node: FunctionNode | ast.ClassDef) -> None:
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
