"""Whether a sender signed what came: the schemes that senders have, each as its documentation says.

Comparisons take the same time whatever is compared. Where a scheme has a time, what is more than five minutes off is
refused.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from qualification.rules.playbook.known_senders import Signature

OLDEST: Final = timedelta(minutes=5)
# The schemes that sign the address too.
SIGNS_ADDRESS: Final = frozenset({Signature.HUBSPOT})

_LONGEST_STAMP: Final = 15
_LONGEST_HEADER: Final = 300
# What HubSpot decodes in the address before it signs; everything else stays as it is written there.
_DECODED: Final[Mapping[str, str]] = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it came; names of headers in lower case."""

    headers: Mapping[str, str]
    body: bytes
    url: str
    method: str
    now: datetime


def verify(
    scheme: Signature, secret: str, *, headers: Mapping[str, str], body: bytes, url: str, method: str, now: datetime
) -> bool:
    """Tell whether `body` was signed with `secret` by that scheme, at about `now`; without a secret nothing was.

    `url` is the address that the sender has, with its scheme and query; only the schemes in SIGNS_ADDRESS look at it.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    return bool(secret) and _SCHEMES[scheme](secret, Signed(lower, body, url, method, now))


def signed_id(scheme: Signature, headers: Mapping[str, str]) -> str | None:
    """Return the id of the delivery if the signature covers it; anybody may add other headers to a captured request."""
    return headers.get("webhook-id") or None if scheme is Signature.STANDARD else None


def _standard(secret: str, signed: Signed) -> bool:
    """Standard Webhooks 1.0.0: github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.

    Its library signs; its own `verify` reads the machine's clock, and not the time it is given.
    """
    name, stamp = signed.headers.get("webhook-id", ""), signed.headers.get("webhook-timestamp", "")
    if not name or not _is_recent(stamp, signed.now):
        return False
    try:
        expected = Webhook(secret).sign(name, datetime.fromtimestamp(int(stamp), UTC), signed.body.decode())
    except (EmptyWebhookSecretError, ValueError):
        return False
    return any(_same(expected, given) for given in signed.headers.get("webhook-signature", "").split())


def _hubspot(secret: str, signed: Signed) -> bool:
    """HubSpot v3, or v2 where that is all there is: workflows may send it, and it has no time.

    developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
    """
    if "x-hubspot-signature-v3" not in signed.headers and signed.headers.get("x-hubspot-signature-version") == "v2":
        said = f"{secret}{signed.method.upper()}{signed.url}".encode() + signed.body
        return _same(hashlib.sha256(said).hexdigest(), signed.headers.get("x-hubspot-signature", ""))
    stamp = signed.headers.get("x-hubspot-request-timestamp", "")
    url = signed.url
    for written, meant in _DECODED.items():
        url = url.replace(written, meant).replace(written.lower(), meant)
    expected = _hmac(secret.encode(), f"{signed.method.upper()}{url}".encode() + signed.body + stamp.encode())
    matches = _same(expected, signed.headers.get("x-hubspot-signature-v3", ""))
    return _is_recent(stamp, signed.now, milliseconds=True) and matches


def _typeform(secret: str, signed: Signed) -> bool:
    """Typeform, which signs no time: www.typeform.com/developers/webhooks/secure-your-webhooks/."""
    return _same(f"sha256={_hmac(secret.encode(), signed.body)}", signed.headers.get("typeform-signature", ""))


def _tally(secret: str, signed: Signed) -> bool:
    """Tally, which signs no time: tally.so/help/webhooks."""
    return _same(_hmac(secret.encode(), signed.body), signed.headers.get("tally-signature", ""))


def _webflow(secret: str, signed: Signed) -> bool:
    """Webflow: developers.webflow.com/data/docs/working-with-webhooks, "Validating request signatures"."""
    stamp = signed.headers.get("x-webflow-timestamp", "")
    expected = _hex_hmac(secret.encode(), stamp.encode() + b":" + signed.body)
    matches = _same(expected, signed.headers.get("x-webflow-signature", ""))
    return _is_recent(stamp, signed.now, milliseconds=True) and matches


def _calendly(secret: str, signed: Signed) -> bool:
    """Calendly: developer.calendly.com/api-docs/overview/webhooks/webhook-signatures: t=seconds,v1=signature."""
    header = signed.headers.get("calendly-webhook-signature", "")[:_LONGEST_HEADER]
    said = dict(part.strip().partition("=")[::2] for part in header.split(","))
    stamp = said.get("t", "")
    expected = _hex_hmac(secret.encode(), stamp.encode() + b"." + signed.body)
    return _is_recent(stamp, signed.now) and _same(expected, said.get("v1", ""))


def _hex_hmac(key: bytes, message: bytes) -> str:
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def _hmac(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode(errors="replace"))


def _is_recent(stamp: str, now: datetime, *, milliseconds: bool = False) -> bool:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= _LONGEST_STAMP):
        return False
    seconds = int(stamp) / (1000 if milliseconds else 1)
    return abs(now.timestamp() - seconds) <= OLDEST.total_seconds()


_SCHEMES: Final[Mapping[Signature, Callable[[str, Signed], bool]]] = {
    Signature.STANDARD: _standard,
    Signature.HUBSPOT: _hubspot,
    Signature.TYPEFORM: _typeform,
    Signature.TALLY: _tally,
    Signature.WEBFLOW: _webflow,
    Signature.CALENDLY: _calendly,
}
