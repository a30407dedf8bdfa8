"""A document as it was at one moment."""

from dataclasses import dataclass
from pathlib import Path
from typing import NewType

DocumentUri = NewType("DocumentUri", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The text of a document at one version.

    Attributes:
        uri: What the client calls the document.
        path: Where it lies on disk; None for untitled documents and notebook cells.
        version: The client's version number; -1 for a file that no client has open.
        text: The whole text, line ends as the document has them.
    """

    uri: DocumentUri
    path: Path | None
    version: int
    text: str
