"""A warm Python that forks for each job: run with `-m`, it reads jobs on its standard input until that is closed.

The protocol keeps the two descriptors that it began with and nobody else gets them: a job has a pipe of its own for
its events, which are passed on as they are. After a job every process and every file that it left is removed; where
that fails, the answer says so and the runner starts a fresh sandbox. A job can neither signal nor look into the zygote
(`linux.keep_to_own_descendants`). It has no namespaces of its own: to make some it would need user namespaces, which
open much of the kernel to the packages that the zygote imports, and which the sandbox therefore refuses to all.
"""

import fcntl
import gc
import importlib
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import linux
from .frames import HEADER, MAX_EVENTS_BYTES, FrameKind, Job, encode, encode_object
from .project import Project

FIRST_DESCRIPTOR = 100  # of those we keep: tests expect low numbers to be free, and close a few of them at times
CHUNK_BYTES = 65536
STDERR_BYTES = 8192  # of what a job prints outside of its tests, its end
REPORT_S = 3.0  # for a job to say where it stood when its time was over, before it is killed
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - in the sandbox, where it is its own
POLL_S = 0.05  # how soon the end of a job is seen where the kernel has no process descriptors


@dataclass(frozen=True, slots=True, kw_only=True)
class _Descriptors:
    """The two ends of the protocol."""

    jobs: int
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """A job's process with what is held of it."""

    process_id: int
    events: int
    log: int
    started_at_s: float


def main() -> None:
    """Serves jobs until the standard input is closed."""
    descriptors = _take_descriptors()
    linux.adopt_orphans()
    linux.set_readable_by_others(False)
    sys.path.insert(0, str(Path.cwd()))  # as `python -m pytest` has it
    try:
        pytest = importlib.import_module("pytest")
    except Exception as error:  # noqa: BLE001 - the user's environment may be broken in any way; the runner tells it
        _write(descriptors.answers, encode_object(FrameKind.READY, {"failure": f"{type(error).__name__}: {error}"}))
        return
    # Its folder in the project cannot be written to, and a warning of that may be an error.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.path.join(tempfile.gettempdir(), "hypothesis"))  # noqa: PTH118
    importlib.import_module(".preload", __package__).preload(Project(os.getcwd()))  # noqa: PTH109
    importlib.import_module(".job", __package__)  # now, so that no job has to
    cleaner = _Cleaner()
    gc.collect()
    gc.freeze()
    ready = {"python": sys.version.split()[0], "pytest": str(pytest.__version__)}
    _write(descriptors.answers, encode_object(FrameKind.READY, ready))
    while (job := _read_job(descriptors.jobs)) is not None:
        end, group = _run(job, descriptors)
        end["is_clean"] = linux.reap_all(group) and cleaner.clean() and not linux.holds_shared_objects()
        _write(descriptors.answers, encode_object(FrameKind.DONE, end))


def _take_descriptors() -> _Descriptors:
    descriptors = _Descriptors(
        jobs=fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR),
        answers=fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR),
    )
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return descriptors


def _read_job(descriptor: int) -> Job | None:
    header = _read_exactly(descriptor, HEADER.size)
    if header is None:
        return None
    payload = _read_exactly(descriptor, HEADER.unpack(header)[0])
    return None if payload is None else Job.from_json(payload)


