"""`inkling serve`: the daemon."""

import asyncio
import logging
import sys
from dataclasses import dataclass

from inkling.app.places import Places
from inkling.app.wiring import open_event_log, running_services
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
    """

    places: Places
    version: str
    tcp: tuple[str, int] | None = None
    measure_loop: bool = False


def serve(options: ServeOptions) -> int:
    """Serves one client until it leaves, and returns the exit code that the protocol asks for."""
    meter = LoopMeter()
    if options.measure_loop:
        meter.install()
    return asyncio.run(_serve(options, meter))


async def _serve(options: ServeOptions, meter: LoopMeter) -> int:
    opened = await open_event_log(options.places.data_dir)
    async with running_services(opened, options.places, loop_held_ms_max=lambda: meter.held_ms_max) as services:
        server = create_server(services, options.version)
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
