"""What somebody can do here, and whether they are there."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from qualification.records import Person as Known
from sandbox.people.driver import Person
from tests.worlds.floor import Floor, errors, fill, press, shown, submit, told


def known(floor: Floor, who: Person) -> Known | None:
    """Return the person as stored."""
    return floor.reads(lambda session: session.scalar(select(Known).where(Known.slack_user_id == who.id)))


def away_until(floor: Floor, who: Person) -> datetime | None:
    """Return until when the person is away."""
    person = known(floor, who)
    assert person is not None
    assert person.away_since is not None
    return person.away_until


def test_baton_shows_what_one_can_do(floor: Floor) -> None:
    floor.hands_over()
    floor.ana.types("/baton", "#general")
    reply = floor.ana.private_replies[-1]
    assert "Ana Ruiz" in reply.text
    assert {control.place.element["action_id"] for control in reply.controls} == {
        "baton_hand_over",
        "baton_away",
        "accept",
    }


def test_baton_greets_somebody_new_by_the_name_slack_gives(floor: Floor) -> None:
    dan = floor.sandbox.person("Dan Lee")
    dan.types("/baton", "#general")
    person = known(floor, dan)
    assert person is not None
    assert (person.name, person.active) == (dan.member.name, False)


def test_a_lead_accepted_in_the_answer_of_baton_moves_there(floor: Floor) -> None:
    """No worker edits what only one person sees."""
    floor.hands_over()
    floor.ana.types("/baton", "#general")
    press(floor.ana, "accept", floor.ana.private_replies[-1])
    (reply,) = floor.ana.private_replies
    actions = [control.place.element["action_id"] for control in reply.controls]
    assert "accept" not in actions
    assert "checklist" in actions


def test_a_refusal_in_the_answer_of_baton_leaves_the_answer_there(floor: Floor) -> None:
    floor.hands_over()
    floor.ana.types("/baton", "#general")
    reply = floor.ana.private_replies[-1]
    press(floor.maya, "accept", floor.card())
    press(floor.ana, "accept", reply)
    assert len(floor.ana.private_replies) == 2
    assert "@Maya Cohen" in told(floor.ana)


def test_help_names_every_command(floor: Floor) -> None:
    floor.ana.types("/baton help", "#general")
    for command in ("/handoff", "/bant", "/baton away", "/baton back"):
        assert command in told(floor.ana)


def test_a_word_that_means_nothing_is_answered_with_the_nearest(floor: Floor) -> None:
    floor.ana.types("/baton hlep", "#general")
    assert "“help”" in told(floor.ana)
    floor.ana.types("/baton xyzzy", "#general")
    assert "/baton help" in told(floor.ana)


@pytest.mark.parametrize(
    ("words", "until"),
    [
        ("away", None),
        # Ana is in Madrid, an hour ahead of UTC in winter.
        ("away until tomorrow", datetime(2026, 11, 24, 23, tzinfo=UTC)),
        ("AWAY 14:30", datetime(2026, 11, 24, 13, 30, tzinfo=UTC)),
        ("away in 2 hours", datetime(2026, 11, 24, 12, tzinfo=UTC)),
    ],
)
def test_away_is_understood_in_the_zone_of_the_person(floor: Floor, words: str, until: datetime | None) -> None:
    floor.ana.types(f"/baton {words}", "#general")
    assert away_until(floor, floor.ana) == until
    assert "You are away" in told(floor.ana)
    floor.hands_over()
    offered_to = floor.stored().offered_to
    assert offered_to is not None
    assert offered_to.name == "Ben Okafor"


def test_somebody_whom_no_pool_deals_leads_is_away_and_hears_that_it_changes_nothing(floor: Floor) -> None:
    floor.mika.types("/baton away tomorrow", "#general")
    assert away_until(floor, floor.mika) is not None
    assert "You aren’t in a pool of the playbook" in told(floor.mika)
    floor.ana.types("/baton away", "#general")
    assert "no pool" not in told(floor.ana)


def test_away_until_nonsense_is_refused_with_examples(floor: Floor) -> None:
    floor.ana.types("/baton away until the cows come home", "#general")
    assert "the cows come home" in told(floor.ana)
    person = known(floor, floor.ana)
    assert person is not None
    assert person.away_since is None


def test_back_ends_an_absence(floor: Floor) -> None:
    floor.ana.types("/baton away", "#general")
    floor.ana.types("/baton back", "#general")
    person = known(floor, floor.ana)
    assert person is not None
    assert person.away_since is None


def test_the_button_baton_away_asks_until_when(floor: Floor) -> None:
    floor.ana.types("/baton", "#general")
    press(floor.ana, "baton_away", floor.ana.private_replies[-1])
    fill(floor.ana, {"date": "2026-11-20"})
    submit(floor.ana, "away")
    assert errors(floor.ana) == {"date"}
    fill(floor.ana, {"date": "2026-12-01", "time": "14:30"})
    submit(floor.ana, "away")
    assert shown(floor.ana) is None
    assert away_until(floor, floor.ana) == datetime(2026, 12, 1, 13, 30, tzinfo=UTC)


def test_away_with_nothing_picked_is_until_the_person_is_back(floor: Floor) -> None:
    floor.ana.types("/baton", "#general")
    press(floor.ana, "baton_away", floor.ana.private_replies[-1])
    submit(floor.ana, "away")
    assert away_until(floor, floor.ana) is None


def test_the_button_baton_back_ends_it_and_goes(floor: Floor) -> None:
    floor.ana.types("/baton away", "#general")
    floor.ana.types("/baton", "#general")
    press(floor.ana, "baton_back", floor.ana.private_replies[-1])
    person = known(floor, floor.ana)
    assert person is not None
    assert person.away_since is None
    actions = [control.place.element["action_id"] for control in floor.ana.private_replies[-1].controls]
    assert "baton_back" not in actions


def test_app_home_opened_draws_the_home_tab_and_keeps_it_true(floor: Floor) -> None:
    floor.ana.opens_home()
    assert floor.heard("app_home_opened") == ["acknowledged"]
    floor.shows()
    assert "Nothing is waiting for you" in floor.ana.home.text
    floor.hands_over()
    press(floor.ana, "accept", floor.ana.home)
    floor.shows()
    assert "checklist" in [control.place.element["action_id"] for control in floor.ana.home.controls]


def test_the_buttons_home_next_and_home_previous_turn_a_list_and_opening_the_tab_begins_anew(floor: Floor) -> None:
    for number in range(6):
        floor.accepted(f"Company {number}", by=floor.maya)
    floor.maya.opens_home()
    floor.settles()
    floor.shows()
    assert "1–5 of 6" in floor.maya.home.text
    stale = floor.maya.home
    press(floor.maya, "home_next", stale)
    floor.shows()
    assert "6 of 6" in floor.maya.home.text
    assert "Company 5" in floor.maya.home.text
    press(floor.maya, "home_next", stale)
    floor.shows()
    assert "Company 5" in floor.maya.home.text
    press(floor.maya, "home_previous", floor.maya.home)
    floor.shows()
    assert "1–5 of 6" in floor.maya.home.text
    press(floor.maya, "home_next", floor.maya.home)
    floor.maya.opens_home()
    floor.settles()
    floor.shows()
    assert "1–5 of 6" in floor.maya.home.text


@pytest.mark.parametrize("value", ['{"list": "nonsense", "page": 2}', '{"list": "mine", "page": "x"}', "rubbish", None])
def test_a_button_to_another_page_that_is_not_as_it_was_drawn_changes_nothing(floor: Floor, value: str | None) -> None:
    floor.maya.opens_home()
    floor.settles()
    view = {"id": "V1", "type": "home", "hash": "1.a", "private_metadata": "", "blocks": []}
    container = {"type": "view", "view_id": "V1"}
    answer = floor.dispatches(floor.click("home_next", value, by=floor.maya, view=view, container=container))
    assert answer.status == 200
    person = known(floor, floor.maya)
    assert person is not None
    assert person.home_pages is None


def test_a_refusal_on_the_home_tab_opens_a_modal(floor: Floor) -> None:
    """A Home tab has no place for a private reply."""
    floor.ana.opens_home()
    floor.settles()
    floor.hands_over()
    home = floor.ana.home
    press(floor.maya, "accept", floor.card())
    press(floor.ana, "accept", home)
    assert shown(floor.ana) == "message"
    assert "Maya Cohen" in floor.ana.modal.text


def test_user_change_is_written_down_for_those_known_here(floor: Floor) -> None:
    floor.sandbox.people.change(floor.ana, tz="America/New_York", locale="en-US", real_name="Ana R. Ruiz")
    floor.sandbox.people.change(floor.sandbox.person("Dan Lee"), tz="Europe/Paris")
    floor.sandbox.people.deactivate(floor.ben)
    assert floor.heard("user_change") == ["acknowledged"] * 3
    ana, ben = known(floor, floor.ana), known(floor, floor.ben)
    assert ana is not None
    assert ben is not None
    # The playbook's name stands for those it names.
    assert (ana.zone, ana.locale, ana.name) == ("America/New_York", "en-US", "Ana Ruiz")
    assert ben.deactivated
    assert known(floor, floor.sandbox.person("Dan Lee")) is None


@pytest.mark.parametrize("of", [{"guest": True}, {"stranger": True}])
def test_a_member_who_becomes_a_guest_or_goes_to_another_workspace_is_written_down(
    floor: Floor, of: dict[str, object]
) -> None:
    floor.sandbox.people.change(floor.ana, **of)
    assert floor.heard("user_change") == ["acknowledged"]
    ana = known(floor, floor.ana)
    assert ana is not None
    assert ana.unreachable == ("guest" if "guest" in of else "external")


def test_the_answer_is_in_the_reader_s_language(floor: Floor) -> None:
    floor.sandbox.people.change(floor.ana, locale="de-DE")
    floor.settles()
    floor.ben.types("/baton back", "#general")
    floor.ana.types("/baton back", "#general")
    assert told(floor.ana) != told(floor.ben)
