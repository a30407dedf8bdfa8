"""Values to try where nothing says what a parameter takes, by the shape that they have."""

from collections.abc import Sequence

from inkling.engine.review.behaviour.exchange import Target

_WORDS_IN_RECORDS = 4
_PLAIN = {
    "int": ("3", "1", "2", "0", "4", "-1", "7", "10", "100"),
    "text": (
        *("'abc'", "'a'", "'b'", "''", "'c'", "'Hello World'", "'a b a'", "'a=b=c'", "'12'", "'B, a'"),
        *("' x\\ty\\n'", "'1,2;3'", "'name: value'", "'Abba'"),
    ),
    "numbers": ("[3, 1, 2]", "[]", "[1]", "[2, 2, 1]", "[-1, -5, -2]", "[0, 5, 1, 0, 4]", "[1, 2, 3, 4, 5]"),
    "words": ("['b', 'a']", "[]", "['a']", "['a', 'b', 'a']", "['Abc', ' x ', '']", "['the', 'end', 'of', 'a']"),
    "fraction": ("1.5", "0.0", "0.25", "-2.5", "99.99"),
    "counts": ("{'a': 2, 'b': 1}", "{}", "{'a': 1}", "{'b': 0, 'a': 5, 'c': 5}"),
    "pairs": ("[(1, 3), (2, 5)]", "[]", "[(5, 6), (1, 2)]", "[(1, 2), (2, 3)]", "[(1, 9), (2, 3), (4, 4)]"),
    "named": ("[('a', 1), ('b', 2)]", "[('b', 2), ('a', 1), ('a', 3)]", "[('a', 0)]"),
    "grid": ("[[1, 2], [3, 4]]", "[[1]]", "[[1, 2, 3], [4, 5, 6]]", "[[0, 1], [1, 0], [1, 1]]"),
    "graph": ("{'a': ['b', 'c'], 'b': ['c'], 'c': []}", "{'a': []}", "{'a': ['b'], 'b': ['a']}"),
    "flag": ("True", "False"),
    "none": ("None",),
    "function": ("(lambda value: value)", "(lambda *values: values[-1])", "(lambda value: value > 1)", "len", "str"),
    "pair": ("(1, 2)", "(2, 1)", "(0, 0)", "(3, 3)"),
    "set": ("{1, 2}", "set()", "{2, 3, 5}"),
    "bytes": ("b'abc'", "b''", "b'\\x00\\xff'"),
    "day": ("__import__('datetime').date(2024, 2, 29)", "__import__('datetime').date(2023, 12, 31)"),
}
_HINTS = {
    "text": (
        "text",
        "string",
        "word",
        "name",
        "line",
        "key",
        "path",
        "sentence",
        "title",
        "message",
        "s",
        "char",
        "place",
        "goal",
        "room",
        "item",
    ),
    "int": (
        "n",
        "k",
        "i",
        "count",
        "size",
        "index",
        "number",
        "limit",
        "width",
        "height",
        "steps",
        "year",
        "x",
        "y",
        "start",
        "end",
        "low",
        "high",
        "score",
        "amount",
    ),
    "numbers": ("items", "values", "numbers", "nums", "list", "data", "array", "sequence", "scores"),
    "words": ("words", "names", "lines", "texts", "keys", "strings", "tokens"),
    "grid": ("grid", "matrix", "rows", "board", "table"),
    "graph": ("graph", "edges", "tree"),
    "function": ("function", "func", "key", "predicate", "callback", "step", "fn", "f"),
    "fraction": ("price", "amount", "rate", "total", "ratio"),
    "pairs": ("pairs", "intervals", "ranges", "points"),
    "counts": ("counts", "mapping", "config", "settings", "stock", "inventory"),
    "day": ("date", "day", "born", "today"),
}


def guesses_for(target: Target) -> dict[str, Sequence[str]]:
    """Returns values by shape, the one that tells most first, with the numbers and words of the code among them."""
    numbers = [str(number + step) for number in target.numbers[:16] for step in (0, 1, -1)]
    words = [repr(word) for word in target.words[:8]]
    shapes: dict[str, Sequence[str]] = {name: list(values) for name, values in _PLAIN.items()}
    shapes["int"] = list(dict.fromkeys([*shapes["int"], *numbers]))
    shapes["text"] = list(dict.fromkeys([*shapes["text"], *words]))
    if words:
        for name, kept in (("record", words[:_WORDS_IN_RECORDS]), ("short_record", words[:2])):
            records = [
                "{" + ", ".join(f"{word}: {value}" for word in kept) + "}" for value in ("3", "0", "'abc'", "2.5")
            ]
            shapes[name] = records
            shapes[f"{name}s"] = [f"[{records[0]}, {records[1]}]", "[]", f"[{records[2]}]", f"[{records[0]}]"]
    return shapes


def shapes_by_name(name: str) -> list[str]:
    """Returns the shapes that a parameter of that name mostly has; empty where the name says nothing."""
    parts = [name, *name.split("_")]
    return [shape for shape, names in _HINTS.items() if any(part in names for part in parts)]
