"""How whoever calls a use case gets its session: `with transaction() as session`, committed when the block ends."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias

from sqlalchemy.orm import Session

Sessions: TypeAlias = Callable[[], AbstractContextManager[Session]]
