"""The whole search, with real tests in a real sandbox."""

import asyncio
import sys
import textwrap
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import pytest
from tests.sandboxes.backends import open_bubblewrap

from inkling.context.project_view import patched_view
from inkling.core.errors import SandboxError
from inkling.core.execution import CaseOutcome, CaseResult, Program, ProjectView
from inkling.core.ports import Sandbox
from inkling.core.repair import Failure, Proposals, RepairBudget, RepairProgress, RepairRequest, SuspiciousLine
from inkling.engine.repair.lenders import lending_files
from inkling.engine.repair.repairer import EmbeddedRepairer

INTERPRETER = Path(sys.executable).parent / "python"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    opened = await open_bubblewrap()
    yield opened
    await opened.close()


class Project:
    """A folder with a program whose suspicious lines are marked with `# !`."""

    def __init__(self, folder: Path, sandbox: Sandbox, files: Mapping[str, str]) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.texts = {PurePosixPath(name): textwrap.dedent(text) for name, text in files.items()}
        for path, text in self.texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        self.view = ProjectView(folder=folder, interpreter=INTERPRETER)

    def request(self, failing: Sequence[str], passing: Sequence[str], budget: RepairBudget) -> RepairRequest:
        suspicious = tuple(
            SuspiciousLine(path=path, line=number, suspiciousness=1.0)
            for path, text in self.texts.items()
            for number, line in enumerate(text.splitlines(), 1)
            if line.endswith("# !")
        )
        cases = tuple(CaseResult(node_id=name, outcome=CaseOutcome.FAILED, duration_s=0.01) for name in failing)
        failure = Failure(failing=cases, passing=tuple(passing), coverage={}, suspicious=suspicious)
        return RepairRequest(view=self.view, failure=failure, budget=budget)

    async def repaired(self, failing: Sequence[str], passing: Sequence[str] = (), *, n_enough: int = 10) -> Proposals:
        """Returns what is found until there are enough; the time is for machines that have other things to do."""
        request = self.request(failing, passing, RepairBudget(wall_s=40.0, n_processes=1))
        return await EmbeddedRepairer(self.sandbox, n_enough=n_enough).repair(request, lambda _: None)

    def patched(self, proposals: Proposals) -> list[dict[str, str]]:
        """Returns the changed files of each proposal."""
        views = [patched_view(self.view, patch.edits) for patch in proposals.patches]
        return [{str(path): text for path, text in view.edits.items()} for view in views]

    def line_after(self, proposals: Proposals, before: str) -> set[str]:
        """Returns what becomes of a line in the proposals that change nothing else."""
        found = set()
        for files in self.patched(proposals):
            for name, text in files.items():
                old, new = self.texts[PurePosixPath(name)].splitlines(), text.splitlines()
                changed = [(one, other) for one, other in zip(old, new, strict=False) if one != other]
                if len(old) == len(new) and [one.strip() for one, _ in changed] == [before]:
                    found.add(changed[0][1].strip())
        return found


async def test_a_comparison_is_repaired_within_the_users_own_formatting(sandbox: Sandbox, tmp_path: Path) -> None:
    program = """\
        def clamp(x,lo,hi):   # by hand
            if x<lo: return lo
            if ( x < hi   ):  # !
                return hi  # !
            return x
        """
    tests = """
        from program import clamp

        def test_high():
            assert clamp(9, 2, 5) == 5

        def test_inside():
            assert clamp(3, 2, 5) == 3

        def test_low():
            assert clamp(1, 2, 5) == 2
        """
    project = Project(tmp_path, sandbox, {"program.py": program, "test_program.py": tests})
    names = [f"test_program.py::{name}" for name in ("test_high", "test_inside", "test_low")]
    proposals = await project.repaired(names[:2], names[2:])
    assert "if ( x > hi   ):  # !" in project.line_after(proposals, "if ( x < hi   ):  # !")
    assert proposals.n_tried > 50
    assert all(patch.prior > 0 and patch.explanation.startswith("program.py, line") for patch in proposals.patches)
    every_text = [text for files in project.patched(proposals) for text in files.values()]
    assert len(every_text) == len(set(every_text))


