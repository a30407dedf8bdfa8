"""The acceptance model: how likely this person is to accept a suggestion. Scoring needs the standard library only."""

from inkling.models.acceptance import SHIPPED_ARTIFACT, LogisticAcceptanceModel
from inkling.models.asking import SHIPPED_ASKING, LogisticAskingModel

__all__ = ["SHIPPED_ARTIFACT", "SHIPPED_ASKING", "LogisticAcceptanceModel", "LogisticAskingModel"]
