"""Next edits of the installed server: they follow one another, and whatever happens no wrong one is offered."""

import asyncio
from pathlib import Path

import psutil
import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from tests.e2e.daemon.edited_files import EditedFile, Window
from tests.e2e.daemon.editor import ANSWER_WITHIN_S, Editor

PRICES = '''"""Prices."""


def gross_price(net_price, tax_rate):
    return net_price * (1 + tax_rate)


def doubled(net_price):
    return 2 * gross_price(net_price, 0.19)
'''
ORDERS = '''"""Orders."""

from shop.prices import gross_price


def order_total(order):
    total = 0
    for line in order.lines:
        total += gross_price(line.net_price, line.tax_rate)
    return total
'''
FILES = {"shop/__init__.py": "", "shop/prices.py": PRICES, "shop/orders.py": ORDERS}


@pytest.fixture
async def window(closed_editor: Editor) -> Window:
    """A window on the shop, where everything that may be shown is."""
    return Window(closed_editor, FILES)


async def renamed(window: Window) -> EditedFile:
    """Starts the server, and renames a function where it is defined."""
    await window.editor.start()
    prices = window["shop/prices.py"].open()
    prices.type("gross_price", "gross_amount")
    return prices


async def test_a_rename_goes_through_the_file_and_one_that_is_closed(window: Window) -> None:
    prices = await renamed(window)
    edits = await window.follow(prices)
    assert prices.text == PRICES.replace("gross_price", "gross_amount")
    assert window["shop/orders.py"].text == ORDERS.replace("gross_price", "gross_amount")
    assert {edit["label"] for edit in edits} == {"`gross_price` → `gross_amount`"}
    assert {edit["kind"] for edit in edits} == {"rename"}
    assert [edit["path"] for edit in edits if edit["version"] is None] == ["shop/orders.py"]
    outcomes = window.editor.rows("SELECT suggestion_id FROM outcomes WHERE kind = 'accepted'")
    assert {row["suggestion_id"] for row in outcomes} == {edit["id"] for edit in edits}
    decisions = window.editor.rows("SELECT feature FROM decisions WHERE was_offered")
    assert {row["feature"] for row in decisions} == {"next_edit"}


async def test_asked_again_it_is_the_same_one(window: Window) -> None:
    prices = await renamed(window)
    first, second = await prices.some_edit(), await prices.next_edit()
    assert second is not None
    assert {**first, "nInGroup": 0} == {**second, "nInGroup": 0}
    assert second["nInGroup"] >= first["nInGroup"]  # more of the workspace may have been read by then


async def test_a_rejected_edit_is_not_offered_again_after_typing_and_after_a_restart(window: Window) -> None:
    prices = await renamed(window)
    rejected = await prices.some_edit()
    await window.tell(rejected, "shown", "rejected")

    def is_offered_again(edit: dict[str, object] | None) -> bool:
        return (
            edit is not None
            and (edit["uri"], edit["newText"]) == (rejected["uri"], rejected["newText"])
            and (edit["oldText"] == rejected["oldText"] and edit["range"] == rejected["range"])
        )

    assert not is_offered_again(await prices.next_edit())
    end = len(prices.text)
    prices.replace(end, end, "\n\nTAX = 19\n")
    assert not is_offered_again(await prices.next_edit())

    on_disk = prices.text.replace("gross_amount", "gross_price")
    await window.editor.leave()
    await window.editor.start()
    prices.text = on_disk
    prices.open().type("gross_price", "gross_amount")
    other = await prices.some_edit()
    assert not is_offered_again(other)


