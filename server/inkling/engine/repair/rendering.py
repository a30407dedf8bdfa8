"""The text of a change: edits of the user's own source, as small as they can be.

The new tree is compared with the old one, and only what differs is written anew: an expression in its place, lines that
come and go in a block. Nodes that stayed are copied from the old text with their formatting. Whatever comes out is
parsed and compared with the tree that was run: where they differ more parentheses, then whole statements are tried, and
a text that never agrees is no patch at all.
"""

import ast
import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher

from inkling.core.edit import TextEdit
from inkling.core.text import split_lines
from inkling.engine.repair.nodes import copied, origin_of
from inkling.engine.repair.program import Change, Program, SourceFile, line_range, rebuilt

_HOLE = "inkling_hole_{}_"
_HOLES = re.compile(r"inkling_hole_(\d+)_")
_BLOCKS = ("body", "orelse", "finalbody")
_STEP = "    "
_ATOMS = (
    ast.Name,
    ast.Constant,
    ast.Call,
    ast.Attribute,
    ast.Subscript,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.JoinedStr,
)


def edits_for(
    program: Program, file: SourceFile, changes: Sequence[Change], imports: Sequence[str]
) -> list[TextEdit] | None:
    """Returns the edits of a file that make a change, in order; None where no text says what the tree says.

    Args:
        program: The program.
        file: The file.
        changes: The changes in this file.
        imports: Statements to add to its imports.
    """
    edits: list[TextEdit] = []
    if changes:
        tree = rebuilt(file.tree, changes, file)
        wanted = ast.dump(tree)
        for in_parentheses, is_coarse in ((False, False), (True, False), (True, True)):
            writer = _Writer(program, file, in_parentheses=in_parentheses, is_coarse=is_coarse)
            try:
                edits = writer.edits(tree)
            except UnwritableError:
                continue
            if _dump(_applied(file.text, edits)) == wanted:
                break
        else:
            return None
    if imports:
        edits.append(_import_edit(file, imports))
        edits.sort(key=lambda edit: edit.offset)
    return edits


class UnwritableError(Exception):
    """A piece cannot be written in its place; the piece around it must be written anew."""


