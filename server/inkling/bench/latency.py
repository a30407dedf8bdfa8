"""`inkling bench latency`: typing into the real server, beside jedi-language-server at the same places."""

import random
import re
import shutil
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from inkling.bench.client import LanguageClient
from inkling.bench.memory import memory_mb
from inkling.bench.report import EXIT_NO_DATA, Metric, Report, bootstrap, exact, percentile, publish
from inkling.core.text import split_lines

N_TYPED_CHARS = 5  # keystrokes at one place, each followed by a request
READY_WITHIN_S = 300.0
_MAX_FILE_BYTES = 100_000  # larger files are rare in a workspace; see the editor's own limits

PROTOCOL = """A workspace of {n_files} Python files from the installed packages and the standard library, chosen by
the seed; the packages of the running interpreter are indexed, too, with the default limits. At {n_places} places (a
code line cut at a random column after its indentation, all else there) {n_typed} characters are typed one by one;
after each the server is asked for an inline completion and the time to its answer taken, at the client, over stdio. The
same keystrokes go to jedi-language-server, asked for ordinary completions, place by place in turn. Intervals: 95%,
bootstrap by place. loop_held_ms_max: longest single callback of the daemon's event loop by the clock, start-up and
indexing included; loop_held_cpu_ms_max: the same in CPU time, without what the machine did besides. memory_mb:
resident memory of all processes of the server at the end, summed (pages that they share count each time);
memory_pss_mb: the same with shared pages divided among their users."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyOptions:
    """What to measure.

    Attributes:
        seed: Chooses files and places.
        n_files: Files of the workspace.
        n_requests: Requests in all, five to a place.
    """

    seed: int
    n_files: int
    n_requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is typed.

    Attributes:
        path: The file.
        before: Its text with the end of one line missing.
        line: That line, zero-based.
        column: Where typing starts, in UTF-16 units.
        typed: What is typed.
    """

    path: Path
    before: str
    line: int
    column: int
    typed: str


class _Typist:
    """Types at places in one server and keeps the times to the answers."""

    def __init__(self, client: LanguageClient, method: str) -> None:
        self.latencies_ms: list[list[float]] = []
        self._client = client
        self._method = method

    def type_at(self, place: Place) -> None:
        uri = place.path.as_uri()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": place.before}
        self._client.notify("textDocument/didOpen", {"textDocument": document})
        latencies_ms = []
        for index, char in enumerate(place.typed):
            at = {"line": place.line, "character": place.column + index}
            change = {"range": {"start": at, "end": at}, "text": char}
            self._client.notify(
                "textDocument/didChange",
                {"textDocument": {"uri": uri, "version": index + 2}, "contentChanges": [change]},
            )
            params = {
                "textDocument": {"uri": uri},
                "position": {"line": place.line, "character": place.column + index + 1},
                "context": {"triggerKind": 2 if "inline" in self._method else 1},
            }
            started_at_s = time.perf_counter()
            self._client.request(self._method, params)
            latencies_ms.append((time.perf_counter() - started_at_s) * 1000)
        self._client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        self.latencies_ms.append(latencies_ms)


def run(options: LatencyOptions, json_file: Path | None) -> int:
    """Measures, prints and writes; returns the exit code."""
    absent = [name for name in ("psutil", "jedi_language_server") if find_spec(name) is None]
    if absent:
        print(f"not measured: {', '.join(absent)} not installed; pip install 'inkling-ls[bench]'")
        return EXIT_NO_DATA
    with tempfile.TemporaryDirectory(prefix="inkling-bench-") as scratch:
        report = _measure(options, Path(scratch))
    publish(report, json_file)
    return 0


