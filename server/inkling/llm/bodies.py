"""Requests as they go over the wire, but for the model's name."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inkling.llm.text_model import Capabilities, ChatRequest, TextRequest

if TYPE_CHECKING:
    from inkling.llm.connection import Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A request as it is sent.

    Attributes:
        path: Below the base URL.
        body: The JSON object.
        n_chars: Characters of all its texts.
    """

    path: str
    body: "Body"
    n_chars: int


def written(request: TextRequest | ChatRequest, capabilities: Capabilities) -> Written:
    """Returns a request as it is sent. Source: the OpenAI API reference, "Completions" and "Chat Completions"."""
    body: Body = {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.stop:
        body["stop"] = list(request.stop)
    if request.n != 1:
        body["n"] = request.n
    if isinstance(request, ChatRequest):
        body["messages"] = [{"role": message.role, "content": message.content} for message in request.messages]
        if capabilities.has_logprobs:
            body["logprobs"] = True
        n_chars = sum(len(message.content) for message in request.messages)
        return Written(path="/chat/completions", body=body, n_chars=n_chars)
    body["prompt"] = request.prompt
    if request.suffix is not None:
        body["suffix"] = request.suffix
    if capabilities.has_logprobs:
        body["logprobs"] = 1
    return Written(path="/completions", body=body, n_chars=len(request.prompt) + len(request.suffix or ""))


def in_taken_words(body: "Body", refused: set[str]) -> "Body":
    """Returns a body in the words that an endpoint has not refused."""
    taken = {name: value for name, value in body.items() if name not in refused}
    if "max_tokens" in refused:
        taken["max_completion_tokens"] = body["max_tokens"]
    return taken
