"""What `inkling fix` asks on a terminal, and how an answer is read."""

import click
import pytest
from click.testing import CliRunner

from inkling.app.fix_report import ask
from inkling.core.repair import Question
from inkling.features.fix.choice import NONE_OF_THEM

QUESTION = Question(call="split(0, 0)", answers=("[]", "raises ValueError"), behaviours=(("a",), ("b",)))


@click.command()
def command() -> None:
    click.echo(f"answer={ask(QUESTION)}")


@pytest.mark.parametrize(
    ("typed", "answer"), [("1\n", 0), ("2\n", 1), ("0\n", NONE_OF_THEM), ("\n", None), ("7\n2\n", 1), ("no\n1\n", 0)]
)
def test_an_answer_is_the_number_of_its_row(typed: str, answer: int | None) -> None:
    result = CliRunner().invoke(command, input=typed)
    assert result.output.endswith(f"answer={answer}\n")
    assert "Which is right?\n  1  []\n  2  raises ValueError\n  0  none of these\n" in result.output
