"""Finds out what an endpoint can do, with a few requests of one token each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inkling.core.errors import ModelError
from inkling.core.settings import ModelApi
from inkling.llm.endpoint import Endpoint
from inkling.llm.faults import Fault
from inkling.llm.text_model import Capabilities, Purpose

if TYPE_CHECKING:
    from inkling.llm.connection import Body

PROMPT = "def add(a, b):\n    return "
_SUFFIX = "\n\n\nprint(add(1, 2))\nprint(add(3, 4))\nprint(add(5, 6))\n"  # long enough to show in the token count
_NO_SUCH_ADDRESS = frozenset({Fault.NOT_FOUND, Fault.BAD_REQUEST})
_NO_SUCH_PARAMETER = frozenset({Fault.BAD_REQUEST, Fault.SERVER_ERROR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A request that finds something out.

    Attributes:
        path: Of the request, below the base URL.
        body: What is sent, without the model and what all trials have in common.
        answers: Faults that are an answer, too: nobody need be told of them.
    """

    path: str
    body: "Body"
    answers: frozenset[Fault] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a trial.

    Attributes:
        has_logprobs: Whether log-probabilities came back.
        n_prompt_tokens: How many tokens the endpoint counted in the prompt; None where it did not count.
    """

    has_logprobs: bool
    n_prompt_tokens: int | None


Try = Callable[[Trial], Awaitable[Tried]]
"""Makes a trial; raises a ModelError whose cause is the fault."""


async def find_capabilities(endpoint: Endpoint, try_out: Try) -> Capabilities:
    """Returns what the endpoint can do.

    Raises:
        ModelError: It is out of reach, or refuses.
    """
    if endpoint.api is ModelApi.CHAT or Purpose.COMPLETION not in endpoint.models:
        return await _chat_capabilities(try_out)
    answers = _NO_SUCH_ADDRESS if endpoint.api is ModelApi.AUTO else frozenset()
    try:
        alone = await try_out(Trial(path="/completions", body={"prompt": PROMPT, "logprobs": 1}, answers=answers))
    except ModelError as error:
        if error.cause in answers:
            return await _chat_capabilities(try_out)
        raise
    has_suffix = await _has_suffix(try_out, alone.n_prompt_tokens)
    return Capabilities(has_completions=True, has_suffix=has_suffix, has_logprobs=alone.has_logprobs)


async def _has_suffix(try_out: Try, n_alone: int | None) -> bool:
    """Tells whether the server takes account of a suffix; one that passes over it counts as many tokens as without."""
    body = {"prompt": PROMPT, "suffix": _SUFFIX}
    try:
        tried = await try_out(Trial(path="/completions", body=body, answers=_NO_SUCH_PARAMETER))
    except ModelError as error:
        if error.cause in _NO_SUCH_PARAMETER:
            return False
        raise
    return n_alone is not None and tried.n_prompt_tokens is not None and tried.n_prompt_tokens > n_alone


async def _chat_capabilities(try_out: Try) -> Capabilities:
    messages = [{"role": "user", "content": PROMPT}]
    tried = await try_out(Trial(path="/chat/completions", body={"messages": messages, "logprobs": True}))
    return Capabilities(has_completions=False, has_suffix=False, has_logprobs=tried.has_logprobs)
