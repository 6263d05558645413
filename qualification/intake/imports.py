"""A file brought in, slice by slice: leads with what they did and how they fared, and how far it has come."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.intake import historical_deals, ingest
from qualification.intake.historical_deals import Fared, Roster
from qualification.intake.ingest import Unfit
from qualification.leads.resolution import Said
from qualification.playbook import playbooks
from qualification.records import ImportRun
from qualification.records.base import insert_once
from qualification.rules.handoffs.states import LIVE_STATES
from qualification.rules.intake.row_errors import Flaw, row_not_in
from qualification.rules.leads.lead_data import HANDOFF_TIMES, GivenHandoff, GivenLead, GivenRow
from qualification.rules.playbook.playbook import Playbook

HAS_IT_ALREADY = Flaw("handoff", "sales already has this lead, so the deal was left out; the lead was taken")


@dataclass(frozen=True, slots=True)
class Imported:
    """What a slice of rows came to: how many told of leads that are new, how many of known ones, what came with them.

    `flawed` says by row what was not taken and why.
    """

    new_leads: int
    known_leads: int
    activities: int
    handoffs: int
    flawed: dict[int, tuple[Flaw, ...]]


def begin(session: Session, workspace_id: int, digest: str, *, file: str, sender: str, now: datetime) -> ImportRun:
    """Return how far this file has come, locked until the commit; nothing yet where it is new.

    `digest` tells the file, what it is mapped by and what is done with it from any other.
    """
    insert_once(
        session,
        ImportRun,
        workspace_id=workspace_id,
        digest=digest,
        file=file,
        sender=sender,
        began_at=now,
        rows=0,
        flawed=0,
        report_bytes=0,
    )
    return session.scalars(
        select(ImportRun)
        .where(ImportRun.workspace_id == workspace_id, ImportRun.digest == digest)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def flaws(roster: Roster, row: GivenRow, now: datetime) -> tuple[Flaw, ...]:
    """Name what keeps a row from being taken, as far as can be told without the leads that are there."""
    try:
        _said("", roster, row, now)
    except Unfit as unfit:
        return unfit.flaws
    return ()


def _flaws(roster: Roster, row: GivenRow, now: datetime) -> Iterator[Flaw]:
    playbook = roster.published.playbook
    yield from row_not_in(playbook, row)
    for index, act in enumerate(row.acts):
        if act.at is not None:
            yield from ingest.to_come(row.earliest(act.at), now, f"activities[{index}].at")
    given = row.handoff
    if given is not None and (given.stage or given.disqualified):
        yield from _untimely(row, given, playbook, now)
        yield from roster.flaws(given)


def roster_of(session: Session, workspace_id: int, known: Roster | None = None) -> Roster:
    """Return whom a file may name by the newest playbook: the roster that is known, unless that is older."""
    published = playbooks.current(session, workspace_id)
    return known if known and known.published.id == published.id else Roster(session, workspace_id, published)


def take(
    session: Session, roster: Roster, sender: str, rows: Sequence[GivenRow], *, announcing: bool, now: datetime
) -> Imported:
    """Take a slice of rows in; history is announced to nobody, unless `announcing`."""
    published, workspace_id = roster.published, roster.workspace_id
    flawed: dict[int, tuple[Flaw, ...]] = {}
    fit: dict[int, Said] = {}
    for index, row in enumerate(rows):
        try:
            fit[index] = _said(sender, roster, row, now)
        except Unfit as unfit:
            flawed[index] = unfit.flaws
    recognised = ingest.recognise(session, workspace_id, [*fit.values()], announcing=announcing, now=now)
    found = dict(zip(fit, recognised, strict=True))
    settled = {index: rows[index].as_of(now) for index in fit}
    told = {index: (each.lead, given) for index, each in found.items() if (given := settled[index].handoff) is not None}
    # By what the row says, which is the same whenever it comes.
    keys = {index: _key(row.lead, row.handoff) for index in told if (row := rows[index]).handoff is not None}
    known = historical_deals.known(session, workspace_id, sender, [*keys.values()])
    busy = historical_deals.live(session, [lead for lead, _ in told.values()])
    deals: dict[int, Fared | None] = {}
    for index, (lead, given) in told.items():
        if keys[index] in known:
            continue
        known.add(keys[index])
        goes_on = historical_deals.state_of(given, published.playbook) in LIVE_STATES
        is_busy = goes_on and lead.id in busy
        deals[index] = None if is_busy else Fared(lead, given, roster.owner(session, given), keys[index])
        busy |= {lead.id} if goes_on else set()
    flawed |= {index: (HAS_IT_ALREADY,) for index, deal in deals.items() if deal is None}
    fared = [deal for deal in deals.values() if deal is not None]
    historical_deals.write_down(session, roster, sender, fared, announcing=announcing, now=now)
    done = [
        (each.lead, ingest.activity_of(sender, act, each.lead.created_at if each.is_new else now))
        for index, each in found.items()
        for act in settled[index].acts
    ]
    activities = ingest.keep(session, done, recognised, published=published, announcing=announcing, now=now)
    new = sum(each.is_new for each in found.values())
    return Imported(new, len(found) - new, activities, len(fared), flawed)


def _said(sender: str, roster: Roster, row: GivenRow, now: datetime) -> Said:
    unfit = _flaws(roster, row, now)
    known = row.as_of(now)
    moments = [act.at for act in known.acts if act.at]
    moments += [known.handoff.first_at] if known.handoff and known.handoff.first_at else []
    since = min(moments, default=None)
    return ingest.said_of(sender, row.lead, roster.published, unfit=unfit, inside="lead.", since=since)


def _untimely(row: GivenRow, given: GivenHandoff, playbook: Playbook, now: datetime) -> Iterator[Flaw]:
    for field in HANDOFF_TIMES:
        at = getattr(given, field)
        if at is not None:
            yield from ingest.to_come(row.earliest(at), now, f"handoff.{field}")
    ended = historical_deals.state_of(given, playbook) not in LIVE_STATES
    if ended and given.ended_at is None:
        yield Flaw("handoff.ended_at", "is missing: a closed deal needs the time when it ended")
    if given.ended_at is not None and not ended:
        yield Flaw("handoff.ended_at", "is given, but the stage is an open one")
    before = {"at": "it was handed over", "accepted_at": "it was accepted", "contacted_at": "somebody got in touch"}
    for field, what in before.items():
        at = getattr(given, field)
        if given.ended_at is not None and at is not None and row.latest(given.ended_at) < row.earliest(at):
            yield Flaw("handoff.ended_at", f"is before {what}")
    stage = playbook.stage(given.stage) if given.stage else None
    if given.lost is not None and (stage is None or stage.ends != "lost"):
        yield Flaw("handoff.lost", "is given, but the stage isn't lost")


def _key(lead: GivenLead, given: GivenHandoff) -> str:
    """Return what a deal is known by: its own id, else whose it is and when it began."""
    if given.id:
        return given.id
    began = given.first_at.isoformat() if given.first_at else ""
    whole = json.dumps([lead.known_by, began])
    return hashlib.sha256(whole.encode(errors="backslashreplace")).hexdigest()
