"""How often senders may post, and how often anybody may be wrong about a key."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app import Baton, build
from bot.database import Database
from bot.http.permits import WINDOW, Allowances, Permits
from bot.http.wrong_keys import FORGIVEN, FREE, WrongKeys
from bot.settings import Settings
from bot.slack.rate_limits import GREATEST_PAUSE
from qualification.intake import api_keys
from qualification.organisation import publishing
from qualification.records import ApiKey
from sandbox.clock import ManualClock
from tests.bot.http.senders import IVY, SENDERS, WEBHOOK_SECRET, Sender, problem, webhook_headers
from tests.worlds.floor import PLAYBOOK

FEW = Allowances(key=6, address=9, form_key=4, form_address=3)
FORM = b"email=joe%40acme.example&name=Joe+Doe&message=Call+me"


def statuses(sender: Sender, times: int) -> list[int]:
    """Read a lead, which there may be or not, so many times."""
    return [sender.asks("GET", "/v1/leads/1").status_code for _ in range(times)]


def forms(sender: Sender, key: str, times: int) -> list[int]:
    """Post a form so many times."""
    return [sender.asks("POST", f"/v1/in/website?key={key}", content=FORM).status_code for _ in range(times)]


def test_too_often_is_refused_with_the_time_to_wait(sender: Sender, clock: ManualClock) -> None:
    sender.baton.intake.callers.allowances = FEW
    clock.advance(timedelta(seconds=2))
    assert statuses(sender, FEW.key) == [404] * FEW.key
    refused = sender.asks("GET", "/v1/leads/1")
    assert (problem(refused)["status"], refused.headers["retry-after"]) == (429, "8")
    clock.advance(timedelta(seconds=7))
    assert statuses(sender, 1) == [429]
    clock.advance(timedelta(seconds=1))
    assert statuses(sender, 1) == [404]


def test_an_address_has_a_rate_beside_its_keys(sender: Sender, clock: ManualClock) -> None:
    sender.baton.intake.callers.allowances = FEW
    with sender.baton.database.transaction() as session:
        workspace_id = sender.baton.installations[0].id
        another = api_keys.make(session, workspace_id, "shop", by="unix:ana", random=lambda: "another", now=clock())
    assert statuses(sender, FEW.key) == [404] * FEW.key
    assert statuses(Sender(sender.baton, another), 4) == [404, 404, 404, 429]
    assert statuses(Sender(sender.baton, another, host="203.0.113.2"), 1) == [404]


def test_one_visitor_of_a_page_does_not_use_up_its_key(sender: Sender, page_key: str) -> None:
    sender.baton.intake.callers.allowances = FEW
    assert forms(Sender(sender.baton, ""), page_key, 5) == [200, 200, 200, 429, 429]
    assert forms(Sender(sender.baton, "", host="2001:db8::1"), page_key, 1) == [200]
    assert forms(Sender(sender.baton, "", host="2001:db8::2"), page_key, 1) == [429]
    # What is posted with a page's key takes nothing from the other keys of the same address.
    assert statuses(sender, 1) == [200]


def test_a_page_key_that_is_used_for_something_else_takes_permits_too(sender: Sender, page_key: str) -> None:
    sender.baton.intake.callers.allowances = FEW
    assert statuses(Sender(sender.baton, page_key), 5) == [403, 403, 403, 429, 429]


@pytest.fixture
def two_processes(settings: Settings, postgresql_url: str, clock: ManualClock) -> Iterator[tuple[Baton, Baton]]:
    """Put two bots together on one PostgreSQL, as two web processes; both go by the test's clock."""
    with ExitStack() as stack:
        batons = []
        for _ in range(2):
            database = Database(postgresql_url)
            baton = build(replace(settings, database_url=postgresql_url), database=database, now=clock)
            stack.callback(baton.stop)
            baton.intake.callers.permits = Permits(database, clock, lambda _: clock())
            baton.intake.callers.allowances = replace(FEW, key=60, address=100)
            batons.append(baton)
        yield batons[0], batons[1]


def test_two_web_processes_let_a_key_through_as_often_as_one(
    two_processes: tuple[Baton, Baton], clock: ManualClock
) -> None:
    first, second = two_processes
    workspace_id = first.installations[0].id
    with first.database.transaction() as session:
        publishing.publish(session, workspace_id=workspace_id, text=PLAYBOOK + SENDERS, by="a test", now=clock())
        key = api_keys.make(session, workspace_id, "crm", by="unix:ana", random=lambda: "0123456789", now=clock())
    senders = Sender(first, key), Sender(second, key)
    for _ in range(2):
        got = [statuses(senders[number % 2], 1)[0] for number in range(80)]
        assert got.count(404) == 60
        assert min(got[::2].count(404), got[1::2].count(404)) > 15
        clock.advance(WINDOW)


