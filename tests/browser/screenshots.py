"""Takes the screenshots of docs/images in the running sandbox: make screenshots."""

import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from playwright.sync_api import FloatRect, Locator, Page, ViewportSize, expect, sync_playwright

import migrations
from sandbox.clock import ManualClock
from sandbox.demo.bot_process import PLAYBOOK
from sandbox.people.driver import Person
from sandbox.people.snapshots import Message
from sandbox.server import Sandbox
from tests.browser.acting import card, command, enter, field, hand_over, submit
from tests.browser.conftest import CHROMIUM, QUIET
from tests.worlds.office import MANIFEST, MONDAY, Office, office_of, serve

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
VIEWPORT: Final[ViewportSize] = {"width": 1280, "height": 800}
# Tall enough to show every message whole.
TALL: Final[ViewportSize] = {"width": 1280, "height": 1700}
WIDEST: Final = 760
LEAD: Final = "Kestrel Freight"
ASLEEP: Final = "Corvo Energia"
# The other leads, and what happens to each.
TEAMWORK: Final = (
    ("Alder & Sons", "Tom Ade", "Webinar", "12,000", "accepted"),
    ("Bruun Glas", "Ida Bruun", "Demo request", "8,500", "accepted"),
    ("Delta Milling", "Sam Osei", "Content download", "6,000", "disqualified"),
    ("Elm Street Clinics", "Jo Park", "Trial started", "15,500", "accepted"),
    ("Fjord Ferries", "Nils Aas", "Demo request", "22,000", "accepted"),
    ("Grano Roasters", "Lia Greco", "Trade show or event", "4,800", "waits"),
    (ASLEEP, "Rita Corvo", "Referral", "40,000", "waits"),
)


def main() -> None:
    """Play one lead's story, and take a screenshot at each step."""
    clock = ManualClock(MONDAY)
    with tempfile.TemporaryDirectory(prefix="baton-screenshots-") as folder, sync_playwright() as playwright:
        database_url = f"sqlite:///{folder}/baton.db"
        migrations.upgrade(database_url)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET, env={"HOME": folder})
        page = browser.new_page(viewport=VIEWPORT, device_scale_factor=2, timezone_id="UTC", locale="en-GB")
        page.add_init_script("localStorage.setItem('sandbox-hints-seen', 'yes')")
        playbook = PLAYBOOK.read_text(encoding="utf-8")
        with (
            Sandbox(MANIFEST, clock=clock, rate_limits=False) as sandbox,
            serve(sandbox, clock, database_url, playbook=playbook) as baton,
        ):
            _tell(page, sandbox, clock)
            page.goto("about:blank")
            _tell_of_the_team(page, office_of(sandbox, baton, clock))
            page.goto("about:blank")
        browser.close()


def _tell(page: Page, sandbox: Sandbox, clock: ManualClock) -> None:
    lead = card(page, LEAD)
    _sit_down(page, sandbox, "Mika Sato", "general")
    hand_over(
        page,
        source="Demo request",
        company=LEAD,
        person="Hanna Lindqvist",
        email="hanna.lindqvist@kestrel.example",
        phone="+46 8 555 0142",
        title="Head of Operations",
        did="Asked for a demo on the pricing page, after three visits this week",
        problem="Half of our quotes go out a day late, and we find out from the customer.",
        campaign="Autumn pricing",
        size="240",
        country="Sweden",
        value="18,000",
        promised="A call before Wednesday",
    )
    _sit_down(page, sandbox, "Maya Cohen", "sales-emea")
    expect(lead.get_by_test_id("thread-link")).to_contain_text("1 reply")
    _take(page, "card", page.locator("#main > .conversation-header"), lead)

    _sit_down(page, sandbox, "Ana Ruiz", "Baton")
    expect(lead).to_contain_text("Offered to you")
    _take(page, "direct", page.locator("#main > .conversation-header"), lead)

    clock.advance(timedelta(minutes=3))
    lead.get_by_role("button", name="Accept").click()
    expect(lead).to_contain_text("Accepted by you")
    _is_told(sandbox, "accepted the lead")
    clock.advance(timedelta(minutes=6))
    lead.get_by_role("button", name="Log contact").click()
    field(page, "note").get_by_role("textbox").fill("Reached her at once; demo on Thursday")
    submit(page)
    expect(lead).to_contain_text("Contacted")
    _is_told(sandbox, "got in touch")
    clock.advance(timedelta(minutes=14))
    lead.get_by_role("button", name="Checklist").click()
    for item, words in (
        ("budget", "There are 20,000 set aside until March"),
        ("need", "Late quotes cost us two customers this year"),
    ):
        field(page, f"evidence-{item}").get_by_role("textbox").fill(words)
        field(page, f"verdict-{item}").get_by_label("Yes", exact=True).check()
    modal = page.get_by_test_id("modal")
    expect(modal).to_contain_text("2 of 4, one more to pass")
    modal.locator(".dialog-body").evaluate("body => { body.scrollTop = 0; document.activeElement.blur(); }")
    _take(page, "modal", modal)

    field(page, "evidence-timing").get_by_role("textbox").fill("Must run before the spring season")
    field(page, "verdict-timing").get_by_label("Yes", exact=True).check()
    expect(modal).to_contain_text("3 of 4, passed")
    submit(page)
    expect(modal).to_have_count(0)
    _is_told(sandbox, "BANT passed")
    clock.advance(timedelta(minutes=2))
    lead.get_by_role("button", name="Stage: Contacted").click()
    page.get_by_role("option", name="Opportunity opened").click()
    _sit_down(page, sandbox, "Maya Cohen", "sales-emea")
    lead.get_by_test_id("thread-link").click()
    expect(page.get_by_text("moved the lead to “Opportunity opened”")).to_be_visible()
    _take(page, "thread", page.get_by_test_id("thread"))


