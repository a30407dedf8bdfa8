"""One run of tests, in the process that was forked for it."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

import pytest

from .event_writer import EventWriter
from .frames import Job
from .line_trace import line_trace
from .options import pytest_arguments
from .project import Project
from .recorder import Recorder

COUNTING_SHARE = 0.3  # of the time may go into counting visits; a test that hangs is then still followed for a while


def run_job(job: Job, events_descriptor: int) -> int:
    """Runs a job and returns pytest's exit code.

    Args:
        job: What to run, in the current folder.
        events_descriptor: Where the events go.
    """
    folder = Path.cwd()
    events = EventWriter(events_descriptor)
    project = Project(str(folder))
    recorder = Recorder(
        events,
        project,
        lines=line_trace(project) if job.with_coverage else None,
        visit_counting_s=job.wall_s * COUNTING_SHARE if job.with_visits else None,
    )

    def on_out_of_time(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)  # the kernel repeats it each second; once is enough
        if os.getpid() == own_process:
            recorder.out_of_time()

    own_process = os.getpid()
    # Sent by the zygote when the time is nearly over, and by the kernel when that of the CPU is.
    signal.signal(signal.SIGXCPU, on_out_of_time)
    arguments = pytest_arguments(job, folder)
    sys.argv = ["pytest", *arguments]
    exit_code = int(pytest.main(arguments, plugins=[recorder]))
    events.write({"kind": "ended", "exit_code": exit_code})
    return exit_code
