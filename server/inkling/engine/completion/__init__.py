"""The embedded completer: candidates for the text at the cursor, the likeliest first."""
