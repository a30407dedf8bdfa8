"""Review by a language model: it is asked part by part, quotes what it is about, and its claims are run.

Answers are untrusted text. What a model says is never counted as found: a claim is run on both versions, a second
question scores each comment, and `engine.review` and this room know nothing of each other.
"""

from inkling.llm.review.facts import ChangedPart, ChangedParts, EarlierFindings, Excerpt, ReviewFacts, TeamQuestion
from inkling.llm.review.reviewer import ModelReviewer
from inkling.llm.review.sending import FirstQuestion, Sendable, first_question, sendable

__all__ = [
    "ChangedPart",
    "ChangedParts",
    "EarlierFindings",
    "Excerpt",
    "FirstQuestion",
    "ModelReviewer",
    "ReviewFacts",
    "Sendable",
    "TeamQuestion",
    "first_question",
    "sendable",
]
