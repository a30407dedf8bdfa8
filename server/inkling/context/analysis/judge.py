"""Puts the witnesses together: does what a line names exist?"""

import ast
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import jedi

from inkling.context.analysis.binding import InstanceOf, LocalClass, parse_around, resolve_name
from inkling.context.analysis.mentions import AttributeMention, ImportMention, Mention
from inkling.context.analysis.namespaces import Namespace, Namespaces, Source, Target, parse_text
from inkling.core.ports import NameVerdict
from inkling.core.text import split_lines

logger = logging.getLogger(__name__)

_BLOCKS_THAT_DECIDE_NOTHING: Final = ("def ", "async def ", "class ")
_HOOKED_MODULES: Final = frozenset({"distutils", "__main__"})  # provided by hooks, whatever lies on the path


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as it would be with a candidate in it.

    Attributes:
        before: The text above it.
        text: The line.
        after: The text from its line break on.
        path: Where the document lies; None for one that was never saved.
    """

    before: str
    text: str
    after: str
    path: Path | None

    @property
    def number(self) -> int:
        """Its number, starting at 1."""
        return len(split_lines(self.before)) + 1

    @property
    def document(self) -> str:
        """The whole document."""
        return self.before + self.text + self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a verdict rests on beside the document.

    Attributes:
        namespaces: The modules that can be seen from it.
        is_environment_known: Whether the packages of the user's interpreter are among these.
        may_be_module: Tells whether some folder of the workspace, or a hook, could provide a top-level module.
        may_have_subclass: Tells whether a class of that name may have subclasses in the workspace.
        open_script: Returns jedi's view of a document.
    """

    namespaces: Namespaces
    is_environment_known: bool
    may_be_module: Callable[[str], bool]
    may_have_subclass: Callable[[str], bool]
    open_script: Callable[[str, Path | None], jedi.Script]


def judge(line: Line, mentions: list[Mention], surroundings: Surroundings) -> list[NameVerdict]:
    """Returns a verdict for each mention; NOT_KNOWN_YET where nothing is certain."""
    verdicts = [_judge_one(line, mention, surroundings) for mention in mentions]
    if not any(verdict in (NameVerdict.UNKNOWN_ATTRIBUTE, NameVerdict.UNKNOWN_IMPORT) for verdict in verdicts):
        return verdicts
    script = surroundings.open_script(line.document, line.path)
    return [
        NameVerdict.NOT_KNOWN_YET
        if verdict in (NameVerdict.UNKNOWN_ATTRIBUTE, NameVerdict.UNKNOWN_IMPORT)
        and not _jedi_agrees(script, line, mention)
        else verdict
        for verdict, mention in zip(verdicts, mentions, strict=True)
    ]


def _judge_one(line: Line, mention: Mention, surroundings: Surroundings) -> NameVerdict:
    if isinstance(mention, ImportMention):
        return _judge_import(line, mention, surroundings)
    return _judge_attribute(line, mention, surroundings)


def _judge_attribute(line: Line, mention: AttributeMention, surroundings: Surroundings) -> NameVerdict:
    source = _document_source(line)
    if source is None:
        return NameVerdict.NOT_KNOWN_YET
    found = _attribute_exists(source, line, mention, surroundings)
    if found:
        return NameVerdict.EXIST
    if found is None or _is_made_elsewhere(line, mention.name) or _is_used_by_its_class(line, mention):
        return NameVerdict.NOT_KNOWN_YET
    return NameVerdict.UNKNOWN_ATTRIBUTE


def _is_made_elsewhere(line: Line, name: str) -> bool:
    """Tells whether the document hints that it makes the attribute, or lives without it."""
    rest = line.before + line.after
    name = re.escape(name)
    return (
        bool(re.search(rf"AttributeError|\bsetattr\(|['\"]{name}['\"]|\.{name}\s*(?:=[^=]|:|,)|\bhasattr\(.*", rest))
        or "hasattr(" in line.text
    )


def _is_used_by_its_class(line: Line, mention: AttributeMention) -> bool:
    """Tells whether other lines read it of `self`, too: then it may come from where nobody looks."""
    owner = ".".join(mention.chain)
    pattern = rf"\b{re.escape(owner)}\.{re.escape(mention.name)}\b"
    return owner in ("self", "cls") and re.search(pattern, line.before + line.after) is not None


def _attribute_exists(source: Source, line: Line, mention: AttributeMention, surroundings: Surroundings) -> bool | None:
    """Tells whether the attribute exists; None when that cannot be known."""
    namespaces = surroundings.namespaces
    root, *middle = mention.chain
    binding = resolve_name(source, root, line.text, line.number)
    if isinstance(binding, InstanceOf):
        callee = resolve_name(source, binding.callee[0], "", line.number)
        owner = _class_of(source, callee, list(binding.callee[1:]), namespaces)
        return None if owner is None or middle else _is_in(owner, mention.name)
    if isinstance(binding, Target):
        module, class_name = _walk(binding, middle, namespaces)
        if module is not None:
            if namespaces.has_module((*module, mention.name)):
                return True
            return _is_in(namespaces.module_names(module), mention.name)
        owner = None if class_name is None else namespaces.class_names(class_name)
        # A class object also has what its metaclass gives it.
        return None if owner is None or mention.name == "mro" else _is_in(owner, mention.name)
    if root in ("self", "cls") and isinstance(binding, LocalClass) and surroundings.may_have_subclass(binding.name):
        return None
    owner = _class_of(source, binding, middle, namespaces)
    return None if owner is None or mention.name == "mro" else _is_in(owner, mention.name)


