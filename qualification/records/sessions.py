"""How callers of use cases get a session: `with transaction() as session`, committed when the block ends."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias

from sqlalchemy.orm import Session

Sessions: TypeAlias = Callable[[], AbstractContextManager[Session]]
