"""Baton in the sandbox's page: what marketing and a rep do and see, with the bot in this process."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from sandbox.server import Sandbox
from tests.browser.acting import card, choose, command, enter, field, hand_over, submit
from tests.worlds.office import Office, open_office

Opener = Callable[..., Page]


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    """Open an office with its bot."""
    with open_office(sqlite_url) as opened:
        yield opened


@pytest.fixture
def sandbox(office: Office) -> Sandbox:
    """Return the office's sandbox, which the page shows."""
    return office.sandbox


def test_a_lead_goes_from_marketing_through_the_checklist(open_as: Opener) -> None:
    mika = open_as("Mika Sato")
    hand_over(
        mika, company="Kestrel Freight", person="Hanna Lindqvist", did="Asked for a demo", email="h@kestrel.example"
    )
    ana = open_as("Ana Ruiz")
    enter(ana, "Baton")
    offered = card(ana, "Kestrel Freight")
    expect(offered).to_contain_text("Offered to you")
    expect(offered).to_contain_text("h@kestrel.example")
    offered.get_by_role("button", name="Accept").click()
    expect(offered).to_contain_text("Accepted by you · MQL · To contact")
    offered.get_by_role("button", name="Checklist").click()
    for item in ("budget", "need", "timing"):
        field(ana, f"evidence-{item}").get_by_role("textbox").fill(f"They spoke of {item}")
        field(ana, f"verdict-{item}").get_by_label("Yes", exact=True).check()
    expect(ana.get_by_test_id("modal")).to_contain_text("3 of 4, passed")
    submit(ana)
    expect(ana.get_by_test_id("modal")).to_have_count(0)
    expect(offered).to_contain_text("Accepted by you · SQL")
    enter(mika, "sales-emea")
    expect(card(mika, "Kestrel Freight")).to_contain_text("■ Budget □ Authority ■ Need ■ Timing · 3 of 4, passed")
    expect(card(mika, "Kestrel Freight")).not_to_contain_text("h@kestrel.example")


def test_a_message_is_handed_over_from_its_menu_and_the_card_links_back(open_as: Opener) -> None:
    mika = open_as("Mika Sato")
    enter(mika, "general")
    command(mika, "Kestrel Freight asked for prices: h@kestrel.example")
    mika.get_by_test_id("message").last.hover()
    mika.get_by_role("button", name="More message actions").click()
    mika.get_by_role("menuitem", name="Hand off to sales").click()
    expect(field(mika, "email").get_by_role("textbox")).to_have_value("h@kestrel.example")
    expect(mika.get_by_test_id("modal").get_by_role("link", name="this message")).to_be_visible()
    field(mika, "company").get_by_role("textbox").fill("Kestrel Freight")
    submit(mika)
    expect(mika.get_by_role("dialog", name="Handed over")).to_be_visible()
    mika.get_by_test_id("modal-close").click()
    enter(mika, "sales-emea")
    link = card(mika, "Kestrel Freight").get_by_role("link", name="From a message")
    expect(link).to_have_attribute("href", re.compile(r"https://northwind\.slack\.com/archives/C\w+/p\d+$"))


def test_a_lead_is_disqualified_with_a_note_and_the_decision_undone(open_as: Opener) -> None:
    hand_over(open_as("Mika Sato"), company="Halden Marine", did="Downloaded a guide")
    ana = open_as("Ana Ruiz")
    enter(ana, "Baton")
    lead = card(ana, "Halden Marine")
    lead.get_by_role("button", name="Disqualify").click()
    choose(ana, "reason", "Not a buyer")
    expect(ana.get_by_test_id("modal")).to_contain_text("A student, job seeker, supplier, rival or colleague.")
    choose(ana, "reason", "Other")
    submit(ana)
    expect(field(ana, "note").get_by_role("alert")).to_be_visible()
    field(ana, "note").get_by_role("textbox").fill("Wanted a poster")
    submit(ana)
    expect(lead).to_contain_text("Disqualified by you")
    expect(lead).to_contain_text("Wanted a poster")
    lead.get_by_role("button", name="Undo").click()
    expect(lead).to_contain_text("Offered to you")


def test_the_stage_select_says_what_is_stored_when_lost_is_not_confirmed(open_as: Opener) -> None:
    """Slack shows what was picked in a menu until the menu is drawn anew."""
    hand_over(open_as("Mika Sato"), company="Vela Labs", did="Started a trial")
    ana = open_as("Ana Ruiz")
    enter(ana, "Baton")
    lead = card(ana, "Vela Labs")
    lead.get_by_role("button", name="Accept").click()
    lead.get_by_role("button", name="Stage: To contact").click()
    ana.get_by_role("option", name="Lost").click()
    expect(ana.get_by_role("dialog", name="Lost")).to_be_visible()
    ana.get_by_test_id("modal-close").click()
    expect(lead.get_by_role("button", name="Stage: To contact")).to_be_visible()


def test_a_lead_open_to_a_pool_waits_at_each_reps_home_and_is_claimed_once(open_as: Opener) -> None:
    mika, ana, ben = (open_as(name) for name in ("Mika Sato", "Ana Ruiz", "Ben Okafor"))
    for rep in (ana, ben):
        enter(rep, "Baton Home")
        expect(rep.get_by_test_id("home")).to_contain_text("Nothing is waiting for you.")
    hand_over(mika, company="Orion", did="Came to the webinar", source="Webinar")
    ana.get_by_test_id("home").get_by_role("button", name="Claim").click()
    expect(ben.get_by_test_id("home")).to_contain_text("Nothing is waiting for you.")
    expect(ana.get_by_test_id("home").get_by_role("button", name="Checklist")).to_be_visible()
    enter(ben, "general")
    command(ben, "/bant orion")
    expect(ben.get_by_test_id("ephemeral").last).to_be_visible()
    expect(ben.get_by_test_id("message").last).to_contain_text("Orion belongs to @Ana Ruiz.")
