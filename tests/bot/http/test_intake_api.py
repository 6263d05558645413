"""The intake API, as senders meet it."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from sqlalchemy import select

from bot.app import Baton, build
from bot.database import Database
from bot.http.request_body import LARGEST
from bot.settings import Settings
from qualification.intake import api_keys
from qualification.records import Activity, ApiKey, AuditEntry, Handoff, Lead
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.leads.lead_input import MOST_ROWS
from qualification.rules.people.audited import AuditAction
from sandbox.clock import ManualClock
from tests.bot.http.senders import IVY, WEBHOOK_SECRET, Sender, problem, webhook_headers
from tests.worlds.away import away
from tests.worlds.floor import PLAYBOOK


def test_a_lead_is_taken_in_and_read_again(sender: Sender) -> None:
    taken = sender.posts("/v1/leads", {**IVY, "id": 7, "size": "240", "fields": {"plan": "pro"}})
    assert (taken.status_code, taken.headers["content-type"]) == (200, "application/json")
    lead_id = taken.json()["id"]
    assert sender.posts("/v1/leads", {**IVY, "id": 7}).json() == {"id": lead_id}
    read = sender.asks("GET", f"/v1/leads/{lead_id}").json()
    assert (read["email"], read["company"], read["lifecycle"], read["score"]) == (IVY["email"], "Acme", "lead", 0)
    assert (read["size"], read["fields"]) == (240, {"plan": "pro"})


@pytest.mark.parametrize("digits", ["9" * 18, "9" * 19, str(2**63), "9" * 5000])
def test_a_number_that_no_lead_can_have_is_no_lead(sender: Sender, digits: str) -> None:
    assert sender.asks("GET", f"/v1/leads/{digits}").status_code == 404


def test_a_length_of_thousands_of_digits_is_too_large(sender: Sender) -> None:
    assert sender.posts("/v1/leads", IVY, headers={"content-length": "9" * 5000}).status_code == 413


def test_each_time_a_lead_is_read_is_in_the_audit(sender: Sender) -> None:
    lead_id = sender.posts("/v1/leads", IVY).json()["id"]
    for _ in range(2):
        assert sender.asks("GET", f"/v1/leads/{lead_id}").status_code == 200
    assert sender.asks("GET", "/v1/leads/999").status_code == 404
    read = [each for each in sender.stored(AuditEntry) if each.action is AuditAction.LOOKED_UP]
    assert [(each.actor, each.lead_id, each.details) for each in read] == [
        ("key:crm", lead_id, {"in": "api", "contact": True})
    ] * 2


def test_an_activity_scores_and_a_demo_request_is_handed_over(sender: Sender) -> None:
    scored = sender.posts("/v1/activities", {"id": "v1", "kind": "pricing-page", "lead": IVY}).json()
    assert sender.asks("GET", f"/v1/leads/{scored['lead_id']}").json()["score"] == 15
    sender.posts("/v1/activities", {"id": "v2", "kind": "demo-request", "lead": IVY})
    assert [handoff.state for handoff in sender.stored(Handoff)] == ["offered"]
    assert sender.asks("GET", f"/v1/leads/{scored['lead_id']}").json()["state"] == "offered"


def test_a_lead_is_read_under_the_names_and_values_that_the_api_keeps(sender: Sender, clock: ManualClock) -> None:
    """The code's own words may change; what senders have built on does not."""
    ids = [sender.posts("/v1/leads", {**IVY, "email": f"{number}@acme.example"}).json()["id"] for number in range(3)]
    for number, state in enumerate((HandoffState.MANAGER_QUEUE, HandoffState.SNOOZED)):
        demo = {"id": f"d{number}", "kind": "demo-request", "lead": {**IVY, "email": f"{number}@acme.example"}}
        sender.posts("/v1/activities", demo)
        with sender.baton.database.transaction() as session:
            handoff = session.scalars(select(Handoff).where(Handoff.lead_id == ids[number])).one()
            handoff.state, handoff.ended_at = state, clock()
            session.get_one(Lead, ids[number]).gated_by = "Free mail"
    read = [sender.asks("GET", f"/v1/leads/{lead_id}").json() for lead_id in ids]
    assert [each["state"] for each in read] == ["queued", "not_now", None]
    assert read[0]["weighed"] == [{"name": "Demo requested", "times": 1, "points": 0}]
    assert [each["held_by"] for each in read] == ["Free mail", "Free mail", None]


