"""What `inkling doctor` says of the language model's endpoint."""

from pathlib import Path

import pytest
from tests.model_server.scripted import ModelServer

from inkling.app.doctor import finding_lines, model_endpoint
from inkling.llm.accounting import FILE_NAME


async def _lines(tmp_path: Path, **environment: str) -> list[str]:
    return finding_lines(await model_endpoint(tmp_path, environment))


async def test_none_is_optional(tmp_path: Path) -> None:
    [line] = await _lines(tmp_path)
    assert line == "optional model endpoint: none named by INKLING_MODEL_BASE_URL: nothing leaves this machine"
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
    assert lines[0] == f"ok       model endpoint: coder at {host}"
    assert lines[1] == f"ok       model capabilities: {words}"
    assert lines[2].startswith("ok       model tokens today: ")


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
