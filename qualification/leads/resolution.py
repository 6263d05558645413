"""Who a lead is: known again by a sender's id, an e-mail address, or full name and company; else written down."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from qualification.leads import merging
from qualification.leads.companies import LONGEST_KEY, Companies, Firm, firm_of
from qualification.records import Company, ExternalId, Handoff, Lead, Workspace
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.values import normalization

# What is kept as it was first said.
_FIRST: Final = frozenset({"source", "campaign"})
# What changes without a word in the history.
_UNTOLD: Final = frozenset(
    {"name_key", "email_key", "company_id", "size", "country", "source", "campaign", "problem", "fields"}
)
# So often it is looked again who is known, where somebody alike comes in at the same instant.
_MOST_TRIES: Final = 20
# PostgreSQL gave up one of two that waited for each other (appendix A of its manual).
_DEADLOCK: Final = "40P01"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a person who may buy, checked; what is None was not said.

    `external_id` is the sender's own id of the lead; `website` an address or a domain; `since` when somebody who is new
    here was first known elsewhere. `lead_id` is ours, where who says it has the lead before them.
    """

    sender: str | None = None
    external_id: str | None = None
    email: str | None = None
    name: str | None = None
    company: str | None = None
    website: str | None = None
    phone: str | None = None
    title: str | None = None
    size: int | None = None
    country: str | None = None
    value_minor: int | None = None
    currency: str | None = None
    source: str | None = None
    campaign: str | None = None
    problem: str | None = None
    do_not_contact: bool | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    """A lead known again or written down: its live handoff, locked, and what was said of it that is new, by field.

    `changed` holds what is worth a word in the history, `is_changed` says whether anything is new; `is_merged` that
    another was found to be this one.
    """

    lead: Lead
    is_new: bool
    live: Handoff | None
    changed: tuple[str, ...]
    is_changed: bool
    is_merged: bool


def recognise(session: Session, workspace_id: int, said: Said, *, now: datetime) -> Recognised:
    """Find the lead or write it down, and keep what is new about it: `recognise_all` of one."""
    (found,) = recognise_all(session, workspace_id, [said], now=now)
    return found


def recognise_all(session: Session, workspace_id: int, said: Sequence[Said], *, now: datetime) -> list[Recognised]:
    """Find the leads or write them down, one after the other, and keep what is new about each.

    The same lead is who has the sender's id, else the e-mail address (without regard to case, or to what follows a plus
    sign), else the full name at the company. Where the id says one lead and the address another, the two are one from
    now on. Two different addresses are two people, however alike their names; who has neither is never merged.

    All of them are locked until the commit: their companies, then their live handoffs, then themselves, each by id.
    """
    tries = 0
    while True:
        tries += 1
        try:
            with session.begin_nested():
                return [*_Recognition(session, workspace_id, said, now=now).run()]
        except DBAPIError as error:
            # Somebody alike came in at the same instant: they are known now.
            if tries == _MOST_TRIES or not _is_meeting(error):
                raise


def locked(session: Session, lead: Lead) -> Handoff | None:
    """Lock the lead, read as it stands now, and its live handoff, which is returned if it has one."""
    live = live_handoff(session, lead)
    # Decisions lock the handoff before the lead: in the other order the two would wait for each other.
    session.refresh(lead, with_for_update={"key_share": True})
    return live or live_handoff(session, lead)


def live_handoff(session: Session, lead: Lead) -> Handoff | None:
    """Return the lead's live handoff, if it has one, locked."""
    asked = {"ids": merging.family(session, lead)}
    return next((each for each in session.scalars(_LIVE, asked) if each.state in LIVE_STATES), None)


def root(session: Session, lead: Lead | None) -> Lead | None:
    """Return the lead that this one turned out to be."""
    while lead is not None and lead.merged_into_id is not None:
        lead = session.get_one(Lead, lead.merged_into_id)
    return lead


def _is_meeting(error: DBAPIError) -> bool:
    """Say whether two wrote the same down at once: a unique key was taken, or each waited for the other."""
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) == _DEADLOCK


