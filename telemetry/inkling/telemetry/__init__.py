"""What happened to suggestions, kept on this machine: the event store and its stand-in in memory."""

from inkling.telemetry.memory_log import MemoryEventLog
from inkling.telemetry.store import EventStore

__all__ = ["EventStore", "MemoryEventLog"]
