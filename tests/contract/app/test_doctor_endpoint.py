"""What `inkling doctor` says of the language model's endpoint."""

from pathlib import Path

import pytest
from tests.model_server.scripted import ModelServer

from inkling.app.doctor import finding_lines, model_endpoint
from inkling.llm.accounting import FILE_NAME


async def _lines(tmp_path: Path, **environment: str) -> list[str]:
    nowhere = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    return finding_lines(await model_endpoint(tmp_path, nowhere | environment))


async def test_none_is_optional(tmp_path: Path) -> None:
    [line] = await _lines(tmp_path)
    assert line.startswith("optional model endpoint: none named by INKLING_MODEL_BASE_URL or an editor's settings")
    assert not (tmp_path / FILE_NAME).exists()


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (ModelServer(), "completions, fills in the middle by itself, log-probabilities"),
        (ModelServer(suffix="ignores"), "completions, fills in the middle by the model's template, log-probabilities"),
        (
            ModelServer(has_completions=False, has_logprobs=False),
            "chat only, without fill-in-the-middle, no log-probabilities",
        ),
    ],
)
async def test_capabilities_are_shown(tmp_path: Path, server: ModelServer, words: str) -> None:
    async with server.running():
        lines = await _lines(tmp_path, INKLING_MODEL_BASE_URL=server.base_url, INKLING_MODEL="coder")
    host = server.base_url.removeprefix("http://").removesuffix("/v1")
    assert lines[:4] == [
        f"ok       model endpoint: {host} (from INKLING_MODEL_BASE_URL)",
        f"ok       completion model: coder: {words}",
        "ok       edit model: coder answers",
        "ok       chat model: coder answers",
    ]
    assert lines[4].startswith("ok       model tokens today: ")


async def test_the_roles_are_those_of_the_editors_settings(tmp_path: Path, model_server: ModelServer) -> None:
    model_server.models = ("coder",)
    settings = tmp_path / "config" / "Code" / "User" / "settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        f"""{{
            // the endpoint at home
            "inkling.model.baseUrl": "{model_server.base_url}", /* not "http://other" */
            "inkling.model": {{"completionModel": "coder", "chatModel": "talker"}},
            "inkling.model.prices": ["coder: 1000 2000", "*: 0 0"],
            "inkling.model.dailyTokenBudget": "many",
            "editor.fontSize": 12,
        }}""",
        encoding="utf-8",
    )
    lines = await _lines(tmp_path, INKLING_API_KEY="sk-12345678")
    assert lines == [
        "missing  model settings: inkling.model.dailyTokenBudget must be of type integer; 0 is used",
        f"ok       model endpoint: {model_server.base_url[7:-3]} (from {settings})",
        "ok       completion model: coder: completions, fills in the middle by itself, log-probabilities",
        "optional edit model: none named by inkling.model.editModel",
        "optional chat model: talker does not answer",
        f"         fix: The endpoint at {model_server.base_url} has no model talker, or is not at that address (404: "
        "The model `talker` does not exist). Change inkling.model.chatModel or inkling.model.baseUrl.",
        lines[-1],
    ]
    assert lines[-1].startswith("ok       model tokens today: ")
    assert lines[-1].endswith(" in the currency of inkling.model.prices")
    assert model_server.received[0].headers["authorization"] == "Bearer sk-12345678"


async def test_a_refused_key_is_told_and_never_shown(tmp_path: Path, model_server: ModelServer) -> None:
    model_server.api_key = "right"
    environment = {"INKLING_MODEL_BASE_URL": model_server.base_url, "INKLING_MODEL": "coder"}
    lines = await _lines(tmp_path, **environment, INKLING_API_KEY="sk-wrong")
    assert lines[0].startswith("missing  model endpoint: The endpoint at ")
    assert "INKLING_API_KEY" in lines[0]
    assert "sk-wrong" not in "".join(lines)


async def test_a_missing_model_is_told(tmp_path: Path, model_server: ModelServer) -> None:
    [line, _] = await _lines(tmp_path, INKLING_MODEL_BASE_URL=model_server.base_url)
    assert "Set inkling.model.completionModel." in line


async def test_a_wrong_address_is_told(tmp_path: Path) -> None:
    [line, _] = await _lines(tmp_path, INKLING_MODEL_BASE_URL="localhost:11434", INKLING_MODEL="coder")
    assert line.startswith("missing  model endpoint: inkling.model.baseUrl is not the address of an HTTP endpoint.")
