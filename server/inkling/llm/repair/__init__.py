"""Repair by a language model: it explains, patches, sees the run, and tries again, in a tree of attempts."""

from inkling.llm.repair.repairer import ModelRepairer

__all__ = ["ModelRepairer"]
