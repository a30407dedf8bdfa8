"""A program that fails, seen as a test: it passes when the program ends without an error."""

from pathlib import PurePosixPath

from inkling.features.fix.traceback_text import ReadTraceback, TracebackFrame

TEST_FILE = PurePosixPath("test_inkling_program.py")
TEST = f"{TEST_FILE}::test_program"
_TEXT = """import runpy
import sys


def test_program():
    sys.argv = [{path!r}]
    sys.path.insert(0, {folder!r})
    try:
        runpy.run_path({path!r}, run_name="__main__")
    except SystemExit as ended:
        if ended.code not in (None, 0):
            raise
"""


def program_of(traceback: ReadTraceback) -> PurePosixPath | None:
    """Returns the file that was run as a program when a traceback came, as far as that is in the project."""
    first: TracebackFrame | None = next(iter(traceback.frames), None)
    return first.path if first is not None and first.function == "<module>" else None


def text_of_test(program: PurePosixPath) -> str:
    """Returns a test that runs a program as `python FILE` does, without arguments."""
    return _TEXT.format(path=str(program), folder=str(program.parent))
