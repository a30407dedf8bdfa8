"""`inkling doctor`: what is found, what is missing, and how to fix it."""

import asyncio
import contextlib
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from inkling.app.endpoint_client import opened_client
from inkling.app.endpoint_source import find_model_settings
from inkling.app.excluded_files import find_excluded
from inkling.app.learning import load_own_model
from inkling.app.places import Places
from inkling.app.spending import spent_in_sum
from inkling.app.wiring import forgetful_log, running_services
from inkling.core.errors import InklingError, ModelError, StoreError, UserError
from inkling.core.next_edit import EditQuestion, LineChange
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings, SandboxSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Source
from inkling.engine.language.compiled import CoreInUse, in_use
from inkling.llm.accounting import today
from inkling.llm.client import ModelClient
from inkling.llm.endpoint import MODEL_SETTINGS, Endpoint
from inkling.llm.faults import warning
from inkling.llm.text_model import Capabilities, ChatMessage, ChatRequest, Purpose
from inkling.sandbox.choice import examine_backends
from inkling.telemetry.store import EventStore

State = Literal["ok", "optional", "missing"]

_PACKAGES = ("pygls", "lsprotocol", "jedi", "numpy", "openai", "sqlite-utils")
_START_WITHIN_S = 20.0
_INTERPRETER_WITHIN_S = 10.0
_ENDPOINT_FIX = (
    "change it in the editor's settings, or set INKLING_MODEL_BASE_URL, INKLING_MODEL and INKLING_API_KEY for the shell"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What.
        state: Whether it works; `optional` is absent and not needed for what Inkling does now.
        detail: What was found.
        fix: What to do about it; empty when there is nothing to do.
    """

    name: str
    state: State
    detail: str
    fix: str = ""


def examine(places: Places, interpreter: Path | None, settings_file: Path | None = None) -> list[Finding]:
    """Returns what was found, most basic things first.

    Args:
        places: Folders to look at.
        interpreter: A Python to look at, too.
        settings_file: The editor's settings that name a model's endpoint; None: they are looked for.
    """
    findings = [
        Finding(name="python", state="ok", detail=f"{platform.python_version()} at {sys.executable}"),
        _packages(),
        compiled_core(in_use),
        _store(places.data_dir),
        _folder("index cache", places.cache_dir),
        _model(places.data_dir),
        *asyncio.run(_workers(places)),
        _git(),
        *asyncio.run(model_endpoint(places.data_dir, os.environ, settings_file)),
        *excluded_files(os.environ, Path.cwd(), settings_file),
        *asyncio.run(sandboxes(SandboxSettings())),
    ]
    if interpreter is not None:
        findings.append(_interpreter(interpreter))
    return findings


def finding_lines(findings: list[Finding]) -> list[str]:
    """Returns the findings as lines for a terminal."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.state:8} {finding.name}: {finding.detail}")
        if finding.fix:
            lines.append(f"         fix: {finding.fix}")
    return lines


def _packages() -> Finding:
    found, absent = [], []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            absent.append(package)
    if absent:
        fix = f"{sys.executable} -m pip install inkling-ls"
        return Finding(name="packages", state="missing", detail=f"not installed: {', '.join(absent)}", fix=fix)
    return Finding(name="packages", state="ok", detail=", ".join(found))


def compiled_core(core: CoreInUse) -> Finding:
    """Returns which core the language model runs on, and why."""
    name = "completion core"
    if core.is_compiled:
        return Finding(name=name, state="ok", detail=f"compiled ({core.reason})")
    detail = f"Python and NumPy, with the same answers more slowly ({core.reason})"
    return Finding(name=name, state="optional", detail=detail)


def _store(data_dir: Path) -> Finding:
    async def open_and_close() -> list[str]:
        store = await EventStore.open(data_dir)
        notices = store.notices()
        await store.close()
        return notices

    try:
        notices = asyncio.run(open_and_close())
    except StoreError as error:
        fix = "make the folder writable and give it room, or set INKLING_DATA_DIR to another one"
        return Finding(name="event store", state="missing", detail=str(error), fix=fix)
    words = f"{data_dir} (SQLite {sqlite3.sqlite_version})"
    return Finding(name="event store", state="ok", detail="; ".join([words, *notices]))


