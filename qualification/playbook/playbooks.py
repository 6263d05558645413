"""The published playbook, by its newest version or by any."""

from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from qualification.records import PlaybookVersion, Workspace, rows
from qualification.rules.playbook.playbook import Playbook, parse
from qualification.rules.refusals import NoPlaybook


@dataclass(frozen=True, slots=True)
class Published:
    """A published playbook and the id of its version, which every result of a rule carries."""

    id: int
    playbook: Playbook


def current(session: Session, workspace_id: int) -> Published:
    """Return the newest published playbook; raises NoPlaybook where none is."""
    published = current_or_none(session, workspace_id)
    if published is None:
        raise NoPlaybook
    return published


def current_or_none(session: Session, workspace_id: int) -> Published | None:
    """Return the newest published playbook, None where there is none yet."""
    workspace = session.get_one(Workspace, workspace_id)
    return version(session, workspace_id, workspace.playbook_id) if workspace.playbook_id is not None else None


def zone(session: Session, workspace_id: int) -> ZoneInfo:
    """Return the zone that the workspace's own days and nights go by: its default team's, UTC without a playbook."""
    published = current_or_none(session, workspace_id)
    return published.playbook.zone if published else ZoneInfo("UTC")


def version(session: Session, workspace_id: int, playbook_id: int) -> Published:
    """Return that version of a playbook, new or old."""
    return parse_version(playbook_id, rows.get_one(session, PlaybookVersion, playbook_id, workspace_id).text)


def parse_version(playbook_id: int, text: str) -> Published:
    """Return what that version's text says."""
    return Published(id=playbook_id, playbook=parsed(text))


@lru_cache(maxsize=64)
def parsed(text: str) -> Playbook:
    """Return what a text says, read once; raises PlaybookFaults."""
    return parse(text)
