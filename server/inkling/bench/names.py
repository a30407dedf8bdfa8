"""The order of the completion popup: where the wanted name stands, as jedi orders names and as the product does.

In each project names are drawn at random from lines of code: attributes, asked about right behind the dot, and other
names, asked about behind their first letter. The rest of the line is removed, everything else stays. What binds a name
is left out: nobody can know it. The file is left out of its project's index; packages are not indexed.
"""

import keyword
import random
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jedi

from inkling.bench.completion.projects import project_texts
from inkling.bench.report import EXIT_NO_DATA, Metric, Report, bootstrap, exact, percentile, publish
from inkling.context.analysis.popup import NamePopup
from inkling.core.text import split_lines
from inkling.engine.completion.asked_place import Surroundings, look_at
from inkling.engine.completion.likely_names import likely_names
from inkling.engine.index.segment import Segment, SegmentWriter
from inkling.engine.language.lexer import lex, lex_line
from inkling.engine.language.open_files import OpenFile, TokenNumbers
from inkling.features.popup import MOST_ROWS, guessed_names, in_order

ATTRIBUTE = "attribute"
NAME = "name"
FEW = 5  # rows that are seen without scrolling
_WORD = re.compile(r"(\.?)(?<![\w\"'])([^\W\d]\w*)")
_BINDING_WORD = re.compile(r"\b(?:def|class|import|as|for|lambda|global|nonlocal)\b[^:=]*$")
_FIRST_ON_LINE = re.compile(r"\s*(?:\w+,\s*)*$")
_ASSIGNED = re.compile(r"\s*(?:,[\w, ]*)?(?::[^=]*)?=(?!=)|\s*:")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesOptions:
    """What is measured.

    Attributes:
        projects: Folders of Python files.
        n_each: Most names of a kind in a project.
        seed: Chooses names; for the intervals.
    """

    projects: Sequence[Path]
    n_each: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePlace:
    """A place where a name is wanted.

    Attributes:
        kind: `ATTRIBUTE` or `NAME`.
        path: The file, relative to its project.
        text: The document without the rest of the line.
        offset: The cursor, in code points.
        wanted: The name.
    """

    kind: str
    path: str
    text: str
    offset: int
    wanted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedName:
    """Where a wanted name stands, from 0; None where it is not among the rows.

    Attributes:
        kind: As of the place.
        cluster: The project and, where there is one project alone, the file.
        before: In jedi's order.
        after: In the product's.
        order_ms: CPU time of the product's order.
        names_ms: CPU time of jedi.
    """

    kind: str
    cluster: str
    before: int | None
    after: int | None
    order_ms: float
    names_ms: float


