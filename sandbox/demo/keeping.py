"""The folder of a demo: its database, its Slack and its key, kept or gone with it."""

import contextlib
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Read and written by this user alone, whatever the umask.
PRIVATE: Final = 0o600


class NotKept(Exception):
    """The folder cannot be gone on with; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a demo has its things; `kept` when they stay after its end."""

    path: Path
    kept: bool

    @property
    def database(self) -> Path:
        """The bot's database."""
        return self.path / "demo.db"

    @property
    def _slack(self) -> Path:
        return self.path / "slack.json"

    @property
    def _key(self) -> Path:
        return self.path / "intake-key"

    def saved(self) -> tuple[bytes, str] | None:
        """Give the Slack and the key that an earlier demo left here; None for a new folder. Raises NotKept."""
        if not self.database.exists():
            return None
        if not (self._slack.exists() and self._key.exists()):
            raise NotKept(
                f"{self.path} holds a demo that was killed before its Slack could be saved. "
                "Delete the folder, or name another one."
            )
        return self._slack.read_bytes(), self._key.read_text(encoding="utf-8")

    def keep_key(self, key: str) -> None:
        """Write the key down, for this user alone: the database has only its hash."""
        self._key.touch(mode=PRIVATE)
        self._key.write_text(key, encoding="utf-8")

    def personal_key(self) -> str:
        """Give the BATON_KEY of this demo, made the first time: whoever was erased stays away as long as it is kept."""
        file = self.path / "personal-key"
        if not file.exists():
            file.touch(mode=PRIVATE)
            file.write_text(secrets.token_urlsafe(32), encoding="utf-8")
        return file.read_text(encoding="utf-8")

    def save(self, slack: bytes) -> None:
        """Write the Slack down, whole or not at all, for this user alone."""
        beside = self._slack.with_suffix(".new")
        beside.touch(mode=PRIVATE)
        beside.write_bytes(slack)
        beside.replace(self._slack)


@contextlib.contextmanager
def folder(keep: Path | None) -> Iterator[Folder]:
    """Give the folder that is to be kept, made where it is not there, or one that goes with the demo."""
    if keep is not None:
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield Folder(keep.resolve(), kept=True)
    else:
        with tempfile.TemporaryDirectory(prefix="baton-demo-") as path:
            yield Folder(Path(path), kept=False)
