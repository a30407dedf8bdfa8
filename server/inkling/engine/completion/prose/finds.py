"""What a source of prose finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class ProseKind(StrEnum):
    """What is being written; each has features and a calibration of its own."""

    SUMMARY = "summary"  # the first line of a docstring
    ENTRY = "entry"  # a heading or an entry of a docstring's sections
    COMMENT = "comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseFind:
    """A text for the cursor.

    Attributes:
        kind: What is being written.
        text: What to insert; never empty.
        is_beginning: Whether words are to follow: a parameter's name, behind which it is described.
        features: What its confidence is computed from, in the order of `FEATURES` of its kind.
    """

    kind: ProseKind
    text: str
    is_beginning: bool
    features: tuple[float, ...]


FEATURES: dict[ProseKind, Sequence[str]] = {
    ProseKind.SUMMARY: (
        "is_same_name",
        "has_same_parameters",
        "name_likeness",
        "owner_likeness",
        "is_overridden",
        "is_sibling",
        "is_same_verb",
        "is_exchanged",
        "is_unexplained",
        "is_one_exchange",
        "share_explained",
        "log_agreeing",
        "share_agreeing",
        "log_typed",
        "log_rest",
        "is_in_file",
        "nearness",
        "is_test",
        "log_typed_if_unexplained",
    ),
    ProseKind.ENTRY: (
        "is_heading",
        "is_exception",
        "is_described",
        "is_typed",
        "is_next",
        "log_missing",
        "log_typed",
        "is_section_open",
        "log_agreeing",
        "share_agreeing",
        "is_by_same_name",
        "is_numpy",
        "is_sphinx",
        "has_entries_below",
        "is_after_entry",
    ),
    ProseKind.COMMENT: (
        "is_exchanged",
        "log_agreeing",
        "share_agreeing",
        "log_typed",
        "log_rest",
        "likeness_below",
        "likeness_above",
        "likeness_if_exchanged",
        "is_behind_code",
        "is_directive",
        "is_in_file",
        "is_same_below",
    ),
}
"""The names of the features of each kind."""
