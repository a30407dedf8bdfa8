"""What a patch changes in the text: the parts of the files that it is in, before and after."""

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from inkling.context.project_view import text_in_view
from inkling.core.edit import apply_edit
from inkling.core.execution import ProjectView
from inkling.core.repair import Patch


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of whole statements of a module, with a patch and without it.

    Attributes:
        path: The file.
        before: Its tree without the patch; None where it does not parse.
        after: Its tree with the patch.
        n_chars_changed: Characters removed and inserted, those that agree at both ends not counted.
        length_before: Characters of the stretch.
        length_after: The same with the patch.
    """

    path: PurePosixPath
    before: ast.Module | None
    after: ast.Module | None
    n_chars_changed: int
    length_before: int
    length_after: int


@dataclass(slots=True)
class ChangeReader:
    """Finds the parts of a project that patches change; each file is read and parsed once.

    Attributes:
        view: The project without any patch.
    """

    view: ProjectView
    _files: dict[PurePosixPath, tuple[str, list[tuple[int, int]]]] = field(default_factory=dict)

    def parts(self, patch: Patch) -> list[Part]:
        """Returns what a patch changes, by file.

        Raises:
            UnreadableFileError: A file that it changes cannot be read.
        """
        return [self._part(path, patch) for path in dict.fromkeys(edit.path for edit in patch.edits)]

    def _part(self, path: PurePosixPath, patch: Patch) -> Part:
        text, statements = self._read(path)
        edits = sorted((item.edit for item in patch.edits if item.path == path), key=lambda edit: edit.offset)
        first, last = edits[0].offset, max(edit.offset + edit.n_removed for edit in edits)
        touched = [(start, end) for start, end in statements if end >= first and start <= last]
        start = min([first, *(start for start, _ in touched)])
        end = max([last, *(end for _, end in touched)])
        n_changed, after = 0, text
        for edit in reversed(edits):
            removed = text[edit.offset : edit.offset + edit.n_removed]
            n_changed += len(removed) + len(edit.inserted) - 2 * _agreeing(removed, edit.inserted)
            after = apply_edit(after, edit)
        end_after = end + len(after) - len(text)
        return Part(
            path=path,
            before=_parse(text[start:end]),
            after=_parse(after[start:end_after]),
            n_chars_changed=n_changed,
            length_before=end - start,
            length_after=end_after - start,
        )

    def _read(self, path: PurePosixPath) -> tuple[str, list[tuple[int, int]]]:
        """Returns a file's text, and where its outermost statements begin and end."""
        if path not in self._files:
            text = text_in_view(self.view, path)
            tree = _parse(text)
            starts = [0]
            for line in text.split("\n"):
                starts.append(starts[-1] + len(line) + 1)
            spans = []
            for node in tree.body if tree else ():
                decorators = getattr(node, "decorator_list", [])
                first_line = min([node.lineno, *(decorator.lineno for decorator in decorators)])
                spans.append((starts[first_line - 1], min(len(text), starts[node.end_lineno or node.lineno])))
            self._files[path] = (text, spans)
        return self._files[path]


def constants_in(tree: ast.AST | None) -> Counter[str]:
    """Returns the constants in a tree, as code, with how often they occur; docstrings do not count."""
    if tree is None:
        return Counter()
    texts = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }
    return Counter(
        repr(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in texts
    )


def names_in(tree: ast.AST | None) -> Counter[str]:
    """Returns names and attributes in a tree with how often they occur."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Name):
            found[node.id] += 1
        elif isinstance(node, ast.Attribute):
            found[node.attr] += 1
    return found


def unused_parameters(tree: ast.AST | None) -> int:
    """Returns how many parameters of functions are never read."""
    n_unused = 0
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            read = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
            n_unused += sum(argument.arg not in read for argument in node.args.args)
    return n_unused


def constant_returns(tree: ast.AST | None) -> Counter[str]:
    """Returns what `return` gives back that is a constant or made of constants only, as code."""
    return Counter(
        ast.unparse(node.value)
        for node in (ast.walk(tree) if tree else ())
        if isinstance(node, ast.Return) and node.value is not None and not names_in(node.value)
    )


def words_of(texts: Sequence[str]) -> frozenset[str]:
    """Returns the words of texts, in small letters, each also without a plural s."""
    words = {word for text in texts for word in "".join(c.lower() if c.isalpha() else " " for c in text).split()}
    return frozenset(words | {word.rstrip("s") for word in words})


def docstrings(tree: ast.AST | None) -> list[str]:
    """Returns all docstrings in a tree."""
    nodes = [
        node
        for node in (ast.walk(tree) if tree else ())
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module)
    ]
    return [text for node in nodes if (text := ast.get_docstring(node))]


def _parse(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _agreeing(one: str, other: str) -> int:
    """Returns how many characters agree at the beginning and, of the rest, at the end."""
    longest = min(len(one), len(other))
    n_first = next((at for at in range(longest) if one[at] != other[at]), longest)
    rest = longest - n_first
    return n_first + next((at for at in range(rest) if one[-1 - at] != other[-1 - at]), rest)
