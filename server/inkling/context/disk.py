"""Files on disk, read in a thread."""

import asyncio
from pathlib import Path

from inkling.context.sources import read_source


class DiskReader:
    """Reads source files that no editor has open."""

    async def read(self, path: Path) -> str | None:
        """Returns a file's text; None when it is gone, not UTF-8, larger than 512 KiB, or not written by hand."""
        return await asyncio.to_thread(read_source, str(path))
