"""A name was changed where it is defined, or in one use: the other uses."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from inkling.core.next_edit import EditKind
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.nearness import Nearness
from inkling.engine.next_edit.renames.name_changes import NameChange, name_changes
from inkling.engine.next_edit.renames.rename_targets import rename_targets
from inkling.engine.next_edit.renames.renamed_words import word_targets
from inkling.engine.next_edit.renames.target import Target
from inkling.engine.next_edit.situation import Situation

_MOST_LINES = 8  # Of one edit; more cannot be read at a glance.
_NOT_PLAIN = 0.6  # Where a name changed among much else, the other uses may become something else again.
_SURE = 0.8  # Neighbouring lines are one edit only where all are this sure, or none is.


@dataclass(frozen=True, slots=True)
class _Replacement:
    """One place that is to be changed, and why."""

    target: Target
    change: NameChange


def propose_renames(situation: Situation) -> Iterator[EditCandidate]:
    """Yields the lines on which a name that was changed elsewhere still has its old form."""
    by_line: dict[DocumentUri, dict[int, dict[int, _Replacement]]] = {}
    for change in name_changes(situation):
        if not any(change.old in view.lines_with for view in situation.files.values()):
            continue
        renaming = rename_targets(situation, change)
        words = word_targets(situation.files[change.uri], change, renaming)
        for target in [*renaming.targets, *words]:
            columns = by_line.setdefault(target.view.uri, {}).setdefault(target.line, {})
            known = columns.get(target.column)
            if known is None or (known.change is change and known.target.certainty < target.certainty):
                columns[target.column] = _Replacement(target, change)
    runs = [
        (situation.files[uri], run)
        for uri, lines in by_line.items()
        for run in _runs({line: [*columns.values()] for line, columns in lines.items()})
    ]
    nearness = Nearness(situation)
    runs.sort(key=lambda found: nearness.key(found[0].uri, found[1][0][0].target.line))
    n_places: dict[str, int] = {}
    for _, run in runs:
        n_places[_group(run)] = n_places.get(_group(run), 0) + 1
    n_left_out = Counter(_group(run) for _, run in runs[situation.most_places :])
    ranks: dict[str, int] = {}
    for view, run in runs[: situation.most_places]:
        group = _group(run)
        candidate = _candidate(view, run, rank=ranks.get(group, 0), n_places=n_places[group])
        yield replace(candidate, n_left_out=n_left_out[group])
        ranks[group] = ranks.get(group, 0) + 1


def _runs(lines: dict[int, list[_Replacement]]) -> Iterator[list[list[_Replacement]]]:
    """Yields neighbouring lines that are equally sure."""
    run: list[list[_Replacement]] = []
    was_sure = False
    for line in sorted(lines):
        is_sure = _certainty([lines[line]]) >= _SURE
        is_next = bool(run) and run[-1][0].target.line == line - 1 and len(run) < _MOST_LINES
        if run and (not is_next or is_sure != was_sure):
            yield run
            run = []
        run.append(lines[line])
        was_sure = is_sure
    if run:
        yield run


def _certainty(run: Sequence[Sequence[_Replacement]]) -> float:
    return min(
        replacement.target.certainty * (1 if replacement.change.is_plain else _NOT_PLAIN)
        for line in run
        for replacement in line
    )


def _latest(run: Sequence[Sequence[_Replacement]]) -> NameChange:
    return min((replacement.change for line in run for replacement in line), key=lambda change: change.age)


def _group(run: Sequence[Sequence[_Replacement]]) -> str:
    change = _latest(run)
    return f"rename {change.old} {change.new}"


def _candidate(view: FileView, run: Sequence[Sequence[_Replacement]], *, rank: int, n_places: int) -> EditCandidate:
    change = _latest(run)
    first_line = run[0][0].target.line
    return EditCandidate(
        uri=view.uri,
        first_line=first_line,
        end_line=first_line + len(run),
        inserted=tuple(_rewritten(view.lines[line[0].target.line], line) for line in run),
        kind=EditKind.RENAME,
        proposer="renames",
        group=_group(run),
        words=f"`{change.old}` was renamed to `{change.new}`",
        grounds=Grounds(
            support=change.support,
            age=change.age,
            n_places=n_places,
            rank=rank,
            n_matched_chars=len(change.old),
            certainty=_certainty(run),
        ),
    )


def _rewritten(line: str, replacements: Sequence[_Replacement]) -> str:
    for replacement in sorted(replacements, key=lambda found: found.target.column, reverse=True):
        column, change = replacement.target.column, replacement.change
        line = line[:column] + change.new + line[column + len(change.old) :]
    return line
