"""The syntax worker: `python -m inkling.context.syntax.worker`, started by the daemon only."""

from inkling.context.syntax.blocks import judge, judge_beginning, judge_edit
from inkling.context.worker.child import Call, Worker


def _judge(call: Call) -> str:
    text, offset, insertion = call.payload
    return judge(text, offset, insertion)


def _judge_beginning(call: Call) -> str:
    text, offset, insertion = call.payload
    return judge_beginning(text, offset, insertion)


def _judge_edit(call: Call) -> str:
    text, offset, n_removed, inserted = call.payload
    return judge_edit(text, offset, n_removed, inserted)


def main() -> None:
    """Serves until the daemon closes the pipe."""
    Worker(calls={"judge": _judge, "judge_beginning": _judge_beginning, "judge_edit": _judge_edit}, notices={}).serve()


if __name__ == "__main__":
    main()
