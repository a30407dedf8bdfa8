"""The package is built with a compiler and without one, and each process can be told to do without the core."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.sandboxes.backends import skip_for_want_of

from inkling.app.doctor import compiled_core, finding_lines
from inkling.engine.language.compiled import CoreInUse

ROOT = Path(__file__).parents[3]
CORE = "inkling/engine/language/_core.abi3.so"


def build_wheel(folder: Path, **environment: str) -> tuple[str, set[str], str]:
    """Returns the wheel's tag, the names in it, and what was said."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    inherited = {name: value for name, value in os.environ.items() if name not in ("INKLING_PURE", "CC")}
    done = subprocess.run(command, env=inherited | environment, capture_output=True, text=True, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return wheel.stem.split("-", 2)[2], set(archive.namelist()), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PATH": ""}, "no C compiler was found"),
        ({"CC": shutil.which("false") or "false"}, "failed"),
        ({"INKLING_PURE": "1"}, "INKLING_PURE is set"),
    ],
)
def test_without_a_compiler_the_wheel_is_for_any_platform(
    tmp_path: Path, environment: dict[str, str], words: str
) -> None:
    tag, names, said = build_wheel(tmp_path, **environment)
    assert tag == "py3-none-any"
    assert CORE not in names
    assert "inkling/engine/language/pure_core.py" in names
    assert words in said


def test_with_a_compiler_the_core_is_in_the_wheel(tmp_path: Path) -> None:
    if shutil.which("cc") is None:
        skip_for_want_of("a C compiler")
    tag, names, _ = build_wheel(tmp_path)
    assert tag.startswith("cp311-abi3-")
    assert CORE in names
    assert not any(name.endswith((".c", ".h")) for name in names)


def test_a_process_can_be_told_to_do_without_the_core() -> None:
    code = "from inkling.engine.language.compiled import in_use; print(*in_use)"
    environment = os.environ | {"INKLING_PURE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "False INKLING_PURE is set\n"


def test_the_doctor_says_which_core_is_in_use() -> None:
    findings = [compiled_core(CoreInUse(True, "built")), compiled_core(CoreInUse(False, "INKLING_PURE is set"))]
    assert finding_lines(findings) == [
        "ok       completion core: compiled (built)",
        "optional completion core: Python and NumPy, with the same answers more slowly (INKLING_PURE is set)",
    ]
