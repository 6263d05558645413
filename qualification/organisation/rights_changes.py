"""What a new playbook changes of who sees and decides what: its `rights`, administrators and managers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from qualification.playbook import playbooks
from qualification.records import Person, Team, Workspace
from qualification.rules.playbook.playbook import PlaybookFaults, Rights


@dataclass(frozen=True, slots=True)
class RightsHeld:
    """What is in force: the playbook's `rights`, the ids of people with a role, and of each team's manager by key."""

    rights: Mapping[str, str]
    admins: frozenset[int]
    managers: frozenset[int]
    teams: Mapping[str, int]


def current(session: Session, workspace: Workspace) -> RightsHeld:
    """Return what is in force by the rows as they are now, and by the newest version of the playbook."""
    there = select(Person.id, Person.is_admin, Person.is_manager).where(
        Person.workspace_id == workspace.id, or_(Person.is_admin, Person.is_manager)
    )
    people = session.execute(there).all()
    teams = select(Team.key, Team.manager_id).where(
        Team.workspace_id == workspace.id, Team.active, Team.manager_id.is_not(None)
    )
    return RightsHeld(
        rights=_rights(session, workspace).model_dump(),
        admins=frozenset(row.id for row in people if row.is_admin),
        managers=frozenset(row.id for row in people if row.is_manager),
        teams={row.key: row.manager_id for row in session.execute(teams)},
    )


def between(before: RightsHeld, after: RightsHeld) -> dict[str, Any]:
    """Return what the audit keeps of the difference: ids of people, keys of teams, words of `rights`; {} for none."""
    changes: dict[str, Any] = {
        name: f"{before.rights[name]} -> {after.rights[name]}"
        for name in after.rights
        if before.rights[name] != after.rights[name]
    }
    for role, old, new in (
        ("admins", before.admins, after.admins),
        ("managers", before.managers, after.managers),
    ):
        changes |= {f"{role}_added": sorted(new - old), f"{role}_removed": sorted(old - new)}
    moved = sorted(key for key, manager in after.teams.items() if before.teams.get(key) != manager)
    changes["team_managers"] = {key: after.teams[key] for key in moved}
    return {name: change for name, change in changes.items() if change}


def _rights(session: Session, workspace: Workspace) -> Rights:
    """Return the rights of the newest version; the usual ones where there is none, or none that can still be read."""
    try:
        published = playbooks.current_or_none(session, workspace.id)
    except PlaybookFaults:
        return Rights()
    return published.playbook.rights if published else Rights()
