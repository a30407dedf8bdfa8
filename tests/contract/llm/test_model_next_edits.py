"""Next edits by a language model: real requests to a scripted endpoint, and what is made of its answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.model_server.scripted import ModelServer, Received, Reply, n_pieces_of

from inkling.app.background import TaskGroupBackground
from inkling.context.analysis.analysis import Analysis
from inkling.core.errors import ModelError
from inkling.core.next_edit import (
    ChangeOrigin,
    EditKind,
    EditQuestion,
    LineChange,
    PredictedPlace,
    Prediction,
)
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings, ModelSettings, Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Source
from inkling.llm.accounting import TokenAccount
from inkling.llm.client import ModelClient
from inkling.llm.endpoint import Endpoint
from inkling.llm.mind import ModelMind
from inkling.llm.next_edit import ModelEditPredictor
from inkling.llm.next_edit.answers import MOST_PROBABLE, UNKNOWN_PROBABILITY
from inkling.llm.next_edit.prompt import MAX_EDITS
from inkling.llm.text_model import Purpose

PATIENCE_S = 20
CART = """KEY = "sk-abcdefghijklmnopqrstuvwxyz123456"


def total(prices, tax):
    return sum(prices) * tax


def show(prices):
    print(total(prices))


def send(prices):
    mail(total(prices))
"""
SHOW = "@@ cart.py:9\n-    print(total(prices))\n+    print(total(prices, TAX))\n"
SEND = "@@ cart.py:13\n-    mail(total(prices))\n+    mail(total(prices, TAX))\n"


class Shop:
    """A project on disk with one open document, the questions about it, and a client for the endpoint."""

    def __init__(self, folder: Path, server: ModelServer, account: TokenAccount) -> None:
        self.folder, self.account = folder, account
        self.models = {Purpose.EDIT: "editor"}
        self.endpoint = Endpoint(base_url=server.base_url, models=self.models, timeout_s=5.0)
        self.clients: list[ModelClient] = []
        self.path = folder / "cart.py"
        self.uri = DocumentUri(self.path.as_uri())
        self.scope = WorkspaceScope(folders=(folder,), interpreter=None, index=IndexSettings(exclude=("hidden.py",)))
        self.documents: dict[DocumentUri, Snapshot] = {}

    def write(self, name: str, text: str) -> DocumentUri:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return DocumentUri(path.as_uri())

    def predictor(self, **changes: object) -> ModelEditPredictor:
        client = ModelClient(replace(self.endpoint, **changes), self.account)  # type: ignore[arg-type]  # by the tests
        self.clients.append(client)
        analysis = Analysis(check_deadline_s=PATIENCE_S, completion_deadline_s=PATIENCE_S)  # its worker does not run
        return ModelEditPredictor(client, self.documents.get, analysis, self.scope)

    def question(self, text: str = CART, *, version: int = 1, path: Path | None = None) -> EditQuestion:
        path = path or self.path
        uri = DocumentUri(path.as_uri())
        snapshot = Snapshot(uri=uri, path=path, version=version, text=text)
        lines = text.splitlines()
        change = LineChange(
            uri=uri, first_line=3, removed=("def total(prices):",), inserted=(lines[3],), above=tuple(lines[:3])
        )
        return EditQuestion(snapshot=snapshot, offset=text.index("prices") + 6, history=(change,))


@pytest.fixture
async def shop(model_server: ModelServer, tmp_path: Path) -> AsyncIterator[Shop]:
    for name in ("data", "project"):
        (tmp_path / name).mkdir()
    account = TokenAccount(tmp_path / "data")
    await account.open()
    made = Shop(tmp_path / "project", model_server, account)
    made.write("cart.py", CART)
    yield made
    for client in made.clients:
        await client.close()
    await account.close()


def _is_question(body: dict[str, object]) -> bool:
    return "You predict the next edit" in str(body.get("messages"))


def _for_questions(reply: Reply) -> Callable[[Received], Reply]:
    """Answers questions for edits so, and the endpoint's trials as usual."""
    return lambda received: reply if _is_question(received.body) else Reply()


def _asked(server: ModelServer) -> list[str]:
    """What the questions for edits said, without the endpoint's trials."""
    return [str(each.body["messages"][-1]["content"]) for each in server.received if _is_question(each.body)]


