"""Forks of this very process: what hangs or dies harms nobody else."""

import math
import os
import signal
import time
from pathlib import Path

from inkling.engine.judging.forks import Tell, run_in_forks


def fine(tell: Tell) -> None:
    tell(b"one ")
    tell(b"two")


def hang(tell: Tell) -> None:
    tell(b"begun")
    while True:
        time.sleep(1)


def die(tell: Tell) -> None:
    tell(b"alive")
    os.kill(os.getpid(), signal.SIGKILL)


def fail(tell: Tell) -> None:
    raise SystemExit(3)


def flood(tell: Tell) -> None:
    tell(b"x" * 1_000_000)


def test_each_loses_only_what_it_had_not_told() -> None:
    told = run_in_forks([fine, hang, die, fail, flood, fine], n_processes=2, wall_s=2)
    assert told == [b"one two", b"begun", b"alive", b"", b"x" * 1_000_000, b"one two"]


def test_what_a_fork_started_ends_with_it() -> None:
    def start(tell: Tell) -> None:
        pid = os.fork()
        if pid == 0:
            os.closerange(3, 100)
            while True:
                time.sleep(1)
        tell(str(pid).encode())

    (told,) = run_in_forks([start], n_processes=1, wall_s=5)
    deadline_s = time.monotonic() + 10
    while _runs(int(told)):  # its end is the kernel's to tell
        assert time.monotonic() < deadline_s
    assert not _runs(int(told))


def test_nothing_is_started_when_time_is_over() -> None:
    assert run_in_forks([fine, fine], n_processes=1, wall_s=5, ends_at_s=-math.inf) == [b"", b""]


def test_no_jobs() -> None:
    assert run_in_forks([], n_processes=2, wall_s=1) == []


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
