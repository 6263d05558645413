"""The daily summary in a team's channel: it comes once, at its hour, whatever happens at that minute."""

from datetime import timedelta

from sqlalchemy import select

from qualification.organisation import publishing
from qualification.records import Summary
from sandbox.faults import CallFaultKind
from sandbox.people.snapshots import Message
from tests.worlds.office import CHANNEL, Office, open_office, serve
from tests.worlds.playbook import TWO_REPS

# The office opens on Monday at 09:30, so the next summary is on Tuesday at 08:30.
TO_THE_HOUR = timedelta(hours=23)


def summaries(office: Office) -> list[Message]:
    return [message for message in office.maya.sees(CHANNEL) if message.fallback.startswith("EMEA · ")]


def comes(office: Office) -> Message:
    """Wait for a summary with its thread, and return it."""

    def look() -> Message | None:
        found = summaries(office)
        return found[-1] if found and found[-1].thread else None

    return office.waits_for(look)


def made(office: Office) -> int:
    """Return the number of stored summaries."""
    with office.baton.database.snapshot() as session:
        return len(session.scalars(select(Summary.id).where(Summary.made_at.is_not(None))).all())


def accepted(office: Office, company: str) -> None:
    office.hands_over(company)
    office.ana.presses("Accept", on=office.direct(office.ana, company))
    office.card("Accepted by @Ana Ruiz")


def test_it_comes_at_the_hour_with_its_figures_a_chart_and_a_thread(office: Office) -> None:
    accepted(office, "Acme")
    office.hands_over("Globex")
    office.clock.advance(TO_THE_HOUR)
    office.passes(seconds=10)
    summary = comes(office)
    assert "EMEA · Tuesday, November 24, 2026" in summary.fallback
    assert "2 leads were handed over, 1 is waiting to be accepted." in summary.text
    assert "2 came in · 2 handed over · 1 accepted" in summary.text
    assert "Acme: Ana Ruiz, " in summary.text
    assert {"data_table", "data_visualization"} <= {block["type"] for block in summary.blocks}
    assert "Ana Ruiz: 1 accepted" in summary.thread[0].text
    assert summary.mentions == ()
    office.passes(hours=1)
    office.hands_over("Initech")
    office.card("Initech")
    assert len(summaries(office)) == 1


def test_slack_down_at_that_hour_delays_it_and_it_says_so(office: Office) -> None:
    accepted(office, "Acme")
    outages: tuple[CallFaultKind, ...] = ("500", "429")
    for kind in outages:
        office.sandbox.fault("*", kind, retry_after=30)
    office.clock.advance(TO_THE_HOUR)
    office.passes(seconds=10)
    office.waits_for(lambda: made(office))
    for _ in range(12):
        office.passes(minutes=10)
    assert summaries(office) == []
    office.sandbox.heal()
    office.passes(minutes=1)
    summary = comes(office)
    assert "This summary is late: it was due today at 08:30" in summary.text
    assert "Where leads stand" not in summary.text
    assert "1 handed over · 1 accepted" in summary.text
    assert len(summaries(office)) == 1


def test_deleted_by_hand_it_is_posted_anew_with_its_thread(office: Office) -> None:
    accepted(office, "Acme")
    office.clock.advance(TO_THE_HOUR)
    office.passes(seconds=10)
    first = comes(office)
    office.olu.deletes(first)
    office.waits_for(lambda: [each for each in summaries(office) if each.ts != first.ts and each.thread])
    assert len(summaries(office)) == 1


def test_a_restart_at_that_minute_tells_it_once(database_url: str) -> None:
    with open_office(database_url) as office:
        accepted(office, "Acme")
        office.baton.stop()
        office.clock.advance(TO_THE_HOUR + timedelta(seconds=15))
        with serve(office.sandbox, office.clock, database_url, playbook=None) as baton:
            office.baton = baton
            comes(office)
        with serve(office.sandbox, office.clock, database_url, playbook=None) as baton:
            office.baton = baton
            office.passes(minutes=1)
            assert len(summaries(office)) == 1


def test_a_playbook_published_at_that_minute_takes_none_away_and_adds_none(office: Office) -> None:
    accepted(office, "Acme")
    office.clock.advance(TO_THE_HOUR)
    later = TWO_REPS.replace("zone: Europe/London}", "zone: Europe/London, summary: {at: 09:00}}")
    with office.baton.database.transaction() as session:
        publishing.publish(
            session, workspace_id=office.baton.installations[0].id, text=later, by="a journey", now=office.clock()
        )
    office.passes(seconds=10)
    comes(office)
    office.passes(hours=1)
    assert len(summaries(office)) == 1
