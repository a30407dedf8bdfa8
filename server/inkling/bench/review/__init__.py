"""How good review comments are: `inkling bench review`."""
