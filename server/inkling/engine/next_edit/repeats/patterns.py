"""What the latest changes did, as patterns: rewrites with all the examples that there are of each."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, takewhile

from inkling.engine.next_edit.repeats.anti_unification import generalised
from inkling.engine.next_edit.repeats.changed_statements import Statement, changed_parts, changed_statements
from inkling.engine.next_edit.repeats.line_tokens import is_telling, is_word
from inkling.engine.next_edit.repeats.pattern_matching import Match
from inkling.engine.next_edit.repeats.phrases import Element
from inkling.engine.next_edit.repeats.rewrites import MOST_CONTEXT, Rewrite, rewrites_of
from inkling.engine.next_edit.situation import Situation

MOST_CHANGES = 10  # of the history; what was done longer ago is seldom taken up again
MOST_CHANGES_SINCE = 4  # after something that was done only once
MOST_GENERALISED = 6  # changes that are generalised in pairs
MOST_STATEMENTS = 4  # of each of them
MOST_PATTERNS = 24
ENOUGH_WORDS = 2  # of a pattern that may stand in other surroundings
TOO_FEW_CHARS = 5  # that agree, of the pattern and around it, after a single example
MOST_ADDED = 4  # times as many characters as agree, after a single example
LEAST_SIMILARITY = 0.5  # of the surroundings to those that more than two examples have in common
MOST_SHOWN = 60  # characters of a pattern that a person is shown


@dataclass(frozen=True, slots=True, order=True)
class Agreement:
    """What stands around a place as it stands around all examples.

    Attributes:
        n_tokens: Words and signs, counted from the place outwards.
        n_chars: Their code points.
        has_word: Whether one of them is a word.
        similarity: Their share of what the examples have in common, in [0, 1]; 1 where that is nothing.
    """

    n_tokens: int
    n_chars: int
    has_word: bool
    similarity: float


@dataclass(frozen=True)
class Pattern:
    """A rewrite with what it was learned from.

    Attributes:
        rewrite: The latest example.
        examples: All of them, the latest first.
        n_times: How often something was rewritten so, several times in one statement included.
        ages: How many changes ago that was, without repetition, the latest first.
        is_of_code: Whether an example was code.
        is_of_prose: Whether an example was in a comment or a docstring.
    """

    rewrite: Rewrite
    examples: tuple[Rewrite, ...]
    n_times: int
    ages: tuple[int, ...]
    is_of_code: bool
    is_of_prose: bool

    @property
    def is_part(self) -> bool:
        """Whether in all examples the statement was changed elsewhere, too."""
        return all(example.is_part for example in self.examples)

    @property
    def words(self) -> str:
        """What was done, as a person reads it."""
        before, after = _shortened(self.rewrite.before), _shortened(self.rewrite.after)
        what = f"`{before}` became `{after}`" if after else f"`{before}` was removed"
        return f"{what}, {self.n_times} times" if self.n_times > 1 else what

    @cached_property
    def lookup_words(self) -> tuple[str, ...]:
        """The words by which its places are found, in order; never empty."""
        words = tuple(element for element in self.rewrite.pattern if isinstance(element, str) and is_word(element))
        return tuple(word for word in words if is_telling(word)) or words

    @cached_property
    def literals(self) -> frozenset[str]:
        """The words and signs that must stand there."""
        return frozenset(element for element in self.rewrite.pattern if isinstance(element, str))

    @cached_property
    def is_rename(self) -> bool:
        """Whether one name comes in place of another."""
        return self.rewrite.is_rename

    @cached_property
    def only_adds(self) -> bool:
        """Whether all that the pattern stands for stays."""
        return self.rewrite.only_adds

    @cached_property
    def statements(self) -> frozenset[str]:
        """The keywords of the definitions and imports that the examples were; the empty one for other statements."""
        return frozenset(example.statement for example in self.examples)

    @cached_property
    def n_literal_chars(self) -> int:
        """The code points of the words and signs that must stand there."""
        return sum(len(element) for element in self.rewrite.pattern if isinstance(element, str))

    def agreement(self, match: Match, texts: Sequence[str]) -> Agreement:
        """Returns what is around a match in a statement as it is around all examples."""
        left, right = self._common_surroundings
        around_left = texts[max(0, match.start - MOST_CONTEXT) : match.start][::-1]
        around_right = texts[match.end : match.end + MOST_CONTEXT]
        alike = [*_alike(left, around_left), *_alike(right, around_right)]
        n_common = len(left) + len(right)
        return Agreement(
            n_tokens=len(alike),
            n_chars=sum(len(text) for text in alike),
            has_word=any(is_word(text) for text in alike),
            similarity=len(alike) / n_common if n_common else 1.0,
        )

    @cached_property
    def _common_surroundings(self) -> tuple[list[Element], list[Element]]:
        return (
            _common_beginning([example.left for example in self.examples]),
            _common_beginning([example.right for example in self.examples]),
        )

    def stands_alone(self, agreement: Agreement) -> bool:
        """Tells whether a place has enough in common with the examples; another thing may have the same name."""
        if self.is_rename:
            # What a defined name means is asked of its scope.
            is_defined = any(example.left[:1] in (("def",), ("class",)) for example in self.examples)
            return agreement.has_word and not is_defined and (self.is_of_code or self.n_times > 1)
        if self.n_times == 1:
            n_agreeing = self.n_literal_chars + agreement.n_chars
            if n_agreeing <= TOO_FEW_CHARS or self._n_added_chars > MOST_ADDED * n_agreeing:
                return False
        elif self.n_times > 2 and agreement.similarity < LEAST_SIMILARITY:
            return False  # So many examples show what belongs to the pattern.
        elif len(self.rewrite.pattern) > 1:
            return True
        return agreement.n_tokens > 0 or agreement.similarity == 1 or len(self.lookup_words) >= ENOUGH_WORDS

    @cached_property
    def _n_added_chars(self) -> int:
        return sum(len(piece.element) for piece in self.rewrite.replacement if isinstance(piece.element, str))


def patterns_of(situation: Situation) -> list[Pattern]:
    """Returns what the latest changes did, the latest first; what several did alike is one pattern."""
    latest = list(reversed(situation.history[-MOST_CHANGES:]))
    statements = [
        (age, statement)
        for age, change in enumerate(latest)
        for statement in changed_statements(change, situation.files.get(change.uri))
    ]
    # For each rewrite its examples, by the number of the statement and of the example in it.
    found: defaultdict[object, dict[tuple[int, int], Rewrite]] = defaultdict(dict)
    for number, (_, statement) in enumerate(statements):
        n_of_key: Counter[object] = Counter()
        for rewrite in rewrites_of(statement):
            found[rewrite.key][number, n_of_key[rewrite.key]] = rewrite
            n_of_key[rewrite.key] += 1
    recent = _recent(statements)
    for (number, newer), (older_number, older) in combinations(recent, 2):
        for common in generalised(newer, older):
            found[common.key].setdefault((number, 0), common)
            found[common.key].setdefault((older_number, 0), common)
    for number, statement in recent:
        for (index, one), (other_index, other) in combinations(enumerate(changed_parts(statement)), 2):
            for common in generalised(one, other):
                found[common.key].setdefault((number, index), common)
                found[common.key].setdefault((number, other_index), common)
    was_prose = [
        change.uri in situation.files and change.first_line in situation.files[change.uri].prose_lines
        for change in latest
    ]
    patterns: list[Pattern] = []
    for examples in found.values():
        ages = tuple(sorted({statements[number][0] for number, _ in examples}))
        if len(ages) == 1 and ages[0] > MOST_CHANGES_SINCE:
            continue
        patterns.append(
            Pattern(
                rewrite=next(iter(examples.values())),
                examples=tuple(examples.values()),
                n_times=len(examples),
                ages=ages,
                is_of_code=not all(was_prose[age] for age in ages),
                is_of_prose=any(was_prose[age] for age in ages),
            )
        )
    patterns.sort(key=lambda pattern: (pattern.ages[0], pattern.is_part, -pattern.n_times))
    return patterns[:MOST_PATTERNS]


def _recent(statements: Sequence[tuple[int, Statement]]) -> list[tuple[int, Statement]]:
    """Returns the statements that are generalised in pairs, with their numbers."""
    n_of_change: defaultdict[int, int] = defaultdict(int)
    recent: list[tuple[int, Statement]] = []
    for number, (age, statement) in enumerate(statements):
        n_of_change[age] += 1
        if age < MOST_GENERALISED and n_of_change[age] <= MOST_STATEMENTS:
            recent.append((number, statement))
    return recent


def _alike(common: Sequence[Element], around: Sequence[str]) -> list[str]:
    return [text for text, _ in takewhile(lambda pair: pair[0] == pair[1], zip(around, common, strict=False))]


def _common_beginning(sequences: Sequence[Sequence[Element]]) -> list[Element]:
    return [elements[0] for elements in takewhile(lambda each: len({*each}) == 1, zip(*sequences, strict=False))]


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
