"""The embedded mind's review of a change: what the code does now, and what it says."""
