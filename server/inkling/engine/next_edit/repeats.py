"""What was rewritten in one place is rewritten where the same pattern stands."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, takewhile

from inkling.core.next_edit import EditKind
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.anti_unification import generalised
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.changed_statements import changed_statements
from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.line_tokens import depth_change, is_telling, is_word, tokens_of
from inkling.engine.next_edit.nearness import Nearness
from inkling.engine.next_edit.pattern_matching import Match, matches_of, rewritten
from inkling.engine.next_edit.rewrites import MOST_CONTEXT, Element, Hole, Rewrite, rewrites_of
from inkling.engine.next_edit.situation import Situation
from inkling.engine.next_edit.statement_syntax import stays_whole

PROPOSER = "repeats"
MOST_CHANGES = 10  # of the history; what was done longer ago is seldom taken up again
MOST_CHANGES_SINCE = 4  # after something that was done only once
ENOUGH_CONTEXT = 2  # tokens around a name that was changed once; where it means the same is asked of its scope
ENOUGH_WORDS = 2  # of a pattern that may stand in other surroundings
MOST_GENERALISED = 6  # changes that are generalised in pairs
MOST_STATEMENTS = 4  # of each of them
MOST_PATTERNS = 24
MOST_LINES = 300  # with the pattern's word, the nearest; beyond it is too common to look at each
MOST_PLACES = 60  # of one pattern
MOST_COMBINED = 40  # statements in which several patterns are applied together
LEAST_SIMILARITY = 0.3  # of the surroundings, for patterns that are applied together
LEAST_CHARS = 8  # of a pattern that needs no such surroundings
MOST_STATEMENT_LINES = 12  # that are joined to find the end of a call
MOST_LINE_CHARS = 1000  # of a line; a longer one was generated
MOST_SHOWN = 60  # characters of a pattern that a person is shown


_Where = tuple[DocumentUri, int, int]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A rewrite with what it was learned from, the latest example first."""

    rewrite: Rewrite
    examples: tuple[Rewrite, ...]
    ages: tuple[int, ...]
    is_of_code: bool
    is_of_prose: bool

    @property
    def group(self) -> str:
        return f"{PROPOSER}: {self.rewrite.before} → {self.rewrite.after}"

    @property
    def n_telling(self) -> int:
        return sum(isinstance(element, str) and is_telling(element) for element in self.rewrite.pattern)

    def stands_alone(self, n_context_tokens: int, similarity: float) -> bool:
        """Tells whether a place has enough in common with the examples; another thing may have the same name."""
        if self.rewrite.is_rename:
            return len(self.ages) > 1 or n_context_tokens >= ENOUGH_CONTEXT
        if len(self.ages) > 1 and len(self.rewrite.pattern) > 1:
            return True
        return n_context_tokens > 0 or similarity == 1 or self.n_telling >= ENOUGH_WORDS

    @property
    def n_literal_chars(self) -> int:
        return sum(len(element) for element in self.rewrite.pattern if isinstance(element, str))

    @property
    def words(self) -> str:
        before, after = _shortened(self.rewrite.before), _shortened(self.rewrite.after)
        what = f"`{before}` became `{after}`" if after else f"`{before}` was removed"
        return f"{what}, {len(self.ages)} times" if len(self.ages) > 1 else what


@dataclass(frozen=True, slots=True)
class _Place:
    """A statement in which a pattern stands, and what it becomes."""

    uri: DocumentUri
    first_line: int
    end_line: int
    inserted: tuple[str, ...]
    n_context_tokens: int
    n_context_chars: int
    similarity: float
    stands_alone: bool


def propose_repeats(situation: Situation) -> Iterable[EditCandidate]:
    """Yields the rewrites of the latest changes wherever else their patterns stand."""
    nearness = Nearness(situation)
    at_statement: defaultdict[_Where, list[tuple[_Pattern, _Place]]] = defaultdict(list)
    rewritten_as_a_whole: defaultdict[int, set[tuple[DocumentUri, int]]] = defaultdict(set)
    for pattern in _patterns(situation):
        places = _places(situation, pattern, nearness)
        if pattern.rewrite.is_part:
            done = set[tuple[DocumentUri, int]]().union(*(rewritten_as_a_whole[age] for age in pattern.ages))
            places = [place for place in places if (place.uri, place.first_line) not in done]
        else:
            for age in pattern.ages:
                rewritten_as_a_whole[age].update((place.uri, place.first_line) for place in places)
        for place in places:
            if place.similarity >= LEAST_SIMILARITY or pattern.n_literal_chars >= LEAST_CHARS:
                at_statement[place.uri, place.first_line, place.end_line].append((pattern, place))
        yield from _candidates(pattern, [place for place in places if place.stands_alone])
    yield from _combined(situation, nearness, at_statement)


