"""What *Fix with feedback* says to the user: each sentence names what to do."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from inkling.core.execution import CaseResult
from inkling.core.repair import Evidence, JudgedPatch, PatchVerdict
from inkling.features.fix.request import KnobNames, Place

NO_FRAMES = (
    "There is no traceback of this project in the text. Select one with its lines `File …, line …`, or name a failing"
    " test."
)
BUSY = "A fix is being looked for in this folder already. Wait for it, or cancel it."
CANCELLED = "Cancelled. Nothing was changed."
NOT_TRUSTED = "Tests run only in a workspace that you trust: run the command Workspaces: Manage Workspace Trust."
NO_INTERPRETER = "No Python is known for this folder: set inkling.interpreter to the one that runs its tests."
HINT_OF_A_FIX = "A fix was found and verified. Here is a hint, as you asked for."
HINT_WITHOUT_A_FIX = "No sure fix was found. This is what the runs show."
LINTER_FIX = "Ruff's own fix for its finding there is below; nothing was run for it."
FORGOTTEN = "That search is too long ago. Run Fix with Feedback again."
_MANY = 3  # tests named one by one


def count(n: int, noun: str) -> str:
    """Returns a number of things, such as `1 test` and `2 tests`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def sentence(text: str) -> str:
    """Returns an error's words as a sentence of a message."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def tests(node_ids: Sequence[str]) -> str:
    """Returns tests by name, or how many there are."""
    return ", ".join(node_ids) if len(node_ids) <= _MANY else count(len(node_ids), "test")


def nothing_fails(cases: Sequence[CaseResult]) -> str:
    """Says that all that ran passes."""
    if not cases:
        return "There is nothing to fix: no test ran. Name a test, such as tests/test_cart.py::test_total."
    ran = (
        f"{tests([case.node_id for case in cases])} passes" if len(cases) == 1 else f"{count(len(cases), 'test')} pass"
    )
    return (
        f"There is nothing to fix: {ran} in the sandbox. If it fails elsewhere, it may need the network, a service"
        " or an environment variable that the sandbox has not, or tests that ran before it."
    )


def nothing_fails_at(place: Place, n_tests: int) -> str:
    """Says that tests reach a place, and all pass."""
    verb = "reaches" if n_tests == 1 else "reach"
    return (
        f"{count(n_tests, 'test')} {verb} line {place.first_line} of {place.path}, and none fails. Write a test that"
        " shows what is wrong, and ask again."
    )


def no_test_reaches(place: Place) -> str:
    """Says that no test reaches a place."""
    return (
        f"No test reaches line {place.first_line} of {place.path}, so nothing could tell whether a change is right."
        " Write a test that fails because of it, and ask again."
    )


def no_such_test(path: PurePosixPath) -> str:
    """Says that a traceback's test is not there any more."""
    return f"The traceback ends in {path}, and no test there has that name any more. Run the test again."


def program_ends_well(program: PurePosixPath) -> str:
    """Says that a program does not fail."""
    return (
        f"{program} ends without an error in the sandbox, run without arguments. Write a test that fails as it did, and"
        " ask for a fix of that."
    )


def program_ends_otherwise(program: PurePosixPath, ended_with: str) -> str:
    """Says that a program fails in another way than its traceback says."""
    return (
        f"In the sandbox {program} ends with {ended_with}, which is not what the traceback says. It runs there without"
        " arguments, input, network and the right to write files. Write a test that fails as it did, and ask for a fix"
        " of that."
    )


def flaky(node_id: str, n_failures: int, n_runs: int) -> str:
    """Says that a test fails only sometimes."""
    return (
        f"{node_id} is flaky: it failed in {n_failures} of {n_runs} runs of the same code. Make it fail each time"
        " first: look for time, randomness, order, files and threads that it depends on."
    )


def fails_after(node_id: str, before: Sequence[str]) -> str:
    """Says that a test fails only after others; `before` is enough to make it fail."""
    return (
        f"{node_id} passes alone, and fails each time after {tests(before)}: something is left behind that both use,"
        " such as a mutable default argument, a global or a class attribute. No change can be tried on a test that"
        " passes alone: write one test that makes the calls of both, and ask for a fix of that. The most suspicious"
        " lines are below."
    )


