"""What overrides of a method become when its parameters change."""

import ast
from collections.abc import Iterator

from inkling.engine.next_edit.reading.outline import Function, inherits, outline, subclasses
from inkling.engine.next_edit.signatures.call_updates import Update
from inkling.engine.next_edit.signatures.item_lists import ItemList, Replacement
from inkling.engine.next_edit.signatures.parameters import (
    Parameter,
    SignatureChange,
    is_static,
    parameter_list,
    parameters,
)
from inkling.engine.next_edit.situation import Situation

_SAME_AS_BEFORE = 0.9  # The override had just the parameters that the method had.
_SIMILAR = 0.6
_CONSTRUCTORS = ("__init__", "__new__", "__post_init__")  # Those of subclasses take what they like.


def override_updates(situation: Situation, change: SignatureChange) -> Iterator[Update]:
    """Yields the parameters of overrides in subclasses, changed as those of the method were."""
    owner = change.function.owner
    if owner is None or change.before == change.after:
        return
    is_constructor = change.function.name in _CONSTRUCTORS
    if is_constructor and (change.removed or all(found.is_optional for found in change.added)):
        return
    for view, heir in subclasses(situation, owner.name):
        if is_constructor and not inherits(situation, heir, owner, change.function.name):
            continue
        for function in outline(view).methods(heir):
            if function.name != change.function.name or (is_constructor and not _passes_on(function, change)):
                continue
            items = parameter_list(view.lines, function.header.start)
            own = parameters(items.texts) if items is not None else None
            if items is None or own is None:
                continue
            own = own if is_static(function) else own[1:]
            replacements = tuple(_changed(change, items, own))
            if replacements:
                is_same = not is_constructor and [found.name for found in own] == [
                    found.name for found in change.before
                ]
                certainty = _SAME_AS_BEFORE if is_same else _SIMILAR
                yield Update(view=view, replacements=replacements, certainty=certainty)


def _passes_on(function: Function, change: SignatureChange) -> bool:
    """Returns whether a constructor hands all that the one of its base wants on to that, under the same names."""
    own = {found.arg for found in ast.walk(function.node.args) if isinstance(found, ast.arg)}
    for node in ast.walk(function.node):
        match node:
            case ast.Call(func=ast.Attribute(attr=name, value=ast.Call(func=ast.Name(id="super")))) if (
                name == function.name
            ):
                values = [*node.args, *(keyword.value for keyword in node.keywords)]
                passed = {value.id for value in values if isinstance(value, ast.Name)}
                return bool(change.before) and all(found.name in own & passed for found in change.before)
            case _:
                continue
    return False


def _changed(change: SignatureChange, items: ItemList, own: tuple[Parameter, ...]) -> Iterator[Replacement]:
    """Yields one replacement for each parameter that was added, removed, renamed or given another annotation."""
    texts = items.texts
    known = {found.name for found in own}
    before = {found.name: found for found in change.before}
    after = {found.name: found for found in change.after}
    renamed = change.renamed
    touched: set[int] = set()
    for name, old in before.items():
        new = after.get(renamed.get(name, name))
        if old.text not in texts:
            continue
        number = texts.index(old.text)
        if new is None:
            touched.update((number - 1, number))
            yield items.without(number)
        elif new.text != old.text and new.text not in texts:
            touched.add(number)
            yield items.replaced(number, new.text)
    if any(found.stars for found in own):
        return  # What is new may be passed through.
    order = [*after]
    for added in change.added:
        if added.name in known or added.name in renamed.values():
            continue
        previous = [name for name in order[: order.index(added.name)] if name in known]
        if previous:
            text = next(found.text for found in own if found.name == previous[-1])
            number = texts.index(text) + 1
        else:
            number = 1 if texts and texts[0] not in {found.text for found in own} else 0
        if number - 1 not in touched:
            touched.add(number - 1)
            yield items.with_item(number, added.text)
