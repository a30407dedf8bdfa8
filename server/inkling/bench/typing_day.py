"""`inkling bench typing-day`: a day of one developer's typing in the embedded mind's own process, and its memory."""

import asyncio
import contextlib
import gzip
import itertools
import json
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from inkling.bench.completion.histories import GitHistory
from inkling.bench.completion.positions import WrittenFile
from inkling.bench.memory import anonymous_mb, memory_mb
from inkling.bench.report import EXIT_NO_DATA, Metric, Report, exact, percentile, publish
from inkling.bench.typed_text import Key, read_bursts
from inkling.bench.typing import RECORDING
from inkling.core.errors import UserError
from inkling.core.ports import IndexProgress, WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import CompletionRequest, NoSuggestion, Trigger
from inkling.core.text import split_lines
from inkling.engine.completion.completer import EmbeddedCompleter

HOURS = 24.0
SAMPLES_AN_HOUR = 4
SETTLED_AFTER = 0.25  # of the time: caches are full by then, and the slope begins
MOST_COMMITS = 200
ANSWERS_WITHIN_S = 60.0
INDEXED_WITHIN_S = 900.0
_WRONG = "q"

PROTOCOL = """{hours:g} hours of work, {n_keys} keystrokes, as fast as they are answered: one person's recorded session
has {keys_per_hour:.0f} an hour, its keys and corrections are drawn burst by burst by the seed; what is typed are the
lines that {n_commits} commits of {project} added, over and over. Before each commit the working tree is switched to the
tree before it, as git does; each file is opened, typed in block by block, saved after each block, and closed. After
each keystroke the process of the embedded mind is asked for the rest of the line ({n_answered} had one); it indexes the
workspace{environment} as in the product. Its own memory is read {samples} times an hour, without the short-lived build:
RSS, which counts the pages of the index that were looked at and that the system may take back, and what is anonymous:
its heap, in no file. slope: least squares from hour {settled:g} on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingDayOptions:
    """What to replay.

    Attributes:
        repository: A git repository whose commits are typed.
        recording: The recorded session.
        hours: Of work.
        seed: Draws commits and bursts.
        includes_environment: Whether this interpreter's packages are indexed, too.
    """

    repository: Path
    recording: Path = RECORDING
    hours: float = HOURS
    seed: int = 0
    includes_environment: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The memory at one moment.

    Attributes:
        hour: Since the beginning, in the time of the person who types.
        rss_mb: Resident memory of the process.
        anonymous_mb: What of it no file holds.
    """

    hour: float
    rss_mb: float
    anonymous_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Keystroke:
    """A document after a keystroke, and where the cursor is."""

    text: str
    offset: int


class _Day:
    """Passes keystrokes on to the completer, and looks at its memory from time to time."""

    def __init__(self, completer: EmbeddedCompleter, n_keys: int, keys_per_sample: float) -> None:
        self.samples: list[Sample] = []
        self.n_answered = 0
        self._completer = completer
        self._n_keys = n_keys
        self._keys_per_sample = keys_per_sample
        self._n_pressed = 0
        self._version = 0

    @property
    def is_over(self) -> bool:
        return self._n_pressed >= self._n_keys

    def look(self) -> None:
        """Keeps the memory of the worker as it is now."""
        worker = self._completer.process_ids()[0]
        rss_mb, _ = memory_mb(worker, with_children=False)
        own_mb = anonymous_mb(worker)
        hour = self._n_pressed / self._keys_per_sample / SAMPLES_AN_HOUR
        self.samples.append(Sample(hour=hour, rss_mb=rss_mb, anonymous_mb=own_mb))
        print(f"hour {hour:.2f}: RSS {rss_mb:.1f} MB, anonymous {own_mb:.1f} MB", file=sys.stderr)

    async def press(self, path: Path, key: Keystroke) -> None:
        """Tells of a keystroke, and asks what goes on."""
        self._version += 1
        snapshot = Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=self._version, text=key.text)
        self._completer.document_changed(snapshot)
        request = CompletionRequest(snapshot=snapshot, offset=key.offset, trigger=Trigger.AUTOMATIC)
        answer = await self._completer.complete(request)
        self.n_answered += not isinstance(answer, NoSuggestion)
        self._n_pressed += 1
        if self._n_pressed / self._keys_per_sample >= len(self.samples):
            self.look()


