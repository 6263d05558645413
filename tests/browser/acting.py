"""What a person does in the page, one function for each step."""

from contextlib import AbstractContextManager
from typing import Any

from playwright.sync_api import Locator, Page, Response, expect


def field(page: Page, block_id: str) -> Locator:
    """Return an input block of the open modal."""
    return page.locator(f'[data-testid="input"][data-block="{block_id}"]')


def choose(page: Page, block_id: str, words: str) -> None:
    """Pick an option in a menu of the open modal."""
    field(page, block_id).get_by_role("button").click()
    page.get_by_role("option").filter(has=page.get_by_text(words, exact=True)).click()
    expect(field(page, block_id).get_by_role("button")).to_contain_text(words)


def command(page: Page, text: str) -> None:
    """Type a slash command into the composer and send it."""
    page.get_by_test_id("composer").fill(text)
    page.keyboard.press("Enter")


def submit(page: Page) -> None:
    """Submit the modal."""
    page.get_by_test_id("modal-submit").click()


def hand_over(page: Page, source: str = "", **fields: str) -> None:
    """Hand a lead over with /handoff; fields are by block id, the source by its name."""
    command(page, "/handoff")
    page.get_by_test_id("modal").wait_for()
    for block_id, value in fields.items():
        field(page, block_id).get_by_role("textbox").fill(value)
    if source:
        choose(page, "source", source)
    submit(page)
    expect(page.get_by_role("dialog", name="Handed over")).to_be_visible()
    page.get_by_test_id("modal-close").click()


def enter(page: Page, where: str) -> None:
    """Go to a channel, the Home tab ("Baton Home") or the app's direct messages ("Baton")."""
    page.get_by_test_id("entry").get_by_text(where, exact=True).click()


def card(page: Page, words: str) -> Locator:
    """Return the message that contains this text."""
    return page.get_by_test_id("message").filter(has_text=words)


def answered(page: Page) -> AbstractContextManager[Any]:
    """Return a context that ends when the sandbox has answered what the person does in it.

    A page also marks a conversation as read by a request to the same path, at a time of its own: that doesn't count.
    """

    def done_by_the_person(response: Response) -> bool:
        request = response.request
        return request.url.endswith("/page/action") and '"action":"mark_read"' not in (request.post_data or "")

    return page.expect_response(done_by_the_person)
