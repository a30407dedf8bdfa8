"""What is odd about a model's answers without being a fault, and what the user is told of it, once."""

import re
from collections.abc import Iterator
from enum import StrEnum

from inkling.llm.endpoint import MODEL_SETTINGS, Endpoint
from inkling.llm.faults import presentable
from inkling.llm.text_model import Purpose

FENCE = re.compile(r"```[\w+-]*[ \t]*\n")
_CUT_FENCE = re.compile(r"^\s*```[\w+-]*[ \t]*$")  # where one line is asked for nothing comes after its beginning
# Left out are tab and line feed. The rest moves the cursor, or makes text look other than it is.
# Source: Unicode Standard Annex 9, "Explicit Directional Embedding, Override and Isolate"; CVE-2021-42574.
DECEIVING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class Oddity(StrEnum):
    """What is odd."""

    DECEIVING = "deceiving"
    FENCE = "fence"


_WORDS = {
    Oddity.DECEIVING: "The model {model} at {url} writes signs that hide what code does (control characters, or "
    "overrides of the direction of text). Such suggestions are not shown; if there are many, choose another model in "
    "{setting}.",
    Oddity.FENCE: "The model {model} at {url} wraps its code in markdown, as models for chats do; Inkling unwraps it. "
    "Choose a model that fills in code in {setting}, or another inkling.model.fimTemplate.",
}


def oddities_of(answer: str) -> Iterator[Oddity]:
    """Yields what is odd about the whole text of an answer that should be code and nothing else."""
    if DECEIVING.search(answer.replace("\r", "")):
        yield Oddity.DECEIVING
    if FENCE.search(answer.replace("\r\n", "\n")) or _CUT_FENCE.search(answer):
        yield Oddity.FENCE


def oddity_in_words(oddity: Oddity, endpoint: Endpoint, purpose: Purpose) -> str:
    """Returns what the user is told, with the setting to change."""
    model = presentable(endpoint.models.get(purpose, ""), endpoint)
    return _WORDS[oddity].format(model=model, url=endpoint.base_url, setting=MODEL_SETTINGS[purpose])
