"""What a card shows, to a channel and to whom the lead is offered."""

from qualification.handoffs import decisions
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Delivery
from qualification.views import thread
from qualification.views.cards import LeadCard, lead_card
from qualification.views.receipts import receipt
from tests.worlds.desk import Desk

WROTE = {
    "did": "Ask ivy@acme.example",
    "problem": "Their number is +46 70 123 45 67",
    "promised": "A call to 030 5550199",
}


def shown(desk: Desk, handoff_id: int, reader: str | None) -> LeadCard:
    """Return the card in the channel, or the one in somebody's direct messages."""
    reader_id = desk.person(reader).id if reader else None
    return desk.reads(lambda session: lead_card(session, desk.workspace_id, handoff_id, reader_id))


def wrote(card: LeadCard) -> tuple[object, ...]:
    return card.email, card.phone, card.did, card.problem, card.promised


def test_an_address_in_what_somebody_wrote_is_for_whoever_has_the_lead(desk: Desk) -> None:
    contact = {"email": "ivy@acme.example", "phone": "+46701234567", "country": "DE"}
    handoff_id, offer_id = desk.offered("Acme", **contact, **WROTE)
    masked = (None, None, "Ask …@…", "Their number is +46 …", "A call to +49 …")
    whole = ("ivy@acme.example", "+46701234567", *WROTE.values())
    assert wrote(shown(desk, handoff_id, None)) == masked
    assert wrote(shown(desk, handoff_id, "UANA")) == wrote(shown(desk, handoff_id, "UMAYA")) == whole
    assert wrote(shown(desk, handoff_id, "UBEN")) == masked
    note = "Ivy writes from ivy@acme.example"
    desk.does(decisions.disqualify, by="UANA", handoff_id=handoff_id, offer_id=offer_id, reason="no-need", note=note)
    assert wrote(shown(desk, handoff_id, "UANA")) == masked
    assert shown(desk, handoff_id, None).reason_note == "Ivy writes from …@…"
    mika = desk.person("UMIKA").id
    told = desk.reads(lambda session: receipt(session, desk.workspace_id, handoff_id, mika))
    assert told.reason_note == "Ivy writes from …@…"


def test_a_number_is_masked_as_it_is_written_where_the_team_is_if_the_leads_country_is_not_known(desk: Desk) -> None:
    """The team is in London."""
    handoff_id, offer_id = desk.offered("Acme", problem="Ring 020 7946 0018", did="Ring 030 5550199 in Berlin")
    assert wrote(shown(desk, handoff_id, None))[2:4] == ("Ring 030 5550199 in Berlin", "Ring +44 …")
    ended = {"handoff_id": handoff_id, "offer_id": offer_id, "reason": "no-need", "note": "Ring 020 7946 0018"}
    desk.does(decisions.disqualify, by="UANA", **ended)
    mika = desk.person("UMIKA").id
    told = desk.reads(lambda session: receipt(session, desk.workspace_id, handoff_id, mika))
    assert told.reason_note == "Ring +44 …"


def test_no_line_of_a_thread_tells_an_address(desk: Desk) -> None:
    handoff_id, _ = desk.offered("Acme", country="SE")
    desk.passes_on(handoff_id, by="UANA", reason="other", note="Ben knows ivy@acme.example and 070-123 45 67")

    def lines(session: UnitOfWork) -> list[str]:
        posted = session.query(Delivery).filter(Delivery.kind == "thread_line").all()
        told = [thread.thread_lines(session, desk.workspace_id, each.subject, each.id) for each in posted]
        return [str(line.event) for of_one in told for line in of_one]

    said = " ".join(desk.reads(lines))  # type: ignore[arg-type]
    assert "Ben knows …@… and +46 …" in said
    assert "ivy@acme.example" not in said