def _folder(name: str, folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        fix = "make the folder writable, or set INKLING_CACHE_DIR to another one"
        return Finding(name=name, state="missing", detail=f"{folder}: {error.strerror}", fix=fix)
    size_mb = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20
    return Finding(name=name, state="ok", detail=f"{folder} ({size_mb:.1f} MB)")


def _model(data_dir: Path) -> Finding:
    try:
        own = load_own_model(data_dir)
    except InklingError as error:
        fix = f"{sys.executable} -m pip install --force-reinstall inkling-ls"
        return Finding(name="acceptance model", state="missing", detail=str(error), fix=fix)
    if own.notices:
        # A damaged model was set aside: nothing is left to be done about that.
        fix = "inkling model reset" if "inkling model reset" in own.notices[0] else ""
        return Finding(name="acceptance model", state="missing" if fix else "ok", detail=own.notices[0], fix=fix)
    n_events = own.model.state.n_events
    detail = f"learned from {n_events} of your suggestions" if n_events else "the one that is shipped"
    return Finding(name="acceptance model", state="ok", detail=detail)


async def _workers(places: Places) -> list[Finding]:
    """Starts the workers and asks each of them something."""
    text = "import os\nos.path.\n"
    snapshot = Snapshot(uri=DocumentUri("untitled:doctor"), path=None, version=1, text=text)
    request = CompletionRequest(snapshot=snapshot, offset=len(text) - 1)
    candidate = Candidate(text="join", source=Source.EMBEDDED, mean_logprob=-1.0, n_tokens=1)
    change = LineChange(uri=snapshot.uri, first_line=1, removed=("os.",), inserted=("os.path.",))
    edit_question = EditQuestion(snapshot=snapshot, offset=request.offset, history=(change,))
    scope = WorkspaceScope(folders=(), interpreter=None, index=IndexSettings(include_environment=False))
    async with running_services(forgetful_log(), places) as services:
        ports = services.completion.ports
        for listener in services.listeners:
            listener.open_workspace(scope)
        probes: dict[str, Callable[[], Awaitable[object]]] = {
            "completion worker": lambda: ports.completers[0].complete(request),
            "syntax worker": lambda: ports.syntax.check(request, candidate),
            "analysis worker": lambda: services.popup.complete(request),
            "next-edit worker": lambda: services.next_edits.embedded.predict(edit_question),
        }
        findings = []
        for name, probe in probes.items():
            detail = "did not start"
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_START_WITHIN_S):
                    while True:
                        try:
                            await probe()
                            detail = ""
                            break
                        except InklingError as error:
                            detail = str(error)
                            await asyncio.sleep(0.05)
            if detail:
                fix = "run `inkling --log-level debug doctor`, which shows what the worker prints"
                findings.append(Finding(name=name, state="missing", detail=detail, fix=fix))
            else:
                findings.append(Finding(name=name, state="ok", detail="starts and answers"))
        return findings


async def model_endpoint(
    data_dir: Path, environment: Mapping[str, str], settings_file: Path | None = None
) -> list[Finding]:
    """Returns what the endpoint can do that the environment or the editor's settings name, and what was spent today."""
    name = "model endpoint"
    try:
        found = find_model_settings(environment, settings_file)
        endpoint = found.endpoint()
    except UserError as error:
        return [Finding(name=name, state="missing", detail=str(error), fix=_ENDPOINT_FIX)]
    wrong = [Finding(name="model settings", state="missing", detail=words) for words in found.problems]
    if endpoint is None:
        detail = "none named by INKLING_MODEL_BASE_URL or an editor's settings: nothing leaves this machine"
        return [*wrong, Finding(name=name, state="optional", detail=detail)]
    try:
        async with opened_client(endpoint, data_dir) as (client, account):
            findings = await _asked(client, endpoint, found.origin)
            spent = [sums for sums in await account.days() if sums.day == today()]
    except ModelError as error:
        detail = f"{error} (from {found.origin})"
        return [*wrong, Finding(name=name, state="missing", detail=detail, fix=_ENDPOINT_FIX)]
    return [*wrong, *findings, Finding(name="model tokens today", state="ok", detail=spent_in_sum(spent))]


