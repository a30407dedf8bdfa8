"""What a version manager's script on the PATH really starts."""

import sys
from pathlib import Path

import pytest

from inkling.context.interpreter import behind_shim


def _script(place: Path, text: str) -> Path:
    path = place / "python3"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_shim_is_asked_what_it_starts_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "chosen").write_text(sys.executable, encoding="utf-8")
    shim = _script(tmp_path, '#!/bin/sh\nexec "$(cat chosen)" "$@"\n')
    assert behind_shim(shim, tmp_path) == Path(sys.executable)


def test_what_is_no_script_is_not_run() -> None:
    assert behind_shim(Path(sys.executable), Path("/nowhere")) == Path(sys.executable)


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 3\n", "#!/bin/sh\necho /no/such/python\n", "#!/no/such/shell\n"])
def test_a_shim_that_tells_nothing_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    shim = _script(tmp_path, text)
    assert behind_shim(shim, tmp_path) == shim
    assert behind_shim(tmp_path / "missing", tmp_path) == tmp_path / "missing"
