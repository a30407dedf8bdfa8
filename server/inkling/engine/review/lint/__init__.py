"""What ruff says of changed lines, and did not say of the lines that went."""

from inkling.engine.review.lint.reviewer import LintReviewer

__all__ = ["LintReviewer"]