def test_the_same_again_is_the_same_answer_also_at_once(sender: Sender) -> None:
    visit = {"id": "v1", "kind": "pricing-page", "lead": IVY}
    with ThreadPoolExecutor(4) as pool:
        answers = [each.json() for each in pool.map(lambda _: sender.posts("/v1/activities", visit), range(8))]
    assert answers == [answers[0]] * 8
    assert (len(sender.stored(Activity)), len(sender.stored(Lead))) == (1, 1)


def test_of_a_list_the_good_rows_are_kept_and_the_bad_ones_listed(sender: Sender) -> None:
    rows = [{**IVY, "id": "1"}, {"email": "nonsense"}, {"problem": "Call me"}, {"id": "4"}]
    answer = sender.posts("/v1/leads", rows)
    assert answer.status_code == 207
    told = answer.json()
    assert (told["taken"], told["refused"]) == (2, 2)
    assert [(each["index"], each["status"]) for each in told["results"]] == [(0, 200), (1, 422), (2, 422), (3, 200)]
    nobody = {"field": "", "reason": "is nobody: give an id, an email, a phone, or a name and a company"}
    assert told["results"][1]["errors"] == [{"field": "email", "reason": "isn't a valid e-mail address"}, nobody]
    assert told["results"][2]["errors"] == [nobody]
    assert len(sender.stored(Lead)) == 2


def test_a_wrong_field_costs_that_field_and_is_named_and_nothing_of_it_is_quoted(sender: Sender) -> None:
    odd = {"name": "Ivy Chen", "email": "ivy@secret", "country": "Nowhere", "colour": "red", "problem": "a" * 6000}
    told = sender.posts("/v1/activities", {"kind": "demo-request", "lead": odd, "at": "now", "fields": [1]})
    assert told.status_code == 200
    lost = {each["field"]: each["reason"] for each in told.json()["lost"]}
    assert lost == {
        "at": "isn't a valid date and time",
        "fields": "must be an object of names and values",
        "lead.email": "isn't a valid e-mail address",
        "lead.country": "isn't a country",
        "lead.colour": "isn't a known field; it was kept beside",
        "lead.problem": "was longer than 5,000 characters, and was cut",
    }
    assert "secret" not in told.text
    (lead,) = sender.stored(Lead)
    assert (lead.name, lead.email, lead.country, lead.fields) == ("Ivy Chen", None, None, {"colour": "red"})
    assert len(lead.problem or "") == 5000
    assert lead.unread == {"email": "ivy@secret", "country": "Nowhere", "problem": ""}


def test_an_activity_of_an_unknown_kind_leaves_its_lead(sender: Sender) -> None:
    told = sender.posts("/v1/activities", {"id": "1", "kind": "dance", "lead": IVY})
    (lead,) = sender.stored(Lead)
    lost = [{"field": "kind", "reason": "the playbook has no activity called `dance`"}]
    assert (told.status_code, told.json()) == (200, {"lead_id": lead.id, "lost": lost})
    assert sender.stored(Activity) == []


def test_who_can_not_be_found_in_what_is_posted_is_refused_with_every_error(sender: Sender) -> None:
    told = problem(sender.posts("/v1/activities", {"kind": "trial", "lead": {"email": "secret", "size": "many"}}))
    assert told["status"] == 422
    assert [each["field"] for each in told["errors"]] == ["lead.email", "lead.size", "lead"]
    assert "secret" not in json.dumps(told)
    assert sender.stored(Lead) == []


def test_the_same_activity_without_an_id_comes_in_once_a_day(sender: Sender, clock: ManualClock) -> None:
    form = {"kind": "demo-request", "lead": {"name": "Ivy Chen", "phone": "+49 30 1234567"}}
    first = sender.posts("/v1/activities", form).json()
    clock.advance(timedelta(hours=1))
    assert sender.posts("/v1/activities", form).json() == first
    clock.advance(timedelta(days=1))
    assert sender.posts("/v1/activities", form).json() == {**first, "id": first["id"] + 1}
    assert len(sender.stored(Lead)) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_rubbish_is_refused(sender: Sender, body: bytes) -> None:
    assert problem(sender.asks("POST", "/v1/leads", content=body))["status"] == 400


@pytest.mark.parametrize("body", ["null", "5", '"x"', "{}"])
def test_json_that_is_no_lead_is_refused(sender: Sender, body: str) -> None:
    assert problem(sender.asks("POST", "/v1/leads", content=body))["status"] == 422


def test_too_much_is_refused(sender: Sender) -> None:
    assert problem(sender.asks("POST", "/v1/leads", content=b" " * (LARGEST + 1)))["status"] == 413
    assert problem(sender.posts("/v1/leads", [{"id": "1"}] * (MOST_ROWS + 1)))["status"] == 413
    assert sender.stored(Lead) == []