def run(options: TypingDayOptions, json_file: Path | None) -> int:
    """Replays, prints and writes; returns the exit status."""
    if find_spec("psutil") is None:
        print("not measured: psutil is not installed; pip install 'inkling-ls[bench]'")
        return EXIT_NO_DATA
    if not options.recording.is_file():
        print(f"not measured: there is no recording at {options.recording}; --recording names another")
        return EXIT_NO_DATA
    try:
        history = GitHistory(options.repository, seed=options.seed, n_commits=MOST_COMMITS)
    except UserError as error:
        print(error)
        return EXIT_NO_DATA
    if not history.commits:
        print(f"not measured: {options.repository} has no commit of a size to be typed; name another with --history")
        return EXIT_NO_DATA
    with tempfile.TemporaryDirectory(prefix="inkling-bench-") as scratch:
        report = asyncio.run(_measure(options, history, Path(scratch)))
    publish(report, json_file)
    return 0


def typed_file(written: WrittenFile, keys: Iterator[Key]) -> Iterator[tuple[Keystroke, bool]]:
    """Yields a file after each keystroke that types what a commit added to it, and whether a block of lines is done.

    Args:
        written: The file as the commit left it.
        keys: The rhythm: which keys type, type wrongly, and delete; every wrong one is deleted later.
    """
    lines = split_lines(written.text)
    is_typed = [number not in written.added for number in range(len(lines))]
    for is_added, block in itertools.groupby(range(len(lines)), key=lambda number: number in written.added):
        if not is_added:
            continue
        numbers = list(block)
        before = "".join(lines[number] for number in range(numbers[0]) if is_typed[number])
        after = "".join(lines[number] for number in range(numbers[-1] + 1, len(lines)) if is_typed[number])
        for typed, is_done in typed_block("".join(lines[number] for number in numbers), keys):
            yield Keystroke(text=before + typed + after, offset=len(before) + len(typed)), is_done
        for number in numbers:
            is_typed[number] = True


def typed_block(block: str, keys: Iterator[Key]) -> Iterator[tuple[str, bool]]:
    """Yields what is typed of a block after each keystroke, and whether it is all of it; errors are mended at once."""
    n_right = n_wrong = 0
    while n_right < len(block) or n_wrong:
        key = next(keys)
        if key.is_delete or n_right == len(block):
            # What was right is never deleted, so a deletion without an error before it is left out.
            if not n_wrong:
                continue
            n_wrong -= 1
        elif key.is_wrong:
            n_wrong += 1
        elif n_wrong:
            continue
        else:
            n_right += 1
        yield block[:n_right] + _WRONG * n_wrong, n_right == len(block) and not n_wrong


def slope_per_hour(hours: Sequence[float], values: Sequence[float]) -> float:
    """Returns by how much a value grows in an hour, by least squares; 0 for a single moment."""
    return float(np.polyfit(hours, values, 1)[0]) if len(set(hours)) > 1 else 0.0


async def _measure(options: TypingDayOptions, history: GitHistory, scratch: Path) -> Report:
    bursts = read_bursts(options.recording)
    keys_per_hour = sum(map(len, bursts)) / recorded_hours(options.recording)
    n_keys = round(options.hours * keys_per_hour)
    workspace = scratch / "workspace"
    workspace.mkdir()
    async with _running(options, workspace, scratch / "cache") as completer:
        day = _Day(completer, n_keys, keys_per_hour / SAMPLES_AN_HOUR)
        await _work(day, completer, _Checkout(history, workspace), _keys(bursts, options.seed))
        day.look()
    settled_h = options.hours * SETTLED_AFTER
    protocol = PROTOCOL.format(
        hours=options.hours,
        n_keys=n_keys,
        keys_per_hour=keys_per_hour,
        n_commits=len(history.commits),
        project=history.project,
        n_answered=day.n_answered,
        environment=" and this interpreter's packages" if options.includes_environment else "",
        samples=SAMPLES_AN_HOUR,
        settled=settled_h,
    )
    metrics = memory_figures(day.samples, settled_h)
    return Report(bench="typing-day", seed=options.seed, protocol=protocol, n=n_keys, metrics=metrics)


