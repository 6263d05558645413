"""What the audit keeps: the acts that show somebody a lead or decide who may see one, by name and with what facts."""

from datetime import timedelta
from enum import StrEnum
from typing import Final, TypeAlias

# What an entry says beside who, when and of which lead: ids, keys, names of keys and numbers, and never a text that
# somebody wrote about a lead.
Fact: TypeAlias = int | str | bool | list[int] | list[str] | dict[str, str] | None

# The database refuses to delete what is younger, whatever the playbook says.
SHORTEST_KEPT: Final = timedelta(days=30)
USUALLY_KEPT: Final = timedelta(days=730)


class AuditAction(StrEnum):
    """What somebody did."""

    LOOKED_UP = "looked_up"
    REVEALED = "revealed"
    EXPORTED = "exported"
    ERASED = "erased"
    RETENTION_ERASED = "retention_erased"
    SUPPRESSIONS_ADDED = "suppressions_added"
    SUPPRESSION_LIFTED = "suppression_lifted"
    IMPORT_WITHDRAWN = "import_withdrawn"
    KEY_MADE = "key_made"
    KEY_ROTATED = "key_rotated"
    KEY_CHANGED = "key_changed"
    KEY_REVOKED = "key_revoked"
    PLAYBOOK_PUBLISHED = "playbook_published"
    RIGHTS_CHANGED = "rights_changed"


class Surface(StrEnum):
    """Where a lead was looked up."""

    LEAD = "/lead"
    HELD = "/lead held"
    BANT = "/bant"
    HAND_OVER = "hand_over"
    MERGE = "merge"
    API = "api"
    ERASE = "baton erase"
