"""What can go wrong with an endpoint, and what the user is told: the cause, and the setting to change."""

import re
from dataclasses import dataclass
from enum import StrEnum

from inkling.core.errors import ModelError
from inkling.core.model_state import ModelStateKind
from inkling.llm.endpoint import MODEL_SETTINGS, Endpoint
from inkling.llm.text_model import Purpose

MAX_QUOTED_CHARS = 200  # of what an endpoint says of itself


class Fault(StrEnum):
    """What is the matter."""

    UNREACHABLE = "unreachable"
    UNKNOWN_HOST = "unknown_host"
    PROXY = "proxy"
    CERTIFICATE = "certificate"
    TOO_SLOW = "too_slow"
    KEY_REFUSED = "key_refused"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    RATE_LIMIT = "rate_limit"
    SERVER_ERROR = "server_error"
    REDIRECT = "redirect"
    WRONG_CONTENT = "wrong_content"
    MALFORMED = "malformed"
    CUT = "cut"
    TOO_LARGE = "too_large"
    NO_MODEL = "no_model"
    BUDGET = "budget"
    COST_BUDGET = "cost_budget"


MENDED_BY_USER = frozenset(
    {
        Fault.UNKNOWN_HOST,
        Fault.PROXY,
        Fault.CERTIFICATE,
        Fault.KEY_REFUSED,
        Fault.FORBIDDEN,
        Fault.NOT_FOUND,
        Fault.REDIRECT,
        Fault.WRONG_CONTENT,
        Fault.NO_MODEL,
    }
)
# What may go away by itself within a second, so that asking again is worth it.
PASSING = frozenset({Fault.UNREACHABLE, Fault.RATE_LIMIT, Fault.SERVER_ERROR})
# What says something about one request and nothing about the next.
OF_ONE_REQUEST = frozenset({Fault.BAD_REQUEST, Fault.NO_MODEL, Fault.BUDGET, Fault.COST_BUDGET})

_WORDS = {
    Fault.UNREACHABLE: "Nothing answers at {url}{detail}. Start the endpoint, or change inkling.model.baseUrl.",
    Fault.UNKNOWN_HOST: "The host of {url} is not known. Change inkling.model.baseUrl.",
    Fault.PROXY: "The proxy on the way to {url} does not let requests through{detail}. Change inkling.model.proxy, or "
    "HTTPS_PROXY and NO_PROXY.",
    Fault.CERTIFICATE: "The certificate of {url} is not trusted{detail}. Name its authority in inkling.model.caFile.",
    Fault.TOO_SLOW: "The model {model} at {url} did not finish within {limit:g} s. Raise inkling.model.timeoutSeconds "
    "or choose a faster model in {setting}.",
    Fault.KEY_REFUSED: "The endpoint at {url} refuses the key. Set another with the command “Inkling: Set API Key”, "
    "or in INKLING_API_KEY for the shell.",
    Fault.FORBIDDEN: "The endpoint at {url} does not let this key use the model {model}{detail}. Change {setting}, or "
    "the key.",
    Fault.NOT_FOUND: "The endpoint at {url} has no model {model}, or is not at that address{detail}. Change {setting} "
    "or inkling.model.baseUrl.",
    Fault.BAD_REQUEST: "The endpoint at {url} does not understand the request{detail}. Change inkling.model.api or "
    "{setting}.",
    Fault.RATE_LIMIT: "The endpoint at {url} takes no more requests now{detail}. Lower inkling.model.maxConcurrent, "
    "or raise inkling.completion.debounceMs.",
    Fault.SERVER_ERROR: "The endpoint at {url} failed{detail}. Look at its own log, or change inkling.model.baseUrl.",
    Fault.REDIRECT: "The endpoint at {url} sends requests elsewhere{detail}. Write the new address in "
    "inkling.model.baseUrl.",
    Fault.WRONG_CONTENT: "What answers at {url} is no OpenAI-compatible endpoint{detail}. Change inkling.model.baseUrl "
    "(most addresses end in /v1).",
    Fault.MALFORMED: "The endpoint at {url} sent an answer that cannot be read{detail}. Change inkling.model.api, or "
    "inkling.model.baseUrl.",
    Fault.CUT: "The endpoint at {url} broke off in the middle of an answer. Look at its own log; a proxy with a time "
    "limit does this too (inkling.model.proxy).",
    Fault.TOO_LARGE: "The endpoint at {url} sent far more than was asked for; the answer was dropped. Change "
    "inkling.model.api, or inkling.model.baseUrl.",
    Fault.NO_MODEL: "No model is named for this. Set {setting}.",
    Fault.BUDGET: "The tokens of today are used up ({limit:,.0f}). Raise inkling.model.dailyTokenBudget, or wait until "
    "tomorrow.",
    Fault.COST_BUDGET: "The money of today is spent ({limit:,.2f}). Raise inkling.model.dailyCostBudget, or wait until "
    "tomorrow.",
}
_WANTS_A_KEY = (
    "The endpoint at {url} wants a key, and none is set. Set it with the command “Inkling: Set API Key”, or in "
    "INKLING_API_KEY for the shell."
)
_IN_THE_CLEAR = (
    "Your code and the key go unencrypted to {url}: everybody on the way can read them. Write https:// in "
    "inkling.model.baseUrl if the endpoint knows it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One request that failed.

    Attributes:
        fault: What is the matter.
        detail: What is known beyond that: a status, the endpoint's own words; may be empty.
        retry_after_s: How long the endpoint asks to be left alone; None where it does not say.
    """

    fault: Fault
    detail: str = ""
    retry_after_s: float | None = None


class RequestFailedError(Exception):
    """Carries a failure from the connection to the client; nobody else sees it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.fault)
        self.failure = failure


