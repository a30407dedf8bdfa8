"""Lines finished by the embedded completer and by simpler ones: `inkling bench completion`."""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np

from inkling.bench.completion.baselines import FrequentLine, JediCompleter, RecentWord
from inkling.bench.completion.completers import (
    ABLATED,
    ENVIRONMENT,
    Completer,
    EmbeddedCompleter,
    WithoutOne,
    index_environment,
)
from inkling.bench.completion.figures import N_BINS, THRESHOLD, Judged, costs, figures, losses
from inkling.bench.completion.histories import (
    LEAST_ADDED_LINES,
    MOST_ADDED_LINES,
    MOST_FILES,
    GitHistory,
    History,
    steps_histories,
)
from inkling.bench.completion.positions import (
    LEAST_REST_CHARS,
    LEAST_TOKENS,
    Position,
    Protocol,
    loo_positions,
    replay_positions,
)
from inkling.bench.completion.projects import environment_texts, project_texts
from inkling.bench.report import EXIT_NO_DATA, Metric, Report, exact, write
from inkling.core.errors import UserError
from inkling.engine.index.segment import Segment

N_EACH = 170  # positions of a kind in a project
POSITIONS_A_COMMIT = 4  # of a kind, about: it sets how many commits are drawn
OWN = "inkling"
BASELINES = ("jedi", "word", "line")
_WITHOUT = "without_"
_SUBSETS = ("", "_a", "_b", "_c", "_tests", "_others")
_MB = 1024 * 1024

