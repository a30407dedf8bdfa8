"""What the tests say of a change, and what they do not look at."""

from inkling.engine.review.testing.reviewer import TestReviewer

__all__ = ["TestReviewer"]