def test_nobody_comes_in_without_a_key_in_force(sender: Sender, clock: ManualClock) -> None:
    for key in ("", "baton_wrong", "é"):
        stranger = Sender(sender.baton, "")
        headers = {"authorization": f"Bearer {key}".encode()} if key else {}
        refused = stranger.asks("POST", "/v1/leads", content="{}", headers=headers)
        assert (problem(refused)["status"], refused.headers["www-authenticate"]) == (401, "Bearer")
    with sender.baton.database.transaction() as session:
        assert api_keys.revoke(session, sender.baton.installations[0].id, "crm", by="unix:ana", now=clock())
    assert sender.posts("/v1/leads", IVY).status_code == 401
    assert sender.stored(Lead) == []


def test_a_key_is_kept_as_a_hash_and_tells_when_it_was_used(sender: Sender, clock: ManualClock) -> None:
    sender.posts("/v1/leads", IVY)
    (kept,) = sender.stored(ApiKey)
    assert sender.key not in {kept.digest, kept.hint}
    assert kept.used_at == clock()


@pytest.mark.parametrize("off", [timedelta(days=1), -timedelta(days=1)], ids=["ahead", "behind"])
def test_a_key_tells_when_it_was_used_also_after_a_clock_that_was_wrong(
    sender: Sender, clock: ManualClock, off: timedelta
) -> None:
    with sender.baton.database.transaction() as session:
        session.query(ApiKey).one().used_at = clock() + off
    sender.posts("/v1/leads", IVY)
    assert [each.used_at for each in sender.stored(ApiKey)] == [clock()]


def test_a_form_posts_what_it_has_with_its_key_in_the_address(sender: Sender) -> None:
    browser = Sender(sender.baton, "")
    form = b"email=ivy%40acme.example&name=Ivy+Chen&company=Acme&message=Reports+take+a+week"
    answer = browser.asks("POST", f"/v1/in/website?key={sender.key}", content=form)
    assert answer.status_code == 200, answer.text
    (activity,) = sender.stored(Activity)
    assert (activity.sender, activity.kind) == ("website", "contact-form")
    assert problem(browser.asks("POST", f"/v1/in/nobody?key={sender.key}", content=form))["status"] == 404
    assert problem(browser.asks("POST", f"/v1/in/website?key={sender.key}", content=b"<x/>"))["status"] == 400


def test_a_key_that_stands_in_a_page_posts_its_form_and_opens_nothing_else(sender: Sender, clock: ManualClock) -> None:
    lead_id = sender.posts("/v1/leads", IVY).json()["id"]
    with sender.baton.database.transaction() as session:
        workspace_id = sender.baton.installations[0].id
        key = api_keys.make(
            session, workspace_id, "website", publishable=True, by="unix:ana", random=lambda: "9876", now=clock()
        )
    reader = Sender(sender.baton, key)
    form = b"email=joe%40acme.example&name=Joe+Doe&message=Call+me"
    answer = reader.asks("POST", f"/v1/in/website?key={key}", content=form)
    assert (answer.status_code, answer.json()) == (
        200,
        {"taken": 1, "refused": 0, "results": [{"index": 0, "status": 200}]},
    )
    for path in (f"/v1/leads/{lead_id}", f"/v1/leads/{lead_id}?key={key}"):
        assert problem(reader.asks("GET", path))["detail"] == (
            "Anybody can read this key, so it can only post to /v1/in/website."
        )
    for path in ("/v1/leads", "/v1/activities", "/v1/in/other"):
        assert problem(reader.posts(path, {"email": "ivy@acme.example", "name": "Changed"}))["status"] == 403
    assert [lead.name for lead in sender.stored(Lead)] == ["Ivy Chen", "Joe Doe"]


def test_a_row_is_told_by_its_place_in_the_payload_whatever_was_left_out(
    sender: Sender, publish: Callable[[str], None]
) -> None:
    publish(
        f"{PLAYBOOK}senders: {{shop: {{name: Shop, each: orders, when: paid, lead: {{email: email}},"
        f" activity: {{kind: {{always: trial}}}}}}}}\n"
    )
    orders = [{"email": "a@acme.example"}, {"paid": True, "email": "?"}, {"paid": True, "email": "b@acme.example"}]
    told = sender.posts("/v1/in/shop", {"orders": orders}).json()
    assert [(each["index"], each["status"]) for each in told["results"]] == [(1, 422), (2, 200)]


