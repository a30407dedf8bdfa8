"""Next edits by a language model: what it is shown, what it answers, and what of that is believed."""

from inkling.llm.next_edit.predictor import ModelEditPredictor

__all__ = ["ModelEditPredictor"]
