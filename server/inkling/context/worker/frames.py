"""Frames between the daemon and its own worker processes.

A frame is eight bytes of length, big-endian, then a marshalled tuple `(kind, id, name, payload)`. Payloads
hold only what `marshal` writes: None, bool, int, float, str, bytes, and tuples, lists and dicts of these.
Both ends are the same interpreter, so marshal's lack of a stable format does no harm, and a document of a
megabyte costs a copy instead of being escaped character by character.
"""

import marshal
import struct
from typing import Any, Final, NamedTuple

HEADER: Final = struct.Struct(">Q")
MAX_FRAME_BYTES: Final = 256 * 1024 * 1024  # far over any document that is served; guards against a torn stream

CALL: Final = 0
NOTICE: Final = 1
CANCEL: Final = 2
RESULT: Final = 3
FAILURE: Final = 4
EVENT: Final = 5


class Frame(NamedTuple):
    """One message.

    Attributes:
        kind: One of the constants of this module.
        id: Number of the call; 0 for notices and events.
        name: Method, notice or event; empty for answers.
        payload: Arguments, result, or the words of a failure.
    """

    kind: int
    id: int
    name: str
    payload: Any


def encode(frame: Frame) -> bytes:
    """Returns the bytes of a frame, header included."""
    body = marshal.dumps(tuple(frame))
    return HEADER.pack(len(body)) + body


def decode_length(header: bytes) -> int:
    """Returns the length of the body that follows `header`.

    Raises:
        ValueError: No frame is that long: the stream is torn.
    """
    (length,) = HEADER.unpack(header)
    if length > MAX_FRAME_BYTES:
        raise ValueError(f"a frame of {length} bytes")
    return int(length)


def decode_body(body: bytes) -> Frame:
    """Returns the frame whose body this is.

    Raises:
        ValueError: The bytes are no frame.
    """
    try:
        kind, call_id, name, payload = marshal.loads(body)  # noqa: S302 - written by our own child or parent
    except (EOFError, TypeError) as error:
        raise ValueError("the bytes are no frame") from error
    return Frame(kind, call_id, name, payload)
