"""Battery and load, as the kernel tells them."""

from pathlib import Path

import pytest

from inkling.app.machine import LocalMachine


def _supply(power: Path, name: str, **facts: str) -> None:
    (power / name).mkdir(parents=True)
    for fact, value in facts.items():
        (power / name / fact).write_text(f"{value}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("status", "is_on_battery"), [("Discharging", True), ("Charging", False), ("Full", False), ("Not charging", False)]
)
async def test_a_battery_that_is_being_emptied_counts(tmp_path: Path, status: str, is_on_battery: bool) -> None:
    _supply(tmp_path, "AC", type="Mains", online="0")
    _supply(tmp_path, "BAT0", type="Battery", status=status)
    assert await LocalMachine(tmp_path).is_on_battery() is is_on_battery


async def test_a_mouses_battery_does_not(tmp_path: Path) -> None:
    _supply(tmp_path, "mouse", type="Battery", scope="Device", status="Discharging")
    assert not await LocalMachine(tmp_path).is_on_battery()


async def test_where_nothing_is_told_it_is_plugged_in(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    assert not await LocalMachine(tmp_path).is_on_battery()
    assert not await LocalMachine(tmp_path / "missing").is_on_battery()
    assert await LocalMachine().load() >= 0.0
