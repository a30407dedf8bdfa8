"""Next edits: asks all minds what is changed next, checks it, and offers what is worth the user's attention."""

from inkling.features.next_edit.feature import NextEditFeature
from inkling.features.next_edit.offered import EditGroup, OfferedEdit, PlacedEdit
from inkling.features.next_edit.ports import (
    EditableFiles,
    EditLinter,
    EditNames,
    EditSyntaxChecker,
    NextEditClient,
    NextEditPorts,
    OpenDocuments,
)

__all__ = [
    "EditGroup",
    "EditLinter",
    "EditNames",
    "EditSyntaxChecker",
    "EditableFiles",
    "NextEditClient",
    "NextEditFeature",
    "NextEditPorts",
    "OfferedEdit",
    "OpenDocuments",
    "PlacedEdit",
]
