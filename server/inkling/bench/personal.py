"""`inkling bench personal`: what one's own model gains, what it can cost, and whether replay tells the truth."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.bench import knob
from inkling.bench.report import Metric, Report, bootstrap, exact, percentile, publish
from inkling.bench.simulator import READ_SHARE, SUPERSEDED_SHARE, Decided, Offer, SimulatedUser
from inkling.core.events import JudgedSuggestion
from inkling.core.interval import Interval
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.personal import (
    HIERARCHICAL,
    PLAIN,
    Occasion,
    PersonalAcceptanceModel,
    PersonalState,
    Recipe,
    log_loss,
    log_odds,
    occasion_of_input,
)
from inkling.models.replay import InsufficientSupport, Reward, replay, threshold_policy
from inkling.models.replay_utility import expected_saved_s

THRESHOLD = 0.25  # of the gate, the default of inkling.gate.threshold
EXPLORED = 0.02  # share of what would be hidden that is offered at random
N_CANDIDATES = 3000  # that each simulated user meets while the model learns
N_LOGGED = 1500  # that each user's log for replay holds
N_SWITCHED = 4000  # that each user meets after the switch; few enough to be quick, enough to be close to the truth
SWITCHES = (0.15, 0.35, 0.45)  # thresholds that the gate is switched to
WINDOW = 100  # candidates; the personal model has beaten the prior once it was better over so many of them,
MARGIN = 0.005  # by this much log-loss
SHARES = (0.05, 0.2)  # of the accepts that the knob may lose: balanced and quiet
STUDY = Path("../shared/data/acceptance/copilot_study.jsonl")

PROTOCOL = """{n_users} simulated users (see inkling.bench.simulator), {n_candidates} candidates each, gated at
{threshold} with {explored:.0%} of the hidden ones shown at random; the shipped model is the prior, the personal part
learns from each judged suggestion. events_to_beat_prior: judged suggestions by the end of the first {window}
candidates over which the expected log-loss was at least {margin} below the prior's; median of users, one who never
gets there counts with all their events. regret_to_oracle: share of the seconds that a gate with the true probabilities
would save and a gate with the model's does not, gated by expected time saved (the oracle knows what no model can: how
right a text is); _prior: the same for the prior alone. log_loss_harm_worst: largest mean log-loss above the prior's of
any user, each event predicted before it is learned from; _real: of the 16 people of the Copilot study, with a prior of
the other 15. replay_interval_coverage: share of doubly robust 95% intervals, from {n_logged} candidates logged at
{threshold}, that hold what the same user accepts and rejects in {n_switched} candidates after a switch to {switches};
users there do not drift, but tire. replay_refused: share of questions that replay declined. accepts_lost_at_5 and _20:
share of what each user would accept that is hidden when the knob may lose 5% and 20%, after {n_before} of
{n_turned} candidates, the thresholds chosen again every {turned_every}; _study: with the study's thresholds throughout;
rejected_hidden: share of the others. Intervals: 95%, bootstrap by user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalOptions:
    """What to measure.

    Attributes:
        seed: Draws the users.
        n_users: How many.
        data: The Copilot study; left out where the file is missing.
    """

    seed: int
    n_users: int
    data: Path = STUDY


@dataclass(frozen=True, slots=True, kw_only=True)
class _Learned:
    """One simulated user's model, after the run."""

    events_to_beat: float
    saved_s: float
    saved_by_prior_s: float
    saved_by_oracle_s: float
    harm: float
    gain: float
    gain_late: float


