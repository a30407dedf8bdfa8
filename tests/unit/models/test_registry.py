import hashlib
import json
from pathlib import Path

import pytest
from tests.unit.models.personal_rows import StatedPrior, rejected, row

from inkling.core.errors import ModelArtifactError
from inkling.models.challenge import Comparison, data_hash, retrain
from inkling.models.personal import PersonalAcceptanceModel, refit
from inkling.models.personal_file import (
    Registered,
    dump_registered,
    from_json,
    parse_registered,
    registered_of,
    to_json,
)
from inkling.models.registry import Registry

PRIOR_VERSION = "stated"


def registered(n_events: int = 30) -> Registered:
    rows = [(row if number % 3 else rejected)(number) for number in range(n_events)]
    return Registered(
        state=refit(rows, StatedPrior()), created_at_ms=1, prior_version=PRIOR_VERSION, data_sha256=data_hash(rows)
    )


def verdict(*, is_better: bool) -> Comparison:
    return Comparison(
        n_events=100,
        n_sessions=10,
        champion_log_loss=0.6,
        challenger_log_loss=0.5,
        confidence=0.99 if is_better else 0.5,
        is_better=is_better,
        words="",
    )


def rehashed(**changes: object) -> bytes:
    """Returns a model's file with changed content and a hash that fits it."""
    content = json.loads(dump_registered(registered())) | changes
    del content["sha256"]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return json.dumps(content | {"sha256": hashlib.sha256(canonical.encode()).hexdigest()}).encode()


def with_state(**changes: object) -> bytes:
    return rehashed(state=to_json(registered().state) | changes)


def test_a_model_survives_its_file(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "personal")

    assert registry.champion(PRIOR_VERSION) is None
    assert registry.challenge(registered(), verdict(is_better=True))
    assert registry.champion(PRIOR_VERSION) == registered()
    assert from_json(to_json(registered().state)) == registered().state
    assert [path.name for path in sorted((tmp_path / "personal").iterdir())] == ["challenger.json", "champion.json"]


def test_a_challenger_that_is_not_better_changes_nothing(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.challenge(registered(30), verdict(is_better=True))

    assert not registry.challenge(registered(60), verdict(is_better=False))
    assert registry.champion(PRIOR_VERSION) == registered(30)
    assert not registry.previous_path.exists()


def test_champions_are_rolled_back_until_there_is_none(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.challenge(registered(30), verdict(is_better=True))
    registry.challenge(registered(60), verdict(is_better=True))

    assert registry.roll_back(PRIOR_VERSION) == registered(30)
    assert registry.champion(PRIOR_VERSION) == registered(30)
    assert registry.roll_back(PRIOR_VERSION) is None
    assert registry.champion(PRIOR_VERSION) is None
    with pytest.raises(ModelArtifactError, match="no previous"):
        registry.roll_back(PRIOR_VERSION)


def test_a_damaged_previous_model_leaves_the_champion(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.challenge(registered(30), verdict(is_better=True))
    registry.previous_path.write_bytes(b"{}")

    with pytest.raises(ModelArtifactError, match="format"):
        registry.roll_back(PRIOR_VERSION)
    assert registry.champion(PRIOR_VERSION) == registered(30)


def test_reset_leaves_nothing(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.challenge(registered(30), verdict(is_better=True))
    registry.challenge(registered(60), verdict(is_better=True))
    registry.reset()

    assert list(tmp_path.iterdir()) == []
    registry.reset()


def test_a_directory_that_cannot_be_written_is_told_and_the_champion_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    registry = Registry(tmp_path / "file")

    with pytest.raises(ModelArtifactError, match="cannot be written"):
        registry.challenge(registered(), verdict(is_better=True))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 900_000, "not JSON"),
        (b" " * 1_000_001, "larger"),
        (b"[]", "not a JSON object"),
        (b"{}", "format"),
        (rehashed(format=2), "format"),
        (rehashed(format=True), "format"),
        (rehashed(prior_version="another"), "belongs to another"),
        (rehashed(prior_version=3), "prior_version"),
        (rehashed(created_at_ms=-1), "created_at_ms"),
        (rehashed(metrics=None), "metrics"),
        (rehashed(metrics={"a": "b"}), "metrics"),
        (rehashed(state=[]), "state"),
        (with_state(recipe="unheard of"), "recipe"),
        (with_state(names=[]), "names"),
        (with_state(names=["user"] * 300), "names"),
        (with_state(names=["x" * 301]), "names"),
        (with_state(names=["not the user"]), "names"),
        (with_state(mean=[0.0]), "mean"),
        (with_state(mean=[1e9] * len(registered().state.names)), "mean"),
        (with_state(mean=[10**400] * len(registered().state.names)), "mean"),
        (with_state(mean=[True] * len(registered().state.names)), "mean"),
        (with_state(covariance=[]), "covariance"),
        (with_state(covariance=[[-1.0] * len(registered().state.names)] * len(registered().state.names)), "covariance"),
        (with_state(trust=1.0), "trust"),
        (with_state(trust=float("inf")), "not JSON"),
        (with_state(n_events=0.5), "n_events"),
        (dump_registered(registered()).replace('"n_events": 30', '"n_events": 31').encode(), "hash"),
        (dump_registered(registered()).encode()[:-100], "not JSON"),
    ],
)
def test_a_damaged_or_hostile_file_is_refused_in_words(tmp_path: Path, data: bytes, words: str) -> None:
    registry = Registry(tmp_path)
    registry.champion_path.write_bytes(data)

    with pytest.raises(ModelArtifactError, match=words) as caught:
        registry.champion(PRIOR_VERSION)

    assert str(registry.champion_path) in str(caught.value)


def test_the_hash_covers_everything() -> None:
    with pytest.raises(ModelArtifactError, match="hash"):
        parse_registered(dump_registered(registered()).replace("stated", "stolen").encode())


def test_a_challenger_takes_over_when_habits_are_there_and_not_without_reason(tmp_path: Path) -> None:
    prior, registry = StatedPrior(), Registry(tmp_path)
    habit = [(row if number % 10 == 0 else rejected)(number) for number in range(600)]

    first = retrain(habit[:400], None, prior)
    assert first.comparison.is_better
    assert registry.challenge(registered_of(first, PRIOR_VERSION, 5), first.comparison)
    champion = registry.champion(PRIOR_VERSION)
    assert champion is not None
    assert champion.state == first.state
    assert champion.metrics["n_events"] == first.comparison.n_events == 120

    again = retrain(habit[:400], champion.state, prior)
    assert again.comparison.n_events == 0  # the champion has seen it all: nothing is later
    assert not again.comparison.is_better


def test_a_champion_of_an_older_version_begins_offsets_that_it_did_not_know() -> None:
    content = to_json(registered().state)
    known = ["user", "slope"]
    content |= {"names": known, "mean": [0.3, 0.1], "covariance": [[0.2, 0.0], [0.0, 0.03]]}

    state = from_json(content)
    model = PersonalAcceptanceModel(StatedPrior(), state)
    for number in range(20):
        model.observe(rejected(number, project="shop-1a2b"))

    assert {*known, "source:embedded", "file:models.py", "project:shop-1a2b"} <= set(state.names)
    assert from_json(to_json(state)) == state
