"""`inkling serve`: the daemon."""

import asyncio
import gc
import logging
import sys
from dataclasses import dataclass

from cattrs import Converter

from inkling.app.machine import IdleMachine, LocalMachine
from inkling.app.places import Places
from inkling.app.wiring import open_event_log, running_services
from inkling.features.survival import LOOKS_S
from inkling.lsp.converter import ready_converter
from inkling.lsp.loop_meter import LoopMeter
from inkling.lsp.server import create_server
from inkling.lsp.transport import claim_standard_streams, serve_streams, serve_tcp

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """How to serve.

    Attributes:
        places: Folders to work in.
        version: What the server calls itself.
        tcp: Host and port to wait for one client on; None for standard input and output.
        measure_loop: Whether to measure how long the event loop is held.
        survival_looks_s: Seconds after an outcome at which to look what stands there.
        ignores_load: Whether fixes are looked for unasked however busy the machine is.
    """

    places: Places
    version: str
    tcp: tuple[str, int] | None = None
    measure_loop: bool = False
    survival_looks_s: tuple[float, ...] = LOOKS_S
    ignores_load: bool = False


def serve(options: ServeOptions) -> int:
    """Serves one client until it leaves, and returns the exit code that the protocol asks for."""
    meter = LoopMeter()
    if options.measure_loop:
        meter.install()
    converter = ready_converter()
    # What start-up made lives as long as the process. Unfrozen, every full collection would look at all of it
    # again, and hold the loop meanwhile.
    gc.collect()
    gc.freeze()
    return asyncio.run(_serve(options, converter, meter))


async def _serve(options: ServeOptions, converter: Converter, meter: LoopMeter) -> int:
    opened = await open_event_log(options.places.data_dir)
    async with running_services(
        opened,
        options.places,
        loop_meter=meter,
        survival_looks_s=options.survival_looks_s,
        machine=IdleMachine() if options.ignores_load else LocalMachine(),
    ) as services:
        server = create_server(services, options.version, converter)
        if options.tcp is None:
            reader, writer = claim_standard_streams()
            await serve_streams(server.protocol, reader, writer)
        else:
            await serve_tcp(server.protocol, *options.tcp, on_listening=_say_where)
        return 0 if server.protocol.was_shut_down else 1


def _say_where(host: str, port: int) -> None:
    """Standard output is free here, and scripts wait for this line."""
    sys.stdout.write(f"listening on {host}:{port}\n")
    sys.stdout.flush()
