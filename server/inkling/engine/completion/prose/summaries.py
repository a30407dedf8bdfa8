"""First lines of docstrings, from those of symbols with the same name and of symbols that are alike."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkling.engine.completion.prose.finds import ProseFind, ProseKind
from inkling.engine.completion.prose.places import DocstringPlace
from inkling.engine.completion.prose.symbols import Symbol
from inkling.engine.completion.prose.words import Exchange, Words, exchange, exchanges, likeness, words_of

MOST_MODELS = 24  # symbols whose docstrings are looked at closely
LEAST_TYPED_CHARS = 5  # from which on a docstring that begins so is looked at whatever it describes
MOST_CHARS = 100  # a first line that is longer is no summary


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """A symbol whose docstring may be taken over.

    Attributes:
        symbol: The symbol.
        summary: The first line of its docstring.
        is_one_line: Whether that is all of it.
        is_in_file: Whether it is in the file that is written in.
        nearness: One divided by the symbols between; 0 in other files.
    """

    symbol: Symbol
    summary: str
    is_one_line: bool
    is_in_file: bool
    nearness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A docstring that was taken over.

    Attributes:
        model: Where it comes from.
        summary: Its first line with the words exchanged.
        pairs: The words that differ in the names.
    """

    model: _Model
    summary: str
    pairs: tuple[Exchange, ...]

    @property
    def share_explained(self) -> float:
        """The share of the differences between the names that the docstring shows, too; 1 where there is none."""
        if not self.pairs:
            return 1.0
        summary = self.model.summary
        return sum(exchange(summary, (pair,)) != summary for pair in self.pairs) / len(self.pairs)


def find_summaries(place: DocstringPlace, elsewhere: Sequence[Symbol]) -> list[ProseFind]:
    """Returns rests of the first line of the docstring.

    Args:
        place: The cursor.
        elsewhere: Symbols of other files.
    """
    own, typed = place.symbol, place.typed.lstrip()
    models = sorted(_models(place, elsewhere), key=lambda model: -_worth(model, own))[:MOST_MODELS]
    by_text: dict[str, list[_Taken]] = {}
    for model in models:
        other = model.symbol
        pairs = exchanges(_names(other, own), _names(own, other))
        summary = exchange(model.summary, pairs)
        if not summary.startswith(typed) or summary == typed:
            continue
        ends_here = model.is_one_line and not place.is_closed and place.is_on_first_line
        text = summary[len(typed) :] + (place.quotes if ends_here else "")
        by_text.setdefault(text, []).append(_Taken(model=model, summary=summary, pairs=pairs))
    n_found = sum(map(len, by_text.values()))
    return [_find(place, text, of_text, n_found) for text, of_text in by_text.items()]


def summary_of(docstring: str) -> str:
    """Returns the first line of a docstring that says anything; "" where none does."""
    return next((line.strip() for line in docstring.splitlines() if line.strip()), "")


def _models(place: DocstringPlace, elsewhere: Sequence[Symbol]) -> Iterator[_Model]:
    own, typed = place.symbol, place.typed.lstrip()
    n_above = sum(other.start < own.start for other in place.others)
    own_words = frozenset(own.words)
    for number, other in enumerate((*place.others, *elsewhere)):
        if other.docstring is None or other.is_class is not own.is_class:
            continue
        is_alike = other.name == own.name or not own_words.isdisjoint(other.words)
        if not is_alike and (len(typed) < LEAST_TYPED_CHARS or typed not in other.docstring):
            continue
        is_on_opening_line = not other.docstring.startswith(("\n", "\r"))
        if is_on_opening_line is not place.is_on_first_line:
            continue
        summary = summary_of(other.docstring)
        is_in_file = number < len(place.others)
        distance = number - n_above + 1 if number >= n_above else n_above - number
        if summary and len(summary) <= MOST_CHARS:
            yield _Model(
                symbol=other,
                summary=summary,
                is_one_line="\n" not in other.docstring,
                is_in_file=is_in_file,
                nearness=1.0 / distance if is_in_file else 0.0,
            )


def _worth(model: _Model, own: Symbol) -> float:
    """Returns how much sooner than others a docstring is to be looked at."""
    other = model.symbol
    alike = (
        2.0 if other.name == own.name else len(frozenset(own.words).intersection(other.words)) / len(own.words or ("",))
    )
    return alike + 0.5 * (other.parameter_names == own.parameter_names) + 0.2 * model.nearness


def _names(symbol: Symbol, other: Symbol) -> list[Words]:
    """Returns the words of the names that are laid beside those of another symbol."""
    names = [symbol.words, symbol.owner_words]
    if len(symbol.parameters) == len(other.parameters):
        names.extend(words_of(name) for name in symbol.parameter_names)
    return names


def _find(place: DocstringPlace, text: str, agreeing: Sequence[_Taken], n_found: int) -> ProseFind:
    own = place.symbol
    taken = max(agreeing, key=lambda one: _worth(one.model, own))
    other = taken.model.symbol
    is_same_name = other.name == own.name
    is_exchanged = float(taken.summary != taken.model.summary)
    is_unexplained = float(not is_same_name and not is_exchanged)
    log_typed = math.log1p(len(place.typed.strip()))
    return ProseFind(
        kind=ProseKind.SUMMARY,
        text=text,
        is_beginning=False,
        features=(
            float(is_same_name),
            float([exchange(name, taken.pairs) for name in other.parameter_names] == list(own.parameter_names)),
            likeness(other.words, own.words),
            likeness(other.owner_words, own.owner_words),
            float(is_same_name and (other.owner in own.owner_bases or own.owner in other.owner_bases)),
            float(is_same_name and not own.owner_bases.isdisjoint(other.owner_bases)),
            float(other.words[:1] == own.words[:1]),
            is_exchanged,
            is_unexplained,
            float(len(taken.pairs) == 1 and exchange(" ".join(other.words), taken.pairs) == " ".join(own.words)),
            taken.share_explained,
            math.log(len(agreeing)),
            len(agreeing) / n_found,
            log_typed,
            math.log(len(text)),
            float(any(one.model.is_in_file for one in agreeing)),
            max(one.model.nearness for one in agreeing),
            float(own.name.startswith("test")),
            log_typed * is_unexplained,
        ),
    )
