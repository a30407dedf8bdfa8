"""The command line of pytest: the project's own options, without those that would keep us from seeing what happens."""

import inspect
import os
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from _pytest.config import findpaths

from .frames import Job

# Options of pytest and of widespread plugins that run tests elsewhere, again or not at all, stop early, wait for a
# person, write files, or print what we capture; each with whether a value follows: always, perhaps or never.
_DROPPED = {
    **dict.fromkeys(("-n", "--numprocesses", "--dist", "--tx", "--px", "--maxprocesses", "--rsyncdir"), "always"),
    **dict.fromkeys(
        ("--max-worker-restart", "--testrunuid", "--maxfail", "--pdbcls", "--capture", "--basetemp"), "always"
    ),
    **dict.fromkeys(("--junitxml", "--junit-xml", "--html", "--css", "--report-log", "--json-report-file"), "always"),
    **dict.fromkeys(("--cov-config", "--cov-fail-under", "--cov-context", "--cov-report", "--log-file"), "always"),
    **dict.fromkeys(("--reruns", "--reruns-delay", "--only-rerun", "--timeout", "--timeout-method"), "always"),
    **dict.fromkeys(
        ("--session-timeout", "--count", "--repeat-scope", "--lfnf", "--last-failed-no-failures"), "always"
    ),
    **dict.fromkeys(("--randomly-seed", "--random-order-seed", "--random-order-bucket", "--rootdir"), "always"),
    **dict.fromkeys(("--cov", "--cov-append-to"), "perhaps"),
    **dict.fromkeys(
        ("-x", "--exitfirst", "-s", "-f", "--looponfail", "-d", "--distload", "--boxed", "--forked"), "never"
    ),
    **dict.fromkeys(
        ("--lf", "--last-failed", "--ff", "--failed-first", "--nf", "--new-first", "--cache-clear"), "never"
    ),
    **dict.fromkeys(("--sw", "--stepwise", "--sw-skip", "--stepwise-skip", "--sw-reset", "--pdb", "--trace"), "never"),
    **dict.fromkeys(("--co", "--collect-only", "--setup-only", "--setup-plan", "--fixtures", "--markers"), "never"),
    **dict.fromkeys(("--cov-append", "--cov-branch", "--cov-reset", "--no-cov", "--no-cov-on-fail"), "never"),
    **dict.fromkeys(("--json-report", "--self-contained-html", "--random-order", "--benchmark-only"), "never"),
}
# Options that a value follows: it is no path of tests, even where a file has that name.
_WITH_VALUE = frozenset(
    {"-m", "-k", "-p", "-W", "-c", "-o", "-r", "-e", "--ignore", "--deselect", "--durations", "--ds"}
)
_FLAGS = re.compile(r"-[dfhlqsvx]+")  # short options that no value follows, written as one


def pytest_arguments(job: Job, folder: Path) -> list[str]:
    """Returns pytest's command line for a job.

    Args:
        job: What is to be run.
        folder: The project's folder, which names of tests are relative to.
    """
    arguments = [
        *without_obstacles(project_options(job.node_ids, folder), folder, keep_paths=not job.node_ids),
        *("-o", "addopts="),
        # The folder is read-only; the cache plugin itself stays, for tests that ask for it.
        *("-o", f"cache_dir={os.environ.get('TMPDIR', '/tmp')}/pytest-cache"),  # noqa: S108 - the sandbox's own
        *("--rootdir", str(folder), "--continue-on-collection-errors", "--tb=no", "-q"),
        *("-p", "no:randomly"),  # another order each time would hide which test broke which
    ]
    if job.stop_at_first_failure:
        arguments.append("--maxfail=1")
    if job.only_collect:
        arguments.append("--collect-only")
    return [*arguments, *job.node_ids]


def project_options(node_ids: Sequence[str], folder: Path) -> list[str]:
    """Returns the options that the project's configuration adds to each run, as `addopts` of pytest does."""
    # pytest finds the file by itself, but offers no way to see the options before it obeys them.
    known: dict[str, Any] = {
        "inifile": None,
        "args": [node_id.split("::")[0] for node_id in node_ids],
        "rootdir_cmd_arg": str(folder),
        "invocation_dir": folder,
        "override_ini": None,
    }
    accepted = inspect.signature(findpaths.determine_setup).parameters
    try:
        settings = findpaths.determine_setup(**{name: value for name, value in known.items() if name in accepted})[2]
    except Exception:  # noqa: BLE001 - a file that cannot be read: pytest says so itself when it runs
        return []
    value: Any = settings.get("addopts", "")
    value = getattr(value, "value", value)  # pytest 9 tells where each came from
    if isinstance(value, str):
        try:
            return shlex.split(value)
        except ValueError:
            return []
    return [str(option) for option in value]


def without_obstacles(options: Iterable[str], folder: Path, *, keep_paths: bool) -> list[str]:
    """Returns options without those that would keep us from seeing what the tests do.

    Args:
        options: A command line.
        folder: Where it runs.
        keep_paths: Whether paths in it stay, which name tests.
    """
    kept: list[str] = []
    pending = list(options)
    while pending:
        option = pending.pop(0)
        if _FLAGS.fullmatch(option):
            option = "-" + "".join(letter for letter in option[1:] if f"-{letter}" not in _DROPPED)
            if option == "-":
                continue
        name, has_value, _ = option.partition("=")
        if option.startswith("-n"):  # xdist's, which takes its value without a sign between, too
            name, has_value = "-n", option[2:]
        takes = _DROPPED.get(name)
        if takes is None:
            is_path = not option.startswith("-") and (folder / option.split("::")[0]).exists()
            if not is_path or keep_paths or (kept and kept[-1] in _WITH_VALUE):
                kept.append(option)
        elif not has_value and pending and (takes == "always" or (takes == "perhaps" and pending[0][:1] != "-")):
            pending.pop(0)
    return kept
