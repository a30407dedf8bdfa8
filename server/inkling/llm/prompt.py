"""From a question at the cursor to a request: a fill-in-the-middle prompt, or a chat that stands in for one."""

from dataclasses import dataclass

from inkling.core.settings import FimTemplate, ModelApi
from inkling.core.suggestion import CompletionRequest
from inkling.core.text import line_end, line_start
from inkling.llm.fim import MARKS, template_of
from inkling.llm.replies import Place
from inkling.llm.text_model import Capabilities, ChatMessage, ChatRequest, TextRequest

PREFIX_CHARS = 6000  # about 1,500 tokens
SUFFIX_CHARS = 2000
PREFIX_STEP_CHARS = (
    2000  # the prefix's start moves in steps, so that the server's prompt cache holds between keystrokes
)
LINE_TOKENS = 64  # longest answer where one line is wanted
BLOCK_TOKENS = 256
_INSTRUCTIONS = (
    "You complete Python code in an editor. The user's message is a file with <CURSOR> where the cursor is. Answer "
    "with exactly the text to insert at the cursor and nothing else: no explanation, no markdown, and nothing of what "
    "stands around the cursor already."
)
_CURSOR = "<CURSOR>"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptStyle:
    """How a model is asked.

    Attributes:
        model: Its name.
        api: Where completions come from.
        fim_template: How prefix and suffix become a prompt.
    """

    model: str
    api: ModelApi = ModelApi.AUTO
    fim_template: FimTemplate = FimTemplate.AUTO


def request_for(
    request: CompletionRequest, place: Place, style: PromptStyle, capabilities: Capabilities | None
) -> TextRequest | ChatRequest:
    """Returns what to ask of the endpoint; while its capabilities are not known, as it is usual for such a model."""
    prefix, suffix = _window(request)
    max_tokens = BLOCK_TOKENS if place.wants_several_lines else LINE_TOKENS
    if _is_chat(style, capabilities):
        # No stops: a chat may begin with a fence, and what is inside of it would be lost.
        return ChatRequest(
            messages=(
                ChatMessage(role="system", content=_INSTRUCTIONS),
                ChatMessage(role="user", content=f"{prefix}{_CURSOR}{suffix}"),
            ),
            max_tokens=max_tokens,
        )
    first_stop = () if place.wants_several_lines else ("\n",)
    template = _template(style, capabilities)
    if template is FimTemplate.SUFFIX:
        return TextRequest(prompt=prefix, suffix=suffix, stop=first_stop, max_tokens=max_tokens)
    marks = MARKS[template]
    return TextRequest(prompt=marks.prompt(prefix, suffix), stop=marks.stops(first_stop), max_tokens=max_tokens)


def _is_chat(style: PromptStyle, capabilities: Capabilities | None) -> bool:
    if style.api is ModelApi.AUTO:
        return capabilities is not None and not capabilities.has_completions
    return style.api is ModelApi.CHAT


def _template(style: PromptStyle, capabilities: Capabilities | None) -> FimTemplate:
    """Returns how to ask; a server that fills in by itself knows its model's special tokens better than a name does."""
    if style.fim_template is not FimTemplate.AUTO:
        return style.fim_template
    if capabilities is not None and capabilities.has_suffix:
        return FimTemplate.SUFFIX
    return template_of(style.model)


def _window(request: CompletionRequest) -> tuple[str, str]:
    """Returns whole lines of what stands before and after the cursor, as much as is worth sending."""
    text, offset = request.snapshot.text, request.offset
    n_left_out = max(0, offset - PREFIX_CHARS)
    steps_start = -(-n_left_out // PREFIX_STEP_CHARS) * PREFIX_STEP_CHARS
    start = line_start(text, min(steps_start, offset))
    end = line_end(text, min(len(text), offset + SUFFIX_CHARS))
    return text[start:offset], text[offset:end]
