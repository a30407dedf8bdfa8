"""A worker for the tests of the worker processes: echoes, waits, prints, fails and dies on request."""

import os
import sys
import time

from inkling.context.worker.child import Call, Worker


def main() -> None:
    told: list[object] = []

    def wait_for_cancellation(call: Call) -> str:
        worker.emit("waiting", None)
        while not call.is_cancelled():
            time.sleep(0.001)
        worker.emit("cancelled", None)
        return "nobody reads this"

    def fail(call: Call) -> None:
        raise ValueError(str(call.payload))

    def die(_call: Call) -> None:
        os._exit(3)

    def shout(call: Call) -> object:
        print("x" * 100_000)
        os.write(1, b"straight to the descriptor\n")
        return call.payload

    worker = Worker(
        calls={
            "echo": lambda call: call.payload,
            "told": lambda call: list(told),
            "wait_for_cancellation": wait_for_cancellation,
            "fail": fail,
            "die": die,
            "shout": shout,
            "arguments": lambda call: sys.argv[1:-1],
        },
        notices={"tell": told.append},
    )
    worker.serve()


if __name__ == "__main__":
    main()
