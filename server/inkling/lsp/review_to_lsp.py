"""From reviews to the client's messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from inkling.core.edit import TextEdit
from inkling.core.review import ReviewComment
from inkling.core.text import position_at
from inkling.features.review import (
    ChangeTexts,
    MovedText,
    OfferedComment,
    PlaceNow,
    ReviewSession,
    evidence_lines,
    outcome_words,
    suggested_edits,
)
from inkling.lsp.documents import to_units
from inkling.lsp.fix_messages import WireFileEdits, WirePosition, WireRange, WireTextEdit
from inkling.lsp.review_messages import ReviewResult, WirePlace, WireReproduction, WireReviewComment, WireUnchecked


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    """A file as it was seen in the editor when the review began, or as it is on disk.

    Attributes:
        uri: What the client calls it.
        version: Of the open document; None for a file on disk.
        text: What stands there; None where it cannot be read.
        reviewed: What was reviewed; None where that is not known.
    """

    uri: str
    version: int | None
    text: str | None
    reviewed: str | None


class ReviewWriter:
    """Writes a review for one client: in its units, with the URIs that it knows its documents by.

    Args:
        encoding: Units of the client's columns: utf-8, utf-16 or utf-32.
        session: The review.
        files: The files that comments are about, and those that suggestions would change.
        opened: What the client calls its open documents; the same file's URI can be written in different ways.
    """

    def __init__(
        self,
        encoding: str,
        session: ReviewSession,
        files: Mapping[PurePosixPath, SeenFile],
        opened: Mapping[Path, str],
    ) -> None:
        self._encoding = encoding
        self._session = session
        self._files = files
        self._opened = opened
        self._texts = ChangeTexts(session.reviewed.changes)
        self._moved: dict[PurePosixPath, MovedText] = {}

    def result(self) -> ReviewResult:
        """Returns the answer to *Review changes*."""
        review = self._session.reviewed.review
        return ReviewResult(
            review_id=self._session.id,
            name=review.name,
            message=outcome_words(review),
            comments=[self._comment(each) for each in self._session.comments],
            n_files=review.n_files,
            n_beyond=len(review.beyond),
            n_closed=review.n_closed,
            checked=list(review.checked),
            unchecked=[WireUnchecked(what=each.what, why=each.why) for each in review.unchecked],
            seconds=review.seconds,
        )

    def _comment(self, offered: OfferedComment) -> WireReviewComment:
        found, comment = offered.found, offered.found.comment
        place = self._place(comment.path, *self._texts.place(comment))
        is_old = comment.is_on_old_side
        first, last = (comment.line, comment.end_line) if is_old else (place.first, place.last)
        return WireReviewComment(
            comment_id=offered.id,
            fingerprint=found.fingerprint,
            rule=comment.rule,
            topic=comment.topic.value,
            severity=comment.severity.value,
            confidence=found.probability,
            uri=self._uri(comment.path),
            range=_whole_lines(first, last),
            is_on_old_side=is_old,
            is_rewritten=place.is_rewritten and not is_old,
            anchor_line=place.last - 1,
            symbol=comment.symbol,
            message=comment.message,
            reason=comment.reason,
            evidence=evidence_lines(comment),
            claims_failure=comment.claims_failure,
            confirmation=comment.confirmation.value,
            reproduction=self._reproduction(comment),
            suggestion=self._suggestion(comment),
            suggestion_diff=self._texts.suggestion_diff(comment),
            also_at=[self._also_at(path, max(1, line), is_old=is_old) for path, line in comment.also_at],
            source=comment.source.value,
            is_folded=offered.is_folded,
        )

    def _reproduction(self, comment: ReviewComment) -> WireReproduction | None:
        shown = comment.reproduction
        if shown is None:
            return None
        call, before, after, test = (
            self._texts.masked(text, comment) for text in (shown.call, shown.before, shown.after, shown.test)
        )
        return WireReproduction(call=call, before=before, after=after, test=test, n_inputs=shown.n_inputs)

    def _uri(self, path: PurePosixPath) -> str:
        full = self._session.question.folder / path
        return self._opened.get(full) or full.as_uri()

    def _also_at(self, path: PurePosixPath, line: int, *, is_old: bool) -> WirePlace:
        now = line if is_old else self._place(path, line, line).first
        return WirePlace(uri=self._uri(path), line=now - 1)

    def _place(self, path: PurePosixPath, first: int, last: int) -> PlaceNow:
        """Returns where reviewed lines stand in the workspace, one-based; where a text is not known, as they were."""
        moved = self._moved_text(path)
        if moved is None:
            return PlaceNow(first=first, last=last, is_rewritten=False)
        return moved.lines(first, last)

    def _moved_text(self, path: PurePosixPath) -> MovedText | None:
        """Returns what follows the lines of a file; None where one of its texts is not known."""
        if path not in self._moved:
            file = self._files.get(path)
            if file is None or file.text is None or file.reviewed is None:
                return None
            self._moved[path] = MovedText(file.reviewed, file.text)
        return self._moved[path]

    def _suggestion(self, comment: ReviewComment) -> list[WireFileEdits]:
        """Returns a suggestion; none where a file does not hold any more, or not here, what it would change."""
        written = []
        for path, edits in suggested_edits(comment).items():
            file, moved = self._files.get(path), self._moved_text(path)
            if file is None or file.text is None or moved is None:
                return []
            edits_now = [moved.edit(each) for each in sorted(edits, key=lambda each: each.offset)]
            wire_edits = [self._edit(file.text, each) for each in edits_now if each is not None]
            if len(wire_edits) < len(edits_now):
                return []
            written.append(WireFileEdits(uri=file.uri, version=file.version, edits=wire_edits))
        return written

    def _edit(self, text: str, edit: TextEdit) -> WireTextEdit:
        where = WireRange(start=self._position(text, edit.offset), end=self._position(text, edit.end))
        return WireTextEdit(range=where, new_text=edit.inserted)

    def _position(self, text: str, offset: int) -> WirePosition:
        position = position_at(text, offset)
        before = text[offset - position.column : offset]
        return WirePosition(line=position.line, character=to_units(before, self._encoding))


def could_not_review(message: str) -> ReviewResult:
    """Returns the answer where a change cannot be had."""
    return ReviewResult(
        review_id="",
        name="",
        message=message,
        comments=[],
        n_files=0,
        n_beyond=0,
        n_closed=0,
        checked=[],
        unchecked=[],
        seconds=0.0,
    )


def _whole_lines(first: int, last: int) -> WireRange:
    """Returns lines, one-based, both ends included, as the protocol has them."""
    start = max(0, first - 1)
    return WireRange(
        start=WirePosition(line=start, character=0), end=WirePosition(line=max(start + 1, last), character=0)
    )
