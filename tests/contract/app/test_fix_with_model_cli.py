"""`inkling fix` with a language model in the search: a scripted endpoint writes what no small change can."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from tests.model_server.scripted import ModelServer, Reply
from tests.sandboxes.backends import open_bubblewrap

INKLING = str(Path(sys.executable).with_name("inkling"))
PROGRAM = '''def roman(number):
    """Returns a number in Roman numerals."""
    raise NotImplementedError
'''
TESTS = """import pytest

from numerals import roman


@pytest.mark.parametrize(("number", "text"), [(1, "I"), (4, "IV"), (1990, "MCMXC"), (2026, "MMXXVI")])
def test_roman(number, text):
    assert roman(number) == text
"""
ANSWER = """The function was never written.

<<<<<<< SEARCH numerals.py
    raise NotImplementedError
=======
    signs = [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
             (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]
    text = ""
    for value, sign in signs:
        while number >= value:
            text += sign
            number -= value
    return text
>>>>>>> REPLACE
"""


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    await (await open_bubblewrap()).close()
    (tmp_path / "numerals.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "test_numerals.py").write_text(TESTS, encoding="utf-8")
    return tmp_path


async def _inkling_fix(folder: Path, data_dir: Path, server: ModelServer) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(INKLING, "fix", "--sandbox", "bubblewrap", "--budget", "30", "--precision", "plausible", "--json"),
        *("--python", sys.executable),
        cwd=folder,
        env={
            **os.environ,
            "XDG_DATA_HOME": str(data_dir),
            "INKLING_MODEL_BASE_URL": server.base_url,
            "INKLING_MODEL": "writer",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await process.communicate()
    return process.returncode or 0, stdout.decode(), stderr.decode()


async def test_what_a_model_writes_is_run_and_shown(
    folder: Path, model_server: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model_server.script = lambda _: Reply(texts=(ANSWER,))
    code, stdout, stderr = await _inkling_fix(folder, tmp_path_factory.mktemp("data"), model_server)
    assert code == 0, stderr
    assert "Returns a number in Roman" in json.dumps(model_server.received[-1].body)
    fix = json.loads(stdout)["fixes"][0]
    assert fix["explanation"] == "The function was never written."
    assert '+    signs = [(1000, "M")' in fix["diff"]
    assert (folder / "numerals.py").read_text(encoding="utf-8") == PROGRAM


async def test_an_endpoint_that_fails_leaves_the_embedded_search_as_it_is(
    folder: Path, model_server: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder / "numerals.py").write_text("def roman(number):\n    return 'I' * numbr\n", encoding="utf-8")
    (folder / "test_numerals.py").write_text(
        "from numerals import roman\n\n\ndef test_roman():\n    assert roman(3) == 'III'\n", encoding="utf-8"
    )
    model_server.script = lambda _: Reply(status=401)
    code, stdout, stderr = await _inkling_fix(folder, tmp_path_factory.mktemp("data"), model_server)
    assert code == 0, stderr
    answer = json.loads(stdout)
    assert "+    return 'I' * number" in answer["fixes"][0]["diff"]
    assert "key" in answer["message"]


async def test_what_the_workspace_excludes_is_not_sent(
    folder: Path, model_server: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder / ".vscode").mkdir()
    (folder / ".vscode" / "settings.json").write_text('{"inkling.index.exclude": ["numerals.py"]}', encoding="utf-8")
    model_server.script = lambda _: Reply(texts=(ANSWER,))
    await _inkling_fix(folder, tmp_path_factory.mktemp("data"), model_server)
    assert not any("Returns a number in Roman" in json.dumps(asked.body) for asked in model_server.received)