def to_error(failure: Failure, endpoint: Endpoint, purpose: Purpose) -> ModelError:
    """Returns the error to raise, in words for the user and without a secret."""
    fault = failure.fault
    detail = presentable(failure.detail, endpoint)
    limits = {Fault.BUDGET: endpoint.daily_token_budget, Fault.COST_BUDGET: endpoint.daily_cost_budget}
    is_without_key = fault is Fault.KEY_REFUSED and not endpoint.api_key and not endpoint.secrets()
    words = (_WANTS_A_KEY if is_without_key else _WORDS[fault]).format(
        url=endpoint.base_url,
        model=presentable(endpoint.models.get(purpose, ""), endpoint),
        setting=MODEL_SETTINGS[purpose],
        detail=f" ({detail})" if detail else "",
        limit=limits.get(fault, endpoint.time_limit_s(purpose)),
    )
    return ModelError(words, cause=fault)


def warning(endpoint: Endpoint) -> str:
    """Returns what the user is to know of an endpoint that works; empty when that is nothing."""
    return _IN_THE_CLEAR.format(url=endpoint.base_url) if endpoint.is_readable_on_the_way else ""


def state_kind(fault: Fault) -> ModelStateKind:
    """Returns what a fault means for the status bar."""
    if fault in {Fault.BUDGET, Fault.COST_BUDGET}:
        return ModelStateKind.BUDGET
    is_refused = fault in MENDED_BY_USER or fault is Fault.BAD_REQUEST
    return ModelStateKind.REFUSED if is_refused else ModelStateKind.DOWN


def presentable(text: str, endpoint: Endpoint) -> str:
    """Returns a text from outside on one line, short, without control characters and without the endpoint's secrets."""
    for secret in endpoint.secrets():
        text = text.replace(secret, "…")
    text = re.sub(r"\s+", " ", text)
    text = "".join(char for char in text if char.isprintable()).strip()
    return text if len(text) <= MAX_QUOTED_CHARS else text[:MAX_QUOTED_CHARS] + "…"
