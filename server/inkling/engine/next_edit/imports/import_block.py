"""The import statements of a file, and how they look with other names in them."""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.imports.import_index import STANDARD_LIBRARY
from inkling.engine.next_edit.imports.import_statements import ImportStatement, item_of, rewrapped, written_module
from inkling.engine.next_edit.imports.import_style import ImportStyle, is_adjacent, is_sorted, style_of

FUTURE, STANDARD, THIRD_PARTY, FIRST_PARTY, RELATIVE = range(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenImport:
    """An import as it is written in a file.

    Attributes:
        module: The module, with leading dots where it is relative.
        member: What is taken from it; empty for `import module`.
        alias: The name given by `as`; empty without one.
        for_types: Whether it belongs into the file's `if TYPE_CHECKING:`.
    """

    module: str
    member: str = ""
    alias: str = ""
    for_types: bool = False

    @property
    def item(self) -> str:
        """The name as it stands behind `import`."""
        name = self.member or self.module
        return f"{name} as {self.alias}" if self.alias else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """Lines that come in the place of others; `first_line` to before `end_line`, zero-based."""

    first_line: int
    end_line: int
    lines: tuple[str, ...]


def is_type_checking(node: ast.stmt) -> bool:
    """Returns whether a statement is `if TYPE_CHECKING:`, which only type checkers go into."""
    if not isinstance(node, ast.If) or node.orelse:
        return False
    test = node.test
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


class ImportBlock:
    """The imports at the top of one file. Lines are zero-based throughout."""

    def __init__(self, view: FileView, tree: ast.Module, own_roots: frozenset[str]) -> None:
        """Looks at a file.

        Args:
            view: The file.
            tree: Its tree, line for line.
            own_roots: First parts of the project's own modules.
        """
        self._view = view
        self._tree = tree
        self._own_roots = own_roots

    @cached_property
    def statements(self) -> list[ImportStatement]:
        """Those at the left margin, before the first definition that follows them."""
        return [node for node in self._tree.body if isinstance(node, ast.Import | ast.ImportFrom)]

    @cached_property
    def type_checking(self) -> ast.If | None:
        """The file's `if TYPE_CHECKING:` with imports."""
        for node in self._tree.body:
            if is_type_checking(node) and any(
                isinstance(inner, ImportStatement) for inner in getattr(node, "body", ())
            ):
                return node if isinstance(node, ast.If) else None
        return None

    @cached_property
    def typing_statements(self) -> list[ImportStatement]:
        """The imports within it."""
        body = self.type_checking.body if self.type_checking else []
        return [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]

    @cached_property
    def style(self) -> ImportStyle:
        """How the file writes imports."""
        return style_of(self._view, [*self.statements, *self.typing_statements])

    @cached_property
    def has_postponed_annotations(self) -> bool:
        """Whether annotations are not evaluated."""
        return any(
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in self.statements
        )

    def category(self, module: str) -> int:
        """Returns the block that a module as it is written belongs to, in the usual order."""
        root = module.partition(".")[0]
        if not root:
            return RELATIVE
        if root == "__future__":
            return FUTURE
        if root in self._own_roots:
            return FIRST_PARTY
        return STANDARD if root in STANDARD_LIBRARY else THIRD_PARTY

    def statement_for(self, written: WrittenImport) -> ast.ImportFrom | None:
        """Returns the statement that a name can be added to."""
        if not written.member or (self.style.is_one_name_each and not written.for_types):
            return None
        places = self.typing_statements if written.for_types else self.statements
        for node in places:
            if isinstance(node, ast.ImportFrom) and written_module(node) == written.module:
                return node if node.names[0].name != "*" else None
        return None

    def replacements(
        self, added: Iterable[WrittenImport], removed: Iterable[tuple[ImportStatement, ast.alias]]
    ) -> list[Replacement]:
        """Returns the lines that change when names are added and removed, in order, neighbours as one."""
        dropped: dict[ImportStatement, set[str]] = {}
        for node, alias in removed:
            dropped.setdefault(node, set()).add(item_of(alias))
        merged: dict[ImportStatement, list[str]] = {node: [] for node in dropped}
        statements: dict[tuple[str, bool, bool], list[str]] = {}
        for each in added:
            node_for = self.statement_for(each)
            if node_for is not None:
                merged.setdefault(node_for, []).append(each.item)
            else:
                is_alone = not each.member or self.style.is_one_name_each
                key = (each.module + (f" {each.item}" if is_alone else ""), bool(each.member), each.for_types)
                statements.setdefault(key, []).append(each.item)
        found = [self._changed(node, merged[node], dropped.get(node, set())) for node in merged]
        gone = {node for node in merged if not merged[node] and _all_dropped(node, dropped.get(node, set()))}
        first_of_all: list[tuple[str, tuple[str, ...]]] = []
        for (module, is_from, for_types), items in statements.items():
            written = module.partition(" ")[0]
            lines = self._new_statement(written, items, is_from, for_types)
            if self.statements or for_types:
                found.append(self._placed(written, lines, is_from=is_from, for_types=for_types, gone=gone))
            else:
                first_of_all.append((written, lines))
        if first_of_all:
            found.append(self._first_of_all(self._in_blocks(first_of_all)))
        return [self._without_second_blank(each) for each in joined(self._without_empty_blocks(found, gone))]

    def _in_blocks(self, statements: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
        """Returns the lines of statements in the usual order, with a blank line between categories."""
        ordered = sorted(statements, key=lambda each: (self.category(each[0]), each[1][0].startswith("from "), each[0]))
        found: list[str] = []
        for number, (module, lines) in enumerate(ordered):
            if number and self.category(module) != self.category(ordered[number - 1][0]):
                found.append("")
            found += lines
        return tuple(found)

    def _changed(self, node: ImportStatement, added: Sequence[str], dropped: set[str]) -> Replacement:
        kept = [item_of(alias) for alias in node.names if item_of(alias) not in dropped]
        first, end = node.lineno - 1, node.end_lineno or node.lineno
        if not kept and not added:
            return Replacement(first_line=first, end_line=end, lines=())
        for item in added:
            kept.insert(self._position(kept, item), item)
        lines = self._view.lines[first:end]
        if len(lines) > 1:
            wrapped = rewrapped(node, lines, kept, first)
            if wrapped is not None and all(len(line) <= self.style.width or line in lines for line in wrapped):
                return Replacement(first_line=first, end_line=end, lines=tuple(wrapped))
        lead = indentation(lines[0])
        comment = _trailing_comment(lines[-1], node)
        text = f"{lead}{self._head(node)}{', '.join(kept)}{comment}"
        return Replacement(first_line=first, end_line=end, lines=self._wrapped(text, lead, self._head(node), kept))

    @staticmethod
    def _head(node: ImportStatement) -> str:
        return "import " if isinstance(node, ast.Import) else f"from {written_module(node)} import "

    def _position(self, items: Sequence[str], item: str) -> int:
        """Returns where a name belongs among others; at the end of those that are in no order."""
        key = self.style.name_key
        names = [name.partition(" ")[0] for name in items]
        if not is_sorted(names, key):
            return len(items)
        wanted = key(item.partition(" ")[0])
        return next(
            (index for index, name in enumerate(names) if key(name) > wanted),
            len(items),
        )

    def _wrapped(self, text: str, lead: str, head: str, items: Sequence[str]) -> tuple[str, ...]:
        if len(text) <= self.style.width or head == "import ":
            return (text,)
        if self.style.is_one_name_a_line:
            return (f"{lead}{head}(", *(f"{lead}    {item}," for item in items), f"{lead})")
        lines = [f"{lead}{head}("]
        for number, item in enumerate(items):
            part = item + (", " if number < len(items) - 1 else ")")
            if len(lines[-1]) + len(part.rstrip()) > self.style.width:
                lines[-1] = lines[-1].rstrip()
                lines.append(lead + "    ")
            lines[-1] += part
        return tuple(lines)

    def _new_statement(self, module: str, items: Sequence[str], is_from: bool, for_types: bool) -> tuple[str, ...]:
        lead = "    "
        if for_types and self.type_checking is not None:
            lead = indentation(self._view.lines[self.type_checking.body[0].lineno - 1])
        elif not for_types:
            lead = ""
        head = f"from {module} import " if is_from else "import "
        ordered: list[str] = []
        for item in items:
            ordered.insert(self._position(ordered, item), item)
        return self._wrapped(lead + head + ", ".join(ordered), lead, head, ordered)

    def _placed(
        self, module: str, lines: tuple[str, ...], *, is_from: bool, for_types: bool, gone: set[ImportStatement]
    ) -> Replacement:
        """Returns a new statement at its place."""
        statements = [node for node in (self.typing_statements if for_types else self.statements) if node not in gone]
        if not for_types:
            statements = self._before_code(statements)
        category = self.category(module)
        same = [node for node in statements if self.category(written_module(node)) == category]
        if same:
            return self._among(same, module, lines, is_from=is_from)
        places = self.typing_statements if for_types else self.statements
        for node in places:
            if node in gone and self.category(written_module(node)) == category:
                return _inserted(node.lineno - 1, lines)  # the blank lines around the one that goes stay
        lower = [node for node in statements if self.category(written_module(node)) < category]
        higher = [node for node in statements if self.category(written_module(node)) > category]
        has_blocks = self._has_blocks(statements)
        if lower:
            line = lower[-1].end_lineno or lower[-1].lineno
            return _inserted(line, ("", *lines) if has_blocks else lines)
        if higher:
            line = self._above_comments(higher[0].lineno - 1)
            return _inserted(line, (*lines, "") if has_blocks else lines)
        return self._first_of_all(lines)

    def _among(
        self, same: Sequence[ImportStatement], module: str, lines: tuple[str, ...], *, is_from: bool
    ) -> Replacement:
        """Places a statement among others of its kind."""
        keys = [self.style.statement_key(written_module(node), isinstance(node, ast.ImportFrom)) for node in same]
        wanted = self.style.statement_key(module, is_from)
        n_inversions = sum(first > second for first, second in pairwise(keys))
        if n_inversions * 5 > len(same):
            near = max(range(len(same)), key=lambda index: (_shared_parts(written_module(same[index]), module), index))
            return _inserted(same[near].end_lineno or same[near].lineno, lines)
        index = next((index for index, key in enumerate(keys) if key > wanted), len(same))
        if index == 0:
            return _inserted(self._above_comments(same[0].lineno - 1), lines)
        before = same[index - 1]
        if index < len(same) and not is_adjacent(before, same[index]):
            # At the border of two blocks the one with the more similar modules is right.
            below = _shared_parts(written_module(same[index]), module)
            if below > _shared_parts(written_module(before), module):
                return _inserted(self._above_comments(same[index].lineno - 1), lines)
        return _inserted(before.end_lineno or before.lineno, lines)

    def _before_code(self, statements: Sequence[ImportStatement]) -> list[ImportStatement]:
        """Leaves out imports that stand below the first function or class."""
        first_definition = next(
            (
                node.lineno
                for node in self._tree.body
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            ),
            None,
        )
        above = [node for node in statements if first_definition is None or node.lineno < first_definition]
        return above or list(statements)

    def _has_blocks(self, statements: Sequence[ImportStatement]) -> bool:
        """Returns whether blank lines part imports of different kinds; yes where there is no example."""
        borders = [
            is_adjacent(first, second)
            for first, second in pairwise(statements)
            if self.category(written_module(first)) != self.category(written_module(second))
        ]
        return not borders or 2 * sum(borders) < len(borders)

    def _above_comments(self, line: int) -> int:
        """Returns the line above the comments that stand directly above a line."""
        while line > 0 and self._view.lines[line - 1].startswith("#") and line - 1 > 0:
            line -= 1
        return line

    def _first_of_all(self, lines: tuple[str, ...]) -> Replacement:
        """Places the first import of a file: below its docstring and the comments at its top."""
        body, view = self._tree.body, self._view
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            return _inserted(body[0].end_lineno or 1, ("", *lines))
        line = 0
        while line < len(view.lines) and view.lines[line].startswith("#"):
            line += 1
        is_followed = line < len(view.lines) and bool(view.lines[line].strip())
        return _inserted(line, (*lines, "", "") if is_followed else lines)

    def _without_second_blank(self, each: Replacement) -> Replacement:
        """Takes a blank line along with imports that stood between two: one parts what is left."""
        lines = self._view.lines
        is_between = each.first_line > 0 and each.end_line < len(lines)
        if each.lines or not is_between or lines[each.first_line - 1].strip() or lines[each.end_line].strip():
            return each
        return Replacement(first_line=each.first_line, end_line=each.end_line + 1, lines=())

    def _without_empty_blocks(self, found: list[Replacement], gone: set[ImportStatement]) -> list[Replacement]:
        """Removes an `if TYPE_CHECKING:` that would be left empty, with the blank line above it."""
        block = self.type_checking
        if block is None or any(not isinstance(node, ImportStatement) or node not in gone for node in block.body):
            return found
        first, end = block.lineno - 1, block.end_lineno or block.lineno
        if any(each.lines and first < each.first_line <= end for each in found):
            return found
        while first > 0 and not self._view.lines[first - 1].strip():
            first -= 1
        rest = [each for each in found if not (first <= each.first_line and each.end_line <= end)]
        return [*rest, Replacement(first_line=first, end_line=end, lines=())]


def _all_dropped(node: ImportStatement, dropped: set[str]) -> bool:
    return all(item_of(alias) in dropped for alias in node.names)


def _inserted(line: int, lines: tuple[str, ...]) -> Replacement:
    return Replacement(first_line=line, end_line=line, lines=lines)


def _shared_parts(first: str, second: str) -> int:
    count = 0
    for left, right in zip(first.split("."), second.split("."), strict=False):
        if left != right:
            break
        count += 1
    return count


def joined(found: Iterable[Replacement]) -> list[Replacement]:
    """Returns replacements in order, those without an unchanged line between them as one."""
    together: list[Replacement] = []
    for each in sorted(found, key=lambda one: (one.first_line, one.end_line, one.lines)):
        if together and together[-1].end_line >= each.first_line:
            last = together.pop()
            each = Replacement(  # the two are one from here on
                first_line=last.first_line, end_line=max(last.end_line, each.end_line), lines=last.lines + each.lines
            )
        together.append(each)
    return together


def _trailing_comment(line: str, node: ImportStatement) -> str:
    """Returns the comment behind a statement with the white space before it."""
    rest = line.encode()[node.end_col_offset or 0 :].decode(errors="replace")
    return rest.rstrip() if rest.lstrip().startswith("#") else ""
