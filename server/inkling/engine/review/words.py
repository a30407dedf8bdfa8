"""Words that reviewers have in common."""

from typing import Final

TIME_WAS_UP: Final = "The time was up; a larger budget helps."