def excluded_files(environment: Mapping[str, str], folder: Path, settings_file: Path | None = None) -> list[Finding]:
    """Returns which files a shell in `folder` keeps from models; nothing where no settings exclude any."""
    name = "excluded files"
    try:
        patterns = find_excluded(environment, folder, settings_file)
    except UserError as error:
        return [Finding(name=name, state="missing", detail=str(error))]
    detail = f"{', '.join(patterns)} (never read or sent)"
    return [Finding(name=name, state="ok", detail=detail)] if patterns else []


async def _asked(client: ModelClient, endpoint: Endpoint, origin: str) -> list[Finding]:
    """Asks what the endpoint can do, and each model whether it is there.

    Raises:
        ModelError: There is no endpoint, or no model for completions.
    """
    capabilities = await client.probe()
    where = Finding(name="model endpoint", state="ok", detail=f"{endpoint.host} (from {origin})", fix=warning(endpoint))
    findings = [where]
    for purpose, setting in MODEL_SETTINGS.items():
        model = endpoint.models.get(purpose)
        name = f"{purpose} model"
        if model is None:
            findings.append(Finding(name=name, state="optional", detail=f"none named by {setting}"))
        elif purpose is Purpose.COMPLETION:
            findings.append(Finding(name=name, state="ok", detail=f"{model}: {_in_words(capabilities)}"))
        else:
            findings.append(await _chat_model(client, purpose, model))
    return findings


async def _chat_model(client: ModelClient, purpose: Purpose, model: str) -> Finding:
    """Asks a model for one token of a chat."""
    request = ChatRequest(messages=(ChatMessage(role="user", content="Hello"),), max_tokens=1)
    try:
        async with contextlib.aclosing(client.chat(request, purpose)) as chunks:
            async for _ in chunks:
                pass
    except ModelError as error:
        return Finding(name=f"{purpose} model", state="optional", detail=f"{model} does not answer", fix=str(error))
    return Finding(name=f"{purpose} model", state="ok", detail=f"{model} answers")


async def sandboxes(settings: SandboxSettings) -> list[Finding]:
    """Returns for each kind of sandbox whether it ran a program; one of them is enough."""
    states = await examine_backends(settings)
    findings = []
    for state in states:
        name = f"sandbox: {state.backend}"
        if not state.problem:
            findings.append(Finding(name=name, state="ok", detail="runs a program"))
            continue
        problem, _, fix = state.problem.partition("; ")
        is_needed = all(other.problem for other in states)
        findings.append(Finding(name=name, state="missing" if is_needed else "optional", detail=problem, fix=fix))
    return findings


def _in_words(capabilities: Capabilities) -> str:
    if not capabilities.has_completions:
        ways = ["chat only, without fill-in-the-middle"]
    elif capabilities.has_suffix:
        ways = ["completions", "fills in the middle by itself"]
    else:
        ways = ["completions", "fills in the middle by the model's template"]
    return ", ".join([*ways, "log-probabilities" if capabilities.has_logprobs else "no log-probabilities"])


def _git() -> Finding:
    found = shutil.which("git")
    if found is None:
        return Finding(name="git", state="optional", detail="not on the PATH", fix="install git")
    return Finding(name="git", state="ok", detail=found)


def _interpreter(interpreter: Path) -> Finding:
    try:
        answer = subprocess.run(  # noqa: S603 - the user named this interpreter on the command line
            [interpreter, "-I", "-c", "import sys; print(sys.version.split()[0])"],
            capture_output=True,
            text=True,
            timeout=_INTERPRETER_WITHIN_S,
            check=True,
            cwd=Path(sys.executable).anchor,
        )
    except (OSError, subprocess.SubprocessError) as error:
        fix = "give the path of a Python interpreter, such as .venv/bin/python"
        return Finding(name="interpreter", state="missing", detail=f"{interpreter}: {error}", fix=fix)
    return Finding(name="interpreter", state="ok", detail=f"{interpreter} ({answer.stdout.strip()})")
