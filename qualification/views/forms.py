"""What a modal that asks something is filled with; refused at once to whoever may not answer it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType

from sqlalchemy.orm import Session

from qualification.handoffs import erasure, snooze
from qualification.handoffs.context import HandoffCommand, HandoffContext, read_for_action
from qualification.handoffs.viewpoint import viewpoint_of
from qualification.leads.titles import lead_title, title_of
from qualification.playbook import playbooks
from qualification.records import Company, Lead, rows
from qualification.rules.handoffs.permissions import Action
from qualification.rules.handoffs.sight import Sight
from qualification.rules.handoffs.snooze import usual_day
from qualification.rules.intake import message_parser
from qualification.rules.playbook.playbook import ContactKind, Playbook, Reason
from qualification.rules.values.money import minor_digits
from qualification.rules.values.normalization import written
from qualification.views.marks import Choice


@dataclass(frozen=True, slots=True)
class HandOverChoices:
    """What the hand-over modal lets a marketer choose from, and what its fields are filled with.

    `permalink` is the address of the message they are filled from, `lead_id` the lead.
    """

    sources: tuple[Choice, ...]
    currency: str
    filled: Mapping[str, str] = field(default_factory=dict)
    permalink: str | None = None
    lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """A modal that asks why, who or until when: reasons to choose from, the one picked, and what was there before.

    `day` is the one proposed, as 2026-12-01.
    """

    handoff_id: int
    offer_id: int | None
    lead: str
    reasons: tuple[Choice, ...] = ()
    picked: Choice | None = None
    note: str | None = None
    value: str | None = None
    currency: str | None = None
    day: str | None = None


@dataclass(frozen=True, slots=True)
class EraseForm:
    """What an administrator is asked before a person is erased; the fields are those of `Erasure`."""

    lead_id: int
    lead: str
    ended: int
    messages: int
    split: tuple[int, ...] = ()


_EMPTY: Mapping[str, str | None] = MappingProxyType({})
_REASONS: dict[Action, Callable[[Playbook], Sequence[Reason | ContactKind]]] = {
    Action.DECLINE: lambda playbook: playbook.pass_on_reasons,
    Action.DISQUALIFY: lambda playbook: playbook.disqualify_reasons,
    Action.SET_STAGE: lambda playbook: playbook.lost_reasons,
    Action.LOG_CONTACT: lambda playbook: playbook.contact_kinds,
}


def hand_over(session: Session, workspace_id: int, filled: Mapping[str, str | None] = _EMPTY) -> HandOverChoices:
    """Return what the hand-over modal offers, with its fields filled in as far as they are known; raises NoPlaybook."""
    playbook = playbooks.current(session, workspace_id).playbook
    sources = tuple(Choice(key=each.key, name=each.name, description=each.description) for each in playbook.sources)
    known = {field: text for field, text in ((name, written(value)) for name, value in filled.items()) if text}
    return HandOverChoices(sources=sources, currency=playbook.currency, filled=known)


def hand_over_message(session: Session, workspace_id: int, text: str, permalink: str | None) -> HandOverChoices:
    """Return the same, filled in from what a message says; raises NoPlaybook."""
    currency = playbooks.current(session, workspace_id).playbook.currency
    return replace(hand_over(session, workspace_id, message_parser.fields(text, currency)), permalink=permalink)


def hand_over_lead(
    session: Session, workspace_id: int, lead_id: int, filled: Mapping[str, str | None]
) -> HandOverChoices:
    """Return the same for a lead that is known already, filled in with what is known; raises NoPlaybook."""
    return replace(hand_over(session, workspace_id, filled), lead_id=lead_id)


def decision(session: Session, action: Action, command: HandoffCommand, *, picked: str | None = None) -> DecisionForm:
    """Return the form that asks why, who or how much, as any action but accept and claim does.

    `picked` is the key of a reason chosen already, so that its description can be shown. Raises the refusal that the
    decision itself would, so that nobody fills a form in vain.
    """
    context = read_for_action(session, command)
    return _decision_form(session, action, context, picked=picked)


def erase(session: Session, workspace_id: int, slack_user_id: str, lead_id: int) -> EraseForm:
    """Return what is asked before the lead's person is erased; raises what `erasure.erase_for` raises."""
    erasure.allowed(session, workspace_id, slack_user_id)
    would = erasure.preview(session, workspace_id, lead_id)
    lead = rows.get_one(session, Lead, would.lead_id, workspace_id)
    company = rows.get(session, Company, lead.company_id, workspace_id)
    return EraseForm(
        would.lead_id, title_of(lead, company, contact=True, zone=None), would.ended, would.messages, would.split
    )


def snooze_form(session: Session, command: HandoffCommand) -> DecisionForm:
    """Return the form that asks until when a lead is put off, with the usual day; raises as `decision` does."""
    context = read_for_action(session, command)
    form = _decision_form(session, Action.SNOOZE, context)
    _, zone = snooze.hours_of(session, context)
    return replace(form, day=usual_day(command.now.astimezone(zone).date()).isoformat())


def _decision_form(
    session: Session, action: Action, context: HandoffContext, *, picked: str | None = None
) -> DecisionForm:
    context.allows(action)
    lead = context.lead
    listed = _REASONS[action](context.published.playbook) if action in _REASONS else ()
    reasons = tuple(_choice(reason) for reason in listed)
    return DecisionForm(
        handoff_id=context.command.handoff_id,
        offer_id=context.command.offer_id,
        lead=lead_title(session, context.handoff, contact=_sees_contact(session, context)),
        reasons=reasons,
        picked=next((reason for reason in reasons if reason.key == picked), None),
        note=lead.note if action is Action.EDIT else None,
        value=_value(lead.value_minor, lead.currency) if action is Action.EDIT else None,
        currency=lead.currency or context.published.playbook.currency,
    )


def _sees_contact(session: Session, context: HandoffContext) -> bool:
    view = viewpoint_of(session, context.command.workspace_id, context.by)
    return view.of(context.handoff, context.offer.person_id if context.offer else None) is Sight.CONTACT


def _choice(reason: Reason | ContactKind) -> Choice:
    if not isinstance(reason, Reason):
        return Choice(key=reason.key, name=reason.name)
    return Choice(key=reason.key, name=reason.name, description=reason.description, note_required=reason.note_required)


def _value(minor: int | None, currency: str | None) -> str | None:
    """Write an amount as it may be typed again."""
    if minor is None or currency is None:
        return None
    return f"{Decimal(minor).scaleb(-minor_digits(currency)):f} {currency}"
