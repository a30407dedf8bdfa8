"""Fixes that nobody asked for: looked for when there is time, offered when they are sure, gone when they do not fit."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.unit.features.fix.fix_fakes import ADDS, CART, EMPTY, FOLDER, RIGHT, FakeProject, FakeRepairer

from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.execution import ProjectView, SuiteRequest
from inkling.core.repair import JudgedPatch, Judgement, PatchVerdict
from inkling.core.settings import FixOnFailure, FixSettings, Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Reason, SuggestionId
from inkling.features.fix import FixOutcome, OfferedFix, UnaskedFixes, UnaskedPorts
from inkling.features.fix.unasked import HOLD_S, IDLE_S

PROGRAM = FOLDER / CART


@dataclass
class Timer:
    due_ms: int
    callback: Callable[[], None]
    was_cancelled: bool = False

    def cancel(self) -> None:
        self.was_cancelled = True


class ManualClock:
    """Time passes when a test says so."""

    def __init__(self) -> None:
        self.ms = 1_800_000_000_000
        self.timers: list[Timer] = []

    def now_ms(self) -> int:
        return self.ms

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(due_ms=self.ms + round(delay_s * 1000), callback=callback)
        self.timers.append(timer)
        return timer

    def pass_s(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)
        due = [timer for timer in self.timers if timer.due_ms <= self.ms]
        self.timers = [timer for timer in self.timers if timer.due_ms > self.ms]
        for timer in due:
            if not timer.was_cancelled:
                timer.callback()


@dataclass
class FakeMachine:
    is_unplugged: bool = False
    work: float = 0.1

    async def is_on_battery(self) -> bool:
        return self.is_unplugged

    async def load(self) -> float:
        return self.work


class Desk:
    """An editor with a project, a machine and a clock."""

    def __init__(self) -> None:
        self.project = FakeProject()
        self.clock = ManualClock()
        self.machine = FakeMachine()
        self.offers: list[OfferedFix] = []
        self.withdrawn: list[SuggestionId] = []
        self.is_trusted = True
        self.threshold = 0.2
        self.version = 0
        self.unasked = UnaskedFixes(
            UnaskedPorts(
                feature=self.project.feature,
                recorder=self.project.recorder,
                machine=self.machine,
                clock=self.clock,
                background=self.project.background,
                threshold=lambda _settings: self.threshold,
            )
        )
        self.unasked.attach(self)

    def configure(self, **changes: object) -> None:
        self.unasked.configure(Settings(fix=replace(FixSettings(), **changes)))  # type: ignore[arg-type]

    async def view(self, folder: Path) -> ProjectView | None:
        return self.project.view if self.is_trusted else None

    def type_in(self, path: Path) -> None:
        self.version += 1
        uri = DocumentUri(path.as_uri())
        for version in (self.version, self.version + 1):
            self.unasked.document_changed(Snapshot(uri=uri, path=path, version=version, text=""))
        self.version += 1

    def offer(self, outcome: FixOutcome, offered: OfferedFix) -> None:
        self.offers.append(offered)

    def withdraw(self, fix_id: SuggestionId) -> None:
        self.withdrawn.append(fix_id)

    async def run_tests(self) -> None:
        request = SuiteRequest(view=self.project.view, with_coverage=self.unasked.wants_coverage)
        await self.unasked.tests_ended(FOLDER, await self.project.feature.run_tests(request))

    async def rest(self, seconds: float = IDLE_S) -> None:
        """Lets time pass without a key, and waits for what is done in it."""
        self.clock.pass_s(seconds)
        await self.project.background.settle()

    async def search_begun(self) -> None:
        self.project.repairers = [FakeRepairer(patches=[RIGHT], gate=asyncio.Event())]
        self.clock.pass_s(IDLE_S)
        while not self.project.repairers[0].asked:
            await asyncio.sleep(0)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_failing_run_leads_to_an_offer_once_nobody_types(desk: Desk) -> None:
    await desk.run_tests()
    desk.type_in(Path("/elsewhere/notes.py"))
    await desk.rest(IDLE_S / 2)
    assert desk.project.repairers[0].asked == []
    await desk.rest()
    (offered,) = desk.offers
    assert offered.fix.evidence.failed_before == (ADDS,)
    (row,) = await desk.project.log.recent_decisions(10)
    assert (row.was_offered, row.threshold, row.probability) == (True, 0.2, 0.8)


async def test_a_search_that_nobody_asked_for_gives_way_and_spends_no_tokens(desk: Desk) -> None:
    await desk.run_tests()
    await desk.rest()
    assert desk.project.opened == [False, True]
    budget = desk.project.repairers[0].asked[0].budget
    assert (budget.n_processes, budget.n_model_tokens) == (1, 0)


async def test_typing_stops_it_and_it_goes_on_after_a_pause(desk: Desk) -> None:
    await desk.run_tests()
    await desk.search_begun()
    stopped = desk.project.repairers[0]
    desk.type_in(PROGRAM)
    await desk.project.background.settle()
    assert (stopped.was_cancelled, desk.offers) == (True, [])
    desk.project.repairers = [FakeRepairer(patches=[RIGHT])]
    await desk.rest()
    assert len(desk.offers) == 1


@pytest.mark.parametrize(("is_unplugged", "work"), [(True, 0.0), (False, 0.9)])
async def test_battery_and_load_hold_it_back(desk: Desk, is_unplugged: bool, work: float) -> None:
    desk.machine.is_unplugged, desk.machine.work = is_unplugged, work
    await desk.run_tests()
    await desk.rest()
    await desk.rest(HOLD_S)
    assert desk.offers == []
    desk.machine.is_unplugged, desk.machine.work = False, 0.0
    await desk.rest(HOLD_S)
    assert len(desk.offers) == 1


async def test_on_battery_it_is_done_where_that_is_set(desk: Desk) -> None:
    desk.configure(on_battery=True)
    desk.machine.is_unplugged = True
    await desk.run_tests()
    await desk.rest()
    assert len(desk.offers) == 1


async def test_it_can_be_switched_off_and_needs_trust(desk: Desk) -> None:
    desk.is_trusted = False
    await desk.run_tests()
    await desk.rest()
    desk.is_trusted = True
    desk.configure(on_failure=FixOnFailure.OFF)
    await desk.run_tests()
    await desk.rest()
    assert (desk.offers, desk.project.repairers[0].asked) == ([], [])


async def test_only_what_is_verified_and_likely_enough_is_offered(desk: Desk) -> None:
    desk.threshold = 0.9
    await desk.run_tests()
    await desk.rest()
    (row,) = await desk.project.log.recent_decisions(10)
    assert (desk.offers, row.reason) == ([], Reason.LOW_PROBABILITY)
    desk.threshold = 0.1
    desk.project.judge.judgement = lambda patches: Judgement(
        patches=[JudgedPatch(patch=each, probability=0.8, verdict=PatchVerdict.PLAUSIBLE) for each in patches]
    )
    desk.type_in(PROGRAM)
    await desk.run_tests()
    await desk.rest()
    assert desk.offers == []
    assert {row.reason for row in await desk.project.log.recent_decisions(10)} == {
        Reason.LOW_PROBABILITY,
        Reason.NOT_VERIFIED,
    }


async def test_what_was_rejected_is_not_offered_again(desk: Desk) -> None:
    await desk.run_tests()
    await desk.rest()
    rejected = Outcome(
        event_id=EventId("e1"), suggestion_id=desk.offers[0].id, kind=OutcomeKind.REJECTED, at_ms=desk.clock.ms
    )
    await desk.project.log.record_outcomes([rejected])
    desk.type_in(PROGRAM)
    await desk.run_tests()
    await desk.rest()
    assert len(desk.offers) == 1
    assert (await desk.project.log.recent_decisions(1))[0].reason is Reason.REJECTED_BEFORE


async def test_an_offer_is_withdrawn_when_its_file_is_edited_or_its_test_passes(desk: Desk) -> None:
    await desk.run_tests()
    await desk.rest()
    desk.type_in(Path("/project/other.py"))
    assert desk.withdrawn == []
    desk.type_in(PROGRAM)
    assert desk.withdrawn == [desk.offers[0].id]
    await desk.run_tests()
    await desk.rest()
    desk.project.suites.tests[ADDS] = lambda _text: True
    await desk.run_tests()
    assert desk.withdrawn == [offered.id for offered in desk.offers]


async def test_opening_the_file_of_an_offer_keeps_it(desk: Desk) -> None:
    await desk.run_tests()
    await desk.rest()
    opened = Snapshot(uri=DocumentUri(PROGRAM.as_uri()), path=PROGRAM, version=1, text="")
    desk.unasked.document_changed(opened)
    desk.unasked.document_changed(opened)
    assert desk.withdrawn == []
    desk.unasked.document_changed(replace(opened, version=2))
    assert desk.withdrawn == [desk.offers[0].id]


async def test_the_same_failure_is_not_searched_twice_until_something_changes(desk: Desk) -> None:
    await desk.run_tests()
    await desk.rest()
    await desk.run_tests()
    await desk.rest()
    assert len(desk.project.repairers[0].asked) == 1
    desk.unasked.files_changed([PROGRAM])
    await desk.run_tests()
    await desk.rest()
    assert len(desk.project.repairers[0].asked) == 2


async def test_who_asks_takes_the_search_over(desk: Desk) -> None:
    await desk.run_tests()
    await desk.search_begun()
    desk.unasked.asked(FOLDER)
    desk.project.feature.stop_unasked(FOLDER)
    await desk.project.background.settle()
    desk.project.repairers = [FakeRepairer(patches=[RIGHT])]
    await desk.rest(60)
    assert desk.project.repairers[0].asked == []


async def test_saving_runs_fast_tests_that_need_the_file_where_that_is_set(desk: Desk) -> None:
    desk.project.suites.tests[ADDS] = lambda text: True
    desk.configure(on_failure=FixOnFailure.SAVE)
    await desk.run_tests()
    desk.project.suites.tests[ADDS] = lambda text: "- 1" not in text
    desk.unasked.files_changed([Path("/project/other.py")])
    await desk.rest()
    assert desk.offers == []
    desk.unasked.files_changed([PROGRAM])
    await desk.rest()
    assert len(desk.offers) == 1
    assert {ADDS, EMPTY} == set(desk.project.suites.requests[1].node_ids)
