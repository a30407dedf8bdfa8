"""A fix is written whole or not at all, and only over what the search has seen."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest

from inkling.app.fixed_files import write_fix
from inkling.core.edit import TextEdit
from inkling.core.errors import UserError
from inkling.core.execution import ProjectView
from inkling.core.repair import Evidence, FileEdit, Fix, FixAnswer, JudgedPatch, Patch, PatchVerdict
from inkling.core.suggestion import Source
from inkling.features.fix import FixOutcome

TEXTS = {PurePosixPath("a.py"): "x = 1\r\n", PurePosixPath("pkg/b.py"): "y = '🙂'\n"}


NOBODY = 65534  # the user who owns nothing


def _write_texts(folder: Path) -> None:
    for path, text in TEXTS.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(text.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _write_texts(tmp_path)
    return tmp_path


def _outcome(folder: Path, *names: str) -> tuple[FixOutcome, Fix]:
    """A fix that replaces the first letter of each file."""
    edits = [FileEdit(path=PurePosixPath(name), edit=TextEdit(offset=0, n_removed=1, inserted="z")) for name in names]
    patch = Patch(edits=tuple(edits), kind="name", source=Source.EMBEDDED, explanation="A name.", prior=1.0)
    fix = Fix(
        judged=JudgedPatch(patch=patch, probability=0.9, verdict=PatchVerdict.VERIFIED),
        evidence=Evidence(failed_before=(), n_others_pass=0, n_not_run=0, n_inputs=0),
        diff="",
    )
    view = ProjectView(folder=folder, interpreter=Path(sys.executable))
    outcome = FixOutcome(
        session_id="s", answer=FixAnswer(fixes=(fix,), reason=None, message=""), offered=(), view=view, texts=TEXTS
    )
    return outcome, fix


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_files_of_a_fix_are_written_with_their_line_ends_and_modes(folder: Path) -> None:
    (folder / "a.py").chmod(0o750)
    write_fix(*_outcome(folder, "a.py", "pkg/b.py"))
    assert _files(folder) == {"a.py": b"z = 1\r\n", "pkg/b.py": "z = '🙂'\n".encode()}
    assert (folder / "a.py").stat().st_mode & 0o777 == 0o750


def test_a_link_stays_a_link(folder: Path) -> None:
    (folder / "pkg" / "b.py").rename(folder / "pkg" / "real.py")
    (folder / "pkg" / "b.py").symlink_to("real.py")
    write_fix(*_outcome(folder, "pkg/b.py"))
    assert (folder / "pkg" / "b.py").is_symlink()
    assert (folder / "pkg" / "real.py").read_text(encoding="utf-8").startswith("z")


def test_a_file_that_has_changed_since_stops_all(folder: Path) -> None:
    (folder / "pkg" / "b.py").write_text("y = 2\n", encoding="utf-8")
    before = _files(folder)
    with pytest.raises(UserError, match=r"pkg/b\.py has changed since the search began"):
        write_fix(*_outcome(folder, "a.py", "pkg/b.py"))
    assert _files(folder) == before


def test_tests_are_never_written(folder: Path) -> None:
    (folder / "test_a.py").write_text("x = 1\n", encoding="utf-8")
    before = _files(folder)
    with pytest.raises(UserError, match="never changes tests"):
        write_fix(*_outcome(folder, "a.py", "test_a.py"))
    assert _files(folder) == before


def test_what_cannot_be_written_leaves_no_temporary_file(folder: Path) -> None:
    """The name of the second file is so long that no temporary one can stand beside it."""
    long_name = PurePosixPath("pkg") / f"{'b' * (os.pathconf(folder, 'PC_NAME_MAX') - 3)}.py"
    (folder / long_name).write_bytes(b"y = 1\n")
    before = _files(folder)
    outcome, fix = _outcome(folder, "a.py", str(long_name))
    with pytest.raises(UserError, match=rf"^pkg/{long_name.name} cannot be written"):
        write_fix(replace(outcome, texts={**TEXTS, long_name: "y = 1\n"}), fix)
    assert _files(folder) == before


def test_a_fix_is_not_written_twice_by_two_at_once(folder: Path) -> None:
    """Each search saw the file as it was; only the first one's fix is still a fix for what is there."""
    first, second = _outcome(folder, "a.py"), _outcome(folder, "a.py")
    answers = []
    with ThreadPoolExecutor() as threads:
        for written in [threads.submit(write_fix, *each) for each in (first, second)]:
            answers.append(written.exception())
    assert _files(folder)["a.py"] == b"z = 1\r\n"
    (refusal,) = [answer for answer in answers if answer is not None]
    assert "a.py has changed since the search began; nothing was written" in str(refusal)


@contextmanager
def _nobody_in_particular() -> Iterator[None]:
    """Takes root's leave to write everywhere away for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_cannot_be_written_names_the_file_itself() -> None:
    # Not below pytest's own folder, which is its owner's alone.
    with TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        _write_texts(folder)
        (folder / "pkg").chmod(0o555)
        with _nobody_in_particular(), pytest.raises(UserError, match=r"^pkg/b\.py cannot be written \("):
            write_fix(*_outcome(folder, "pkg/b.py"))
        assert (folder / "pkg" / "b.py").read_bytes() == TEXTS[PurePosixPath("pkg/b.py")].encode()
        (folder / "pkg").chmod(0o700)