class _Writer:
    def __init__(self, program: Program, file: SourceFile, *, in_parentheses: bool, is_coarse: bool) -> None:
        self._program = program
        self._file = file
        self._in_parentheses = in_parentheses
        self._is_coarse = is_coarse
        self._lines = split_lines(file.text)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self._line_break = "\r\n" if self._lines and self._lines[0].endswith("\r\n") else "\n"
        self._edits: list[TextEdit] = []

    def edits(self, tree: ast.Module) -> list[TextEdit]:
        """Returns the edits that make `tree` of the file, in order.

        Raises:
            UnwritableError: There are none of this kind.
        """
        self._block(self._file.tree, "body", tree.body)
        edits = [_trimmed(self._file.text, edit) for edit in self._edits]
        return sorted((edit for edit in edits if edit.n_removed or edit.inserted), key=lambda edit: edit.offset)

    def _block(self, owner: ast.AST, field: str, new: Sequence[ast.stmt]) -> None:
        old: list[ast.stmt] = getattr(owner, field)
        if len(old) == len(new) and all(one is other for one, other in zip(old, new, strict=True)):
            return
        if not old:
            self._new_else(owner, new)
            return
        if not new:
            self._no_else(owner, old)
            return
        if self._is_elif(old[0]) and not (len(new) == 1 and origin_of(new[0]) is old[0]):
            raise UnwritableError("an elif is no statement of its own")
        matcher = SequenceMatcher(
            None, [id(node) for node in old], [id(origin_of(node)) for node in new], autojunk=False
        )
        indent = self._indent_of(old[0])
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            if tag == "equal":
                for before, after in zip(old[i1:i2], new[j1:j2], strict=True):
                    self._statement(before, after)
                continue
            if tag == "replace" and i2 - i1 == j2 - j1 == 1 and self._is_simple_pair(old[i1], new[j1]):
                self._replace(self._start(old[i1]), self._end(old[i1]), self._simple_text(new[j1], indent))
                continue
            text = "".join(self._statement_text(node, indent) for node in new[j1:j2])
            if i1 < i2:
                start, end = self._whole_lines(old[i1], old[i2 - 1])
                self._replace(start, end, text)
            elif i1 < len(old):
                start, _ = self._whole_lines(old[i1], old[i1])
                self._replace(start, start, text)
            else:
                self._append_after(old[-1], text)

    def _statement(self, old: ast.stmt, new: ast.stmt) -> None:
        if old is new:
            return
        n_edits = len(self._edits)
        try:
            if self._is_coarse or type(old) is not type(new):
                raise UnwritableError("written anew")
            for field, before in ast.iter_fields(old):
                after = getattr(new, field)
                if field in _BLOCKS and isinstance(before, list):
                    self._block(old, field, after)
                elif field in ("handlers", "cases"):
                    self._parts(before, after)
                else:
                    self._field(before, after)
        except UnwritableError:
            del self._edits[n_edits:]
            if self._is_simple_pair(old, new):
                self._replace(self._start(old), self._end(old), self._simple_text(new, self._indent_of(old)))
                return
            start, end = self._whole_lines(old, old)
            self._replace(start, end, self._statement_text(new, self._indent_of(old)))

    def _parts(self, before: Sequence[ast.AST], after: Sequence[ast.AST]) -> None:
        if len(before) != len(after):
            raise UnwritableError("another number of handlers")
        for old, new in zip(before, after, strict=True):
            if old is not new:
                self._block(old, "body", new.body)  # type: ignore[attr-defined]  # handlers and cases have one

    def _field(self, before: object, after: object) -> None:
        if before is after:
            return
        if isinstance(before, ast.expr) and isinstance(after, ast.expr):
            self._expression(before, after)
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            for old, new in zip(before, after, strict=True):
                self._field(old, new)
        elif isinstance(before, ast.AST) and type(before) is type(after):
            if isinstance(before, ast.expr_context):
                return
            for field, value in ast.iter_fields(before):
                self._field(value, getattr(after, field))
        elif before != after or type(before) is not type(after):
            raise UnwritableError("no expression changed")

    def _expression(self, old: ast.expr, new: ast.expr) -> None:
        if old is new:
            return
        if origin_of(new) is old and type(old) is type(new) and not isinstance(old, ast.JoinedStr):
            n_edits = len(self._edits)
            try:
                for field, value in ast.iter_fields(old):
                    self._field(value, getattr(new, field))
                return
            except UnwritableError:
                del self._edits[n_edits:]
        if self._is_in_text(old):
            raise UnwritableError("places within an f-string are not known")
        text = self._expression_text(new)
        if self._in_parentheses and not isinstance(new, _ATOMS):
            text = f"({text})"
        self._replace(self._offset(old.lineno, old.col_offset), self._end(old), text)

    def _expression_text(self, node: ast.expr) -> str:
        """Returns an expression's text, with pieces of the old text where nodes are the old ones."""
        holes: list[ast.expr] = []
        shape = ast.unparse(_with_holes(self._program, node, holes, self._is_in_text))
        plain = _HOLES.sub(lambda match: self._segment(holes[int(match[1])]), shape)
        if _dump_expression(plain) == ast.dump(node):
            return plain
        return _HOLES.sub(lambda match: self._bracketed(holes[int(match[1])]), shape)

    def _bracketed(self, node: ast.expr) -> str:
        segment = self._segment(node)
        return segment if isinstance(node, _ATOMS) else f"({segment})"

    def _segment(self, node: ast.expr) -> str:
        return self._file.text[self._offset(node.lineno, node.col_offset) : self._end(node)]

    def _statement_text(self, node: ast.stmt, indent: str) -> str:
        """Returns whole lines for a statement that is new at this place."""
        source = origin_of(node)
        if isinstance(source, ast.stmt) and self._program.is_original(source) and _is_same(source, node):
            start, end = self._whole_lines(source, source)
            return self._reindented(self._file.text[start:end], self._indent_of(source), indent)
        if isinstance(node, ast.If | ast.For | ast.While | ast.With):
            return self._compound_text(node, indent)
        if getattr(node, "body", None) is not None:
            lines = ast.unparse(ast.fix_missing_locations(node)).splitlines()
            return "".join(f"{indent}{line}{self._line_break}" for line in lines)
        return f"{indent}{self._simple_text(node, indent)}{self._line_break}"

    def _compound_text(self, node: ast.If | ast.For | ast.While | ast.With, indent: str) -> str:
        holes: list[ast.expr] = []
        bare = copied(node, body=[ast.Pass()])
        if not isinstance(bare, ast.With):
            bare.orelse = []
        shape = ast.unparse(_with_holes(self._program, bare, holes, self._is_in_text))
        head = _HOLES.sub(lambda match: self._bracketed(holes[int(match[1])]), shape.removesuffix("pass").rstrip())
        inner = indent + _STEP
        text = f"{indent}{head}{self._line_break}" + "".join(self._statement_text(each, inner) for each in node.body)
        orelse = [] if isinstance(node, ast.With) else node.orelse
        if orelse:
            text += f"{indent}else:{self._line_break}" + "".join(self._statement_text(each, inner) for each in orelse)
        return text

    def _simple_text(self, node: ast.stmt, indent: str) -> str:
        holes: list[ast.expr] = []
        shape = ast.unparse(_with_holes(self._program, node, holes, self._is_in_text))
        plain = _HOLES.sub(lambda match: self._segment(holes[int(match[1])]), shape)
        if _dump_statement(plain) != ast.dump(node):
            plain = _HOLES.sub(lambda match: self._bracketed(holes[int(match[1])]), shape)
        return plain.replace("\n", self._line_break + indent) if "\n" in shape else plain

    def _new_else(self, owner: ast.AST, new: Sequence[ast.stmt]) -> None:
        if not isinstance(owner, ast.If | ast.For | ast.While):
            raise UnwritableError("a block is missing")
        indent = self._indent_of(owner)
        if self._is_elif(owner):
            indent = " " * owner.col_offset
        inner = self._indent_of(owner.body[0])
        text = f"{indent}else:{self._line_break}" + "".join(self._statement_text(each, inner) for each in new)
        self._append_after(owner.body[-1], text)

    def _no_else(self, owner: ast.AST, old: Sequence[ast.stmt]) -> None:
        if not isinstance(owner, ast.If | ast.For | ast.While):
            raise UnwritableError("a block is gone")
        first_line = (owner.body[-1].end_lineno or owner.body[-1].lineno) + 1
        self._whole_lines(owner.body[-1], owner.body[-1])
        _, end = self._whole_lines(old[-1], old[-1])
        self._replace(self._starts[first_line - 1], end, "")

    def _append_after(self, node: ast.stmt, text: str) -> None:
        _, end = self._whole_lines(node, node)
        if end and not self._file.text[:end].endswith(("\n", "\r")):
            text = self._line_break + text.removesuffix(self._line_break)
        self._replace(end, end, text)

    def _whole_lines(self, first: ast.stmt, last: ast.stmt) -> tuple[int, int]:
        """Returns the offsets around the lines of statements.

        Raises:
            UnwritableError: Something else stands on them.
        """
        first_line, _ = line_range(first)
        _, last_line = line_range(last)
        before = self._lines[first_line - 1][: self._start(first) - self._starts[first_line - 1]]
        after = self._file.text[self._end(last) : self._starts[last_line]].strip()
        if (before.strip() and not before.strip().startswith("@")) or (after and not after.startswith("#")):
            raise UnwritableError("several statements on a line")
        if self._is_elif(first):
            raise UnwritableError("an elif is no statement of its own")
        return self._starts[first_line - 1], self._starts[last_line]

    def _is_simple_pair(self, old: ast.stmt, new: ast.stmt) -> bool:
        return getattr(old, "body", None) is None and getattr(new, "body", None) is None

    def _is_elif(self, node: ast.stmt) -> bool:
        return isinstance(node, ast.If) and self._file.text.startswith("elif", self._start(node))

    def _is_in_text(self, node: ast.AST) -> bool:
        parent = self._program.parent_of(node)
        while isinstance(parent, ast.expr):
            if isinstance(parent, ast.JoinedStr):
                return True
            parent = self._program.parent_of(parent)
        return False

    def _indent_of(self, node: ast.stmt) -> str:
        line = self._lines[line_range(node)[0] - 1]
        return line[: len(line) - len(line.lstrip(" \t\f"))]

    def _reindented(self, text: str, old: str, new: str) -> str:
        if old == new:
            result = text
        else:
            result = "".join(
                new + line[len(old) :] if line.startswith(old) and line.strip() else line for line in split_lines(text)
            )
        return result if result.endswith(("\n", "\r")) else result + self._line_break

    def _start(self, node: ast.stmt) -> int:
        decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
        nodes: list[ast.stmt | ast.expr] = [node, *decorators]
        first = min(nodes, key=lambda each: each.lineno)
        return self._offset(first.lineno, first.col_offset)

    def _end(self, node: ast.stmt | ast.expr) -> int:
        return self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def _offset(self, line: int, column: int) -> int:
        """Returns the offset of a place as the parser tells it: columns count bytes in UTF-8."""
        text = self._lines[line - 1]
        if not text.isascii():
            column = len(text.encode("utf-8")[:column].decode("utf-8", "ignore"))
        return self._starts[line - 1] + column

    def _replace(self, start: int, end: int, text: str) -> None:
        self._edits.append(TextEdit(offset=start, n_removed=end - start, inserted=text))


