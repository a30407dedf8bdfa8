"""Single import statements: their parts as they are written, and those of several lines with other names in them."""

import ast
from collections.abc import Mapping, Sequence

from inkling.engine.next_edit.file_view import indentation

ImportStatement = ast.Import | ast.ImportFrom


def written_module(node: ImportStatement) -> str:
    """Returns the module of a statement as it is written; of several the first."""
    if isinstance(node, ast.Import):
        return node.names[0].name
    return "." * node.level + (node.module or "")


def item_of(alias: ast.alias) -> str:
    """Returns a name of a statement as it is written."""
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def rewrapped(node: ImportStatement, lines: Sequence[str], items: Sequence[str], first_line: int) -> list[str] | None:
    """Returns a statement of several lines with other names in it, its layout and comments kept.

    None for a layout that cannot be kept, such as one without parentheses.
    """
    by_line: dict[int, list[str]] = {}
    for alias in node.names:
        by_line.setdefault(alias.lineno - 1 - first_line, []).append(item_of(alias))
    if "(" not in lines[0]:
        return None
    if all(len(names) == 1 for names in by_line.values()) and 0 not in by_line:
        return _one_name_a_line(lines, by_line, items)
    return _packed(lines, by_line, items)


def _one_name_a_line(lines: Sequence[str], by_line: Mapping[int, list[str]], items: Sequence[str]) -> list[str]:
    line_of = {names[0]: lines[number] for number, names in by_line.items()}
    lead = indentation(lines[min(by_line)])
    first, last = min(by_line), max(by_line)
    comments = [lines[number] for number in range(first, last + 1) if number not in by_line]
    has_last_comma = "," in lines[last].partition("#")[0]
    written = [line_of.get(item, f"{lead}{item},") for item in items]
    if not has_last_comma:
        written = [_with_comma(line, is_wanted=number < len(written) - 1) for number, line in enumerate(written)]
    return [*lines[:first], *comments, *written, *lines[last + 1 :]]


def _with_comma(line: str, *, is_wanted: bool) -> str:
    code, mark, comment = line.partition("#")
    bare = code.rstrip()
    has_paren = bare.endswith(")")
    bare = bare.rstrip(")").rstrip(",")
    tail = code[len(code.rstrip()) :] if mark else ""
    return bare + ("," if is_wanted else "") + (")" if has_paren else "") + tail + mark + comment


def _packed(lines: Sequence[str], by_line: Mapping[int, list[str]], items: Sequence[str]) -> list[str] | None:
    """Adds names on the line of their neighbour and takes others out, without moving the rest to other lines."""
    if any("#" in line for line in lines):
        return None
    rows = [(number, list(by_line[number])) for number in sorted(by_line)]
    kept = set(items)
    old = {name for _, names in rows for name in names}
    for _, names in rows:
        names[:] = [name for name in names if name in kept]
    previous = ""
    for item in items:
        if item not in old:
            row = next((names for _, names in rows if previous in names), rows[0][1])
            row.insert(row.index(previous) + 1 if previous in row else 0, item)
        previous = item
    by_row = dict(rows)
    last_row = max((number for number, names in rows if names), default=0)
    ends_with_comma = lines[max(by_line)].partition(")")[0].rstrip().endswith(",")
    found: list[str] = []
    for number, line in enumerate(lines):
        if number not in by_row:
            found.append(line)
            continue
        names = by_row[number]
        start = line.find("(") + 1 if number == 0 else len(indentation(line))
        tail = line[line.find(")") :] if ")" in line else ""
        comma = "," if number != last_row or ends_with_comma else ""
        if names:
            found.append(line[:start] + ", ".join(names) + comma + tail)
        elif number == 0:
            found.append(line[:start] + tail)
        elif tail:
            found[-1] = found[-1].rstrip(", ") + tail
    return found
