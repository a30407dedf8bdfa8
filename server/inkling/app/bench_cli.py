"""`inkling bench`: each benchmark with its options; what it needs is imported when it runs."""

import sys
from pathlib import Path

import click

from inkling.app.exit_codes import with_exit_codes

_JSON_OPTION = click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Write the result to this file."
)


@click.group()
def bench() -> None:
    """Measure. Each benchmark prints its protocol, its seed and intervals, and can write JSON."""


@bench.command("latency")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses files and places.")
@click.option(
    "--files", "n_files", type=click.IntRange(1), default=300, show_default=True, help="Files of the workspace."
)
@click.option(
    "--requests",
    "n_requests",
    type=click.IntRange(10),
    default=400,
    show_default=True,
    help="Places that are typed at.",
)
@_JSON_OPTION
@with_exit_codes
def bench_latency(seed: int, n_files: int, n_requests: int, json_file: Path | None) -> None:
    """Typing into the real server over stdio: time to answer, loop, memory, beside jedi-language-server."""
    from inkling.bench.latency import LatencyOptions, run

    sys.exit(run(LatencyOptions(seed=seed, n_files=n_files, n_requests=n_requests), json_file))


@bench.command("acceptance")
@click.option(
    "--data", type=click.Path(path_type=Path), help="A study; each person is judged by a model of the others."
)
@click.option("--train", type=click.Path(path_type=Path), help="Learn from this study instead; needs --test.")
@click.option("--test", type=click.Path(path_type=Path), help="Judge on this study; needs --train.")
@click.option("--seed", type=int, default=0, show_default=True, help="For the intervals.")
@_JSON_OPTION
@with_exit_codes
def bench_acceptance(
    data: Path | None, train: Path | None, test: Path | None, seed: int, json_file: Path | None
) -> None:
    """How well the acceptance model judges people it has never seen, beside simpler judges and published ones."""
    from inkling.bench.acceptance import STUDY, AcceptanceOptions, run

    sys.exit(run(AcceptanceOptions(data=data or STUDY, train=train, test=test, seed=seed), json_file))


@bench.command("personal")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws the simulated users.")
@click.option("--users", "n_users", type=click.IntRange(2), default=40, show_default=True, help="Simulated users.")
@click.option("--data", type=click.Path(path_type=Path), help="The Copilot study; left out where there is none.")
@_JSON_OPTION
@with_exit_codes
def bench_personal(seed: int, n_users: int, data: Path | None, json_file: Path | None) -> None:
    """What one's own model gains and can cost, and whether replay tells the truth, on simulated users."""
    from inkling.bench.personal import STUDY, PersonalOptions, run

    sys.exit(run(PersonalOptions(seed=seed, n_users=n_users, data=data or STUDY), json_file))


@bench.command("typing")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses bursts, files and places.")
@click.option(
    "--bursts", "n_bursts", type=click.IntRange(2), default=40, show_default=True, help="Bursts for each latency."
)
@click.option(
    "--latency-ms", "latencies_ms", type=click.IntRange(0), multiple=True, help="Of the endpoint; 100, 300 and 800."
)
@click.option("--recording", type=click.Path(path_type=Path), help="A recorded session of typing.")
@_JSON_OPTION
@with_exit_codes
def bench_typing(
    seed: int, n_bursts: int, latencies_ms: tuple[int, ...], recording: Path | None, json_file: Path | None
) -> None:
    """A real typing rhythm against an endpoint of fixed latency: requests and time to text, beside plain debounces."""
    from inkling.bench.typing import LATENCIES_MS, RECORDING, TypingOptions, run

    options = TypingOptions(
        seed=seed, n_bursts=n_bursts, latencies_ms=latencies_ms or LATENCIES_MS, recording=recording or RECORDING
    )
    sys.exit(run(options, json_file))


@bench.command("typing-day")
@click.option(
    "--history",
    "repository",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    default=Path(),
    show_default="the folder it is started in",
    help="A git repository whose commits are typed.",
)
@click.option("--recording", type=click.Path(path_type=Path), help="A recorded session of typing.")
@click.option("--hours", type=click.FloatRange(0.01), default=24.0, show_default=True, help="Of work.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws commits and bursts of keys.")
@click.option("--environment/--no-environment", default=True, show_default=True, help="Index this Python's packages.")
@_JSON_OPTION
@with_exit_codes
def bench_typing_day(
    repository: Path, recording: Path | None, hours: float, seed: int, json_file: Path | None, *, environment: bool
) -> None:
    """Memory of the embedded mind's process over a day of typing, a real rhythm on real commits, without the pauses."""
    from inkling.bench.typing import RECORDING
    from inkling.bench.typing_day import TypingDayOptions, run

    options = TypingDayOptions(
        repository=repository,
        recording=recording or RECORDING,
        hours=hours,
        seed=seed,
        includes_environment=environment,
    )
    sys.exit(run(options, json_file))


