"""`inkling bench typing`: a person's real typing rhythm against a language model's endpoint with a fixed latency."""

import itertools
import math
import random
import sqlite3
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from inkling.bench.client import LanguageClient
from inkling.bench.report import EXIT_NO_DATA, Metric, Report, bootstrap, percentile, publish
from inkling.bench.scripted_endpoint import ScriptedEndpoint
from inkling.bench.typed_text import (
    BURST_ENDS_AFTER_MS,
    LONGEST_PAUSE_MS,
    N_LEAST_KEYSTROKES,
    RIGHT_WORDS,
    choose_place,
    read_bursts,
)
from inkling.bench.typist import OWN_DEBOUNCE_S, OWN_MODEL, Burst, PlainTypist, Seen, Typist, position

RECORDING = Path("../shared/data/typing/session_recording.json.gz")
LATENCIES_MS = (100, 300, 800)
PLAIN_DEBOUNCES_MS = (75, 350)
CONNECTS_WITHIN_S = 60.0
_MAX_FILE_BYTES = 60_000
_LEAD_S = 0.1  # until the first key of a burst, so that all typists begin together
_LIKE_THE_EXTENSION = {"ownsInlineCompletion": True, "takesLateSuggestions": True, "isTrusted": True}
Statistic = Callable[[Sequence["Keystroke"]], float]

PROTOCOL = """{n_bursts} bursts of typing, {n_keys} keystrokes, drawn by the seed from one person's recorded VS Code
session ({n_all} bursts of at least {least} single-character edits without a pause over {ends} s; pauses over
{longest} s are cut to that, nothing else is compressed). Each burst types Python of the standard library from a place
drawn by the seed, in the recorded rhythm, a line break with its indentation in one keystroke; a character that the
person deleted again is typed as a wrong one; nothing is accepted. The keystrokes go to the real daemon over stdio as
the extension sends them: {own:.0f} ms debounce, a newer key cancels the request, a suggestion that is typed goes on
without one, a late answer is fetched when the daemon tells of it and only makes the text on display longer, what was in
sight for 750 ms is reported (so requests ahead of an accept are counted, too). debounce_75ms and debounce_350ms type
the same keys at the same moments and ask the same endpoint: that pause before each request, cancelled by the next key,
nothing reused, one line asked for, as Inkling does. The endpoint answers after a fixed latency with the rest of the
line (at its end the next line), {right:.0%} of the words right, the text after a wrong one left out. The gate is open
(threshold 0), the checks are not; the embedded mind has no index but the open file.
A text is whatever is on display, of either mind; model_text is the model's alone. requests: what reached the endpoint.
cancelled: share of the requests whose client left before the answer. unused: share of them of which nothing was on
display before the next request was made, cancelled ones included. answered_without_request: share of the keystrokes
with a text before which no request of that keystroke reached the endpoint; model_text_without_request: the same for the
model's, with no request at all. text_ms: from the keystroke to its text, at the pauses at which debounce_75ms shows
one; text_at_pauses: share of these at which Inkling shows one; later_than_debounce_75ms: share of these at which it
shows its first text later, or none. Keys that name no latency are over all. Intervals: 95%, bootstrap by burst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingOptions:
    """What to measure.

    Attributes:
        seed: Chooses bursts, files and places.
        n_bursts: Bursts of typing for each latency.
        latencies_ms: Of the endpoint.
        recording: The recorded session.
    """

    seed: int
    n_bursts: int
    latencies_ms: tuple[int, ...] = LATENCIES_MS
    recording: Path = RECORDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Keystroke:
    """What each typist saw after one keystroke.

    Attributes:
        own: With Inkling.
        plain: With a plain debounce, by its milliseconds.
    """

    own: Seen
    plain: dict[int, Seen]

    @property
    def is_pause(self) -> bool:
        """Whether it was long enough for the shortest plain debounce to show a text."""
        return self.plain[PLAIN_DEBOUNCES_MS[0]].text_after_ms is not None

    @property
    def is_later(self) -> bool:
        """Whether Inkling's first text came later than that of the shortest plain debounce, or none."""
        plain_ms = self.plain[PLAIN_DEBOUNCES_MS[0]].text_after_ms
        own_ms = self.own.text_after_ms
        return plain_ms is not None and (own_ms is None or own_ms > plain_ms)


