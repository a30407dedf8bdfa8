"""A function, a class's fields or a result changed shape: its calls, overrides, docstring and stored attributes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from inkling.core.counted import counted
from inkling.core.next_edit import EditKind
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.reading.nearness import Nearness
from inkling.engine.next_edit.renames.name_changes import latest_changes
from inkling.engine.next_edit.signatures.asked_parameters import asked_parameters
from inkling.engine.next_edit.signatures.call_updates import Update, call_updates
from inkling.engine.next_edit.signatures.constructor_fields import field_changes, stored_parameters
from inkling.engine.next_edit.signatures.item_lists import Replacement, rewritten
from inkling.engine.next_edit.signatures.override_updates import override_updates
from inkling.engine.next_edit.signatures.parameter_docs import doc_updates
from inkling.engine.next_edit.signatures.parameters import SignatureChange, signature_changes
from inkling.engine.next_edit.signatures.result_updates import (
    await_updates,
    property_updates,
    return_changes,
    unpacking_updates,
)
from inkling.engine.next_edit.situation import Situation

# An update with the first line that it replaces, the line after the last and the new lines.
_Placed = tuple[Update, int, int, tuple[str, ...]]


def propose_signatures(situation: Situation) -> Iterator[EditCandidate]:
    """Yields the lines that no longer fit a `def`, a dataclass or a `return` that was changed."""
    for change in signature_changes(situation):
        updates = [
            *call_updates(situation, change),
            *override_updates(situation, change),
            *doc_updates(situation, change),
            *stored_parameters(change),
            *await_updates(situation, change),
            *property_updates(situation, change),
        ]
        yield from _candidates(situation, updates, change.function.called, _words(change), change.age)
    for change in field_changes(situation):
        yield from _candidates(
            situation, call_updates(situation, change), change.function.called, _words(change), change.age
        )
    for asked in asked_parameters(situation):
        words = f"`{asked.function.called}` is passed `{asked.name}`"
        yield from _candidates(situation, [asked.update], asked.function.called, words, asked.age)
    for returned in return_changes(situation):
        words = f"`{returned.function.name}` returns {counted(len(returned.after), 'value')}"
        updates = [*unpacking_updates(situation, returned)]
        yield from _candidates(situation, updates, returned.function.called, words, returned.age)


def _words(change: SignatureChange) -> str:
    name = change.function.called
    renamed = change.renamed
    added = [parameter.name for parameter in change.added if parameter.name not in renamed.values()]
    removed = [parameter.name for parameter in change.removed if parameter.name not in renamed]
    if change.was_async != change.is_async:
        return f"`{name}` became a coroutine" if change.is_async else f"`{name}` is no longer a coroutine"
    if change.was_property != change.is_property:
        return f"`{name}` became a property" if change.is_property else f"`{name}` is no longer a property"
    parts = [f"lost `{'`, `'.join(removed)}`"] if removed else []
    parts += [f"takes `{'`, `'.join(added)}`"] if added else []
    return f"`{name}` {' and '.join(parts) or 'has other parameters'}"


def _is_written_since(situation: Situation, update: Update, lines: range, age: int) -> bool:
    """Returns whether the developer has written a line since the cause: it was made to fit, or left on purpose."""
    return any(
        change.uri == update.view.uri and max(change.first_line, lines.start) < min(change.end_line, lines.stop)
        for later, change in latest_changes(situation)
        if later <= age
    )


def _placed(update: Update) -> _Placed:
    return (update, *rewritten(update.view.lines, update.replacements))


def _together(placed: Iterable[_Placed]) -> Iterator[_Placed]:
    """Yields updates with those on the same lines made one, as of two calls on a line; what overlaps stays apart."""
    whole: list[_Placed] = []
    on_line: defaultdict[tuple[DocumentUri, int], set[int]] = defaultdict(set)
    for found in placed:
        update, first_line, end_line, _ = found
        lines = [(update.view.uri, line) for line in range(first_line, end_line)]
        for number in sorted(set[int]().union(*(on_line[line] for line in lines))):
            other = whole[number][0]
            if other.calls.isdisjoint(update.calls) and _are_apart((*other.replacements, *update.replacements)):
                both = Update(
                    view=update.view,
                    replacements=(*other.replacements, *update.replacements),
                    certainty=min(other.certainty, update.certainty),
                    calls=other.calls | update.calls,
                )
                whole[number] = _placed(both)
                break
        else:
            number = len(whole)
            whole.append(found)
        _, first_line, end_line, _ = whole[number]
        for line in range(first_line, end_line):
            on_line[update.view.uri, line].add(number)
    yield from whole


def _are_apart(replacements: Iterable[Replacement]) -> bool:
    ordered = sorted(replacements, key=lambda found: (found.start, found.end))
    return all(before.end <= after.start and before.start < after.start for before, after in pairwise(ordered))


def _candidates(
    situation: Situation, updates: Iterable[Update], name: str, words: str, age: int
) -> Iterator[EditCandidate]:
    nearness = Nearness(situation)
    placed = [_placed(update) for update in updates]
    placed = [found for found in placed if not _is_written_since(situation, found[0], range(found[1], found[2]), age)]
    placed = list(_together(placed))
    placed.sort(key=lambda found: nearness.key(found[0].view.uri, found[1]))
    n_left_out = max(0, len(placed) - situation.most_places)
    for rank, (update, first_line, end_line, inserted) in enumerate(placed[: situation.most_places]):
        if update.view.lines[first_line:end_line] == inserted:
            continue
        yield EditCandidate(
            uri=update.view.uri,
            first_line=first_line,
            end_line=end_line,
            inserted=inserted,
            kind=EditKind.SIGNATURE,
            proposer="signatures",
            group=f"signature {words}",
            words=words,
            grounds=Grounds(
                age=age,
                n_places=len(placed),
                rank=rank,
                n_matched_chars=len(name),
                certainty=update.certainty,
            ),
            n_left_out=n_left_out,
        )
