"""Keywords of calls that name a parameter, or a field that is one, whose name was changed."""

import ast
from collections.abc import Iterator

from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.call_sites import call_sites
from inkling.engine.next_edit.reading.outline import CONSTRUCTOR_OF_FIELDS, Function, outline
from inkling.engine.next_edit.reading.scopes import FunctionNode, column_in
from inkling.engine.next_edit.renames.name_changes import NameChange
from inkling.engine.next_edit.renames.target import Target
from inkling.engine.next_edit.situation import Situation

_UNKNOWN_OBJECT = 0.5  # Only the name of the method and that of the keyword tell that the function is meant.


def keywords_for(situation: Situation, view: FileView, change: NameChange, node: FunctionNode) -> Iterator[Target]:
    """Yields keywords of the calls of a function whose parameter was changed."""
    function = next((found for found in outline(view).functions if found.node is node), None)
    if function is not None:
        yield from _of_calls(situation, view, change, function)


def keywords_for_field(
    situation: Situation, view: FileView, change: NameChange, owner: ast.ClassDef
) -> Iterator[Target]:
    """Yields keywords of calls of a class that has no `__init__`, so that its fields are its parameters."""
    if "__init__" not in {function.name for function in outline(view).methods(owner)}:
        function = Function(node=CONSTRUCTOR_OF_FIELDS, owner=owner, outer=None)
        yield from _of_calls(situation, view, change, function)


def _of_calls(situation: Situation, view: FileView, change: NameChange, function: Function) -> Iterator[Target]:
    for site in call_sites(situation, view, function):
        keywords = {keyword.arg: keyword for keyword in site.call.keywords}
        if change.old in keywords and change.new not in keywords:
            yield from _keyword_target(site.view, keywords[change.old], max(site.certainty, _UNKNOWN_OBJECT))


def _keyword_target(view: FileView, keyword: ast.keyword, certainty: float) -> Iterator[Target]:
    line = keyword.lineno - 1
    column = column_in(view.lines[line], keyword.col_offset)
    if keyword.arg is not None and view.lines[line].startswith(keyword.arg, column):
        yield Target(view=view, line=line, column=column, certainty=certainty)