def mark_sources(burst: Sequence[Seen], of_model: set[str]) -> None:
    """Notes when a text of the model's was on display, and which requests of a burst came to nothing.

    Args:
        burst: What was seen after each keystroke.
        of_model: Ids of the suggestions that are the model's.
    """
    waiting: Seen | None = None  # the keystroke of the latest request, while nothing of its answer was on display
    for seen in burst:
        model_ms = [after_ms for suggestion_id, after_ms in seen.texts if suggestion_id in of_model]
        seen.model_after_ms = model_ms[0] if model_ms else None
        is_new = any(after_ms > 0 for after_ms in model_ms)
        was_known = seen.n_requests == 0 and seen.model_after_ms == seen.text_after_ms
        if is_new and (was_known or not seen.n_requests_in_all):
            waiting = None  # an answer that was still coming in, or was kept, served this keystroke
        if seen.n_requests_in_all:
            if waiting is not None:
                waiting.n_unused += 1
            seen.n_unused = seen.n_requests_in_all - 1
            waiting = None if is_new and not was_known else seen
    if waiting is not None:
        waiting.n_unused += 1


def figures(bursts: Sequence[Sequence[Keystroke]], seed: int) -> dict[str, Metric]:
    """Returns the figures of bursts by name; those that the sample is too small for are left out."""
    by_name: dict[str, Statistic] = _figures_of(lambda keystroke: keystroke.own)
    by_name["keystroke_to_model_text_ms_p50"] = partial(_model_text_ms, 0.5)
    by_name["keystroke_to_model_text_ms_p95"] = partial(_model_text_ms, 0.95)
    by_name["ratio_requests_to_debounce_75ms"] = _request_ratio
    by_name["answered_without_request"] = lambda keys: _mean(
        key.own.n_requests == 0 for key in keys if key.own.text_after_ms is not None
    )
    by_name["model_text_without_request"] = lambda keys: _mean(
        key.own.n_requests_in_all == 0 for key in keys if key.own.model_after_ms is not None
    )
    by_name["text_at_pauses"] = lambda keys: _mean(key.own.text_after_ms is not None for key in keys if key.is_pause)
    by_name["model_text_at_pauses"] = lambda keys: _mean(
        key.own.model_after_ms is not None for key in keys if key.is_pause
    )
    by_name["later_than_debounce_75ms"] = lambda keys: _mean(key.is_later for key in keys if key.is_pause)
    for debounce_ms in PLAIN_DEBOUNCES_MS:
        plain = _figures_of(partial(_plain, debounce_ms))
        by_name |= {f"debounce_{debounce_ms}ms_{name}": figure for name, figure in plain.items()}
    every = [key for burst in bursts for key in burst]
    known = {name: statistic for name, statistic in by_name.items() if not math.isnan(statistic(every))}
    return {name: bootstrap(bursts, statistic, seed) for name, statistic in known.items()}


def _figures_of(seen_by: Callable[[Keystroke], Seen]) -> dict[str, Statistic]:
    """Returns the figures that every typist has."""

    def requests(keys: Sequence[Keystroke]) -> int:
        return sum(seen_by(key).n_requests_in_all for key in keys)

    def text_ms(share: float, keys: Sequence[Keystroke]) -> float:
        return _percentile([seen_by(key).text_after_ms for key in keys if key.is_pause], share)

    return {
        "requests_per_100_keystrokes": lambda keys: _ratio(100 * requests(keys), len(keys)),
        "cancelled": lambda keys: _ratio(sum(seen_by(key).n_cancelled for key in keys), requests(keys)),
        "unused": lambda keys: _ratio(sum(seen_by(key).n_unused for key in keys), requests(keys)),
        "keystroke_to_text_ms_p50": partial(text_ms, 0.5),
        "keystroke_to_text_ms_p95": partial(text_ms, 0.95),
    }


def _plain(debounce_ms: int, key: Keystroke) -> Seen:
    return key.plain[debounce_ms]


def _model_text_ms(share: float, keys: Sequence[Keystroke]) -> float:
    return _percentile([key.own.model_after_ms for key in keys if key.is_pause], share)


def _request_ratio(keys: Sequence[Keystroke]) -> float:
    plain = sum(key.plain[PLAIN_DEBOUNCES_MS[0]].n_requests_in_all for key in keys)
    return _ratio(sum(key.own.n_requests_in_all for key in keys), plain)


def _percentile(times_ms: Iterable[float | None], share: float) -> float:
    known = [time_ms for time_ms in times_ms if time_ms is not None]
    return percentile(known, share) if known else float("nan")


def _mean(values: Iterable[bool]) -> float:
    known = list(values)
    return _ratio(sum(known), len(known))


def _ratio(above: float, below: float) -> float:
    return above / below if below else float("nan")