async def _predict(shop: Shop, predictor: ModelEditPredictor, *places: PredictedPlace) -> Prediction:
    async with asyncio.timeout(PATIENCE_S):
        return await predictor.predict(shop.question(), places)


async def test_an_answer_becomes_edits_and_their_places(model_server: ModelServer, shop: Shop) -> None:
    model_server.script = lambda _: Reply(texts=(f"```diff\n{SHOW}{SEND}```\nEND\n",), logprob=-0.01)

    prediction = await _predict(shop, shop.predictor())

    first, second = prediction.edits
    assert (first.uri, first.path, first.first_line) == (shop.uri, shop.path, 8)
    assert (first.removed, first.inserted) == (("    print(total(prices))",), ("    print(total(prices, TAX))",))
    assert (first.kind, first.source) == (EditKind.INTENT, Source.MODEL)
    assert (first.group, first.n_in_group) == (second.group, 2)
    assert MOST_PROBABLE > first.probability > second.probability > 0
    assert [place.line for place in prediction.places] == [8, 12]


async def test_what_is_sent(model_server: ModelServer, shop: Shop) -> None:
    model_server.script = lambda _: Reply(texts=("NONE",))
    beside = shop.write("beside.py", "from cart import total\n\nprint(total([1]))\n")
    hidden = shop.write("hidden.py", "print(total([2]))\n")
    places = [PredictedPlace(uri=uri, line=2, probability=0.5) for uri in (beside, hidden)]

    assert await _predict(shop, shop.predictor(), *places) == Prediction()

    (asked,) = _asked(model_server)
    assert "4|def total(prices, tax):" in asked
    assert "-def total(prices):\n+def total(prices, tax):" in asked
    assert "3|print(total([1]))" in asked
    assert "the likeliest first: beside.py:3." in asked
    assert "total([2])" not in asked
    assert "sk-abc" not in asked
    assert "The cursor is in cart.py on line 4." in asked
    body = model_server.received[-1].body
    assert body["model"] == "editor"
    assert body["max_tokens"] <= 512


async def test_an_edit_of_a_file_that_nobody_has_open(model_server: ModelServer, shop: Shop) -> None:
    model_server.script = lambda _: Reply(texts=("@@ beside.py:3\n-print(total([1]))\n+print(total([1], TAX))\nEND\n",))
    uri = shop.write("beside.py", "from cart import total\r\n\r\nprint(total([1]))\r\n")

    (edit,) = (await _predict(shop, shop.predictor(), PredictedPlace(uri=uri, line=2, probability=1.0))).edits

    assert (edit.uri, edit.first_line, edit.removed) == (uri, 2, ("print(total([1]))",))
    assert edit.path == shop.folder / "beside.py"


@pytest.mark.parametrize("name", [".env.py", "hidden.py", "ignored.py", "secrets.py"])
async def test_nothing_is_asked_about_a_file_that_no_model_may_see(
    model_server: ModelServer, shop: Shop, name: str
) -> None:
    (shop.folder / ".git").mkdir()
    (shop.folder / ".gitignore").write_text("ignored.py\n")
    name = ".env" if name == ".env.py" else name
    shop.write(name, CART)

    question = shop.question(path=shop.folder / name)

    assert await shop.predictor().predict(question) == Prediction()
    assert model_server.received == []


async def test_without_a_change_that_was_meant_nothing_is_asked(model_server: ModelServer, shop: Shop) -> None:
    question = shop.question()
    undone = replace(question.history[0], origin=ChangeOrigin.UNDONE)
    for history in ((), (undone,)):
        assert await shop.predictor().predict(replace(question, history=history)) == Prediction()
    assert model_server.received == []


async def test_where_the_endpoint_says_nothing_of_probabilities_they_are_modest(
    model_server: ModelServer, shop: Shop
) -> None:
    model_server.has_logprobs = False
    model_server.script = lambda _: Reply(texts=(SHOW + "END\n",))
    (edit,) = (await _predict(shop, shop.predictor())).edits
    assert edit.probability == UNKNOWN_PROBABILITY


