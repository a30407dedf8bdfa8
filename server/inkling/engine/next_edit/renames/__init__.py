"""A name was changed: its other uses."""
