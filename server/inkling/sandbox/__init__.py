"""Sandboxes: where code that was proposed, or that tests run for it, can do no harm."""
