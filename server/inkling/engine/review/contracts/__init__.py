"""What a change promises to its callers and readers, and breaks."""

from inkling.engine.review.contracts.reviewer import ContractReviewer

__all__ = ["ContractReviewer"]