async def test_methods_fixtures_parameters_classes_generators_and_coroutines(sandbox: Sandbox, tmp_path: Path) -> None:
    program = """
        import asyncio

        class Cart:
            def __init__(self, items):
                self.items = items

            @property
            def total(self):
                return sum(price for price, count in self.items)  # !

            def running(self):
                result = 0
                for price, count in self.items:
                    yield result  # !
                    result += price * count  # !

            async def doubled(self):
                await asyncio.sleep(0)
                return self.total * 3  # !
        """
    tests = """
        import asyncio
        import pytest
        from program import Cart

        @pytest.fixture
        def cart():
            return Cart([(2, 3), (5, 1)])

        class TestCart:
            @pytest.mark.parametrize(("items", "total"), [([(2, 3)], 6), ([], 0), ([(4, 1), (1, 2)], 6)])
            def test_total(self, items, total):
                assert Cart(items).total == total

        def test_running(cart):
            assert list(cart.running()) == [6, 11]

        def test_doubled():
            assert asyncio.run(Cart([(4, 1)]).doubled()) == 8
        """
    project = Project(tmp_path, sandbox, {"program.py": program, "test_program.py": tests})
    total = [f"test_program.py::TestCart::test_total[items{i}-{n}]" for i, n in enumerate((6, 0, 6))]
    proposals = await project.repaired([total[0], total[2]], [total[1]], n_enough=1)
    line = "return sum(price for price, count in self.items)  # !"
    assert "return sum(price * count for price, count in self.items)  # !" in project.line_after(proposals, line)
    proposals = await project.repaired(["test_program.py::test_running"], n_enough=1)
    moved = "            result += price * count  # !\n            yield result  # !\n"
    assert any(moved in text for files in project.patched(proposals) for text in files.values())
    proposals = await project.repaired(["test_program.py::test_doubled"], n_enough=1)
    assert "return self.total * 2  # !" in project.line_after(proposals, "return self.total * 3  # !")


async def test_cases_of_unittest_are_repaired(sandbox: Sandbox, tmp_path: Path) -> None:
    program = """\
        class Account:
            def __init__(self, balance):
                self.balance = balance

            def withdraw(self, amount):
                self.balance += amount  # !
        """
    tests = """
        import unittest
        from program import Account

        class TestAccount(unittest.TestCase):
            def setUp(self):
                self.account = Account(10)

            def test_withdraw(self):
                self.account.withdraw(3)
                self.assertEqual(self.account.balance, 7)

            def test_withdraw_twice(self):
                with self.subTest("once"):
                    self.account.withdraw(3)
                self.account.withdraw(4)
                self.assertEqual(self.account.balance, 3)

            def test_balance(self):
                self.assertEqual(self.account.balance, 10)

            @unittest.skip("later")
            def test_later(self):
                self.fail()
        """
    project = Project(tmp_path, sandbox, {"program.py": program, "test_program.py": tests})
    names = [f"test_program.py::TestAccount::{name}" for name in ("test_withdraw", "test_withdraw_twice")]
    proposals = await project.repaired(names, ["test_program.py::TestAccount::test_balance"])
    assert "self.balance -= amount  # !" in project.line_after(proposals, "self.balance += amount  # !")