def _with_holes(
    program: Program, node: ast.AST, holes: list[ast.expr], is_in_text: Callable[[ast.AST], bool]
) -> ast.AST:
    """Returns the node with names in place of old expressions, which are put in `holes`."""
    if isinstance(node, ast.expr) and program.is_original(node) and not is_in_text(node):
        if not isinstance(getattr(node, "ctx", None), ast.Store | ast.Del) and not isinstance(node, ast.Starred):
            holes.append(node)
            return ast.Name(_HOLE.format(len(holes) - 1), ast.Load())
        return node
    changes: dict[str, object] = {}
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            changes[field] = _with_holes(program, value, holes, is_in_text)
        elif isinstance(value, list):
            changes[field] = [
                _with_holes(program, child, holes, is_in_text) if isinstance(child, ast.AST) else child
                for child in value
            ]
    return copied(node, **changes)


def _is_same(old: ast.AST, new: ast.AST) -> bool:
    return old is new or all(value is getattr(new, field) for field, value in ast.iter_fields(old))


def _applied(text: str, edits: Sequence[TextEdit]) -> str:
    pieces = []
    place = 0
    for edit in edits:
        if edit.offset < place:
            return ""
        pieces += [text[place : edit.offset], edit.inserted]
        place = edit.end
    return "".join([*pieces, text[place:]])


