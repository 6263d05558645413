"""What a listener may say to Slack at once, and what becomes of it when a click comes twice."""

import pytest

from bot.slack.client import FinalError, Slack
from bot.slack.replies import Views
from qualification.rules.refusals import NotOpened, TookTooLong
from sandbox.clock import ManualClock
from sandbox.people.driver import Person
from sandbox.server import Sandbox

MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Hello"},
    "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "Here you are."}}],
}


@pytest.fixture
def views(sandbox: Sandbox) -> Views:
    return Views(Slack(sandbox.bot_token(), base_url=sandbox.api_url))


@pytest.fixture
def ana(sandbox: Sandbox) -> Person:
    return sandbox.person("Ana Ruiz")


def trigger(sandbox: Sandbox, who: Person, view_id: str | None = None) -> str:
    """Give what Slack sends along when somebody has acted."""
    return sandbox.slack.triggers.issue(who.workspace.id, who.id, view_id)


def test_a_click_delivered_twice_opens_one_modal_and_is_no_failure(sandbox: Sandbox, views: Views, ana: Person) -> None:
    clicked = trigger(sandbox, ana)
    shown = views.open(clicked, MODAL)
    assert views.open(clicked, MODAL) == {}
    assert [modal.view_id for modal in ana.modals] == [shown["id"]]


def test_a_click_in_a_modal_delivered_twice_pushes_one(sandbox: Sandbox, views: Views, ana: Person) -> None:
    below = views.open(trigger(sandbox, ana), MODAL)
    clicked = trigger(sandbox, ana, below["id"])
    above = views.push(clicked, MODAL)
    assert views.push(clicked, MODAL) == {}
    assert [modal.view_id for modal in ana.modals] == [below["id"], above["id"]]


def test_a_trigger_that_slack_never_gave_is_a_failure(views: Views) -> None:
    with pytest.raises(NotOpened):
        views.open("1.2.3", MODAL)


def test_a_modal_that_slack_takes_for_none_is_a_fault_of_ours(sandbox: Sandbox, views: Views, ana: Person) -> None:
    with pytest.raises(FinalError, match="invalid"):
        views.open(trigger(sandbox, ana), {**MODAL, "blocks": [{"type": "invented"}]})


def test_a_trigger_that_has_expired_asks_for_another_press(
    sandbox: Sandbox, views: Views, ana: Person, clock: ManualClock
) -> None:
    late = trigger(sandbox, ana)
    clock.advance(3.001)
    with pytest.raises(TookTooLong):
        views.open(late, MODAL)
    assert ana.modals == []


def test_a_modal_closed_before_it_is_redrawn_is_no_failure(sandbox: Sandbox, views: Views, ana: Person) -> None:
    shown = views.open(trigger(sandbox, ana), MODAL)
    ana.closes()
    assert views.update(view_id=shown["id"], view=MODAL) == {}
    assert ana.modals == []