@dataclass(frozen=True, slots=True)
class _Row:
    """What is said of one lead, and the keys by which it may be known."""

    said: Said
    firm: Firm | None
    name_key: str | None
    email_key: str | None

    @classmethod
    def of(cls, said: Said) -> "_Row":
        return cls(
            said=said,
            firm=firm_of(said.company, said.website, said.email, size=said.size, country=said.country),
            name_key=normalization.fold_name(said.name)[:LONGEST_KEY] if said.name else None,
            email_key=normalization.fold_mailbox(said.email) if said.email else None,
        )

    @property
    def external_key(self) -> tuple[str, str] | None:
        """What the sender calls the lead."""
        return (self.said.sender, self.said.external_id) if self.said.sender and self.said.external_id else None


class _Recognition:
    """Rows recognised one after the other, by what was read of the records at once."""

    def __init__(self, session: Session, workspace_id: int, said: Sequence[Said], *, now: datetime) -> None:
        self._session = session
        self._workspace_id = workspace_id
        self._now = now
        self._is_postgresql = session.get_bind().dialect.name == "postgresql"
        self._playbook_id = session.get_one(Workspace, workspace_id).playbook_id
        self._rows = [_Row.of(each) for each in said]
        self._by_external, self._by_email = self._externals(), self._addressees()
        self._meant = self._meant_leads()
        known = (*self._by_external.values(), *self._by_email.values(), *self._meant.values())
        named = (root(session, lead) for lead in known)
        own = {lead.company_id for lead in named if lead is not None and lead.company_id is not None}
        self._companies = Companies(session, workspace_id, {row.firm for row in self._rows if row.firm}, own)
        self._by_name: dict[tuple[str, Company], list[Lead]] = {}
        self._live: dict[int, Handoff] = {}
        self._new: dict[Lead, Company | None] = {}
        self._names: list[tuple[tuple[str, str], Lead]] = []
        self._merged: set[Lead] = set()
        self._look_up()

    def run(self) -> Iterator[Recognised]:
        """Recognise row after row; the records have it all once the last has come."""
        found = [self._recognised(row) for row in self._rows]
        self._write()
        for recognised, is_new, changed in found:
            # A later row may have shown it to be another.
            lead = root(self._session, recognised) or recognised
            yield Recognised(
                lead=lead,
                is_new=is_new,
                live=self._live.get(lead.id),
                changed=tuple(each for each in changed if each not in _UNTOLD),
                is_changed=bool(changed),
                is_merged=lead in self._merged,
            )

    def _recognised(self, row: _Row) -> tuple[Lead, bool, Sequence[str]]:
        by_id = root(self._session, self._identified(row))
        addressed = self._addressed(row)
        by_email = root(self._session, addressed)
        if by_id is not None and by_email is not None and by_id is not by_email:
            self._write()
            by_id = merging.merge(self._session, by_id, by_email, because="email", now=self._now)
            if by_email.merged_into_id is not None or by_id is by_email:
                self._merged.add(by_id)
        known = by_id or by_email
        company = self._company(row, known)
        lead = known or root(self._session, self._namesake(row, company))
        if lead is None:
            lead = self._written_down(row, company)
            self._learn(row, lead)
            return lead, True, ()
        if lead in self._new or self._companies.is_new(company):
            self._write()
        given = _given(row, company)
        if addressed is not None and addressed is not lead:
            # The address stays with the lead that had it first, merged into this one or at work beside it.
            given |= {"email": given["email"] if by_email is lead else None, "email_key": None}
        changed = _changes(lead, given)
        if changed:
            _fill(lead, {name: given[name] for name in changed})
            lead.updated_at = self._now
        if "email_key" in changed:
            # Before the next row: it may speak of somebody who has the former address now.
            self._session.flush()
        self._learn(row, lead)
        return lead, False, changed

    def _company(self, row: _Row, lead: Lead | None) -> Company | None:
        """Return the company that the row speaks of; None where it only tells more of the one the lead has."""
        if row.firm is None:
            return None
        own = self._company_of(lead) if lead is not None else None
        if own is None and lead is not None and lead.company_id is not None:
            # It moved there since the companies were locked.
            own = self._session.get_one(Company, lead.company_id, with_for_update={"key_share": True})
        if own is not None and not row.firm.is_named and self._companies.tells_of(row.firm, own):
            return None
        return self._companies.of(row.firm)

    def _written_down(self, row: _Row, company: Company | None) -> Lead:
        lead = Lead(
            workspace_id=self._workspace_id,
            lifecycle=Lifecycle.SUBSCRIBER,
            # Who did nothing yet has no points, by whatever playbook.
            score=0,
            scored_by_id=self._playbook_id,
            created_at=row.said.since or self._now,
            updated_at=self._now,
        )
        _fill(lead, _given(row, None))
        self._new[lead] = company
        return lead

    def _identified(self, row: _Row) -> Lead | None:
        """Return who has the id, the sender's or ours; ours does not make one of two with different addresses."""
        if row.external_key in self._by_external:
            return self._by_external[row.external_key]
        lead = root(self._session, self._meant.get(row.said.lead_id or 0))
        is_another = (
            lead is not None and None not in {row.email_key, lead.email_key} and row.email_key != lead.email_key
        )
        return None if is_another else lead

    def _addressed(self, row: _Row) -> Lead | None:
        lead = self._by_email.get(row.email_key) if row.email_key else None
        return lead if lead is not None and lead.email_key == row.email_key else None

    def _namesake(self, row: _Row, company: Company | None) -> Lead | None:
        if row.name_key is None or company is None:
            return None
        alike = [
            lead
            for lead in self._by_name.get((row.name_key, company), ())
            if lead.name_key == row.name_key and self._company_of(lead) is company
            if row.email_key is None or lead.email_key is None
        ]
        # Who is new has no id yet, and came after everybody who has one.
        return min(alike, key=lambda lead: sys.maxsize if lead in self._new else lead.id, default=None)

    def _learn(self, row: _Row, lead: Lead) -> None:
        """Know the lead by what it is now, for the rows that follow."""
        if row.external_key and row.external_key not in self._by_external:
            self._by_external[row.external_key] = lead
            self._names.append((row.external_key, lead))
        if lead.email_key is not None:
            self._by_email[lead.email_key] = lead
        company = self._company_of(lead)
        if lead.name_key is not None and company is not None:
            alike = self._by_name.setdefault((lead.name_key, company), [])
            if lead not in alike:
                alike.append(lead)

    def _company_of(self, lead: Lead) -> Company | None:
        """Return the lead's company, None where no row speaks of it."""
        return self._new[lead] if lead in self._new else self._companies.by_id.get(lead.company_id or 0)

    def _look_up(self) -> None:
        """Read whom the rows may mean, and lock them: what sales has of them first, as every decision does."""
        if self._is_postgresql:
            # Somebody alike may have come in until the companies' locks were ours.
            self._by_external, self._by_email = self._externals(), self._addressees()
        companies = self._companies.by_id
        namesakes = self._asked("names", _BY_NAME, companies=[*companies]) if companies else []
        known = (*self._by_external.values(), *self._by_email.values(), *self._meant.values(), *namesakes)
        found = {lead.id: lead for lead in known}
        roots = {each.id: each for lead in found.values() if (each := root(self._session, lead)) is not None}
        self._lock({**found, **roots})
        for lead in namesakes:
            if lead.name_key is not None and lead.company_id in companies:
                self._by_name.setdefault((lead.name_key, companies[lead.company_id]), []).append(lead)

    def _externals(self) -> dict[tuple[str, str], Lead]:
        keys = {row.external_key for row in self._rows if row.external_key}
        if not keys:
            return {}
        senders, ids = {sender for sender, _ in keys}, {each for _, each in keys}
        asked = {"workspace_id": self._workspace_id, "senders": senders, "ids": ids}
        return {(row.sender, row.external_id): row.Lead for row in self._session.execute(_BY_EXTERNAL_ID, asked)}

    def _meant_leads(self) -> dict[int, Lead]:
        ids = {row.said.lead_id for row in self._rows} - {None}
        asked = {"workspace_id": self._workspace_id, "ids": ids}
        return {lead.id: lead for lead in self._session.scalars(_BY_ID, asked)} if ids else {}

    def _addressees(self) -> dict[str, Lead]:
        return {key: lead for lead in self._asked("emails", _BY_EMAIL) if (key := lead.email_key)}

    def _asked(self, name: str, statement: Any, **more: object) -> Sequence[Lead]:  # noqa: ANN401 - a select
        keys = {row.email_key if name == "emails" else row.name_key for row in self._rows} - {None}
        if not keys:
            return []
        return self._session.scalars(statement, {"workspace_id": self._workspace_id, name: keys, **more}).all()

    def _lock(self, leads: Mapping[int, Lead]) -> None:
        if not leads:
            return
        self._live = self._live_of(leads)
        if self._is_postgresql:
            # Somebody may have handed one of them over, or changed it, until its lock was ours.
            self._session.scalars(_LOCKED, {"ids": [*leads]}).all()
            self._live |= self._live_of(leads.keys() - self._live.keys())

    def _live_of(self, lead_ids: Iterable[int]) -> dict[int, Handoff]:
        families = merging.families(self._session, lead_ids)
        found = self._session.scalars(_LIVE, {"ids": [*families]}).all()
        return {families[each.lead_id]: each for each in found if each.state in LIVE_STATES}

    def _write(self) -> None:
        """Write down who is new, in the order in which they came, and what their senders call them."""
        self._companies.write()
        for lead, company in self._new.items():
            lead.company_id = company.id if company else None
        self._session.add_all(self._new)
        self._new = {}
        self._session.flush()
        if self._names:
            called = [
                {"workspace_id": self._workspace_id, "sender": key[0], "external_id": key[1], "lead_id": lead.id}
                for key, lead in sorted(self._names, key=lambda each: each[0])
            ]
            self._names = []
            # Who has been given the name meanwhile is met like anybody alike: here it must not go by unseen.
            self._session.connection().execute(insert(ExternalId), called)