def _read_exactly(descriptor: int, n_bytes: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < n_bytes:
        piece = os.read(descriptor, min(CHUNK_BYTES, n_bytes - len(parts)))
        if not piece:
            return None
        parts += piece
    return bytes(parts)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _run(job: Job, descriptors: _Descriptors) -> tuple[dict[str, object], int]:
    """Runs a job; returns how it ended, and its process group."""
    events, events_of_job = os.pipe2(os.O_CLOEXEC)
    with tempfile.TemporaryFile(buffering=0) as log:
        started_at_s = time.monotonic()
        process_id = os.fork()
        if process_id == 0:
            try:
                os.close(descriptors.jobs)
                os.close(descriptors.answers)
                os.close(events)
                _become_job(job, events_of_job, log.fileno())
            finally:
                os._exit(70)  # only reached when the job could not begin: EX_SOFTWARE of sysexits.h
        os.close(events_of_job)
        running = _Running(process_id=process_id, events=events, log=log.fileno(), started_at_s=started_at_s)
        try:
            return _supervise(job, running, descriptors.answers), process_id
        finally:
            os.close(events)


def _become_job(job: Job, events: int, log: int) -> None:
    os.setsid()
    linux.die_with_parent()
    linux.keep_to_own_descendants()
    linux.set_readable_by_others(True)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123 - a few µs in each fork
        score.write("1000")  # so that the kernel takes the job and not the zygote
    os.dup2(log, 1)
    os.dup2(log, 2)
    events = fcntl.fcntl(events, fcntl.F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR)
    for limit, most in (
        (resource.RLIMIT_CORE, (0, 0)),
        (resource.RLIMIT_CPU, (int(job.cpu_s) + 1, int(job.cpu_s) + 3)),
        (resource.RLIMIT_FSIZE, (job.file_mb << 20, job.file_mb << 20)),
    ):
        with suppress(ValueError, OSError):  # the sandbox's own limit is lower
            resource.setrlimit(limit, most)
    from .job import run_job  # here, because it imports pytest, which may be broken

    os._exit(run_job(job, events))


def _supervise(job: Job, running: _Running, answers: int) -> dict[str, object]:
    """Passes a job's events on until it ends or is ended; returns how it ended."""
    soft_end_s = running.started_at_s + job.wall_s
    hard_end_s = soft_end_s + REPORT_S
    killed_for = None
    was_asked = False
    n_bytes = 0
    ended = None
    try:
        process = os.pidfd_open(running.process_id)
    except OSError:
        process = None
    watched = [running.events] if process is None else [running.events, process]
    while ended is None:
        now_s = time.monotonic()
        if now_s >= soft_end_s and not was_asked:
            was_asked = True
            os.kill(running.process_id, signal.SIGXCPU)
        if killed_for is None and (now_s >= hard_end_s or n_bytes > MAX_EVENTS_BYTES):
            killed_for = "wall_time" if now_s >= hard_end_s else "output"
            os.kill(running.process_id, signal.SIGKILL)
        next_end_s = POLL_S if killed_for else (hard_end_s if was_asked else soft_end_s) - now_s
        wait_s = max(0.0, next_end_s if process is not None else min(POLL_S, next_end_s))
        ready, _, _ = select.select(watched, (), (), wait_s)
        if process is None or process in ready:
            ended = _wait(running.process_id)
        if ended is None and running.events in ready:
            n_read = _pass_on(running.events, answers)
            n_bytes += n_read
            if n_read == 0:
                watched.remove(running.events)  # closed; the process may live on
    if process is not None:
        os.close(process)
    os.set_blocking(running.events, False)
    with suppress(BlockingIOError):  # a process that the job left has the pipe still open
        while n_bytes <= MAX_EVENTS_BYTES and (n_read := _pass_on(running.events, answers)):
            n_bytes += n_read
    status, usage = ended
    return {
        "exit_code": os.waitstatus_to_exitcode(status),
        "killed_for": killed_for,
        "wall_s": time.monotonic() - running.started_at_s,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_memory_mb": usage.ru_maxrss / 1024,
        "stderr": _tail(running.log),
    }


def _pass_on(events: int, answers: int) -> int:
    data = os.read(events, CHUNK_BYTES)
    if data:
        _write(answers, encode(FrameKind.EVENTS, data))
    return len(data)


def _wait(process_id: int) -> tuple[int, resource.struct_rusage] | None:
    found, status, usage = os.wait4(process_id, os.WNOHANG)
    return (status, usage) if found else None


def _tail(log: int) -> str:
    size = os.fstat(log).st_size
    return os.pread(log, STDERR_BYTES, max(0, size - STDERR_BYTES)).decode("utf-8", "replace")


class _Cleaner:
    """Empties the folders for temporary files, and no others: those are the sandbox's own."""

    def __init__(self) -> None:
        scratch = Path(os.environ["TMPDIR"]) if "TMPDIR" in os.environ else None
        places = [] if scratch is None else [scratch]
        if scratch is not None and scratch in Path.home().parents:  # so it is in a sandbox, and there only
            places.append(Path.home())
            if os.access(SHARED_MEMORY, os.W_OK):
                places.append(SHARED_MEMORY)
        self._kept = {place: set(place.iterdir()) for place in places}

    def clean(self) -> bool:
        """Removes what was not there at first; tells whether it is gone."""
        try:
            for place, kept in self._kept.items():
                for entry in set(place.iterdir()) - kept:
                    if entry.is_dir() and not entry.is_symlink():
                        shutil.rmtree(entry)
                    else:
                        entry.unlink()
        except OSError:
            return False
        return True


if __name__ == "__main__":
    main()
