"""What is known before the search: which lines are suspicious, and which constants and words are around them."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from inkling.engine.repair.lending import Borrower, Lent, lend
from inkling.engine.repair.nodes import Constant
from inkling.engine.repair.program import Program, SourceFile, line_range
from inkling.engine.repair.sites import Sites, find_sites
from inkling.engine.repair.templates.ideas import (
    N_EXPRESSIONS_OF_A_LARGE_PROGRAM,
    Surroundings,
    distinct,
    is_number,
)

_NUMBER = re.compile(r"(?<![\w.])-?\d{1,5}(?:\.\d+)?(?![\w])")
_QUOTED = re.compile(r"'([^'\n]{0,30})'|\"([^\"\n]{0,30})\"")
_LONGEST_STRING = 60
_N_DOCUMENTED = 15
_N_EXPECTED = 6
_N_NEARBY = 12
_N_BORROWERS = 6  # functions that are lent statements, the most suspicious ones
_OF_LETTERS = (96, 97, 26, 65)  # what arithmetic on letters needs: those before "a", "a" itself, how many, "A"
_SHARE_OF_DEFINITION = 0.4  # of the suspiciousness of the code that uses a constant of the module or class

Lines = Mapping[PurePosixPath, Mapping[int, float]]


def surroundings_of(
    program: Program, suspicious: Lines, tests: Iterable[str], others: Iterable[str] = ()
) -> Surroundings:
    """Returns what templates may know.

    Args:
        program: The program.
        suspicious: Suspiciousness by file and line.
        tests: Sources of the failing tests.
        others: Texts of other files of the workspace, nearest first.
    """
    lines = {file.path: _with_definitions(file, suspicious.get(file.path, {})) for file in program.files}
    sites = find_sites(program, lines)
    numbers: list[Constant] = []
    strings: list[Constant] = []
    documentation = ""
    files: dict[int, SourceFile] = {}
    for function, _, _ in sites.functions:
        files[id(program.file_of(function))] = program.file_of(function)
        documentation += (ast.get_docstring(function) or "") + "\n"
        for node in ast.walk(function):
            if isinstance(node, ast.Constant):
                if is_number(node.value):
                    numbers.append(node.value)  # type: ignore[arg-type]  # a number
                elif isinstance(node.value, str) and len(node.value) < _LONGEST_STRING:
                    strings.append(node.value)
    if any(isinstance(site.node, ast.Name) and site.node.id in ("ord", "chr") for site in sites.expressions):
        numbers += _OF_LETTERS
    documentation += "\n".join(_comments(file) for file in files.values())
    documented_numbers: list[Constant] = [
        float(text) if "." in text else int(text) for text in _NUMBER.findall(documentation)
    ]
    documented_strings: list[Constant] = [one or other for one, other in _QUOTED.findall(documentation)]
    sources = list(tests)
    return Surroundings(
        program=program,
        sites=sites,
        numbers=_numbers(numbers),
        numbers_nearby=_numbers_nearby(files.values(), numbers),
        strings=_strings(strings),
        documented_numbers=_numbers(documented_numbers)[:_N_DOCUMENTED],
        documented_strings=_strings(documented_strings)[:_N_DOCUMENTED],
        expected_strings=_expected_strings(sources),
        given_strings=_given_strings(sources),
        functions=_functions(program),
        lent=_lent(program, sites, others),
        is_large=len(sites.expressions) > N_EXPRESSIONS_OF_A_LARGE_PROGRAM,
    )


def _lent(program: Program, sites: Sites, others: Iterable[str]) -> dict[int, tuple[Lent, ...]]:
    most = sorted(sites.functions, key=lambda item: -item[2])[:_N_BORROWERS]
    borrowers = []
    for function, scope, _ in most:
        file = program.file_of(function)
        first, last = line_range(function)
        known = frozenset({*scope.names, *_names_of_module(file)})
        text = "\n".join(file.text.splitlines()[first - 1 : last])
        borrowers.append(Borrower(function=function, scope=scope, text=text, known=known))
    return lend(borrowers, others)


def _names_of_module(file: SourceFile) -> Iterator[str]:
    for statement in file.tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            yield from (
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            )


def _with_definitions(file: SourceFile, lines: Mapping[int, float]) -> dict[int, float]:
    """Returns the lines with those of module and class constants that suspicious code uses."""
    result = dict(lines)
    most_by_name: dict[str, float] = {}
    for unit in file.unit_of.values():
        first, last = line_range(unit.function)
        most = max((lines.get(line, 0.0) for line in range(first, last + 1)), default=0.0)
        if most > 0:
            for node in ast.walk(unit.function):
                name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", None)
                if name is not None:
                    most_by_name[name] = max(most, most_by_name.get(name, 0.0))
    for body in (file.tree.body, *(node.body for node in file.tree.body if isinstance(node, ast.ClassDef))):
        for statement in body:
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                bound = [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
                most = _SHARE_OF_DEFINITION * max((most_by_name.get(name, 0.0) for name in bound), default=0.0)
                first, last = line_range(statement)
                for line in range(first, last + 1):
                    # Imports run every such line in every test, which says nothing.
                    result[line] = most
    return result


def _numbers(values: list[Constant]) -> tuple[int | float, ...]:
    return tuple(value for value in distinct(values) if isinstance(value, int | float))


def _strings(values: list[Constant]) -> tuple[str, ...]:
    return tuple(value for value in distinct(values) if isinstance(value, str))


def _comments(file: SourceFile) -> str:
    try:
        tokens = tokenize.generate_tokens(io.StringIO(file.text).readline)
        return "\n".join(token.string for token in tokens if token.type == tokenize.COMMENT)
    except (tokenize.TokenError, SyntaxError):
        return ""


def _expected_strings(tests: Iterable[str]) -> tuple[str, ...]:
    found: list[Constant] = []
    for source in tests:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare):
                for side in node.comparators:
                    found += [
                        constant.value
                        for constant in ast.walk(side)
                        if isinstance(constant, ast.Constant)
                        and isinstance(constant.value, str)
                        and len(constant.value) < _LONGEST_STRING
                    ]
    return _strings(found)[:_N_EXPECTED]


def _given_strings(tests: Iterable[str]) -> tuple[str, ...]:
    found: list[Constant] = []
    for source in tests:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        passed = (argument for node in ast.walk(tree) if isinstance(node, ast.Call) for argument in node.args)
        found += [each.value for each in passed if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return tuple(text for text in _strings(found) if len(text) < _LONGEST_STRING)[:_N_EXPECTED]


def _numbers_nearby(files: Iterable[SourceFile], known: list[Constant]) -> tuple[int | float, ...]:
    """Returns numbers of the files that suspicious functions stand in, which these do not hold themselves."""
    found: list[Constant] = [
        node.value
        for file in files
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and is_number(node.value)
    ]
    return tuple(number for number in _numbers(found) if number not in known)[:_N_NEARBY]


def _functions(program: Program) -> tuple[str, ...]:
    found: Sequence[str] = [
        node.name for file in program.files for node in file.tree.body if isinstance(node, ast.FunctionDef)
    ]
    return tuple(dict.fromkeys(found))
