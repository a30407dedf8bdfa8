"""What is asked of which endpoint."""

import pytest
from tests.unit.features.fakes import question

from inkling.context.prompt_context import PromptContext, Snippet, SnippetKind
from inkling.core.settings import FimTemplate, ModelApi
from inkling.llm.prompt import BLOCK_TOKENS, LINE_TOKENS, PromptStyle, request_for
from inkling.llm.replies import place_of
from inkling.llm.text_model import Capabilities, ChatRequest, TextRequest

SNIPPET = Snippet(kind=SnippetKind.DEFINITION, path="shop/prices.py", text="def gross(net): ...", n_tokens=9, value=0.9)
CONTEXT = PromptContext(prefix="x = ", suffix="\ny = 2\n", snippets=(SNIPPET,))
QWEN = PromptStyle(model="qwen2.5-coder")
ABOVE = "# defined in shop/prices.py:\n# def gross(net): ...\n"


def style(model: str, fim_template: FimTemplate = FimTemplate.AUTO) -> PromptStyle:
    return PromptStyle(model=model, fim_template=fim_template)


def asked(
    how: PromptStyle, *, has_completions: bool = True, has_suffix: bool = False, marked: str = "x = |\ny = 2\n"
) -> TextRequest | ChatRequest:
    capabilities = Capabilities(has_completions=has_completions, has_suffix=has_suffix, has_logprobs=True)
    return request_for(CONTEXT, place_of(question(marked)), how, capabilities)


@pytest.mark.parametrize(
    ("how", "has_suffix", "prompt", "suffix"),
    [
        (QWEN, False, f"<|fim_prefix|>{ABOVE}x = <|fim_suffix|>\ny = 2\n<|fim_middle|>", None),
        (QWEN, True, f"{ABOVE}x = ", "\ny = 2\n"),
        (style("mine", FimTemplate.CODELLAMA), True, f"<PRE> {ABOVE}x =  <SUF>\ny = 2\n <MID>", None),
        (style("mine", FimTemplate.SUFFIX), False, f"{ABOVE}x = ", "\ny = 2\n"),
        (style("mine"), False, f"{ABOVE}x = ", None),
        (style("qwen2.5-coder", FimTemplate.PLAIN), True, f"{ABOVE}x = ", None),
    ],
)  # fmt: skip
def test_the_template_is_the_set_one_else_the_servers_else_the_models(
    how: PromptStyle, has_suffix: bool, prompt: str, suffix: str | None
) -> None:
    request = asked(how, has_suffix=has_suffix)
    assert isinstance(request, TextRequest)
    assert (request.prompt, request.suffix) == (prompt, suffix)
    assert request.stop[0] == "\n"
    assert request.max_tokens == LINE_TOKENS


def test_for_a_block_a_line_break_is_no_end() -> None:
    request = asked(QWEN, marked="def f():\n    |\n")
    assert "\n" not in request.stop
    assert request.max_tokens == BLOCK_TOKENS


@pytest.mark.parametrize(("api", "has_completions"), [(ModelApi.CHAT, True), (ModelApi.AUTO, False)])
def test_a_chat_is_told_where_the_cursor_is(api: ModelApi, has_completions: bool) -> None:
    request = asked(PromptStyle(model="gpt", api=api), has_completions=has_completions)
    assert isinstance(request, ChatRequest)
    assert request.messages[-1].content.endswith("The file:\nx = <CURSOR>\ny = 2\n")
    assert SNIPPET.text in request.messages[-1].content
    assert request.stop == ()
