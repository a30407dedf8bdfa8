"""Statements of functions elsewhere in the workspace, made to fit into a function that they resemble.

Files that share rare words with a function are parsed, and their functions compared with it token by token. What the
most similar ones say is taken over with their names exchanged for those that play the same part here: parameters by
their place, others by their name. What needs a module that is not imported here brings the import along.
"""

import ast
import builtins
import copy
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from inkling.engine.language.lexer import is_line_break, lex
from inkling.engine.repair.nodes import placed
from inkling.engine.repair.program import FunctionNode, line_range
from inkling.engine.repair.sites import Scope, names_bound_in

_READ_S = 0.8  # for all of it, whatever there is
_N_PARSED = 16  # files that are parsed: those that share most words with what is suspicious
_N_FUNCTIONS = 12  # lenders of one function
_N_STATEMENTS = 40  # that one function is lent
_LEAST_LIKENESS = 0.3
_LONGEST_TOKENS = 800  # of a lender; what is longer resembles everything a little
_MOST_NODES = 40  # of a statement that is lent
_N_STAND_INS = 3  # names of this function that are tried for one that has no counterpart here
_WORD = re.compile(r"[^\W\d]\w{2,}")
_UNTELLING = frozenset({*"()[]{},.:=", "def", "return", "if", "for", "in", "self"})
_ALWAYS_KNOWN = frozenset({*dir(builtins), "self", "cls"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """A statement that may be what a function lacks.

    Attributes:
        statement: It, with the names of the function that it is lent to.
        likeness: How much its own function resembles that one, in (0, 1].
        imports: What must be imported for it.
    """

    statement: ast.stmt
    likeness: float
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrower:
    """A function that is lent to.

    Attributes:
        function: It.
        scope: What is around its body.
        text: Its source.
        known: Names that mean something in it.
    """

    function: FunctionNode
    scope: Scope
    text: str
    known: frozenset[str]


def lend(borrowers: Sequence[Borrower], texts: Iterable[str]) -> dict[int, tuple[Lent, ...]]:
    """Returns what each borrower is lent, by the `id` of its function, the likeliest first.

    Args:
        borrowers: The suspicious functions.
        texts: Files of the workspace, nearest first; they are read for less than a second.
    """
    give_up_at_s = time.monotonic() + _READ_S
    lenders = list(_lenders(_most_alike(borrowers, texts, give_up_at_s), give_up_at_s)) if borrowers else []
    return {id(borrower.function): tuple(_lent_to(borrower, lenders)) for borrower in borrowers if lenders}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lender:
    function: FunctionNode
    tokens: Counter[str]
    imports: Mapping[str, str]


def _most_alike(borrowers: Sequence[Borrower], texts: Iterable[str], give_up_at_s: float) -> list[str]:
    """Returns the texts that share most words with the borrowers, words that are in many texts counting less."""
    wanted = {word for borrower in borrowers for word in _WORD.findall(borrower.text)}
    n_texts: Counter[str] = Counter()
    shared = []
    for text in texts:
        if time.monotonic() > give_up_at_s:
            break
        words = wanted.intersection(_WORD.findall(text))
        n_texts.update(words)
        shared.append((text, words))
    shared.sort(key=lambda item: -sum(1 / n_texts[word] for word in item[1]))
    return [text for text, words in shared[:_N_PARSED] if words]


def _lenders(texts: Iterable[str], give_up_at_s: float) -> Iterator[_Lender]:
    for text in texts:
        if time.monotonic() > give_up_at_s:
            return
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        lines = text.splitlines()
        imports = _imports(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first, last = line_range(node)
                tokens = _telling_tokens("\n".join(lines[first - 1 : last]))
                if tokens.total() <= _LONGEST_TOKENS:
                    yield _Lender(function=node, tokens=tokens, imports=imports)


def _imports(tree: ast.Module) -> dict[str, str]:
    """Returns the statements that bind names at the head of a file, by name; relative ones mean nothing elsewhere."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.split(".")[0]] = ast.unparse(ast.Import([alias]))
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module != "__future__":
            for alias in node.names:
                found[alias.asname or alias.name] = ast.unparse(ast.ImportFrom(node.module, [alias], 0))
    return found


def _lent_to(borrower: Borrower, lenders: Sequence[_Lender]) -> Iterator[Lent]:
    own = _telling_tokens(borrower.text)
    alike = sorted(((_likeness(own, lender.tokens), at) for at, lender in enumerate(lenders)), reverse=True)
    seen = {ast.dump(node) for node in ast.walk(borrower.function) if isinstance(node, ast.stmt)}
    n_lent = 0
    for likeness, at in alike[:_N_FUNCTIONS]:
        if likeness < _LEAST_LIKENESS:
            return
        for statement in _small_statements(lenders[at].function):
            for lent in _fitted(statement, lenders[at], borrower):
                shape = ast.dump(lent.statement)
                if shape not in seen:
                    seen.add(shape)
                    n_lent += 1
                    yield replace(lent, likeness=likeness)
                if n_lent >= _N_STATEMENTS:
                    return


def _telling_tokens(text: str) -> Counter[str]:
    """Returns the tokens that tell one function from another: every one has brackets and commas."""
    return Counter(token for token in lex(text) if not is_line_break(token) and token.strip() not in _UNTELLING)


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """Returns the share of the tokens that both have, in [0, 1]. Source: Dice's coefficient, of multisets."""
    return 2 * (one & other).total() / max(1, one.total() + other.total())


def _small_statements(function: FunctionNode) -> Iterator[ast.stmt]:
    kinds = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.If, ast.Raise)
    for node in ast.walk(function):
        if not isinstance(node, kinds) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue
        inside = list(ast.walk(node))
        if len(inside) <= _MOST_NODES and not any(
            isinstance(each, ast.Yield | ast.YieldFrom | ast.Await | ast.Lambda | ast.NamedExpr) for each in inside
        ):
            yield node


def _fitted(statement: ast.stmt, lender: _Lender, borrower: Borrower) -> Iterator[Lent]:
    """Yields the statement with names that mean something in the borrower; nothing where that cannot be."""
    names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
    own = {node.id for node in names if _binds_inside(statement, node.id)}
    used = dict.fromkeys(node.id for node in names if node.id not in own)
    local = names_bound_in(lender.function)
    by_place = _counterparts(lender.function, borrower.function)
    exchanged: dict[str, str] = {}
    imports: list[str] = []
    strangers: list[str] = []
    for name in used:
        if name in local:
            if name in by_place:
                exchanged[name] = by_place[name]
            elif name not in borrower.known:
                strangers.append(name)
        elif name not in borrower.known and name not in _ALWAYS_KNOWN:
            if name not in lender.imports:
                return
            imports.append(lender.imports[name])
    is_alone = not any(name in borrower.known or name in exchanged for name in used) and not isinstance(
        statement, ast.Return | ast.Raise
    )
    uses_self = "self" in used and "self" not in _parameters(borrower.function)
    if len(strangers) > 1 or (is_alone and not strangers) or uses_self:
        return
    for stand_ins in _stand_ins(strangers, exchanged, borrower):
        fitted = _Renamer({**exchanged, **stand_ins}).visit(copy.deepcopy(statement))
        for node in ast.walk(fitted):
            if hasattr(node, "lineno"):
                placed(node)
        yield Lent(statement=fitted, likeness=1.0, imports=tuple(dict.fromkeys(imports)))


def _stand_ins(strangers: Sequence[str], exchanged: Mapping[str, str], borrower: Borrower) -> Iterator[dict[str, str]]:
    if not strangers:
        yield {}
        return
    free = [name for name in borrower.scope.names if name.isidentifier() and name not in exchanged.values()]
    for name in free[:_N_STAND_INS]:
        yield {strangers[0]: name}


def _counterparts(lender: FunctionNode, borrower: FunctionNode) -> dict[str, str]:
    """Returns parameters of the borrower by those of the lender: of the same name, else of the same place."""
    own, others = _parameters(borrower), _parameters(lender)
    rest = [name for name in own if name not in (*others, "self", "cls")]
    found = {name: name for name in others if name in own}
    found.update(zip((name for name in others if name not in (*own, "self", "cls")), rest, strict=False))
    return found


def _binds_inside(statement: ast.stmt, name: str) -> bool:
    """Tells whether a comprehension within the statement binds the name."""
    return any(
        isinstance(target, ast.Name) and target.id == name
        for node in ast.walk(statement)
        if isinstance(node, ast.comprehension)
        for target in ast.walk(node.target)
    )


def _parameters(function: FunctionNode) -> list[str]:
    arguments = function.args
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node
