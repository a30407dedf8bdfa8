"""Runs of a project's tests: `runner` is the daemon's half, `child` the one in the sandbox.

`zygote` talks to the child, `told` reads what comes of a run with suspicion, `problems` finds the words for what kept
tests from running.
"""

from inkling.sandbox.suite.runner import SandboxSuiteRunner

__all__ = ["SandboxSuiteRunner"]
