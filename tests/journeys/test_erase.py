"""A person erased in Slack after their lead went through everything: no word of theirs is left anywhere."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from qualification.intake import imports, ingest
from qualification.records import Base, Delivery, Handoff, Lead, Summary
from qualification.records.deliveries import DeliveryState
from qualification.rules.leads.lead_input import ActivityInput, HandoffInput, ImportRow, LeadInput
from tests.worlds.office import MONDAY, Office, open_office
from tests.worlds.playbook import TWO_REPS

EMAIL = "zelda@quillfeather.example"
ZELDA = LeadInput(id="crm-zelda", email=EMAIL, name="Zelda Quillfeather", company="Quillfeather Works")
# Every word that anybody wrote about her. What names her company stays with whoever else works there.
WORDS = ("zelda", "zebrafinch", "bluebell", "marigold", "hawthorn", "larkspur", "555 0134", "5550134", "zq@")


ADMINISTRATOR = "  - {email: olu.adeyemi@northwind.example, name: Olu Adeyemi, roles: [admin]}\n"


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """Yield an office with an administrator."""
    playbook = TWO_REPS.replace("people:\n", f"people:\n{ADMINISTRATOR}")
    with open_office(database_url, playbook=playbook) as opened:
        yield opened


def stored(office: Office) -> Iterator[str]:
    """Yield every value of every table."""
    with office.baton.database.snapshot() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)).mappings():
                yield from (f"{table.name}.{column}: {value!r}" for column, value in row.items())


def files(office: Office) -> Iterator[str]:
    """Yield what the files of a SQLite database hold, free space and log included."""
    for file in office.baton.database.files:
        if file.exists():
            yield from re.findall(r"[ -~]{4,}", file.read_bytes().decode("latin-1"))


def shown(office: Office) -> Iterator[str]:
    """Yield all that Slack shows and others than one person saw: messages, threads, Home tabs, open modals."""
    workspace = office.sandbox.workspace()
    for channel in workspace.channels.values():
        for message in channel.messages.values():
            if not message.ephemeral_to and message.author == workspace.app.bot_user_id:
                yield f"{channel.name}: {message.text} {json.dumps(message.blocks, ensure_ascii=False)}"
    for view in (*workspace.homes.values(), *(view for stack in workspace.modals.values() for view in stack)):
        yield json.dumps(view.content, ensure_ascii=False)


def left(pieces: Iterator[str]) -> list[str]:
    """Return what holds one of her words."""
    return [piece for piece in pieces if any(word in piece.casefold() for word in WORDS)]


def is_settled(office: Office) -> bool:
    """Say whether Slack shows all that it should."""
    with office.baton.database.snapshot() as session:
        states = {*session.scalars(select(Delivery.state))}
    assert DeliveryState.DEAD_LETTER not in states
    return DeliveryState.PENDING not in states


def is_summed_up(office: Office) -> bool:
    """Say whether a summary was made."""
    with office.baton.database.snapshot() as session:
        return session.scalar(select(Summary.id).where(Summary.made_at.is_not(None)).limit(1)) is not None


def posts(office: Office, sender: str, *entries: LeadInput | ActivityInput) -> None:
    """Let a sender post."""
    with office.baton.database.transaction() as session:
        ingest.ingest(session, office.baton.installations[0].id, sender, entries, now=office.clock())


def brings_in(office: Office, *, announcing: bool) -> imports.Imported:
    """Let a file bring her in, with a deal that was lost."""
    began = MONDAY - timedelta(days=90)
    deal = HandoffInput(id="deal-larkspur", stage="lost", lost="price", at=began, ended_at=began, did="Bluebell rang")
    with office.baton.database.transaction() as session:
        roster = imports.roster_of(session, office.baton.installations[0].id)
        rows = [ImportRow(lead=ZELDA, handoff=deal)]
        return imports.import_rows(session, roster, "crm", rows, announcing=announcing, now=office.clock())


def goes_through_everything(office: Office) -> None:
    """Imported, known by two addresses and merged, handed over twice, talked about, put off, shared, and summed up."""
    assert not brings_in(office, announcing=False).rejected
    posts(office, "web", LeadInput(id="web-1", email="zq@larkspur.example", name="Zelda Q."))
    posts(office, "web", LeadInput(id="web-1", email=EMAIL))
    posts(office, "web", ActivityInput(id="visit", kind="blog-post", lead=ZELDA, what="On zebrafinches"))
    office.hands_over(
        "Quillfeather Works", person="Zelda Quillfeather", email=EMAIL, problem="Her zebrafinches", promised="Bluebells"
    )
    office.ana.presses("Disqualify…", on=office.direct(office.ana, "Quillfeather"))
    office.picks_a_reason(office.ana)
    office.card("Disqualified")
    office.hands_over(
        "Quillfeather Works",
        person="Zelda Quillfeather",
        email=EMAIL,
        phone="+44 20 555 0134",
        problem="Hawthorn again, call +44 20 555 0134",
    )
    office.ben.presses("Accept", on=office.direct(office.ben, "Quillfeather"))
    card = office.direct(office.ben, "Next: Make the first contact")
    office.ben.presses("Log contact", on=card)
    office.ben.fills({"Note": "Marigold answered for her"})
    office.ben.submits()
    card = office.direct(office.ben, "Next: Agree on the next step")
    office.ben.presses("Checklist", on=card)
    office.ben.fills({"evidence-budget": "Zelda has bluebell money"})
    office.ben.submits()
    office.ben.picks("Not now…", on=office.direct(office.ben, "Quillfeather"))
    office.ben.fills({"date": "2026-12-03", "Why not now?": "Zelda is at the hawthorn fair"})
    office.ben.submits()
    office.card("Not now")
    office.hands_over("Quillfeather Works", person="Ivy Chen", email="ivy@quillfeather.example")
    for person in (office.ana, office.ben, office.maya, office.mika, office.olu):
        person.opens_home()
    office.maya.types("/pipeline", "#general")
    office.maya.presses("share_pipeline", on=office.maya.private_replies[-1])
    office.clock.advance(timedelta(hours=23))
    office.passes(seconds=10)
    office.waits_for(lambda: is_summed_up(office) and is_settled(office))


def counted(office: Office) -> tuple[str, ...]:
    """Return what /pipeline answers a manager, without the moment."""
    office.maya.types("/pipeline by stage", "#general")
    return tuple(sorted(office.maya.private_replies[-1].text.splitlines()))


def test_no_word_of_theirs_is_left_and_they_stay_away(office: Office) -> None:
    goes_through_everything(office)
    assert len(left(stored(office))) > 20
    assert len(left(shown(office))) >= 5
    assert left(files(office)) or not office.baton.database.is_sqlite
    with office.baton.database.snapshot() as session:
        before = session.scalars(select(Handoff.id).order_by(Handoff.id)).all()

    office.olu.types(f"/lead {EMAIL}", "#general")
    office.olu.presses("Erase…", on=office.olu.private_replies[-1])
    assert "This can’t be undone" in office.olu.modal.text
    office.olu.submits()
    assert "The person is erased" in office.olu.modal.text
    office.olu.closes()
    office.waits_for(lambda: is_settled(office))
    assert left(stored(office)) == []
    assert left(shown(office)) == []
    assert left(files(office)) == []

    figures = counted(office)
    assert [*brings_in(office, announcing=True).rejected] == [0]
    assert counted(office) == figures
    assert left(stored(office)) == []
    with office.baton.database.snapshot() as session:
        assert session.scalars(select(Handoff.id).order_by(Handoff.id)).all() == before
        assert [each.name for each in session.scalars(select(Lead)) if each.erased_at is None] == ["Ivy Chen"]
    assert "Quillfeather Works" in office.card("Ivy Chen").text
