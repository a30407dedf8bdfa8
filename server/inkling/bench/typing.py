"""`inkling bench typing`: a person's real typing rhythm against a language model's endpoint with a fixed latency."""

import gzip
import itertools
import json
import random
import re
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from inkling.bench.client import LanguageClient
from inkling.bench.report import EXIT_NO_DATA, Metric, Report, bootstrap, exact, percentile, publish
from inkling.bench.scripted_endpoint import ScriptedEndpoint
from inkling.core.text import line_start, split_lines

RECORDING = Path("../shared/data/typing/session_recording.json.gz")
LATENCIES_MS = (100, 300, 800)
PLAIN_DEBOUNCES_MS = (75, 350)
OWN_DEBOUNCE_MS = 40  # inkling.completion.debounceMs
N_LEAST_KEYSTROKES = 8  # of a burst
BURST_ENDS_AFTER_MS = 3000
LONGEST_PAUSE_MS = 2000  # by then every answer has come; longer pauses are cut to it
RIGHT_WORDS = 0.85  # share of the words that the scripted model gets right
_AUTO_CLOSED = ("()", "[]", "{}", '""', "''", "``")  # one keystroke, two characters
_MAX_FILE_BYTES = 60_000
CONNECTS_WITHIN_S = 60.0
_WRONG = "q"
_LINE_BREAK = re.compile(r"\n+[ ]*")
_PIECE = re.compile(r"\w+|\s+|[^\w\s]")
_TAIL_CHARS = 60  # of a prompt; they tell places of one file apart

