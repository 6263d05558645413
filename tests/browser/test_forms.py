"""Buttons, menus and modals: what a person does in blocks, and what the app receives."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from slack_sdk import WebClient

from sandbox.server import Sandbox
from tests.browser.acting import answered

Opener = Callable[..., Page]
Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def option(value: str, note: str = "") -> Block:
    described = {"description": plain(note)} if note else {}
    return {"text": plain(value.capitalize()), "value": value, **described}


def asked(block_id: str, kind: str, *, optional: bool = False, hint: str = "", **more: Any) -> Block:
    hinted = {"hint": plain(hint)} if hint else {}
    element = {"type": kind, "action_id": "value", **more}
    label = plain(block_id.capitalize())
    return {"type": "input", "block_id": block_id, "label": label, "element": element, "optional": optional, **hinted}


def modal(*blocks: Block, title: str = "Hand over a lead", **more: Any) -> Block:
    return {
        "type": "modal",
        "callback_id": "handoff",
        "title": plain(title),
        "submit": plain("Hand over"),
        "close": plain("Cancel"),
        "blocks": list(blocks),
        **more,
    }


COMPANY = asked("company", "plain_text_input", placeholder=plain("Acme"), hint="As on their site")


class Form:
    """Opens a modal with /handoff in a person's page."""

    def __init__(self, open_as: Opener, desk: Any, slack: WebClient, sales: str) -> None:
        self._open_as, self._desk, self._slack, self._sales = open_as, desk, slack, sales

    def __call__(self, view: Block) -> Page:
        self._desk.on(
            "/handoff",
            lambda payload: (self._slack.views_open(trigger_id=payload["trigger_id"], view=view), None)[1],
        )
        page = self._open_as("Mika Sato", self._sales)
        page.get_by_test_id("composer").fill("/handoff")
        page.keyboard.press("Enter")
        page.get_by_test_id("modal").wait_for()
        return page


@pytest.fixture
def form(open_as: Opener, desk: Any, slack: WebClient, sales: str) -> Form:
    """Return a function that opens the page as Mika with this modal in it."""
    return Form(open_as, desk, slack, sales)


def block(page: Page, block_id: str) -> Locator:
    return page.locator(f'[data-testid="input"][data-block="{block_id}"]')


def submissions(desk: Any) -> list[Block]:
    return [each["view"]["state"]["values"] for each in desk.received if each.get("type") == "view_submission"]


def test_every_kind_of_field_is_filled_in_and_sent(form: Form, desk: Any, sandbox: Sandbox) -> None:
    page = form(
        modal(
            COMPANY,
            asked("words", "plain_text_input", multiline=True),
            asked("size", "number_input", is_decimal_allowed=False),
            asked("mail", "email_text_input"),
            asked("site", "url_text_input"),
            asked("source", "static_select", options=[option("demo"), option("fair", "Met in person")]),
            asked("rep", "users_select"),
            asked("budget", "radio_buttons", options=[option("yes"), option("no")]),
            asked("signs", "checkboxes", options=[option("trial"), option("price"), option("visit")]),
            asked("day", "datepicker"),
            asked("hour", "timepicker"),
            asked("note", "plain_text_input", optional=True),
        )
    )
    block(page, "company").get_by_role("textbox", name="Company").fill("Acme & Söhne")
    block(page, "words").get_by_role("textbox").fill("one\ntwo")
    block(page, "size").get_by_role("textbox").fill("250")
    block(page, "mail").get_by_role("textbox").fill("jane@acme.example")
    block(page, "site").get_by_role("textbox").fill("https://acme.example")
    block(page, "source").get_by_role("button").click()
    expect(page.get_by_role("option", name="Fair")).to_contain_text("Met in person")
    page.get_by_role("option", name="Fair").click()
    block(page, "rep").get_by_role("button").click()
    page.get_by_role("option", name="Ana Ruiz").click()
    block(page, "budget").get_by_label("Yes").check()
    block(page, "signs").get_by_label("Visit").check()
    block(page, "signs").get_by_label("Trial").check()
    block(page, "day").locator("input").fill("2026-12-01")
    block(page, "hour").locator("input").fill("09:30")
    expect(block(page, "note")).to_contain_text("(optional)")
    page.get_by_test_id("modal-submit").click()
    expect(page.get_by_test_id("modal")).to_have_count(0)
    (values,) = submissions(desk)
    held = {name: inner["value"] for name, inner in values.items()}
    assert held["company"]["value"] == "Acme & Söhne"
    assert held["words"]["value"] == "one\ntwo"
    assert held["size"]["value"] == "250"
    assert held["mail"]["value"] == "jane@acme.example"
    assert held["site"]["value"] == "https://acme.example"
    assert held["source"]["selected_option"]["value"] == "fair"
    assert held["rep"]["selected_user"] == sandbox.person("Ana Ruiz").id
    assert held["budget"]["selected_option"]["value"] == "yes"
    assert [each["value"] for each in held["signs"]["selected_options"]] == ["trial", "visit"]
    assert held["day"]["selected_date"] == "2026-12-01"
    assert held["hour"]["selected_time"] == "09:30"
    assert held["note"]["value"] is None


