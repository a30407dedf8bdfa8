"""What was rewritten in one place is rewritten where the same pattern stands."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from inkling.core.next_edit import EditKind
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.candidates import EditCandidate, Grounds
from inkling.engine.next_edit.file_view import FileView, indentation
from inkling.engine.next_edit.reading.changed_lines import ages_of_lines
from inkling.engine.next_edit.reading.nearness import Nearness
from inkling.engine.next_edit.repeats.line_tokens import depth_change, tokens_of
from inkling.engine.next_edit.repeats.pattern_matching import Match, matches_of, rewritten
from inkling.engine.next_edit.repeats.patterns import Agreement, Pattern, patterns_of
from inkling.engine.next_edit.repeats.phrases import Hole
from inkling.engine.next_edit.repeats.rewrites import statement_keyword
from inkling.engine.next_edit.repeats.statement_syntax import stays_whole
from inkling.engine.next_edit.situation import Situation

PROPOSER = "repeats"
MOST_LINES = 300  # with the pattern's word, the nearest; beyond it is too common to look at each
MOST_PLACES = 120  # of one pattern
MOST_TOGETHER = 8  # statements without lines between them that are one proposal; more nobody can read at a glance
MOST_COMBINED = 40  # statements in which several patterns are applied together
LEAST_SIMILARITY = 0.3  # of the surroundings, for patterns that are applied together
LEAST_CHARS = 8  # of a pattern that needs no such surroundings
PASSED_OVER = 0.5  # as often right are places between two examples: 13% of 63, of others 26% of 484, in the shared data
MOST_STATEMENT_LINES = 12  # that are joined to find the end of a call
MOST_LINE_CHARS = 1000  # of a line; a longer one was generated


_Where = tuple[DocumentUri, int, int]


@dataclass(frozen=True, slots=True)
class _Place:
    """A statement in which a pattern stands, and what it becomes."""

    uri: DocumentUri
    first_line: int
    end_line: int
    inserted: tuple[str, ...]
    agreement: Agreement


def propose_repeats(situation: Situation) -> Iterable[EditCandidate]:
    """Yields the rewrites of the latest changes wherever else their patterns stand."""
    nearness = Nearness(situation)
    ages = {uri: ages_of_lines(view, situation.history) for uri, view in situation.files.items()}
    at_statement: defaultdict[_Where, list[tuple[Pattern, _Place]]] = defaultdict(list)
    rewritten_as_a_whole: defaultdict[int, set[tuple[DocumentUri, int]]] = defaultdict(set)
    for pattern in patterns_of(situation):
        places = _places(situation, pattern, nearness, ages)
        if pattern.is_part:
            done = set[tuple[DocumentUri, int]]().union(*(rewritten_as_a_whole[age] for age in pattern.ages))
            places = [place for place in places if (place.uri, place.first_line) not in done]
        else:
            for age in pattern.ages:
                rewritten_as_a_whole[age].update((place.uri, place.first_line) for place in places)
        for place in places:
            if place.agreement.similarity >= LEAST_SIMILARITY or pattern.n_literal_chars >= LEAST_CHARS:
                at_statement[place.uri, place.first_line, place.end_line].append((pattern, place))
        alone = [place for place in places if pattern.stands_alone(place.agreement)]
        yield from _candidates(pattern, alone, _spans_of_examples(situation, pattern))
    yield from _combined(situation, nearness, at_statement)


def _places(
    situation: Situation, pattern: Pattern, nearness: Nearness, ages: Mapping[DocumentUri, Mapping[int, int]]
) -> list[_Place]:
    """Returns where a pattern stands, the nearest first; `ages` says how many changes ago lines of files came."""
    words = pattern.lookup_words
    may_span_lines = any(isinstance(element, Hole) or depth_change(element) for element in pattern.rewrite.pattern)
    views = situation.files.values()
    # A statement is read from the line of the pattern's first word on; within one line any of its words will do.
    probe = words[0]
    if not may_span_lines:
        probe = min(words, key=lambda word: sum(len(view.lines_with.get(word, ())) for view in views))
    lines = nearness.nearest(lambda view: view.lines_with.get(probe, ()), MOST_LINES)
    places: list[_Place] = []
    done: dict[DocumentUri, set[int]] = defaultdict(set)
    for uri, line in lines:
        if len(places) >= MOST_PLACES:
            break
        # What came with the first example or after it, and was left as it is, is meant so.
        if line in done[uri] or ages[uri].get(line, len(situation.history)) <= pattern.ages[-1]:
            continue
        view = situation.files[uri]
        if not (pattern.is_of_prose if line in view.prose_lines else pattern.is_of_code):
            continue
        text = view.lines[line]
        if not all(word in text for word in words) and not (may_span_lines and _may_be_open(text)):
            continue
        place = _place(view, pattern, line, may_join=may_span_lines)
        if place is not None:
            places.append(place)
            done[uri].update(range(place.first_line, place.end_line))
    return places


def _may_be_open(text: str) -> bool:
    """Tells whether a statement may go on after a line."""
    return any(text.count(opening) > text.count(closing) for opening, closing in ("()", "[]", "{}"))


def _place(view: FileView, pattern: Pattern, line: int, *, may_join: bool) -> _Place | None:
    text = view.lines[line]
    if len(text) > MOST_LINE_CHARS:
        return None
    found = _rewritten(pattern, text)
    end = line + 1
    if found is None and may_join:
        depth = sum(depth_change(token.text) for token in tokens_of(text))
        while depth > 0 and end < len(view.lines) and end - line < MOST_STATEMENT_LINES:
            depth += sum(depth_change(token.text) for token in tokens_of(view.lines[end]))
            end += 1
        if depth == 0 and end > line + 1:
            text = "\n".join(view.lines[line:end])
            found = _rewritten(pattern, text)
    if found is None:
        return None
    result, agreement = found
    if not pattern.is_rename and not stays_whole(text, result):
        return None
    return _Place(
        uri=view.uri,
        first_line=line,
        end_line=end,
        inserted=tuple(result.split("\n")) if result.strip() else (),
        agreement=agreement,
    )


def _rewritten(pattern: Pattern, text: str) -> tuple[str, Agreement] | None:
    """Returns a statement with the rewrite applied wherever it can be, and how well the best of these places agrees.

    Where some places have enough in common with the examples, the others are left as they are.
    """
    if not all(literal in text for literal in pattern.literals):
        return None
    tokens = tokens_of(text)
    texts = [token.text for token in tokens]
    if pattern.only_adds and statement_keyword(texts) not in pattern.statements:
        return None  # An argument of a call is no parameter of a definition.
    found = [(match, pattern.agreement(match, texts)) for match in matches_of(pattern.rewrite, texts)]
    if not found:
        return None
    found = [item for item in found if pattern.stands_alone(item[1])] or found
    result = rewritten([(pattern.rewrite, match) for match, _ in found], tokens, indentation(text))
    return None if result == text.rstrip() else (result, max(agreement for _, agreement in found))


def _spans_of_examples(situation: Situation, pattern: Pattern) -> dict[DocumentUri, range]:
    """Returns for each file the lines from the pattern's first example to its last."""
    spans: dict[DocumentUri, range] = {}
    for age in pattern.ages:
        change = situation.history[-1 - age]
        span = spans.get(change.uri, range(change.first_line, change.end_line))
        spans[change.uri] = range(min(span.start, change.first_line), max(span.stop, change.end_line))
    return spans


