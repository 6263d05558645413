"""Why a database cannot be used: its folder, host, port, password or name is wrong, or its server is stopped."""

import os
import re
import socket
import struct
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from bot.database import database_url as url_of

POSTGRESQL_PORT: Final = 5432
SECONDS: Final = 2.0
# What a client of PostgreSQL may ask first; the server answers with one letter, and nothing else answers like it.
_SSL_REQUEST: Final = struct.pack("!ii", 8, 80877103)
_SSL_ANSWERS: Final = {b"S", b"N"}
# Where PostgreSQL's own packages put the socket of this machine.
_SOCKET_FOLDERS: Final = ("/var/run/postgresql", "/tmp")  # nosec B108  # noqa: S108 - where PostgreSQL listens, not where we write
# What PostgreSQL says of a connection that it refuses for now, what that means, and the remedy.
_SAID_FOR_NOW: Final = (
    (
        "starting up|shutting down|not yet accepting|recovery",
        "PostgreSQL is starting or stopping",
        "Try again in a moment.",
    ),
    (
        "too many|remaining connection slots",
        "PostgreSQL has no connection left",
        "Raise its max_connections, or run fewer processes.",
    ),
)
# The same of one that somebody must put right.
_SAID: Final = (
    (
        "no password supplied",
        "PostgreSQL wants a password of {user}",
        "Write it into DATABASE_URL: postgresql://{user}:password@…",
    ),
    (
        "password",
        "PostgreSQL refuses the password of {user}",
        "Correct it in DATABASE_URL (write %40 for @, %3A for :, %2F for /); ALTER ROLE {user} PASSWORD '…' sets it.",
    ),
    (
        r'role "[^"]*" does not exist',
        "PostgreSQL knows no user {user}",
        "Make one (createuser --pwprompt {user}), or correct its name in DATABASE_URL.",
    ),
    (
        r'database "[^"]*" does not exist',
        "PostgreSQL has no database {name}",
        "Make it (createdb --owner={user} {name}), or correct its name in DATABASE_URL.",
    ),
    ("pg_hba.conf", "PostgreSQL does not let {user} in from here: {said}", "Add a line for it to pg_hba.conf."),
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is the matter, as the end of a sentence, and the remedy as a sentence.

    `is_passing` says that it may end by itself: a server that is stopped, a file that is locked, a disk that is full.
    """

    seen: str
    remedy: str
    is_passing: bool = field(default=False, compare=False)


def diagnose(address: str, error: SQLAlchemyError) -> Diagnosis:
    """Tell why the database at this address raised the error; a password is never repeated."""
    url = url_of(address)
    reason = str(getattr(error, "orig", None) or type(error).__name__).strip()
    if url.get_backend_name() == "sqlite":
        return missing_folder(address) or _of_sqlite(url, reason)
    return _of_connection(url, reason) or _of_postgresql(url, reason)


def missing_folder(address: str) -> Diagnosis | None:
    """Tell that the folder of a SQLite database is not there; None where it is, or the database is another."""
    url = url_of(address)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    folder = Path(url.database).resolve().parent
    if folder.is_dir():
        return None
    return Diagnosis(f"the folder {folder} does not exist", f"Make it (mkdir -p {folder}), or correct DATABASE_URL.")


def _of_sqlite(url: URL, reason: str) -> Diagnosis:
    file = Path(url.database or "").resolve()
    if file.is_dir():
        return Diagnosis(f"{file} is a folder", "Name a file in it in DATABASE_URL.")
    if "not a database" in reason:
        return Diagnosis(f"{file} is not a SQLite database", "Correct DATABASE_URL, or move that file away.")
    if "locked" in reason:
        return Diagnosis(f"another program keeps {file} locked", "End that program, then try again.", is_passing=True)
    if "full" in reason:
        return Diagnosis(f"the disk of {file} is full", "Make room there, then try again.", is_passing=True)
    closed = [path for path in (file, file.parent) if path.exists() and not os.access(path, os.R_OK | os.W_OK)]
    if closed or "readonly" in reason or "unable to open" in reason:
        who = f"{closed[0] if closed else file} is closed to this user"
        return Diagnosis(who, "Let this user read and write it and its folder, or correct DATABASE_URL.")
    return Diagnosis(f"SQLite says: {reason}", "See DATABASE_URL.")


def _of_connection(url: URL, reason: str) -> Diagnosis | None:
    """Tell why no PostgreSQL answers there; None where one does."""
    host, port = _host(url), url.port or POSTGRESQL_PORT
    if not host or host.startswith("/"):
        return _of_socket(host, port, reason)
    try:
        if _is_postgresql(host, port):
            return None
    except socket.gaierror:
        return Diagnosis(f"no machine is known as {host}", "Correct the host in DATABASE_URL, or mend the DNS.")
    except ConnectionRefusedError:
        return _of_silence(f"nothing listens on {host}, port {port}", _other_port(host, port))
    except OSError:
        remedy = "See whether that machine runs, and whether a firewall is between."
        return Diagnosis(f"{host}, port {port} does not answer", remedy, is_passing=True)
    return Diagnosis(
        f"what listens on {host}, port {port} is not PostgreSQL",
        f"Correct the port in DATABASE_URL; PostgreSQL's own is {POSTGRESQL_PORT}.",
    )


def _of_silence(seen: str, other_port: int | None) -> Diagnosis:
    """Tell a wrong port, where PostgreSQL listens on another one, from a server that is stopped."""
    if other_port is not None:
        return Diagnosis(
            f"{seen}, but PostgreSQL listens on port {other_port}", f"Write port {other_port} into DATABASE_URL."
        )
    remedy = "Start PostgreSQL there (systemctl start postgresql), or correct host and port in DATABASE_URL."
    return Diagnosis(seen, remedy, is_passing=True)


def _of_socket(folder: str, port: int, reason: str) -> Diagnosis | None:
    if "FATAL" in reason or ("No such file" not in reason and "refused" not in reason):
        return None
    folders = [Path(folder)] if folder else [Path(each) for each in _SOCKET_FOLDERS]
    sockets = (path.suffix[1:] for each in folders for path in each.glob(".s.PGSQL.*"))
    others = sorted(int(number) for number in sockets if number.isdecimal() and int(number) != port)
    where = f"no PostgreSQL listens on port {port}" + (f" in {folder}" if folder else " of this machine")
    return _of_silence(where, others[0] if others else None)


def _of_postgresql(url: URL, reason: str) -> Diagnosis:
    """Tell what a PostgreSQL that answers minds; what it says in words not known here is quoted."""
    lines = reason.splitlines() or [reason]
    said = re.sub(r"^.*FATAL:\s*", "", next((line for line in lines if "FATAL" in line), lines[0]))
    user = url.username or "this user"
    names = {"user": user, "name": url.database or user, "said": said}
    for known, is_passing in ((_SAID, False), (_SAID_FOR_NOW, True)):
        for pattern, seen, remedy in known:
            if re.search(pattern, reason):
                return Diagnosis(seen.format_map(names), remedy.format_map(names), is_passing=is_passing)
    remedy = "See DATABASE_URL: user, password, host, port and database."
    # Without FATAL the server did not speak: it may have come back since.
    return Diagnosis(f"PostgreSQL says: {said}", remedy, is_passing="FATAL" not in reason)


def _host(url: URL) -> str:
    """Give the host of an address; empty for the socket of this machine."""
    given = url.host or url.query.get("host") or ""
    return given if isinstance(given, str) else given[0]


def _other_port(host: str, port: int) -> int | None:
    """Give PostgreSQL's own port where it is not the one that was asked, and PostgreSQL answers there."""
    try:
        return POSTGRESQL_PORT if port != POSTGRESQL_PORT and _is_postgresql(host, POSTGRESQL_PORT) else None
    except OSError:
        return None


def _is_postgresql(host: str, port: int) -> bool:
    """Ask whether what listens there is PostgreSQL; raises OSError where nothing does."""
    with closing(socket.create_connection((host, port), timeout=SECONDS)) as connection:
        try:
            connection.sendall(_SSL_REQUEST)
            return connection.recv(1) in _SSL_ANSWERS
        except OSError:
            return False
