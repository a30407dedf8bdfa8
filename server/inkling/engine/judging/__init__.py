"""Compares plausible patches by what they do on generated inputs, ranks them, and finds what to ask the user."""
