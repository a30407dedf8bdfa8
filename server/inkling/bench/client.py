"""A small language client for benchmarks: raw messages over stdio, so that its own work weighs little."""

import contextlib
import itertools
import json
import os
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ANSWER_WITHIN_S = 120.0


class LanguageClient:
    """Runs a server and talks to it; a context manager that leaves no process behind."""

    def __init__(
        self, command: list[str], environment: dict[str, str], log: Path, settings: dict[str, Any] | None = None
    ) -> None:
        """Starts the server.

        Args:
            command: The server's command line.
            settings: What it gets when it asks for its settings.
            environment: Set on top of this process's own.
            log: File that takes what the server writes to standard error.
        """
        self._log = log.open("wb")
        self._settings = settings
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **environment},
        )
        self._ids = itertools.count(1)
        self._waiting: dict[int, Future[Any]] = {}
        self._hear: dict[str, Callable[[Any], None]] = {}
        self._write_lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def process_id(self) -> int:
        """The server's process id."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None and kind is None:
            self.request("shutdown", None)
            self.notify("exit", None)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):  # of a server that was killed before it read everything
                    stream.close()

    def listen(self, method: str, hear: Callable[[Any], None]) -> None:
        """Hears a notification of the server from now on, on the thread that reads."""
        self._hear[method] = hear

    def initialize(self, folder: Path, options: dict[str, Any] | None = None) -> None:
        """Opens a workspace folder, as a client that answers what servers ask.

        Args:
            folder: The one folder.
            options: What the server is told of the client; None: nothing.
        """
        capabilities = {
            "workspace": {"configuration": True, "workspaceFolders": True},
            "window": {"workDoneProgress": False},
            "textDocument": {"inlineCompletion": {}, "completion": {"completionItem": {}}},
        }
        folders = [{"uri": folder.as_uri(), "name": folder.name}]
        self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": folder.as_uri(),
                "workspaceFolders": folders,
                "capabilities": capabilities,
                "initializationOptions": options,
            },
        )
        self.notify("initialized", {})

    def request(self, method: str, params: Any) -> Any:
        """Returns the answer to a request.

        Raises:
            RuntimeError: The server answered with an error.
            TimeoutError: It did not answer.
        """
        _, answer = self.start(method, params)
        return answer.result(timeout=ANSWER_WITHIN_S)

    def start(self, method: str, params: Any) -> tuple[int, Future[Any]]:
        """Sends a request; returns its id, with which it can be cancelled, and the answer to come."""
        call_id = next(self._ids)
        future: Future[Any] = Future()
        self._waiting[call_id] = future
        self._send({"jsonrpc": "2.0", "id": call_id, "method": method, "params": params})
        return call_id, future

    def notify(self, method: str, params: Any) -> None:
        """Sends a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        stdin = self._process.stdin
        if stdin is None:
            return
        with self._write_lock:
            stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            stdin.flush()

    def _read(self) -> None:
        stdout = self._process.stdout
        if stdout is None:
            return
        length = 0
        while line := stdout.readline():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            elif not line.strip():
                self._take(json.loads(stdout.read(length)))
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(RuntimeError("the server went away"))

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            hear = self._hear.get(message["method"])
            if hear is not None:
                hear(message.get("params"))
            if "id" in message:
                is_settings = message["method"] == "workspace/configuration"
                answer = {"jsonrpc": "2.0", "id": message["id"], "result": [self._settings] if is_settings else None}
                with contextlib.suppress(BrokenPipeError):  # it was killed since it asked
                    self._send(answer)
            return
        future = self._waiting.pop(message["id"])
        if "error" in message:
            future.set_exception(RuntimeError(str(message["error"])))
        else:
            future.set_result(message.get("result"))
