"""What only the machine can tell: the time, and texts that nobody can guess."""

import os
import pwd
import secrets
import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Read the machine's clock."""
    return datetime.now(UTC)


def seconds() -> float:
    """Count seconds from any moment on, those in which the machine was suspended included; nobody sets this clock."""
    # Linux stops its monotonic clock while the machine is suspended, and has another one that goes on.
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def operator() -> str:
    """Name the user of the operating system that runs this program, for the audit; by its number where it has none."""
    # Not getpass.getuser: it believes the environment, in which anybody can write any name.
    try:
        return f"unix:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"unix:{os.getuid()}"


def new_delivery_namespace() -> str:
    """Return a random text that makes this database's delivery ids unlike any other's."""
    return secrets.token_hex(8)


def new_reference() -> str:
    """Return a random reference, short enough to read out: an apology quotes it, and the log shows it too."""
    return secrets.token_hex(4)


def new_key() -> str:
    """Return 32 random bytes as text, for a key that nobody can guess."""
    return secrets.token_urlsafe(32)
