"""New syntax tree nodes, made from little pieces of source text with holes for nodes that exist.

Nodes are never changed after they were made: mutants share them with each other and with the program's own tree.
"""

import ast
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TypeVar

Constant = str | int | float | bool | None
Node = TypeVar("Node", bound=ast.AST)

# The compiler asks for a place of every node; all new ones have this one, and nobody reads it.
_PLACE = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}
_ORIGIN = "_inkling_origin"


def placed(node: Node) -> Node:
    """Returns the node, after it was given the place that all new nodes have."""
    node.__dict__.update(_PLACE)
    return node


def name(identifier: str) -> ast.expr:
    """Returns the use of a name, which may be dotted, such as `self.total`."""
    return expression(identifier)


def constant(value: Constant) -> ast.expr:
    """Returns a constant; a negative number is a minus sign before a positive one, as the parser has it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
        return placed(ast.UnaryOp(ast.USub(), constant(-value)))
    return placed(ast.Constant(value))


def expression(template: str, x: ast.expr | None = None, y: ast.expr | None = None) -> ast.expr:
    """Returns the expression that `template` says, with `x` and `y` in place of the names `X_` and `Y_`."""
    parsed = _parsed_expression(template)
    if x is None:
        return parsed
    filled = _filled(parsed, x, y if y is not None else x)
    assert isinstance(filled, ast.expr)  # noqa: S101 - an expression stays one
    return filled


def statements(source: str) -> list[ast.stmt]:
    """Returns the statements that `source` says; the nodes are shared by all who ask for the same."""
    return list(_parsed_statements(source))


def moved(statement: ast.stmt) -> ast.stmt:
    """Returns a twin of a statement for another place."""
    return copied(statement)


def copied(node: Node, **changes: object) -> Node:
    """Returns a new node with the same children, apart from `changes`; it knows the node that it is made from."""
    twin = node.__class__.__new__(node.__class__)
    fields = twin.__dict__
    fields[_ORIGIN] = node
    fields.update(node.__dict__)
    fields.update(changes)
    return twin


def origin_of(node: ast.AST) -> ast.AST:
    """Returns the node that this one was first copied from; itself if it was not."""
    origin = node.__dict__.get(_ORIGIN, node)
    assert isinstance(origin, ast.AST)  # noqa: S101 - `copied` puts nodes there
    return origin


def call(function: ast.expr, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword] = ()) -> ast.Call:
    """Returns a call."""
    return placed(ast.Call(function, list(arguments), list(keywords)))


def keyword(argument: str, value: ast.expr) -> ast.keyword:
    """Returns an argument by keyword."""
    return placed(ast.keyword(argument, value))


def swapped(nodes: Iterable[Node], i: int, j: int) -> list[Node]:
    """Returns the nodes with two of them in each other's place."""
    result = list(nodes)
    result[i], result[j] = result[j], result[i]
    return result


def without(nodes: Iterable[Node], i: int) -> list[Node]:
    """Returns the nodes but one."""
    result = list(nodes)
    del result[i]
    return result


@cache
def _parsed_expression(template: str) -> ast.expr:
    parsed = ast.parse(template, mode="eval").body
    _place_all(parsed)
    return parsed


@cache
def _parsed_statements(source: str) -> tuple[ast.stmt, ...]:
    body = ast.parse(source).body
    for statement in body:
        _place_all(statement)
    return tuple(body)


def _place_all(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            placed(node)


def _filled(node: ast.AST, x: ast.AST, y: ast.AST) -> ast.AST:
    if node.__class__ is ast.Name:
        identifier = node.__dict__["id"]
        if identifier == "X_":
            return x
        if identifier == "Y_":
            return y
    twin = node.__class__.__new__(node.__class__)
    for field, value in node.__dict__.items():
        if isinstance(value, ast.AST):
            twin.__dict__[field] = _filled(value, x, y)
        elif isinstance(value, list):
            twin.__dict__[field] = [_filled(child, x, y) if isinstance(child, ast.AST) else child for child in value]
        else:
            twin.__dict__[field] = value
    return twin