def _is_told(sandbox: Sandbox, words: str) -> None:
    """Wait until a message says this, so that it has the time at which it happened."""
    sandbox.wait_for(lambda: any(words in str(call.arguments["text"]) for call in sandbox.calls("chat.postMessage")))


def _tell_of_the_team(page: Page, office: Office) -> None:
    """Let a team work on more leads, and take a screenshot of what each person sees."""
    for company, person, source, value, becomes in TEAMWORK:
        office.clock.advance(timedelta(minutes=4))
        _works(office, company, becomes, {"Name": person, "Source": source, "Deal value": value})
    sandbox = office.sandbox
    page.set_viewport_size(TALL)
    rep, _ = office.waits_for(lambda: _offered(office, ASLEEP))
    _sit_down(page, sandbox, rep.name, "Baton")
    put_off = card(page, ASLEEP)
    put_off.get_by_text("Not now…").click()
    field(page, "note").get_by_role("textbox").fill("Budget opens in spring; call when it does")
    _take(page, "not-now", page.get_by_test_id("modal"))
    submit(page)
    expect(put_off).to_contain_text("Not now, comes back")
    for name, picture in (("Ana Ruiz", "home-rep"), ("Maya Cohen", "home-manager"), ("Mika Sato", "home-marketer")):
        _sit_down(page, sandbox, name, "Baton Home")
        home = page.locator("#main .blocks").first
        expect(home).to_contain_text(f"Hello {name}")
        _take(page, picture, home, margin=20)
    _sit_down(page, sandbox, "Mika Sato", "Baton")
    receipt = card(page, LEAD)
    expect(receipt).to_contain_text("Opportunity opened")
    _take(page, "receipt", receipt)
    _sit_down(page, sandbox, "Maya Cohen", "general")
    command(page, "/pipeline")
    answer = card(page, "leads were handed over")
    expect(answer).to_contain_text("Share to channel")
    _take(page, "pipeline", answer)
    office.clock.advance(MONDAY.replace(hour=8, minute=31) + timedelta(days=1) - office.clock())
    office.waits_for(lambda: any("were handed over" in each.text for each in office.maya.sees("#sales-emea")))
    _sit_down(page, sandbox, "Maya Cohen", "sales-emea")
    summary = card(page, "were handed over")
    expect(summary.get_by_test_id("thread-link")).to_contain_text("1 reply")
    _take(page, "summary", summary)


def _works(office: Office, company: str, becomes: str, fields: Mapping[str, str]) -> None:
    """Hand one lead over, and let the rep who is asked act on it."""
    office.hands_over(company, **fields)
    rep, offered = office.waits_for(lambda: _offered(office, company))
    if becomes == "waits":
        return
    if becomes == "disqualified":
        rep.presses("disqualify", on=offered)
        office.picks_a_reason(rep)
        return
    rep.presses("accept", on=offered)


def _offered(office: Office, company: str) -> tuple[Person, Message] | None:
    """Return the rep whose card of the lead has an Accept button, and the card."""
    for name in ("Ana Ruiz", "Ben Okafor", "Chloe Martin"):
        rep = office.sandbox.person(name)
        for message in rep.direct_messages:
            if company in message.text and any(each.place.key[1] == "accept" for each in message.controls):
                return rep, message
    return None


def _sit_down(page: Page, sandbox: Sandbox, name: str, where: str) -> None:
    """Open the page as a person, in a conversation."""
    person = sandbox.person(name)
    page.goto("about:blank")
    page.goto(f"{sandbox.url}/#/{person.workspace.id}/{person.member.id}/")
    enter(page, where)


def _take(page: Page, name: str, *shown: Locator, margin: float = 0) -> None:
    """Take a screenshot of an element, no wider than a card."""
    page.mouse.move(0, 0)
    shown[-1].scroll_into_view_if_needed()
    boxes = [box for each in shown if (box := each.bounding_box())]
    left, top = min(box["x"] for box in boxes) - margin, min(box["y"] for box in boxes) - margin
    width = min(max(box["x"] + box["width"] for box in boxes) + margin - left, WIDEST)
    height = max(box["y"] + box["height"] for box in boxes) + margin - top
    clip = FloatRect(x=left, y=top, width=width, height=height)
    page.screenshot(path=IMAGES / f"{name}.png", clip=clip, animations="disabled", caret="hide")


if __name__ == "__main__":
    IMAGES.mkdir(parents=True, exist_ok=True)
    main()