def _candidates(
    pattern: Pattern, places: Sequence[_Place], spans: Mapping[DocumentUri, range]
) -> Iterator[EditCandidate]:
    """Yields each place alone, and a few places on consecutive lines together."""
    runs = _runs(places)
    for number, place in enumerate(places):
        n_tokens = place.agreement.n_tokens
        is_passed_over = place.first_line in spans.get(place.uri, ())
        grounds = Grounds(
            support=len(pattern.ages),
            age=pattern.ages[0],
            n_places=sum(other.agreement.n_tokens >= n_tokens for other in places),
            rank=sum(other.agreement.n_tokens >= n_tokens for other in places[:number]),
            n_matched_chars=pattern.n_literal_chars + place.agreement.n_chars,
            n_context_tokens=n_tokens,
            similarity=place.agreement.similarity,
            certainty=(1 - 1 / pattern.n_times) * (PASSED_OVER if is_passed_over else 1),
        )
        for run in ([place], runs.get((place.uri, place.first_line), [])):
            if run:
                yield EditCandidate(
                    uri=place.uri,
                    first_line=run[0].first_line,
                    end_line=run[-1].end_line,
                    inserted=tuple(line for part in run for line in part.inserted),
                    kind=EditKind.REPEAT,
                    proposer=PROPOSER,
                    group=_group(pattern),
                    words=pattern.words,
                    grounds=grounds,
                )


def _runs(places: Sequence[_Place]) -> dict[tuple[DocumentUri, int], list[_Place]]:
    """Returns the places without lines between them that are few enough to be one proposal, by the first's place."""
    runs: list[list[_Place]] = []
    for place in sorted(places, key=lambda place: (place.uri, place.first_line)):
        if runs and (runs[-1][-1].uri, runs[-1][-1].end_line) == (place.uri, place.first_line):
            runs[-1].append(place)
        else:
            runs.append([place])
    return {(run[0].uri, run[0].first_line): run for run in runs if 1 < len(run) <= MOST_TOGETHER}


def _group(pattern: Pattern) -> str:
    return f"{PROPOSER}: {pattern.rewrite.before} → {pattern.rewrite.after}"


def _combined(
    situation: Situation, nearness: Nearness, at_statement: Mapping[_Where, Sequence[tuple[Pattern, _Place]]]
) -> Iterator[EditCandidate]:
    """Yields statements in which several patterns stand apart from each other, with all of them applied."""
    several = [where for where, found in at_statement.items() if len(found) > 1]
    several.sort(key=lambda where: nearness.key(where[0], where[1]))
    for rank, (uri, first, end) in enumerate(several[:MOST_COMBINED]):
        text = "\n".join(situation.files[uri].lines[first:end])
        at_place = dict(at_statement[uri, first, end])
        applied = _apart(at_place, text)
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
            group=" & ".join(map(_group, patterns)),
            words="; ".join(pattern.words for pattern in patterns),
            grounds=Grounds(
                support=len(ages),
                age=min(ages),
                n_places=len(several),
                rank=rank,
                n_matched_chars=sum(pattern.n_literal_chars for pattern in patterns),
                similarity=min(at_place[pattern].agreement.similarity for pattern in patterns),
                certainty=1 - 1 / len(ages),
            ),
        )


def _apart(found: Mapping[Pattern, _Place], text: str) -> list[tuple[Pattern, Match]]:
    """Returns where patterns stand in a statement, from the left; of two that overlap the better grounded one."""
    texts = [token.text for token in tokens_of(text)]
    taken: set[int] = set()
    apart: list[tuple[Pattern, Match]] = []
    for pattern, _ in sorted(found.items(), key=lambda item: (-item[0].n_times, -item[1].agreement.similarity)):
        for match in matches_of(pattern.rewrite, texts):
            span = range(match.start, match.end)
            if taken.isdisjoint(span):
                taken.update(span)
                apart.append((pattern, match))
    return sorted(apart, key=lambda item: item[1].start)
