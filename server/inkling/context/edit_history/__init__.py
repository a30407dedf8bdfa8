"""Follows the keystrokes of all open documents, and tells which of them belong together as one change."""

from inkling.context.edit_history.recent_edits import RecentEdits

__all__ = ["RecentEdits"]
