"""A lead found by a few words and shown to whoever asked: /lead, and the buttons of its answers."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from slack_bolt import Ack

from handlers.plumbing import payloads
from handlers.plumbing.context import Body, Now, Reply, Sessions, Transactions, Views, Workspace
from handlers.plumbing.drawing import draw
from handlers.plumbing.inputs import Command
from handlers.plumbing.lookups import record_lookup
from handlers.plumbing.private_replies import show_again
from qualification.handoffs import erasure
from qualification.people import people
from qualification.rules.people.audited import Surface
from qualification.views import forms, held, lead_page, lookups, search
from qualification.views.lookups import Lookup

# An answer, and whom it shows that the person looked for; None for their own leads.
Looked: TypeAlias = tuple[dict[str, Any], Lookup | None]
Look: TypeAlias = Callable[[Sessions, Workspace, Command, Now], Looked]


def lead(ack: Ack, body: Body, snapshot: Sessions, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Show the lead that is meant, or those that may be; without words or with "mine" one's own, or who is "held"."""
    asked = payloads.command(body)
    look = LISTS.get(asked.text.casefold(), _named)
    answer, lookup = look(snapshot, workspace, asked, now)
    record_lookup(lookup, asked.user_id, transaction, now, workspace)
    ack(answer)


def _mine(snapshot: Sessions, workspace: Workspace, asked: Command, now: Now) -> Looked:
    with snapshot() as session:
        mine = search.meant(session, workspace.id, asked.user_id, "", now=now())
        return draw(people.reader(session, workspace.id, asked.user_id), "replies/my_leads", leads=mine), None


def _held(snapshot: Sessions, workspace: Workspace, asked: Command, now: Now) -> Looked:
    with snapshot() as session:
        gated = held.gated_leads(session, workspace.id, asked.user_id, now=now())
        reader = people.reader(session, workspace.id, asked.user_id)
    return draw(reader, "replies/held", held=gated), lookups.of_held(gated)


def _named(snapshot: Sessions, workspace: Workspace, asked: Command, now: Now) -> Looked:
    del now
    with snapshot() as session:
        reader = people.reader(session, workspace.id, asked.user_id)
        found = lead_page.found(session, workspace.id, asked.user_id, asked.text)
        if len(found) > 1:
            return draw(reader, "replies/leads", leads=found, query=asked.text), lookups.of_list(found)
        page = lead_page.page(session, workspace.id, asked.user_id, found[0].lead_id)
        return draw(reader, "replies/lead", page=page), lookups.of_page(page)


# What /lead shows for these words; any others name a lead.
LISTS: Final[Mapping[str, Look]] = MappingProxyType({"": _mine, "mine": _mine, "held": _held})


def show(
    ack: Ack, body: Body, snapshot: Sessions, transaction: Transactions, now: Now, reply: Reply, workspace: Workspace
) -> None:
    """Show the lead picked among several, in their place."""
    pick = payloads.pick(body)
    with snapshot() as session:
        page = lead_page.page(session, workspace.id, pick.user_id, pick.lead)
        answer = draw(people.reader(session, workspace.id, pick.user_id), "replies/lead", page=page)
    record_lookup(lookups.of_page(page), pick.user_id, transaction, now, workspace)
    if pick.response_url is not None:
        reply(pick.response_url, {**answer, "replace_original": True})
    ack()


def ask_to_hand_over(
    ack: Ack, body: Body, snapshot: Sessions, transaction: Transactions, now: Now, views: Views, workspace: Workspace
) -> None:
    """Open the hand-over modal, filled with what is known of the lead."""
    pick = payloads.pick(body)
    with snapshot() as session:
        page = lead_page.page(session, workspace.id, pick.user_id, pick.lead)
        choices = forms.hand_over_lead(session, workspace.id, page.lead_id, lead_page.form_of(page))
        reader = people.reader(session, workspace.id, pick.user_id)
    record_lookup(lookups.of_page(page, Surface.HAND_OVER), pick.user_id, transaction, now, workspace)
    views.open(pick.trigger_id, draw(reader, "modals/hand_over", choices=choices))
    ack()


def ask_to_erase(ack: Ack, body: Body, snapshot: Sessions, views: Views, workspace: Workspace) -> None:
    """Ask an administrator whether the person is to be erased, and say what that does."""
    pick = payloads.pick(body)
    with snapshot() as session:
        form = forms.erase(session, workspace.id, pick.user_id, pick.lead)
        reader = people.reader(session, workspace.id, pick.user_id)
    views.open(pick.trigger_id, draw(reader, "modals/erase", form=form))
    ack()


def erase(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Erase the person, and say so in the same modal."""
    filled = payloads.form(body)
    with transaction() as session:
        done = erasure.erase_for(session, workspace.id, payloads.lead(body) or 0, by=filled.user_id, now=now())
        reader = people.reader(session, workspace.id, filled.user_id)
    ack(response_action="update", view=draw(reader, "modals/erased", done=done))


def split(ack: Ack, body: Body, transaction: Transactions, now: Now, reply: Reply, workspace: Workspace) -> None:
    """Make two leads again of one that was two."""
    pick = payloads.pick(body)
    with transaction() as session:
        lead_page.split(session, workspace.id, pick.user_id, pick.merge, now=now())
    show_again(pick, transaction, now, reply, workspace)
    ack()