PROTOCOL = """A cursor stands in a physical line of code with at least {least_tokens} tokens, outside of triple-quoted
strings, with at least {least_chars} characters to come (comments do not count). Kinds: (a) after one to three tokens,
half of them with one to three characters of the next name typed, (b) at the line's start, (c) after a random token; up
to {n_each} of each kind in each project, drawn by the seed.
LOO: the rest of that line is removed, everything else stays. REPLAY: lines that commits with {least_added} to
{most_added} added lines of Python in at most {most_files} files added; the file ends at the cursor, and the index is
of the tree before the commit. As in the product, the file that is open counts as it stands in the editor and not as it
was indexed. The environment is the standard library and the packages of this interpreter within the product's limits,
without the projects and copies of their files.
exact: the first line of the likeliest text is the rest of the line. listed: of any text. similarity: 1 minus the edit
distance by the longer length. leading_chars: share of the rest that the text begins with. shown_at_60: the largest
share of positions that can be shown, the surest first, with 60% of them right. calibration_error: of the confidence,
{n_bins} bins of equal width. keystrokes_saved: share of the characters to come that accepting right lines saves, of
those with a confidence of {threshold} or more; an accept is a keystroke. blocks_offered: share of positions at which
the likeliest text is offered with further lines; block_lines: how many lines those have; blocks_right: share of them
whose every line is right; further_lines_right: that of the lines behind the first, where the first is right. Nothing
is missing below in LOO, so every block is wrong there; in REPLAY all is missing that the commit left below.
keystrokes_saved_with_blocks: blocks shown, too, and accepted where all is right; their further lines count among the
characters to come. partials_offered: share of positions at which the beginning of a line is offered because no line is
sure; partials_right: share of them that the rest of the line begins with; partials_shown: share of positions at which
it is shown, as the likeliest line has less than {threshold}; partials_shown_right: the right ones among those.
keystrokes_saved_with_partials: with those accepted. jedi: its first name. word: the word nearest above that begins like
the one typed. line: the most frequent line of project and file that begins like this one.
without_X_exact_lost: how much of exact is gone without the source X, the ranker left as it is.
cpu_ms, wall_ms: one suggestion, with the keystroke before it known. index: lexing, sorting and writing, CPU time.
facts_cpu_ms: what the background analysis takes for the scope of a question, from the text without the cursor's line;
no suggestion waits for it, and none of its time is among cpu_ms and wall_ms.
Intervals: 95%, bootstrap by project, or by file where there is one project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionOptions:
    """What to measure.

    Attributes:
        projects: Folders of Python files, for LOO.
        repositories: Git repositories, for REPLAY.
        steps: Ordered steps of pull requests, for REPLAY; None for none.
        without: Names of what is switched off: baselines, layers and sources of candidates.
        ablates: Whether every layer and source is switched off in turn, at the same positions.
        seed: For all choices and the intervals.
        n_each: Most positions of a kind in a project.
    """

    projects: Sequence[Path] = ()
    repositories: Sequence[Path] = ()
    steps: Path | None = None
    without: frozenset[str] = frozenset()
    ablates: bool = False
    seed: int = 0
    n_each: int = N_EACH


@dataclass(slots=True)
class IndexCost:
    """What indexing took.

    Attributes:
        source_mb: Source that was read.
        index_mb: What it takes on disk.
        cpu_s: CPU time of this process.
    """

    source_mb: float = 0.0
    index_mb: float = 0.0
    cpu_s: float = 0.0

    def add(self, texts: Mapping[str, str], index_file: Path, cpu_s: float) -> None:
        """Adds an index that was just written."""
        self.source_mb += _size_mb(texts)
        self.index_mb += index_file.stat().st_size / _MB
        self.cpu_s += cpu_s


@dataclass(slots=True)
class Measurement:
    """All answers.

    Attributes:
        judged: By protocol and completer.
        index: What the indexes of environment and projects took.
        facts_cpu_ms: CPU time of the background analysis, for each question.
        read: What was read, in words.
    """

    judged: dict[tuple[Protocol, str], list[Judged]] = field(default_factory=dict)
    index: IndexCost = field(default_factory=IndexCost)
    facts_cpu_ms: list[float] = field(default_factory=list)
    read: list[str] = field(default_factory=list)


def run(options: CompletionOptions, json_file: Path | None) -> int:
    """Measures, prints and writes; returns the exit status."""
    try:
        measurement = measure(options)
    except UserError as error:
        print(error)
        return EXIT_NO_DATA
    if not measurement.judged:
        print("There is no line to be finished; name a project with --project, or commits with --history or --steps.")
        return EXIT_NO_DATA
    report = report_of(measurement, options)
    _print(report)
    write(report, json_file)
    return 0


def measure(options: CompletionOptions) -> Measurement:
    """Returns all answers.

    Raises:
        UserError: A folder or file cannot be read.
    """
    unknown = options.without - {*BASELINES, *ABLATED}
    if unknown:
        known = ", ".join((*BASELINES, *ABLATED))
        raise UserError(f"--without knows no {', '.join(sorted(unknown))}; it knows {known}.")
    n_commits = -(-options.n_each // POSITIONS_A_COMMIT)
    projects = {name: project_texts(folder) for name, folder in _named(options.projects).items()}
    histories: list[History] = [
        GitHistory(repository, seed=options.seed, n_commits=n_commits) for repository in options.repositories
    ]
    if options.steps is not None:
        histories.extend(steps_histories(options.steps, seed=options.seed, n_commits=n_commits))
    found = Measurement()
    with tempfile.TemporaryDirectory(prefix="inkling-bench-") as folder:
        environment = None
        if ENVIRONMENT not in options.without:
            own = [*projects.values(), *(_all_texts(history) for history in histories)]
            environment = _index_environment(own, Path(folder), found)
        completers = _completers(Path(folder), environment, options)
        for name, texts in projects.items():
            found.read.append(f"project {name}: {len(texts)} files, {_size_mb(texts):.1f} MB")
            positions = loo_positions(name, texts, seed=options.seed, n_each=options.n_each)
            _ask_all(completers, positions, texts, found)
            _tell(name, len(positions))
        for history in histories:
            found.read.append(f"history {history.project}: {len(history.commits)} commits")
            drawn = replay_positions(history.project, history.commits, seed=options.seed, n_each=options.n_each)
            for commit, of_commit in groupby(drawn, key=lambda position: position.group):
                _ask_all(completers, list(of_commit), history.texts_before(commit), found)
            _tell(history.project, len(drawn))
        asked = completers[OWN]
        if isinstance(asked, EmbeddedCompleter) and asked.background is not None:
            found.facts_cpu_ms = [1000 * cpu_s for cpu_s in asked.background.cpu_s]
    return found


def _named(folders: Sequence[Path]) -> dict[str, Path]:
    """Returns the folders by their last part, or by all of the path where several have the same."""
    counts = Counter(folder.name for folder in folders)
    return {folder.name if counts[folder.name] == 1 else folder.as_posix(): folder for folder in folders}


def _tell(project: str, n_positions: int) -> None:
    print(f"{project}: {n_positions} positions", file=sys.stderr)


def report_of(measurement: Measurement, options: CompletionOptions) -> Report:
    """Returns the report on answers."""
    metrics: dict[str, Metric] = {}
    for (protocol, completer), judged in measurement.judged.items():
        if completer.startswith(_WITHOUT):
            lost = losses(measurement.judged[protocol, OWN], judged, seed=options.seed)
            metrics |= {f"{protocol.value}_{completer}_{name}": metric for name, metric in lost.items()}
            continue
        is_own = completer == OWN
        prefix = protocol.value + ("" if is_own else f"_{completer}")
        found = figures(judged, seed=options.seed, is_baseline=not is_own) | costs(judged)
        if is_own:
            found |= _exact_by_project(judged)
        metrics |= {f"{prefix}_{name}": metric for name, metric in found.items()}
    index = measurement.index
    if index.source_mb:
        metrics["index_cpu_s_per_mb"] = exact(index.cpu_s / index.source_mb)
        metrics["index_mb_per_mb"] = exact(index.index_mb / index.source_mb)
    for percent in (50, 95) if measurement.facts_cpu_ms else ():
        metrics[f"facts_cpu_ms_p{percent}"] = exact(float(np.percentile(measurement.facts_cpu_ms, percent)))
    protocol_text = PROTOCOL.format(
        least_tokens=LEAST_TOKENS,
        least_chars=LEAST_REST_CHARS,
        n_each=options.n_each,
        least_added=LEAST_ADDED_LINES,
        most_added=MOST_ADDED_LINES,
        most_files=MOST_FILES,
        n_bins=N_BINS,
        threshold=THRESHOLD,
    )
    switched_off = f"\nSwitched off: {', '.join(sorted(options.without))}." if options.without else ""
    n_asked = sum(len(judged) for (_, completer), judged in measurement.judged.items() if completer == OWN)
    return Report(
        bench="completion",
        seed=options.seed,
        protocol="\n".join((protocol_text + switched_off, "Read:", *measurement.read)),
        n=n_asked,
        metrics=metrics,
    )


def _completers(folder: Path, environment: Segment | None, options: CompletionOptions) -> dict[str, Completer]:
    own = EmbeddedCompleter(folder, environment, options.without)
    everyone: dict[str, Completer] = {
        OWN: own,
        "jedi": JediCompleter(folder),
        "word": RecentWord(),
        "line": FrequentLine(),
    }
    if options.ablates:
        everyone |= {f"{_WITHOUT}{name}": WithoutOne(own, {*options.without, name}) for name in ABLATED}
    return {
        name: completer for name, completer in everyone.items() if name.removeprefix(_WITHOUT) not in options.without
    }


def _index_environment(projects: Sequence[Mapping[str, str]], folder: Path, found: Measurement) -> Segment:
    texts = environment_texts(projects)
    found.read.append(f"environment: {len(texts)} files, {_size_mb(texts):.1f} MB")
    path = folder / "environment.segment"
    started_s = time.process_time()
    segment = index_environment(texts, path)
    found.index.add(texts, path, time.process_time() - started_s)
    return segment


def _ask_all(
    completers: Mapping[str, Completer],
    positions: Sequence[Position],
    texts: Mapping[str, str],
    found: Measurement,
) -> None:
    """Asks every completer at every position, all of which are of the same code."""
    if not positions:
        return
    protocol = positions[0].protocol
    for name, completer in completers.items():
        started_s = time.process_time()
        completer.read(texts)
        if isinstance(completer, EmbeddedCompleter) and protocol is Protocol.LOO:
            found.index.add(texts, completer.index_file, time.process_time() - started_s)
        found.judged.setdefault((protocol, name), []).extend(_ask(completer, positions))


def _ask(completer: Completer, positions: Sequence[Position]) -> Iterator[Judged]:
    for position in positions:
        completer.open(position)
        started_cpu_s, started_s = time.thread_time(), time.perf_counter()
        answer = completer.answer(position)
        wall_ms = (time.perf_counter() - started_s) * 1000
        cpu_ms = (time.thread_time() - started_cpu_s) * 1000
        yield Judged(position=position, answer=answer, cpu_ms=cpu_ms, wall_ms=wall_ms)


def _all_texts(history: History) -> dict[str, str]:
    """Returns what stood there before a history's commits, and what they wrote."""
    texts: dict[str, str] = {}
    for commit, files in history.commits.items():
        texts |= history.texts_before(commit)
        texts |= {file.path: file.text for file in files}
    return texts


