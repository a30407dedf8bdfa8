"""What the model mind asks of an endpoint, and what comes back, without a word about HTTP."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Purpose(StrEnum):
    """What a request is for: accounting, time limits and the choice of the model go by it."""

    COMPLETION = "completion"
    EDIT = "edit"
    CHAT = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an endpoint was found to be able to do, by asking it once.

    Attributes:
        has_completions: Whether it answers `/v1/completions`; otherwise chat stands in.
        has_suffix: Whether `/v1/completions` knows `suffix`, so that the server itself fills in the middle.
        has_logprobs: Whether token log-probabilities come back.
    """

    has_completions: bool
    has_suffix: bool
    has_logprobs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRequest:
    """A prompt to continue, as `/v1/completions` takes it.

    Attributes:
        prompt: What stands before; with a fill-in-the-middle template all of it.
        suffix: What follows, for servers that fill in by themselves; None otherwise.
        stop: Texts at which to stop; they are not part of the answer. At most four, as endpoints allow.
        max_tokens: Longest answer.
        temperature: 0 for the most probable text.
        n: Alternatives asked for.
    """

    prompt: str
    suffix: str | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int
    temperature: float = 0.0
    n: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One message of a chat."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """Messages to answer, as `/v1/chat/completions` takes them; the rest as in `TextRequest`."""

    messages: tuple[ChatMessage, ...]
    stop: tuple[str, ...] = ()
    max_tokens: int
    temperature: float = 0.0
    n: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChunk:
    """A piece of an answer as it streams in.

    Attributes:
        index: Which of the alternatives it belongs to.
        text: The piece; may be empty.
        logprobs: Of its tokens, natural logarithm; empty where the endpoint does not say.
        finish_reason: "stop", "length" or another word of the endpoint, with the last piece; else None.
    """

    index: int
    text: str
    logprobs: tuple[float, ...] = ()
    finish_reason: str | None = None


class TextModel(Protocol):
    """A language model at an endpoint. Implemented by `inkling.llm.client.ModelClient`.

    Closing the iteration, or cancelling it, closes the HTTP stream.
    """

    @property
    def capabilities(self) -> Capabilities | None:
        """What the endpoint can do; None until it was asked, or while it is out of reach."""
        ...

    async def probe(self) -> Capabilities:
        """Returns what the endpoint can do; asks it only once.

        Raises:
            ModelError: As `complete`.
        """
        ...

    def complete(self, request: TextRequest, purpose: Purpose) -> AsyncGenerator[TextChunk, None]:
        """Yields the pieces of the answer as they come.

        Raises:
            ModelError: The endpoint refused, failed, is paused by the circuit breaker, or the budget is used up; its
                words are for the user and name the setting to change.
        """
        ...

    def chat(self, request: ChatRequest, purpose: Purpose) -> AsyncGenerator[TextChunk, None]:
        """As `complete`, for `/v1/chat/completions`."""
        ...
