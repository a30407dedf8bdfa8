"""Entries and headings of a docstring's sections: parameters not described yet, and what the body raises."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkling.engine.completion.prose.finds import ProseFind, ProseKind
from inkling.engine.completion.prose.places import DocstringPlace
from inkling.engine.completion.prose.styles import (
    Entry,
    Sections,
    Style,
    columns,
    main_style,
    read_sections,
    section_of,
    sections_of,
)
from inkling.engine.completion.prose.symbols import Symbol

MOST_DESCRIPTIONS = 3  # of one parameter that are proposed
MOST_MISSING = 2  # parameters that are proposed, the first ones
_RAISE = re.compile(r"^[ \t]*raise[ \t]+([A-Z][\w.]*)", re.MULTILINE)
_RETURN = re.compile(r"^[ \t]*return[ \t]+(?!None\b)\S", re.MULTILINE)
_YIELD = re.compile(r"^[ \t]*(?:\w+[ \t]*=[ \t]*)?yield\b", re.MULTILINE)
_WITHOUT_RESULT = ("", "None", "NoReturn")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line that may stand at the cursor.

    Attributes:
        text: All of it, without its indentation.
        is_heading: Whether it opens a section.
        is_exception: Whether it names an exception.
        is_beginning: Whether a description is to follow.
        order: How many entries come sooner.
        n_agreeing: Docstrings that have this line.
        share_agreeing: Their share of those that describe the same.
        is_by_same_name: Whether one of them is of a function with the same name.
    """

    text: str
    is_heading: bool = False
    is_exception: bool = False
    is_beginning: bool = False
    order: int = 0
    n_agreeing: int = 0
    share_agreeing: float = 0.0
    is_by_same_name: bool = False


def find_entries(place: DocstringPlace, elsewhere: Sequence[Symbol]) -> list[ProseFind]:
    """Returns rests of the cursor's line in the sections of a docstring.

    Args:
        place: The cursor, below the first line of the docstring.
        elsewhere: Symbols of other files.
    """
    models = [symbol for symbol in (*place.others, *elsewhere) if symbol.docstring is not None]
    above = read_sections(place.above)
    below = read_sections(place.below)
    style = above.style or below.style or main_style(symbol.docstring or "" for symbol in models)
    if style is None:
        return []
    typed = place.typed.lstrip()
    lines = list(dict.fromkeys(_lines(place, style, above, below, models)))
    missing = len(lines)
    found: list[ProseFind] = []
    for line in lines:
        if not line.text.startswith(typed) or line.text == typed:
            continue
        found.append(
            ProseFind(
                kind=ProseKind.ENTRY,
                text=line.text[len(typed) :],
                is_beginning=line.is_beginning,
                features=(
                    float(line.is_heading),
                    float(line.is_exception),
                    float(line.n_agreeing > 0),
                    float(bool(typed)),
                    float(line.order == 0),
                    math.log(missing),
                    math.log1p(len(typed)),
                    float(bool(above.heading) or style is Style.SPHINX),
                    math.log1p(line.n_agreeing),
                    line.share_agreeing,
                    float(line.is_by_same_name),
                    float(style is Style.NUMPY),
                    float(style is Style.SPHINX),
                    float(bool(below.entries)),
                    float(bool(place.above) and bool(place.above[-1].strip())),
                ),
            )
        )
    return found


def _lines(
    place: DocstringPlace, style: Style, above: Sections, below: Sections, models: Sequence[Symbol]
) -> Iterator[_Line]:
    described = {(entry.section, entry.name, entry.field) for entry in (*above.entries, *below.entries)}
    is_after_heading = bool(place.above) and place.above[-1].strip() in ("Parameters", "Returns", "Raises", "Yields")
    if style is Style.NUMPY and is_after_heading:
        yield _Line(text="-" * len(place.above[-1].strip()), is_heading=True)
        return
    section = section_of(above.heading)
    indent = columns(place.indent + ".")
    parameters = [each.name for each in place.symbol.parameters if ("parameters", each.name) not in _names(described)]
    exceptions = [name for name in _raised(place.body) if ("raises", name) not in _names(described)]
    if style is Style.SPHINX:
        for order, name in enumerate(parameters[:MOST_MISSING]):
            yield from _described("parameters", name, order, style, place, models)
        for order, name in enumerate(exceptions[:MOST_MISSING]):
            yield from _described("raises", name, len(parameters) + order, style, place, models)
        if _has_result(place) and not {"return", "returns"}.intersection((*above.headings, *below.headings)):
            field = _most_used(models, ("return", "returns"), "return")
            yield _Line(text=f":{field}: ", is_heading=True, is_beginning=True, order=len(parameters) + len(exceptions))
        return
    if section and _is_entry_indent(style, above, indent):
        names = parameters if section == "parameters" else exceptions
        for order, name in enumerate(names[:MOST_MISSING]):
            yield from _described(section, name, order, style, place, models)
    if indent == columns(place.margin + "."):
        yield from _headings(place, style, above, below, models)