PROTOCOL = """{n_bursts} bursts of typing, {n_keys} keystrokes, drawn by the seed from one person's recorded VS Code
session ({n_all} bursts of at least {least} single-character edits without a pause over {ends} s; pauses over
{longest} s are cut to that, nothing else is compressed). Each burst types Python of the standard library from a place
drawn by the seed, in the recorded rhythm, a line break with its indentation in one keystroke; a character that the
person deleted again is typed as a wrong one. The keystrokes go to the real daemon over stdio as the extension sends
them: {own} ms debounce, a newer keystroke cancels the request, a suggestion that is typed goes on without a request.
The endpoint answers after a fixed latency with the rest of the line (at its end the next line), {right:.0%} of the
words right, the text after a wrong one left out. The gate is open (threshold 0), the checks are not; the embedded
mind has no index but the open file, and what it says in time is a text, too. debounce_75 and debounce_350: the same
keystrokes with that pause before each request, cancelled by the next key, nothing reused; exact arithmetic.
requests_per_100: requests that reached the endpoint, per 100 keystrokes. cancelled: share of them whose client left
before the answer. unused: share of them after which no text was there before the next request was made, cancelled
ones included (for the plain debounces the same as cancelled). without_request: share of the keystrokes with a text
after which no request reached the endpoint before the text was there. text_ms: from the keystroke to its text, at
pauses long enough that debounce_75 shows one (its own text_ms is {plain} ms plus the latency there), where Inkling
shows one; text_at_pauses: the share of these pauses where it does. Intervals: 95%, bootstrap by burst."""


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
class Key:
    """A keystroke of the recording.

    Attributes:
        is_delete: Whether it deletes the character before the cursor; otherwise it types one.
        is_wrong: Whether what it types is deleted again later in the burst.
        pause_ms: Until the next keystroke.
    """

    is_delete: bool
    is_wrong: bool
    pause_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a burst is typed.

    Attributes:
        before: Text of the file up to the place.
        after: Text from the place on, as it will be.
        wrong_words: Offsets in `after` of the words that the scripted model gets wrong.
    """

    before: str
    after: str
    wrong_words: frozenset[int]

    def answer(self, prompt: str) -> str:
        """Returns what the scripted model says after a prompt."""
        tail = prompt[-_TAIL_CHARS:]
        start = (self.before + self.after).find(tail)
        position = start + len(tail) - len(self.before)
        if start < 0 or position < 0:
            return "None"  # the prompt ends with a typing error
        end = self.after.find("\n", position + 1)
        said = []
        for piece in _PIECE.finditer(self.after, position, len(self.after) if end < 0 else end):
            if piece.start() in self.wrong_words:
                said.append("value")
                break
            said.append(piece.group())
        return "".join(said)


@dataclass(slots=True, kw_only=True)
class Seen:
    """What came after one keystroke.

    Attributes:
        pause_ms: Until the next one.
        text_after_ms: When a text was there; None where there was none before the next keystroke.
        n_requests: Requests that reached the endpoint before the text, or else before the next keystroke.
        n_requests_in_all: Requests that reached the endpoint before the next keystroke.
        n_cancelled: Requests whose client left before the next keystroke.
        n_unused: Requests of this keystroke after which no text was there before the next request was made.
    """

    pause_ms: float
    text_after_ms: float | None = None
    n_requests: int = 0
    n_requests_in_all: int = 0
    n_cancelled: int = 0
    n_unused: int = 0


def mark_unused(burst: Sequence[Seen]) -> None:
    """Finds the requests of a burst that were made for nothing, cancelled or not."""
    waiting: Seen | None = None  # the keystroke of the latest request, while no text has come of it
    for seen in burst:
        if waiting is not None and seen.text_after_ms is not None and seen.n_requests == 0:
            waiting = None  # an answer that was still coming in, or was kept, served this keystroke
        if seen.n_requests_in_all:
            if waiting is not None:
                waiting.n_unused += 1
            seen.n_unused = seen.n_requests_in_all - 1
            waiting = None if seen.n_requests and seen.text_after_ms is not None else seen
    if waiting is not None:
        waiting.n_unused += 1


def read_bursts(recording: Path) -> list[list[Key]]:
    """Returns the bursts of single-character edits of a recorded session."""
    events = json.loads(gzip.decompress(recording.read_bytes()))["log"]
    changes = [event for event in events if event["kind"] == "changed"]
    bursts: list[list[tuple[bool, float]]] = [[]]
    for change, following in zip(changes, [*changes[1:], None], strict=True):
        is_delete = _key_of(change["edit"])
        pause_ms = following["time"] - change["time"] if following is not None else float(LONGEST_PAUSE_MS)
        if is_delete is not None:
            bursts[-1].append((is_delete, max(0.0, pause_ms)))
        if is_delete is None or pause_ms > BURST_ENDS_AFTER_MS:
            bursts.append([])
    return [_with_errors(burst) for burst in bursts if len(burst) >= N_LEAST_KEYSTROKES]


def _key_of(edits: Sequence[tuple[int, int, str]]) -> bool | None:
    """Returns whether an edit is one keystroke that deletes (True) or types (False); None where it is no keystroke."""
    if len(edits) != 1:
        return None
    start, end, text = edits[0]
    if start == end and (len(text) == 1 or text in _AUTO_CLOSED):
        return False
    return True if end - start == 1 and not text else None


def _with_errors(burst: Sequence[tuple[bool, float]]) -> list[Key]:
    """Finds the characters that are deleted again; a deletion of what stood before the burst is left out."""
    typed: list[int] = []
    wrong: set[int] = set()
    unmatched: set[int] = set()
    for index, (is_delete, _) in enumerate(burst):
        if not is_delete:
            typed.append(index)
        elif typed:
            wrong.add(typed.pop())
        else:
            unmatched.add(index)
    return [
        Key(is_delete=is_delete, is_wrong=index in wrong, pause_ms=min(pause_ms, LONGEST_PAUSE_MS))
        for index, (is_delete, pause_ms) in enumerate(burst)
        if index not in unmatched
    ]


def choose_place(sources: Sequence[Path], chance: random.Random) -> Place:
    """Returns a place in a code line of one of the files."""
    while True:
        try:
            text = chance.choice(sources).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        lines = split_lines(text)
        number = chance.randrange(len(lines))
        code = re.match(r"\s*(?=[^\s#\"'])", lines[number])
        if code is None or not text.isascii() or "\r" in text or len(lines) - number < 10:
            continue
        offset = sum(map(len, lines[:number])) + code.end()
        after = text[offset:]
        words = [piece.start() for piece in _PIECE.finditer(after[:2000]) if piece.group().strip()]
        wrong = frozenset(start for start in words if chance.random() > RIGHT_WORDS)
        return Place(before=text[:offset], after=after, wrong_words=wrong)


class _Typist:
    """Types one burst as the extension passes it on, and keeps what came after each keystroke."""

    def __init__(self, client: LanguageClient, endpoint: ScriptedEndpoint, uri: str) -> None:
        self._client = client
        self._endpoint = endpoint
        self._uri = uri
        self._version = 1
        self._live = ""
        self._in_flight: int | None = None

    def type(self, place: Place, keys: Sequence[Key]) -> list[Seen]:
        chars = list(_chars(place, keys))
        n_right = sum(len(char) for char, key in zip(chars, keys, strict=True) if not key.is_wrong)
        end = place.after.find("\n", n_right)
        rest = place.after[end:] if end >= 0 else ""
        self._endpoint.answer = place.answer
        document = {"uri": self._uri, "languageId": "python", "version": 1, "text": place.before + rest}
        self._client.notify("textDocument/didOpen", {"textDocument": document})
        typed = ""
        seen: list[Seen] = []
        due_at_s = time.perf_counter()
        for char, key in zip(chars, keys, strict=True):
            due_at_s += key.pause_ms / 1000
            typed = typed[:-1] if key.is_delete else typed + char
            seen.append(self._press(place.before + typed, char, key.pause_ms, due_at_s))
        self._cancel()
        self._client.notify("textDocument/didClose", {"textDocument": {"uri": self._uri}})
        return seen

    def _press(self, before: str, char: str, pause_ms: float, due_at_s: float) -> Seen:
        """Passes one keystroke on, and waits until the next one is due."""
        endpoint, seen = self._endpoint, Seen(pause_ms=pause_ms)
        n_requests, n_cancelled = endpoint.n_requests, endpoint.n_cancelled
        pressed_at_s = time.perf_counter()
        self._cancel()
        self._edit(before, char)
        if char and self._live.startswith(char) and len(self._live) > len(char):
            self._live = self._live[len(char) :]
            seen.text_after_ms = 0.0
        else:
            self._live = ""
            if _sleep_until(pressed_at_s + OWN_DEBOUNCE_MS / 1000, due_at_s):
                answer = self._ask(before)
                text = _text_of(_wait(answer, due_at_s))
                if text:
                    self._live = text
                    seen.text_after_ms = (time.perf_counter() - pressed_at_s) * 1000
                    seen.n_requests = endpoint.n_requests - n_requests
        _sleep_until(due_at_s, due_at_s)
        seen.n_requests_in_all = endpoint.n_requests - n_requests
        seen.n_cancelled = endpoint.n_cancelled - n_cancelled
        return seen

    def _edit(self, before: str, char: str) -> None:
        """Tells the server of the keystroke whose result stands before the cursor."""
        self._version += 1
        end = _position(before)
        if char:
            old = _position(before[: -len(char)])
            change = {"range": {"start": old, "end": old}, "text": char}
        else:
            change = {"range": {"start": end, "end": {**end, "character": end["character"] + 1}}, "text": ""}
        document = {"uri": self._uri, "version": self._version}
        self._client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    def _ask(self, before: str) -> Future[Any]:
        params = {
            "textDocument": {"uri": self._uri},
            "position": _position(before),
            "context": {"triggerKind": 2},
        }
        self._in_flight, answer = self._client.start("textDocument/inlineCompletion", params)
        return answer

    def _cancel(self) -> None:
        if self._in_flight is not None:
            self._client.notify("$/cancelRequest", {"id": self._in_flight})
            self._in_flight = None


def _chars(place: Place, keys: Sequence[Key]) -> Iterator[str]:
    """Yields what each keystroke types; empty for a deletion. The editor indents a new line by itself."""
    n_right = 0
    for key in keys:
        if key.is_delete:
            yield ""
        elif key.is_wrong:
            yield _WRONG
        else:
            line_break = _LINE_BREAK.match(place.after, n_right)
            char = line_break.group() if line_break else place.after[n_right]
            n_right += len(char)
            yield char


def _position(before: str) -> dict[str, int]:
    start = line_start(before, len(before))
    return {"line": before.count("\n"), "character": len(before) - start}


def _sleep_until(at_s: float, due_at_s: float) -> bool:
    """Returns whether the moment was reached before the next keystroke was due."""
    time.sleep(max(0.0, min(at_s, due_at_s) - time.perf_counter()))
    return at_s < due_at_s


def _wait(answer: Future[Any], due_at_s: float) -> Any:
    """Returns the answer, or None where it did not come before the next keystroke was due."""
    has_come = threading.Event()
    answer.add_done_callback(lambda _: has_come.set())
    if not has_come.wait(max(0.0, due_at_s - time.perf_counter())):
        return None
    return answer.result()


def _text_of(answer: Any) -> str:
    items = answer["items"] if isinstance(answer, dict) else answer
    return str(items[0]["insertText"]) if items else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingResult:
    """What was seen with one latency, by burst."""

    latency_ms: int
    seen: list[list[Seen]] = field(default_factory=list)

    def metrics(self, seed: int) -> dict[str, Metric]:
        """Returns the figures, each with the latency in its name."""

        def of(statistic: Callable[[Sequence[Seen]], float]) -> Metric:
            return bootstrap(self.seen, statistic, seed)

        figures = {
            "requests_per_100": of(lambda all_: 100 * _mean([each.n_requests_in_all for each in all_])),
            "cancelled": of(lambda all_: _ratio([each.n_cancelled for each in all_], _requests(all_))),
            "unused": of(lambda all_: _ratio([each.n_unused for each in all_], _requests(all_))),
            "without_request": of(lambda all_: _mean([each.n_requests == 0 for each in all_ if _has_text(each)])),
            "text_at_pauses": of(lambda all_: _mean([_has_text(each) for each in all_ if self._is_pause(each)])),
        }
        for debounce_ms in PLAIN_DEBOUNCES_MS:
            plain = f"debounce_{debounce_ms}"
            asked = partial(self._plain_requests, debounce_ms)
            figures[f"{plain}_requests_per_100"] = of(partial(_plain_per_100, asked))
            figures[f"{plain}_cancelled"] = of(partial(_plain_cancelled, asked, debounce_ms + self.latency_ms))
            figures[f"{plain}_text_ms"] = exact(debounce_ms + self.latency_ms)
        figures["ratio_requests_to_debounce_75"] = of(
            lambda all_: _ratio(_requests(all_), [1.0 for _ in self._plain_requests(PLAIN_DEBOUNCES_MS[0], all_)])
        )
        for share in (0.50, 0.95):
            figures[f"text_ms_p{round(share * 100)}"] = of(partial(self._text_ms, share))
        return {f"{self.latency_ms}ms_{name}": figure for name, figure in figures.items()}

    def _is_pause(self, seen: Seen) -> bool:
        return seen.pause_ms > PLAIN_DEBOUNCES_MS[0] + self.latency_ms

    def _plain_requests(self, debounce_ms: int, all_: Sequence[Seen]) -> list[Seen]:
        return [each for each in all_ if each.pause_ms > debounce_ms]

    def _text_ms(self, share: float, all_: Sequence[Seen]) -> float:
        times = [each.text_after_ms for each in all_ if each.text_after_ms is not None and self._is_pause(each)]
        return percentile(times, share) if times else float("nan")


def _plain_per_100(asked: Callable[[Sequence[Seen]], list[Seen]], all_: Sequence[Seen]) -> float:
    return _ratio([100.0 * len(asked(all_))], [float(len(all_))])


def _plain_cancelled(asked: Callable[[Sequence[Seen]], list[Seen]], due_ms: int, all_: Sequence[Seen]) -> float:
    return _mean([each.pause_ms <= due_ms for each in asked(all_)])


def _requests(all_: Sequence[Seen]) -> list[float]:
    return [float(each.n_requests_in_all) for each in all_]


def _has_text(seen: Seen) -> bool:
    return seen.text_after_ms is not None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def _ratio(above: Sequence[float], below: Sequence[float]) -> float:
    return sum(above) / sum(below) if sum(below) else float("nan")


def run(options: TypingOptions, json_file: Path | None) -> int:
    """Measures, prints and writes; returns the exit code."""
    if not options.recording.is_file():
        print(f"not measured: there is no recording at {options.recording}; --recording names another")
        return EXIT_NO_DATA
    bursts = read_bursts(options.recording)
    chance = random.Random(options.seed)  # noqa: S311 - a sample, not a secret
    drawn = chance.sample(bursts, min(options.n_bursts, len(bursts)))
    sources = [
        path
        for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
        if path.stat().st_size < _MAX_FILE_BYTES
    ]
    script = [(choose_place(sources, chance), keys) for keys in drawn]
    metrics: dict[str, Metric] = {}
    for latency_ms in options.latencies_ms:
        with tempfile.TemporaryDirectory(prefix="inkling-bench-") as scratch:
            metrics |= _measure(script, latency_ms, Path(scratch)).metrics(options.seed)
    n_keys = sum(len(keys) for _, keys in script)
    protocol = PROTOCOL.format(
        n_bursts=len(drawn),
        n_keys=n_keys,
        n_all=len(bursts),
        least=N_LEAST_KEYSTROKES,
        ends=BURST_ENDS_AFTER_MS // 1000,
        longest=LONGEST_PAUSE_MS // 1000,
        own=OWN_DEBOUNCE_MS,
        right=RIGHT_WORDS,
        plain=PLAIN_DEBOUNCES_MS[0],
    )
    publish(Report(bench="typing", seed=options.seed, protocol=protocol, n=n_keys, metrics=metrics), json_file)
    return 0


def _measure(script: Sequence[tuple[Place, list[Key]]], latency_ms: int, scratch: Path) -> TypingResult:
    workspace = scratch / "workspace"
    workspace.mkdir()
    result = TypingResult(latency_ms=latency_ms)
    own = {"INKLING_DATA_DIR": str(scratch / "data"), "INKLING_CACHE_DIR": str(scratch / "cache")}
    with ScriptedEndpoint(latency_ms / 1000, lambda _: "") as endpoint:
        settings = {
            "gate": {"policy": "threshold", "threshold": 0},
            "index": {"includeEnvironment": False, "maxFiles": 0},
            "model": {"baseUrl": endpoint.base_url, "completionModel": "scripted", "fimTemplate": "suffix"},
        }
        command = [sys.executable, "-m", "inkling.app.cli", "serve"]
        with LanguageClient(command, own, scratch / "inkling.log", settings) as client:
            client.initialize(workspace)
            _warm_up(client, endpoint, workspace)
            for number, (place, keys) in enumerate(script):
                typist = _Typist(client, endpoint, (workspace / f"file_{number}.py").as_uri())
                result.seen.append(typist.type(place, keys))
                mark_unused(result.seen[-1])
    return result


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
        params = {"textDocument": {"uri": uri}, "position": _position(before), "context": {"triggerKind": 2}}
        client.request("textDocument/inlineCompletion", params)
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        if is_asked.is_set():
            return
        if time.perf_counter() - started_at_s > CONNECTS_WITHIN_S:
            raise TimeoutError("the daemon never asked the scripted endpoint")
        time.sleep(0.1)