def hangs(message: str) -> str:
    """Says that what fails does so by not coming to an end; `message` is the runner's."""
    return f"Without a change: {message}"


def nothing_found(n_tried: int, n_other_faults: int, knobs: KnobNames) -> str:
    """Says that the search ended without a change that works."""
    return (
        f"{count(n_tried, 'change')} tried, and none makes the failing tests pass without breaking others. The most"
        f" suspicious lines are below; {knobs.more_time} gives the search more time.{_others(n_other_faults)}"
    )


def _others(n_other_faults: int) -> str:
    if not n_other_faults:
        return ""
    verb = "runs" if n_other_faults == 1 else "run"
    return f" {count(n_other_faults, 'other failing test')} {verb} different code: ask for a fix of that alone."


def only_plausible(n_plausible: int, knobs: KnobNames, *, is_asked: bool) -> str:
    """Says that changes make the tests pass, and that nothing says which of them is right."""
    do = "Answer the question, write" if is_asked else "Write"
    if n_plausible == 1:
        return (
            "1 change would make the tests pass, and the tests are too few to tell whether it is right."
            f" {do} another test of that code, or {knobs.show_plausible} to see the change."
        )
    return (
        f"{n_plausible:,} changes would make the tests pass, and the tests do not say which is right. {do} a"
        f" test that tells them apart, or {knobs.show_plausible} to see them."
    )


def found(evidence: Evidence, judged: JudgedPatch, n_other_faults: int) -> str:
    """Says in one sentence what is proposed."""
    kind = {
        PatchVerdict.VERIFIED: "A verified fix",
        PatchVerdict.PLAUSIBLE: "A plausible fix, not verified",
        PatchVerdict.UNTESTED: "A fix that no test reaches",
        PatchVerdict.REFUSED: "A refused fix",
    }[judged.verdict]
    n_failed = len(evidence.failed_before)
    now = f"{count(n_failed, 'test')} failed before and {'passes' if n_failed == 1 else 'pass'} now"
    return f"{kind}: {now}.{_others(n_other_faults)}"


def evidence_lines(evidence: Evidence, judged: JudgedPatch) -> list[str]:
    """Returns what speaks for a fix and what is not known, one sentence each."""
    if judged.verdict is PatchVerdict.UNTESTED:
        return ["No test reaches this line: nothing was run."]
    lines = [f"Failed before and passes now: {node_id}." for node_id in evidence.failed_before]
    if evidence.n_others_pass:
        verb = "runs the same code and passes" if evidence.n_others_pass == 1 else "run the same code and pass"
        lines.append(f"{count(evidence.n_others_pass, 'other test')} {verb} as before.")
    else:
        lines.append("No other test runs the same code.")
    if evidence.n_not_run:
        verb = "was not run: it does" if evidence.n_not_run == 1 else "were not run: they do"
        lines.append(f"{count(evidence.n_not_run, 'test')} {verb} not reach the change.")
    if evidence.answered:
        lines.append(f"You said that {evidence.answered}, and so it does.")
    else:
        lines.append(_compared(judged))
    lines.extend(f"Holds on generated inputs: {each}." for each in judged.properties)
    return lines


def _compared(judged: JudgedPatch) -> str:
    """Returns what generated inputs told; that no input is alike for all says nothing against one of them."""
    if not judged.n_inputs:
        return "It was compared with other changes on no generated inputs."
    inputs = count(judged.n_inputs, "generated input")
    if not judged.n_inputs_agreeing:
        return f"It was run on {inputs} and compared there with the other changes that make the tests pass."
    if judged.n_inputs_agreeing == judged.n_inputs:
        return f"It was run on {inputs}; no other change that makes the tests pass does anything else there."
    return (
        f"It was run on {inputs}; on {judged.n_inputs_agreeing:,} of them every other change that makes the tests pass"
        " does the same."
    )


def confidence(judged: JudgedPatch) -> str:
    """Returns how sure it is, in words with the number."""
    if judged.verdict is PatchVerdict.UNTESTED:
        return "untested"
    words = "verified" if judged.verdict is PatchVerdict.VERIFIED else "plausible, not verified"
    return f"{words}; estimated to be right in {judged.probability:.0%} of such cases"
