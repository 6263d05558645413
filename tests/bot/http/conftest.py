"""A bot with a playbook, and a sender who has a key."""

from collections.abc import Callable, Iterator

import pytest

from bot.app import Baton
from qualification.intake import api_keys
from sandbox.clock import ManualClock
from tests.bot.http.senders import SENDERS, Sender
from tests.worlds.floor import PLAYBOOK


@pytest.fixture
def sender(baton: Baton, publish: Callable[[str], None], clock: ManualClock) -> Iterator[Sender]:
    """Publish a playbook, and make a key."""
    publish(PLAYBOOK + SENDERS)
    with baton.database.transaction() as session:
        key = api_keys.make(
            session, baton.installations[0].id, "crm", by="unix:ana", random=lambda: "0123456789", now=clock()
        )
    yield Sender(baton, key)
    baton.stop()


@pytest.fixture
def page_key(sender: Sender, clock: ManualClock) -> str:
    """Make a publishable key for the website."""
    with sender.baton.database.transaction() as session:
        workspace_id = sender.baton.installations[0].id
        return api_keys.make(
            session, workspace_id, "website", publishable=True, by="unix:ana", random=lambda: "9876", now=clock()
        )
