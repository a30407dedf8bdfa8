"""The syntax worker: `python -m inkling.context.syntax.worker`, started by the daemon only."""

from inkling.context.syntax.blocks import judge
from inkling.context.worker.child import Call, Worker


def _judge(call: Call) -> str:
    text, offset, insertion = call.payload
    return judge(text, offset, insertion)


def main() -> None:
    """Serves until the daemon closes the pipe."""
    Worker(calls={"judge": _judge}, notices={}).serve()


if __name__ == "__main__":
    main()
