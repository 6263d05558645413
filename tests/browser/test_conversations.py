"""Reading, writing and navigating in the page."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from slack_sdk import WebClient

from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from tests.browser.acting import answered

Opener = Callable[..., Page]


def test_a_message_appears_without_a_reload(open_as: Opener, slack: WebClient, sales: str) -> None:
    page = open_as("Ana Ruiz", sales)
    slack.chat_postMessage(channel=sales, text="A lead came in")
    expect(page.get_by_test_id("message").last).to_contain_text("A lead came in")


def test_whoever_opens_the_page_is_the_visitor_until_they_say_otherwise(open_as: Opener, sandbox: Sandbox) -> None:
    page = open_as("Olu Adeyemi")
    expect(page.get_by_test_id("topbar")).to_contain_text("Olu Adeyemi")
    page.goto(sandbox.url)
    expect(page.get_by_test_id("topbar")).to_contain_text("Ana Ruiz")


def test_what_is_typed_reaches_everybody_in_the_channel(open_as: Opener, sales: str) -> None:
    writer, reader = open_as("Mika Sato", sales), open_as("Ana Ruiz", sales)
    writer.get_by_test_id("composer").fill("Fair leads & <friends> come today")
    writer.keyboard.press("Enter")
    expect(reader.get_by_test_id("message").last).to_contain_text("Fair leads & <friends> come today")
    expect(writer.get_by_test_id("composer")).to_have_value("")


def test_eight_tabs_live_beside_each_other(open_as: Opener, slack: WebClient, sales: str) -> None:
    """A browser allows six HTTP connections per host, so a tab must not hold one open."""
    tabs = [open_as(name, sales) for name in ("Ana Ruiz", "Mika Sato", "Olu Adeyemi", "Ana Ruiz") * 2]
    slack.chat_postMessage(channel=sales, text="A lead came in")
    for tab in tabs:
        expect(tab.get_by_test_id("message").last).to_contain_text("A lead came in")


def test_a_tab_that_was_cut_off_connects_anew_and_shows_what_it_missed(
    open_as: Opener, slack: WebClient, sales: str
) -> None:
    page = open_as("Ana Ruiz", sales)
    lines: list[WebSocketRoute] = []

    def connect(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    page.route_web_socket("**/page/live?*", connect)
    page.reload()
    page.get_by_test_id("topbar").wait_for()
    offline = page.get_by_text("Reconnecting…")
    expect(offline).to_have_count(0)
    lines[0].close()
    expect(offline).to_be_visible()
    slack.chat_postMessage(channel=sales, text="Said meanwhile")
    expect(page.get_by_test_id("message").last).to_contain_text("Said meanwhile")
    expect(offline).to_have_count(0)


def test_a_live_update_leaves_focus_typed_text_and_place_alone(open_as: Opener, slack: WebClient, sales: str) -> None:
    for number in range(40):
        slack.chat_postMessage(channel=sales, text=f"Line {number}")
    page = open_as("Ana Ruiz", sales)
    expect(page.get_by_text("Line 39")).to_be_in_viewport()
    page.get_by_test_id("messages").evaluate("node => { node.scrollTop = 100 }")
    page.get_by_test_id("composer").press_sequentially("half a sen")
    slack.chat_postMessage(channel=sales, text="The newest")
    expect(page.get_by_text("The newest")).to_be_attached()
    expect(page.get_by_test_id("composer")).to_be_focused()
    expect(page.get_by_test_id("composer")).to_have_value("half a sen")
    assert page.get_by_test_id("messages").evaluate("node => node.scrollTop") == 100


def test_a_reader_at_the_end_follows_what_comes(open_as: Opener, slack: WebClient, sales: str) -> None:
    for number in range(40):
        slack.chat_postMessage(channel=sales, text=f"Line {number}")
    page = open_as("Ana Ruiz", sales)
    expect(page.get_by_text("Line 39")).to_be_in_viewport()
    slack.chat_postMessage(channel=sales, text="The newest")
    expect(page.get_by_text("The newest")).to_be_in_viewport()


def test_a_direct_message_is_badged_until_it_is_read(
    open_as: Opener, slack: WebClient, sandbox: Sandbox, sales: str
) -> None:
    page = open_as("Ana Ruiz", sales)
    direct = slack.conversations_open(users=sandbox.person("Ana Ruiz").id)["channel"]["id"]
    slack.chat_postMessage(channel=direct, text="A lead for you")
    entry = page.get_by_test_id("sidebar").get_by_role("button", name="message Baton")
    expect(entry.get_by_test_id("badge")).to_have_text("1")
    entry.click()
    expect(page.get_by_test_id("message")).to_contain_text("A lead for you")
    page.get_by_role("button", name="channel sales").click()
    expect(page.get_by_test_id("badge")).to_have_count(0)


def test_a_thread_opens_beside_its_message_and_takes_replies(open_as: Opener, slack: WebClient, sales: str) -> None:
    parent = slack.chat_postMessage(channel=sales, text="Acme")["ts"]
    for number in range(3):
        slack.chat_postMessage(channel=sales, text=f"Event {number}", thread_ts=parent)
    page = open_as("Ana Ruiz", sales)
    expect(page.get_by_test_id("messages").get_by_text("Event 0")).to_have_count(0)
    page.get_by_role("button", name="3 replies").click()
    thread = page.get_by_test_id("thread")
    expect(thread.get_by_text("Event 2")).to_be_visible()
    expect(thread.get_by_test_id("thread-composer")).to_be_focused()
    page.keyboard.type("I call them")
    page.keyboard.press("Enter")
    expect(thread.get_by_test_id("message").last).to_contain_text("I call them")
    expect(page.get_by_test_id("thread-link")).to_contain_text("4 replies")
    thread.get_by_role("button", name="Close thread").click()
    expect(thread).to_have_count(0)


def test_a_command_is_completed_by_keyboard_and_answered_privately(open_as: Opener, desk: Any, sales: str) -> None:
    desk.on("/bant", lambda payload: {"text": f"No lead called *{payload['text']}*"})
    page, other = open_as("Ana Ruiz", sales), open_as("Mika Sato", sales)
    composer = page.get_by_test_id("composer")
    composer.press_sequentially("/")
    expect(page.get_by_test_id("completion").get_by_role("option")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(composer).to_have_value("/bant ")
    composer.press_sequentially("acme")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("message").last).to_contain_text("Only visible to you")
    expect(page.get_by_test_id("message").last).to_contain_text("No lead called acme")
    expect(other.get_by_test_id("message")).to_have_count(0)


def test_an_app_that_does_not_answer_is_reported_by_slackbot(open_as: Opener, sandbox: Sandbox, sales: str) -> None:
    sandbox.deliver_to("http://127.0.0.1:9/")
    page = open_as("Ana Ruiz", sales)
    page.get_by_test_id("composer").fill("/bant acme")
    page.keyboard.press("Enter")
    notice = page.get_by_test_id("notice")
    expect(notice).to_contain_text("/bant")
    notice.get_by_role("button", name="Dismiss").click()
    expect(notice).to_have_count(0)


def test_the_person_switch_shows_title_and_local_time_and_makes_one_somebody_else(open_as: Opener, sales: str) -> None:
    page = open_as("Ana Ruiz", sales)
    switch = page.get_by_test_id("person-switch")
    expect(switch).to_contain_text("You are: Ana Ruiz")
    switch.click()
    mika = page.get_by_role("option", name="Mika Sato")
    expect(mika).to_contain_text("Marketing")
    expect(mika).to_contain_text("Tokyo")
    mika.click()
    expect(switch).to_contain_text("You are: Mika Sato")
    expect(page.get_by_test_id("conversation")).to_have_attribute("aria-label", "Channel sales")


def test_the_other_workspace_has_its_own_people(open_as: Opener, sales: str) -> None:
    page = open_as("Ana Ruiz", sales)
    page.get_by_test_id("workspace-switch").click()
    page.get_by_role("option", name="Fabrikam").click()
    expect(page.get_by_test_id("person-switch")).to_contain_text("Priya Nair")
    expect(page.get_by_role("button", name="channel sales")).to_have_count(0)


def test_control_k_jumps_to_a_conversation_by_keyboard_alone(open_as: Opener, sales: str) -> None:
    page = open_as("Ana Ruiz", sales)
    page.keyboard.press("Control+k")
    page.keyboard.type("gener")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("conversation")).to_have_attribute("aria-label", "Channel general")
    expect(page.get_by_test_id("composer")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("jump-dialog")).to_have_count(0)


def test_home_is_asked_for_when_it_is_opened(open_as: Opener, desk: Any, slack: WebClient) -> None:
    view = {"type": "home", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*2* open leads"}}]}
    desk.on(
        "app_home_opened", lambda payload: (slack.views_publish(user_id=payload["event"]["user"], view=view), None)[1]
    )
    page = open_as("Ana Ruiz")
    page.get_by_role("button", name="Baton Home").click()
    expect(page.get_by_test_id("home")).to_contain_text("2 open leads")


def test_an_administrator_deletes_a_message_after_being_asked(open_as: Opener, slack: WebClient, sales: str) -> None:
    slack.chat_postMessage(channel=sales, text="Card")
    page = open_as("Olu Adeyemi", sales)
    page.get_by_test_id("message").hover()
    page.get_by_role("button", name="More message actions").click()
    page.get_by_role("menuitem", name="Delete message…").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Delete").click()
    expect(page.get_by_test_id("message")).to_have_count(0)


def test_what_is_not_allowed_is_said_in_a_toast(open_as: Opener, slack: WebClient, sales: str) -> None:
    slack.chat_postMessage(channel=sales, text="Card")
    page = open_as("Ana Ruiz", sales)
    page.get_by_test_id("message").hover()
    page.get_by_role("button", name="More message actions").click()
    page.get_by_role("menuitem", name="Delete message…").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Delete").click()
    expect(page.get_by_test_id("toast")).to_contain_text("Only its author or an admin")
    expect(page.get_by_test_id("message")).to_have_count(1)


def test_a_message_shortcut_hands_the_message_to_the_app(
    open_as: Opener, desk: Any, slack: WebClient, sales: str
) -> None:
    slack.chat_postMessage(channel=sales, text="They want a demo")
    page = open_as("Ana Ruiz", sales)
    page.get_by_test_id("message").hover()
    page.get_by_role("button", name="More message actions").click()
    with answered(page):
        page.get_by_role("menuitem", name="Hand off to sales").click()
    assert [each["message"]["text"] for each in desk.received if each.get("callback_id") == "hand_off"] == [
        "They want a demo"
    ]


def test_the_first_visit_shows_three_steps_until_they_are_dismissed(open_as: Opener, sales: str) -> None:
    page = open_as("Ana Ruiz", sales, hints=True)
    strip = page.get_by_test_id("hints")
    expect(strip.get_by_role("listitem")).to_have_count(3)
    strip.get_by_role("button", name="Become Mika").click()
    expect(page.get_by_test_id("person-switch")).to_contain_text("Mika Sato")
    strip.get_by_role("button", name="Type /handoff").click()
    expect(page.get_by_test_id("composer")).to_have_value("/handoff")
    expect(page.get_by_test_id("composer")).to_be_focused()
    strip.get_by_role("button", name="Dismiss first steps").click()
    page.reload()
    page.get_by_test_id("topbar").wait_for()
    expect(strip).to_have_count(0)


def test_trouble_is_made_and_taken_back_in_the_panel(open_as: Opener, sandbox: Sandbox, sales: str) -> None:
    page = open_as("Ana Ruiz", sales)
    page.get_by_test_id("trouble-button").click()
    panel = page.get_by_test_id("trouble")
    panel.get_by_role("button", name="Slack is broken").click()
    expect(panel.get_by_test_id("faults")).to_contain_text("Slack is broken, 3 times")
    assert [(each.kind, each.times) for each in sandbox.slack.faults.active()] == [("500", 3)]
    panel.get_by_role("button", name="Clear all").click()
    expect(panel.get_by_test_id("faults")).to_have_count(0)
    assert sandbox.slack.faults.active() == []


def test_a_real_clock_is_shown_and_cannot_be_moved(open_as: Opener, sales: str) -> None:
    """The bot runs by that clock too, and the page can't move it."""
    page = open_as("Ana Ruiz", sales)
    page.get_by_test_id("trouble-button").click()
    expect(page.get_by_test_id("trouble").get_by_role("heading", name="Clock")).to_be_visible()
    expect(page.get_by_role("button", name="+ 1 h")).to_have_count(0)


