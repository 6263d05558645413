"""How callers get a session that only reads: `with snapshot() as session`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias

from sqlalchemy.orm import Session

Sessions: TypeAlias = Callable[[], AbstractContextManager[Session]]
