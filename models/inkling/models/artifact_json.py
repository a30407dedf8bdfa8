"""Model files as JSON that vouches for itself: a format, a hash of the content, and numbers that are checked."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from inkling.core.errors import ModelArtifactError
from inkling.models.regular_file import read_regular

MAX_BYTES = 1_000_000  # an artifact has about 4 kB
MAX_MAGNITUDE = 1e6  # of any number; standardised weights are near 1
MAX_VERSION_CHARS = 100
MAX_COUNT = 2**53  # larger ones are not exact in every reader of JSON

Json = Mapping[str, object]


def dump_content(content: Json, *, indent: int | None = 2) -> str:
    """Returns content as text for a file, with its hash; on one line where `indent` is None."""
    return json.dumps({**content, "sha256": _content_hash(content)}, indent=indent, allow_nan=False) + "\n"


def read_content(path: Path) -> bytes:
    """Returns what a file holds.

    Raises:
        ModelArtifactError: It cannot be read, is no regular file, or is too large.
    """
    try:
        return read_regular(path, MAX_BYTES)
    except OSError as error:
        raise ModelArtifactError(f"The model {path} cannot be read: {error}") from error


def parse_content(data: bytes, expected_format: int) -> Json:
    """Returns the object that `data` holds; its parts are still to be checked.

    Raises:
        ModelArtifactError: It is too large, damaged, or of another format.
    """
    if len(data) > MAX_BYTES:
        raise ModelArtifactError(f"it is larger than {MAX_BYTES} bytes")
    try:
        content = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelArtifactError(f"it is not JSON ({type(error).__name__})") from error
    if not isinstance(content, dict):
        raise ModelArtifactError("it is not a JSON object")
    if content.get("format") != expected_format or isinstance(content.get("format"), bool):
        raise ModelArtifactError(f"it has another format than {expected_format}; train it again with this version")
    _check_hash(content)
    return content


def object_at(content: Json, key: str) -> Json:
    """Returns the object under a key.

    Raises:
        ModelArtifactError: There is none.
    """
    value = content.get(key)
    if not isinstance(value, dict):
        raise ModelArtifactError(f"{key} is missing or no object")
    return value


def text_at(content: Json, key: str, max_chars: int = MAX_VERSION_CHARS) -> str:
    """Returns the text under a key.

    Raises:
        ModelArtifactError: It is missing, empty, or longer than `max_chars`.
    """
    text = content.get(key)
    if not isinstance(text, str) or not 0 < len(text) <= max_chars:
        raise ModelArtifactError(f"{key} is missing or no short text")
    return text


def count_at(content: Json, key: str) -> int:
    """Returns the count under a key.

    Raises:
        ModelArtifactError: It is missing or none.
    """
    value = content.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MAX_COUNT:
        raise ModelArtifactError(f"{key} is missing or no count")
    return value


def number_at(content: Json, key: str, limit: float = MAX_MAGNITUDE) -> float:
    """Returns the number under a key.

    Raises:
        ModelArtifactError: It is none, or one beyond `limit`.
    """
    return checked_number(content.get(key), key, limit)


def numbers_at(content: Json, key: str, n_numbers: int) -> tuple[float, ...]:
    """Returns the list of `n_numbers` numbers under a key.

    Raises:
        ModelArtifactError: It is none, or holds another count, or an enormous number.
    """
    return checked_numbers(content.get(key), n_numbers, key)


def checked_numbers(values: object, n_numbers: int, key: str, limit: float = MAX_MAGNITUDE) -> tuple[float, ...]:
    """Returns `values` where they are a list of `n_numbers` numbers; `key` names them in the error.

    Raises:
        ModelArtifactError: They are none, or another count, or one is beyond `limit`.
    """
    if not isinstance(values, list) or len(values) != n_numbers:
        raise ModelArtifactError(f"{key} is not a list of {n_numbers} numbers")
    return tuple(checked_number(value, key, limit) for value in values)


def checked_number(value: object, key: str, limit: float = MAX_MAGNITUDE) -> float:
    """Returns `value` where it is a number; `key` names it in the error.

    Raises:
        ModelArtifactError: It is none, or beyond `limit`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelArtifactError(f"{key} holds something that is no number")
    # Compared before it is converted: an integer may be too large for a float. NaN fails the comparison too.
    if not -limit <= value <= limit:
        raise ModelArtifactError(f"{key} holds a number beyond {limit:g}")
    return float(value)


def scales_at(content: Json, key: str, n_numbers: int) -> tuple[float, ...]:
    """Returns the list of `n_numbers` standard deviations under a key.

    Raises:
        ModelArtifactError: As `numbers_at`, or one is not above 0.
    """
    scales = numbers_at(content, key, n_numbers)
    if min(scales) <= 0:
        raise ModelArtifactError(f"{key} must be above 0")
    return scales


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _content_hash(content: Json) -> str:
    """Returns the SHA-256 of content in its canonical form."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _check_hash(content: Json) -> None:
    try:
        expected = _content_hash({key: value for key, value in content.items() if key != "sha256"})
    except (ValueError, RecursionError) as error:
        raise ModelArtifactError("its content cannot be hashed") from error
    if content.get("sha256") != expected:
        raise ModelArtifactError("its content does not match its hash; it was changed or damaged")
