"""How well the embedded completer finishes lines: `inkling bench completion`."""