@bench.command("store")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws the simulated year.")
@click.option(
    "--events",
    "n_events",
    type=click.IntRange(1000),
    default=1_000_000,
    show_default=True,
    help="About how many rows.",
)
@click.option("--keep", "data_dir", type=click.Path(path_type=Path), help="Fill this folder, and leave it there.")
@_JSON_OPTION
@with_exit_codes
def bench_store(seed: int, n_events: int, data_dir: Path | None, json_file: Path | None) -> None:
    """A year of events: how fast they are stored, how large they are, what training and Insights take."""
    from inkling.bench.store import StoreOptions, run

    sys.exit(run(StoreOptions(seed=seed, n_events=n_events, data_dir=data_dir), json_file))


@bench.command("sandbox")
@click.option("--seed", type=int, default=0, show_default=True, help="For the intervals.")
@click.option("--rounds", "n_rounds", type=click.IntRange(2), default=20, show_default=True, help="Runs of each kind.")
@click.option("--docker-host", default="", help="Address of the Docker engine; the usual one unless given.")
@_JSON_OPTION
@with_exit_codes
def bench_sandbox(seed: int, n_rounds: int, docker_host: str, json_file: Path | None) -> None:
    """What a run in a sandbox costs, cold and warm, beside a plain subprocess."""
    from inkling.bench.sandbox import SandboxBenchOptions, run

    options = SandboxBenchOptions(seed=seed, n_rounds=n_rounds, n_zygote_runs=5 * n_rounds, docker_host=docker_host)
    sys.exit(run(options, json_file))


@bench.command("repair")
@click.option("--data", type=click.Path(path_type=Path), help="Programs that models wrote, as in the shared set.")
@click.option("--own", is_flag=True, help="Take the one-line bugs of this project instead.")
@click.option("--limit", type=click.IntRange(1), help="Most bugs, chosen by the seed; all unless given.")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses bugs; for the intervals.")
@click.option(
    "--budget", "budget_s", type=click.FloatRange(1), default=60.0, show_default=True, help="Seconds for a bug."
)
@click.option("--processes", "n_processes", type=click.IntRange(1), default=2, show_default=True, help="For a search.")
@click.option(
    "--proposals",
    type=click.Path(path_type=Path),
    help="Keep what was found in this file; what it holds already is not searched again.",
)
@_JSON_OPTION
@with_exit_codes
def bench_repair(
    data: Path | None,
    limit: int | None,
    seed: int,
    budget_s: float,
    n_processes: int,
    proposals: Path | None,
    json_file: Path | None,
    *,
    own: bool,
) -> None:
    """Repairs of bugs without a language model, judged by tests that the search never sees."""
    from inkling.bench.repair.benchmark import DATA, RepairOptions, run

    options = RepairOptions(
        data=data or DATA,
        own=own,
        limit=limit,
        seed=seed,
        budget_s=budget_s,
        n_processes=n_processes,
        proposals=proposals,
    )
    sys.exit(run(options, json_file))


@bench.command("review")
@click.option(
    "--pairs",
    type=click.Path(path_type=Path),
    help="Others' changes: JSON Lines with id, path, before, after, kind (bug, fix or refactoring), perhaps tests.",
)
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(["bug", "fix", "refactoring"]),
    multiple=True,
    help="Only changes of this kind; may be given several times.",
)
@click.option(
    "--half",
    type=click.Choice(["open", "held-out", "all"]),
    default="all",
    show_default=True,
    help="Of this project's changes: the open half is for work on the reviewer, the other for final figures.",
)
@click.option("--limit", type=click.IntRange(1), help="Most changes, chosen by the seed; all unless given.")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses changes; for the intervals.")
@click.option(
    "--budget", "budget_s", type=click.FloatRange(5), default=60.0, show_default=True, help="Seconds for a review."
)
@click.option("--processes", "n_processes", type=click.IntRange(1), default=2, show_default=True, help="Side by side.")
@click.option("--only", default="", help="The one reviewer that looks, such as behaviour; all unless given.")
@click.option("--human", is_flag=True, help="Measure beside people's comments on hunks instead: the shared set.")
@click.option("--data", type=click.Path(path_type=Path), help="With --human: another set of that form.")
@click.option(
    "--without-failing-tests",
    is_flag=True,
    help="Take the tests away that do not pass both before and after the change: the harder case.",
)
@_JSON_OPTION
@with_exit_codes
def bench_review(
    pairs: Path | None,
    kinds: tuple[str, ...],
    half: str,
    limit: int | None,
    seed: int,
    budget_s: float,
    n_processes: int,
    only: str,
    data: Path | None,
    json_file: Path | None,
    *,
    human: bool,
    without_failing_tests: bool,
) -> None:
    """Review comments on changes whose sense is known: bugs brought in, bugs fixed, code only written otherwise."""
    from inkling.bench.review.benchmark import ReviewBenchOptions, run
    from inkling.bench.review.human import DATA

    options = ReviewBenchOptions(
        pairs=pairs,
        kinds=kinds,
        half=half,
        limit=limit,
        seed=seed,
        budget_s=budget_s,
        n_processes=n_processes,
        keeps_failing_tests=not without_failing_tests,
        only=only,
        human=(data or DATA) if human else None,
    )
    sys.exit(run(options, json_file))


