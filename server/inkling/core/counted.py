"""Numbers with what they count, as sentences for users have them."""


def counted(n: int, one: str, many: str = "") -> str:
    """Returns a number with what is counted, such as `1 place unpacks`.

    Args:
        n: How many there are.
        one: The words for one of them.
        many: The words for none or several; empty: `one` with an s.
    """
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"