def wrong(sender: Sender, times: int, key: str = "baton_guessed") -> list[int]:
    """Try a wrong key so many times, from the sender's address."""
    return statuses(Sender(sender.baton, key, host=sender.host), times)


def test_wrong_keys_are_slowed_down_more_and_more(sender: Sender, clock: ManualClock) -> None:
    assert wrong(sender, FREE + 1) == [401] * FREE + [429]
    pauses = []
    for _ in range(12):
        refused = Sender(sender.baton, "baton_guessed").asks("GET", "/v1/leads/1")
        assert problem(refused)["status"] == 429
        pauses.append(int(refused.headers["retry-after"]))
        clock.advance(timedelta(seconds=pauses[-1] - 1))
        assert wrong(sender, 1) == [429]
        clock.advance(timedelta(seconds=1))
        assert wrong(sender, 1) == [401]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_other_addresses_and_keys_that_were_right_go_on(sender: Sender) -> None:
    assert statuses(sender, 1) == [404]
    wrong(sender, FREE)
    assert wrong(sender, 1) == [429]
    assert statuses(sender, 1) == [404]
    assert statuses(Sender(sender.baton, sender.key, host="203.0.113.2"), 1) == [404]


def test_a_wrong_signature_is_a_wrong_key_and_a_right_one_goes_on(sender: Sender, clock: ManualClock) -> None:
    sender.baton.intake.callers.secrets_of = {"website": WEBHOOK_SECRET, "shop": WEBHOOK_SECRET}
    stranger = Sender(sender.baton, "")
    body = json.dumps(IVY).encode()

    def post(signer: str, key: bytes) -> int:
        headers = webhook_headers(body, clock(), key=key)
        return stranger.asks("POST", f"/v1/leads?sender={signer}", content=body, headers=headers).status_code

    right = b"a secret of the website"
    assert post("website", right) == 200
    assert [post("website", b"another") for _ in range(FREE)] == [401] * FREE
    assert post("website", right) == 200
    assert post("shop", b"another") == 429


def test_who_sends_no_key_and_names_no_signer_with_a_secret_has_guessed_nothing(sender: Sender) -> None:
    """A crawler behind a shared address made everybody there pause."""
    stranger = Sender(sender.baton, "")
    for path in ("/v1/leads/1", "/v1/leads/1?sender=nobody"):
        assert [stranger.asks("GET", path).status_code for _ in range(2 * FREE)] == [401] * 2 * FREE
    assert forms(stranger, "", 2 * FREE) == [401] * 2 * FREE
    assert wrong(sender, FREE + 1) == [401] * FREE + [429]


@pytest.fixture
def moved() -> list[timedelta]:
    """Say how far a clock is off."""
    return [timedelta()]


@pytest.fixture
def wrong_keys(clock: ManualClock, moved: list[timedelta]) -> WrongKeys:
    """Know no address, by a clock that may be off."""
    return WrongKeys(lambda: clock() + moved[0])


def test_whoever_is_right_for_a_while_is_forgiven(wrong_keys: WrongKeys, clock: ManualClock) -> None:
    for _ in range(FREE):
        wrong_keys.wrong("203.0.113.1")
    assert wrong_keys.pause("203.0.113.1", "x") == 1
    clock.advance(FORGIVEN + timedelta(seconds=2))
    wrong_keys.wrong("203.0.113.1")
    assert wrong_keys.pause("203.0.113.1", "x") is None


def test_a_clock_that_was_ahead_lets_nobody_pause_for_longer(wrong_keys: WrongKeys, moved: list[timedelta]) -> None:
    moved[0] = timedelta(hours=1)
    for _ in range(3 * FREE):
        wrong_keys.wrong("203.0.113.1")
    assert wrong_keys.pause("203.0.113.1", "x") == GREATEST_PAUSE.total_seconds()
    moved[0] = timedelta()
    assert wrong_keys.pause("203.0.113.1", "x") is None
    wrong_keys.wrong("203.0.113.1")
    assert wrong_keys.pause("203.0.113.1", "x") is None


def test_a_key_is_looked_up_in_no_row_while_its_address_pauses(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    sender_of: Callable[..., ApiKey | None] = api_keys.sender_of

    def noted(*given: object) -> ApiKey | None:
        looked_up.append(str(given[-1]))
        return sender_of(*given)

    monkeypatch.setattr(api_keys, "sender_of", noted)
    wrong(sender, FREE + 5)
    assert len(looked_up) == FREE