def run(options: PersonalOptions, json_file: Path | None) -> int:
    """Measures, prints and writes; returns the exit code."""
    prior = LogisticAcceptanceModel.load()
    seeds = [options.seed * 100_000 + number for number in range(options.n_users)]
    learned = [_learn(seed, prior, HIERARCHICAL) for seed in seeds]
    plain = [_learn(seed, prior, PLAIN) for seed in seeds]
    checked = [_check_replay(seed, prior) for seed in seeds]

    def by_user(values: Sequence[float], statistic: Callable[[Sequence[float]], float] = _mean) -> Metric:
        return bootstrap([[value] for value in values], statistic, options.seed)

    coverage = {
        name: bootstrap([found[name] for found in checked if found[name]], _mean, options.seed) for name in checked[0]
    }
    metrics = {
        "events_to_beat_prior": by_user([user.events_to_beat for user in learned], _median),
        "regret_to_oracle": by_user([1 - user.saved_s / user.saved_by_oracle_s for user in learned]),
        "regret_to_oracle_prior": by_user([1 - user.saved_by_prior_s / user.saved_by_oracle_s for user in learned]),
        "replay_interval_coverage": coverage["doubly_robust"],
        "replay_interval_coverage_ips": coverage["ips"],
        "replay_interval_coverage_snips": coverage["self_normalised"],
        "replay_refused": coverage["refused"],
        "log_loss_gain": by_user([user.gain for user in learned]),
        "log_loss_gain_last_third": by_user([user.gain_late for user in learned]),
        "log_loss_gain_plain": by_user([user.gain for user in plain]),
        "events_to_beat_prior_plain": by_user([user.events_to_beat for user in plain], _median),
        "log_loss_harm_worst": exact(max(user.harm for user in learned)),
        **_real_people(options.data),
        **{name: by_user(values) for name, values in _turn_knob(seeds, prior).items()},
    }
    report = Report(
        bench="personal",
        seed=options.seed,
        protocol=PROTOCOL.format(
            n_users=options.n_users,
            n_candidates=N_CANDIDATES,
            threshold=THRESHOLD,
            explored=EXPLORED,
            window=WINDOW,
            margin=MARGIN,
            n_logged=N_LOGGED,
            n_switched=N_SWITCHED,
            switches=", ".join(map(str, SWITCHES)),
            n_before=knob.N_BEFORE,
            n_turned=knob.N_CANDIDATES,
            turned_every=knob.TURNED_EVERY,
        ),
        n=options.n_users,
        metrics=metrics,
    )
    publish(report, json_file)
    if not options.data.exists():
        print(f"real people were left out: there is no {options.data}; say where the Copilot study is with --data")
    return 0


