"""What is left behind: nothing after many requests, and nothing at all where no endpoint is configured."""

import asyncio
import gc
import json
import os
import random
import subprocess
import sys
import threading
from contextlib import aclosing
from pathlib import Path

import psutil
from tests.model_server.scripted import ModelServer, Received, Reply

from inkling.core.errors import ModelError
from inkling.llm.accounting import TokenAccount
from inkling.llm.client import ModelClient
from inkling.llm.endpoint import Endpoint
from inkling.llm.text_model import Purpose, TextRequest

N_REQUESTS = 1000
N_AT_ONCE = 20
_FAULTS = (
    Reply(status=500, headers=(("retry-after", "99"),)),
    Reply(status=400),
    Reply(fault="malformed"),
    Reply(fault="error event", fault_after=1),
    Reply(fault="cut"),
    Reply(raw=b"<html>", content_type="text/html"),
)


class RushingClock:
    """A clock on which every pause is over when it is looked at, so that each request goes through to the socket."""

    now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 1000.0
        return self.now_s


def _own_threads() -> list[str]:
    """The threads but for those of the event loop's own pool, which keeps as many as were once busy."""
    return sorted(thread.name for thread in threading.enumerate() if not thread.name.startswith("asyncio_"))


async def test_nothing_is_left_of_a_thousand_requests(model_server: ModelServer, tmp_path: Path) -> None:
    account = TokenAccount(tmp_path)
    await account.open()
    endpoint = Endpoint(base_url=model_server.base_url, models={Purpose.COMPLETION: "coder"}, timeout_s=60.0)
    first = ModelClient(endpoint, account)  # what is made once and kept is there before the count
    await first.probe()
    await first.close()
    process = psutil.Process()
    tasks_before = len(asyncio.all_tasks())
    before = (len(process.open_files()), process.num_fds() if os.name == "posix" else 0, _own_threads())
    n_by_end = dict.fromkeys(("answered", "failed", "cancelled"), 0)

    def script(received: Received) -> Reply:
        number = int(received.body["prompt"])
        if number % 3 == 0:
            return _FAULTS[number // 3 % len(_FAULTS)]
        if number % 3 == 1:
            return Reply(texts=("a b c d",), fault="stalls" if number % 2 else "no headers", fault_after=number % 4)
        return Reply(texts=("a b c d",))

    client = ModelClient(endpoint, account, now_s=RushingClock())
    await client.probe()
    model_server.script = script
    draw = random.Random(4)

    async def read(number: int, got_some: asyncio.Event) -> None:
        asked = TextRequest(prompt=str(number), max_tokens=8)
        async with aclosing(client.complete(asked, Purpose.COMPLETION)) as chunks:
            async for _ in chunks:
                got_some.set()

    async def user() -> None:
        while numbers:
            number = numbers.pop()
            got_some = asyncio.Event()
            task = asyncio.create_task(read(number, got_some))
            if number % 3 == 1:
                n_loops = draw.randrange(40)  # cancelled at any point: in the queue, connecting, waiting, reading
                for _ in range(n_loops):
                    await asyncio.sleep(0)
                task.cancel()
            try:
                await task
                n_by_end["answered"] += 1
            except asyncio.CancelledError:
                n_by_end["cancelled"] += 1
            except ModelError as error:
                if "asked again" in str(error):  # another request finds out whether a pause is over
                    numbers.insert(0, number)
                    await asyncio.sleep(0.001)
                else:
                    n_by_end["failed"] += 1

    numbers = list(range(N_REQUESTS))
    await asyncio.gather(*(user() for _ in range(N_AT_ONCE)))
    assert n_by_end == {"answered": 333, "failed": 334, "cancelled": 333}
    await client.close()
    async with asyncio.timeout(10):
        while model_server.n_connections or len(asyncio.all_tasks()) > tasks_before:
            await asyncio.sleep(0.01)
    gc.collect()
    after = (len(process.open_files()), process.num_fds() if os.name == "posix" else 0, _own_threads())
    assert after[0] <= before[0]
    assert after[1] <= before[1]
    assert after[2] == before[2]
    await account.close()


_WATCH = """
import sys
seen = []
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        seen.append([event, repr(arguments[1:])])
sys.addaudithook(watch)
"""


def _watched(code: str, tmp_path: Path) -> dict[str, object]:
    """Runs code in an interpreter that writes down each connection; returns what the code printed, as JSON."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INKLING_")}
    environment |= {"INKLING_DATA_DIR": str(tmp_path / "data"), "INKLING_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", _WATCH + code], check=True, capture_output=True, text=True, env=environment, timeout=120
    )
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


_DAEMON = """
import asyncio, json
from pathlib import Path
from inkling.app import places
from inkling.app.wiring import forgetful_log, running_services
from inkling.core.errors import InklingError
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import ModelSettings, Settings, IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import CompletionRequest, Trigger

async def main():
    settings = Settings(model=ModelSettings(base_url=BASE_URL, completion_model="coder"))
    text = "import os\\nos.path.\\n"
    request = CompletionRequest(
        snapshot=Snapshot(uri=DocumentUri("untitled:x"), path=None, version=1, text=text),
        offset=len(text) - 1, trigger=Trigger.INVOKED,
    )
    async with running_services(forgetful_log(), places.find()) as services:
        services.completion.configure(settings)
        if services.model_mind is not None:
            services.model_mind.configure(settings, "key")
        for listener in services.listeners:
            listener.open_workspace(
                WorkspaceScope(folders=(), interpreter=None, index=IndexSettings(include_environment=False))
            )
            listener.document_changed(request.snapshot)
        for _ in range(400):
            try:
                await services.completion.ports.completers[0].complete(request)
                break
            except InklingError:
                await asyncio.sleep(0.05)
        for _ in range(200):
            await services.completion.complete(request)
            if seen or not BASE_URL:
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
    print(json.dumps({"seen": seen, "has_openai": "openai" in sys.modules}))

asyncio.run(main())
"""


def test_no_connection_is_made_where_no_endpoint_is_configured(tmp_path: Path) -> None:
    answer = _watched(_DAEMON.replace("BASE_URL", '""'), tmp_path)
    assert answer == {"seen": [], "has_openai": False}


def test_the_watch_sees_a_connection_where_one_is_configured(tmp_path: Path) -> None:
    answer = _watched(_DAEMON.replace("BASE_URL", '"http://127.0.0.1:9/v1"'), tmp_path)
    assert answer["seen"]
    assert answer["has_openai"]