async def test_all_of_a_group_at_once(window: Window) -> None:
    prices = await renamed(window)
    edit = await prices.some_edit()
    group = await window.editor.own("inkling/nextEditGroup", {"id": edit["id"]})
    assert {file["uri"] for file in group["files"]} == {
        window.editor.uri("shop/prices.py"),
        window.editor.uri("shop/orders.py"),
    }
    for file in group["files"]:
        window.file_of(file).apply_all(file)
    assert prices.text == PRICES.replace("gross_price", "gross_amount")
    assert window["shop/orders.py"].text == ORDERS.replace("gross_price", "gross_amount")
    again = await window.editor.own("inkling/nextEditGroup", {"id": edit["id"]})
    assert again["files"] == []
    assert again["message"]


async def test_an_edit_says_how_many_of_its_group_there_are_in_all_files(window: Window) -> None:
    prices = await renamed(window)
    first = await prices.some_edit()
    async with asyncio.timeout(ANSWER_WITHIN_S):  # the workspace may still be read when it is asked about first
        while (edit := await prices.some_edit())["nInGroup"] == 1:
            await asyncio.sleep(0.05)
    group = await window.editor.own("inkling/nextEditGroup", {"id": edit["id"]})
    assert edit["id"] == first["id"]
    assert edit["nInGroup"] == sum(len(file["edits"]) for file in group["files"]) == 3
    assert group["message"] == ""


async def test_a_stale_version_and_a_place_outside_are_answered_with_nothing(window: Window) -> None:
    prices = await renamed(window)
    await prices.some_edit()
    assert prices.version is not None
    stale = await prices.ask(version=prices.version - 1)
    assert (stale["edit"], stale["reason"]) == (None, None)
    outside = {
        "uri": window.editor.uri(prices.name),
        "version": prices.version,
        "position": {"line": 99, "character": 0},
    }
    assert (await window.editor.own("inkling/nextEdit", outside))["reason"] == "position_outside"
    unknown = {**outside, "uri": window.editor.uri("shop/unknown.py")}
    assert (await window.editor.own("inkling/nextEdit", unknown))["edit"] is None
    assert (await window.editor.own("inkling/nextEditGroup", {"id": "unknown"}))["files"] == []
    with pytest.raises(JsonRpcException, match="version"):
        await window.editor.own("inkling/nextEdit", {"uri": "file:///x.py", "position": {"line": 0, "character": 0}})


async def test_an_answer_among_keystrokes_is_empty_or_says_the_version_that_it_fits(window: Window) -> None:
    """The answer and the keystrokes cross each other; which is first, nobody knows."""
    prices = await renamed(window)
    before = await prices.some_edit()
    line, character = 3, 16
    params = {
        "uri": window.editor.uri(prices.name),
        "version": prices.version,
        "position": {"line": line, "character": character},
        "isInvoked": True,
    }
    asked = asyncio.ensure_future(window.editor.own("inkling/nextEdit", params))
    await asyncio.sleep(0)
    for _ in range(20):
        prices.replace(0, 0, "#")
    (answer,) = await asyncio.gather(asked, return_exceptions=True)
    if not isinstance(answer, JsonRpcException) and answer["edit"] is not None:
        told = ("id", "version", "range", "newText")
        assert [answer["edit"][each] for each in told] == [before[each] for each in told]
    after = await prices.some_edit()
    assert after["version"] == prices.version


async def test_after_an_undo_nothing_follows_from_what_is_undone(window: Window) -> None:
    prices = await renamed(window)
    await prices.some_edit()
    prices.type("gross_amount", "gross_price")
    assert prices.text == PRICES
    edit = await prices.next_edit()
    assert edit is None or "gross_amount" not in edit["newText"]


async def test_a_file_that_changes_on_disk_is_seen_as_it_is(window: Window) -> None:
    prices = await renamed(window)
    await prices.some_edit()
    orders = window["shop/orders.py"]
    orders.text = "# Nothing here any more\n" + ORDERS.replace("gross_price(", "net_price(")
    (window.editor.folder / orders.name).write_text(orders.text)
    event = types.FileEvent(uri=window.editor.uri(orders.name), type=types.FileChangeType.Changed)
    window.editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await window.follow(prices)
    assert "net_price(" in orders.text
    (window.editor.folder / orders.name).unlink()
    prices.type("doubled", "twice")
    await prices.next_edit()


