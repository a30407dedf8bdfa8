"""Benchmark of repair: bugs as tasks, their runs, hidden tests, figures, and the training of the ranking.

`one_line_bugs` holds this project's own bugs, as data.
"""
