"""What `inkling bench repair` is measured on: each bug as a folder with a program, its tests, and tests kept back."""

import ast
import builtins
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inkling.bench.repair.own import load_bugs
from inkling.core.errors import UserError
from inkling.engine.judging.values import is_literal

PROGRAM = "program.py"
TESTS = "test_program.py"
HIDDEN = "test_hidden.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairTask:
    """A bug to be repaired.

    Attributes:
        id: Its name.
        problem: What it is an attempt at; attempts at one problem are not independent.
        files: The project as the user has it, tests included, by path.
        hidden_tests: Test files that judge a fix, by path.
        examples: Inputs whose right answers the hidden tests tell, as code, with that answer as a literal.
        correct_files: The program without the bug, where it is known.
    """

    id: str
    problem: str
    files: Mapping[str, str]
    hidden_tests: Mapping[str, str]
    examples: Mapping[str, str] = field(default_factory=dict)
    correct_files: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Writes the project, without what is kept back."""
        for path, text in self.files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


def own_tasks() -> list[RepairTask]:
    """Returns the one-line bugs of this project."""
    return [
        RepairTask(
            id=bug.id,
            problem=bug.id,
            files={**bug.buggy_files, **bug.tests},
            hidden_tests=bug.hidden_tests,
            correct_files=bug.files,
        )
        for bug in load_bugs()
    ]


def model_written_tasks(path: Path) -> list[RepairTask]:
    """Returns programs that models wrote and that fail a test, in the form of the shared set.

    Raises:
        UserError: The file is missing or of another form.
    """
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [_task(record) for record in records]
    except (OSError, ValueError, KeyError, SyntaxError) as error:
        raise UserError(f"{path} cannot be read as a set of bugs ({error}); name another with --data.") from error


def _task(record: Mapping[str, str]) -> RepairTask:
    visible = [ast.unparse(ast.parse(text)) for text in record["visible_tests"]]
    names = sorted(
        {
            node.id
            for text in visible
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not hasattr(builtins, node.id)
        }
        - {
            node.id
            for text in visible
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
    )
    tests = [f"def test_{number}():\n    {_indented(text)}\n" for number, text in enumerate(visible, start=1)]
    hidden = (
        "import program\n\nTESTS = "
        + repr(record["hidden_tests"])
        + '\n\n\ndef test_hidden():\n    exec(compile(TESTS, "hidden", "exec"), dict(vars(program)))\n'
    )
    return RepairTask(
        id=record["id"],
        problem=record["id"].split(":")[0],
        files={
            PROGRAM: record["program"],
            TESTS: "\n\n".join([f"from program import {', '.join(names)}\n" if names else "", *tests]),
        },
        hidden_tests={HIDDEN: hidden},
        examples=_examples(record["hidden_tests"], record["entry_point"], frozenset(visible)),
    )


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _examples(hidden_tests: str, entry_point: str, visible: frozenset[str]) -> dict[str, str]:
    """Returns calls with literals whose answers hidden assertions tell, those that the user has left out."""
    found = {}
    known = {text.removeprefix("assert ").split(" == ")[0] for text in visible}
    for node in ast.walk(ast.parse(hidden_tests)):
        match node:
            case ast.Assert(
                test=ast.Compare(left=ast.Call(func=ast.Name(id=name)) as call, ops=[ast.Eq()], comparators=[right])
            ) if is_literal(right) and all(is_literal(item) for item in call.args):
                called = ast.Call(
                    func=ast.Name(id=entry_point if name == "candidate" else name),
                    args=call.args,
                    keywords=call.keywords,
                )
                text = ast.unparse(called)
                if text not in known:
                    found[text] = ast.unparse(right)
    return found
