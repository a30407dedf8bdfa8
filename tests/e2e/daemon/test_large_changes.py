"""Changes so large that working them out would hold the event loop: it is another thread that does so."""

import json
from typing import Any

import pytest
from tests.e2e.daemon.editor import PROJECT, Editor

N_PLACES = 20_000
HELD_CPU_MS = 100.0
"""Ten times what is allowed, for the work that a burdened machine does in the same moment; worked out on the loop, each
of these changes would take several times as long."""


def change(line: int, start: int, end: int, text: str, end_line: int | None = None) -> dict[str, Any]:
    last = line if end_line is None else end_line
    return {
        "range": {"start": {"line": line, "character": start}, "end": {"line": last, "character": end}},
        "text": text,
    }


class Notifier:
    """Sends changes as bytes: a client that makes objects of them would take longer than the server."""

    def __init__(self, editor: Editor, name: str) -> None:
        self._editor = editor
        self._name = name
        self.version = 1

    def send(self, changes: list[dict[str, Any]]) -> None:
        self.version += 1
        where = {"uri": self._editor.uri(self._name), "version": self.version}
        params = {"textDocument": where, "contentChanges": changes}
        message = {"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params}
        body = json.dumps(message).encode()
        server = self._editor.client._server
        assert server is not None
        assert server.stdin is not None
        server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    async def reason_at(self, line: int, character: int) -> str | None:
        """Why nothing is predicted there; None where the server has another version than was sent last."""
        question = {
            "uri": self._editor.uri(self._name),
            "version": self.version,
            "position": {"line": line, "character": character},
        }
        answer = await self._editor.own("inkling/nextEdit", question)
        reason: str | None = answer["reason"]
        return reason


@pytest.fixture
async def measured(closed_editor: Editor) -> Editor:
    closed_editor.arguments = ["--measure-loop"]
    closed_editor.settings["nextEdit"] = {"threshold": 1.0}
    await closed_editor.start()
    await closed_editor.wait_for_index()
    return closed_editor


async def held_cpu_ms(editor: Editor) -> float:
    held: float = (await editor.own("inkling/diagnostics"))["loopHeldCpuMsMax"]
    return held


@pytest.mark.parametrize("is_bottom_up", [True, False])
async def test_20000_places_in_one_notification_and_their_undo(measured: Editor, *, is_bottom_up: bool) -> None:
    measured.open("shop/many.py", "".join(f"v{number:05} = timeout\n" for number in range(N_PLACES)))
    notifier = Notifier(measured, "shop/many.py")
    lines = list(reversed(range(N_PLACES))) if is_bottom_up else list(range(N_PLACES))
    for old, new in (("timeout", "timeout_s"), ("timeout_s", "timeout")):
        notifier.send([change(line, 9, 9 + len(old), new) for line in lines])
        end = 9 + len(new)
        for line in (0, 7_000, N_PLACES - 1):
            assert await notifier.reason_at(line, end + 1) == "position_outside"
            assert await notifier.reason_at(line, end) not in (None, "position_outside")
    assert 0 < await held_cpu_ms(measured) < HELD_CPU_MS


async def test_a_paste_of_5_mb_its_undo_and_typing_in_it(measured: Editor) -> None:
    pasted = "".join(f"name_{number} = compute({number})\n" for number in range(180_000))
    assert len(pasted) > 5_000_000
    measured.open("shop/pasted.py", "a = 1\n" * 50)
    notifier = Notifier(measured, "shop/pasted.py")
    for _ in range(2):
        notifier.send([change(25, 0, 0, pasted)])
        notifier.send([change(30, 0, 0, "x")])
        assert await notifier.reason_at(180_049, 5) == "file_too_large"
        notifier.send([change(25, 0, 0, "", end_line=180_025)])
        assert await notifier.reason_at(50, 0) not in (None, "position_outside", "file_too_large")
        assert await notifier.reason_at(51, 0) == "position_outside"
    assert 0 < await held_cpu_ms(measured) < HELD_CPU_MS


async def test_what_follows_a_large_change_is_taken_after_it(measured: Editor) -> None:
    measured.open("shop/many.py", "x = 1\n" * N_PLACES)
    notifier = Notifier(measured, "shop/many.py")
    notifier.send([change(line, 0, 1, "yy") for line in reversed(range(N_PLACES))])
    notifier.send([change(3, 2, 2, "z")])
    notifier.send([change(line, 0, 2, "x") for line in range(N_PLACES)])
    notifier.send([change(3, 1, 2, "")])
    assert await notifier.reason_at(N_PLACES - 1, 5) not in (None, "position_outside")
    assert await notifier.reason_at(N_PLACES - 1, 6) == "position_outside"


async def test_a_large_change_of_a_document_that_is_not_open_is_left_alone(measured: Editor) -> None:
    Notifier(measured, "shop/never.py").send([change(line, 0, 0, "x") for line in range(N_PLACES)])
    measured.open("shop/orders.py", PROJECT["shop/orders.py"])
    assert await Notifier(measured, "shop/orders.py").reason_at(0, 0) is not None