async def test_what_lies_outside_of_the_workspace_stays_as_it_is(window: Window, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere" / "uses.py"
    outside.parent.mkdir()
    outside.write_text(ORDERS)
    (window.editor.folder / "linked").symlink_to(outside.parent)
    await window.editor.start()
    name = outside.as_uri()
    window.files[name] = EditedFile(window, name, ORDERS).open()
    prices = window["shop/prices.py"].open()
    prices.type("gross_price", "gross_amount")
    edits = await window.follow(prices)
    assert {edit["uri"] for edit in edits} == {window.editor.uri("shop/prices.py"), window.editor.uri("shop/orders.py")}


async def test_a_file_that_cannot_be_written_is_left_alone(window: Window) -> None:
    (window.editor.folder / "shop/orders.py").chmod(0o444)
    prices = await renamed(window)
    edits = await window.follow(prices)
    assert {edit["uri"] for edit in edits} == {window.editor.uri("shop/prices.py")}


async def test_a_file_that_does_not_parse_and_one_that_breaks(window: Window) -> None:
    broken = "from shop.prices import gross_price\n\ndef f(:\n    gross_price(1, 2\n"
    window.add("shop/broken.py", broken)
    prices = await renamed(window)
    prices.replace(0, 0, "def g((:\n")
    await prices.ask()
    prices.replace(0, len("def g((:\n"), "")
    await window.follow(prices)
    assert window["shop/orders.py"].text == ORDERS.replace("gross_price", "gross_amount")


async def test_a_large_file_is_left_alone_and_a_long_one_is_answered(window: Window) -> None:
    blocks = [
        f"def step_{number}(value):\n    total = value + {number}\n    return total\n\n\n" for number in range(4000)
    ]
    long = "".join(blocks) + "step_7(step_7(1))\n"
    file = window.add("long.py", long)
    await window.editor.start()
    file.open().type("def step_7(", "def scale(")
    await window.follow(file)
    assert file.text.endswith("scale(scale(1))\n")
    large = window.add("large.py", long * 8).open()
    large.type("def step_7(", "def scale(")
    assert (await large.ask())["reason"] == "file_too_large"


async def test_five_thousand_uses_of_a_name(window: Window) -> None:
    text = "def scale(value):\n    return value\n\n" + "total = scale(1)\nprint(total)\n" * 5000
    file = window.add("uses.py", text)
    await window.editor.start()
    file.open().type("scale", "scaled")
    edit = await file.some_edit()
    group = await window.editor.own("inkling/nextEditGroup", {"id": edit["id"]})
    (told,) = group["files"]
    file.apply_all(told)
    assert "scalede" not in file.text
    assert file.text.count("scale(") < text.count("scale(")
    await file.ask()


async def test_a_macro_that_changes_two_hundred_places_a_second(window: Window) -> None:
    text = "".join(f"value_{number} = read({number})\n" for number in range(400))
    file = window.add("macro.py", text)
    await window.editor.start()
    file.open()
    answers = []
    for number in range(400):
        file.type(f"read({number})", f"fetch({number})")
        if number % 10 == 0:
            params = {
                "uri": window.editor.uri(file.name),
                "version": file.version,
                "position": {"line": number, "character": 0},
            }
            answers.append(asyncio.ensure_future(window.editor.own("inkling/nextEdit", params)))
            await asyncio.sleep(0)
    told = await asyncio.gather(*answers, return_exceptions=True)
    assert all(isinstance(answer, JsonRpcException) or answer["edit"] is None for answer in told[:-1])
    assert file.text == text.replace("read", "fetch")
    await file.ask()


async def test_a_cancelled_question_is_over_and_the_next_is_answered(window: Window) -> None:
    prices = await renamed(window)
    await prices.some_edit()
    params = {
        "uri": window.editor.uri(prices.name),
        "version": prices.version,
        "position": {"line": 3, "character": 4},
        "isInvoked": True,
    }
    protocol = window.editor.client.protocol
    for _ in range(10):
        prices.replace(len(prices.text), len(prices.text), "#")
        params["version"] = prices.version
        asked = protocol.send_request("inkling/nextEdit", params)
        (call_id,) = [key for key, future in protocol._request_futures.items() if future is asked]
        window.editor.client.cancel_request(types.CancelParams(id=call_id))
    assert await prices.next_edit() is not None


async def test_a_worker_that_is_killed_comes_back(window: Window) -> None:
    prices = await renamed(window)
    await prices.some_edit()
    for worker in window.editor.process.children(recursive=True):
        worker.kill()
    await prices.ask()
    await prices.some_edit()


async def test_excluded_files_and_the_switch(window: Window) -> None:
    window.editor.settings["nextEdit"] = {"exclude": ["orders.py"]}
    prices = await renamed(window)
    edits = await window.follow(prices)
    assert {edit["uri"] for edit in edits} == {window.editor.uri("shop/prices.py")}
    orders = window["shop/orders.py"].open()
    orders.type("order_total", "total_of")
    assert (await orders.ask())["reason"] == "excluded"
    window.change_settings(nextEdit={"enabled": False})
    prices.type("doubled", "twice")
    async with asyncio.timeout(ANSWER_WITHIN_S):
        while (answer := await prices.ask())["reason"] != "disabled":
            await asyncio.sleep(0.02)
    assert "inkling.nextEdit.enabled" in answer["message"]


async def test_line_ends_and_units_are_the_documents(window: Window) -> None:
    text = PRICES.replace("return 2 *", "'🛒🛒'; return 2 *").replace("\n", "\r\n").rstrip()
    prices = window["shop/prices.py"]
    prices.text = text
    await window.editor.start()
    prices.open().type("gross_price", "gross_amount")
    await window.follow(prices)
    assert prices.text == text.replace("gross_price", "gross_amount")


@pytest.mark.parametrize("told", ["before", "after"])
async def test_an_import_that_was_accepted_is_not_offered_again(window: Window, told: str) -> None:
    await window.editor.start()
    before = '"""Times."""\n\n\ndef stamp():\n    return 1\n'
    times = window.add("shop/times.py", before).open()
    times.type("1", "Path.cwd()")
    edit = await times.some_edit()
    if told == "before":
        await window.tell(edit, "shown", "accepted")
        times.apply(edit)
    else:
        await window.accept(edit)
    accepted = times.text
    assert accepted.count("from pathlib import Path\n") == 1
    for is_invoked in (False, True):
        again = (await times.ask(is_invoked=is_invoked))["edit"]
        assert again is None or "pathlib" not in again["newText"]
    assert (await window.editor.own("inkling/nextEditGroup", {"id": edit["id"]}))["files"] == []


async def test_nobody_asks_and_no_worker_runs(window: Window) -> None:
    await window.editor.start()
    window["shop/prices.py"].open()
    await window.editor.wait_for_index()
    modules = [argument for process in _family(window.editor) for argument in process.cmdline()]
    assert "inkling.engine.completion.worker" in modules
    assert "inkling.engine.next_edit.worker" not in modules
    prices = window["shop/prices.py"]
    prices.type("gross_price", "gross_amount")
    await prices.some_edit()
    modules = [argument for process in _family(window.editor) for argument in process.cmdline()]
    assert "inkling.engine.next_edit.worker" in modules
    ids = (await window.editor.own("inkling/diagnostics"))["processIds"]
    assert {process.pid for process in _family(window.editor)} <= set(ids)


def _family(editor: Editor) -> list[psutil.Process]:
    return list(editor.process.children(recursive=True))
