"""How often a test visits each block, found out in a process that nobody keeps."""

import json
import os
import select
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from _pytest.runner import runtestprotocol

from .project import Project
from .visit_trace import BlockOfFile, VisitTrace


def counted_in_a_fork(item: Any, nextitem: Any, project: Project, longest_s: float) -> Mapping[BlockOfFile, int]:
    """Runs a test in a fork and returns how often it visits each block; empty when that cannot be found out.

    Args:
        item: The test, as pytest has it.
        nextitem: What pytest runs after it.
        project: Whose blocks are counted.
        longest_s: Seconds that it may take.
    """
    reading, writing = os.pipe2(os.O_CLOEXEC)
    process_id = os.fork()
    if process_id == 0:
        try:
            os.close(reading)
            trace = VisitTrace(project, None)
            trace.start()
            try:
                runtestprotocol(item, log=False, nextitem=nextitem)
            finally:
                trace.stop()
                counts = [[*block, count] for block, count in trace.counts.items()]
                with os.fdopen(writing, "w") as file:
                    json.dump(counts, file)
        finally:
            os._exit(0)
    os.close(writing)
    text = b""
    end_s = time.monotonic() + longest_s
    while select.select([reading], (), (), max(0.0, end_s - time.monotonic()))[0]:
        piece = os.read(reading, 65536)
        if not piece:
            break
        text += piece
    os.close(reading)
    os.kill(process_id, signal.SIGKILL)
    os.waitpid(process_id, 0)
    with suppress(ValueError, TypeError):  # the test ended its process, or wrote into our pipe
        return {(str(path), int(first), int(last)): int(count) for path, first, last, count in json.loads(text)}
    return {}
