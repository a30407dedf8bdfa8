"""Which of ruff's rules a reviewer speaks of by default: mistakes and dangers, no style.

How sure each is, is a judgement from what the rules' documentation says of false alarms, not a fit.
Source: ruff's documentation, "Rules".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from inkling.core.review import Severity

CRASHES: Final = frozenset({"F821", "F823", "F822", "F706", "F704", "F701", "F702", "invalid-syntax"})
"""What fails for certain once it is reached, or at once."""

FOR_THE_WHOLE_FILE: Final = frozenset({"F401", "F821", "F822", "F823", "F811", "F841", "invalid-syntax"})
"""What a change may bring about on lines that it does not touch, as when the last use of an import goes."""

NOT_IN_TESTS: Final = ("S", "DTZ", "BLE", "B017", "B018", "PLW1510", "PLW1641", "B011", "SIM115", "ASYNC")
"""Families and rules that find in tests what tests do on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRule:
    """What a finding of a rule is worth.

    Attributes:
        severity: How bad it is.
        confidence: How often it is worth saying, in [0, 1].
        why: What may go wrong, where ruff's own message does not say it.
    """

    severity: Severity
    confidence: float
    why: str = ""


def rules() -> dict[str, LintRule]:
    """Returns the rules by code."""
    return dict(_rules())


def _rules() -> Iterator[tuple[str, LintRule]]:
    for severity, confidence, why, codes in _TABLE:
        for code in codes.split():
            yield code, LintRule(severity=severity, confidence=confidence, why=why)


_TABLE: Final = (
    (Severity.ERROR, 0.95, "", "invalid-syntax F821 F822 F823 F701 F702 F704 F706"),
    (Severity.ERROR, 0.9, "", "F501 F502 F503 F505 F506 F507 F508 F509 F521 F524 F525 F621 F622 F633 F701 F707 F722"),
    (
        Severity.ERROR,
        0.9,
        "",
        "PLE0100 PLE0101 PLE0115 PLE0117 PLE0118 PLE0237 PLE0241 PLE0302 PLE0303 PLE0304 PLE0305",
    ),
    (
        Severity.ERROR,
        0.9,
        "",
        "PLE0307 PLE0308 PLE0309 PLE0604 PLE0605 PLE0704 PLE1132 PLE1142 PLE1205 PLE1206 PLE1300",
    ),
    (
        Severity.ERROR,
        0.9,
        "",
        "PLE1307 PLE1310 PLE1507 PLE1519 PLE1520 PLE1700 B002 B016 B029 B030 F901 PLW0245 PLW1501",
    ),
    (Severity.ERROR, 0.85, "What is compared may be equal without being the same object.", "F632"),
    (Severity.ERROR, 0.9, "It is always true, so it checks nothing.", "F631 F634 PLW0129 PLW0711"),
    (
        Severity.ERROR,
        0.9,
        "The text that is read is not the text that runs.",
        "PLE2502 PLE2510 PLE2512 PLE2513 PLE2515",
    ),
    (
        Severity.WARNING,
        0.85,
        "All calls share the one object that was made when the function was defined.",
        "B006 B039",
    ),
    (Severity.WARNING, 0.7, "The function sees the value that the variable has when it is called.", "B023"),
    (
        Severity.WARNING,
        0.8,
        "",
        "B003 B004 B005 B012 B014 B020 B025 B031 B032 B033 B034 B035 F601 F602 PLW0127 PLW0128",
    ),
    (
        Severity.WARNING,
        0.8,
        "",
        "B015 B018 PLW0133 PLW0177 PLW0406 PLW0211 PLW1507 PLW2101 PIE794 PIE796 F402 F811 PLR1708",
    ),
    (Severity.WARNING, 0.75, "The object, and all it holds, lives as long as the cache.", "B019"),
    (Severity.NOTE, 0.6, "", "F401 F841 F842 B017 B026 PLW0120 PLW0602 PLR1704 RUF006 RUF016 RUF017 RUF018 RUF026"),
    (Severity.WARNING, 0.8, "A debugger stops here for every user.", "T100"),
    (Severity.WARNING, 0.75, "Whoever controls the text runs code.", "S102 S307 S301 S302 S506 S202"),
    (Severity.WARNING, 0.7, "Whoever controls part of the text runs commands.", "S602 S604 S605 S609"),
    (
        Severity.WARNING,
        0.7,
        "Whoever controls part of the text changes the query; give values as parameters.",
        "S608 S611",
    ),
    (Severity.WARNING, 0.8, "", "S103 S201 S304 S305 S306 S323 S324 S501 S502 S503 S504 S505 S507 S508 S509 S612 S701"),
    (Severity.WARNING, 0.65, "Without a time limit it may wait for ever.", "S113"),
    (Severity.NOTE, 0.6, "What goes wrong here is never heard of.", "S110 S112 E722 BLE001"),
    (Severity.NOTE, 0.55, "The file stays open where an exception comes first.", "SIM115"),
    (
        Severity.NOTE,
        0.5,
        "Without a time zone it means another moment on another machine.",
        "DTZ001 DTZ003 DTZ004 DTZ005",
    ),
    (
        Severity.NOTE,
        0.5,
        "Without a time zone it means another moment on another machine.",
        "DTZ002 DTZ006 DTZ011 DTZ012",
    ),
    (Severity.NOTE, 0.5, "A command that fails goes unnoticed.", "PLW1510"),
    (
        Severity.WARNING,
        0.7,
        "The event loop stands still meanwhile.",
        "ASYNC210 ASYNC212 ASYNC220 ASYNC221 ASYNC222 ASYNC251",
    ),
    (Severity.NOTE, 0.55, "Objects that are equal do not find each other in a set or a dict.", "PLW1641"),
    (Severity.NOTE, 0.4, "The cause is lost from the traceback.", "B904"),
    (Severity.NOTE, 0.4, "The shorter one decides silently.", "B905"),
)
