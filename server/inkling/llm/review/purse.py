"""The tokens that one review may still spend."""

import asyncio


class TokenPurse:
    """Tokens, taken before a question is asked and given back as far as it did not need them."""

    def __init__(self, n_tokens: int) -> None:
        """Takes how many there are."""
        self._n_left = n_tokens
        self._n_out = 0  # takings that were not settled yet
        self._settled = asyncio.Event()

    async def take(self, n_tokens: int) -> bool:
        """Takes tokens; waits for what others may give back, and returns False where that cannot be enough."""
        while n_tokens > self._n_left:
            if self.is_short_of(n_tokens):
                return False
            self._settled.clear()
            await self._settled.wait()
        self._n_left -= n_tokens
        self._n_out += 1
        return True

    def is_short_of(self, n_tokens: int) -> bool:
        """Tells whether there are not so many tokens, and nobody may give some back."""
        return n_tokens > self._n_left and not self._n_out

    def settle(self, n_taken: int, n_spent: int) -> None:
        """Gives back what of a taking was not spent; where more was spent, that is missing for the next."""
        self._n_left += n_taken - n_spent
        self._n_out -= 1
        self._settled.set()
