"""*Review changes* over the protocol, on a real repository, with what is run in a real sandbox."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException
from tests.contract.context.changes.repository import Repo
from tests.e2e.daemon.editor import Editor
from tests.e2e.daemon.test_fixing import TRUSTED
from tests.e2e.daemon.test_large_changes import HELD_CPU_MS
from tests.sandboxes.backends import open_bubblewrap

BEFORE = '''"""A cart. 🛒"""


def mean(prices: list[int]) -> float:
    if not prices:
        return 0.0
    return sum(prices) / len(prices)
'''
BROKEN = BEFORE.replace("    if not prices:\n        return 0.0\n", "")
REVIEWED_WITHIN_S = 240  # on a machine that has much else to do


class Window:
    """An editor on a repository with a change, and what it was told of the review's progress."""

    def __init__(self, editor: Editor, repo: Repo) -> None:
        self.editor = editor
        self.repo = repo
        self.progress: list[Any] = []
        editor.arguments = ["--measure-loop"]
        editor.settings |= {"review": {"budgetSeconds": 120}, "sandbox": {"backend": "bubblewrap"}}
        editor.environment |= {"TMPDIR": str(repo.folder.parent / "tmp")}
        (repo.folder.parent / "tmp").mkdir()

    async def start(self, options: object = TRUSTED) -> None:
        await self.editor.start(options)

        @self.editor.client.feature("inkling/reviewProgress")
        def review_progress(params: Any) -> None:
            self.progress.append(params)

        await self.editor.wait_for_index()

    async def review(self, **params: object) -> Any:
        asked = {"id": "r1", "folderUri": self.editor.folder.as_uri(), **params}
        return await self.ask("review", **asked)

    async def ask(self, method: str, **params: object) -> Any:
        async with asyncio.timeout(REVIEWED_WITHIN_S):
            return await self.editor.client.protocol.send_request_async(f"inkling/{method}", params)

    def left_behind(self) -> list[str]:
        return [path.name for path in (self.repo.folder.parent / "tmp").glob("inkling-*")]


@pytest.fixture
async def window(closed_editor: Editor) -> AsyncIterator[Window]:
    await (await open_bubblewrap()).close()
    repo = Repo(closed_editor.folder)
    repo.commit({"cart.py": BEFORE})
    yield Window(closed_editor, repo)


async def test_a_planted_bug_is_commented_reproduced_mended_and_closed(window: Window) -> None:
    """On disk the file is fine; the bug is in the open document only."""
    await window.start()
    window.editor.open("cart.py", BROKEN)
    result = await window.review()
    assert result["message"].startswith("Reviewed the working tree against HEAD: 1 file, 1 comment"), result
    comment = result["comments"][0]
    assert (comment["uri"], comment["rule"], comment["severity"]) == (
        window.editor.uri("cart.py"),
        "behaviour.raises",
        "error",
    )
    assert comment["confirmation"] == "confirmed"
    assert comment["reproduction"]["call"] == "mean([])"
    assert "ZeroDivisionError" in comment["reproduction"]["after"]
    assert {progress.id for progress in window.progress} == {"r1"}
    assert "Old and new version were run side by side on" in comment["evidence"][0]
    assert window.left_behind() == []

    named = {"reviewId": result["reviewId"], "commentId": comment["commentId"]}
    run = await window.ask("runReproduction", **named)
    assert (run["verdict"], run["before"]) == ("reproduced", "passes"), run
    assert "E   ZeroDivisionError: " in run["output"]
    kept = await window.ask("keepReproduction", **named)
    assert kept["uri"] == window.editor.uri("tests/test_mean_reproduction.py")
    assert "parents[1]))" in kept["text"]
    window.editor.change("cart.py", "    if not prices:\n        return 0.0\n", (4, 0))
    run = await window.ask("runReproduction", **named)
    assert (run["verdict"], run["after"]) == ("not_reproduced", "passes"), run
    assert 0 < (await window.editor.own("inkling/diagnostics"))["loopHeldCpuMsMax"] < HELD_CPU_MS


