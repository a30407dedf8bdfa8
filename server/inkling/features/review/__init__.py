"""*Review changes*: several reviewers look at a change, and the few comments that are worth it are shown."""

from inkling.features.review.feature import (
    GRACE_S,
    LOW_CONFIDENCE,
    MAX_COMMENTS,
    FoundComment,
    Review,
    ReviewFeature,
    ReviewWishes,
)
from inkling.features.review.ports import NamedReviewer, RememberedComment, ReviewMemory

__all__ = [
    "GRACE_S",
    "LOW_CONFIDENCE",
    "MAX_COMMENTS",
    "FoundComment",
    "NamedReviewer",
    "RememberedComment",
    "Review",
    "ReviewFeature",
    "ReviewMemory",
    "ReviewWishes",
]