def run(options: TypingOptions, json_file: Path | None) -> int:
    """Measures, prints and writes; returns the exit code."""
    if not options.recording.is_file():
        print(f"not measured: there is no recording at {options.recording}; --recording names another")
        return EXIT_NO_DATA
    bursts = read_bursts(options.recording)
    chance = random.Random(options.seed)  # noqa: S311 - a sample, not a secret
    drawn = chance.sample(bursts, min(options.n_bursts, len(bursts)))
    stdlib = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    sources = [path for path in stdlib if path.stat().st_size < _MAX_FILE_BYTES]
    script = [Burst.at(choose_place(sources, chance), keys) for keys in drawn]
    metrics: dict[str, Metric] = {}
    every: list[list[Keystroke]] = []
    for latency_ms in options.latencies_ms:
        with tempfile.TemporaryDirectory(prefix="inkling-bench-") as scratch:
            seen = _measure(script, latency_ms, Path(scratch))
        every += seen
        metrics |= {f"{name}_{latency_ms}ms": metric for name, metric in figures(seen, options.seed).items()}
    n_keys = sum(len(burst.keys) for burst in script)
    protocol = PROTOCOL.format(
        n_bursts=len(drawn),
        n_keys=n_keys,
        n_all=len(bursts),
        least=N_LEAST_KEYSTROKES,
        ends=BURST_ENDS_AFTER_MS // 1000,
        longest=LONGEST_PAUSE_MS // 1000,
        own=OWN_DEBOUNCE_S * 1000,
        right=RIGHT_WORDS,
    )
    metrics = figures(every, options.seed) | metrics
    publish(Report(bench="typing", seed=options.seed, protocol=protocol, n=n_keys, metrics=metrics), json_file)
    return 0


def _measure(script: Sequence[Burst], latency_ms: int, scratch: Path) -> list[list[Keystroke]]:
    """Returns what all typists saw, by burst."""
    workspace = scratch / "workspace"
    workspace.mkdir()
    own_dirs = {"INKLING_DATA_DIR": str(scratch / "data"), "INKLING_CACHE_DIR": str(scratch / "cache")}
    bursts: list[list[Keystroke]] = []
    with ScriptedEndpoint(latency_ms / 1000, lambda _: "") as endpoint:
        settings = {
            "gate": {"policy": "threshold", "threshold": 0},
            "index": {"includeEnvironment": False, "maxFiles": 0},
            "model": {"baseUrl": endpoint.base_url, "completionModel": OWN_MODEL, "fimTemplate": "suffix"},
        }
        command = [sys.executable, "-m", "inkling.app.cli", "serve"]
        with LanguageClient(command, own_dirs, scratch / "inkling.log", settings) as client:
            client.initialize(workspace, _LIKE_THE_EXTENSION)
            _warm_up(client, endpoint, workspace)
            typist = Typist(client, endpoint)
            for number, burst in enumerate(script):
                endpoint.answer = burst.place.answer
                start_at_s = time.perf_counter() + _LEAD_S
                others = [PlainTypist(endpoint, each_ms, burst, start_at_s) for each_ms in PLAIN_DEBOUNCES_MS]
                for other in others:
                    other.start()
                own = typist.type(burst, (workspace / f"file_{number}.py").as_uri(), start_at_s)
                for other in others:
                    other.join()
                rows = zip(own, *(other.seen for other in others), strict=True)
                bursts.append([Keystroke(own=first, plain=_by_debounce(plain)) for first, *plain in rows])
    of_model = _ids_of_model(scratch / "data" / "events.db")
    for keystrokes in bursts:
        mark_sources([key.own for key in keystrokes], of_model)
    return bursts


def _by_debounce(seen: Sequence[Seen]) -> dict[int, Seen]:
    return dict(zip(PLAIN_DEBOUNCES_MS, seen, strict=True))


def _ids_of_model(events: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{events}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT suggestion_id FROM decisions WHERE source = 'model'")
        return {str(suggestion_id) for (suggestion_id,) in rows}


def _warm_up(client: LanguageClient, endpoint: ScriptedEndpoint, workspace: Path) -> None:
    """Asks until the endpoint answers a question of the daemon: connecting and imports are no part of typing.

    Raises:
        TimeoutError: The endpoint is never asked.
    """
    is_asked = threading.Event()

    def answer(prompt: str) -> str:
        if prompt.endswith("answer = "):
            is_asked.set()
        return "total + 1"

    endpoint.answer = answer
    uri = (workspace / "warm_up.py").as_uri()
    started_at_s = time.perf_counter()
    for number in itertools.count():
        before = f"total = {number}\nanswer = "
        document = {"uri": uri, "languageId": "python", "version": 1, "text": before}
        client.notify("textDocument/didOpen", {"textDocument": document})
        params = {"textDocument": {"uri": uri}, "position": position(before), "context": {"triggerKind": 2}}
        client.request("textDocument/inlineCompletion", params)
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        if is_asked.is_set():
            return
        if time.perf_counter() - started_at_s > CONNECTS_WITHIN_S:
            raise TimeoutError("the daemon never asked the scripted endpoint")
        time.sleep(0.1)