@pytest.mark.parametrize(
    "answer",
    [
        "I think the callers should pass the tax.",
        "@@ cart.py:4\n-def total(prices, tax):\n+def total(prices):\n",
        "@@ cart.py:9\n-    print(total(prices))\n+    print( total(prices) )\n",
        "@@ other.py:9\n-    print(total(prices))\n+    pass\n",
        "@@ cart.py:9\n-    print(total(cart))\n+    pass\n",
    ],
)
async def test_what_does_not_fit_or_is_not_believed_is_not_predicted(
    model_server: ModelServer, shop: Shop, answer: str
) -> None:
    model_server.script = lambda _: Reply(texts=(answer + "END\n",))
    assert await _predict(shop, shop.predictor()) == Prediction()


async def test_of_two_changes_of_the_same_lines_the_first_counts(model_server: ModelServer, shop: Shop) -> None:
    model_server.script = lambda _: Reply(texts=(SHOW + SHOW.replace("TAX", "0.2") + "END\n",))
    (edit,) = (await _predict(shop, shop.predictor())).edits
    assert edit.inserted == ("    print(total(prices, TAX))",)


async def test_a_stream_is_left_once_it_has_said_enough(model_server: ModelServer, shop: Shop) -> None:
    lines = [f"x{number} = total([{number}])" for number in range(MAX_EDITS + 2)]
    changes = [f"@@ many.py:{number + 1}\n-{line}\n+{line[:-1]}, TAX)\n" for number, line in enumerate(lines)]
    uri = shop.write("many.py", "\n".join(lines) + "\n")
    held = asyncio.Event()
    text = "".join(changes)
    # The stream stalls after the beginning of the change after the last that is wanted.
    n_pieces = n_pieces_of("".join(changes[:MAX_EDITS]) + "@@ many.py:5\n-x4")
    model_server.script = lambda _: Reply(texts=(text,), hold=held, hold_after=n_pieces)

    prediction = await _predict(shop, shop.predictor(), PredictedPlace(uri=uri, line=1, probability=1.0))

    assert len(prediction.edits) == MAX_EDITS
    async with asyncio.timeout(PATIENCE_S):
        await model_server.received[-1].ended.wait()
    assert model_server.received[-1].was_closed_by_client
    held.set()


async def test_the_same_question_is_answered_from_memory(model_server: ModelServer, shop: Shop) -> None:
    model_server.script = lambda _: Reply(texts=(SHOW + "END\n",))
    predictor = shop.predictor()
    first, second = await _predict(shop, predictor), await _predict(shop, predictor)
    assert first.edits[0].inserted == second.edits[0].inserted
    assert len(_asked(model_server)) == 1


async def test_a_cancelled_question_closes_its_stream(model_server: ModelServer, shop: Shop) -> None:
    model_server.script = _for_questions(Reply(texts=(SHOW,), hold=asyncio.Event(), hold_after=3))
    task = asyncio.create_task(_predict(shop, shop.predictor()))
    await _until_asked(model_server, 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(PATIENCE_S):
        await model_server.received[-1].ended.wait()
    assert model_server.received[-1].was_closed_by_client


async def test_at_most_two_run_and_the_later_of_them_gives_way(model_server: ModelServer, shop: Shop) -> None:
    held = asyncio.Event()
    model_server.script = _for_questions(Reply(texts=(SHOW + "END\n",), hold=held))
    predictor = shop.predictor()
    tasks = []
    for number in (1, 2):
        question = shop.question(CART + f"# {number}\n", version=number)
        tasks.append(asyncio.create_task(predictor.predict(question)))
        await _until_asked(model_server, number)
    for number in (3, 4):
        question = shop.question(CART + f"# {number}\n", version=number)
        tasks.append(asyncio.create_task(predictor.predict(question)))
        async with asyncio.timeout(PATIENCE_S):
            assert await tasks[number - 2] == Prediction()
    await _until_asked(model_server, 3)
    assert sum(not each.ended.is_set() for each in model_server.received if _is_question(each.body)) <= 2
    held.set()
    async with asyncio.timeout(PATIENCE_S):
        first, _, _, last = await asyncio.gather(*tasks)
    assert len(first.edits) == len(last.edits) == 1


async def test_closing_ends_what_runs(model_server: ModelServer, shop: Shop) -> None:
    model_server.script = _for_questions(Reply(texts=(SHOW,), hold=asyncio.Event()))
    predictor = shop.predictor()
    task = asyncio.create_task(_predict(shop, predictor))
    await _until_asked(model_server, 1)
    predictor.close()
    assert await task == Prediction()
    assert await _predict(shop, predictor) == Prediction()
    assert len(_asked(model_server)) == 1


async def test_a_stream_that_breaks_off_after_a_whole_change(model_server: ModelServer, shop: Shop) -> None:
    model_server.script = lambda received: (
        Reply(texts=(SHOW + SEND,), fault="cut", fault_after=n_pieces_of(SHOW + "@@ cart.py:13\n-    mail"))
        if _is_question(received.body)
        else Reply()
    )
    (edit,) = (await _predict(shop, shop.predictor())).edits
    assert edit.inserted == ("    print(total(prices, TAX))",)


async def test_an_answer_that_is_too_long_loses_its_end(model_server: ModelServer, shop: Shop) -> None:
    model_server.script = lambda _: Reply(texts=(SHOW + SEND.rstrip(")\n"),), finish_reason="length")
    (edit,) = (await _predict(shop, shop.predictor())).edits
    assert edit.inserted == ("    print(total(prices, TAX))",)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=401), "key"),
        (Reply(status=404, error="The model `editor` does not exist"), "inkling.model.editModel"),
        (Reply(texts=(SHOW,), fault="cut", fault_after=2), "broke off|breaks off|inkling.model"),
        (Reply(texts=(SHOW,), fault="malformed", fault_after=2), "inkling.model"),
    ],
)
async def test_faults_are_told_in_words(model_server: ModelServer, shop: Shop, reply: Reply, words: str) -> None:
    model_server.script = _for_questions(reply)
    with pytest.raises(ModelError, match=words):
        await _predict(shop, shop.predictor())


