"""How the language model's endpoint is doing, in words for the status bar."""

from dataclasses import dataclass
from enum import StrEnum


class ModelStateKind(StrEnum):
    """How the endpoint is doing."""

    OFF = "off"  # none is configured: nothing is shown
    CONNECTING = "connecting"
    READY = "ready"
    DOWN = "down"  # it does not answer, and is asked again by itself
    REFUSED = "refused"  # only the user can mend it: address, key, model
    BUDGET = "budget"  # the budget of the day is used up


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """How the endpoint is doing.

    Attributes:
        kind: In a word.
        words: One line for the status bar, without a full stop: host and model, and what is the matter, such as
            "example.org, qwen2.5-coder: down, tries again in 30 s"; empty while it is off.
        problem: What the user is told, once for each text: names the setting to change; empty when all is well.
    """

    kind: ModelStateKind = ModelStateKind.OFF
    words: str = ""
    problem: str = ""
