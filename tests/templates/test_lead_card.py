"""The lead card: the state as stored, on two surfaces."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from qualification.views.cards import LeadCard
from qualification.views.marks import ChecklistMark, Choice, ItemMark, ScoreContribution, SnoozeMark, TaskMark
from qualification.views.reminders import Resumed
from templates import render
from tests.templates.reading import actions, element, nodes, words
from tests.templates.samples import ANA, BEN, EMAIL, MAYA, NOW, PERMALINK, PHONE, card, cards

STAGES = (Choice("to-contact", "To contact"), Choice("won", "Won"))
ACCEPTED = card(
    state="accepted", lifecycle="sql", offered_to=None, owner=ANA, accepted_at=NOW, stage="to-contact", stages=STAGES
)


def channel(facts: LeadCard) -> dict[str, object]:
    return render("messages/lead_card", card=facts)


def direct(facts: LeadCard) -> dict[str, object]:
    return render("messages/direct_card", card=facts)


def read(payload: dict[str, object]) -> str:
    return "\n".join(words(payload))


@pytest.mark.parametrize(
    ("facts", "buttons"),
    [
        (card(), ["accept", "decline", "disqualify", "snooze"]),
        (card(state="pooled"), ["claim", "disqualify", "snooze"]),
        (card(state="manager_queue"), ["reassign", "accept", "disqualify", "snooze"]),
        (ACCEPTED, ["checklist", "log_contact", "stage", "more"]),
        (replace(ACCEPTED, undo_until=NOW), ["checklist", "log_contact", "stage", "more", "undo"]),
        (card(state="snoozed"), ["reopen"]),
        (card(state="snoozed", undo_until=NOW), ["reopen", "undo"]),
        (card(state="disqualified"), ["reopen"]),
        (card(state="won"), ["reopen"]),
        (card(state="lost", undo_until=NOW), ["reopen", "undo"]),
    ],
)
def test_each_state_offers_its_own_buttons(facts: LeadCard, buttons: list[str]) -> None:
    assert actions(channel(facts)) == buttons
    assert actions(direct(facts)) == buttons


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (card(), r"Offered to <@UANA>, accept by <!date\^1795356300\^"),
        (card(accept_by=None), "Offered to <@UANA>"),
        (card(state="pooled"), "Open to EMEA inbound until <!date.*: the first to claim it gets it"),
        (
            card(state="manager_queue", queue_reason="nobody_there"),
            "In <@UMAYA>\u2019s queue: nobody in EMEA inbound is working right now",
        ),
        (
            card(state="manager_queue", queue_reason="everyone_asked", manager=None),
            "nobody in EMEA inbound accepted it",
        ),
        (card(state="manager_queue", queue_reason="pool_expired", pool=None), "nobody claimed it in time"),
        (ACCEPTED, "Accepted by <@UANA> · SQL · To contact"),
        (
            card(state="disqualified", decided_by=ANA, ended_at=NOW, reason="No budget"),
            "Disqualified by <@UANA>, .*: No",
        ),
        (card(state="won", decided_by=ANA, ended_at=NOW), "Won by <@UANA>, <!date"),
        (card(state="lost", decided_by=BEN, ended_at=NOW, reason="Price"), "Lost by <@UBEN>, .*: Price"),
    ],
)
def test_the_state_stands_on_top_and_in_the_plain_text(facts: LeadCard, words: str) -> None:
    payload = channel(facts)
    blocks = payload["blocks"]
    assert isinstance(blocks, list)
    assert re.search(words, blocks[1]["text"]["text"])
    assert re.search(words, str(payload["text"]))


def test_the_card_says_why_this_lead_and_why_this_rep() -> None:
    text = read(channel(card()))
    assert "O'Neil & Sons · Jo Lead" in text
    assert "Head of Operations · 1,200 employees · Germany · Demo request · Spring · €12,500" in text
    assert "Asked for a demo" in text
    assert "We lose leads" in text
    assert "A call before Friday" in text
    assert "Ana was next in EMEA inbound (rule: Enterprise)" in text
    assert "Handed over by Mia" in text


def test_the_reader_of_a_direct_card_is_called_you() -> None:
    mine = read(direct(replace(card(), reader=ANA)))
    assert "Offered to you, accept by" in mine
    assert "You were next in EMEA inbound (rule: Enterprise)" in mine
    assert "In your queue" in read(direct(card(state="manager_queue", reader=MAYA)))
    assert "Accepted by you" in read(direct(replace(ACCEPTED, reader=ANA)))
    for state, mark in (("disqualified", "Disqualified by you,"), ("won", "Won by you,"), ("lost", "Lost by you,")):
        ended = card(state=state, decided_by=ANA, ended_at=NOW)
        assert mark in read(direct(replace(ended, reader=ANA)))
        assert "by you" not in read(direct(replace(ended, reader=BEN)))


def test_a_rep_who_was_passed_over_keeps_the_card_without_its_buttons() -> None:
    payload = direct(card(reader=BEN, reader_may_decide=False))
    assert actions(payload) == []
    assert "Offered to <@UANA>" in read(payload)


def test_the_checklist_line_shows_what_is_known_and_what_is_needed() -> None:
    items = tuple(
        ItemMark(name.lower(), name, verdict)
        for name, verdict in (("Budget", "yes"), ("Authority", "yes"), ("Need", "no"), ("Timing", "unknown"))
    )
    half = channel(replace(ACCEPTED, checklist=ChecklistMark("BANT", items, 2, 3, passed=False)))
    assert "■ Budget  ■ Authority  □ Need  □ Timing  ·  2 of 4, one more to pass" in read(half)
    assert element(half, "checklist")["style"] == "primary"
    done = channel(replace(ACCEPTED, checklist=ChecklistMark("BANT", items, 3, 3, passed=True)))
    assert "3 of 4, passed" in read(done)
    assert "style" not in element(done, "checklist")


def test_the_stage_select_shows_the_stored_stage_even_after_an_edit() -> None:
    """Slack keeps what was picked while a block keeps its id, so the id goes with every change of the handoff."""
    before, after = channel(ACCEPTED), channel(replace(ACCEPTED, version=5))
    assert element(before, "stage")["initial_option"] == element(after, "stage")["initial_option"]
    ids = [
        [node["block_id"] for node in nodes(payload) if node.get("type") == "actions"] for payload in (before, after)
    ]
    assert ids[0] != ids[1]


def test_a_lead_with_hardly_a_fact_is_still_a_card() -> None:
    nothing = card(
        company=None,
        person=None,
        title=None,
        size=None,
        country=None,
        source=None,
        campaign=None,
        value_minor=None,
        problem=None,
        promised=None,
        note=None,
        pool=None,
        rule=None,
        turn=None,
        why=None,
        email=None,
        phone=None,
    )
    for payload in (channel(nothing), direct(nothing)):
        assert "Unnamed lead" in read(payload)
        assert "–" not in read(payload)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(cards)
def test_the_channel_card_never_shows_an_address_or_a_phone_number(facts: LeadCard) -> None:
    text = str(render("messages/lead_card", card=facts))
    assert EMAIL not in text
    assert PHONE not in text
    assert "Likes short calls" not in str(channel(card()))


def test_the_direct_card_shows_every_way_to_reach_the_lead_as_it_was_typed() -> None:
    contact = direct(card(email="a_b*c@customer.example"))
    assert any(node.get("text") == f"a_b*c@customer.example · {PHONE}" for node in nodes(contact))


def test_long_texts_stand_whole_in_the_direct_card_and_short_in_the_channel() -> None:
    did, problem = " ".join(f"word{n:03}" for n in range(620)), "y" * 5000
    facts = card(did=did, problem=problem)
    shown = [str(node["text"]) for node in nodes(direct(facts)) if node.get("type") == "text"]
    assert did in "".join(shown)
    assert problem in "".join(shown)
    assert max(len(text) for text in words(channel(facts))) < 1500


@pytest.mark.parametrize("field", ["did", "problem", "promised", "note", "reason_note"])
def test_a_long_text_is_parted_between_words_however_long_they_are(field: str) -> None:
    """Addresses of pages are words of a hundred characters and more."""
    text = " ".join(f"https://example.com/{'a' * 90}/{n:03}" for n in range(43))
    payload = direct(card(**{field: text}))
    shown = [str(node["text"]) for node in nodes(payload) if node.get("type") == "text" and "/aaa" in str(node)]
    assert len(text) > 4900
    assert "".join(shown) == text
    assert [len(piece) for piece in shown if len(piece) > 3000 or piece.split()[-1][-4] != "/"] == []


def test_two_texts_that_together_pass_what_a_message_holds_are_shortened_alike() -> None:
    shown = "".join(words(direct(card(did="a" * 9000, problem="b" * 9000, promised="c" * 100))))
    assert "c" * 100 in shown
    assert "a" * 5000 in shown
    assert "b" * 5000 in shown
    assert "a" * 6500 not in shown


def test_a_second_handoff_and_the_first_contact_are_told() -> None:
    text = read(channel(replace(ACCEPTED, handoff_number=2, contacted_at=NOW + timedelta(hours=1))))
    assert "back again, handoff 2" in text
    assert "first contact <!date" in text


def test_a_lead_not_to_be_contacted_says_so_beneath_its_state_and_in_the_plain_text() -> None:
    for show in (channel, direct):
        payload = show(card(do_not_contact=True))
        blocks = payload["blocks"]
        assert isinstance(blocks, list)
        assert blocks[1]["text"]["text"].endswith("*\n*Do not contact*")
        assert "\nDo not contact\n" in str(payload["text"])
        assert "Do not contact" not in read(show(card()))


def test_the_message_it_was_handed_over_from_is_a_press_away() -> None:
    for show in (channel, direct):
        assert f"<{PERMALINK.replace('&', '&amp;')}|From a message>" in read(show(card(permalink=PERMALINK)))
        for faked in (None, "https://evil.example/|your bank>", "http://a.example/", "<!channel>"):
            assert "From a message" not in read(show(card(permalink=faked)))


def test_a_german_reader_reads_german() -> None:
    text = "\n".join(words(render("messages/direct_card", card=replace(card(), reader=ANA), locale="de-DE")))
    assert "Dir angeboten, annehmen bis" in text
    assert "1.200 Beschäftigte · Deutschland" in text
    assert "12.500\xa0€" in text


def test_what_weighed_most_is_why() -> None:
    contributions = (ScoreContribution("Content downloaded", 3, 30), ScoreContribution("Demo requested", 1, 0))
    payload = channel(card(score=30, contributions=contributions, announcer=None, did=""))
    assert "*Why this lead*\nContent downloaded ×3 +30 · Demo requested" in words(payload)
    said = str(payload["text"])
    assert "Why this lead: Content downloaded ×3 +30 · Demo requested" in said
    assert "Came in by itself: Demo request, <!date^" in said
    assert "score 30" in said


def test_a_score_of_nothing_is_not_shown_beside_what_was_asked_for() -> None:
    said = str(channel(card(score=0, contributions=(ScoreContribution("Demo requested", 1, 0),)))["text"])
    assert "Why this lead: Demo requested" in said
    assert "score" not in said


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (card(why="turn", pool=None), "Rule: Enterprise"),
        (card(why="turn", rule=None), "Ana was next in EMEA inbound\n"),
        (card(why="pool", state="pooled", offered_to=None), "Went to EMEA inbound (rule: Enterprise)"),
        (card(why="manager"), "A manager chose Ana"),
        (card(why="manager", reader=ANA), "A manager chose you"),
        (card(why="resumed"), "Ana had this lead when it was put off"),
        (card(why=None, offered_to=None), "Went to EMEA inbound (rule: Enterprise)"),
    ],
)
def test_why_it_went_to_whom_it_went_is_a_sentence(facts: LeadCard, words: str) -> None:
    assert words in str(direct(facts)["text"])


def test_a_lead_that_nobody_handed_over_came_in_by_itself() -> None:
    assert "Came in by itself, <!date^" in str(channel(card(announcer=None, source=None))["text"])


RESUMES = NOW + timedelta(days=90)
SNOOZED = card(
    state="snoozed",
    lifecycle="nurture",
    offered_to=None,
    decided_by=ANA,
    resume_at=RESUMES,
    snooze=SnoozeMark(ANA, NOW, "The *budget* comes in March", NOW - timedelta(days=1), "Call", "Ask for Jo"),
)


def test_a_card_that_sleeps_says_until_when_by_whom_and_the_last_words_and_contact() -> None:
    text = read(channel(SNOOZED))
    assert re.search(rf"Not now, comes back <!date\^{int(RESUMES.timestamp())}\^{{date_short_pretty}}", text)
    assert "Put off by <@UANA>" in text
    assert "The *budget* comes in March" in text
    assert re.search(r"last contact <!date.*Call · “Ask for Jo”", text)
    assert "Put off by you" in read(direct(replace(SNOOZED, reader=ANA)))


def test_a_card_that_woke_keeps_who_put_it_off_and_the_last_words() -> None:
    resumed = card(why="resumed", reader=ANA, snooze=SNOOZED.snooze)
    text = read(direct(resumed))
    assert "Put off by you" in text
    assert "The *budget* comes in March" in text
    assert "You had this lead when it was put off" in text


def test_one_that_will_not_be_offered_again_names_no_day() -> None:
    assert "comes back" not in read(channel(replace(SNOOZED, resume_at=None)))
    assert "Not now" in read(channel(replace(SNOOZED, resume_at=None)))


def test_whoever_is_asked_again_gets_it_with_its_buttons_and_others_without() -> None:
    resumed = card(why="resumed", reader=ANA, snooze=SNOOZED.snooze)
    payload = render("messages/resumed", resumed=Resumed(resumed, waits=True))
    assert actions(payload) == ["accept", "decline", "disqualify", "snooze"]
    text = read(payload)
    assert "is back. It was put off until now." in text
    assert "The *budget* comes in March" in text
    assert EMAIL not in text
    assert actions(render("messages/resumed", resumed=Resumed(ACCEPTED, waits=False))) == []


TASK = TaskMark(9, "Make the first *contact*", NOW, overdue=False)


def test_the_next_step_stands_on_the_card_and_its_button_on_the_direct_one_alone() -> None:
    facts = replace(ACCEPTED, task=TASK)
    assert re.search(r"Next: Make the first .*contact.*, by <!date\^", read(channel(facts)))
    assert "task_done" not in actions(channel(facts))
    assert "task_done" in actions(direct(facts))
    assert "task_done" not in actions(direct(replace(facts, reader=BEN, reader_may_decide=False)))


def test_a_step_that_was_done_says_when_and_can_be_asked_for_again() -> None:
    facts = replace(ACCEPTED, task=replace(TASK, overdue=True, done_at=NOW))
    assert re.search(r"Done <!date\^.*: Make the first .*contact", read(channel(facts)))
    assert "Overdue" not in read(channel(facts))
    assert "task_not_done" in actions(direct(facts))
    assert not {"task_done", "task_not_done"} & set(actions(channel(facts)))


def test_a_step_that_is_overdue_says_since_when() -> None:
    assert re.search(
        r"Overdue since <!date\^.*: Make", read(direct(replace(ACCEPTED, task=replace(TASK, overdue=True))))
    )
