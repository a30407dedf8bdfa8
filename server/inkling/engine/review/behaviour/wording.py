"""Differences in words."""

from inkling.engine.review.behaviour.exchange import RAISED, TIMEOUT, VALUE, Outcome, Pair

_MOST = 120  # characters of a value


def message(pair: Pair, *, claims_failure: bool) -> str:
    """Returns the comment: what was called, what it did and what it does."""
    before, after = in_words(pair)
    shown = _cut(pair.input.shown, 200)
    said = f"`{shown}` {_past(before)}, now {after}."
    return said if claims_failure else f"Behaviour changed: {said}"


def in_words(pair: Pair) -> tuple[str, str]:
    """Returns what the two versions do, where they differ."""
    before, after = pair.before, pair.after
    if before.kind == VALUE and after.kind == VALUE and before.value == after.value:
        if before.printed != after.printed:
            return f"prints `{_cut(repr(before.printed))}`", f"prints `{_cut(repr(after.printed))}`"
        return _of_arguments(before), _of_arguments(after)
    return _of(before), _of(after)


def _of(outcome: Outcome) -> str:
    if outcome.kind == TIMEOUT:
        return "does not end"
    if outcome.kind == RAISED:
        text = f"{outcome.value}: {outcome.message}" if outcome.message else outcome.value
        return f"raises `{_cut(text)}`"
    return f"returns `{_cut(outcome.code or outcome.value)}`"


def _of_arguments(outcome: Outcome) -> str:
    if not outcome.changed:
        return "leaves its arguments as they are"
    states = ", ".join(_cut(state) for _, state in outcome.changed)
    whose = "its object" if [name for name, _ in outcome.changed] == ["self"] else "its argument"
    return f"changes {whose} to `{states}`"


def _past(words: str) -> str:
    for verb, past in (
        ("returns", "returned"),
        ("raises", "raised"),
        ("prints", "printed"),
        ("leaves", "left"),
        ("changes", "changed"),
        ("does not end", "did not end"),
    ):
        if words.startswith(verb):
            return past + words[len(verb) :]
    return words


def _cut(text: str, most: int = _MOST) -> str:
    text = text.replace("`", "'").replace("\n", "\\n")
    return text if len(text) <= most else text[: most - 1] + "…"