async def test_a_stream_that_stalls_has_a_time_limit(model_server: ModelServer, shop: Shop) -> None:
    model_server.script = _for_questions(Reply(texts=(SHOW,), fault="stalls", fault_after=2))
    with pytest.raises(ModelError, match=r"inkling\.model\.timeoutSeconds"):
        await _predict(shop, shop.predictor(timeout_s=0.25))


async def test_a_budget_that_is_used_up_ends_it(model_server: ModelServer, shop: Shop) -> None:
    model_server.script = lambda _: Reply(texts=("NONE",))
    predictor = shop.predictor(daily_token_budget=100)
    await _predict(shop, predictor)
    with pytest.raises(ModelError, match=r"inkling\.model\.dailyTokenBudget"):
        await predictor.predict(shop.question(CART + "# later\n"))
    assert len(_asked(model_server)) == 1


async def test_a_group_is_found_again_after_other_edits(model_server: ModelServer, shop: Shop) -> None:
    model_server.script = lambda _: Reply(texts=(SHOW + SEND + "END\n",))
    predictor = shop.predictor()
    first = (await _predict(shop, predictor)).edits[0]
    moved = shop.question("# one line more\n" + CART.replace("mail(total(prices))", "mail(0)"))
    group = await predictor.predict_group(moved, first)
    assert [(edit.first_line, edit.inserted, edit.n_in_group) for edit in group] == [
        (9, ("    print(total(prices, TAX))",), 1)
    ]


async def test_the_mind_offers_it_while_a_model_for_edits_is_named(
    model_server: ModelServer, shop: Shop, tmp_path: Path
) -> None:
    model_server.script = lambda _: Reply(texts=(SHOW + "END\n",))
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        mind = ModelMind(
            lambda endpoint, tell: ModelClient.open(endpoint, tmp_path / "data", tell),
            TaskGroupBackground(group),
            tmp_path / "cache",
            Analysis(check_deadline_s=PATIENCE_S, completion_deadline_s=PATIENCE_S),
        )
        mind.open_workspace(shop.scope)
        mind.configure(Settings(model=ModelSettings(base_url=model_server.base_url, chat_model="talker")), None)
        assert list(mind.edit_predictors()) == []
        mind.configure(Settings(model=ModelSettings(base_url=model_server.base_url, edit_model="editor")), None)
        while not mind.edit_predictors():
            await asyncio.sleep(0.01)
        (predictor,) = mind.edit_predictors()
        (edit,) = (await predictor.predict(shop.question())).edits
        assert edit.inserted == ("    print(total(prices, TAX))",)
        mind.configure(Settings(), None)
        assert list(mind.edit_predictors()) == []
        assert await predictor.predict(shop.question()) == Prediction()
        await mind.close()


async def _until_asked(server: ModelServer, n_questions: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(_asked(server)) < n_questions:
            await asyncio.sleep(0.01)