async def test_what_is_evaluated_on_import_is_imported_anew(sandbox: Sandbox, tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/rates.py": """
            RATE = 3

            def tax(price, share=1):
                return price * RATE * share  # !
            """,
        "tests/test_rates.py": """
            from shop.rates import RATE, tax

            def test_tax():
                assert tax(10) == 20
                assert RATE == 2

            def test_share():
                assert tax(10, 0) == 0
            """,
    }
    project = Project(tmp_path, sandbox, files)
    proposals = await project.repaired(
        ["tests/test_rates.py::test_tax"], ["tests/test_rates.py::test_share"], n_enough=1
    )
    assert project.line_after(proposals, "RATE = 3") == {"RATE = 2"}


async def test_functions_that_a_decorator_made_on_import_are_exchanged_too(sandbox: Sandbox, tmp_path: Path) -> None:
    files = {
        "counted.py": """
            def counted(function):
                def wrapper(*arguments):
                    function(*arguments)  # !
                return wrapper

            @counted
            def double(number):
                return 2 * number
            """,
        "test_counted.py": """
            from counted import double

            def test_double():
                assert double(4) == 8
            """,
    }
    project = Project(tmp_path, sandbox, files)
    proposals = await project.repaired(["test_counted.py::test_double"], n_enough=1)
    assert "return function(*arguments)  # !" in project.line_after(proposals, "function(*arguments)  # !")


async def test_the_parents_constructor_is_called(sandbox: Sandbox, tmp_path: Path) -> None:
    files = {
        "staff.py": """
            class Person:
                def __init__(self, name):
                    self.name = name
                    self.notes = []

            class Manager(Person):
                def __init__(self, name, team):
                    self.team = team  # !
            """,
        "test_staff.py": """
            from staff import Manager

            def test_manager():
                manager = Manager("Ann", [])
                assert (manager.name, manager.notes, manager.team) == ("Ann", [], [])
            """,
    }
    project = Project(tmp_path, sandbox, files)
    proposals = await project.repaired(["test_staff.py::test_manager"], n_enough=1)
    assert any("super().__init__(name)" in files["staff.py"] for files in project.patched(proposals))


async def test_a_mutant_that_leaves_a_state_behind_repairs_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    program = """
        seen = []

        def count(word, bag=[]):
            seen.append(word)  # !
            bag.append(word)
            return len(seen) + len(bag)  # !
        """
    tests = """
        import program

        def test_count():
            assert program.count("a") == 1
            assert program.count("b") == 2

        def test_note():
            program.seen.append("c")
            assert program.seen[-1:] == ["c"]
        """
    project = Project(tmp_path, sandbox, {"program.py": program, "test_program.py": tests})
    names = ["test_program.py::test_count", "test_program.py::test_note"]
    proposals = await project.repaired(names[:1], names[1:])
    assert "return len(seen)  # !" in project.line_after(proposals, "return len(seen) + len(bag)  # !")
    for number, files in enumerate(project.patched(proposals)):
        text = files["program.py"]
        check = f"{text}\nassert count('a') == 1\nassert count('b') == 2\n"
        view = ProjectView(folder=tmp_path, interpreter=INTERPRETER)
        result = await sandbox.run(Program(view=view, arguments=("-c", check)))
        assert result.end.exit_code == 0, (number, text)


async def test_expressions_are_built_of_what_is_in_scope(sandbox: Sandbox, tmp_path: Path) -> None:
    program = """
        def volume(width, height, depth):
            pass  # !

        def middle(values):
            half = len(values) // 2
            return values[len(values)]  # !
        """
    tests = """
        import program

        def test_volume():
            assert program.volume(2, 3, 4) == 24

        def test_volume_again():
            assert program.volume(1, 1, 5) == 5

        def test_middle():
            assert program.middle([7, 1, 9]) == 1
            assert program.middle([3]) == 3
        """
    project = Project(tmp_path, sandbox, {"program.py": program, "test_program.py": tests})
    proposals = await project.repaired(
        ["test_program.py::test_volume", "test_program.py::test_volume_again"], n_enough=5
    )
    texts = [files["program.py"] for files in project.patched(proposals)]
    products = (
        "width * (height * depth)",
        "width * height * depth",
        "height * (width * depth)",
        "width * depth * height",
    )
    assert any(product in text for text in texts for product in products)
    proposals = await project.repaired(["test_program.py::test_middle"])
    assert "return values[half]  # !" in project.line_after(proposals, "return values[len(values)]  # !")
    assert "synthesised_target" in {patch.kind for patch in proposals.patches}


async def test_examples_in_docstrings_weigh_or_bind(sandbox: Sandbox, tmp_path: Path) -> None:
    program = '''
        def power(base, exponent):
            """Raises a number to a power.

            >>> power(5, 1)
            5
            >>> power(3, 2)
            9
            """
            return base + exponent - 1  # !
        '''
    tests = "from program import power\n\ndef test_power():\n    assert power(2, 2) == 4\n"
    project = Project(tmp_path, sandbox, {"program.py": program, "test_program.py": tests})
    proposals = await project.repaired(["test_program.py::test_power"])
    texts = [files["program.py"] for files in project.patched(proposals)]
    assert texts
    for text in texts:
        check = f"{text}\nassert power(2, 2) == 4\nassert power(5, 1) == 5\n"
        view = ProjectView(folder=tmp_path, interpreter=INTERPRETER)
        result = await sandbox.run(Program(view=view, arguments=("-c", check)))
        assert result.end.exit_code == 0, text


async def test_a_missing_import_is_added_above(sandbox: Sandbox, tmp_path: Path) -> None:
    program = '''
        """Words."""

        import re  # words

        def words(text):
            counts = Counter(re.findall("[a-z]+", text))  # !
            return dict(counts)  # !
        '''
    tests = "from program import words\n\ndef test_words():\n    assert words('a b a') == {'a': 2, 'b': 1}\n"
    project = Project(tmp_path, sandbox, {"program.py": program, "test_program.py": tests})
    proposals = await project.repaired(["test_program.py::test_words"])
    wanted = project.texts[PurePosixPath("program.py")].replace(
        "# words\n", "# words\nfrom collections import Counter\n"
    )
    assert {"program.py": wanted} in project.patched(proposals)


async def test_endless_loops_crashes_and_output_are_survived(sandbox: Sandbox, tmp_path: Path) -> None:
    program = """
        import os

        def countdown(n):
            steps = 0
            while n > 0:  # !
                print("." * 100)
                n -= 1  # !
                if n < -5:  # !
                    os._exit(3)
            return steps  # !
        """
    tests = "from program import countdown\n\ndef test_countdown():\n    assert countdown(3) == 3\n"
    project = Project(tmp_path, sandbox, {"program.py": program, "test_program.py": tests})
    proposals = await project.repaired(["test_program.py::test_countdown"], n_enough=3)
    added = [text for files in project.patched(proposals) for text in files.values() if "        steps += 1\n" in text]
    assert added


async def test_the_project_under_repair_may_be_called_inkling(sandbox: Sandbox, tmp_path: Path) -> None:
    files = {
        "inkling/__init__.py": "",
        "inkling/core.py": "def half(n):\n    return n / 3  # !\n",
        "test_half.py": "from inkling.core import half\n\ndef test_half():\n    assert half(8) == 4\n",
    }
    project = Project(tmp_path, sandbox, files)
    proposals = await project.repaired(["test_half.py::test_half"])
    assert "return n / 2  # !" in project.line_after(proposals, "return n / 3  # !")


GREETINGS = {
    "shop/greetings.py": """\
        def greeting(name, names):
            words = name.split()  # !
            known = [other for other in names if other == name]  # !
            return " ".join(words), len(known)  # !
    """,
    "shop/farewells.py": """\
        import unicodedata

        def farewell(guest, guests):
            guest = unicodedata.normalize("NFKC", guest)
            words = guest.split()
            known = [other for other in guests if other == guest]
            return " ".join(words), len(known)
    """,
    "test_greetings.py": """\
        from shop.greetings import greeting

        def test_plain():
            assert greeting("Eve", ["Eve"]) == ("Eve", 1)

        def test_ligature():
            assert greeting("\ufb01nn", ["finn", "eve"]) == ("finn", 1)

        def test_full_width():
            assert greeting("\uff21da  L", ["eve"]) == ("Ada L", 0)
    """,
}
FAILING_GREETINGS = ["test_greetings.py::test_ligature", "test_greetings.py::test_full_width"]


async def test_a_statement_is_borrowed_from_another_file_of_the_workspace(sandbox: Sandbox, tmp_path: Path) -> None:
    project = Project(tmp_path, sandbox, GREETINGS)
    proposals = await project.repaired(FAILING_GREETINGS, ["test_greetings.py::test_plain"], n_enough=1)
    (files,) = project.patched(proposals)
    lines = files["shop/greetings.py"].splitlines()
    assert lines[0] == "import unicodedata"
    assert '    name = unicodedata.normalize("NFKC", name)' in [line.replace("'", '"') for line in lines]
    assert proposals.patches[0].kind == "borrowed"


def test_what_is_excluded_or_ignored_or_a_test_lends_nothing(tmp_path: Path) -> None:
    names = ("shop/cart.py", "shop/taxes.py", "other/far.py", "secret/keys.py", "made/out.py", "shop/test_cart.py")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("def f():\n    return 1\n")
    (tmp_path / "data.py").write_text("ROWS = [" + "1, " * 60_000 + "]\n")
    (tmp_path / ".gitignore").write_text("made/\n")
    view = ProjectView(folder=tmp_path, interpreter=INTERPRETER)
    found = lending_files(view, [PurePosixPath("shop/cart.py")], ["secret/"])
    assert [str(path) for path in found] == ["shop/taxes.py", "other/far.py"]


async def test_unsaved_texts_are_what_is_repaired(sandbox: Sandbox, tmp_path: Path) -> None:
    tests = "from program import double\n\ndef test_double():\n    assert double(4) == 8\n"
    project = Project(tmp_path, sandbox, {"program.py": "def double(n):\n    return n * 2\n", "test_program.py": tests})
    path = PurePosixPath("program.py")
    project.texts[path] = "# unsaved\ndef double(n):\n    return n * 3  # !\n"
    project.view = ProjectView(folder=tmp_path, interpreter=INTERPRETER, edits={path: project.texts[path]})
    proposals = await project.repaired(["test_program.py::test_double"])
    assert "return n * 2  # !" in project.line_after(proposals, "return n * 3  # !")
    assert (tmp_path / "program.py").read_text() == "def double(n):\n    return n * 2\n"


async def test_tests_that_cannot_be_loaded_are_told(sandbox: Sandbox, tmp_path: Path) -> None:
    files = {"program.py": "def f():\n    return 1  # !\n", "test_program.py": "import program, no_such_package\n"}
    project = Project(tmp_path, sandbox, files)
    with pytest.raises(SandboxError, match="pytest does not find"):
        await project.repaired(["test_program.py::test_f"])


async def test_a_sandbox_that_cannot_start_is_told_as_such(sandbox: Sandbox, tmp_path: Path) -> None:
    project = Project(tmp_path, sandbox, {"program.py": "def f():\n    return 1  # !\n", "test_program.py": ""})
    project.view = ProjectView(folder=tmp_path, interpreter=tmp_path / "no" / "python")
    with pytest.raises(SandboxError):
        await project.repaired(["test_program.py::test_f"])


async def test_a_cancelled_search_leaves_nothing_behind(sandbox: Sandbox, tmp_path: Path) -> None:
    program = "def f(n):\n    while n:  # !\n        n = n - 1  # !\n    return 7  # !\n"
    tests = "import program\n\ndef test_f():\n    assert program.f(3) == 'nothing makes this'\n    assert not program\n"
    project = Project(tmp_path, sandbox, {"program.py": program, "test_program.py": tests})
    has_begun = asyncio.Event()

    def progress(told: RepairProgress) -> None:
        if told.n_tried > 0:
            has_begun.set()

    budget = RepairBudget(wall_s=100.0, n_processes=2)
    request = project.request(["test_program.py::test_f"], [], budget)
    search = asyncio.create_task(EmbeddedRepairer(sandbox).repair(request, progress))
    await has_begun.wait()
    assert working_in(tmp_path)
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search
    assert working_in(tmp_path) == []


def working_in(folder: Path) -> list[str]:
    """Returns the processes whose working directory is a folder; a sandbox has its project's under the same path."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                found.append(process.name)
        except OSError:
            continue
    return found
