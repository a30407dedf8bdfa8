"""`inkling review` from a shell, on real repositories; ruff and the other reviewers look for themselves."""

import asyncio
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.contract.context.changes.repository import Repo
from tests.contract.telemetry import samples

from inkling.core.events import EventId, Feature, Outcome, OutcomeKind
from inkling.core.suggestion import SuggestionId
from inkling.telemetry import EventStore

INKLING = str(Path(sys.executable).with_name("inkling"))
ROOT = Path(__file__).resolve().parents[3]
WITHIN_S = 240  # on a machine that has much else to do
GOOD = "def total(prices):\n    return sum(prices)\n"
BAD = "def total(prices):\n    return summ(prices)\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "shop")
    made.commit({"cart.py": GOOD})
    return made


def _review(
    repo: Repo, *arguments: str, stdin: bytes = b"", folder: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"INKLING_DATA_DIR": str(repo.folder.parent / "data"), "TMPDIR": str(repo.folder.parent)}
    done = subprocess.run(
        [INKLING, "review", "--no-run", *arguments],
        cwd=folder or repo.folder, env=environment, input=stdin, capture_output=True, timeout=WITHIN_S, check=False,
    )  # fmt: skip
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def _answer(repo: Repo, *arguments: str) -> dict[str, Any]:
    done = _review(repo, "--format", "json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_planted_bug_is_shown_with_its_line_and_fails_the_check(repo: Repo) -> None:
    repo.write({"cart.py": BAD})
    done = _review(repo)
    assert done.returncode == 1, done.stderr
    assert "cart.py:2  error  ruff.F821" in done.stdout
    assert "  2 |     return summ(prices)\n  Undefined name `summ`." in done.stdout
    assert "Reviewed the working tree against HEAD: 1 file, 1 comment" in done.stderr
    assert "Not checked: what 1 changed function does: It was asked not to run code.\n" in done.stderr
    assert "Not checked: the tests: It was asked not to run code." in done.stderr
    assert _review(repo, "--fail-on", "never").returncode == 0
    assert (repo.folder / "cart.py").read_text(encoding="utf-8") == BAD


def test_it_is_silent_where_there_is_nothing(repo: Repo) -> None:
    done = _review(repo)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "Nothing has changed: there is no difference in the working tree against HEAD.\n"
    repo.write({"cart.py": "# Prices.\n" + GOOD})
    done = _review(repo)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("kind", ["--staged", "--base", "range", "commit", "-"])
def test_each_kind_of_change_is_reviewed(repo: Repo, kind: str) -> None:
    if kind == "--staged":
        repo.write({"cart.py": BAD})
        repo.git("add", "cart.py")
        repo.write({"cart.py": GOOD})
        done = _review(repo, "--staged")
    elif kind == "-":
        repo.write({"cart.py": BAD})
        patch = repo.git("diff").encode()
        repo.git("checkout", "--quiet", "cart.py")
        done = _review(repo, "-", stdin=patch)
    else:
        repo.git("checkout", "--quiet", "-b", "work")
        repo.commit({"cart.py": BAD})
        done = _review(repo, *{"--base": ("--base", "main"), "range": ("main..work",), "commit": ("HEAD",)}[kind])
    assert done.returncode == 1, done.stderr
    assert "Undefined name `summ`." in done.stdout
    assert not list(repo.folder.parent.glob("inkling-review-*"))


def test_a_dismissed_comment_does_not_come_back_after_a_rebase(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "-b", "work")
    repo.commit({"cart.py": BAD})
    fingerprint = _answer(repo, "--base", "main")["comments"][0]["fingerprint"]
    done = _review(repo, "--resolve", fingerprint)
    assert (done.returncode, done.stdout) == (0, "Resolved: ruff.F821: Undefined name `summ`.\n")
    done = _review(repo, "--dismiss", fingerprint[:8], "--reason", "summ comes with the runtime")
    assert (done.returncode, done.stdout) == (0, "Dismissed: ruff.F821: Undefined name `summ`.\n")
    repo.git("checkout", "--quiet", "main")
    repo.commit({"cart.py": "'''The cart.'''\n\nRATE = 2\n\n\n" + GOOD})
    repo.git("checkout", "--quiet", "work")
    repo.git("rebase", "--quiet", "main")
    again = _answer(repo, "--base", "main")
    assert (again["comments"], again["n_dismissed"]) == ([], 1)
    done = _review(repo, "--dismiss", "ffffffff", "--reason", "x")
    assert done.returncode == 2
    assert "no comment that was shown here has the fingerprint 'ffffffff'" in done.stderr
    listed = _review(repo, "--list-closed")
    assert listed.stdout == (
        f"{fingerprint}  dismissed  ruff.F821  cart.py: Undefined name `summ`.  (summ comes with the runtime)\n"
    )
    done = _review(repo, "--reopen", fingerprint)
    assert (done.returncode, done.stdout) == (0, "Open again: ruff.F821: Undefined name `summ`.\n")


async def test_what_is_always_dismissed_in_the_editor_is_folded_away_here_too(repo: Repo) -> None:
    repo.write({"cart.py": BAD})
    data_dir = repo.folder.parent / "data"
    assert len((await asyncio.to_thread(_answer, repo))["comments"]) == 1
    assert not list(data_dir.glob("events*"))
    store = await EventStore.open(data_dir)
    dismissed = [
        replace(
            samples.DECISION,
            suggestion_id=SuggestionId(str(number)),
            feature=Feature.REVIEW,
            features={"rule:ruff.F821": 1.0, "topic:lint": 1.0},
        )
        for number in range(12)
    ]
    await store.record_decisions(dismissed)
    for each in dismissed:
        outcome = Outcome(
            event_id=EventId(f"e{each.suggestion_id}"),
            suggestion_id=each.suggestion_id,
            kind=OutcomeKind.REJECTED,
            at_ms=samples.NOW_MS,
        )
        await store.record_outcomes([outcome])
    await store.close()
    files = {path.name: path.stat().st_mtime_ns for path in data_dir.glob("events*")}
    done = await asyncio.to_thread(_review, repo)
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 less certain" in done.stderr
    assert {path.name: path.stat().st_mtime_ns for path in data_dir.glob("events*")} == files


def test_since_the_last_review_only_what_is_new_is_shown(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "-b", "work")
    repo.commit({"cart.py": BAD})
    assert len(_answer(repo, "--base", "main", "--since-last")["comments"]) == 1
    repo.commit({"more.py": "print(undefined_name)\n"})
    second = _answer(repo, "--base", "main", "--since-last")
    assert ([each["path"] for each in second["comments"]], second["n_seen_before"]) == (["more.py"], 1)
    third = _review(repo, "--base", "main", "--since-last")
    assert (third.returncode, third.stdout) == (0, "")
    assert "2 seen at the last review" in third.stderr
    assert len(_answer(repo, "--base", "main")["comments"]) == 2


def test_a_baseline_accepts_what_is_there(repo: Repo) -> None:
    repo.write({"cart.py": BAD})
    baseline = repo.folder.parent / "baseline.json"
    done = _review(repo, "--baseline", str(baseline))
    assert done.returncode == 2
    assert "--update-baseline writes one" in done.stderr
    done = _review(repo, "--baseline", str(baseline), "--update-baseline")
    assert (done.returncode, done.stdout) == (0, f"{baseline} holds 1 accepted comment now.\n")
    repo.write({"more.py": "print(undefined_name)\n"})
    answer = _answer(repo, "--baseline", str(baseline))
    assert ([each["path"] for each in answer["comments"]], answer["n_in_baseline"]) == (["more.py"], 1)
    baseline.write_text("[]", encoding="utf-8")
    done = _review(repo, "--baseline", str(baseline))
    assert done.returncode == 2
    assert "is no baseline of this version" in done.stderr


def test_the_teams_rules_are_read_from_the_project_or_a_file(repo: Repo) -> None:
    rule = '[[rule]]\nid = "no-print"\nmessage = "Use the log."\ncall = "print"\nseverity = "error"\n'
    repo.commit({"inkling-review.toml": rule})
    repo.write({"cart.py": GOOD + "\n\nprint(1)\n"})
    assert [each["message"] for each in _answer(repo)["comments"]] == ["Use the log."]
    other = repo.folder.parent / "rules.toml"
    other.write_text(rule.replace("Use the log.", "Log it."), encoding="utf-8")
    assert [each["message"] for each in _answer(repo, "--rules", str(other))["comments"]] == ["Log it."]
    other.write_text("[[rule]]\nid = 1\n", encoding="utf-8")
    done = _review(repo, "--rules", str(other))
    assert (done.returncode, done.stdout) == (2, "")


def test_paths_count_from_the_top_for_programs_and_a_project_may_be_a_part(repo: Repo) -> None:
    repo.commit({"server/app.py": GOOD})
    repo.write({"server/app.py": BAD, "cart.py": BAD})
    answer = _answer(repo, "--folder", "server")
    assert [each["path"] for each in answer["comments"]] == ["server/app.py"]
    done = _review(repo, "--format", "github", folder=repo.folder / "server")
    assert done.stdout.startswith("::error file=cart.py,line=2,endLine=2,title=ruff.F821 (")
    assert "Undefined name" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("HEAD~1..HEAD",), "HEAD~1 goes back behind the first commit"),
        (("--base", "origin/main"), "origin/main names no commit here"),
        (("--staged", "HEAD"), "give only one of RANGE, --base and --staged"),
        (("--dismiss", "abcd"), "belong together"),
        (("--list-closed", "--reopen", "abcd"), "give only one of --dismiss, --resolve, --reopen and --list-closed"),
        (("--update-baseline",), "--update-baseline needs --baseline FILE"),
        (("-",), "what was given is no patch"),
    ],
)
def test_wrong_use_is_told_in_one_line(repo: Repo, arguments: tuple[str, ...], words: str) -> None:
    done = _review(repo, *arguments, stdin=b"hello\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("inkling: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_outside_of_a_repository_it_is_told(tmp_path: Path) -> None:
    outside = Repo(tmp_path / "shop")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    done = _review(outside, folder=folder)
    assert done.returncode == 2
    assert f"{folder} is not in a git repository" in done.stderr


def test_the_options_of_the_workflow_and_the_hook_are_known() -> None:
    shown = subprocess.run([INKLING, "review", "--help"], capture_output=True, text=True, timeout=WITHIN_S, check=True)
    known = set(re.findall(r"--[a-z-]+", shown.stdout))
    for name in ("docs/review-workflow.yml", ".pre-commit-hooks.yaml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        commands = re.findall(r"inkling review (.*)", text) + re.findall(r"args: \[(.*)\]", text)
        used = {option for command in commands for option in re.findall(r"--[a-z-]+", command)}
        assert used
        assert used <= known
