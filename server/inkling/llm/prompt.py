"""From a question at the cursor to a request: a fill-in-the-middle prompt, or a chat that stands in for one."""

from dataclasses import dataclass

from inkling.context.prompt_context import PromptContext, render_comment_block, render_for_chat
from inkling.core.settings import FimTemplate, ModelApi
from inkling.llm.fim import MARKS, template_of
from inkling.llm.replies import Place
from inkling.llm.text_model import Capabilities, ChatMessage, ChatRequest, TextRequest

CONTEXT_TOKENS = 2048  # of a prompt, estimated; as `inkling context` shows by default
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
    context: PromptContext, place: Place, style: PromptStyle, capabilities: Capabilities
) -> TextRequest | ChatRequest:
    """Returns what to ask of the endpoint."""
    max_tokens = BLOCK_TOKENS if place.wants_several_lines else LINE_TOKENS
    if _is_chat(style, capabilities):
        # No stops: a chat may begin with a fence, and what is inside of it would be lost.
        return ChatRequest(
            messages=(
                ChatMessage(role="system", content=_INSTRUCTIONS),
                ChatMessage(role="user", content=_chat_text(context)),
            ),
            max_tokens=max_tokens,
        )
    prefix, suffix = render_comment_block(context.snippets) + context.prefix, context.suffix
    first_stop = () if place.wants_several_lines else ("\n",)
    template = _template(style, capabilities)
    if template is FimTemplate.SUFFIX:
        return TextRequest(prompt=prefix, suffix=suffix, stop=first_stop, max_tokens=max_tokens)
    marks = MARKS[template]
    return TextRequest(prompt=marks.prompt(prefix, suffix), stop=marks.stops(first_stop), max_tokens=max_tokens)


def _chat_text(context: PromptContext) -> str:
    snippets = render_for_chat(context.snippets)
    file = f"{context.prefix}{_CURSOR}{context.suffix}"
    return f"{snippets}The file:\n{file}" if snippets else file


def _is_chat(style: PromptStyle, capabilities: Capabilities) -> bool:
    if style.api is ModelApi.AUTO:
        return not capabilities.has_completions
    return style.api is ModelApi.CHAT


def _template(style: PromptStyle, capabilities: Capabilities) -> FimTemplate:
    """Returns how to ask; a server that fills in by itself knows its model's special tokens better than a name does."""
    if style.fim_template is not FimTemplate.AUTO:
        return style.fim_template
    if capabilities.has_suffix:
        return FimTemplate.SUFFIX
    return template_of(style.model)