def draw_places(texts: Mapping[str, str], *, n_each: int, seed: int) -> list[NamePlace]:
    """Returns places of each kind, `n_each` of a kind where there are so many."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    places = [place for path in sorted(texts) for place in _places(path, texts[path])]
    drawn: list[NamePlace] = []
    for kind in (ATTRIBUTE, NAME):
        of_kind = [place for place in places if place.kind == kind]
        drawn.extend(chance.sample(of_kind, min(n_each, len(of_kind))))
    return drawn


def _places(path: str, text: str) -> Iterator[NamePlace]:
    offset = 0
    open_string = ""
    for line in split_lines(text):
        lexed = lex_line(line, open_string)
        code = line.rstrip("\r\n")
        is_code = (
            bool(lexed.tokens) and not open_string and not lexed.open_string and '"' not in code and "'" not in code
        )
        open_string = lexed.open_string
        for match in _WORD.finditer(code.partition("#")[0]) if is_code else ():
            dot, name = match.groups()
            start = match.start(2)
            cut = start if dot else start + 1
            is_first = _FIRST_ON_LINE.fullmatch(code, 0, start) is not None
            is_bound = _BINDING_WORD.search(code, 0, start) or (is_first and _ASSIGNED.match(code, match.end()))
            is_name = len(name) > 1 and name in lexed.tokens and not keyword.iskeyword(name)
            is_import = code.lstrip().startswith(("from ", "import "))
            if is_name and not is_import and (dot or not is_bound):
                yield NamePlace(
                    kind=ATTRIBUTE if dot else NAME,
                    path=path,
                    text=text[: offset + cut] + text[offset + len(code) :],
                    offset=offset + cut,
                    wanted=name,
                )
        offset += len(line)


def rank_names(folder: Path, texts: Mapping[str, str], places: Sequence[NamePlace]) -> Iterator[RankedName]:
    """Yields where the wanted names of one project stand."""
    writer = SegmentWriter()
    for path, text in texts.items():
        writer.add(path, lex(text))
    workspace = writer.build()
    project = jedi.Project(folder, load_unsafe_extensions=False)
    popup = NamePopup(lambda text, path: jedi.Script(text, path=path, project=project))
    for place in places:
        started_s = time.process_time()
        _, names, _ = popup.complete((str(folder / place.path), place.text, place.offset))
        names_ms = 1000 * (time.process_time() - started_s)
        likely, order_ms = _likely(place, workspace)
        shown = [names[index] for index in in_order(names, likely)]
        if not names and place.kind == ATTRIBUTE:
            shown = guessed_names(likely)
        yield RankedName(
            kind=place.kind,
            cluster=f"{folder.name}/{place.path}",
            before=_rank(names[:MOST_ROWS], place.wanted),
            after=_rank(shown, place.wanted),
            order_ms=order_ms,
            names_ms=names_ms,
        )


def _likely(place: NamePlace, workspace: Segment) -> tuple[Mapping[str, float], float]:
    """Returns the likely names, and the CPU time that they took, milliseconds."""
    numbers = TokenNumbers()
    file = OpenFile(numbers)
    # The product has read the document as it was a keystroke before.
    file.update(place.text[: place.offset - 1] + place.text[place.offset :])
    workspace.leave_out([place.path])
    started_s = time.process_time()
    found = look_at(file, numbers, place.text, place.offset, Surroundings(workspace=[workspace]))
    likely = {} if found is None else likely_names(found, file, numbers)
    return likely, 1000 * (time.process_time() - started_s)


def _rank(names: Sequence[str], wanted: str) -> int | None:
    return names.index(wanted) if wanted in names else None


def figures(ranked: Sequence[RankedName], *, seed: int) -> dict[str, Metric]:
    """Returns the shares of wanted names that come first and among the first few, in both orders, by kind."""
    metrics: dict[str, Metric] = {}
    is_by_project = len({each.cluster.partition("/")[0] for each in ranked}) > 1
    for kind in (ATTRIBUTE, NAME):
        clusters: dict[str, list[RankedName]] = {}
        for each in ranked:
            if each.kind == kind:
                cluster = each.cluster.partition("/")[0] if is_by_project else each.cluster
                clusters.setdefault(cluster, []).append(each)
        if not clusters:
            continue
        values = list(clusters.values())
        for words, below in (("first", 1), (f"in first {FEW}", FEW), ("listed", MOST_ROWS)):

            def before(sample: Sequence[RankedName], below: int = below) -> float:
                return sum(each.before is not None and each.before < below for each in sample) / len(sample)

            def after(sample: Sequence[RankedName], below: int = below) -> float:
                return sum(each.after is not None and each.after < below for each in sample) / len(sample)

            def gain(sample: Sequence[RankedName], below: int = below) -> float:
                return after(sample, below) - before(sample, below)

            metrics[f"{kind}, {words}, jedi"] = bootstrap(values, before, seed)
            metrics[f"{kind}, {words}, product"] = bootstrap(values, after, seed)
            metrics[f"{kind}, {words}, gain"] = bootstrap(values, gain, seed)
    for words, times_ms in (
        ("order, CPU ms", [each.order_ms for each in ranked]),
        ("jedi, CPU ms", [each.names_ms for each in ranked]),
    ):
        metrics[f"{words}, p50"] = exact(percentile(times_ms, 0.5))
        metrics[f"{words}, p95"] = exact(percentile(times_ms, 0.95))
    return metrics


def run(options: NamesOptions, json_file: Path | None) -> int:
    """Measures, prints and writes; returns the exit code."""
    ranked: list[RankedName] = []
    for folder in options.projects:
        texts = project_texts(folder)
        places = draw_places(texts, n_each=options.n_each, seed=options.seed)
        for each in rank_names(folder, texts, places):
            ranked.append(each)
            print(f"\r{folder.name}: {len(ranked)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    if not ranked:
        print("no names were found; name a project's folder with --project")
        return EXIT_NO_DATA
    report = Report(
        bench="names",
        seed=options.seed,
        protocol=" ".join((__doc__ or "").split()),
        n=len(ranked),
        metrics=figures(ranked, seed=options.seed),
    )
    publish(report, json_file)
    return 0