def _patterns(situation: Situation) -> list[_Pattern]:
    """Returns what the latest changes did, the latest first; what several did alike is one pattern."""
    found: defaultdict[object, list[tuple[int, Rewrite]]] = defaultdict(list)
    latest = list(reversed(situation.history[-MOST_CHANGES:]))
    statements = [changed_statements(change, situation.files.get(change.uri)) for change in latest]
    for age in range(len(latest)):
        for statement in statements[age]:
            for rewrite in rewrites_of(statement):
                found[rewrite.key].append((age, rewrite))
    recent = [
        (age, one) for age, several in enumerate(statements[:MOST_GENERALISED]) for one in several[:MOST_STATEMENTS]
    ]
    for (age, newer), (older_age, older) in combinations(recent, 2):
        for common in generalised(newer, older):
            found[common.key] += [(age, common), (older_age, common)]
    was_prose = [_is_prose(situation, change.uri, change.first_line) for change in latest]
    patterns: list[_Pattern] = []
    for examples in found.values():
        ages = tuple(sorted({age for age, _ in examples}))
        if len(ages) == 1 and ages[0] > MOST_CHANGES_SINCE:
            continue
        kinds = {was_prose[age] for age in ages}
        patterns.append(
            _Pattern(examples[0][1], tuple(rewrite for _, rewrite in examples), ages, False in kinds, True in kinds)
        )
    patterns.sort(key=lambda pattern: (pattern.ages[0], pattern.rewrite.is_part, -len(pattern.ages)))
    return patterns[:MOST_PATTERNS]


def _is_prose(situation: Situation, uri: DocumentUri, line: int) -> bool:
    view = situation.files.get(uri)
    return view is not None and line in view.prose_lines


def _places(situation: Situation, pattern: _Pattern, nearness: Nearness) -> list[_Place]:
    """Returns where a pattern stands, the nearest first."""
    words = [element for element in pattern.rewrite.pattern if isinstance(element, str) and is_word(element)]
    telling = [word for word in words if is_telling(word)] or words
    may_span_lines = any(isinstance(element, Hole) or depth_change(element) for element in pattern.rewrite.pattern)
    lines_with = {
        word: [(uri, line) for uri in situation.nearest_first for line in situation.files[uri].lines_with.get(word, ())]
        for word in dict.fromkeys(telling)
    }
    # A statement is read from the line of the pattern's first word on; within one line any of its words will do.
    probe = telling[0] if may_span_lines else min(telling, key=lambda word: len(lines_with[word]))
    lines = sorted(lines_with[probe], key=lambda line: nearness.key(*line))[:MOST_LINES]
    places: list[_Place] = []
    done: dict[DocumentUri, set[int]] = defaultdict(set)
    for uri, line in lines:
        if len(places) >= MOST_PLACES:
            break
        if line in done[uri] or _was_just_written(situation, pattern, uri, line):
            continue
        view = situation.files[uri]
        if not (pattern.is_of_prose if line in view.prose_lines else pattern.is_of_code):
            continue
        if not may_span_lines and not all(word in view.lines[line] for word in telling):
            continue
        place = _place(view, pattern, line, may_join=may_span_lines)
        if place is not None:
            places.append(place)
            done[uri].update(range(place.first_line, place.end_line))
    return places


def _was_just_written(situation: Situation, pattern: _Pattern, uri: DocumentUri, line: int) -> bool:
    """Tells whether a line came with one of the pattern's examples or after them, and was left as it is."""
    return any(
        change.uri == uri and change.first_line <= line < change.end_line
        for change in situation.history[-1 - pattern.ages[0] :]
    )


def _place(view: FileView, pattern: _Pattern, line: int, *, may_join: bool) -> _Place | None:
    text = view.lines[line]
    if len(text) > MOST_LINE_CHARS:
        return None
    found = _rewritten(pattern.rewrite, text)
    end = line + 1
    if found is None and may_join:
        depth = sum(depth_change(token.text) for token in tokens_of(text))
        while depth > 0 and end < len(view.lines) and end - line < MOST_STATEMENT_LINES:
            depth += sum(depth_change(token.text) for token in tokens_of(view.lines[end]))
            end += 1
        if depth == 0 and end > line + 1:
            text = "\n".join(view.lines[line:end])
            found = _rewritten(pattern.rewrite, text)
    if found is None:
        return None
    result, matches = found
    if not pattern.rewrite.is_rename and not stays_whole(text, result):
        return None
    texts = [token.text for token in tokens_of(text)]
    n_tokens, n_chars, similarity = max(_agreement(pattern, match, texts) for match in matches)
    return _Place(
        uri=view.uri,
        first_line=line,
        end_line=end,
        inserted=tuple(result.split("\n")) if result.strip() else (),
        n_context_tokens=n_tokens,
        n_context_chars=n_chars,
        similarity=similarity,
        stands_alone=pattern.stands_alone(n_tokens, similarity),
    )


def _rewritten(rewrite: Rewrite, text: str) -> tuple[str, list[Match]] | None:
    """Returns a statement with the rewrite applied wherever it can be, and where that is."""
    tokens = tokens_of(text)
    matches = matches_of(rewrite, [token.text for token in tokens])
    if not matches:
        return None
    result = rewritten([(rewrite, match) for match in matches], tokens, indentation(text))
    return None if result == text.rstrip() else (result, matches)


