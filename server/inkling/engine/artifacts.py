"""What training leaves: JSON files that ship beside the code that reads them."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from inkling.core.errors import ModelArtifactError


def shipped_text(package: str, name: str, what: str) -> str:
    """Returns the text of a file that ships with Inkling.

    Args:
        package: Where it lies, with dots.
        name: The file's.
        what: What it holds, as words that begin a sentence.

    Raises:
        ModelArtifactError: The installation is damaged.
    """
    try:
        return files(package).joinpath(name).read_text(encoding="utf-8")
    except OSError as error:
        raise ModelArtifactError(f"{what} cannot be read: {error}") from error


@contextlib.contextmanager
def damage_is_told() -> Iterator[None]:
    """Tells of what is not as it was written.

    Raises:
        ModelArtifactError: Something within could not be read.
    """
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelArtifactError(f"it is damaged ({type(error).__name__}: {error})") from error


def content_of(text: str, version: int) -> Any:
    """Returns what a file holds.

    Raises:
        ModelArtifactError: It has another format.
        ValueError: It is no JSON.
    """
    content = json.loads(text)
    if content["format"] != version:
        raise ModelArtifactError(f"it has another format than {version}")
    return content


def check_features(stored: Sequence[str], wanted: Sequence[str], module: str) -> None:
    """Lets pass what was made for the features that the code has.

    Args:
        stored: The names of the features, as the file has them.
        wanted: The names that the code has.
        module: The one that trains.

    Raises:
        ModelArtifactError: They differ.
    """
    if tuple(stored) != tuple(wanted):
        raise ModelArtifactError(f"it was made for other features; train it with `python -m {module}`")


def as_text(content: Mapping[str, object], indent: int | None = None) -> str:
    """Returns what a file is to hold: with `indent` for people to read, without it in one line."""
    separators = (",", ":") if indent is None else None
    return json.dumps(content, indent=indent, separators=separators, allow_nan=False) + "\n"
