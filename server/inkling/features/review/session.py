"""One review in the editor's hands: its comments have names, and can be closed."""

from dataclasses import dataclass, field

from inkling.core.errors import UserError
from inkling.core.suggestion import SuggestionId
from inkling.features.review.asking import ReviewedChange, ReviewQuestion
from inkling.features.review.change_texts import ChangeTexts
from inkling.features.review.feature import FoundComment
from inkling.features.review.ports import Closing
from inkling.features.review.watched_lines import CommentedPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedComment:
    """A comment in the editor's hands.

    Attributes:
        id: What outcomes call it.
        found: The comment.
        is_folded: Whether it is more likely wrong than right.
    """

    id: SuggestionId
    found: FoundComment
    is_folded: bool


@dataclass(slots=True, kw_only=True)
class ReviewSession:
    """One review, as long as its comments can be acted upon.

    Attributes:
        id: Its name.
        question: What was asked.
        reviewed: What came of it.
        comments: Worth most first, folded ones last.
        closed: Those that were closed since.
    """

    id: str
    question: ReviewQuestion
    reviewed: ReviewedChange
    comments: tuple[OfferedComment, ...]
    closed: dict[SuggestionId, Closing] = field(default_factory=dict)

    def comment(self, comment_id: SuggestionId) -> OfferedComment:
        """Returns a comment.

        Raises:
            UserError: The review has none of this name.
        """
        found = next((each for each in self.comments if each.id == comment_id), None)
        if found is None:
            raise UserError("this comment is of another review; review the changes again")
        return found

    def places(self) -> list[CommentedPlace]:
        """Returns the lines that comments are about, where those stand in the text after the change."""
        texts = ChangeTexts(self.reviewed.changes)
        places = []
        for each in self.comments:
            comment = each.found.comment
            text = texts.after(comment.path)
            if text is not None and each.found.lines and not comment.is_on_old_side:
                place = CommentedPlace(
                    comment_id=each.id,
                    path=self.question.folder / comment.path,
                    text=text,
                    first=comment.line,
                    last=comment.end_line,
                )
                places.append(place)
        return places

    async def close(self, comment_id: SuggestionId, closing: Closing, reason: str) -> None:
        """Makes a comment not come back, with `RULE_SILENCED` none of its rule.

        Raises:
            UserError: There is no such comment, or it cannot be kept.
        """
        found = self.comment(comment_id).found
        await self.reviewed.closings.close(found.remembered, closing, reason)
        for each in self.comments:
            is_of_rule = closing is Closing.RULE_SILENCED and each.found.comment.rule == found.comment.rule
            if each.id == comment_id:
                self.closed[each.id] = closing
            elif is_of_rule:
                self.closed.setdefault(each.id, closing)

    async def reopen(self, comment_id: SuggestionId) -> None:
        """Takes a closing back; with a silenced rule, for all that was closed with it.

        Raises:
            UserError: There is no such comment, or it cannot be kept.
        """
        found = self.comment(comment_id).found
        await self.reviewed.closings.reopen(found.remembered)
        was_silenced = self.closed.pop(comment_id, None) is Closing.RULE_SILENCED
        for each in self.comments:
            is_of_rule = was_silenced and each.found.comment.rule == found.comment.rule
            if is_of_rule and self.closed.get(each.id) is Closing.RULE_SILENCED:
                del self.closed[each.id]
