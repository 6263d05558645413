"""Zelda, of whom much is known: what the tests of erasing and exporting look for."""

from qualification.handoffs import decisions, progress
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from tests.worlds.desk import Desk

EMAIL, COMPANY = "zelda.quillfeather@quillfeather.example", "Quillfeather Sole Trading"
ZELDA = {
    "id": "crm-zelda-1",
    "email": EMAIL,
    "name": "Zelda Quillfeather",
    "company": COMPANY,
    "phone": "+46 70 123 45 67",
    "title": "Chief Quill",
    "country": "SE",
    "problem": "My zebrafinches need spreadsheets",
    "fields": {"favourite": "zebrafinch"},
}


def known(desk: Desk) -> int:
    """Let Zelda do much that leaves words behind, and return her lead's id."""
    lead_id = desk.takes(LeadInput.model_validate(ZELDA)).lead_id
    about = {"id": "crm-zelda-1"}
    desk.takes(ActivityInput(id="zelda-visit", kind="blog-post", lead=LeadInput(**about), what="/zebrafinch"))
    handed = desk.hands_over(
        COMPANY,
        person="Zelda Quillfeather",
        email=EMAIL,
        did="Bluebell called",
        problem="Her zebrafinch",
        promised="A marigold",
    )
    offer_id = desk.card(handed.handoff_id).offer_id
    desk.does(decisions.accept, by=desk.asked(handed.handoff_id), handoff_id=handed.handoff_id, offer_id=offer_id)
    owner = desk.card(handed.handoff_id).owner
    assert owner is not None
    desk.does(
        progress.log_contact, by=owner.slack_user_id, handoff_id=handed.handoff_id, kind="call", note="Zelda was out"
    )
    desk.does(progress.edit, by=owner.slack_user_id, handoff_id=handed.handoff_id, value="9000", note="Loves marigold")
    return lead_id
