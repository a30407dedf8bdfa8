"""Fill-in-the-middle: how each family of open models wants prefix and suffix put together."""

from dataclasses import dataclass

from inkling.core.settings import FimTemplate

N_STOPS_MAX = 4  # Source: the OpenAI API reference, `stop` of /v1/completions
_WIDE_BAR = "\uff5c"  # DeepSeek writes its special tokens with this sign


@dataclass(frozen=True, slots=True, kw_only=True)
class FimMarks:
    """The special tokens of a family, and where they go.

    Attributes:
        prefix_mark: Stands before the prefix.
        suffix_mark: Stands before the suffix.
        middle_mark: Stands last, where the prefix comes first; empty where the prefix is last.
        is_suffix_first: Whether the suffix comes before the prefix.
        ends: Special tokens that end an answer.
    """

    prefix_mark: str
    suffix_mark: str
    middle_mark: str
    is_suffix_first: bool = False
    ends: tuple[str, ...] = ()

    @property
    def marks(self) -> tuple[str, ...]:
        """Every special token of the family."""
        own = (self.prefix_mark.strip(), self.suffix_mark.strip(), self.middle_mark.strip())
        return tuple(mark for mark in (*own, *self.ends) if mark)

    def prompt(self, prefix: str, suffix: str) -> str:
        """Returns the whole prompt.

        Special tokens that stand in the user's own text would be read as such by the server, so nothing beyond them is
        sent.
        """
        prefix, suffix = self._after_marks(prefix), self._before_marks(suffix)
        if self.is_suffix_first:
            return f"{self.suffix_mark}{suffix}{self.prefix_mark}{prefix}{self.middle_mark}"
        if not self.suffix_mark:
            return prefix
        return f"{self.prefix_mark}{prefix}{self.suffix_mark}{suffix}{self.middle_mark}"

    def stops(self, first: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Returns texts to stop at, `first` and then the family's own, as many as endpoints take."""
        return (*first, *self.ends)[:N_STOPS_MAX]

    def _after_marks(self, prefix: str) -> str:
        cut = max((prefix.rfind(mark) + len(mark) for mark in self.marks if mark in prefix), default=0)
        return prefix[cut:]

    def _before_marks(self, suffix: str) -> str:
        cut = min((suffix.find(mark) for mark in self.marks if mark in suffix), default=len(suffix))
        return suffix[:cut]


# Source, family by family: what the makers publish, and the table of tokens in llama.cpp, `src/llama-vocab.cpp`.
# - Qwen: README of Qwen2.5-Coder, "Fill in the middle"; the ends are among its list of tokens to stop at.
# - StarCoder 2: model card of bigcode/starcoder, "Fill-in-the-middle"; "_" and not the "-" of SantaCoder.
# - Code Llama: `update_infilling_processor` of `CodeLlamaTokenizerFast` in transformers, blanks included.
# - DeepSeek-Coder: README, "Code Insertion". The bars are U+FF5C, the low blocks U+2581; "hole" is where the suffix
#   begins and "end" comes last. `<|EOT|>`, with plain bars, ends the answers of the instruct models.
# - Codestral: `encode_fim` in mistral-common: the suffix first, and no `[MIDDLE]`. The blank that other programs write
#   behind `[PREFIX]` is the tokenizer's own, which it puts before any text.
# - Granite Code: as StarCoder, says a maintainer in ibm-granite/granite-code-models, issue 3; Granite 3 kept that.
#   Granite 4 has another vocabulary with Qwen's spelling, see `template_of`.
MARKS: dict[FimTemplate, FimMarks] = {
    FimTemplate.QWEN: FimMarks(
        prefix_mark="<|fim_prefix|>",
        suffix_mark="<|fim_suffix|>",
        middle_mark="<|fim_middle|>",
        ends=("<|endoftext|>", "<|file_sep|>", "<|fim_pad|>"),
    ),
    FimTemplate.STARCODER: FimMarks(
        prefix_mark="<fim_prefix>",
        suffix_mark="<fim_suffix>",
        middle_mark="<fim_middle>",
        ends=("<|endoftext|>", "<file_sep>", "<fim_pad>"),
    ),
    FimTemplate.CODELLAMA: FimMarks(prefix_mark="<PRE> ", suffix_mark=" <SUF>", middle_mark=" <MID>", ends=("<EOT>",)),
    FimTemplate.DEEPSEEK: FimMarks(
        prefix_mark=f"<{_WIDE_BAR}fim▁begin{_WIDE_BAR}>",
        suffix_mark=f"<{_WIDE_BAR}fim▁hole{_WIDE_BAR}>",
        middle_mark=f"<{_WIDE_BAR}fim▁end{_WIDE_BAR}>",
        ends=(f"<{_WIDE_BAR}end▁of▁sentence{_WIDE_BAR}>", "<|EOT|>"),
    ),
    FimTemplate.CODESTRAL: FimMarks(
        prefix_mark="[PREFIX]", suffix_mark="[SUFFIX]", middle_mark="", is_suffix_first=True, ends=("</s>",)
    ),
    FimTemplate.GRANITE: FimMarks(
        prefix_mark="<fim_prefix>",
        suffix_mark="<fim_suffix>",
        middle_mark="<fim_middle>",
        ends=("<|endoftext|>", "<|end_of_text|>", "<fim_pad>"),
    ),
    FimTemplate.PLAIN: FimMarks(prefix_mark="", suffix_mark="", middle_mark=""),
}

_CODE_LLAMA = ("codellama", "code-llama")
# Source: the Code Llama paper (arXiv 2308.12950), section 2: neither was trained to fill in.
_LLAMAS_WITHOUT_MIDDLE = ("34b", "python")
# The first that is in the model's name counts; "starcoder" is also in "starcoder2".
_TEMPLATE_BY_PART = (
    ("granite-4", FimTemplate.QWEN),
    ("granite4", FimTemplate.QWEN),
    ("granite", FimTemplate.GRANITE),
    ("codestral", FimTemplate.CODESTRAL),
    ("starcoder", FimTemplate.STARCODER),
    *((part, FimTemplate.CODELLAMA) for part in _CODE_LLAMA),
    ("deepseek-coder", FimTemplate.DEEPSEEK),
    ("codeqwen", FimTemplate.STARCODER),
)


def template_of(model: str) -> FimTemplate:
    """Returns the template that fits a model by its name, as servers spell it; PLAIN where the name tells none."""
    name = model.lower().replace("_", "-")
    if "qwen" in name and "coder" in name:
        return FimTemplate.QWEN
    if any(part in name for part in _CODE_LLAMA) and any(part in name for part in _LLAMAS_WITHOUT_MIDDLE):
        return FimTemplate.PLAIN
    return next((template for part, template in _TEMPLATE_BY_PART if part in name), FimTemplate.PLAIN)
