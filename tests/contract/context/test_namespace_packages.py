"""Packages without an `__init__.py` are found wherever they lie, and whatever they are called."""

from pathlib import Path

from inkling.context.analysis.namespaces import Namespaces


def test_a_package_without_init_is_found_inside_another(tmp_path: Path) -> None:
    module = tmp_path / "checks" / "slow" / "http.py"
    module.parent.mkdir(parents=True)
    module.write_text("retries = 3\n")
    namespaces = Namespaces([str(tmp_path)], lambda _path: None, version=(3, 11))
    assert namespaces.has_module(("checks", "slow"))
    assert "retries" in namespaces.module_names(("checks", "slow", "http")).names
    assert not namespaces.has_module(("checks", "slow", "absent"))