def _exact_by_project(judged: Sequence[Judged]) -> dict[str, Metric]:
    by_project: dict[str, list[Judged]] = {}
    for one in judged:
        by_project.setdefault(one.position.project, []).append(one)
    return {f"exact_of_{name}": exact(sum(one.is_exact for one in own) / len(own)) for name, own in by_project.items()}


def _size_mb(texts: Mapping[str, str]) -> float:
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts.values()) / _MB


def _print(report: Report) -> None:
    print(f"{report.bench}: n={report.n}, seed={report.seed}")
    print(report.protocol)
    head = "".join(f"{subset.removeprefix('_'):>8}" for subset in _SUBSETS[1:])
    names = [
        key for key in report.metrics if not key.endswith(_SUBSETS[1:]) or _without_subset(key) not in report.metrics
    ]
    width = max(map(len, names)) + 2
    print(f"{'':{width}}{'all':>8} {'':17}{head}")
    for key in names:
        metric = report.metrics[key]
        interval = f"[{metric.low:.3f}, {metric.high:.3f}]" if metric.low != metric.high else ""
        parts = [report.metrics.get(key + subset) for subset in _SUBSETS[1:]]
        columns = "".join(f"{part.value:8.3f}" if part is not None else f"{'':8}" for part in parts)
        print(f"{key:{width}}{metric.value:8.3f} {interval:17}{columns}".rstrip())


def _without_subset(key: str) -> str:
    return key.rpartition("_")[0]
