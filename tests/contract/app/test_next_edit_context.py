"""`inkling context --next-edit` in a real git repository."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from inkling.app.cli import main

SECRET = "sk-proj-Zx81kLmQp03nVb7TyRw2Ce5"  # noqa: S105 - made up
SHOP = "def total(prices):\n    return sum(prices)\n"
CART = f"from shop import total\n\nKEY = '{SECRET}'\n\n\ndef show(prices):\n    print(total(prices))\n"
NEW_SHOP = SHOP.replace("def total(prices)", "def grand_total(prices)")


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INKLING_MODEL_BASE_URL", "http://127.0.0.1:1/v1")  # whoever asks there fails
    monkeypatch.setenv("INKLING_MODEL", "none")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "shop.py").write_text(SHOP)
    (folder / "cart.py").write_text(CART)
    (folder / "hidden.py").write_text("from shop import total\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def asked(place: str, *options: str) -> Result:
    return CliRunner().invoke(main, ["context", "--next-edit", place, *options])


def test_the_whole_question_is_printed_with_what_differs_from_the_last_commit(folder: Path) -> None:
    (folder / "shop.py").write_text(NEW_SHOP)
    result = asked(f"{folder / 'shop.py'}:1:5")
    assert result.exit_code == 0, result.output
    assert "You predict the next edit" in result.output
    assert "shop.py, lines 1 to 2:\n1|def grand_total(prices):\n2|    return sum(prices)" in result.output
    assert "@@ shop.py:1\n-def total(prices):\n+def grand_total(prices):\n" in result.output
    assert "The cursor is in shop.py on line 1." in result.output
    assert "Worth a look, the likeliest first: " in result.output
    assert "cart.py, lines " in result.output, "the embedded mind expects the uses of the name there"
    assert "masked: a secret in cart.py, line 3" in result.output
    assert SECRET not in result.output
    assert "tokens in all, estimated" in result.output


def test_json_says_the_same(folder: Path) -> None:
    (folder / "shop.py").write_text(NEW_SHOP)
    found = json.loads(asked(f"{folder / 'shop.py'}:1:5", "--json").output)
    assert [message["role"] for message in found["messages"]] == ["system", "user"]
    assert found["messages"][1]["text"].endswith("Which changes come next?")
    assert found["n_tokens"] == sum(message["n_tokens"] for message in found["messages"]) > 100
    assert found["masked"] == [{"path": "cart.py", "line": 3}]
    assert found["left_out"] == []


def test_the_file_that_was_written_last_comes_last(folder: Path) -> None:
    for seconds, name in enumerate(["shop.py", "cart.py", "shop.py"]):
        (folder / name).write_text(f"{(folder / name).read_text()}\nlast = {seconds}\n")
        os.utime(folder / name, (seconds, seconds))
    text = json.loads(asked(f"{folder / 'shop.py'}:1:1", "--json").output)["messages"][1]["text"]
    assert 0 <= text.index("+last = 1") < text.index("+last = 2")


def test_a_secret_that_was_taken_out_is_masked(folder: Path) -> None:
    (folder / "cart.py").write_text(CART.replace(f"KEY = '{SECRET}'\n", "KEY = load()\n"))
    result = asked(f"{folder / 'cart.py'}:3:1")
    assert "-KEY = '<redacted>'\n+KEY = load()" in result.output
    assert "masked: a secret in cart.py, as it was before a change" in result.output
    assert SECRET not in result.output


def test_changed_files_that_no_model_may_see_are_left_out_and_named(folder: Path) -> None:
    (folder / "shop.py").write_text(NEW_SHOP)
    (folder / "hidden.py").write_text("from shop import grand_total\n")
    result = asked(f"{folder / 'shop.py'}:1:5", "--exclude", "hidden.py")
    assert "left out: hidden.py, which no model may see" in result.output
    assert "hidden.py, lines" not in result.output
    assert "@@ hidden.py" not in result.output


@pytest.mark.parametrize("is_changed", [True, False])
def test_where_nothing_would_be_asked_the_reason_is_told(folder: Path, *, is_changed: bool) -> None:
    if is_changed:
        (folder / "shop.py").write_text(NEW_SHOP)
    result = asked(f"{folder / 'hidden.py'}:1:1", "--exclude", "hidden.py")
    assert result.exit_code == 1
    assert result.stdout == ""
    words = "no model may see the file" if is_changed else "differs from the last commit"
    assert "nothing would be sent" in result.stderr
    assert words in result.stderr


def test_without_a_repository_it_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "alone.py").write_text("x = 1\n")
    result = asked(f"{tmp_path / 'alone.py'}:1:1")
    assert result.exit_code == 2
    assert "what was changed lately is read with git" in result.stderr


def test_the_object_for_the_endpoint_needs_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "shop.py").write_text(NEW_SHOP)
    result = asked(f"{folder / 'shop.py'}:1:5", "--request")
    assert result.exit_code == 2
    assert "127.0.0.1:1" in result.stderr
    monkeypatch.delenv("INKLING_MODEL_BASE_URL")
    result = asked(f"{folder / 'shop.py'}:1:5", "--request")
    assert result.exit_code == 2
    assert "no model for next edits is named" in result.stderr
