"""*Fix with feedback*: sees something fail, has all minds look for a fix, and shows the evidence for what they find."""

from inkling.features.fix.feature import FixFeature
from inkling.features.fix.ports import FixTools, Linter, OpenTools, ProjectTexts
from inkling.features.fix.recorder import FixRecorder
from inkling.features.fix.request import (
    FailingTests,
    FixOutcome,
    FixRequest,
    FixTarget,
    KnobNames,
    OfferedFix,
    Place,
    TracebackText,
)
from inkling.features.fix.unasked import FixEditor, Machine, UnaskedFixes, UnaskedPorts

__all__ = [
    "FailingTests",
    "FixEditor",
    "FixFeature",
    "FixOutcome",
    "FixRecorder",
    "FixRequest",
    "FixTarget",
    "FixTools",
    "KnobNames",
    "Linter",
    "Machine",
    "OfferedFix",
    "OpenTools",
    "Place",
    "ProjectTexts",
    "TracebackText",
    "UnaskedFixes",
    "UnaskedPorts",
]