def test_an_empty_required_field_is_pointed_out_and_focused(form: Form, desk: Any) -> None:
    page = form(modal(COMPANY, asked("mail", "email_text_input")))
    block(page, "company").get_by_role("textbox").fill("Acme")
    page.get_by_test_id("modal-submit").click()
    expect(block(page, "mail").get_by_role("alert")).to_have_text("Please complete this required field.")
    expect(block(page, "mail").get_by_role("textbox")).to_be_focused()
    expect(block(page, "company").get_by_role("alert")).to_have_count(0)
    assert submissions(desk) == []


def test_what_the_app_objects_to_stands_at_its_field_until_it_is_mended(form: Form, desk: Any) -> None:
    desk.on("view_submission", lambda _: {"response_action": "errors", "errors": {"company": "Ben has it already."}})
    page = form(modal(COMPANY))
    field = block(page, "company").get_by_role("textbox")
    field.fill("Acme")
    page.get_by_test_id("modal-submit").click()
    expect(block(page, "company").get_by_role("alert")).to_have_text("Ben has it already.")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("Acme")
    field.press("End")
    field.press_sequentially("!")
    expect(block(page, "company").get_by_role("alert")).to_have_count(0)
    page.get_by_test_id("modal-submit").click()
    expect(block(page, "company").get_by_role("alert")).to_have_text("Ben has it already.")


def test_a_modal_takes_the_focus_keeps_it_and_gives_it_back(form: Form) -> None:
    page = form(modal(COMPANY, asked("note", "plain_text_input", focus_on_load=True)))
    expect(block(page, "note").get_by_role("textbox")).to_be_focused()
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.closest('[data-testid=modal]') !== null"))
    assert reached == [True] * 6
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("modal")).to_have_count(0)
    expect(page.get_by_test_id("composer")).to_be_focused()


def test_an_alert_stands_out_in_a_modal(form: Form) -> None:
    page = form(
        modal({"type": "alert", "level": "warning", "text": plain("Two answers contradict each other.")}, COMPANY)
    )
    expect(page.get_by_role("alert")).to_have_text("Two answers contradict each other.")


def test_closing_a_modal_tells_the_app_that_asked_to_know(form: Form, desk: Any) -> None:
    page = form(modal(COMPANY, notify_on_close=True))
    with answered(page):
        page.get_by_test_id("modal-close").click()
    expect(page.get_by_test_id("modal")).to_have_count(0)
    assert [each["type"] for each in desk.received[1:]] == ["view_closed"]


def test_a_pushed_modal_lies_on_top_and_what_was_typed_below_is_kept(form: Form, desk: Any, slack: WebClient) -> None:
    button = {"type": "button", "action_id": "more", "text": plain("More")}
    page = form(modal(COMPANY, {"type": "actions", "block_id": "b", "elements": [button]}))
    above = modal(asked("reason", "plain_text_input"), title="Why")
    desk.on(
        "block_actions",
        lambda payload: (slack.views_push(trigger_id=payload["trigger_id"], view=above), None)[1],
    )
    block(page, "company").get_by_role("textbox").fill("Acme")
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("dialog", name="Why")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Hand over a lead")).to_be_visible()
    expect(block(page, "company").get_by_role("textbox")).to_have_value("Acme")


def test_an_update_keeps_what_is_typed_under_the_same_id_and_drops_it_under_a_new_one(
    form: Form, desk: Any, slack: WebClient
) -> None:
    button = {"type": "button", "action_id": "next", "text": plain("Next")}
    step = {"type": "actions", "block_id": "b", "elements": [button]}
    page = form(modal(COMPANY, asked("part-1", "plain_text_input", optional=True), step))
    following = modal(COMPANY, asked("part-2", "plain_text_input", optional=True), step)
    desk.on(
        "block_actions",
        lambda payload: (slack.views_update(view_id=payload["view"]["id"], view=following), None)[1],
    )
    block(page, "company").get_by_role("textbox").fill("Acme")
    block(page, "part-1").get_by_role("textbox").fill("gone")
    page.get_by_role("button", name="Next", exact=True).click()
    expect(block(page, "part-2").get_by_role("textbox")).to_have_value("")
    expect(block(page, "company").get_by_role("textbox")).to_have_value("Acme")


def test_an_answer_that_takes_the_pressed_button_away_leaves_the_keyboard_in_the_modal(form: Form, desk: Any) -> None:
    done = {"type": "modal", "title": plain("Done"), "blocks": [{"type": "section", "text": plain("Handed over.")}]}
    desk.on("view_submission", lambda _: {"response_action": "update", "view": done})
    page = form(modal(COMPANY))
    block(page, "company").get_by_role("textbox").fill("Acme")
    page.get_by_test_id("modal-submit").click()
    expect(page.get_by_role("dialog", name="Done")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("modal")).to_have_count(0)