def _is_in(namespace: Namespace, name: str) -> bool | None:
    if name in namespace.names:
        return True
    return False if namespace.lacks(name) else None


def _walk(target: Target, names: list[str], namespaces: Namespaces) -> tuple[tuple[str, ...] | None, Target | None]:
    """Returns the module, or the class of a module, to which a chain of names leads from an import."""
    module = target.module
    steps = names if target.name is None else [target.name, *names]
    for index, step in enumerate(steps):
        inner = (*module, step)
        if not namespaces.has_module(inner):
            is_last = index == len(steps) - 1
            return None, Target(module=module, name=step) if is_last else None
        if step in namespaces.module_names(module).names and inner != ("os", "path"):
            # The package may bind the name of its submodule to something else.
            return None, None
        module = inner
    return module, None


def _class_of(source: Source, binding: object, names: list[str], namespaces: Namespaces) -> Namespace | None:
    """Returns what the class holds to which a binding and the names after it lead."""
    if isinstance(binding, LocalClass):
        return None if names else namespaces.class_names_in(source, binding.name)
    if isinstance(binding, Target):
        _module, class_name = _walk(binding, names, namespaces)
        return None if class_name is None else namespaces.class_names(class_name)
    return None


def _judge_import(line: Line, mention: ImportMention, surroundings: Surroundings) -> NameVerdict:
    if not _is_unconditional(line):
        return NameVerdict.NOT_KNOWN_YET
    namespaces = surroundings.namespaces
    origin = _absolute(line.path, mention)
    if origin is None:
        return NameVerdict.NOT_KNOWN_YET
    *parents, last = (*origin, mention.name) if mention.name is not None else origin
    if mention.level == 0 and not namespaces.has_module(origin[:1]):
        is_certain = surroundings.is_environment_known and not (
            origin[0] in _HOOKED_MODULES or surroundings.may_be_module(origin[0]) or "sys.path" in line.before
        )
        return NameVerdict.UNKNOWN_IMPORT if is_certain else NameVerdict.NOT_KNOWN_YET
    if namespaces.has_module((*parents, last)):
        return NameVerdict.EXIST
    if not parents or (len(parents) > 1 and not namespaces.has_module(tuple(parents))):
        return NameVerdict.NOT_KNOWN_YET
    names = namespaces.module_names(tuple(parents))
    if last in names.names:
        return NameVerdict.EXIST
    return NameVerdict.UNKNOWN_IMPORT if names.lacks(last) else NameVerdict.NOT_KNOWN_YET


def _is_unconditional(line: Line) -> bool:
    """Tells whether the import runs whatever happens: not in a `try`, `if`, `with` or the like."""
    indentation = len(line.text) - len(line.text.lstrip())
    for above in reversed(split_lines(line.before)):
        if indentation == 0:
            return True
        code = above.strip()
        depth = len(above) - len(above.lstrip())
        if code and not code.startswith("#") and depth < indentation:
            if not code.startswith(_BLOCKS_THAT_DECIDE_NOTHING):
                return False
            indentation = depth
    return indentation == 0


def _absolute(path: Path | None, mention: ImportMention) -> tuple[str, ...] | None:
    """Returns the absolute name of the module of an import, or None where that is not certain."""
    if mention.level == 0:
        return mention.module or None
    if path is None:
        return None
    module, is_package = module_of(path)
    n_up = mention.level - is_package
    if n_up >= len(module):
        return None
    origin = module[: len(module) - n_up] + mention.module
    return origin or None


def module_of(path: Path) -> tuple[tuple[str, ...], bool]:
    """Returns the name of the module that a file is, by the `__init__.py` files around it, and if it is a package."""
    is_package = path.stem == "__init__"
    parts = [] if is_package else [path.stem]
    for folder in path.parents:
        if not (folder / "__init__.py").is_file() and not (is_package and not parts):
            break
        parts.append(folder.name)
    return tuple(reversed(parts)), is_package


def _document_source(line: Line) -> Source | None:
    tree = _document_tree(line.before, line.text, line.after)
    module, is_package = ((), False) if line.path is None else module_of(line.path)
    return None if tree is None else Source(tree, module, is_package, is_stub=False)


@lru_cache(maxsize=2)
def _tree_without_line(before: str, indentation: str, after: str) -> ast.Module | None:
    return parse_around(before, indentation, after)


def _document_tree(before: str, line: str, after: str) -> ast.Module | None:
    """Returns the document's tree; while a line is being typed, its other lines stay the same and so does the tree."""
    indentation = line[: len(line) - len(line.lstrip())]
    tree = _tree_without_line(before, indentation, after)
    return tree if tree is not None else parse_around(before, line, after)


def _jedi_agrees(script: jedi.Script, line: Line, mention: Mention) -> bool:
    """Tells whether jedi sees a name here, understands what it belongs to, and does not find it."""
    try:
        if isinstance(mention, ImportMention):
            last = mention.module[-1] if mention.name is None else mention.name
            return _is_import_statement(line) and not script.infer(line.number, mention.end - len(last))
        column = mention.end - len(mention.name)
        column_of_base = len(line.text[: line.text.rindex(".", 0, column)].rstrip()) - 1
        return bool(script.infer(line.number, column_of_base)) and not script.goto(line.number, column)
    except (ValueError, RecursionError, jedi.InternalError) as error:
        logger.debug("jedi has no opinion: %s", error)
        return False


def _is_import_statement(line: Line) -> bool:
    """Tells whether the line is what it looks like, and not part of a string."""
    tree = parse_text(line.document)
    return tree is not None and any(
        isinstance(node, ast.Import | ast.ImportFrom) and node.lineno == line.number for node in ast.walk(tree)
    )
