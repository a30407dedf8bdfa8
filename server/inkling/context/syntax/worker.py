"""The syntax worker: `python -m inkling.context.syntax.worker`, started by the daemon only."""

from inkling.context.syntax.blocks import still_parses
from inkling.context.worker.child import Call, Worker


def _still_parses(call: Call) -> bool:
    text, offset, insertion = call.payload
    return still_parses(text, offset, insertion)


def main() -> None:
    """Serves until the daemon closes the pipe."""
    Worker(calls={"still_parses": _still_parses}, notices={}).serve()


if __name__ == "__main__":
    main()