def test_what_is_being_typed_in_a_modal_survives_a_live_update(form: Form, slack: WebClient, sales: str) -> None:
    page = form(modal(COMPANY))
    field = block(page, "company").get_by_role("textbox")
    field.press_sequentially("Acm")
    slack.chat_postMessage(channel=sales, text="Meanwhile")
    expect(page.get_by_text("Meanwhile")).to_be_attached()
    expect(field).to_be_focused()
    page.keyboard.type("e")
    expect(field).to_have_value("Acme")


def test_a_submission_that_nobody_answers_says_so_in_the_modal(form: Form, sandbox: Sandbox) -> None:
    page = form(modal(COMPANY))
    sandbox.deliver_to("http://127.0.0.1:9/")
    block(page, "company").get_by_role("textbox").fill("Acme")
    page.get_by_test_id("modal-submit").click()
    expect(page.get_by_test_id("modal-failure")).to_contain_text("trouble connecting")
    expect(block(page, "company").get_by_role("textbox")).to_have_value("Acme")


def post(slack: WebClient, channel: str, *elements: Block) -> str:
    blocks = [{"type": "actions", "block_id": "offer", "elements": list(elements)}]
    return str(slack.chat_postMessage(channel=channel, text="Card", blocks=blocks)["ts"])


def actions(desk: Any) -> list[Block]:
    return [each["actions"][0] for each in desk.received if each.get("type") == "block_actions"]


ACCEPT = {"type": "button", "action_id": "accept", "text": plain("Accept"), "style": "primary", "value": "7"}


def test_a_press_reaches_the_app_and_its_edit_reaches_every_reader(
    open_as: Opener, desk: Any, slack: WebClient, sales: str
) -> None:
    ts = post(slack, sales, ACCEPT)
    desk.on(
        "block_actions",
        lambda payload: (
            slack.chat_update(channel=sales, ts=ts, text=f"Accepted by <@{payload['user']['id']}>", blocks=[]),
            None,
        )[1],
    )
    page, other = open_as("Ana Ruiz", sales), open_as("Mika Sato", sales)
    page.get_by_role("button", name="Accept").click()
    for reader in (page, other):
        expect(reader.get_by_test_id("message")).to_contain_text("Accepted by @Ana Ruiz")
    assert [each["value"] for each in actions(desk)] == ["7"]


def test_while_the_app_is_waited_for_the_page_says_so(open_as: Opener, desk: Any, slack: WebClient, sales: str) -> None:
    post(slack, sales, ACCEPT)
    page = open_as("Ana Ruiz", sales)
    looked = threading.Event()
    desk.on("block_actions", lambda _: (looked.wait(2.5), None)[1])
    button = page.get_by_role("button", name="Accept")
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    expect(page.get_by_test_id("waiting")).to_contain_text("Waiting for Baton")
    looked.set()
    expect(button).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_test_id("waiting")).to_have_text("")


def test_a_question_is_asked_before_a_press_that_wants_one(
    open_as: Opener, desk: Any, slack: WebClient, sales: str
) -> None:
    confirm = {"title": plain("Sure?"), "text": plain("It is final."), "confirm": plain("Yes"), "deny": plain("No")}
    post(slack, sales, {**ACCEPT, "confirm": confirm})
    page = open_as("Ana Ruiz", sales)
    page.get_by_role("button", name="Accept").click()
    question = page.get_by_role("alertdialog", name="Sure?")
    expect(question).to_contain_text("It is final.")
    expect(question.get_by_role("button", name="Yes")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    assert actions(desk) == []
    page.get_by_role("button", name="Accept").click()
    with answered(page):
        page.keyboard.press("Enter")
    assert [each["action_id"] for each in actions(desk)] == ["accept"]


def test_menus_work_by_keyboard_and_stay_open_through_a_live_update(
    open_as: Opener, desk: Any, slack: WebClient, sales: str
) -> None:
    stages = [option("contacted"), option("won"), option("lost")]
    select = {"type": "static_select", "action_id": "stage", "placeholder": plain("Stage"), "options": stages}
    menu = {"type": "overflow", "action_id": "more", "options": [option("reassign"), option("remind")]}
    post(slack, sales, select, menu)
    page = open_as("Ana Ruiz", sales)
    page.get_by_role("button", name="Stage").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    slack.chat_postMessage(channel=sales, text="Meanwhile")
    expect(page.get_by_text("Meanwhile")).to_be_visible()
    expect(page.get_by_role("listbox", name="Stage")).to_be_visible()
    with answered(page):
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stage: Won")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    page.keyboard.press("Enter")
    with answered(page):
        page.keyboard.press("Enter")
    assert [each["selected_option"]["value"] for each in actions(desk)] == ["won", "reassign"]


def test_a_long_list_is_filtered_by_typing(open_as: Opener, slack: WebClient, sales: str) -> None:
    reasons = [option(each) for each in ("budget", "timing", "size", "region", "student", "spam", "duplicate", "other")]
    post(slack, sales, {"type": "static_select", "action_id": "r", "placeholder": plain("Reason"), "options": reasons})
    page = open_as("Ana Ruiz", sales)
    page.get_by_role("button", name="Reason").click()
    page.keyboard.type("dup")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Reason: Duplicate")).to_be_visible()
