"""The user's own acceptance model: it learns as outcomes come, is trained again, rolled back, and forgotten.

Every editor window learns for itself from the store that all share, on top of the champion on disk. Training runs in a
process of its own (`inkling model retrain`): it is arithmetic in Python, and would hold the interpreter's lock.
Windows see by the files that another process has changed what is in force.
"""

from inkling.app.learning.drift_notice import drift_complaint
from inkling.app.learning.learner import JudgementLog, Learner
from inkling.app.learning.next_edit_learner import NextEditLearner
from inkling.app.learning.own_model import (
    OwnModel,
    forget_everything,
    load_own_model,
    load_points,
    own_model_as_of_now,
    probabilities_in_force,
    reset,
    roll_back,
    state_lines,
    what_moved,
)
from inkling.app.learning.retraining import be_nice, retrain_from_store
from inkling.app.learning.review_learner import review_acceptance, stored_review_acceptance

__all__ = [
    "JudgementLog",
    "Learner",
    "NextEditLearner",
    "OwnModel",
    "be_nice",
    "drift_complaint",
    "forget_everything",
    "load_own_model",
    "load_points",
    "own_model_as_of_now",
    "probabilities_in_force",
    "reset",
    "retrain_from_store",
    "review_acceptance",
    "roll_back",
    "state_lines",
    "stored_review_acceptance",
    "what_moved",
]
