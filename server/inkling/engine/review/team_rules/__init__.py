"""The team's own rules, from a checklist in the repository."""

from inkling.engine.review.team_rules.checklist import CHECKLIST, read_checklist
from inkling.engine.review.team_rules.reviewer import TeamRuleReviewer

__all__ = ["CHECKLIST", "TeamRuleReviewer", "read_checklist"]