def _names(described: set[tuple[str, str, str]]) -> set[tuple[str, str]]:
    return {(section, name) for section, name, _ in described}


def _is_entry_indent(style: Style, above: Sections, indent: int) -> bool:
    """Tells whether an entry of the open section stands so deep, and not the words of one."""
    if style is Style.NUMPY:
        return indent == above.heading_indent
    own = [entry.indent for entry in above.entries if entry.section == section_of(above.heading)]
    return indent == own[-1] if own else indent > above.heading_indent


def _described(
    section: str, name: str, order: int, style: Style, place: DocstringPlace, models: Sequence[Symbol]
) -> Iterator[_Line]:
    """Yields the entry of a name: as it is described elsewhere, and its beginning."""
    is_exception = section == "raises"
    annotation = next((each.annotation for each in place.symbol.parameters if each.name == name), "")
    seen: Counter[Entry] = Counter()
    by_same_name: set[Entry] = set()
    for symbol in models:
        docstring = symbol.docstring or ""
        if name not in docstring:
            continue
        for entry in sections_of(docstring).entries:
            if entry.name == name and entry.section == section and sections_of(docstring).style is style:
                seen[entry] += 1
                if symbol.name == place.symbol.name:
                    by_same_name.add(entry)
    texts: Counter[str] = Counter()
    for entry, n_times in seen.items():
        texts[_text_of(entry, style)] += n_times
    same = {_text_of(entry, style) for entry in by_same_name}
    total = texts.total()
    for text, n_times in texts.most_common(MOST_DESCRIPTIONS):
        yield _Line(
            text=text,
            is_exception=is_exception,
            order=order,
            n_agreeing=n_times,
            share_agreeing=n_times / total,
            is_by_same_name=text in same,
        )
    has_types = _has_types(style, place, models)
    entry = Entry(
        section=section,
        name=name,
        type=annotation if has_types and not is_exception else "",
        words="",
        indent=0,
        field="raises" if is_exception else "param",
    )
    text = _text_of(entry, style)
    is_beginning = style is not Style.NUMPY
    yield _Line(text=text + " " * is_beginning, is_exception=is_exception, is_beginning=is_beginning, order=order)


def _text_of(entry: Entry, style: Style) -> str:
    words = f" {entry.words}" if entry.words else ""
    if style is Style.NUMPY:
        return f"{entry.name} : {entry.type}" if entry.type else entry.name
    if style is Style.SPHINX:
        kind = f"{entry.type} " if entry.type else ""
        return f":{entry.field} {kind}{entry.name}:{words}"
    kind = f" ({entry.type})" if entry.type else ""
    return f"{entry.name}{kind}:{words}"


def _has_types(style: Style, place: DocstringPlace, models: Sequence[Symbol]) -> bool:
    """Tells whether most described parameters have their types beside them: here, or else in other docstrings."""
    others = (sections_of(symbol.docstring or "") for symbol in models)
    for docstrings in ([read_sections(place.above)], others):
        entries = [
            entry
            for sections in docstrings
            if sections.style is style
            for entry in sections.entries
            if entry.section == "parameters"
        ]
        if entries:
            return 2 * sum(bool(entry.type) for entry in entries) > len(entries)
    return False


def _headings(
    place: DocstringPlace, style: Style, above: Sections, below: Sections, models: Sequence[Symbol]
) -> Iterator[_Line]:
    there = {*above.headings, *below.headings}
    wanted: list[str] = []
    if place.symbol.parameters and not any(section_of(heading) == "parameters" for heading in there):
        parameters = ("Parameters",) if style is Style.NUMPY else ("Args", "Arguments", "Parameters")
        wanted.append(_most_used(models, parameters, parameters[0]))
    if _YIELD.search(place.body):
        wanted.append("Yields")
    elif _has_result(place):
        wanted.append("Returns")
    if _raised(place.body):
        wanted.append("Raises")
    colon = "" if style is Style.NUMPY else ":"
    order = 0
    for heading in wanted:
        if heading not in there:
            yield _Line(text=heading + colon, is_heading=True, order=order)
            order += 1


def _has_result(place: DocstringPlace) -> bool:
    return place.symbol.returns not in _WITHOUT_RESULT or _RETURN.search(place.body) is not None


def _raised(body: str) -> list[str]:
    return list(dict.fromkeys(_RAISE.findall(body)))


def _most_used(models: Sequence[Symbol], names: Sequence[str], otherwise: str) -> str:
    """Returns the heading that most docstrings have, of several with the same meaning."""
    counts = Counter(
        heading for symbol in models for heading in sections_of(symbol.docstring or "").headings if heading in names
    )
    return counts.most_common(1)[0][0] if counts else otherwise
