"""The language model: tokens of Python, what followed them elsewhere, and the search for likely lines."""
