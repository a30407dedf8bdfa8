"""Inputs made smaller: literals made simpler one at a time, and steps left out."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace

from inkling.engine.judging.values import is_literal
from inkling.engine.review.behaviour.exchange import Input

_MOST_ITEMS = 6  # of a container that are left out or made simpler one by one
_MOST = 48  # candidates for one input


def smaller(given: Input) -> list[Input]:
    """Returns inputs that are simpler than one, the simplest first."""
    found: dict[str, Input] = {}
    for at in range(len(given.setup)):
        if not given.setup[at].startswith(("def ", "class ", "@")):
            fewer = replace(given, setup=(*given.setup[:at], *given.setup[at + 1 :]))
            found.setdefault(fewer.shown, fewer)
    for at, statement in enumerate(given.setup):
        for text in _simpler_code(statement, "exec"):
            changed = replace(given, setup=(*given.setup[:at], text, *given.setup[at + 1 :]))
            found.setdefault(changed.shown, changed)
    for text in _simpler_code(given.call, "eval"):
        changed = replace(given, call=text)
        found.setdefault(changed.shown, changed)
    return sorted((item for item in found.values() if item.size < given.size), key=lambda item: item.size)[:_MOST]


def _simpler_code(code: str, mode: str) -> Iterator[str]:
    try:
        tree = ast.parse(code, mode=mode)
    except SyntaxError:
        return
    for literal in list(_literals(tree)):
        for value in simpler_values(ast.literal_eval(literal)):
            yield ast.unparse(_replaced(tree, {id(literal): ast.parse(repr(value), mode="eval").body}))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for keyword in list(node.keywords):
                kept = [item for item in node.keywords if item is not keyword]
                shorter = ast.Call(func=node.func, args=node.args, keywords=kept)
                yield ast.unparse(_replaced(tree, {id(node): shorter}))


def _literals(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.expr) and is_literal(node):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _literals(child)


def _replaced(tree: ast.AST, replacements: Mapping[int, ast.expr]) -> ast.AST:
    """Returns a copy with some nodes replaced."""

    def copied(node: ast.AST) -> ast.AST:
        if id(node) in replacements:
            return replacements[id(node)]
        fields = {
            name: [copied(item) if isinstance(item, ast.AST) else item for item in value]
            if isinstance(value, list)
            else copied(value)
            if isinstance(value, ast.AST)
            else value
            for name, value in ast.iter_fields(node)
        }
        return type(node)(**fields)

    return ast.fix_missing_locations(copied(tree))


def simpler_values(value: object) -> Iterator[object]:
    """Returns simpler values of the same kind, the simplest first."""
    match value:
        case bool():
            if value:
                yield False
        case int():
            yield from (near for near in (0, 1, value // 2 if value > 0 else -(-value // 2)) if abs(near) < abs(value))
            if value < 0:
                yield -value
            elif value > 2:
                yield value - 1
        case float():
            yield from (near for near in (0.0, 1.0, float(int(value)) if abs(value) < 1e15 else 0.0) if near != value)
        case str() if value:
            yield value[:0]
            yield value[: len(value) // 2]
            if len(value) > 1:
                yield value[len(value) // 2 :]
            for at in range(min(len(value), 2 * _MOST_ITEMS)):
                yield value[:at] + value[at + 1 :]
        case bytes() if value:
            yield b""
            yield value[: len(value) // 2]
        case list():
            if value:
                yield []
                yield value[: len(value) // 2]
                for at in range(min(len(value), _MOST_ITEMS)):
                    yield value[:at] + value[at + 1 :]
                yield from (list(items) for items in _simpler_items(value))
        case tuple():
            yield from (tuple(items) for items in _simpler_items(list(value)))
        case set() if value:
            yield set()
            ordered = sorted(value, key=repr)
            for at in range(min(len(ordered), _MOST_ITEMS)):
                yield set(ordered[:at] + ordered[at + 1 :])
        case dict():
            for key in list(value)[:_MOST_ITEMS]:
                yield {other: item for other, item in value.items() if other != key}
            for key in list(value)[:_MOST_ITEMS]:
                for item in _few(simpler_values(value[key])):
                    yield {**value, key: item}


def _simpler_items(items: list[object]) -> Iterator[list[object]]:
    for at in range(min(len(items), _MOST_ITEMS)):
        for item in _few(simpler_values(items[at])):
            yield [*items[:at], item, *items[at + 1 :]]


def _few(values: Iterator[object]) -> Iterator[object]:
    for _, value in zip(range(3), values, strict=False):
        yield value
