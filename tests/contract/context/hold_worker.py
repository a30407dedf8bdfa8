"""Holds an echo worker, prints its process id, and waits to be killed."""

import asyncio

from inkling.context.worker.process import WorkerProcess, WorkerSpec


async def main() -> None:
    def tell() -> None:
        print(worker.process_id, flush=True)

    worker = WorkerProcess(WorkerSpec(name="echo", module="echo_worker"), on_start=tell)
    await worker.run()


asyncio.run(main())