def _measure(options: LatencyOptions, scratch: Path) -> Report:
    chance = random.Random(options.seed)  # noqa: S311 - a sample, not a secret
    workspace = scratch / "workspace"
    files = _make_workspace(workspace, options.n_files, chance)
    places = _choose_places(files, options.n_requests // N_TYPED_CHARS, chance)
    inkling = [sys.executable, "-m", "inkling.app.cli", "serve", "--measure-loop"]
    own = {"INKLING_DATA_DIR": str(scratch / "data"), "INKLING_CACHE_DIR": str(scratch / "cache")}
    settings = {"interpreter": sys.executable}
    jedi = [sys.executable, "-c", "from jedi_language_server.cli import cli; cli()"]
    with (
        LanguageClient(inkling, own, scratch / "inkling.log", settings) as ours,
        LanguageClient(jedi, {}, scratch / "jedi.log") as theirs,
    ):
        ours.initialize(workspace)
        theirs.initialize(workspace)
        index_s = _wait_until_ready(ours)
        typist = _Typist(ours, "textDocument/inlineCompletion")
        other = _Typist(theirs, "textDocument/completion")
        for place in places:
            typist.type_at(place)
            other.type_at(place)
        diagnostics = ours.request("inkling/diagnostics", None)
        resident, proportional = memory_mb(ours.process_id)
        their_resident, _ = memory_mb(theirs.process_id)
        metrics = {
            **_latency_metrics("request_ms", typist.latencies_ms, options.seed),
            "loop_held_ms_max": exact(diagnostics["loopHeldMsMax"]),
            "loop_held_cpu_ms_max": exact(diagnostics["loopHeldCpuMsMax"]),
            "memory_mb": exact(resident),
            "memory_pss_mb": exact(proportional),
            "index_s": exact(index_s),
            **_latency_metrics("jedi_language_server_ms", other.latencies_ms, options.seed),
            "jedi_language_server_memory_mb": exact(their_resident),
            "ratio_p95_to_jedi_language_server": _ratio(typist.latencies_ms, other.latencies_ms, options.seed),
        }
    protocol = PROTOCOL.format(n_files=len(files), n_places=len(places), n_typed=N_TYPED_CHARS)
    return Report(
        bench="latency",
        seed=options.seed,
        protocol=protocol,
        n=sum(len(row) for row in typist.latencies_ms),
        metrics=metrics,
    )


def _make_workspace(workspace: Path, n_files: int, chance: random.Random) -> list[Path]:
    """Copies files with their folders, so that their imports among each other hold."""
    sources = [
        (root, path)
        for root in {Path(sysconfig.get_path(name)) for name in ("purelib", "stdlib")}
        for path in sorted(root.rglob("*.py"))
        if 500 < path.stat().st_size < _MAX_FILE_BYTES and "site-packages" not in path.relative_to(root).parts
    ]
    copied = []
    for root, path in chance.sample(sources, min(n_files, len(sources))):
        target = workspace / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        copied.append(target)
    return copied


def _choose_places(files: list[Path], n_places: int, chance: random.Random) -> list[Place]:
    places: list[Place] = []
    while len(places) < n_places:
        path = chance.choice(files)
        try:
            lines = split_lines(path.read_bytes().decode())
        except UnicodeDecodeError:
            continue
        number = chance.randrange(len(lines))
        content = lines[number].rstrip("\r\n")
        code = re.match(r"\s*(?=[^\s#\"'])", content)
        if code is None or not content.isascii() or len(content) - code.end() <= N_TYPED_CHARS + 2:
            continue
        column = chance.randrange(code.end(), len(content) - N_TYPED_CHARS)
        line_break = lines[number][len(content) :]
        before = "".join([*lines[:number], content[:column] + line_break, *lines[number + 1 :]])
        typed = content[column : column + N_TYPED_CHARS]
        places.append(Place(path=path, before=before, line=number, column=column, typed=typed))
    return places


def _wait_until_ready(client: LanguageClient) -> float:
    """Returns the seconds until the index was ready, polled by request as an editor's status bar would."""
    started_at_s = time.perf_counter()
    while not client.request("inkling/diagnostics", None)["isIndexReady"]:
        waited_s = time.perf_counter() - started_at_s
        if waited_s > READY_WITHIN_S:
            raise TimeoutError("the index was not ready in time")
        time.sleep(0.05)
    return time.perf_counter() - started_at_s


def _latency_metrics(name: str, latencies_ms: list[list[float]], seed: int) -> dict[str, Metric]:
    return {
        f"{name}_p{round(share * 100)}": bootstrap(latencies_ms, partial(percentile, share=share), seed)
        for share in (0.50, 0.95, 0.99)
    }


def _ratio(ours: list[list[float]], theirs: list[list[float]], seed: int) -> Metric:
    """The ratio of the 95th percentiles, resampled by place with both servers' times kept together."""
    pairs = [[value for pair in zip(a, b, strict=True) for value in pair] for a, b in zip(ours, theirs, strict=True)]
    return bootstrap(pairs, lambda values: percentile(values[0::2], 0.95) / percentile(values[1::2], 0.95), seed)