def _agreement(pattern: _Pattern, match: Match, texts: Sequence[str]) -> tuple[int, int, float]:
    """Returns how many tokens around a match, and characters of them, stand around all examples; and their share."""
    n_common = n_alike = n_chars = 0
    for sides, around in (
        ([example.left for example in pattern.examples], texts[max(0, match.start - MOST_CONTEXT) : match.start][::-1]),
        ([example.right for example in pattern.examples], texts[match.end : match.end + MOST_CONTEXT]),
    ):
        common = _common_beginning(sides)
        alike = [text for text, other in takewhile(lambda pair: pair[0] == pair[1], zip(around, common, strict=False))]
        n_common += len(common)
        n_alike += len(alike)
        n_chars += sum(len(text) for text in alike)
    return n_alike, n_chars, n_alike / n_common if n_common else 1.0


def _common_beginning(sequences: Sequence[Sequence[Element]]) -> list[Element]:
    return [
        elements[0] for elements in takewhile(lambda elements: len({*elements}) == 1, zip(*sequences, strict=False))
    ]


def _candidates(pattern: _Pattern, places: Sequence[_Place]) -> Iterator[EditCandidate]:
    """Yields each place alone, and places on consecutive lines together."""
    for place in places:
        as_alike = [other for other in places if other.n_context_tokens >= place.n_context_tokens]
        grounds = Grounds(
            support=len(pattern.ages),
            age=pattern.ages[0],
            n_places=len(as_alike),
            rank=as_alike.index(place),
            n_matched_chars=pattern.n_literal_chars + place.n_context_chars,
            n_context_tokens=place.n_context_tokens,
            similarity=place.similarity,
            certainty=1 - 1 / len(pattern.ages),
        )
        for run in _with_run(place, places):
            yield EditCandidate(
                uri=place.uri,
                first_line=run[0].first_line,
                end_line=run[-1].end_line,
                inserted=tuple(line for part in run for line in part.inserted),
                kind=EditKind.REPEAT,
                proposer=PROPOSER,
                group=pattern.group,
                words=pattern.words,
                grounds=grounds,
            )


def _with_run(place: _Place, places: Sequence[_Place]) -> Iterator[list[_Place]]:
    """Yields a place alone and, for the first of places without lines between them, all of them."""
    yield [place]
    following = {(other.uri, other.first_line): other for other in places}
    if any(other.uri == place.uri and other.end_line == place.first_line for other in places):
        return
    run = [place]
    while (place.uri, run[-1].end_line) in following:
        run.append(following[place.uri, run[-1].end_line])
    if len(run) > 1:
        yield run


def _combined(
    situation: Situation, nearness: Nearness, at_statement: Mapping[_Where, Sequence[tuple[_Pattern, _Place]]]
) -> Iterator[EditCandidate]:
    """Yields statements in which several patterns stand apart from each other, with all of them applied."""
    several = [where for where, found in at_statement.items() if len(found) > 1]
    several.sort(key=lambda where: nearness.key(where[0], where[1]))
    for rank, (uri, first, end) in enumerate(several[:MOST_COMBINED]):
        text = "\n".join(situation.files[uri].lines[first:end])
        applied = _apart(at_statement[uri, first, end], text)
        patterns = tuple(dict.fromkeys(pattern for pattern, _ in applied))
        if len(patterns) < 2:
            continue
        result = rewritten([(p.rewrite, match) for p, match in applied], tokens_of(text), indentation(text))
        if not stays_whole(text, result):
            continue
        ages = {age for pattern in patterns for age in pattern.ages}
        yield EditCandidate(
            uri=uri,
            first_line=first,
            end_line=end,
            inserted=tuple(result.split("\n")) if result.strip() else (),
            kind=EditKind.REPEAT,
            proposer=PROPOSER,
            group=" & ".join(pattern.group for pattern in patterns),
            words="; ".join(pattern.words for pattern in patterns),
            grounds=Grounds(
                support=len(ages),
                age=min(ages),
                n_places=len(several),
                rank=rank,
                n_matched_chars=sum(pattern.n_literal_chars for pattern in patterns),
                similarity=min(p.similarity for pattern, p in at_statement[uri, first, end] if pattern in patterns),
                certainty=1 - 1 / len(ages),
            ),
        )


def _apart(found: Iterable[tuple[_Pattern, _Place]], text: str) -> list[tuple[_Pattern, Match]]:
    """Returns where patterns stand in a statement, from the left; of two that overlap the better grounded one."""
    texts = [token.text for token in tokens_of(text)]
    taken: set[int] = set()
    apart: list[tuple[_Pattern, Match]] = []
    for pattern, _ in sorted(found, key=lambda item: (-len(item[0].ages), -item[1].similarity)):
        for match in matches_of(pattern.rewrite, texts):
            span = range(match.start, match.end)
            if taken.isdisjoint(span):
                taken.update(span)
                apart.append((pattern, match))
    return sorted(apart, key=lambda item: item[1].start)


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
