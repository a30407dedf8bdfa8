"""Worker processes: CPU-bound work outside the event loop, in a child that may die and come back.

`process` is the daemon's half, `child` the worker's; `frames` is the one module that both share.
"""
