"""What a signature doesn't cover decides nothing: whoever captures a signed request may change the rest of it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from bot.app import build
from bot.database import Database
from bot.settings import Settings
from qualification.intake import api_keys
from qualification.organisation import publishing
from qualification.records import Activity
from sandbox.clock import ManualClock
from tests.bot.http.senders import IVY, WEBHOOK_SECRET, Sender, problem, webhook_headers
from tests.worlds.floor import PLAYBOOK

PUBLIC = "https://baton.acme.example"
SECRETS = {"website": WEBHOOK_SECRET, "hs": "secret", "tf": "secret"}
SENDERS = """
senders:
  website: {name: Website, like: form, signature: standard, activity: {kind: {always: contact-form}}}
  hs: {name: HubSpot, like: hubspot, activity: {kind: {always: demo-request}}}
  tf: {name: Typeform, like: typeform, lead: {email: email}, activity: {id: token, kind: {always: demo-request}}}
"""


@pytest.fixture
def stranger(settings: Settings, database: Database, clock: ManualClock) -> Iterator[Sender]:
    """Somebody without a key, before a bot on each engine."""
    url = database.engine.url.render_as_string(hide_password=False)
    baton = build(
        replace(settings, database_url=url, intake_secrets=SECRETS, public_url=PUBLIC), database=database, now=clock
    )
    with database.transaction() as session:
        workspace_id = baton.installations[0].id
        publishing.publish(session, workspace_id=workspace_id, text=PLAYBOOK + SENDERS, by="a test", now=clock())
    yield Sender(baton, "")
    baton.stop()


def signed(sender: str, body: bytes, now: datetime) -> dict[str, str]:
    """Sign as that sender does."""
    if sender == "website":
        return webhook_headers(body, now, key=b"a secret of the website")
    if sender == "tf":
        return {
            "typeform-signature": "sha256=" + base64.b64encode(hmac.digest(b"secret", body, hashlib.sha256)).decode()
        }
    said = f"secretPOST{PUBLIC}/v1/in/hs".encode() + body
    return {"x-hubspot-signature-version": "v2", "x-hubspot-signature": hashlib.sha256(said).hexdigest()}


@pytest.mark.parametrize("sender", SECRETS)
def test_one_captured_request_is_one_activity_whatever_headers_are_added(
    stranger: Sender, sender: str, clock: ManualClock
) -> None:
    body = json.dumps({"event_type": "form_response", **IVY}).encode()
    captured = signed(sender, body, clock())
    added = [{}, *({"idempotency-key": f"again {number}"} for number in range(4))]
    if "webhook-id" not in captured:
        added += [{"webhook-id": "msg_2"}, {"webhook-id": "msg_3"}]
    for headers in added:
        answer = stranger.asks("POST", f"/v1/in/{sender}", content=body, headers={**captured, **headers})
        assert answer.status_code == 200, answer.text
    assert len(stranger.stored(Activity)) == 1


def test_a_captured_post_reads_no_lead(stranger: Sender, clock: ManualClock) -> None:
    body = json.dumps(IVY).encode()
    captured = signed("website", body, clock())
    posted = stranger.asks("POST", "/v1/leads?sender=website", content=body, headers=captured)
    read = f"/v1/leads/{posted.json()['id']}?sender=website"
    refused = problem(stranger.asks("GET", read, content=body, headers=captured))
    assert (refused["status"], refused["detail"]) == (
        401,
        "A signature lets nobody read: send an API key as Authorization: Bearer ….",
    )
    assert stranger.asks("HEAD", read, content=body, headers=captured).status_code == 401


def test_whoever_has_a_key_says_which_delivery_it_is(stranger: Sender, clock: ManualClock) -> None:
    with stranger.baton.database.transaction() as session:
        key = api_keys.make(
            session, stranger.baton.installations[0].id, "crm", by="unix:ana", random=lambda: "0123", now=clock()
        )
    crm = Sender(stranger.baton, key)
    for name in ("idempotency-key", "webhook-id"):
        for delivery in ("first", "second", "second"):
            crm.posts("/v1/in/website", IVY, headers={name: f"{name} {delivery}"})
    assert len(crm.stored(Activity)) == 4


def test_the_host_header_says_nothing_of_what_was_signed(stranger: Sender, caplog: pytest.LogCaptureFixture) -> None:
    body = json.dumps(IVY).encode()
    said = b"secretPOSThttps://evil.example/v1/in/hs" + body
    forged = {"x-hubspot-signature-version": "v2", "x-hubspot-signature": hashlib.sha256(said).hexdigest()}
    host = {"host": "evil.example", "x-forwarded-proto": "https"}
    refused = []
    for public_url in (PUBLIC, None):
        stranger.baton.intake.callers.public_url = public_url
        refused.append(problem(stranger.asks("POST", "/v1/in/hs", content=body, headers=forged | host)))
    told = "hs signs the address that it posts to. Set PUBLIC_URL to the address that senders use."
    assert [each["status"] for each in refused] == [401, 503]
    assert (refused[1]["detail"], told in caplog.messages) == (told, True)
    assert stranger.stored(Activity) == []


def test_the_address_counts_as_it_was_written_whatever_the_host(stranger: Sender) -> None:
    body = json.dumps(IVY).encode()
    said = f"secretPOST{PUBLIC}/v1/in/h%73?team=a%20b".encode() + body
    headers = {"x-hubspot-signature-version": "v2", "x-hubspot-signature": hashlib.sha256(said).hexdigest()}
    for host in ("baton", "evil.example/v1", "evil.example?"):
        path = "/v1/in/h%73?team=a%20b"
        answer = stranger.asks("POST", path, content=body, headers={**headers, "host": host})
        assert answer.status_code == 200, answer.text


def test_senders_that_sign_no_address_need_no_public_url(stranger: Sender, clock: ManualClock) -> None:
    stranger.baton.intake.callers.public_url = None
    body = json.dumps({"event_type": "form_response", "token": "1", **IVY}).encode()
    for sender in ("website", "tf"):
        headers = signed(sender, body, clock())
        assert stranger.asks("POST", f"/v1/in/{sender}", content=body, headers=headers).status_code == 200


def test_the_description_names_the_public_address_and_never_the_host(stranger: Sender) -> None:
    for public_url, named in ((PUBLIC, PUBLIC), (f"{PUBLIC}/", PUBLIC), (None, "/")):
        stranger.baton.intake.callers.public_url = public_url
        told = stranger.asks("GET", "/v1/openapi.json", headers={"host": "evil.example"}).json()
        assert told["servers"] == [{"url": named}]
