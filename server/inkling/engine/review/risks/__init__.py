"""Dangers on changed lines that ruff has no rule for."""

from inkling.engine.review.risks.reviewer import RiskReviewer

__all__ = ["RiskReviewer"]
