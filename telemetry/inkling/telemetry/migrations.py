"""Numbered changes of the database's shape. A migration that was released is never edited; a new one is added.

This module imports sqlite-utils, which imports numpy where it is installed (100 to 400 ms, part of it with the
interpreter's lock held), so it is imported only when a database has to be made or changed.
"""

import sqlite3

from sqlite_utils import Database, Migrations
from sqlite_utils.db import Table

migrations = Migrations("inkling")


@migrations(name="0001_events")
def create_events(db: Database) -> None:
    """Creates the tables of decisions, silences and outcomes, and of what the store knows about itself.

    There are no foreign keys: an outcome may arrive for a decision that was lost with a killed daemon.
    """
    decisions = _create(
        db,
        "decisions",
        {
            "schema_version": int,
            "suggestion_id": str,
            "at_ms": int,
            "feature": str,
            "trigger": str,
            "source": str,
            "was_offered": int,
            "reason": str,
            "probability": float,
            "threshold": float,
            "propensity": float,
            "model_version": str,
            "features": str,
            "checked": str,
            "path": str,
            "line": int,
            "n_chars": int,
            "n_lines": int,
            "text_fingerprint": str,
            "context_fingerprint": str,
            "latency_ms": float,
            "text": str,
        },
        may_be_null={"reason", "probability", "text"},
    )
    decisions.create_index(["suggestion_id"], unique=True)
    decisions.create_index(["at_ms"])
    silences = _create(
        db,
        "silences",
        {
            "schema_version": int,
            "at_ms": int,
            "feature": str,
            "trigger": str,
            "reason": str,
            "path": str,
            "line": int,
            "latency_ms": float,
        },
    )
    silences.create_index(["at_ms"])
    outcomes = _create(
        db,
        "outcomes",
        {
            "schema_version": int,
            "event_id": str,
            "suggestion_id": str,
            "kind": str,
            "at_ms": int,
            "visible_ms": float,
            "accepted_chars": int,
        },
        may_be_null={"visible_ms", "accepted_chars"},
    )
    outcomes.create_index(["event_id"], unique=True)
    outcomes.create_index(["suggestion_id"])
    outcomes.create_index(["at_ms"])
    db.table("meta").create({"key": str, "value": bytes}, pk="key")
    _set_version(db, 1)


@migrations(name="0002_survivals")
def add_survivals(db: Database) -> None:
    """Adds looks at accepted and rejected places, what was explored, and the impossible times that clocks reported."""
    db.table("decisions").add_column("was_explored", int, not_null_default=0)
    for name in ("decisions", "silences", "outcomes"):
        db.table(name).add_column("reported_at_ms", int)
    # Texts are forgotten after a while; most databases hold none, and finding that out must not read a million rows.
    db.conn.execute("CREATE INDEX idx_decisions_with_text ON decisions (at_ms) WHERE text IS NOT NULL")
    survivals = _create(
        db,
        "survivals",
        {
            "schema_version": int,
            "event_id": str,
            "suggestion_id": str,
            "follows": str,
            "at_ms": int,
            "after_s": float,
            "kind": str,
            "similarity": float,
            "reported_at_ms": int,
        },
        may_be_null={"after_s", "reported_at_ms"},
    )
    survivals.create_index(["event_id"], unique=True)
    survivals.create_index(["suggestion_id"])
    survivals.create_index(["at_ms"])
    _set_version(db, 2)


@migrations(name="0003_projects")
def add_projects(db: Database) -> None:
    """Adds the project of decisions and silences, why a request was not worth asking, and counts of past days."""
    for name in ("decisions", "silences"):
        db.table(name).add_column("project", str, not_null_default="")
    for name in ("probability", "threshold", "propensity"):
        db.table("silences").add_column(name, float)
    # Without a rowid the rows lie in the order of their key, in which they are summed.
    db.conn.execute(
        "CREATE TABLE daily_counts (what TEXT NOT NULL, name TEXT NOT NULL, day INTEGER NOT NULL, n INTEGER NOT NULL, "
        "PRIMARY KEY (what, name, day)) WITHOUT ROWID"
    )
    _set_version(db, 3)


def apply_migrations(connection: sqlite3.Connection) -> None:
    """Brings a database to the latest shape; each step is one transaction, its version number included."""
    migrations.apply(Database(connection, execute_plugins=False))


def _create(
    db: Database, name: str, columns: dict[str, type], may_be_null: frozenset[str] | set[str] = frozenset()
) -> Table:
    return db.table(name).create({"id": int, **columns}, pk="id", not_null=columns.keys() - may_be_null)


def _set_version(db: Database, version: int) -> None:
    db.conn.execute(f"PRAGMA user_version = {version}")
