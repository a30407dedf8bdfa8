"""The sections of docstrings as Google, NumPy and Sphinx style have them.

Source: Google Python Style Guide, section 3.8.3; numpydoc, "Sections"; Sphinx, "Info field lists".
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

_GOOGLE_HEADING = re.compile(r"(Args|Arguments|Parameters|Attributes|Returns|Yields|Raises|Examples?|Notes?):\s*$")
_NUMPY_RULE = re.compile(r"-{3,}\s*$")
_GOOGLE_ENTRY = re.compile(r"(?P<name>\*{0,2}[\w.]+)(?: \((?P<type>[^)]*)\))?:(?:\s+(?P<words>.*))?$")
_NUMPY_ENTRY = re.compile(r"(?P<name>\*{0,2}\w+)(?: ?: ?(?P<type>.*))?$")
_SPHINX_ENTRY = re.compile(
    r":(?P<field>param|parameter|arg|raises?|type)\s+(?:(?P<type>[^:]*?)\s+)?(?P<name>\\?\*{0,2}[\w.]+):(?:\s+(?P<words>.*))?$"
)
_SPHINX_FIELD = re.compile(r":(param|parameter|arg|raises?|type|returns?|rtype)\b[^:]*:")
_SECTIONS = {
    "Args": "parameters",
    "Arguments": "parameters",
    "Parameters": "parameters",
    "Attributes": "parameters",
    "Raises": "raises",
    "param": "parameters",
    "parameter": "parameters",
    "arg": "parameters",
    "raise": "raises",
    "raises": "raises",
}


class Style(StrEnum):
    """How sections are written."""

    GOOGLE = "google"
    NUMPY = "numpy"
    SPHINX = "sphinx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A described parameter or exception.

    Attributes:
        section: "parameters", "raises", or "" for another.
        name: What is described, without stars.
        type: Its type as it is written; "" for none.
        words: The first line of its description; "" where that is missing.
        indent: Columns before it.
        field: In Sphinx style the field's name; "" in others.
    """

    section: str
    name: str
    type: str
    words: str
    indent: int
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """What stands in some lines of a docstring.

    Attributes:
        style: How they are written; None where they have no sections.
        entries: What is described.
        headings: The headings in their order, without colons.
        heading: The section that is open at the end of the lines; "" for none.
        heading_indent: Columns before that heading; -1 for none.
        lines: The numbers of the lines with headings and entries, from 0; rules below headings do not count.
    """

    style: Style | None
    entries: tuple[Entry, ...]
    headings: tuple[str, ...]
    heading: str
    heading_indent: int
    lines: frozenset[int]


@lru_cache(maxsize=4096)
def sections_of(docstring: str) -> Sections:
    """Returns the sections of a docstring, or of its beginning."""
    return read_sections(docstring.splitlines())


def read_sections(lines: Sequence[str]) -> Sections:
    """Returns what stands in lines of a docstring."""
    style: Style | None = None
    entries: list[Entry] = []
    headings: list[str] = []
    counted: set[int] = set()
    heading, heading_indent = "", -1
    for number, line in enumerate(lines):
        code = line.strip()
        if not code:
            continue
        indent = columns(line)
        field = _SPHINX_FIELD.match(code)
        if field is not None:
            counted.add(number)
            style = style or Style.SPHINX
            entry = _SPHINX_ENTRY.match(code)
            if entry is not None:
                entries.append(_entry(entry, _SECTIONS.get(entry["field"], ""), indent, entry["field"]))
            else:
                headings.append(field.group(1))
            continue
        found = _GOOGLE_HEADING.match(code)
        if found is not None:
            style = style or Style.GOOGLE
            heading, heading_indent = found.group(1), indent
            headings.append(heading)
            counted.add(number)
            continue
        following = lines[number + 1].strip() if number + 1 < len(lines) else ""
        if _NUMPY_RULE.match(following) and code.replace(" ", "").isalpha():
            style = Style.NUMPY
            heading, heading_indent = code, indent
            headings.append(heading)
            counted.add(number)
            continue
        if style is Style.GOOGLE and indent <= heading_indent:
            heading, heading_indent = "", -1
        elif style is Style.GOOGLE and (
            not entries or indent <= entries[-1].indent or not _is_in(entries[-1], heading)
        ):
            entry = _GOOGLE_ENTRY.match(code)
            if entry is not None and heading in _SECTIONS:
                counted.add(number)
                entries.append(_entry(entry, _SECTIONS[heading], indent, ""))
        elif style is Style.NUMPY and indent == heading_indent and not _NUMPY_RULE.match(code):
            entry = _NUMPY_ENTRY.match(code)
            if entry is not None and heading in _SECTIONS:
                below = following if number + 1 < len(lines) and columns(lines[number + 1]) > indent else ""
                counted.add(number)
                entries.append(_entry(entry, _SECTIONS[heading], indent, "", below))
    return Sections(
        style=style,
        entries=tuple(entries),
        headings=tuple(headings),
        heading=heading,
        heading_indent=heading_indent,
        lines=frozenset(counted),
    )


def main_style(docstrings: Iterable[str]) -> Style | None:
    """Returns the style that most docstrings with sections have."""
    styles = Counter(style for docstring in docstrings if (style := sections_of(docstring).style) is not None)
    return styles.most_common(1)[0][0] if styles else None


def section_of(heading: str) -> str:
    """Returns what a section with this heading describes: "parameters", "raises", or "" for something else."""
    return _SECTIONS.get(heading, "")


def columns(line: str) -> int:
    """Returns the columns before the first character of a line that is not space."""
    expanded = line.expandtabs()
    return len(expanded) - len(expanded.lstrip())


def _is_in(entry: Entry, heading: str) -> bool:
    return entry.section == _SECTIONS.get(heading, "")


def _entry(match: re.Match[str], section: str, indent: int, field: str, words: str | None = None) -> Entry:
    return Entry(
        section=section,
        name=match["name"].lstrip("\\*"),
        type=match["type"] or "",
        words=(match["words"] or "").strip() if words is None else words,
        indent=indent,
        field=field,
    )