def memory_figures(samples: Sequence[Sample], settled_h: float) -> dict[str, Metric]:
    """Returns the memory by the hour, and how fast it grows once it has settled."""
    found: dict[str, Metric] = {}
    settled = [sample for sample in samples if sample.hour >= settled_h]
    hours = [sample.hour for sample in settled]
    for name, all_mb, settled_mb in (
        ("rss_mb", [one.rss_mb for one in samples], [one.rss_mb for one in settled]),
        ("anonymous_mb", [one.anonymous_mb for one in samples], [one.anonymous_mb for one in settled]),
    ):
        found[f"{name}_first"] = exact(all_mb[0])
        found[f"{name}_median"] = exact(percentile(settled_mb, 0.5))
        found[f"{name}_max"] = exact(max(all_mb))
        found[f"{name}_last"] = exact(all_mb[-1])
        found[f"{name}_slope_per_hour"] = exact(slope_per_hour(hours, settled_mb))
    for sample in samples[::SAMPLES_AN_HOUR]:
        found[f"anonymous_mb_at_hour_{sample.hour:02.0f}"] = exact(sample.anonymous_mb)
    return found


def recorded_hours(recording: Path) -> float:
    """Returns how long a recorded session took."""
    times_ms = [
        event["time"] for event in json.loads(gzip.decompress(recording.read_bytes()))["log"] if "time" in event
    ]
    return float(max(times_ms) - min(times_ms)) / 3_600_000


class _Checkout:
    """The working tree, switched from one commit to the next as git does."""

    def __init__(self, history: GitHistory, workspace: Path) -> None:
        self._history = history
        self._workspace = workspace
        self._texts: dict[str, str] = {}

    def switch(self, commit: str) -> list[Path]:
        """Makes the tree the one before a commit; returns the files that changed."""
        wanted = dict(self._history.texts_before(commit))
        changed = [path for path in {*self._texts, *wanted} if self._texts.get(path) != wanted.get(path)]
        for path in changed:
            self.save(path, wanted.get(path))
        self._texts = wanted
        return [self.path(path) for path in changed]

    def save(self, path: str, text: str | None) -> Path:
        """Writes a file, or removes it; returns where it is."""
        file = self.path(path)
        if text is None:
            file.unlink(missing_ok=True)
            self._texts.pop(path, None)
            return file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
        self._texts[path] = text
        return file

    def path(self, path: str) -> Path:
        """Returns where a file lies."""
        return self._workspace / path

    def typed(self) -> Iterator[tuple[str, Sequence[WrittenFile]]]:
        """Yields the commits, over and over."""
        return itertools.cycle(self._history.commits.items())


async def _work(day: _Day, completer: EmbeddedCompleter, checkout: _Checkout, keys: Iterator[Key]) -> None:
    """Types until the day is over."""
    for commit, files in checkout.typed():
        completer.files_changed(checkout.switch(commit))
        for written in files:
            for key, is_done in typed_file(written, keys):
                path = checkout.path(written.path)
                await day.press(path, key)
                if is_done:
                    completer.files_changed([checkout.save(written.path, key.text)])
                if day.is_over:
                    return
            completer.document_closed(DocumentUri(checkout.path(written.path).as_uri()))


@contextlib.asynccontextmanager
async def _running(options: TypingDayOptions, workspace: Path, cache: Path) -> AsyncIterator[EmbeddedCompleter]:
    """Yields a completer whose process runs and has read what it is to read."""
    is_ready = asyncio.Event()

    def hear(progress: IndexProgress) -> None:
        if progress.is_ready:
            is_ready.set()

    completer = EmbeddedCompleter(cache_dir=cache, deadline_s=ANSWERS_WITHIN_S, on_progress=hear)
    interpreter = Path(sys.executable) if options.includes_environment else None
    completer.open_workspace(WorkspaceScope(folders=(workspace,), interpreter=interpreter, index=IndexSettings()))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(completer.run())
        try:
            async with asyncio.timeout(INDEXED_WITHIN_S):
                await is_ready.wait()
            yield completer
        finally:
            running.cancel()


def _keys(bursts: Sequence[Sequence[Key]], seed: int) -> Iterator[Key]:
    """Yields keys for ever, burst by burst."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    while True:
        yield from chance.choice(bursts)
