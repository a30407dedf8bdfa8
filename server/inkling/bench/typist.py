"""Typists for `inkling bench typing`: one passes its keys on as the extension does, others debounce plainly."""

import contextlib
import http.client
import json
import queue
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from inkling.bench.client import LanguageClient
from inkling.bench.scripted_endpoint import ScriptedEndpoint
from inkling.bench.typed_text import Key, Place, typed_chars
from inkling.core.text import line_start

OWN_MODEL = "inkling"
OWN_DEBOUNCE_S = 0.04  # inkling.completion.debounceMs
SHOWN_AFTER_S = 0.75  # as in the extension; see ARCHITECTURE.md, Outcomes
_NEAR_CHARS = 2000  # of the text before and after the cursor that a plain client sends
_LINE_TOKENS = 64


@dataclass(slots=True, kw_only=True)
class Seen:
    """What came after one keystroke.

    Attributes:
        pause_ms: Until the next one.
        text_after_ms: When a text was on display; None where there was none before the next keystroke.
        model_after_ms: The same for a text of the model's; the one on display may have become longer by it.
        n_requests: Requests that reached the endpoint before the first text, or else before the next keystroke.
        n_requests_in_all: Requests that reached the endpoint before the next keystroke.
        n_cancelled: Requests whose client left before the next keystroke.
        n_unused: Requests of this keystroke of which nothing was on display before the next request was made.
        texts: Ids of the suggestions that were on display, and when they were, in milliseconds.
    """

    pause_ms: float
    text_after_ms: float | None = None
    model_after_ms: float | None = None
    n_requests: int = 0
    n_requests_in_all: int = 0
    n_cancelled: int = 0
    n_unused: int = 0
    texts: list[tuple[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What is typed in one go.

    Attributes:
        place: Where.
        keys: The keystrokes.
        chars: What each of them types; empty for a deletion.
    """

    place: Place
    keys: Sequence[Key]
    chars: Sequence[str]

    @classmethod
    def at(cls, place: Place, keys: Sequence[Key]) -> "Burst":
        """Returns what the keys type at a place."""
        return cls(place=place, keys=keys, chars=list(typed_chars(place, keys)))

    @property
    def below(self) -> str:
        """Returns what stands below the line that the last keystroke leaves."""
        n_right = sum(len(char) for char, key in zip(self.chars, self.keys, strict=True) if not key.is_wrong)
        end = self.place.after.find("\n", n_right)
        return self.place.after[end:] if end >= 0 else ""


@dataclass(slots=True, kw_only=True)
class _Live:
    """The suggestion on display: its id, what is left of it, since when, and whether that was reported."""

    id: str
    text: str
    since_s: float
    was_reported: bool = False


class Typist:
    """Types bursts as the extension passes them on, and keeps what came after each keystroke."""

    def __init__(self, client: LanguageClient, endpoint: ScriptedEndpoint) -> None:
        self._client = client
        self._endpoint = endpoint
        self._uri = ""
        self._version = 1
        self._live: _Live | None = None
        self._in_flight: int | None = None
        self._events: queue.Queue[tuple[str, int, Any]] = queue.Queue()
        client.listen("inkling/suggestionsReady", self._hear_ready)

    def type(self, burst: Burst, uri: str, start_at_s: float) -> list[Seen]:
        """Types a burst into a document of its own; the first key is pressed at a moment of `time.perf_counter`."""
        self._uri, self._version, self._live = uri, 1, None
        before = burst.place.before
        document = {"uri": uri, "languageId": "python", "version": 1, "text": before + burst.below}
        self._client.notify("textDocument/didOpen", {"textDocument": document})
        seen: list[Seen] = []
        due_at_s = start_at_s
        typed = ""
        for char, key in zip(burst.chars, burst.keys, strict=True):
            _sleep_until(due_at_s)
            due_at_s += key.pause_ms / 1000
            typed = typed[:-1] if key.is_delete else typed + char
            seen.append(self._press(before + typed, char, key.pause_ms, due_at_s))
        self._cancel()
        self._client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        return seen

    def _press(self, before: str, char: str, pause_ms: float, due_at_s: float) -> Seen:
        """Passes one keystroke on, and follows what comes of it until the next one is due."""
        endpoint, seen = self._endpoint, Seen(pause_ms=pause_ms)
        n_requests, n_cancelled = endpoint.n_requests[OWN_MODEL], endpoint.n_cancelled[OWN_MODEL]
        pressed_at_s = time.perf_counter()
        self._cancel()
        self._edit(before, char)
        live = self._live
        if live is not None and char and live.text.startswith(char) and len(live.text) > len(char):
            live.text = live.text[len(char) :]
            self._show(live, seen, pressed_at_s, n_requests)
        else:
            self._live = None
            ask_at_s = pressed_at_s + OWN_DEBOUNCE_S
            if ask_at_s < due_at_s:
                _sleep_until(ask_at_s)
                self._ask(before)
        while (event := self._next_event(due_at_s)) is not None:
            kind, version, content = event
            if version != self._version:
                continue
            if kind == "ready":
                self._ask(before)
            elif content is not None and (self._live is None or content.text.startswith(self._live.text)):
                is_new = self._live is None or content.id != self._live.id
                self._live = content
                if is_new:
                    self._show(content, seen, pressed_at_s, n_requests)
        seen.n_requests_in_all = endpoint.n_requests[OWN_MODEL] - n_requests
        seen.n_cancelled = endpoint.n_cancelled[OWN_MODEL] - n_cancelled
        return seen

    def _show(self, live: _Live, seen: Seen, pressed_at_s: float, n_requests_before: int) -> None:
        after_ms = (time.perf_counter() - pressed_at_s) * 1000 if live.since_s > pressed_at_s else 0.0
        seen.texts.append((live.id, after_ms))
        if seen.text_after_ms is None:
            seen.text_after_ms = after_ms
            seen.n_requests = self._endpoint.n_requests[OWN_MODEL] - n_requests_before

    def _next_event(self, due_at_s: float) -> tuple[str, int, Any] | None:
        """Returns what comes next, or None when the next key is due; meanwhile reports what was in sight for long."""
        while True:
            now_s, live = time.perf_counter(), self._live
            is_to_report = live is not None and not live.was_reported
            report_at_s = live.since_s + SHOWN_AFTER_S if live is not None and is_to_report else due_at_s
            if live is not None and is_to_report and now_s >= report_at_s:
                live.was_reported = True
                self._report_shown(live)
                continue
            until_s = min(due_at_s, report_at_s)
            with contextlib.suppress(queue.Empty):
                return self._events.get(timeout=max(0.0, until_s - now_s))
            if until_s == due_at_s:
                return None

    def _report_shown(self, live: _Live) -> None:
        outcome = {
            "eventId": uuid.uuid4().hex,
            "suggestionId": live.id,
            "kind": "shown",
            "atMs": time.time_ns() // 1_000_000,
            "visibleMs": SHOWN_AFTER_S * 1000,
        }
        self._client.start("inkling/recordOutcomes", {"outcomes": [outcome]})

    def _hear_ready(self, params: Any) -> None:
        if params["uri"] == self._uri:
            self._events.put(("ready", params["version"], None))

    def _edit(self, before: str, char: str) -> None:
        """Tells the server of the keystroke whose result stands before the cursor."""
        self._version += 1
        end = position(before)
        if char:
            old = position(before[: -len(char)])
            change = {"range": {"start": old, "end": old}, "text": char}
        else:
            change = {"range": {"start": end, "end": {**end, "character": end["character"] + 1}}, "text": ""}
        document = {"uri": self._uri, "version": self._version}
        self._client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    def _ask(self, before: str) -> None:
        params = {"textDocument": {"uri": self._uri}, "position": position(before), "context": {"triggerKind": 2}}
        version = self._version

        def take(answer: Future[Any]) -> None:
            if answer.exception() is None:
                self._events.put(("answer", version, _live_of(answer.result())))

        self._in_flight, answer = self._client.start("textDocument/inlineCompletion", params)
        answer.add_done_callback(take)

    def _cancel(self) -> None:
        if self._in_flight is not None:
            self._client.notify("$/cancelRequest", {"id": self._in_flight})
            self._in_flight = None


class PlainTypist(threading.Thread):
    """Types a burst with nothing but a pause before each request, which the next key cancels.

    Attributes:
        seen: What came after each keystroke.
    """

    def __init__(self, endpoint: ScriptedEndpoint, debounce_ms: int, burst: Burst, start_at_s: float) -> None:
        super().__init__(name=f"debounce-{debounce_ms}", daemon=True)
        self.seen: list[Seen] = []
        self._endpoint = endpoint
        self._debounce_s = debounce_ms / 1000
        self._model = self.name
        self._burst = burst
        self._start_at_s = start_at_s

    def run(self) -> None:
        """Types the burst."""
        burst, due_at_s, typed = self._burst, self._start_at_s, ""
        for char, key in zip(burst.chars, burst.keys, strict=True):
            _sleep_until(due_at_s)
            due_at_s += key.pause_ms / 1000
            typed = typed[:-1] if key.is_delete else typed + char
            self.seen.append(self._press(burst.place.before + typed, burst.below, key.pause_ms, due_at_s))

    def _press(self, before: str, after: str, pause_ms: float, due_at_s: float) -> Seen:
        seen, pressed_at_s = Seen(pause_ms=pause_ms), time.perf_counter()
        if pressed_at_s + self._debounce_s < due_at_s:
            _sleep_until(pressed_at_s + self._debounce_s)
            seen.n_requests_in_all = 1
            text = self._ask(before, after, due_at_s)
            seen.n_cancelled = int(text is None)
            seen.n_unused = int(not text)
            if text:
                seen.n_requests = 1
                seen.text_after_ms = seen.model_after_ms = (time.perf_counter() - pressed_at_s) * 1000
        return seen

    def _ask(self, before: str, after: str, due_at_s: float) -> str | None:
        """Returns the endpoint's text; None where the next key is due before it is there."""
        address = urlsplit(self._endpoint.base_url)
        body = {
            "model": self._model,
            "prompt": before[-_NEAR_CHARS:],
            "suffix": after[:_NEAR_CHARS],
            "stop": ["\n"],
            "max_tokens": _LINE_TOKENS,
        }
        left_s = max(0.001, due_at_s - time.perf_counter())
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=left_s)
        with contextlib.closing(connection):
            try:
                connection.request("POST", f"{address.path}/completions", json.dumps(body))
                connection.sock.settimeout(max(0.001, due_at_s - time.perf_counter()))
                answer = json.loads(connection.getresponse().read())
            except TimeoutError:
                return None
        return str(answer["choices"][0]["text"])


def position(before: str) -> dict[str, int]:
    """Returns the position behind a text, as the protocol has it; the text is ASCII."""
    start = line_start(before, len(before))
    return {"line": before.count("\n"), "character": len(before) - start}


def _live_of(answer: Any) -> _Live | None:
    items = answer["items"] if isinstance(answer, dict) else answer
    if not items:
        return None
    item = items[0]
    return _Live(id=item["command"]["arguments"][0], text=str(item["insertText"]), since_s=time.perf_counter())


def _sleep_until(at_s: float) -> None:
    time.sleep(max(0.0, at_s - time.perf_counter()))
