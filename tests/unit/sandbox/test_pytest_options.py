from pathlib import Path

import pytest

from inkling.sandbox.suite.child.options import project_options, without_obstacles


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ("-n auto -q", "-q"),
        ("-n4 -v", "-v"),
        ("-n=2 --dist loadfile", ""),
        ("--cov --cov-report=xml -m slow", "-m slow"),
        ("--cov shop --doctest-modules", "--doctest-modules"),
        ("--cov=shop --strict-markers", "--strict-markers"),
        ("-x --maxfail=2 --maxfail 3 -ra", "-ra"),
        ("--pdb --lf --ff --sw -s --import-mode=importlib", "--import-mode=importlib"),
        ("--reruns 3 -p no:warnings -W error", "-p no:warnings -W error"),
        ("--junitxml=out.xml --html report.html -k not_slow", "-k not_slow"),
        ("--timeout 30 --ds settings", "--ds settings"),
        ("--strict", "--strict"),
        ("-svv -xl", "-vv -l"),
    ],
)
def test_what_is_kept(tmp_path: Path, options: str, kept: str) -> None:
    assert without_obstacles(options.split(), tmp_path, keep_paths=True) == kept.split()


def test_paths_among_the_options_do_not_add_to_named_tests(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "slow").mkdir()
    options = ["tests", "-m", "slow", "-q"]
    assert without_obstacles(options, tmp_path, keep_paths=True) == options
    assert without_obstacles(options, tmp_path, keep_paths=False) == ["-m", "slow", "-q"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\naddopts = -q -k 'a b'\n"),
        ("tox.ini", "[pytest]\naddopts = -q -k 'a b'\n"),
        ("setup.cfg", "[tool:pytest]\naddopts = -q -k 'a b'\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\naddopts = \"-q -k 'a b'\"\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["-q", "-k", "a b"]\n'),
    ],
)
def test_the_projects_options(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "test_a.py").touch()
    assert project_options(["test_a.py::test_x"], tmp_path) == ["-q", "-k", "a b"]


@pytest.mark.parametrize("text", ["", '[tool.pytest.ini_options]\naddopts = "-k \'a"\n', "[tool"])
def test_a_configuration_that_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert project_options([], tmp_path) == []
