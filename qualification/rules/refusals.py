"""What is refused, by name and with facts; the words are in templates/replies/refusals/<name>."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from qualification.rules.field_errors import FieldFault
from qualification.rules.person_ref import PersonRef


class Refusal(Exception):
    """Something asked for that the rules do not allow; `facts` are plain values for the words in `name`'s template."""

    name: ClassVar[str]
    facts: Mapping[str, object]

    def __init__(self, **facts: object) -> None:
        """Keep the facts, which cannot be changed afterwards."""
        super().__init__(self.name)
        self.facts = MappingProxyType(facts)


class NotYours(Refusal):
    """Only the people in `may` decide this; when nobody is named, an administrator does."""

    name = "not_yours"

    def __init__(
        self,
        *,
        may: tuple[PersonRef, ...],
        state: str,
        offered_to: PersonRef | None = None,
        pool: str | None = None,
        by: PersonRef | None = None,
        at: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """Say who may, the state as stored, who is asked, who closed it or put it off, when, and until when."""
        super().__init__(may=may, state=state, offered_to=offered_to, pool=pool, by=by, at=at, until=until)


class NotOwner(Refusal):
    """Only the owner, or somebody in `may`, works on this lead."""

    name = "not_owner"

    def __init__(self, *, owner: PersonRef | None, may: tuple[PersonRef, ...]) -> None:
        """Say who owns it and who may."""
        super().__init__(owner=owner, may=may)


class NotAManager(Refusal):
    """Only the team's manager does this; when `may` is empty, an administrator does."""

    name = "not_a_manager"

    def __init__(self, *, may: tuple[PersonRef, ...]) -> None:
        """Say who may."""
        super().__init__(may=may)


class NotRevealed(Refusal):
    """Only the people in `may`, and administrators, see contact details of the lead."""

    name = "not_revealed"

    def __init__(self, *, may: tuple[PersonRef, ...]) -> None:
        """Say who may beside administrators."""
        super().__init__(may=may)


class NotInPool(Refusal):
    """Only the pool's members, or somebody in `may`, claim from it."""

    name = "not_in_pool"

    def __init__(self, *, pool: str, may: tuple[PersonRef, ...] = ()) -> None:
        """Say which pool, and who else may."""
        super().__init__(pool=pool, may=may)


class AlreadyTaken(Refusal):
    """Somebody was first: `owner` has it."""

    name = "already_taken"

    def __init__(self, *, owner: PersonRef | None) -> None:
        """Say who has it."""
        super().__init__(owner=owner)


class Ended(Refusal):
    """The handoff has its verdict: disqualified, won or lost."""

    name = "ended"

    def __init__(
        self,
        *,
        verdict: str,
        by: PersonRef | None,
        by_reader: bool = False,
        at: datetime | None = None,
        may: tuple[PersonRef, ...] = (),
        may_reopen: bool = False,
    ) -> None:
        """Say the verdict, as the state is stored, whose it was and when, and who may reopen it; perhaps the reader."""
        super().__init__(verdict=verdict, by=by, by_reader=by_reader, at=at, may=may, may_reopen=may_reopen)


class Snoozed(Refusal):
    """The handoff is snoozed: not now."""

    name = "snoozed"

    def __init__(
        self,
        *,
        until: datetime | None,
        by: PersonRef | None,
        by_reader: bool = False,
        may: tuple[PersonRef, ...] = (),
        may_reopen: bool = False,
    ) -> None:
        """Say until when, None where it isn't offered again by itself, who put it off, and who may reopen it."""
        super().__init__(until=until, by=by, by_reader=by_reader, may=may, may_reopen=may_reopen)


class OfferMoved(Refusal):
    """The offer has gone on to somebody else, or to a pool, since the button was drawn."""

    name = "offer_moved"

    def __init__(self, *, to: PersonRef | None, pool: str | None = None) -> None:
        """Say who is asked now: a person, or a pool by its name."""
        super().__init__(to=to, pool=pool)


class StaleCard(Refusal):
    """The button belongs to a state the handoff is no longer in."""

    name = "stale_card"


class UndoTooLate(Refusal):
    """The time to undo is over."""

    name = "undo_too_late"

    def __init__(self, *, until: datetime) -> None:
        """Say until when it could be undone."""
        super().__init__(until=until)


class NothingToUndo(Refusal):
    """No decision stands that can be undone."""

    name = "nothing_to_undo"


class AlreadyHandedOver(Refusal):
    """The lead has a live handoff already."""

    name = "already_handed_over"

    def __init__(
        self,
        *,
        lead: str,
        owner: PersonRef | None = None,
        offered_to: PersonRef | None = None,
        pool: str | None = None,
    ) -> None:
        """Say which lead, and who has it or is asked."""
        super().__init__(lead=lead, owner=owner, offered_to=offered_to, pool=pool)


class CameTwice(Refusal):
    """The same form, press or command came before; it counted then."""

    name = "came_twice"


class CannotReassign(Refusal):
    """This person cannot be given the lead; `why` is a member of `NoReassigning`."""

    name = "cannot_reassign"

    def __init__(self, *, to: PersonRef, why: str) -> None:
        """Say who, and why not."""
        super().__init__(to=to, why=why)


class StageUnknown(Refusal):
    """The playbook has no such stage any more."""

    name = "stage_unknown"

    def __init__(self, *, stage: str) -> None:
        """Say which key was asked for."""
        super().__init__(stage=stage)


class NotAnAdministrator(Refusal):
    """Only an administrator does this."""

    name = "not_an_administrator"


class LeadErased(Refusal):
    """The person was erased: there is nothing left to work on."""

    name = "lead_erased"

    def __init__(self, *, at: datetime) -> None:
        """Say when."""
        super().__init__(at=at)


class WasErased(Refusal):
    """The person who is handed over was erased here, and must not come back without a word."""

    name = "was_erased"


class NoPersonalKey(Refusal):
    """Nobody can be erased without the secret that keeps them from coming back."""

    name = "no_personal_key"


class UnknownLead(Refusal):
    """No lead fits what was asked."""

    name = "unknown_lead"

    def __init__(self, *, query: str) -> None:
        """Say what was asked."""
        super().__init__(query=query)


class LeadElsewhere(Refusal):
    """The lead that is meant is not this person's to work on, or not yet; `lead_id` is for the audit, not for words."""

    name = "lead_elsewhere"
    lead_id: int | None

    def __init__(
        self,
        *,
        lead: str,
        state: str,
        is_theirs: bool,
        owner: PersonRef | None = None,
        offered_to: PersonRef | None = None,
        pool: str | None = None,
        manager: PersonRef | None = None,
        lead_id: int | None = None,
    ) -> None:
        """Say which lead, its state as stored, who has it or is asked, and whether that is the very person."""
        self.lead_id = lead_id
        super().__init__(
            lead=lead,
            state=state,
            is_theirs=is_theirs,
            owner=owner,
            offered_to=offered_to,
            pool=pool,
            manager=manager,
        )


class NoOpenLeads(Refusal):
    """The person has no open lead to choose from."""

    name = "no_open_leads"


class UnknownPerson(Refusal):
    """Nobody of that name or Slack id is in the playbook; an id is nothing to read, so that there are no facts."""

    name = "unknown_person"


class UnknownCommand(Refusal):
    """The words after a command mean nothing; `nearest` is the one probably meant."""

    name = "unknown_command"

    def __init__(self, *, text: str, nearest: str | None = None) -> None:
        """Say what was typed and what it is close to."""
        super().__init__(text=text, nearest=nearest)


class BadDate(Refusal):
    """The words tell no moment to come."""

    name = "bad_date"

    def __init__(self, *, text: str) -> None:
        """Say what was typed."""
        super().__init__(text=text)


class TookTooLong(Refusal):
    """Slack no longer opens a modal for the press: its trigger has expired."""

    name = "took_too_long"


class NotOpened(Refusal):
    """Slack did not open the modal, for a reason of its own."""

    name = "not_opened"


class Misaddressed(Refusal):
    """It was meant for another workspace, or for another app."""

    name = "misaddressed"


class OwnMessage(Refusal):
    """A message of the bot's own is no news of a lead: what it tells of is with sales, or was."""

    name = "own_message"


class NoPlaybook(Refusal):
    """Nothing has been published for this workspace yet."""

    name = "no_playbook"


class InvalidFields(Refusal):
    """A form with faults; `fields` tells for each field what is wrong, for the surface to show beside it."""

    name = "invalid_fields"
    fields: Mapping[str, FieldFault]

    def __init__(self, fields: Mapping[str, FieldFault], **facts: object) -> None:
        """Keep every fault, so that nobody has to submit once for each."""
        super().__init__(fields=MappingProxyType(dict(fields)), **facts)
        self.fields = MappingProxyType(dict(fields))


class NoteRequired(InvalidFields):
    """The reason picked says nothing by itself: a note must."""

    name = "note_required"

    def __init__(self, *, reason: str) -> None:
        """Say which reason, by its name for people."""
        super().__init__({"note": FieldFault.NOTE_REQUIRED}, reason=reason)


class NoReassigning(StrEnum):
    """Why somebody cannot be given a lead."""

    HAS_IT = "has_it"
    DEACTIVATED = "deactivated"
    NOT_IN_PLAYBOOK = "not_in_playbook"


class UnknownWord(Refusal):
    """A word of a question that means nothing there."""

    name = "unknown_word"

    def __init__(self, *, word: str, nearest: str | None) -> None:
        """Say which, and the right one most like it."""
        super().__init__(word=word, nearest=nearest)


class NotInPlaybook(Refusal):
    """The playbook doesn't name this person, or not any more: leads are not theirs to see or to decide about."""

    name = "not_in_playbook"


class NotForYou(Refusal):
    """Figures that are not this person's to see."""

    name = "not_for_you"
