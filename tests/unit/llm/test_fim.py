"""How prompts are put together for each family of models, as their cards say."""

import pytest

from inkling.core.settings import FimTemplate
from inkling.llm.fim import MARKS, N_STOPS_MAX, template_of


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("Qwen/Qwen2.5-Coder-7B", FimTemplate.QWEN),
        ("qwen2.5-coder:1.5b-base", FimTemplate.QWEN),
        ("qwen3-coder-30b", FimTemplate.QWEN),
        ("bigcode/starcoder2-3b", FimTemplate.STARCODER),
        ("codellama/CodeLlama-7b-hf", FimTemplate.CODELLAMA),
        ("code-llama:13b-instruct", FimTemplate.CODELLAMA),
        ("codellama/CodeLlama-7b-Python-hf", FimTemplate.PLAIN),
        ("codellama:34b-code", FimTemplate.PLAIN),
        ("deepseek-coder-v2:16b", FimTemplate.DEEPSEEK),
        ("deepseek-ai/deepseek-coder-6.7b-base", FimTemplate.DEEPSEEK),
        ("codestral-latest", FimTemplate.CODESTRAL),
        ("ibm-granite/granite-3b-code-base", FimTemplate.GRANITE),
        ("granite-code:8b-base", FimTemplate.GRANITE),
        ("ibm-granite/granite-3.3-8b-base", FimTemplate.GRANITE),
        ("ibm-granite/granite-4.0-h-tiny", FimTemplate.QWEN),
        ("granite4:3b", FimTemplate.QWEN),
        ("Qwen/CodeQwen1.5-7B", FimTemplate.STARCODER),
        ("gpt-4o-mini", FimTemplate.PLAIN),
        ("", FimTemplate.PLAIN),
    ],
)
def test_the_name_of_a_model_tells_its_family(model: str, family: FimTemplate) -> None:
    assert template_of(model) is family


@pytest.mark.parametrize(
    ("family", "prompt"),
    [
        (FimTemplate.QWEN, "<|fim_prefix|>a = <|fim_suffix|>\nb<|fim_middle|>"),
        (FimTemplate.STARCODER, "<fim_prefix>a = <fim_suffix>\nb<fim_middle>"),
        (FimTemplate.CODELLAMA, "<PRE> a =  <SUF>\nb <MID>"),
        (
            FimTemplate.DEEPSEEK,
            "<\uff5cfim\u2581begin\uff5c>a = <\uff5cfim\u2581hole\uff5c>\nb<\uff5cfim\u2581end\uff5c>",
        ),
        (FimTemplate.CODESTRAL, "[SUFFIX]\nb[PREFIX]a = "),
        (FimTemplate.GRANITE, "<fim_prefix>a = <fim_suffix>\nb<fim_middle>"),
        (FimTemplate.PLAIN, "a = "),
    ],
)
def test_prompts(family: FimTemplate, prompt: str) -> None:
    assert MARKS[family].prompt("a = ", "\nb") == prompt


@pytest.mark.parametrize("family", MARKS)
def test_special_tokens_in_the_users_text_are_not_sent(family: FimTemplate) -> None:
    template = MARKS[family]
    for mark in template.marks:
        ours = template.prompt("", "").count(mark)
        prompt = template.prompt(f"FAR{mark}NEAR", f"BELOW{mark}BEYOND")
        assert prompt.count(mark) == ours
        assert "NEAR" in prompt
        assert "FAR" not in prompt
        assert "BEYOND" not in prompt


@pytest.mark.parametrize("family", MARKS)
def test_no_more_stops_than_endpoints_take(family: FimTemplate) -> None:
    stops = MARKS[family].stops(("\n",))
    assert stops[0] == "\n"
    assert len(stops) <= N_STOPS_MAX