@pytest.mark.parametrize("clock", [ManualClock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))], ids=["manual"])
def test_a_clock_that_stands_still_moves_by_an_hour(open_as: Opener, clock: ManualClock, sales: str) -> None:
    page = open_as("Ana Ruiz", sales)
    page.get_by_test_id("trouble-button").click()
    before = clock.unix()
    page.get_by_role("button", name="+ 1 h").click()
    expect(page.get_by_test_id("toast")).to_contain_text("1 h")
    assert clock.unix() - before == 3600


@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_runs_out_of_the_window(open_as: Opener, slack: WebClient, sales: str, width: int) -> None:
    slack.chat_postMessage(channel=sales, text="word" * 300)
    page = open_as("Ana Ruiz", sales)
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.get_by_test_id("messages").evaluate("node => node.scrollWidth <= node.clientWidth")


def test_every_part_of_the_page_is_reached_by_tab(open_as: Opener, slack: WebClient, sales: str) -> None:
    slack.chat_postMessage(
        channel=sales,
        text="Card",
        blocks=[
            {
                "type": "actions",
                "elements": [
                    {"type": "button", "action_id": "accept", "text": {"type": "plain_text", "text": "Accept"}}
                ],
            }
        ],
    )
    page = open_as("Ana Ruiz", sales)
    page.locator("body").focus()
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent).trim()"
            )
        )
    assert {"channel sales", "channel general", "Baton Home", "Accept", "Message #sales", "Reply in thread"} <= reached
