"""A snoozed lead comes back on its day, as the rep, the pool and the channel see it."""

from tests.worlds.office import Office


def test_a_lead_put_off_sleeps_and_comes_back_to_the_same_rep_with_the_last_words(office: Office) -> None:
    office.hands_over("Acme", person="Jo Petrov", problem="Leads get lost")
    office.ana.presses("Accept", on=office.direct(office.ana, "Acme"))
    card = office.direct(office.ana, "Next: Make the first contact")
    office.ana.presses("Log contact", on=card)
    office.ana.submits()
    card = office.direct(office.ana, "Next: Agree on the next step")
    office.ana.picks("Not now…", on=card)
    office.ana.fills({"date": "2027-03-03", "Why not now?": "The budget comes in March"})
    office.ana.submits()
    card = office.card("Not now, comes back")
    assert "The budget comes in March" in card.text
    assert "Next:" not in card.text
    assert {"Reopen", "Undo"} <= set(card.buttons)
    office.passes(minutes=6)
    office.waits_for(lambda: "Undo" not in office.card("Not now, comes back").buttons)
    office.passes(days=99)
    assert len([message for message in office.ana.direct_messages if "Acme" in message.text]) == 1
    # 09:30 in London on 3 March.
    office.passes(days=1)
    resumed = office.direct(office.ana, "is back. It was put off until now.")
    assert "The budget comes in March" in resumed.text
    assert "last contact" in resumed.text
    office.card("Offered to @Ana Ruiz")
    assert len([message for message in office.cards() if "Acme" in message.text]) == 1

    def thread() -> str:
        return "\n".join(reply.text for reply in office.card("Acme").thread)

    office.waits_for(lambda: "The lead came back as planned" in thread())
    assert "Ana Ruiz put the lead off" in thread()
    office.ana.presses("Accept", on=resumed)
    office.card("Accepted by @Ana Ruiz")
    office.waits_for(lambda: "Accept" not in office.ana.looks_again(resumed).buttons)


def test_a_rep_who_is_gone_by_then_is_not_asked_and_the_pool_is(office: Office) -> None:
    office.hands_over("Globex")
    office.ana.presses("Not now…", on=office.direct(office.ana, "Globex"))
    office.ana.fills({"date": "2026-12-01"})
    office.ana.submits()
    office.card("Not now, comes back")
    office.ana.types("/baton away", "#general")
    office.passes(days=8, hours=1)
    card = office.direct(office.ben, "Offered to you")
    assert "Put off by @Ana Ruiz" in card.text
    office.ben.presses("Accept", on=card)
    office.card("Accepted by @Ben Okafor")


def test_a_step_that_nobody_does_is_overdue_on_the_card(office: Office) -> None:
    office.hands_over("Initech")
    office.ana.presses("Accept", on=office.direct(office.ana, "Initech"))
    office.direct(office.ana, "Next: Make the first contact")
    office.passes(hours=4)
    card = office.direct(office.ana, "Overdue since")
    office.ana.presses("Done", on=card)
    office.waits_for(lambda: "Overdue" not in office.card("Initech").text)
    office.waits_for(lambda: "Ana Ruiz finished: Make the first contact" in office.card("Initech").thread[-1].text)
