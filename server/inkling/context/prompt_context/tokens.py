"""How many tokens a text has, without the model's own tokenizer."""

import math
from typing import Final

BYTES_PER_TOKEN: Final = 3.2  # UTF-8; see estimate_tokens


def estimate_tokens(text: str) -> int:
    """Returns an estimate of the tokens of `text`: its UTF-8 bytes divided by 3.2, rounded up.

    Tokenizers differ by more than any finer rule would gain: expect an error of a quarter either way on Python code,
    and more on text that is mostly digits or white space. The sum over parts is never below the estimate of the whole.
    """
    n_bytes = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return math.ceil(n_bytes / BYTES_PER_TOKEN)