async def test_a_review_is_cancelled_by_a_newer_one_and_leaves_nothing(window: Window) -> None:
    await window.start()
    window.editor.open("cart.py", BROKEN)
    older = asyncio.ensure_future(window.review())
    async with asyncio.timeout(REVIEWED_WITHIN_S):
        while not any(progress.words.startswith("comparing") for progress in window.progress):
            await asyncio.sleep(0.02)
    newer = asyncio.ensure_future(window.review(id="r2", scope="staged"))
    with pytest.raises(JsonRpcException):
        await older
    result = await newer
    assert (result["message"], result["comments"]) == (
        "Nothing has changed: there is no difference in the index against HEAD.",
        [],
    )
    assert window.left_behind() == []
    assert not [each for each in window.editor.process.children(recursive=True) if "bwrap" in each.name()]


async def test_nothing_of_an_untrusted_workspace_is_run_and_what_is_closed_does_not_come_back(window: Window) -> None:
    await window.start({**TRUSTED, "isTrusted": False})
    window.repo.write({"cart.py": BROKEN.replace("sum", "summ")})
    result = await window.review()
    assert [comment["rule"] for comment in result["comments"]] == ["ruff.F821"]
    assert result["unchecked"][0]["why"].startswith("this workspace is not trusted, so nothing of it is run")

    (comment,) = result["comments"]
    named = {"reviewId": result["reviewId"], "commentId": comment["commentId"]}
    assert (await window.ask("runReproduction", **named))["verdict"] == "cannot_run"
    with pytest.raises(JsonRpcException, match="reason is empty"):
        await window.ask("closeReviewComment", **named, closing="dismissed", reason=" ")
    closed = await window.ask("closeReviewComment", **named, closing="dismissed", reason="it is a joke")
    assert closed["closed"] == [comment["commentId"]]
    again = await window.review()
    assert (again["comments"], again["nClosed"]) == ([], 1)
    reopened = await window.ask("reopenReviewComment", **named)
    assert reopened["closed"] == []
    async with asyncio.timeout(REVIEWED_WITHIN_S):
        while len(rows := window.editor.rows("SELECT * FROM decisions WHERE feature = 'review' ORDER BY id")) < 2:
            await asyncio.sleep(0.02)
    assert [(row["was_offered"], row["reason"]) for row in rows] == [(1, None), (0, "closed_before")]
    assert rows[0]["suggestion_id"] == comment["commentId"]
    result = await window.review(scope="branch", revisions="gone")
    assert (result["reviewId"], result["comments"]) == ("", [])
    assert "gone names no commit here" in result["message"]


async def test_comments_on_a_commit_stand_where_its_lines_are_in_the_open_document(window: Window) -> None:
    named = BEFORE + '\n\ndef is_sum(word):\n    return word is "🛒sum"\n'
    window.repo.commit({"cart.py": named})
    await window.start({**TRUSTED, "isTrusted": False})
    unsaved = "# Not saved.\n\n" + named
    window.editor.open("cart.py", unsaved)
    comment = (await window.review(scope="range", revisions="HEAD"))["comments"][0]
    line = unsaved.splitlines().index('    return word is "🛒sum"')
    assert (comment["rule"], comment["range"]["start"]["line"], comment["isRewritten"]) == ("ruff.F632", line, False)
    (edit,) = comment["suggestion"][0]["edits"]
    assert (comment["suggestion"][0]["version"], edit["range"]["start"]["line"]) == (1, line)

    window.editor.change("cart.py", "    return word == 1", (line, 0), (line, 30))
    comment = (await window.review(scope="range", revisions="HEAD"))["comments"][0]
    assert (comment["rule"], comment["range"]["start"]["line"], comment["isRewritten"]) == ("ruff.F632", line, True)
    assert (comment["suggestion"], "+    return word == " in comment["suggestionDiff"]) == ([], True)


async def test_what_is_asked_right_after_the_start_waits_for_the_settings(closed_editor: Editor) -> None:
    await closed_editor.start()
    asked = {"folderUri": closed_editor.folder.as_uri()}
    review = await closed_editor.own("inkling/review", {"id": "r", **asked})
    assert "git" in review["message"]
    tests = await closed_editor.own("inkling/discoverTests", {**asked, "uris": []})
    assert tests["problem"] == "no_interpreter"
