"""Whether a sender signed what came, against signatures made by a few lines of their own."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.http.signatures import verify
from qualification.rules.playbook.known_senders import Signature

NOW = datetime(2026, 2, 24, 10, tzinfo=UTC)
URL = "https://baton.northwind.example/intake/hubspot?team=emea"
BODY = '{"email": "léa@contoso.example"}'.encode()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def digest(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()


def hex_digest(message: bytes) -> str:
    return hmac.digest(SECRET.encode(), message, hashlib.sha256).hex()


def signed(scheme: Signature, at: datetime = NOW, *, body: bytes = BODY, url: str = URL) -> dict[str, str]:
    """Sign as that sender does."""
    if scheme is Signature.STANDARD:
        stamp = str(int(at.timestamp()))
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        signature = "v1," + digest(key, b"msg_1." + stamp.encode() + b"." + body)
        return {"Webhook-Id": "msg_1", "Webhook-Timestamp": stamp, "Webhook-Signature": signature}
    if scheme is Signature.HUBSPOT:
        stamp = str(int(at.timestamp() * 1000))
        signature = digest(SECRET.encode(), b"POST" + url.encode() + body + stamp.encode())
        return {"X-HubSpot-Request-Timestamp": stamp, "X-HubSpot-Signature-v3": signature}
    if scheme is Signature.WEBFLOW:
        stamp = str(int(at.timestamp() * 1000))
        return {"X-Webflow-Timestamp": stamp, "X-Webflow-Signature": hex_digest(stamp.encode() + b":" + body)}
    if scheme is Signature.CALENDLY:
        stamp = str(int(at.timestamp()))
        return {"Calendly-Webhook-Signature": f"t={stamp},v1={hex_digest(stamp.encode() + b'.' + body)}"}
    if scheme is Signature.TALLY:
        return {"Tally-Signature": digest(SECRET.encode(), body)}
    return {"Typeform-Signature": "sha256=" + digest(SECRET.encode(), body)}


def is_genuine(
    scheme: Signature, headers: Mapping[str, str], *, secret: str = SECRET, body: bytes = BODY, url: str = URL
) -> bool:
    return verify(scheme, secret, headers=headers, body=body, url=url, method="POST", now=NOW)


@pytest.mark.parametrize("scheme", Signature)
def test_what_was_signed_is_genuine_and_nothing_else_is(scheme: Signature) -> None:
    headers = signed(scheme)
    assert is_genuine(scheme, headers)
    assert is_genuine(scheme, {name.lower(): value for name, value in headers.items()})
    assert not is_genuine(scheme, headers, body=BODY + b" ")
    assert not is_genuine(scheme, headers, secret="whsec_" + base64.b64encode(b"another").decode())
    assert not is_genuine(scheme, headers, secret="")
    assert not is_genuine(scheme, {})
    for name in headers:
        assert not is_genuine(scheme, {**headers, name: ""}), name
        assert not is_genuine(scheme, {**headers, name: headers[name] + "\N{LATIN SMALL LETTER E WITH ACUTE}"}), name


@pytest.mark.parametrize("scheme", [Signature.STANDARD, Signature.HUBSPOT, Signature.WEBFLOW, Signature.CALENDLY])
@pytest.mark.parametrize("off", [timedelta(minutes=-5, seconds=-1), timedelta(minutes=5, seconds=1)])
def test_what_was_signed_long_ago_or_is_yet_to_come_is_refused(scheme: Signature, off: timedelta) -> None:
    assert not is_genuine(scheme, signed(scheme, NOW + off))
    assert is_genuine(scheme, signed(scheme, NOW + off * 0.9))


def test_hubspot_signs_the_address_it_has_with_some_of_its_signs_decoded() -> None:
    headers = signed(Signature.HUBSPOT, url="https://baton.northwind.example/in?to=a@b&%20x=(1)")
    assert is_genuine(Signature.HUBSPOT, headers, url="https://baton.northwind.example/in?to=a%40b&%20x=%281%29")
    assert not is_genuine(Signature.HUBSPOT, headers, url="http://baton.northwind.example/in?to=a@b&%20x=(1)")


def test_of_several_standard_signatures_one_is_enough_and_its_version_counts() -> None:
    headers = signed(Signature.STANDARD)
    good = headers["Webhook-Signature"]
    another = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
    assert is_genuine(Signature.STANDARD, {**headers, "Webhook-Signature": f"{another} {good}"})
    assert not is_genuine(Signature.STANDARD, {**headers, "Webhook-Signature": good.replace("v1,", "v2,")})
    assert not is_genuine(Signature.STANDARD, headers, secret="whsec_no base64")


def test_the_example_of_standard_webhooks_own_library_is_genuine() -> None:
    """github.com/standard-webhooks/standard-webhooks, libraries/python/tests/test_webhooks.py."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)
    body = b'{"test": 2432232314}'
    assert verify(Signature.STANDARD, SECRET, headers=headers, body=body, url=URL, method="POST", now=at)


def test_the_older_signature_of_hubspot_is_taken_where_there_is_no_newer_one() -> None:
    """The secret, address and signature of developers.hubspot.com/docs/faq/v2-request-validation."""
    secret, url = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", "https://www.example.com/webhook_uri"
    signature = "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"
    headers = {"X-HubSpot-Signature-Version": "v2", "X-HubSpot-Signature": signature}

    def is_taken(headers: Mapping[str, str], url: str = url) -> bool:
        return verify(Signature.HUBSPOT, secret, headers=headers, body=b"", url=url, method="GET", now=NOW)

    assert is_taken(headers)
    assert not is_taken(headers, url=f"{url}s")
    assert not is_taken({**headers, "X-HubSpot-Signature-v3": "x"})
    assert not is_taken({**headers, "X-HubSpot-Signature-Version": "v1"})


def test_the_example_of_hubspots_own_client_is_genuine() -> None:
    """github.com/HubSpot/hubspot-api-python, tests/spec/utils/test_signature.py."""
    assert verify(
        Signature.HUBSPOT,
        "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        headers={
            "x-hubspot-request-timestamp": "15000000",
            "x-hubspot-signature-v3": "HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw=",
        },
        body=b"{'example_field':'example_value'}",
        url="https://www.example.com/webhook_uri",
        method="POST",
        now=datetime.fromtimestamp(15000, UTC),
    )


@pytest.mark.parametrize("scheme", Signature)
@given(st.lists(st.text(max_size=20), min_size=5, max_size=5), st.binary(max_size=20), st.text(max_size=20))
def test_no_header_body_or_secret_is_too_odd_to_be_refused(
    scheme: Signature, values: list[str], body: bytes, secret: str
) -> None:
    names = sorted({name for each in Signature for name in signed(each)})
    assert not is_genuine(scheme, dict(zip(names, values, strict=False)), secret=secret, body=body)
