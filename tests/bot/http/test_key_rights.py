"""What a key is refused, and what the refusal says."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from qualification.intake import api_keys
from qualification.records import Lead
from qualification.rules.intake.key_limits import KeyLimits
from sandbox.clock import ManualClock
from tests.bot.http.senders import IVY, Sender, problem

MakeKey = Callable[..., Sender]


@pytest.fixture
def limited(sender: Sender, clock: ManualClock) -> MakeKey:
    """Make a key with limits, and somebody who uses it."""

    def limited(limits: KeyLimits, host: str = "203.0.113.1", *, publishable: bool = False) -> Sender:
        with sender.baton.database.transaction() as session:
            key = api_keys.make(
                session,
                sender.baton.installations[0].id,
                "website",
                publishable=publishable,
                limits=limits,
                by="unix:ana",
                random=lambda: "limited",
                now=clock(),
            )
        return Sender(sender.baton, key, host=host)

    return limited


def refusal(caller: Sender, verb: str = "POST", path: str = "/v1/leads") -> tuple[int, str] | None:
    """Return status and sentence of a refusal, None where the request was let in."""
    answer = caller.asks(verb, path, json=IVY) if verb == "POST" else caller.asks(verb, path)
    if answer.status_code not in {401, 403}:
        return None
    told = problem(answer)
    return told["status"], told["detail"]


def test_a_key_that_only_posts_reads_nothing(limited: MakeKey) -> None:
    caller = limited(KeyLimits(may_read=False))
    assert refusal(caller) is None
    assert refusal(caller, "GET", "/v1/leads/1") == (403, "This key may not read.")


def test_a_key_that_only_reads_posts_nothing(sender: Sender, limited: MakeKey) -> None:
    caller = limited(KeyLimits(may_post=False))
    assert refusal(caller, "GET", "/v1/leads/1") is None
    for path in ("/v1/leads", "/v1/activities", "/v1/in/website"):
        assert refusal(caller, "POST", path) == (403, "This key may not post.")
    assert sender.stored(Lead) == []


def test_an_expired_key_says_when_it_ended(limited: MakeKey, clock: ManualClock) -> None:
    caller = limited(KeyLimits(expires_at=clock() + timedelta(days=1)))
    assert refusal(caller) is None
    clock.advance(timedelta(days=1))
    for verb, path in (("POST", "/v1/leads"), ("GET", "/v1/leads/1")):
        assert refusal(caller, verb, path) == (401, "This key expired on 2026-11-24 at 09:30 UTC.")


def test_from_another_address_a_key_says_nothing_more_of_itself(limited: MakeKey, clock: ManualClock) -> None:
    """Whoever stole it learns neither that it has expired nor what it may do."""
    limits = KeyLimits(clock() + timedelta(days=1), may_post=False, networks=("203.0.113.0/24", "2001:db8::/32"))
    caller = limited(limits)
    for host in ("203.0.113.1", "203.0.113.255", "2001:db8::9", "::ffff:203.0.113.1"):
        assert refusal(Sender(caller.baton, caller.key, host=host), "GET", "/v1/leads/1") is None
    clock.advance(timedelta(days=1))
    for host in ("203.0.114.1", "2001:db9::1", "testclient"):
        elsewhere = Sender(caller.baton, caller.key, host=host)
        for verb, path in (("GET", "/v1/leads/1"), ("POST", "/v1/leads")):
            assert refusal(elsewhere, verb, path) == (403, "This key can't be used from this address.")
    assert refusal(caller, "GET", "/v1/leads/1") == (401, "This key expired on 2026-11-24 at 09:30 UTC.")


def test_a_publishable_key_may_have_an_end_and_addresses(limited: MakeKey, clock: ManualClock) -> None:
    caller = limited(KeyLimits(clock() + timedelta(days=1), networks=("203.0.113.0/24",)), publishable=True)
    assert refusal(caller, "POST", "/v1/in/website") is None
    assert refusal(caller) == (403, "Anybody can read this key, so it can only post to /v1/in/website.")
    clock.advance(timedelta(days=1))
    assert refusal(caller, "POST", "/v1/in/website") == (401, "This key expired on 2026-11-24 at 09:30 UTC.")


def test_an_unknown_key_and_a_revoked_one_are_told_the_same(
    sender: Sender, limited: MakeKey, clock: ManualClock
) -> None:
    caller = limited(KeyLimits(clock() + timedelta(days=1), may_read=False, networks=("203.0.113.0/24",)))
    with sender.baton.database.transaction() as session:
        api_keys.revoke(session, sender.baton.installations[0].id, "website", by="unix:ana", now=clock())
    assert (
        refusal(caller)
        == refusal(Sender(sender.baton, "baton_nobody"))
        == (
            401,
            "Send an API key as Authorization: Bearer …, or sign the request.",
        )
    )


def test_a_refused_use_is_no_use(sender: Sender, limited: MakeKey) -> None:
    caller = limited(KeyLimits(may_read=False))
    refusal(caller, "GET", "/v1/leads/1")
    with sender.baton.database.snapshot() as session:
        (website,) = (
            key for key in api_keys.listed(session, sender.baton.installations[0].id) if key.name == "website"
        )
    assert website.used_at is None


def test_both_keys_of_a_rotation_let_in_until_the_old_one_ends(
    sender: Sender, limited: MakeKey, clock: ManualClock
) -> None:
    old = limited(KeyLimits())
    with sender.baton.database.transaction() as session:
        made = api_keys.rotate(
            session,
            sender.baton.installations[0].id,
            "website",
            overlap=timedelta(days=7),
            by="unix:ana",
            random=lambda: "new",
            now=clock(),
        )
    assert made is not None
    new = Sender(sender.baton, made[0])
    assert [refusal(each) for each in (old, new)] == [None, None]
    clock.advance(timedelta(days=7))
    assert [refusal(each) for each in (old, new)] == [(401, "This key expired on 2026-11-30 at 09:30 UTC."), None]
