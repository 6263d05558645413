"""The playbook published into the database, and its people, teams and pools as rows."""

import hashlib
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from qualification.handoffs import retention
from qualification.organisation import ownership_transfer, rights_changes
from qualification.outbox import outbox, retries
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import audit
from qualification.playbook import playbooks
from qualification.playbook.playbooks import Published
from qualification.records import Membership, Person, PlaybookVersion, Pool, Team, Workspace
from qualification.records.rows import in_workspace
from qualification.reporting import summary_plans
from qualification.rules.people.audited import AuditAction
from qualification.rules.playbook.playbook import Person as Member
from qualification.rules.playbook.playbook import Playbook


def publish(
    session: UnitOfWork, *, workspace_id: int, text: str, by: str, old_leads: int | None = None, now: datetime
) -> Published:
    """Make this playbook the workspace's own and its people, teams and pools rows; raises PlaybookFaults.

    Nothing is deleted: who or what is no longer named is switched off, and keeps its history. Publishing the same text
    again only makes it the newest. The audit keeps who published which version, and what it changed of rights.
    `old_leads` is what `retention.preview` counted, to be announced.
    """
    playbook = playbooks.parsed(text)
    workspace = session.get_one(Workspace, workspace_id, with_for_update={"key_share": True})
    before = rights_changes.current(session, workspace)
    digest = hashlib.sha256(text.encode()).hexdigest()
    version = session.scalar(
        select(PlaybookVersion).where(PlaybookVersion.workspace_id == workspace_id, PlaybookVersion.digest == digest)
    )
    is_current = version is not None and version.id == workspace.playbook_id
    if version is None:
        version = PlaybookVersion(workspace_id=workspace_id, digest=digest, text=text)
        session.add(version)
    if not is_current:
        version.published_at = now
        version.published_by = by
    session.flush()
    published = Published(id=version.id, playbook=playbook)
    retention.plan(session, workspace_id, published, leads=old_leads, now=now)
    if not is_current:
        outbox.mark_all_stale(session, workspace_id, now)
    workspace.playbook_id = version.id
    teams = _teams(session, workspace_id, playbook)
    people = _people(session, workspace_id, playbook, teams, now=now)
    _pools(session, workspace_id, playbook, teams, people)
    for key, team in playbook.teams.items():
        _manage(session, teams[key], people[team.manager], now=now)
    session.flush()
    audit.record(session, workspace_id, AuditAction.PLAYBOOK_PUBLISHED, by=by, now=now, version=version.id)
    changes = rights_changes.between(before, rights_changes.current(session, workspace))
    if changes:
        audit.record(session, workspace_id, AuditAction.RIGHTS_CHANGED, by=by, now=now, version=version.id, **changes)
    summary_plans.plan_all(session, workspace_id, playbook, now=now)
    return published


def channel_found(session: UnitOfWork, workspace_id: int, channel: str, channel_id: str, *, now: datetime) -> None:
    """Write down the id Slack gave for a channel's name; what was pending for the name is pending for the id."""
    session.execute(
        update(Team).where(Team.workspace_id == workspace_id, Team.channel == channel).values(channel_id=channel_id)
    )
    retries.move_queue(session, workspace_id, place=channel, channel=channel_id, now=now)


def person_found(
    session: UnitOfWork, person: Person, *, slack_user_id: str, zone: str | None, locale: str | None, now: datetime
) -> None:
    """Write down what Slack says of a person; messages that waited for their Slack user are pending again.

    Somebody who acted before their e-mail was known has a row by Slack user already: that row keeps its history, and
    the playbook's row gets the Slack user and whatever is live.
    """
    other = session.scalar(
        select(Person).where(
            Person.workspace_id == person.workspace_id,
            Person.slack_user_id == slack_user_id,
            Person.id != person.id,
        )
    )
    if other is not None:
        ownership_transfer.take_over(session, other, person, now=now)
        _identify(other, None)
        session.flush()
    _identify(person, slack_user_id)
    person.zone = zone or person.zone
    person.locale = locale or person.locale
    person.refreshed_at = now
    session.flush()
    retries.retry_dead_letters(session, person.workspace_id, person_id=person.id, now=now)


