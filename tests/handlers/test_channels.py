"""News of channels."""

from sqlalchemy import func, select

from qualification.records import Delivery
from tests.worlds.floor import CHANNEL, Floor, fill, submit


def standing(floor: Floor) -> list[str]:
    """Return the first lines of what stands in the channel, tombstones left out."""
    return [each.text.splitlines()[0] for each in floor.maya.sees(CHANNEL) if not each.deleted]


def dead_letters(floor: Floor) -> int:
    """Count what Slack would not take."""
    return floor.reads(
        lambda session: session.scalar(select(func.count(Delivery.id)).where(Delivery.state == "dead_letter")) or 0
    )


def test_a_card_deleted_by_hand_is_posted_anew_with_its_thread(floor: Floor) -> None:
    """Slack tells of a tombstone, in a `message` event, where a thread hangs on the card."""
    card = floor.hands_over("Acme")
    assert card.thread
    floor.sandbox.people.delete_message(card)
    floor.settles()
    floor.shows()
    assert standing(floor) == ["Acme"]
    assert len(floor.card().thread) == len(card.thread)


def test_a_line_of_a_thread_deleted_by_hand_is_posted_anew(floor: Floor) -> None:
    """Slack tells of a deletion, in a `message` event whose author is the bot itself."""
    card = floor.hands_over("Acme")
    floor.sandbox.people.delete_message(card.thread[0])
    floor.settles()
    floor.shows()
    assert sorted(each.text for each in floor.card().thread) == sorted(each.text for each in card.thread)


def test_what_people_say_in_a_channel_is_heard_and_left_alone(floor: Floor) -> None:
    floor.maya.types("Good morning", CHANNEL)
    assert floor.heard("message") == ["acknowledged"]


def test_member_joined_channel_tries_again_what_the_channel_refused(floor: Floor) -> None:
    workspace = floor.sandbox.workspace()
    floor.sandbox.people.remove_bot("sales-emea", workspace=workspace)
    floor.mika.types("/handoff", "#general")
    fill(floor.mika, {"company": "Acme", "did": "Asked for a demo"})
    submit(floor.mika, "hand_over")
    floor.shows()
    assert standing(floor) == []
    assert dead_letters(floor) > 0
    floor.sandbox.people.join(floor.sandbox.person("Dan Lee"), "sales-emea")
    floor.sandbox.people.invite_bot("sales-emea", workspace=workspace)
    assert floor.heard("member_joined_channel")[-1] == "acknowledged"
    assert dead_letters(floor) == 0
    floor.shows()
    assert standing(floor) == ["Acme"]


def test_somebody_else_who_joins_is_no_reason_to_try_again(floor: Floor) -> None:
    floor.sandbox.people.join(floor.sandbox.person("Dan Lee"), "sales-emea")
    assert floor.heard("member_joined_channel") == ["acknowledged"]
