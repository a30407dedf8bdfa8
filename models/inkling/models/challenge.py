"""Champion against challenger: fitted on the older part of a log, compared on the later one."""

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inkling.core.events import JudgedSuggestion
from inkling.models.personal import (
    RECIPES,
    PersonalAcceptanceModel,
    PersonalState,
    Prior,
    judged_rows,
    label_of,
    log_loss,
    refit,
)

MIN_LATER_EVENTS = 50  # judged suggestions after the split; fewer say little about a log-loss
MIN_LATER_SESSIONS = 5
MIN_GAIN = 1e-4  # of the mean log-loss; what is less changes no decision, however certain it is
MIN_OF_EACH = 5  # accepts, and as many rejections, in each part; of one kind alone nothing is told apart
LATER_SHARE = 0.3  # of the judged suggestions, the newest, are kept for the comparison
CONFIDENCE = 0.95
SESSION_GAP_MS = 30 * 60 * 1000
N_RESAMPLES = 2000
SEED = 20261121


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Champion against challenger on data that came after both had learned.

    Attributes:
        n_events: Judged suggestions compared on.
        n_sessions: Sessions they came in.
        champion_log_loss: Mean, each event predicted before it is learned from.
        challenger_log_loss: The same.
        confidence: Share of resamples, by session, in which the challenger's is lower.
        is_better: Whether that is enough to replace the champion.
        words: The verdict for a person.
    """

    n_events: int
    n_sessions: int
    champion_log_loss: float
    challenger_log_loss: float
    confidence: float
    is_better: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrained:
    """What a retraining came to.

    Attributes:
        state: The challenger; it has learned from the later events, too.
        comparison: Why it may, or may not, replace the champion.
        data_sha256: Hash of what it learned from.
    """

    state: PersonalState
    comparison: Comparison
    data_sha256: str


def retrain(rows: Sequence[JudgedSuggestion], champion: PersonalState | None, prior: Prior) -> Retrained:
    """Returns a challenger, fitted on the older part of a log and compared with the champion on the later part.

    Its recipe is the one that predicted best within the older part. The champion enters the comparison as it is on
    disk, and learns on from there as it does in every open window: only events that it had not seen when it was
    written are later ones for it. Without a champion, what is to be beaten is what windows use then: a state that knew
    nothing and learned from the log, event by event. A log that holds hardly an accept, or hardly a rejection, replaces
    nothing.
    """
    judged = judged_rows(rows)
    n_older = int(len(judged) * (1 - LATER_SHARE))
    last_known_ms = champion.last_at_ms if champion is not None else -1
    older = [row for index, row in enumerate(judged) if index < n_older or row.at_ms <= last_known_ms]
    later = judged[len(older) :]
    challenger = PersonalAcceptanceModel(prior, _best_fit(older, prior))
    holder = PersonalAcceptanceModel(prior, champion.copy() if champion is not None else None)
    for row in older:
        if row.at_ms > last_known_ms:
            holder.observe(row)
    losses: list[tuple[int, float, float]] = []
    for row in later:
        challenged = challenger.probability_of_row(row)
        if challenged is None:
            continue
        held = holder.probability_of_row(row)
        if held is None:
            continue
        label = label_of(row) is True
        losses.append((row.at_ms, log_loss(held, was_accepted=label), log_loss(challenged, was_accepted=label)))
        challenger.observe(row)
        holder.observe(row)
    comparison = compare(losses)
    one_sided = _one_sided(older, later)
    if comparison.is_better and one_sided:
        comparison = replace(comparison, confidence=0.0, is_better=False, words=one_sided)
    return Retrained(state=challenger.state, comparison=comparison, data_sha256=data_hash(judged))


def _one_sided(older: Sequence[JudgedSuggestion], later: Sequence[JudgedSuggestion]) -> str:
    """Returns in words that a part of a log holds too few accepts or too few rejections; empty where it does not."""
    for name, part in (("earlier", older), ("later", later)):
        n_accepted = sum(label_of(row) is True for row in part)
        n_rejected = len(part) - n_accepted
        if min(n_accepted, n_rejected) < MIN_OF_EACH:
            return (
                f"Too one-sided to tell: the {name} suggestions hold {n_accepted} accepted and {n_rejected} rejected"
                f" ones; it takes {MIN_OF_EACH} of each."
            )
    return ""


def _best_fit(rows: Sequence[JudgedSuggestion], prior: Prior) -> PersonalState:
    """Returns the fit of the recipe with the least summed log-loss, each row predicted before it is learned from."""
    fits = [refit(rows, prior, recipe) for recipe in RECIPES.values()]
    return min(fits, key=lambda state: state.log_loss)


def compare(losses: Sequence[tuple[int, float, float]], seed: int = SEED) -> Comparison:
    """Returns the verdict on paired losses: (at_ms, champion's, challenger's), in time order.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 16; sessions are resampled.
    """
    sessions: list[list[float]] = []
    last_ms = -math.inf
    for at_ms, held, challenged in losses:
        if at_ms - last_ms > SESSION_GAP_MS:
            sessions.append([])
        sessions[-1].append(held - challenged)
        last_ms = at_ms
    n_events = len(losses)
    champion_loss = sum(held for _, held, _ in losses) / max(1, n_events)
    challenger_loss = sum(challenged for _, _, challenged in losses) / max(1, n_events)
    if n_events < MIN_LATER_EVENTS or len(sessions) < MIN_LATER_SESSIONS:
        confidence = 0.0
        words = (
            f"Too little later data to tell: {n_events} judged suggestions in {len(sessions)} sessions; it takes"
            f" {MIN_LATER_EVENTS} in {MIN_LATER_SESSIONS}."
        )
    else:
        gains = [sum(session) for session in sessions]
        chance = random.Random(seed)  # noqa: S311 - statistics, not secrets
        n_better = sum(sum(chance.choices(gains, k=len(gains))) > 0 for _ in range(N_RESAMPLES))
        confidence = n_better / N_RESAMPLES
        words = (
            f"On {n_events} later suggestions the challenger's log-loss is {challenger_loss:.4f}, the champion's"
            f" {champion_loss:.4f}; better with confidence {confidence:.1%}, and it takes {CONFIDENCE:.0%} and a"
            f" gain of {MIN_GAIN:g}."
        )
    return Comparison(
        n_events=n_events,
        n_sessions=len(sessions),
        champion_log_loss=champion_loss,
        challenger_log_loss=challenger_loss,
        confidence=confidence,
        is_better=confidence >= CONFIDENCE and champion_loss - challenger_loss >= MIN_GAIN,
        words=words,
    )


def data_hash(rows: Sequence[JudgedSuggestion]) -> str:
    """Returns a hash of which suggestions were judged how."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(f"{row.suggestion_id} {row.at_ms} {label_of(row)}\n".encode())
    return digest.hexdigest()
