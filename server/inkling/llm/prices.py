"""What tokens cost: the lines of `inkling.model.prices`, in whatever currency the user is billed in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inkling.core.errors import BadSettingError

EVERY_OTHER = "*"
_TOKENS_OF_A_PRICE = 1_000_000
_LINE = re.compile(r"(\S|\S.*\S)\s*:\s+(\d+(?:\.\d+)?)\s+(\d+(?:\.\d+)?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of a model.

    Attributes:
        prompt: Of a million tokens of questions.
        answer: Of a million tokens of answers.
    """

    prompt: float
    answer: float

    def cost(self, n_prompt_tokens: int, n_answer_tokens: int) -> float:
        """Returns what so many tokens cost."""
        return (self.prompt * n_prompt_tokens + self.answer * n_answer_tokens) / _TOKENS_OF_A_PRICE


def read_prices(lines: Iterable[str]) -> dict[str, Price]:
    """Returns the price of each model that a line like `model: prompt answer` names.

    Raises:
        BadSettingError: A line is none.
    """
    prices = {}
    for line in lines:
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise BadSettingError(
                "inkling.model.prices holds a line that is not like `model: prompt answer`, with the prices of a "
                "million tokens, such as `gpt-4.1-mini: 0.40 1.60`."
            )
        prices[found[1]] = Price(prompt=float(found[2]), answer=float(found[3]))
    return prices


def price_of(model: str, prices: Mapping[str, Price]) -> Price | None:
    """Returns the price of a model, None where it is not known."""
    return prices.get(model) or prices.get(EVERY_OTHER)