def _learn(seed: int, prior: LogisticAcceptanceModel, recipe: Recipe) -> _Learned:
    """Lets one user's model learn behind the gate, and compares it with prior and oracle on every candidate."""
    user, chance = SimulatedUser(seed, N_CANDIDATES), random.Random(seed)  # noqa: S311 - a simulation, no secret
    model = PersonalAcceptanceModel(prior, PersonalState.fresh(recipe))
    gains, n_learned_from = [], []
    saved = saved_by_prior = saved_by_oracle = 0.0
    for _ in range(N_CANDIDATES):
        offer = user.propose()
        before, own = prior.score(offer.gate_input).probability, model.score(offer.gate_input)
        n_chars, true = len(offer.gate_input.candidate.text), offer.true_probability
        gains.append(_expected_loss(true, before) - _expected_loss(true, own.probability))
        n_learned_from.append(model.state.n_events)
        would_save = expected_saved_s(true, n_chars)
        saved += would_save * (expected_saved_s(own.probability, n_chars) > 0)
        saved_by_prior += would_save * (expected_saved_s(before, n_chars) > 0)
        saved_by_oracle += max(0.0, would_save)
        propensity = 1.0 if own.probability >= THRESHOLD else EXPLORED
        model.observe(
            user.react(
                offer,
                Decided(
                    was_offered=chance.random() < propensity, scored=own, threshold=THRESHOLD, propensity=propensity
                ),
            )
        )
    state = model.state
    return _Learned(
        events_to_beat=_first_beaten(gains, n_learned_from),
        saved_s=saved,
        saved_by_prior_s=saved_by_prior,
        saved_by_oracle_s=saved_by_oracle,
        harm=(state.log_loss - state.prior_log_loss) / max(1, state.n_events),
        gain=_mean(gains),
        gain_late=_mean(gains[2 * len(gains) // 3 :]),
    )


def _first_beaten(gains: Sequence[float], n_learned_from: Sequence[int]) -> float:
    """Returns what had been learned from at the end of the first window in which the mean gain reached the margin."""
    for end in range(WINDOW, len(gains) + 1):
        if sum(gains[end - WINDOW : end]) >= MARGIN * WINDOW:
            return n_learned_from[end - 1]
    return n_learned_from[-1]


def _check_replay(seed: int, prior: LogisticAcceptanceModel) -> dict[str, list[float]]:
    """Returns, for one user, which intervals held the truth (1) or not (0) by estimator, and which were refused."""
    log = [row for _, row in _live(seed, prior, THRESHOLD, N_LOGGED, luck=1)]
    found: dict[str, list[float]] = {"ips": [], "self_normalised": [], "doubly_robust": [], "refused": []}
    for threshold in SWITCHES:
        answer = replay(log, threshold_policy(threshold, explored=EXPLORED), seed)
        found["refused"].append(float(isinstance(answer, InsufficientSupport)))
        if isinstance(answer, InsufficientSupport):
            continue
        truth = _truth(_live(seed, prior, threshold, N_SWITCHED, luck=2))
        for reward, happened in truth.items():
            value = answer.values[reward]
            found["ips"].append(_holds(value.ips, happened))
            found["self_normalised"].append(_holds(value.self_normalised, happened))
            found["doubly_robust"].append(_holds(value.doubly_robust, happened))
    return found


def _live(
    seed: int, prior: LogisticAcceptanceModel, threshold: float, n_candidates: int, *, luck: int
) -> list[tuple[Offer, JudgedSuggestion]]:
    """Returns what one user of steady habits meets behind a gate; `luck` changes the candidates, not the user."""
    user, chance = SimulatedUser(seed, n_candidates, luck=luck, drifts=False), random.Random(seed + luck)  # noqa: S311
    lived = []
    for _ in range(n_candidates):
        offer = user.propose()
        scored = prior.score(offer.gate_input)
        propensity = 1.0 if scored.probability >= threshold else EXPLORED
        decided = Decided(
            was_offered=chance.random() < propensity, scored=scored, threshold=threshold, propensity=propensity
        )
        lived.append((offer, user.react(offer, decided)))
    return lived


def _truth(lived: Sequence[tuple[Offer, JudgedSuggestion]]) -> dict[Reward, float]:
    """Returns what was accepted and rejected on average for each candidate, without the luck of single judgements."""
    judged = READ_SHARE * (1 - SUPERSEDED_SHARE)
    accepted = _mean([row.propensity * judged * offer.true_probability for offer, row in lived])
    rejected = _mean([row.propensity * judged * (1 - offer.true_probability) for offer, row in lived])
    return {Reward.ACCEPTED: accepted, Reward.REJECTED: rejected}


def _turn_knob(seeds: Sequence[int], prior: LogisticAcceptanceModel) -> dict[str, list[float]]:
    """Returns what each user loses and is spared, by metric."""
    found: dict[str, list[float]] = {}
    for share in SHARES:
        for is_turned, suffix in ((True, ""), (False, "_study")):
            spared = [knob.live_behind_the_knob(seed, share, prior, is_turned=is_turned) for seed in seeds]
            found[f"accepts_lost_at_{share * 100:.0f}{suffix}"] = [one.accepts_lost for one in spared]
            found[f"rejected_hidden_at_{share * 100:.0f}{suffix}"] = [one.rejected_hidden for one in spared]
    return found


def _real_people(data: Path) -> dict[str, Metric]:
    """Returns the gain and the worst harm on the study's people, in the order in which they judged."""
    if not data.exists():
        return {}
    # Training needs scikit-learn, which a user's installation has not.
    from inkling.models.study import read_examples
    from inkling.models.train import predict

    examples = read_examples(data)
    shipped = LogisticAcceptanceModel.load()
    predicted = predict(examples).tolist()
    states: dict[int, PersonalState] = {}
    for example, probability in zip(examples, predicted, strict=True):
        traits = occasion_of_input(example.gate_input, shipped.score(example.gate_input)).traits
        state = states.setdefault(example.person, PersonalState.fresh())
        state.learn(Occasion(prior_log_odds=log_odds(probability), traits=traits), was_accepted=example.was_accepted)
    harms = [(state.log_loss - state.prior_log_loss) / state.n_events for state in states.values()]
    return {
        "log_loss_harm_worst_real": exact(max(harms)),
        "log_loss_gain_real": bootstrap([[-harm] for harm in harms], _mean, 0),
    }


def _expected_loss(true: float, probability: float) -> float:
    return true * log_loss(probability, was_accepted=True) + (1 - true) * log_loss(probability, was_accepted=False)


def _holds(estimate: Interval, value: float) -> float:
    return float(estimate.low <= value <= estimate.high)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _median(values: Sequence[float]) -> float:
    return percentile(values, 0.5)
