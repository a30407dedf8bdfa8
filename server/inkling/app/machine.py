"""Whether the machine has time and power to spare."""

import asyncio
import os
from pathlib import Path

POWER = Path("/sys/class/power_supply")


class LocalMachine:
    """Asks the operating system. Implements `features.fix.Machine`."""

    def __init__(self, power: Path = POWER) -> None:
        """Takes the folder in which the kernel describes power supplies."""
        self._power = power

    async def is_on_battery(self) -> bool:
        """Tells whether a battery is being emptied; False where that cannot be told, as on other systems than Linux.

        Source: Linux kernel documentation, ABI/testing/sysfs-class-power (type, status, scope).
        """
        return await asyncio.to_thread(self._is_on_battery)

    async def load(self) -> float:
        """Returns how many processes ran or waited in the last minute, for each processor; 0 where that is unknown."""
        if not hasattr(os, "getloadavg"):
            return 0.0
        return os.getloadavg()[0] / (os.cpu_count() or 1)

    def _is_on_battery(self) -> bool:
        try:
            supplies = list(self._power.iterdir())
        except OSError:
            return False
        # A mouse has a battery too; its scope is a device and not the system.
        batteries = [supply for supply in supplies if _read(supply, "type") == "Battery"]
        own = [battery for battery in batteries if _read(battery, "scope") != "Device"]
        return any(_read(battery, "status") == "Discharging" for battery in own)


class IdleMachine:
    """A machine with all the time there is, for tests."""

    async def is_on_battery(self) -> bool:
        """Returns False."""
        return False

    async def load(self) -> float:
        """Returns 0."""
        return 0.0


def _read(supply: Path, name: str) -> str:
    try:
        return (supply / name).read_text("utf-8", "replace").strip()
    except OSError:
        return ""
