"""Whether a candidate leaves a file parsable, found out by CPython's own parser in a small worker process."""

from inkling.context.syntax.checker import WorkerSyntaxChecker

__all__ = ["WorkerSyntaxChecker"]
