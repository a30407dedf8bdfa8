"""What a language model was asked in one review, what was not asked, and what became of its answers, for the user."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from inkling.core.review import Unchecked
from inkling.llm.review.claims import Verdict
from inkling.llm.review.draft import Draft
from inkling.llm.review.facts import ChangedPart, TeamQuestion

WHO: Final = "the language model"
N_NAMED: Final = 3  # parts or files; the others are counted


@dataclass(slots=True, kw_only=True)
class Account:
    """What is counted while a review goes on.

    Attributes:
        kept: Files that may not be sent.
        asked: Parts with an answer.
        shortened: Those of them of which not all lines were sent.
        beyond_tokens: Parts that there were no tokens for.
        failed: Parts without an answer that can be used, with the reason.
        n_broken_off: Answers that broke off.
        n_unfit: Comments that quote nothing of what was shown, or claim a failure without a test.
        n_unscored: Comments that the second question says nothing of.
    """

    kept: list[str] = field(default_factory=list)
    asked: list[ChangedPart] = field(default_factory=list)
    shortened: list[ChangedPart] = field(default_factory=list)
    beyond_tokens: list[ChangedPart] = field(default_factory=list)
    failed: list[tuple[ChangedPart, str]] = field(default_factory=list)
    n_broken_off: int = 0
    n_unfit: int = 0
    n_unscored: int = 0

    def checked(self, drafts: Sequence[Draft]) -> list[str]:
        """Returns what was asked, and what came of it, one phrase each."""
        if not self.asked:
            return []
        n_files = len({part.path for part in self.asked})
        phrases = [f"{_count(len(self.asked), 'part')} of {_count(n_files, 'file')} asked of {WHO}"]
        n_said = len(drafts) + self.n_unfit
        if n_said:
            counts = {
                "confirmed by a test": sum(draft.is_confirmed for draft in drafts),
                "refuted by one": _n_of(drafts, Verdict.REFUTED),
                "older than the change": _n_of(drafts, Verdict.OLD_FAULT),
                "with a test that is now so, now otherwise": _n_of(drafts, Verdict.FLAKY),
                "not about what was sent, or claimed without a test": self.n_unfit,
            }
            told = ", ".join(f"{n} {words}" for words, n in counts.items() if n)
            phrases.append(f"{_count(n_said, 'comment')} of {WHO}{': ' if told else ''}{told}")
        return phrases

    def unchecked(
        self, parts: Sequence[ChangedPart], questions: Sequence[TeamQuestion], budget_s: float
    ) -> list[Unchecked]:
        """Returns what was not asked, and why.

        Args:
            parts: All that there was to ask about.
            questions: The team's.
            budget_s: Seconds that the review had.
        """
        told = []
        if self.kept:
            why = "kept from it: git ignores them, inkling.index.exclude names them, or they hold secrets by their name"
            told.append(_unchecked(self.kept, why))
        if self.beyond_tokens:
            names = [part.name for part in self.beyond_tokens]
            told.append(_unchecked(names, "the tokens of this review are used up; review it in parts"))
        reasons = dict.fromkeys(why for _, why in self.failed)
        told += [_unchecked([part.name for part, other in self.failed if other == why], why) for why in reasons]
        done = {id(part) for part in (*self.asked, *self.beyond_tokens, *(part for part, _ in self.failed))}
        late = [part.name for part in parts if id(part) not in done]
        if late:
            why = f"it had not answered after {budget_s:.0f} seconds; a larger budget may help"
            told.append(_unchecked(late, why))
        if self.shortened:
            told.append(_unchecked([part.name for part in self.shortened], "only the first changed lines were sent"))
        if self.n_broken_off:
            told.append(Unchecked(what=WHO, why=f"{_count(self.n_broken_off, 'answer')} broke off before the end"))
        if self.n_unscored:
            words = f"{_count(self.n_unscored, 'comment')} of it had no second look and count for less"
            told.append(Unchecked(what=WHO, why=words))
        return [*told, *self._unanswered(parts, questions)]

    def _unanswered(self, parts: Sequence[ChangedPart], questions: Sequence[TeamQuestion]) -> Iterable[Unchecked]:
        asked = {part.path for part in self.asked}
        for question in questions:
            about = {part.path for part in parts if question.is_about(part.path)}
            if about - asked:
                n = len(about - asked)
                yield Unchecked(what=question.name, why=f"{WHO} did not answer it for {_count(n, 'file')}")


def _unchecked(names: Sequence[str], why: str) -> Unchecked:
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - N_NAMED:,} more" if len(names) > N_NAMED else ""
    return Unchecked(what=f"{', '.join(names[:N_NAMED])}{more}, by {WHO}", why=why)


def _n_of(drafts: Sequence[Draft], verdict: Verdict) -> int:
    return sum(draft.judged is not None and draft.judged.verdict is verdict for draft in drafts)


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}" if n == 1 else f"{n:,} {word}s"