def _given(row: _Row, company: Company | None) -> dict[str, Any]:
    """Return what was said as the lead's columns; None where it was not said."""
    said = row.said
    return {
        "company_id": company.id if company else None,
        "name": said.name,
        "name_key": row.name_key,
        "email": said.email,
        "email_key": row.email_key,
        "phone": said.phone,
        "title": said.title,
        "size": said.size,
        "country": said.country,
        "value_minor": said.value_minor,
        "currency": said.currency,
        "source": said.source,
        "campaign": said.campaign,
        "problem": said.problem,
        "do_not_contact": said.do_not_contact,
        "fields": dict(said.fields) or None,
    }


def _changes(lead: Lead, given: Mapping[str, Any]) -> list[str]:
    """Name what was said that is new: the same name or address in other letters is not, nor a second source."""
    same = {field for field in ("name", "email") if given[f"{field}_key"] == getattr(lead, f"{field}_key")}
    kept = {field for field in _FIRST if getattr(lead, field) is not None}
    new = []
    for name, value in given.items():
        held = getattr(lead, name)
        if value is None or name in same | kept:
            continue
        if (held | value if name == "fields" else value) != held:
            new.append(name)
    return new


def _fill(lead: Lead, given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if value is not None:
            setattr(lead, name, {**(lead.fields or {}), **value} if name == "fields" else value)


# Built once: to build a statement takes longer than to run it.
_OURS: Final = Lead.workspace_id == bindparam("workspace_id")
_BY_EXTERNAL_ID: Final = (
    select(ExternalId.sender, ExternalId.external_id, Lead)
    .join(Lead, Lead.id == ExternalId.lead_id)
    .where(
        ExternalId.workspace_id == bindparam("workspace_id"),
        ExternalId.sender.in_(bindparam("senders", expanding=True)),
        ExternalId.external_id.in_(bindparam("ids", expanding=True)),
    )
)
_BY_EMAIL: Final = select(Lead).where(_OURS, Lead.email_key.in_(bindparam("emails", expanding=True)))
_BY_ID: Final = select(Lead).where(_OURS, Lead.id.in_(bindparam("ids", expanding=True)))
_BY_NAME: Final = (
    select(Lead)
    .where(
        _OURS,
        Lead.name_key.in_(bindparam("names", expanding=True)),
        Lead.company_id.in_(bindparam("companies", expanding=True)),
    )
    .order_by(Lead.id)
)
_IDS: Final[BindParameter[int]] = bindparam("ids", expanding=True)
# What is put off is locked with what is live, before any lead: a lead that comes back wakes it.
_LIVE: Final = (
    select(Handoff)
    .where(Handoff.lead_id.in_(_IDS), Handoff.state.in_(LIVE_STATES | {HandoffState.NOT_NOW}))
    .order_by(Handoff.id)
    .with_for_update(key_share=True)
)
_LOCKED: Final = (
    select(Lead)
    .where(Lead.id.in_(_IDS))
    .order_by(Lead.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
