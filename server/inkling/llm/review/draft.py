"""A remark on its way to a comment: judged by runs, scored by a second question, each as far as there was time."""

from dataclasses import dataclass
from typing import Final

from inkling.core.repair import FileEdit
from inkling.core.review import Confirmation, Reproduction, ReviewComment, Topic
from inkling.core.suggestion import Source
from inkling.llm.review.claims import CLAIM_FILE, Judged, Verdict
from inkling.llm.review.facts import ChangedPart
from inkling.llm.review.replies import Remark

# The most that a comment is trusted with, whatever a model says of it. They are set by hand: no data of ours says how
# often models are right.
CONFIRMED_AT_MOST: Final = 0.95
REMARK_AT_MOST: Final = 0.8
UNCONFIRMED_AT_MOST: Final = 0.6
UNSCORED: Final = 0.4  # in place of a score that is not there: more likely wrong than right
DROPPED_BELOW: Final = 0.2
_GONE: Final = frozenset({Verdict.REFUTED, Verdict.OLD_FAULT, Verdict.FLAKY})


@dataclass(slots=True, kw_only=True)
class Draft:
    """A remark with what is known of it so far.

    Attributes:
        part: What it is about.
        remark: What the model wrote.
        judged: What runs showed of its claim; None where nothing was run yet.
        score: Of the second question; None where it has none.
        has_suggestion: Whether its suggestion may be offered.
    """

    part: ChangedPart
    remark: Remark
    judged: Judged | None = None
    score: float | None = None
    has_suggestion: bool = True

    @property
    def is_confirmed(self) -> bool:
        """Whether runs have shown what it claims."""
        return self.judged is not None and self.judged.verdict is Verdict.CONFIRMED

    @property
    def is_dropped(self) -> bool:
        """Whether there is nothing to say any more: a run speaks against it, or its score does."""
        if self.judged is not None and self.judged.verdict in _GONE:
            return True
        return self.score is not None and self.confidence < DROPPED_BELOW

    @property
    def confidence(self) -> float:
        """The estimated probability that it is right and worth saying."""
        at_most = REMARK_AT_MOST if self.remark.claim is None else UNCONFIRMED_AT_MOST
        if self.is_confirmed:
            at_most = CONFIRMED_AT_MOST
        return at_most * (UNSCORED if self.score is None else self.score)

    def comment(self) -> ReviewComment:
        """Returns the comment."""
        remark, question = self.remark, self.remark.question
        reason = (question.reason if question is not None else "") or remark.reason
        if remark.claim is not None and not self.is_confirmed:
            why = self.judged.words if self.judged is not None and self.judged.words else "its test was not run"
            reason = f"{reason} Not confirmed: {why}.".strip()
        edit = remark.suggestion if self.has_suggestion else None
        return ReviewComment(
            rule=f"team.{question.name}" if question is not None else f"model.{remark.kind}",
            topic=Topic.MODEL if question is None else Topic.TEAM_RULE,
            path=self.part.path,
            line=remark.line,
            end_line=remark.end_line,
            is_on_old_side=remark.is_on_old_side,
            symbol=self.part.symbol,
            severity=remark.severity,
            confidence=self.confidence,
            message=(question.message if question is not None else "") or remark.message,
            reason=reason,
            claims_failure=remark.claim is not None,
            confirmation=Confirmation.CONFIRMED if self.is_confirmed else Confirmation.UNCONFIRMED,
            reproduction=self._reproduction(),
            suggestion=() if edit is None else (FileEdit(path=self.part.path, edit=edit),),
            source=Source.MODEL,
        )

    def _reproduction(self) -> Reproduction | None:
        claim = self.remark.claim
        if claim is None or self.judged is None or not self.is_confirmed:
            return None
        return Reproduction(
            call=claim.call,
            before=claim.before,
            after=self.judged.words,
            test=claim.test,
            n_inputs=1,
            node_id=str(self.part.root / CLAIM_FILE),
        )
