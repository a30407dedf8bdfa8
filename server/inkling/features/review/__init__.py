"""*Review changes*: several reviewers look at a change, and the few comments that are worth it are shown."""

from inkling.features.review.asking import (
    NO_INTERPRETER,
    NOT_TRUSTED,
    SWITCHED_OFF,
    ReviewedChange,
    ReviewQuestion,
    ReviewScope,
    ReviewTools,
)
from inkling.features.review.change_texts import ChangeTexts, suggested_edits
from inkling.features.review.editor import EditorReviews
from inkling.features.review.feature import (
    GRACE_S,
    LOW_CONFIDENCE,
    MAX_COMMENTS,
    FoundComment,
    Review,
    ReviewFeature,
    ReviewWishes,
)
from inkling.features.review.moved_text import MovedText, PlaceNow
from inkling.features.review.ports import (
    AsStated,
    Closing,
    CommentAcceptance,
    NamedReviewer,
    RememberedComment,
    ReviewClosings,
    ReviewMemory,
)
from inkling.features.review.recorder import ReviewRecorder
from inkling.features.review.reproducing import ReproductionVerdict, cannot_run
from inkling.features.review.session import OfferedComment, ReviewSession
from inkling.features.review.watched_lines import LineWatch
from inkling.features.review.words import evidence_lines, outcome_words, said_words

__all__ = [
    "GRACE_S",
    "LOW_CONFIDENCE",
    "MAX_COMMENTS",
    "NOT_TRUSTED",
    "NO_INTERPRETER",
    "SWITCHED_OFF",
    "AsStated",
    "ChangeTexts",
    "Closing",
    "CommentAcceptance",
    "EditorReviews",
    "FoundComment",
    "LineWatch",
    "MovedText",
    "NamedReviewer",
    "OfferedComment",
    "PlaceNow",
    "RememberedComment",
    "ReproductionVerdict",
    "Review",
    "ReviewClosings",
    "ReviewFeature",
    "ReviewMemory",
    "ReviewQuestion",
    "ReviewRecorder",
    "ReviewScope",
    "ReviewSession",
    "ReviewTools",
    "ReviewWishes",
    "ReviewedChange",
    "cannot_run",
    "evidence_lines",
    "outcome_words",
    "said_words",
    "suggested_edits",
]
