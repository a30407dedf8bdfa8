"""Counterparts that siblings have and that what was just added lacks: entries, branches, exports, setters."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from inkling.core.next_edit import EditKind
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.situation import Situation
from inkling.engine.next_edit.symmetry.casings import Counterpart, similar_words
from inkling.engine.next_edit.symmetry.siblings import Newcomer, Unit, newcomers, unit_at

MOST_CHANGES = 4  # what was added before that has its counterparts, or needs none
MOST_NEWCOMERS = 8
MOST_MENTIONS = 40  # of one name in one file; a name that stands everywhere is no entry of a list
MOST_LINES = 8  # of a counterpart; longer ones are not copies
MOST_FILES = 40

_WORD = re.compile(r"\w+")
_NO_CODE = ("#", ">>>", "import ", "from ")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mention:
    """A unit that speaks of one sibling."""

    renaming: Counterpart
    unit: Unit
    sibling: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """Lines that give the newcomer what siblings have."""

    view: FileView
    first_line: int
    end_line: int
    lines: tuple[str, ...]
    siblings: tuple[str, ...]


def propose_symmetry(situation: Situation) -> Iterator[EditCandidate]:
    """Yields what would give the newest names what their siblings have."""
    found: list[Newcomer] = []
    for age, change in enumerate(reversed(situation.history[-MOST_CHANGES:])):
        view = situation.files.get(change.uri)
        if view is not None:
            found.extend(newcomers(view, change, age))
    for newcomer in found[:MOST_NEWCOMERS]:
        changes = [
            change
            for uri in situation.nearest_first[:MOST_FILES]
            for change in _in_file(situation.files[uri], newcomer)
        ]
        for rank, lacking in enumerate(changes):
            n_siblings = len(lacking.siblings)
            yield EditCandidate(
                uri=lacking.view.uri,
                first_line=lacking.first_line,
                end_line=lacking.end_line,
                inserted=lacking.lines,
                kind=EditKind.SYMMETRY,
                proposer="symmetry",
                group=f"symmetry:{newcomer.name}",
                words=_words(newcomer, lacking.siblings),
                grounds=Grounds(
                    support=n_siblings,
                    age=newcomer.age,
                    n_places=len(changes),
                    rank=rank,
                    n_matched_chars=sum(len(line.strip()) for line in lacking.lines),
                    similarity=n_siblings / len(newcomer.siblings),
                    certainty=min(0.9, 0.15 + 0.2 * n_siblings) if n_siblings > 1 else 0.2,
                ),
            )


def _words(newcomer: Newcomer, siblings: Sequence[str]) -> str:
    names = " and ".join(f"`{name}`" for name in siblings[:2])
    return f"{names} {'has' if len(siblings) == 1 else 'have'} this, `{newcomer.name}` does not yet"


def _in_file(view: FileView, newcomer: Newcomer) -> Iterator[_Change]:
    mentions = list(_mentions(view, newcomer))
    if not mentions:
        return
    by_line: defaultdict[int, list[_Mention]] = defaultdict(list)
    for mention in mentions:
        by_line[mention.unit.first_line].append(mention)
    for line, together in sorted(by_line.items()):
        if len({mention.renaming.old for mention in together}) > 1:
            yield from _in_line(view, line, [mention.renaming for mention in together], newcomer)
    single = [each[0] for _, each in sorted(by_line.items()) if len({mention.renaming.old for mention in each}) == 1]
    following = [mention for mention in single if _follows(mention)]
    beside = _runs(view, [mention for mention in single if not _follows(mention)])
    for run in [following, *beside] if following else beside:
        yield from _beside(view, run, newcomer)


def _mentions(view: FileView, newcomer: Newcomer) -> Iterator[_Mention]:
    """Yields the units that mention siblings outside of their definitions."""
    own = {sibling.first_line for _, sibling in newcomer.siblings}
    for renaming, sibling in newcomer.siblings:
        lines = {line for word in similar_words(renaming.old) for line in view.lines_with.get(word, ())}
        if len(lines) > MOST_MENTIONS:
            continue
        seen = set()
        for line in sorted(lines):
            if view is sibling.view and (sibling.holds(line) or newcomer.unit.holds(line)):
                continue
            if view.lines[line].lstrip().startswith(_NO_CODE):
                continue
            unit = unit_at(view, line)
            is_new = unit.first_line not in seen and not (view is sibling.view and unit.first_line in own)
            if is_new and unit.end_line - unit.first_line <= MOST_LINES and unit.holds(line):
                seen.add(unit.first_line)
                yield _Mention(renaming=renaming, unit=unit, sibling=sibling)


def _runs(view: FileView, mentions: Sequence[_Mention]) -> Iterator[list[_Mention]]:
    """Yields mentions that stand one below the other, blank lines between them left out."""
    run: list[_Mention] = []
    for mention in mentions:
        if run and not _is_between_blank(view, run[-1].unit.end_line, mention.unit.first_line):
            yield run
            run = []
        run.append(mention)
    if run:
        yield run


def _is_between_blank(view: FileView, first: int, end: int) -> bool:
    return first <= end and not any(line.strip() for line in view.lines[first:end])


def _beside(view: FileView, run: list[_Mention], newcomer: Newcomer) -> Iterator[_Change]:
    """Yields a new unit beside those of siblings, where these are alike but for the names."""
    shapes: defaultdict[tuple[str, ...], list[_Mention]] = defaultdict(list)
    for mention in run:
        shapes[tuple(line.rstrip(",") for line in _renamed(mention))].append(mention)
    for shape, alike in shapes.items():
        siblings = {mention.renaming.old for mention in alike}
        is_clear = len(siblings) > 1 or (len(newcomer.siblings) == 1 and _is_copied(newcomer))
        if not is_clear or _is_there(view, run, shape, newcomer):
            continue
        if not any(newcomer.name in line or _stands_for(alike[0], line) for line in shape):
            continue
        yield _placed(view, alike, newcomer)


def _renamed(mention: _Mention) -> list[str]:
    return [mention.renaming.renamed(line) for line in mention.unit.lines]


def _stands_for(mention: _Mention, line: str) -> bool:
    """Returns whether a line names the newcomer in any casing."""
    return any(new in line for _, new in mention.renaming.spellings)


def _is_copied(newcomer: Newcomer) -> bool:
    """Returns whether a definition that was added is its only sibling with another name."""
    if newcomer.unit.end_line - newcomer.unit.first_line == 1:
        return False
    renaming, sibling = newcomer.siblings[0]
    return [renaming.renamed(line).strip(" ,") for line in sibling.lines] == [
        line.strip(" ,") for line in newcomer.unit.lines
    ]


def _is_there(view: FileView, run: Sequence[_Mention], shape: Sequence[str], newcomer: Newcomer) -> bool:
    """Returns whether the newcomer already has its unit near the run."""
    first, end = run[0].unit.first_line, run[-1].unit.end_line
    near = view.lines[max(0, first - 3) : end + 3 + len(shape)]
    return shape[0].strip() in {line.strip().rstrip(",") for line in near} or any(
        newcomer.name in _WORD.findall(line) for line in near[: end - first + 6] if not _is_of(newcomer, view, line)
    )


def _is_of(newcomer: Newcomer, view: FileView, line: str) -> bool:
    return view is newcomer.unit.view and line in newcomer.unit.lines


def _placed(view: FileView, alike: Sequence[_Mention], newcomer: Newcomer) -> _Change:
    """Returns the new unit in its place: in the order of the alphabet, behind the same neighbour, or at the end."""
    siblings = tuple(dict.fromkeys(mention.renaming.old for mention in alike))

    def change(first: int, end: int, lines: tuple[str, ...]) -> _Change:
        return _Change(view=view, first_line=first, end_line=end, lines=lines, siblings=siblings)

    last = alike[-1]
    if newcomer.unit.view is view and all(map(_follows, alike)):
        blank = ("",) * (last.unit.first_line - last.sibling.end_line)
        return change(newcomer.unit.end_line, newcomer.unit.end_line, (*blank, *_renamed(last)))
    index = _position(alike, newcomer)
    blank = ("",) * (alike[1].unit.first_line - alike[0].unit.end_line if len(alike) > 1 else 0)
    if index == 0:
        at = alike[0].unit.first_line
        return change(at, at, (*_renamed(alike[0]), *blank))
    before = alike[index - 1].unit
    lines = (*blank, *_renamed(alike[index - 1]))
    if not before.lines[-1].endswith(",") and any(each.unit.lines[-1].endswith(",") for each in alike):
        return change(before.end_line - 1, before.end_line, (before.lines[-1] + ",", *lines))
    return change(before.end_line, before.end_line, lines)


def _position(alike: Sequence[_Mention], newcomer: Newcomer) -> int:
    names = [each.renaming.old for each in alike]
    defined_at = [each.sibling.first_line for each in alike]
    if len(names) > 1 and names == sorted(names):
        return sum(name < newcomer.name for name in names)
    if defined_at == sorted(defined_at):
        return sum(line < newcomer.unit.first_line for line in defined_at)
    return len(alike)


def _follows(mention: _Mention) -> bool:
    """Returns whether a unit stands directly below the definition of its sibling."""
    if mention.unit.view is not mention.sibling.view:
        return False
    return mention.unit.first_line - mention.sibling.end_line >= 0 and _is_between_blank(
        mention.unit.view, mention.sibling.end_line, mention.unit.first_line
    )


def _in_line(view: FileView, line: int, renamings: Iterable[Counterpart], newcomer: Newcomer) -> Iterator[_Change]:
    """Yields a line that lists siblings side by side with the newcomer among them."""
    by_name = {renaming.old: renaming for renaming in renamings}
    unit = unit_at(view, line)
    for number in range(unit.first_line, unit.end_line):
        text = view.lines[number]
        spans = sorted(
            (found.start(), found.end(), name)
            for name in by_name
            for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)
        )
        if len(spans) < 2 or re.search(rf"(?<!\w){re.escape(newcomer.name)}(?!\w)", text):
            continue
        glues = {text[first[1] : second[0]] for first, second in pairwise(spans)}
        glue = min(glues, key=len)
        if len(glues) > 1 or not re.fullmatch(r"[\"']?\s*(?:,|\||\bor\b|\band\b)\s*[\w.]*[\"']?", glue):
            continue
        names = [name for _, _, name in spans]
        items = _neighbours(text, spans, glue)
        if items == sorted(items) and newcomer.name < names[0]:
            changed = text[: spans[0][0]] + newcomer.name + glue + text[spans[0][0] :]
        else:
            after = spans[-1]
            if items == sorted(items):
                after = next((span for span in reversed(spans) if span[2] < newcomer.name), spans[-1])
            changed = text[: after[1]] + glue + newcomer.name + text[after[1] :]
        yield _Change(
            view=view,
            first_line=number,
            end_line=number + 1,
            lines=(changed,),
            siblings=tuple(dict.fromkeys(names)),
        )


def _neighbours(text: str, spans: Sequence[tuple[int, int, str]], glue: str) -> list[str]:
    """Returns the names of the whole list that siblings stand in."""
    start, end = spans[0][0], spans[-1][1]
    before = re.search(rf"((?:\w+{re.escape(glue)})*)$", text[:start])
    after = re.match(rf"((?:{re.escape(glue)}\w+)*)", text[end:])
    whole = (before[1] if before else "") + text[start:end] + (after[1] if after else "")
    return [item for item in whole.split(glue) if item]