def test_whoever_can_sign_needs_no_key(sender: Sender, clock: ManualClock) -> None:
    body = json.dumps({"id": "v1", "kind": "pricing-page", "lead": IVY}).encode()
    sender.baton.intake.callers.secrets_of = {"website": WEBHOOK_SECRET}
    headers = webhook_headers(body, clock(), key=b"a secret of the website")
    stranger = Sender(sender.baton, "")
    assert stranger.asks("POST", "/v1/activities?sender=website", content=body, headers=headers).status_code == 200
    assert stranger.asks("POST", "/v1/activities?sender=other", content=body, headers=headers).status_code == 401
    forged = webhook_headers(body, clock(), key=b"another")
    assert stranger.asks("POST", "/v1/activities?sender=website", content=body, headers=forged).status_code == 401
    clock.advance(timedelta(minutes=6))
    assert stranger.asks("POST", "/v1/activities?sender=website", content=body, headers=headers).status_code == 401
    assert [activity.sender for activity in sender.stored(Activity)] == ["website"]


def test_behind_a_proxy_the_address_that_is_signed_is_the_public_one(
    sender: Sender, publish: Callable[[str], None]
) -> None:
    publish(
        f"{PLAYBOOK}senders: {{hs: {{name: HubSpot, like: hubspot, activity: {{kind: {{always: demo-request}}}}}}}}\n"
    )
    sender.baton.intake.callers.secrets_of = {"hs": "secret"}
    sender.baton.intake.callers.public_url = "https://baton.acme.example/"
    body = json.dumps({"vid": 1, "email": "ivy@acme.example"}).encode()
    said = b"secretPOSThttps://baton.acme.example/v1/in/hs?a=b" + body
    headers = {"x-hubspot-signature-version": "v2", "x-hubspot-signature": hashlib.sha256(said).hexdigest()}
    stranger = Sender(sender.baton, "")
    assert stranger.asks("POST", "/v1/in/hs?a=b", content=body, headers=headers).status_code == 200
    assert stranger.asks("POST", "/v1/in/hs?a=c", content=body, headers=headers).status_code == 401


def test_a_surprise_is_a_problem_with_a_reference_that_is_in_the_log(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise LookupError

    monkeypatch.setattr("handlers.intake.ingest.ingest", broken)
    told = problem(sender.posts("/v1/leads", IVY))
    assert (told["status"], "ref-1" in told["detail"]) == (500, True)
    assert [record.__dict__["reference"] for record in caplog.records if "reference" in record.__dict__] == ["ref-1"]


def test_before_a_playbook_is_published_it_says_so(baton: Baton, clock: ManualClock) -> None:
    with baton.database.transaction() as session:
        key = api_keys.make(
            session, baton.installations[0].id, "crm", by="unix:ana", random=lambda: "0123456789", now=clock()
        )
    assert problem(Sender(baton, key).posts("/v1/leads", IVY))["status"] == 503
    baton.stop()


def test_the_api_is_as_it_describes_itself(sender: Sender, clock: ManualClock) -> None:
    """What schemathesis makes of the description is answered as the description says, whatever it is."""
    # It takes two seconds to import: only the process that runs this test does.
    import schemathesis  # noqa: PLC0415
    from schemathesis.core.result import Ok  # noqa: PLC0415
    from schemathesis.specs.openapi import checks  # noqa: PLC0415

    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", sender.baton.asgi)
    wanted = [
        checks.content_type_conformance,
        checks.response_schema_conformance,
        checks.status_code_conformance,
    ]

    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()

        @hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy())
        def answers_as_described(case: schemathesis.Case[Any]) -> None:
            clock.advance(timedelta(seconds=1))
            response = case.call(headers={"authorization": f"Bearer {sender.key}"})
            case.validate_response(response, checks=wanted)

        answers_as_described()


def test_a_database_that_is_away_is_a_503_that_says_when_to_come_again(
    settings: Settings, sender: Sender, clock: ManualClock
) -> None:
    database = Database(settings.database_url, patience_seconds=0.05)
    impatient = Sender(build(settings, database=database, now=clock), sender.key)
    with away(settings.database_url):
        answer = impatient.posts("/v1/leads", IVY)
        assert (problem(answer)["status"], answer.headers["retry-after"]) == (503, "10")
        assert "reach its database" in problem(answer)["detail"]
    assert impatient.posts("/v1/leads", IVY).status_code == 200
    assert len(impatient.stored(Lead)) == 1
    impatient.baton.stop()
