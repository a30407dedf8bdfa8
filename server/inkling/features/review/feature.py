"""Several reviewers, one list of comments."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from inkling.core.change import ChangedFile, Unreadable
from inkling.core.concurrency import side_by_side
from inkling.core.errors import InklingError
from inkling.core.review import Findings, ReviewComment, ReviewProgress, ReviewRequest, Unchecked
from inkling.features.review.deleted_files import as_one_each
from inkling.features.review.fingerprint import CommentedLines, fingerprints
from inkling.features.review.merging import WEIGHTS, NamedComment, merge
from inkling.features.review.ports import AsStated, CommentAcceptance, NamedReviewer, RememberedComment, ReviewMemory
from inkling.features.review.secret_values import SecretValues
from inkling.features.review.words import unread_files

logger = logging.getLogger(__name__)

LOW_CONFIDENCE: Final = 0.5  # below it a comment is more likely wrong than right
MAX_COMMENTS: Final = 10  # as many as somebody reads with care
GRACE_S: Final = 10.0  # for a reviewer that is late to end what it runs, and to say what it has


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewWishes:
    """What the user wants to see of a review.

    Attributes:
        scope: A branch and what of it is compared: by this the last review is known.
        max_comments: The most that are shown.
        baseline: Fingerprints that are accepted as they are.
        only_new: Whether to leave out what the last review of the scope found, too.
    """

    scope: str
    max_comments: int = MAX_COMMENTS
    baseline: frozenset[str] = frozenset()
    only_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundComment:
    """A comment as it is shown.

    Attributes:
        comment: What is said.
        fingerprint: Its name, by which it is dismissed.
        fingerprints: The same, then those of comments with the same cause.
        lines: The lines it is about, without their ends and with secrets masked; none where they are not part of the
            change.
        probability: That this user takes it: its place among the others goes by that. In [0, 1].
    """

    comment: ReviewComment
    fingerprint: str
    fingerprints: tuple[str, ...]
    lines: tuple[str, ...]
    probability: float

    @property
    def remembered(self) -> RememberedComment:
        """What is kept of it."""
        comment = self.comment
        return RememberedComment(
            fingerprints=self.fingerprints, rule=comment.rule, path=comment.path, message=comment.message
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What came of a review.

    Attributes:
        name: What was reviewed, for the user.
        n_files: Files that were read.
        shown: What is worth reading, worth most first.
        folded: What is more likely wrong than right, in the same order.
        beyond: What would be shown if more were asked for.
        closed: What was dismissed or resolved before.
        silenced: What is of a silenced rule.
        n_closed: How many comments these two were before those of one cause became one.
        n_in_baseline: Comments that the baseline accepts.
        n_seen: Comments that the last review found, too, and that are left out.
        checked: What was looked at, one phrase each.
        unchecked: What could not be looked at.
        seconds: How long it took, by the clock.
    """

    name: str
    n_files: int
    shown: tuple[FoundComment, ...] = ()
    folded: tuple[FoundComment, ...] = ()
    beyond: tuple[FoundComment, ...] = ()
    closed: tuple[FoundComment, ...] = ()
    silenced: tuple[FoundComment, ...] = ()
    n_closed: int = 0
    n_in_baseline: int = 0
    n_seen: int = 0
    checked: tuple[str, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    seconds: float = 0.0

    @property
    def all(self) -> tuple[FoundComment, ...]:
        """All that is neither closed nor known: shown, beyond and folded ones."""
        return (*self.shown, *self.beyond, *self.folded)


class ReviewFeature:
    """*Review changes*: asks all reviewers, and says the little that is worth saying."""

    def __init__(
        self, reviewers: Sequence[NamedReviewer], memory: ReviewMemory, acceptance: CommentAcceptance | None = None
    ) -> None:
        """Takes who looks, what is known of earlier reviews, and how likely the user is to take a comment."""
        self._reviewers = reviewers
        self._memory = memory
        self._acceptance = acceptance or AsStated()

    async def review(
        self, request: ReviewRequest, wishes: ReviewWishes, on_progress: Callable[[ReviewProgress], None]
    ) -> Review:
        """Returns the comments on a change; none for a change of nothing, of which nobody is asked."""
        began_s = time.monotonic()
        files = request.changes.files
        findings = await self._ask_all(request, on_progress) if any(map(_is_looked_at, files)) else []
        comments = [comment for each in findings for comment in each.comments]
        lines = CommentedLines(files)
        about = {comment.path for comment in comments}
        secrets = await asyncio.to_thread(
            lambda: SecretValues(file for file in files if about & {file.path, file.old_path})
        )
        named = [
            NamedComment(comment=comment, fingerprints=(name,))
            for comment, name in zip(comments, fingerprints(comments, lines), strict=True)
        ]
        read = _Read(files=files, lines=lines, secrets=secrets)
        closed, silenced = await self._memory.closed(), await self._memory.silenced()
        seen = await self._memory.seen(wishes.scope) if wishes.only_new else frozenset[str]()
        is_heard = [each for each in named if each.comment.rule not in silenced]
        is_open = [each for each in is_heard if each.fingerprints[0] not in closed]
        is_unknown = [each for each in is_open if each.fingerprints[0] not in wishes.baseline]
        is_new = [each for each in is_unknown if each.fingerprints[0] not in seen]
        found = self._found(is_new, read)
        sure = [each for each in found if each.probability >= LOW_CONFIDENCE]
        review = Review(
            name=request.changes.name,
            n_files=sum(map(_is_looked_at, files)),
            shown=tuple(sure[: wishes.max_comments]),
            beyond=tuple(sure[wishes.max_comments :]),
            folded=tuple(each for each in found if each.probability < LOW_CONFIDENCE),
            closed=tuple(self._found([each for each in is_heard if each.fingerprints[0] in closed], read)),
            silenced=tuple(self._found([each for each in named if each.comment.rule in silenced], read)),
            n_closed=len(named) - len(is_open),
            n_in_baseline=len(is_open) - len(is_unknown),
            n_seen=len(is_unknown) - len(is_new),
            checked=tuple(dict.fromkeys(phrase for each in findings for phrase in each.checked)),
            unchecked=(*unread_files(files), *dict.fromkeys(what for each in findings for what in each.unchecked)),
            seconds=time.monotonic() - began_s,
        )
        still_there = frozenset(each.fingerprints[0] for each in is_unknown) & seen
        await self._memory.remember(wishes.scope, [each.remembered for each in review.shown], still_there)
        return review

    def _found(self, named: Sequence[NamedComment], read: "_Read") -> list[FoundComment]:
        """Returns one comment for each cause, worth most first."""
        found = [
            FoundComment(
                comment=replace(
                    each.comment,
                    message=read.secrets.masked(each.comment.message),
                    reason=read.secrets.masked(each.comment.reason),
                ),
                fingerprint=each.fingerprints[0],
                fingerprints=each.fingerprints,
                lines=tuple(map(read.secrets.masked_line, read.lines.of(each.comment))),
                probability=self._acceptance.probability(each.comment),
            )
            for each in merge(as_one_each(named, read.files))
        ]
        return sorted(found, key=lambda each: -WEIGHTS[each.comment.severity] * each.probability)

    async def _ask_all(
        self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]
    ) -> Sequence[Findings]:
        together = _Together(on_progress)
        return await side_by_side(
            *(self._ask(named, request, together.of(number)) for number, named in enumerate(self._reviewers))
        )

    async def _ask(
        self, named: NamedReviewer, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]
    ) -> Findings:
        """Returns what one reviewer says; its failure is its own."""
        limit_s = request.budget.wall_s + GRACE_S
        try:
            async with asyncio.timeout(limit_s):
                return await named.reviewer.review(request, on_progress)
        except TimeoutError:
            why = f"it was not done after {limit_s:.0f} seconds; a larger budget may help"
        except InklingError as error:
            why = str(error)
        except Exception as error:
            # The boundary of a reviewer: the others have something to say.
            logger.error("reviewer=%s failed", named.name, exc_info=True)
            why = f"it failed, a fault of Inkling's ({type(error).__name__}); the log shows where"
        return Findings(comments=(), unchecked=(Unchecked(what=named.name, why=why),))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What comments are written with: the files of a change, their lines and their secrets."""

    files: Sequence[ChangedFile]
    lines: CommentedLines
    secrets: SecretValues


def _is_looked_at(file: ChangedFile) -> bool:
    """Tells whether a reviewer has something to say of a file: conflict markers alone are a finding."""
    return file.unreadable in (None, Unreadable.CONFLICT_MARKERS)


class _Together:
    """The progress of several reviewers as one."""

    def __init__(self, on_progress: Callable[[ReviewProgress], None]) -> None:
        self._on_progress = on_progress
        self._latest: dict[int, ReviewProgress] = {}

    def of(self, number: int) -> Callable[[ReviewProgress], None]:
        """Returns what one of them tells its progress."""

        def tell(progress: ReviewProgress) -> None:
            self._latest[number] = progress
            self._on_progress(
                ReviewProgress(
                    doing=progress.doing,
                    n_done=sum(each.n_done for each in self._latest.values()),
                    n_steps=sum(each.n_steps for each in self._latest.values()),
                )
            )

        return tell