@bench.command("completion")
@click.option(
    "--project",
    "projects",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    multiple=True,
    help="A folder of Python files: lines are left out of it. May be given several times.",
)
@click.option(
    "--history",
    "repositories",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    multiple=True,
    help="A git repository: lines of its commits are typed again. Any will do, one made of two releases, too.",
)
@click.option("--steps", type=click.Path(path_type=Path), help="Ordered steps of pull requests, typed again as well.")
@click.option(
    "--without",
    multiple=True,
    metavar="NAME",
    help="Switch off jedi, word or line (what is compared with), workspace, environment or facts (of the scope), or a "
    "source of candidates.",
)
@click.option("--ablations", "ablates", is_flag=True, help="Switch off each layer and source in turn, too.")
@click.option("--prose", "is_prose", is_flag=True, help="Finish docstrings and comments of the projects instead.")
@click.option("--seed", type=int, default=0, show_default=True, help="For all choices, and for the intervals.")
@click.option(
    "--limit", "n_each", type=click.IntRange(1), default=170, show_default=True, help="Most lines of a kind a project."
)
@_JSON_OPTION
@with_exit_codes
def bench_completion(
    projects: tuple[Path, ...],
    repositories: tuple[Path, ...],
    steps: Path | None,
    without: tuple[str, ...],
    seed: int,
    n_each: int,
    json_file: Path | None,
    *,
    ablates: bool,
    is_prose: bool,
) -> None:
    """How often the embedded completer finishes a line rightly, how sure it is and how fast, beside simpler ones."""
    if is_prose:
        from inkling.bench.completion import prose_benchmark

        sys.exit(prose_benchmark.run(projects, seed=seed, n_each=n_each, json_file=json_file))
    from inkling.bench.completion.benchmark import CompletionOptions, run

    options = CompletionOptions(
        projects=projects,
        repositories=repositories,
        steps=steps,
        without=frozenset(without),
        ablates=ablates,
        seed=seed,
        n_each=n_each,
    )
    sys.exit(run(options, json_file))


@bench.command("names")
@click.option(
    "--project",
    "projects",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    multiple=True,
    required=True,
    help="A folder of Python files: names are drawn from it. May be given several times.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses names; for the intervals.")
@click.option(
    "--limit", "n_each", type=click.IntRange(1), default=100, show_default=True, help="Most names of a kind a project."
)
@_JSON_OPTION
@with_exit_codes
def bench_names(projects: tuple[Path, ...], seed: int, n_each: int, json_file: Path | None) -> None:
    """Where the wanted name stands in the completion popup: as jedi orders names, and as the language model does."""
    from inkling.bench.names import NamesOptions, run

    sys.exit(run(NamesOptions(projects=projects, n_each=n_each, seed=seed), json_file))


@bench.command("next-edit")
@click.option("--data", type=click.Path(path_type=Path), help="Ordered steps of pull requests, as in the shared set.")
@click.option("--repo", type=click.Path(path_type=Path), help="Take the commits of this git repository instead.")
@click.option(
    "--limit", type=click.IntRange(1), help="Most pull requests, chosen by the seed; most commits, the newest."
)
@click.option("--seed", type=int, default=0, show_default=True, help="For the choice, the training and the intervals.")
@click.option("--processes", "n_processes", type=click.IntRange(1), default=2, show_default=True, help="Side by side.")
@click.option(
    "--features",
    type=click.Path(path_type=Path),
    help="Keep what was extracted in this file, and read it from there the next time; for work on the ranking alone.",
)
@_JSON_OPTION
@with_exit_codes
def bench_next_edit(
    data: Path | None,
    repo: Path | None,
    limit: int | None,
    seed: int,
    n_processes: int,
    features: Path | None,
    json_file: Path | None,
) -> None:
    """Where the next edit is and what it is, predicted without a language model, beside simpler guesses."""
    from inkling.bench.next_edit.benchmark import DATA, NextEditOptions, run

    options = NextEditOptions(
        data=data or DATA, repository=repo, limit=limit, seed=seed, n_processes=n_processes, features=features
    )
    sys.exit(run(options, json_file))
