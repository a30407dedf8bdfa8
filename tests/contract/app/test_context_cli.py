"""`inkling context` on files on disk."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from inkling.app.cli import main

SECRET = "sk-proj-Zx81kLmQp03nVb7TyRw2Ce5"  # noqa: S105 - made up
CODE = f"from shop import Order\n\nKEY = '{SECRET}'\n\n\ndef total(order: Order) -> int:\n    return order."
BELOW = "\n\n\nprint(totl)\n"
SHOP = f"class Order:\n    lines: list[int]\n    password = '{SECRET}-2'\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(CODE + BELOW)
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "ignored.py").write_text("class Order:\n    other = 1\n")
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    return tmp_path


def test_all_that_would_be_sent_is_printed_and_no_secret(folder: Path) -> None:
    result = CliRunner().invoke(main, ["context", f"{folder / 'main.py'}:7:18"])

    assert result.exit_code == 0
    assert "# defined in shop.py:\n# class Order:\n#     lines: list[int]" in result.output
    assert "def total(order: Order) -> int:\n    return order.\n" in result.output
    assert "# reported in main.py:\n# print(totl)  # undefined name 'totl'" in result.output
    assert "masked: a secret in main.py, line 3" in result.output
    assert "masked: a secret in shop.py, in a snippet" in result.output
    assert "tokens in all" in result.output
    assert SECRET not in result.output
    assert "ignored.py" not in result.output


def test_json_says_the_same(folder: Path) -> None:
    result = CliRunner().invoke(main, ["context", f"{folder / 'main.py'}:7:18", "--json", "--budget", "300"])

    found = json.loads(result.output)
    assert found["prefix"]["text"] == CODE.replace(SECRET, "<redacted>")
    assert found["suffix"]["text"] == BELOW
    assert [(snippet["kind"], snippet["path"]) for snippet in found["snippets"]] == [
        ("definition", "shop.py"),
        ("diagnostic", "main.py"),
    ]
    assert found["n_tokens"] <= 300
    assert found["masked"] == [{"path": "main.py", "line": 3}, {"path": "shop.py", "line": 0}]


@pytest.mark.parametrize(("name", "options"), [("ignored.py", []), ("main.py", ["--exclude", "main*"])])
def test_nothing_is_printed_of_a_file_that_no_model_may_see(folder: Path, name: str, options: list[str]) -> None:
    result = CliRunner().invoke(main, ["context", f"{folder / name}:1:1", *options])

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "nothing would be sent" in result.stderr


def test_what_the_settings_exclude_is_left_out(folder: Path) -> None:
    settings = folder / "settings.json"
    settings.write_text('{"inkling.index.exclude": ["shop.py"], // not ours\n}')

    options = ["--settings", str(settings)]
    result = CliRunner().invoke(main, ["context", f"{folder / 'main.py'}:7:18", *options])
    assert result.exit_code == 0
    assert "shop.py" not in result.output

    result = CliRunner().invoke(main, ["context", f"{folder / 'shop.py'}:1:1", *options])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing would be sent" in result.stderr


def test_a_place_that_is_not_there_is_wrong_use(folder: Path) -> None:
    result = CliRunner().invoke(main, ["context", f"{folder / 'main.py'}:70:1"])

    assert result.exit_code == 2
    assert "has no line 70" in result.stderr


def test_it_needs_no_endpoint_and_loads_no_client(folder: Path) -> None:
    script = (
        "import sys, inkling.app.context_cli as c; "
        "assert c.context_at(c.ContextOptions(location=sys.argv[1], budget_tokens=500)); "
        "print(sorted({'openai', 'jedi', 'numpy'} & set(sys.modules)))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INKLING_")}

    answer = subprocess.run(
        [sys.executable, "-c", script, f"{folder / 'main.py'}:7:18"],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip

    assert answer.stdout.strip() == "[]"
