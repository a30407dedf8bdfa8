"""Where a language model is asked: settings and key together, checked."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

from inkling.core.errors import BadSettingError
from inkling.core.settings import FimTemplate, ModelApi, ModelSettings
from inkling.llm.prices import Price, price_of, read_prices
from inkling.llm.text_model import Purpose

TIME_FACTORS = {Purpose.COMPLETION: 1.0, Purpose.EDIT: 4.0, Purpose.CHAT: 12.0}  # of inkling.model.timeoutSeconds
MIN_SECRET_CHARS = 6  # shorter ones, such as the "none" that local servers take, guard nothing and stand in every text
MODEL_SETTINGS = {
    Purpose.COMPLETION: "inkling.model.completionModel",
    Purpose.EDIT: "inkling.model.editModel",
    Purpose.CHAT: "inkling.model.chatModel",
}
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]*)")  # RFC 9110, sections 5.1 and 5.5
KEY_IN_HEADER = "${key}"  # stands for the key in inkling.model.headers, so that it need not be written there
_OWN_HEADERS = frozenset({"connection", "content-encoding", "content-length", "host", "transfer-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An OpenAI-compatible endpoint. What may hold secrets is not in its repr.

    Attributes:
        base_url: Address up to and with `/v1`, without a slash at its end, a user, a password or a query.
        query: What follows the `?` of each request's address, such as `api-version=2024-10-21`; may be empty.
        api_key: Sent as a bearer token; empty: none is sent.
        models: Name of the model for each purpose that has one.
        api: Where completions come from.
        fim_template: How prefix and suffix become a prompt.
        timeout_s: Longest time for a completion, seconds; other purposes take it times `TIME_FACTORS`.
        max_concurrent: Most requests at one time.
        daily_token_budget: Most tokens in one day; 0: no limit.
        daily_cost_budget: Most money in one day, in the currency of the prices; 0: no limit.
        prices: What the models cost, as far as is known.
        headers: Further headers of each request, names and values.
        ca_file: Certificates of the authorities to trust; None: those of the system.
        proxy: Address of a proxy; None: as the environment says.
    """

    base_url: str
    query: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    models: Mapping[Purpose, str]
    api: ModelApi = ModelApi.AUTO
    fim_template: FimTemplate = FimTemplate.AUTO
    timeout_s: float = 10.0
    max_concurrent: int = 4
    daily_token_budget: int = 0
    daily_cost_budget: float = 0.0
    prices: Mapping[str, Price] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """Returns the host with its port, for people."""
        return urlsplit(self.base_url).netloc

    @property
    def is_readable_on_the_way(self) -> bool:
        """Whether code and key go unencrypted to a host beyond this machine and its private network."""
        parts = urlsplit(self.base_url)
        return parts.scheme == "http" and not _is_private(parts.hostname or "")

    def cost(self, model: str, n_prompt_tokens: int, n_answer_tokens: int) -> float:
        """Returns what a request costs; 0 where no price is known."""
        price = price_of(model, self.prices)
        return 0.0 if price is None else price.cost(n_prompt_tokens, n_answer_tokens)

    def time_limit_s(self, purpose: Purpose) -> float:
        """Returns the longest time for a whole answer, seconds."""
        return self.timeout_s * TIME_FACTORS[purpose]

    def secrets(self) -> tuple[str, ...]:
        """Returns the texts that must never be shown or logged, longest first."""
        proxy = urlsplit(self.proxy or "")
        found = {self.api_key, proxy.password or ""}
        found |= {part for _, value in self.headers for part in (value, *value.split())}
        found |= {value for name, value in parse_qsl(self.query) if "version" not in name}
        return tuple(sorted((secret for secret in found if len(secret) >= MIN_SECRET_CHARS), key=len, reverse=True))


def endpoint_from_settings(settings: ModelSettings, api_key: str | None) -> Endpoint | None:
    """Returns the endpoint that the settings describe, or None when they name none.

    Raises:
        BadSettingError: A setting cannot be used; the message names it.
    """
    if not settings.base_url.strip():
        return None
    key = (api_key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise BadSettingError(
            "The key of the model endpoint has characters that no key has: set it again, without quotes or line ends."
        )
    base_url, query = _address(settings.base_url.strip())
    headers = tuple(_header(line, key) for line in settings.headers)
    is_key_in_header = any(KEY_IN_HEADER in line for line in settings.headers)
    names = {
        Purpose.COMPLETION: settings.completion_model.strip(),
        Purpose.EDIT: settings.edit_model.strip(),
        Purpose.CHAT: settings.chat_model.strip(),
    }
    models = {purpose: name for purpose, name in names.items() if name}
    prices = read_prices(settings.prices)
    for model in models.values():
        if settings.daily_cost_budget and price_of(model, prices) is None:
            raise BadSettingError(
                f"inkling.model.dailyCostBudget cannot be held without the price of {model}: write it in "
                "inkling.model.prices."
            )
    return Endpoint(
        base_url=base_url,
        query=query,
        api_key="" if is_key_in_header else key,
        models=models,
        api=settings.api,
        fim_template=settings.fim_template,
        timeout_s=settings.timeout_seconds,
        max_concurrent=settings.max_concurrent,
        daily_token_budget=settings.daily_token_budget,
        daily_cost_budget=settings.daily_cost_budget,
        prices=prices,
        headers=headers,
        ca_file=_ca_file(settings.ca_file.strip()),
        proxy=_proxy(settings.proxy.strip()),
    )


def _address(text: str) -> tuple[str, str]:
    """Returns the address without its query, and the query."""
    example = "Write it like http://localhost:11434/v1."
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or any(map(str.isspace, text)):
        raise BadSettingError(f"inkling.model.baseUrl is not the address of an HTTP endpoint. {example}")
    if parts.username is not None:
        raise BadSettingError("inkling.model.baseUrl holds a user or password: take it out and set the key instead.")
    if parts.fragment:
        raise BadSettingError(f"inkling.model.baseUrl has a fragment (#), which no endpoint gets to see. {example}")
    return text.partition("#")[0].partition("?")[0].rstrip("/"), parts.query


def _is_private(host: str) -> bool:
    """Tells whether a host is this machine or on its private network, as far as its name or number tells."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # One word is a container or a machine nearby. Source: RFC 6761, 6762 and 8375; ICANN keeps .internal free.
        return "." not in host or host.endswith((".localhost", ".local", ".home.arpa", ".internal", ".lan"))
    return address.is_private or address.is_loopback or address.is_link_local


def _header(line: str, key: str) -> tuple[str, str]:
    found = _HEADER.fullmatch(line.strip())
    if found is None:
        raise BadSettingError("inkling.model.headers holds a line that is not like `Name: value`.")
    if found[1].lower() in _OWN_HEADERS:
        raise BadSettingError(f"inkling.model.headers may not set {found[1]}: the connection needs its own.")
    return found[1], found[2].strip().replace(KEY_IN_HEADER, key)


def _ca_file(text: str) -> Path | None:
    if not text:
        return None
    path = Path(text).expanduser()
    if not path.is_file():
        raise BadSettingError(f"inkling.model.caFile names no file: {path}")
    return path


def _proxy(text: str) -> str | None:
    if not text:
        return None
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadSettingError("inkling.model.proxy is not the address of a proxy. Write it like http://proxy:3128.")
    return text


def _split(text: str) -> SplitResult | None:
    """Returns the parts of an address; None where it, or its port, is none."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts
