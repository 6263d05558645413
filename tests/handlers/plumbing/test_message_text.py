"""The shortcut "Hand off to sales": what a message shows, what the modal takes of it, and the way back to it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from handlers.plumbing import payloads
from qualification.records import Lead
from sandbox.people.driver import Person
from sandbox.people.snapshots import Message
from tests.handlers.plumbing.test_payloads import JSON
from tests.handlers.test_lead_page import comes_in
from tests.worlds.floor import Floor, errors, fill, held, shown, submit, told

SHORTCUT = "hand_off_message"
NAMES = {"U1": "Ana Ruiz"}
PLACE = {"team": {"domain": "northwind"}, "channel": {"id": "C1"}, "message_ts": "1700000000.000100"}
LINK = "https://northwind.slack.com/archives/C1/p1700000000000100"


def text(**message: object) -> str:
    """Read a message."""
    return payloads.shortcut({"message": message}, NAMES.get).text


def mrkdwn(words: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": words}


def posts(who: Person, words: str, channel: str = "#general") -> Message:
    """Post a message, and return it."""
    who.types(words, channel)
    return who.sees(channel)[-1]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("O'Neil &amp; Sons &lt;3", "O'Neil & Sons <3"),
        ("*Name*: _Ivy_ ~Chen~ `x`", "Name: Ivy Chen x"),
        ("2 * 3 * 4, snake_case_name, a_b@acme.example", "2 * 3 * 4, snake_case_name, a_b@acme.example"),
        ("*<mailto:ivy@acme.example|ivy@acme.example>*", "ivy@acme.example"),
        ("<mailto:ivy@acme.example|Ivy Chen>", "Ivy Chen (ivy@acme.example)"),
        ("<tel:+49305550199|+49 30 5550199>", "+49 30 5550199"),
        ("<https://acme.example/_a_/b_c?x=1&amp;y=2>", "https://acme.example/_a_/b_c?x=1&y=2"),
        ("see <https://acme.example|their site>", "see their site"),
        ("<@U1> and <@U2|joe> and <@U3>", "@Ana Ruiz and @joe and @…"),
        ("<#C1|general> <#C2|> <!here> <!subteam^S1|@sales>", "#general #… @here @sales"),
        ("<!date^1700000000^{date}|Nov 14>", "Nov 14"),
        ("&gt; quoted\nnot &gt; quoted", "quoted\nnot > quoted"),
        ("a\0b\ufffc\ud83d", "ab"),
    ],
)
def test_a_text_reads_without_slacks_markup(sent: str, read: str) -> None:
    assert text(text=sent) == read


def test_blocks_are_read_in_place_of_the_text_and_attachments_beside_it() -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "New *lead*"}},
        {"type": "section", "text": mrkdwn("Came in *today*"), "accessory": {"type": "button"}},
        {"type": "section", "fields": [mrkdwn("*Name:*\nIvy Chen"), mrkdwn("*Company*\nO'Neil &amp; Sons")]},
        {"type": "context", "elements": [{"type": "image", "alt_text": "x"}, mrkdwn("Typeform")]},
        {"type": "divider"},
    ]
    attachments = [
        {"pretext": "Form", "fields": [{"title": "Phone", "value": "<tel:0305550199|030 5550199>"}, {"title": "Seen"}]},
        {"from_url": "https://acme.example", "title": "Acme", "text": "What we do"},
        {"from_url": "https://northwind.slack.com/x", "is_msg_unfurl": True, "text": "shared"},
        {"blocks": [{"type": "section", "text": mrkdwn("inside")}]},
    ]
    assert text(text="New lead", blocks=blocks, attachments=attachments).split("\n\n") == [
        "New *lead*",
        "Came in today",
        "Name: Ivy Chen\nCompany: O'Neil & Sons",
        "Typeform",
        "Form\nPhone: 030 5550199\nSeen",
        "shared",
        "inside",
    ]


def test_rich_text_reads_as_it_shows() -> None:
    def section(*elements: dict[str, str]) -> dict[str, object]:
        return {"type": "rich_text_section", "elements": list(elements)}

    words = {"type": "text", "text": "Name"}
    blocks = {
        "type": "rich_text",
        "elements": [
            section(words, {"type": "text", "text": ": Ivy & Co "}, {"type": "emoji", "name": "wave"}),
            {"type": "rich_text_list", "elements": [section(words), section({"type": "user", "user_id": "U1"})]},
            section({"type": "link", "url": "mailto:ivy@acme.example", "text": "Ivy"}, {"type": "channel"}),
            section({"type": "broadcast", "range": "here"}, {"type": "date", "fallback": "today"}),
        ],
    }
    lines = ["Name: Ivy & Co :wave:", "• Name", "• @Ana Ruiz", "Ivy (ivy@acme.example)#…", "@heretoday"]
    assert text(text="-", blocks=[blocks]) == "\n".join(lines)


@given(st.dictionaries(st.sampled_from(["message", "team", "channel", "message_ts"]), JSON))
def test_no_payload_is_too_odd_to_read(body: dict[str, object]) -> None:
    used = payloads.shortcut(body, NAMES.get)
    assert used.permalink is None or used.permalink.startswith("https://")


@given(
    st.dictionaries(
        st.sampled_from(["text", "blocks", "attachments", "user"]),
        JSON
        | st.lists(
            st.dictionaries(
                st.sampled_from(["type", "text", "elements", "fields", "title", "value", "blocks", "url"]),
                JSON | st.sampled_from(["rich_text", "section", "context", "mrkdwn", "link", "user"]),
            )
        ),
    )
)
def test_no_message_is_too_odd_to_read(message: dict[str, object]) -> None:
    assert "\0" not in text(**message)


@pytest.mark.parametrize(
    ("body", "link"),
    [
        (PLACE, LINK),
        ({**PLACE, "message": {"thread_ts": "1700000000.000100"}}, LINK),
        ({**PLACE, "message": {"thread_ts": "1600000000.5"}}, f"{LINK}?thread_ts=1600000000.5&cid=C1"),
        ({**PLACE, "team": None}, None),
        ({**PLACE, "team": {"domain": "evil.example/?"}}, None),
        ({**PLACE, "channel": {"id": "C1|x>"}}, None),
        ({**PLACE, "message_ts": "soon"}, None),
        ({**PLACE, "message": {"thread_ts": "<!channel>"}}, None),
    ],
)
def test_the_way_back_is_made_of_ids_or_not_at_all(body: dict[str, object], link: str | None) -> None:
    assert payloads.shortcut(body, NAMES.get).permalink == link


@pytest.mark.parametrize("kept", ["https://evil.example/", f"{LINK}|x>", 7, None])
def test_a_modal_gives_back_only_an_address_of_slacks(kept: object) -> None:
    def modal(permalink: object) -> dict[str, object]:
        return {"view": {"private_metadata": json.dumps({"permalink": permalink})}}

    assert payloads.permalink(modal(LINK)) == LINK
    assert payloads.permalink(modal(kept)) is None
    assert payloads.permalink({"view": {}}) is None


def test_a_message_is_handed_over_with_what_it_says_and_the_way_back(floor: Floor) -> None:
    message = posts(
        floor.mika,
        "@Ana Ruiz new trial!\nName: Ivy Chen\nE-mail: ivy@acme.example\nTel: +49 30 5550199\nEmployees: 250",
    )
    floor.mika.uses(SHORTCUT, on=message)
    fields = ("company", "person", "email", "phone", "size", "did", "problem")
    assert [held(floor.mika, field) for field in fields] == [
        "acme.example",
        "Ivy Chen",
        "ivy@acme.example",
        "+49 30 5550199",
        "250",
        "@Ana Ruiz new trial!",
        None,
    ]
    assert "this message" in floor.mika.modal.text
    submit(floor.mika, "hand_over")
    stored = floor.stored()
    link = f"https://northwind.slack.com/archives/{message.channel_id}/p{message.ts.replace('.', '')}"
    assert (stored.permalink, stored.did) == (link, "@Ana Ruiz new trial!")
    (lead,) = floor.reads(lambda session: session.scalars(select(Lead)).all())
    assert lead.email == "ivy@acme.example"
    card = floor.card()
    assert "From a message" in card.text
    assert card.links == (link,)
    assert "ivy@acme.example" not in card.text
    assert "5550199" not in card.text


def test_the_way_back_outlives_a_fault_in_the_form(floor: Floor) -> None:
    floor.mika.uses(SHORTCUT, on=posts(floor.mika, "Name: Ivy Chen"))
    submit(floor.mika, "hand_over")
    assert errors(floor.mika) == {"did"}
    fill(floor.mika, {"did": "Asked for a demo"})
    submit(floor.mika, "hand_over")
    assert shown(floor.mika) == "handed_over"
    assert floor.stored().permalink is not None


def test_a_reply_in_a_thread_is_linked_within_its_thread(floor: Floor) -> None:
    parent = posts(floor.mika, "A lead")
    floor.mika.types("Acme asked for prices", thread=parent)
    (reply,) = floor.mika.looks_again(parent).thread
    floor.mika.uses(SHORTCUT, on=reply)
    fill(floor.mika, {"company": "Acme"})
    submit(floor.mika, "hand_over")
    link = floor.stored().permalink
    assert link is not None
    assert link.endswith(f"?thread_ts={parent.ts}&cid={parent.channel_id}")
    assert len(floor.card().links) == 1


def test_a_long_message_is_cut_to_what_the_field_holds(floor: Floor) -> None:
    floor.mika.uses(SHORTCUT, on=posts(floor.mika, "Acme 👩‍👩‍👧‍👦 " * 400))
    did = held(floor.mika, "did")
    assert isinstance(did, str)
    assert did.endswith("…")
    fill(floor.mika, {"company": "Acme"})
    submit(floor.mika, "hand_over")
    assert shown(floor.mika) == "handed_over"


def test_a_message_without_words_opens_the_form_with_the_way_back_alone(floor: Floor) -> None:
    """A drawing, say: the sandbox posts none, so the payload is made by hand."""
    there = floor.sandbox.workspace()
    payload = {
        **floor.click("unused", None, by=floor.mika),
        **PLACE,
        "type": "message_action",
        "callback_id": SHORTCUT,
        "team": {"id": there.id, "domain": there.domain},
        "trigger_id": floor.sandbox.slack.triggers.issue(there.id, floor.mika.id),
        "message": {"type": "message", "user": floor.ana.id, "text": "", "files": [{"name": "drawing.png"}]},
    }
    del payload["actions"]
    assert floor.dispatches(payload).status == 200
    assert {control.value for control in floor.mika.modal.controls} == {None}
    fill(floor.mika, {"company": "Acme", "did": "Sent a drawing"})
    submit(floor.mika, "hand_over")
    assert floor.stored().permalink == LINK


def test_a_message_in_a_channel_without_the_bot_is_handed_over_too(floor: Floor) -> None:
    workspace = floor.sandbox.workspace()
    channel = workspace.channel_called("marketing")
    assert channel is not None
    channel.members.discard(workspace.app.bot_user_id)
    floor.mika.uses(SHORTCUT, on=posts(floor.mika, "Name: Ivy Chen", "#marketing"))
    assert held(floor.mika, "person") == "Ivy Chen"


def test_a_live_lead_handed_over_again_from_a_message_keeps_the_way_back_in_its_thread(floor: Floor) -> None:
    floor.hands_over("Acme", email="ivy@acme.example")
    floor.mika.closes()
    floor.mika.uses(SHORTCUT, on=posts(floor.mika, "ivy@acme.example started a trial"))
    submit(floor.mika, "hand_over")
    card = floor.card()
    assert card.links == ()
    line = card.thread[-1]
    assert "“… started a trial” · From a message" in line.text
    assert len(line.links) == 1


def test_a_message_of_the_bots_own_is_refused_with_what_to_do_instead(floor: Floor) -> None:
    floor.mika.uses(SHORTCUT, on=floor.hands_over())
    assert "/lead" in told(floor.mika)
    assert shown(floor.mika) == "handed_over"


def test_the_card_of_a_lead_not_to_be_contacted_says_so_wherever_it_stands(floor: Floor) -> None:
    comes_in(floor, email="ivy@acme.example", company="Acme", do_not_contact=True)
    floor.mika.uses(SHORTCUT, on=posts(floor.mika, "ivy@acme.example wants a call"))
    submit(floor.mika, "hand_over")
    assert "this lead is marked “Do not contact”" in floor.mika.modal.text
    card = floor.card()
    assert "\nDo not contact\n" in card.text
    assert "Do not contact" in floor.ana.direct_messages[-1].text
    assert "despite filters: Do not contact" in card.thread[0].text


def test_whoever_hands_over_past_a_gate_reads_which(floor: Floor) -> None:
    floor.hands_over("Acme", email="ivy@gmail.com")
    assert "the “Free mail” filter would normally have held this lead" in floor.mika.modal.text
    assert "Free mail" not in floor.card().text
