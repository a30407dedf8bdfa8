"""`inkling complete` with a model's endpoint in the editor's settings, and what `inkling stats` says of it then."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.model_server.scripted import ModelServer, Reply

CODE = "from shop import Order\n\n\ndef total(order: Order) -> int:\n    return order.\n"


@dataclass(frozen=True)
class Shell:
    """A shell of a user with a project and settings."""

    folder: Path

    async def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("INKLING_")} | {
            "INKLING_DATA_DIR": str(self.folder / "data"),
            "INKLING_CACHE_DIR": str(self.folder / "cache"),
        }
        command = [sys.executable, "-m", "inkling.app.cli", *arguments]
        return await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, env=environment, cwd=self.folder, check=False
        )

    async def complete(
        self, settings: dict[str, object], *arguments: str, exclude: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        file = self.folder / "settings.json"
        section: dict[str, object] = {f"inkling.model.{name}": value for name, value in settings.items()}
        file.write_text(json.dumps(section | {"inkling.index.exclude": exclude}))
        place = f"{self.folder / 'project' / 'main.py'}:5:18"
        return await self.run("complete", place, "--settings", str(file), "--json", *arguments)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text("")
    (project / "main.py").write_text(CODE)
    (project / "shop.py").write_text("class Order:\n    def sum_of_lines(self) -> int:\n        return 1\n")
    return Shell(tmp_path)


async def test_the_endpoint_of_the_settings_is_asked_and_its_tokens_are_counted(
    shell: Shell, model_server: ModelServer
) -> None:
    model_server.script = lambda _: Reply(texts=("sum_of_lines() * 2\n",), logprob=-0.01)
    answer = await shell.complete(
        {"baseUrl": model_server.base_url, "completionModel": "qwen2.5-coder", "prices": ["*: 1000 1000"]}
    )
    assert answer.stderr == ""
    found = json.loads(answer.stdout)
    assert (found["text"], found["source"]) == ("sum_of_lines() * 2", "model")
    asked = model_server.received[-1].body
    assert asked["suffix"] == "\n"
    assert asked["prompt"].endswith("    return order.")
    assert "# from shop.py:\n# class Order:\n#     def sum_of_lines(self) -> int:" in asked["prompt"]
    # `inkling context` knows what is sent before it is, word for word.
    await _assert_context_says_what_is_sent(shell, asked)
    stats = await shell.run("stats", "--json")
    [sums] = json.loads(stats.stdout)["model_requests"]
    assert (sums["purpose"], sums["model"], sums["n_requests"]) == (
        "completion",
        "qwen2.5-coder",
        len(model_server.received),
    )
    assert sums["cost"] == pytest.approx((sums["n_prompt_tokens"] + sums["n_answer_tokens"]) / 1000)


async def _assert_context_says_what_is_sent(shell: Shell, sent: dict[str, Any]) -> None:
    place, settings = f"{shell.folder / 'project' / 'main.py'}:5:18", str(shell.folder / "settings.json")
    printed = await shell.run("context", place, "--request", "--settings", settings)
    assert (printed.stderr, printed.returncode) == ("", 0)
    # Who asks explicitly is given several answers, drawn at random; the first is asked for as while typing.
    told = json.loads(printed.stdout)
    assert {**told, "n": None, "temperature": None} == {**sent, "n": None, "temperature": None}


async def test_what_is_the_matter_with_the_endpoint_is_told_and_the_embedded_mind_answers(
    shell: Shell, model_server: ModelServer
) -> None:
    uses = "def f(order):\n    return order.sum_of_lines()\n\n\n"
    await asyncio.to_thread((shell.folder / "project" / "uses.py").write_text, uses * 20)
    model_server.api_key = "another"
    answer = await shell.complete({"baseUrl": model_server.base_url, "completionModel": "qwen2.5-coder"})
    assert answer.stderr.startswith(f"The endpoint at {model_server.base_url} wants a key, and none is set.")
    assert answer.returncode == 0
    assert json.loads(answer.stdout)["source"] == "embedded"
    assert len(model_server.received) == 1


async def test_of_a_file_that_the_settings_exclude_nothing_is_sent(shell: Shell, model_server: ModelServer) -> None:
    settings: dict[str, object] = {"baseUrl": model_server.base_url, "completionModel": "qwen2.5-coder"}
    await shell.complete(settings, exclude=("main.py",))
    assert [asked.body for asked in model_server.received if "order" in json.dumps(asked.body)] == []
    await shell.complete(settings, "--exclude", "main.*")
    assert [asked.body for asked in model_server.received if "order" in json.dumps(asked.body)] == []
    await shell.complete(settings)
    assert any("order" in json.dumps(asked.body) for asked in model_server.received)


async def test_what_the_workspace_excludes_is_in_no_prompt(shell: Shell, model_server: ModelServer) -> None:
    settings: dict[str, object] = {"baseUrl": model_server.base_url, "completionModel": "qwen2.5-coder"}
    (shell.folder / "project" / ".vscode").mkdir()
    (shell.folder / "project" / ".vscode" / "settings.json").write_text('{"inkling.index": {"exclude": ["shop.py"]}}')
    await shell.complete(settings, exclude=("other.py",))
    prompts = [asked.body["prompt"] for asked in model_server.received if "order" in asked.body.get("prompt", "")]
    assert prompts
    assert not any("sum_of_lines" in prompt for prompt in prompts)


async def test_settings_that_exclude_nothing_that_can_be_understood_stop_it(
    shell: Shell, model_server: ModelServer
) -> None:
    (shell.folder / "project" / ".vscode").mkdir()
    (shell.folder / "project" / ".vscode" / "settings.json").write_text('{"inkling.index.exclude": "shop.py"}')
    answer = await shell.complete({"baseUrl": model_server.base_url, "completionModel": "qwen2.5-coder"})
    assert answer.returncode == 2
    assert "inkling.index.exclude in " in answer.stderr
    assert "must be a list of strings" in answer.stderr
    assert model_server.received == []


async def test_a_key_that_goes_unencrypted_is_told(shell: Shell, model_server: ModelServer) -> None:
    answer = await shell.complete({"baseUrl": "http://endpoint.invalid/v1", "completionModel": "qwen2.5-coder"})
    assert "Your code and the key go unencrypted to http://endpoint.invalid/v1" in answer.stderr
    answer = await shell.complete({"baseUrl": model_server.base_url, "completionModel": "qwen2.5-coder"})
    assert "unencrypted" not in answer.stderr