def _dump(text: str) -> str:
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError):
        return ""


def _dump_expression(text: str) -> str:
    try:
        return ast.dump(ast.parse(f"({text})", mode="eval").body)
    except (SyntaxError, ValueError):
        return ""


def _dump_statement(text: str) -> str:
    try:
        body = ast.parse(f"async def f():\n while 1:\n  {text}").body[0].body[0].body  # type: ignore[attr-defined]
    except (SyntaxError, ValueError):
        return ""
    return ast.dump(body[0]) if len(body) == 1 else ""


def _trimmed(text: str, edit: TextEdit) -> TextEdit:
    """Returns the edit without what it puts back as it was, at its ends, by whole words."""
    removed, inserted = text[edit.offset : edit.end], edit.inserted
    old, new = re.findall(r"\w+|\s+|.", removed), re.findall(r"\w+|\s+|.", inserted)
    n_same = 0
    while n_same < min(len(old), len(new)) and old[n_same] == new[n_same]:
        n_same += 1
    n_before = sum(map(len, old[:n_same]))
    old, new = old[n_same:], new[n_same:]
    n_same = 0
    while n_same < min(len(old), len(new)) and old[-1 - n_same] == new[-1 - n_same]:
        n_same += 1
    n_after = sum(map(len, old[len(old) - n_same :]))
    return TextEdit(
        offset=edit.offset + n_before,
        n_removed=edit.n_removed - n_before - n_after,
        inserted=inserted[n_before : len(inserted) - n_after],
    )


def _import_edit(file: SourceFile, imports: Sequence[str]) -> TextEdit:
    """Returns the edit that adds imports after those that the file begins with."""
    lines = split_lines(file.text)
    after = 0
    for statement in file.tree.body:
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and after == 0
        if not is_text and not isinstance(statement, ast.Import | ast.ImportFrom):
            break
        after = statement.end_lineno or statement.lineno
    line_break = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    text = "".join(f"{each}{line_break}" for each in imports)
    offset = sum(map(len, lines[:after]))
    if after and not lines[after - 1].endswith(("\n", "\r")):
        text = line_break + text
    return TextEdit(offset=offset, n_removed=0, inserted=text)