def _teams(session: Session, workspace_id: int, playbook: Playbook) -> dict[str, Team]:
    # Locked before anything is enqueued: a worker that makes a summary locks its team first, too.
    there = select(Team).where(Team.workspace_id == workspace_id).order_by(Team.id).with_for_update(key_share=True)
    known = {team.key: team for team in session.scalars(there)}
    for team in known.values():
        team.active = team.key in playbook.teams
    for key, definition in playbook.teams.items():
        if key not in known:
            known[key] = Team(workspace_id=workspace_id, key=key, channel=definition.channel)
            session.add(known[key])
        team = known[key]
        if team.channel != definition.channel:
            team.channel, team.channel_id = definition.channel, None
        team.name = definition.name
        team.zone = definition.zone
        team.region = definition.region
        team.hours = playbook.hours_for_team(key).to_json()
        team.active = True
    session.flush()
    return known


def _manage(session: UnitOfWork, team: Team, manager: Person, *, now: datetime) -> None:
    """Give the team its manager; a new one is shown the queue."""
    if team.manager_id != manager.id:
        team.manager_id = manager.id
        ownership_transfer.hand_queue_over(session, team, manager, now=now)


def _people(
    session: UnitOfWork, workspace_id: int, playbook: Playbook, teams: dict[str, Team], *, now: datetime
) -> dict[str, Person]:
    known = list(session.scalars(select(Person).where(Person.workspace_id == workspace_id)))
    by_email = {person.email: person for person in known if person.email}
    by_slack = {person.slack_user_id: person for person in known if person.slack_user_id}
    found = [by_email.get(member.email or "") or by_slack.get(member.slack or "") for member in playbook.people]
    for member, person in zip(playbook.people, found, strict=True):
        holder = by_slack.get(member.slack or "")
        if person is not None and holder is not None and holder is not person:
            if holder not in found:
                ownership_transfer.take_over(session, holder, person, now=now)
            _identify(holder, None)
    session.flush()
    for each in known:
        _switch_off(each)
    named: dict[str, Person] = {}
    for member, there in zip(playbook.people, found, strict=True):
        person = there or Person(workspace_id=workspace_id)
        session.add(person)
        _describe(person, member, playbook, teams)
        for name in (member.email, member.slack):
            if name:
                named[name] = person
    session.flush()
    return named


def _describe(person: Person, member: Member, playbook: Playbook, teams: dict[str, Team]) -> None:
    person.email = member.email or person.email
    if member.slack not in {None, person.slack_user_id}:
        # Slack is asked about the new one first.
        person.unreachable = None
    _identify(person, member.slack or person.slack_user_id)
    person.name = member.name
    person.is_rep = "rep" in member.roles
    person.is_manager = "manager" in member.roles
    person.is_marketer = "marketer" in member.roles
    person.is_admin = "admin" in member.roles
    person.team_id = teams[member.team].id if member.team else None
    person.hours = playbook.hours_for(member.key).to_json()
    person.active = True


def _switch_off(person: Person) -> None:
    """Take the person out of the playbook: who is not named has no part in it."""
    person.active = person.is_rep = person.is_manager = person.is_marketer = person.is_admin = False


def _identify(person: Person, slack_user_id: str | None) -> None:
    """Say which Slack user the person is; what was known of another is theirs no more."""
    if person.slack_user_id != slack_user_id:
        person.slack_user_id = slack_user_id
        person.dm_channel = person.refreshed_at = None


def _pools(
    session: Session, workspace_id: int, playbook: Playbook, teams: dict[str, Team], people: dict[str, Person]
) -> None:
    # By id, and before their messages: a decision that deals a turn locks its pool so.
    there = select(Pool).where(Pool.workspace_id == workspace_id).order_by(Pool.id).with_for_update(key_share=True)
    known = {pool.key: pool for pool in session.scalars(there)}
    for pool in known.values():
        pool.active = pool.key in playbook.pools
    for key, definition in playbook.pools.items():
        if key not in known:
            known[key] = Pool(workspace_id=workspace_id, key=key)
            session.add(known[key])
        pool = known[key]
        pool.name = definition.name
        pool.team_id = teams[definition.team].id
        pool.active = True
        session.flush()
        _seat(session, pool, [people[member] for member in definition.members])


def _seat(session: Session, pool: Pool, members: list[Person]) -> None:
    seats = select(Membership).where(in_workspace(Membership, pool.workspace_id), Membership.pool_id == pool.id)
    known = {each.person_id: each for each in session.scalars(seats)}
    for membership in known.values():
        membership.active = False
    for position, person in enumerate(members):
        if person.id not in known:
            known[person.id] = Membership(workspace_id=pool.workspace_id, pool_id=pool.id, person_id=person.id)
            session.add(known[person.id])
        membership = known[person.id]
        membership.position = position
        membership.active = True
    session.flush()
