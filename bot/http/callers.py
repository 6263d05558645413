"""Who posts: found by API key before the body is read, or by the signature of the body; and how often they may."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from starlette.requests import Request

from bot.database import Database
from bot.http import signatures
from bot.http.addresses import counted_as
from bot.http.permits import Allowances, Permits
from bot.http.request_body import LARGEST, LARGEST_FORM
from bot.http.wrong_keys import WrongKeys
from bot.slack.installations import Installation
from handlers.intake import Answer, problem
from qualification.intake import api_keys
from qualification.playbook import playbooks
from qualification.records import ApiKey
from qualification.rules.intake.payloads import OF_A_FORM, OF_A_SENDER, Bounds
from qualification.rules.playbook.known_senders import Signature

log = logging.getLogger(__name__)

BEARER: Final = "bearer "
# What is said to a sender whose signature covers an address that nobody told us.
UNKNOWN_ADDRESS: Final = "%s signs the address that it posts to. Set PUBLIC_URL to the address that senders use."
# What is said where a page holds a key that opens more than its form.
OPEN_KEY: Final = (
    "The key of %s is in a public page, and it is not a publishable one: whoever opens the page can use it. "
    "Revoke it, and make one for the page: baton keys make NAME --publishable."
)


class Refused(Exception):
    """A request that goes no further, with the answer to it."""

    def __init__(self, answer: Answer) -> None:
        """Keep the answer; `caller` is whose page was refused, if that is known."""
        super().__init__(str(answer.body.get("detail", "")))
        self.answer = answer
        self.caller: Caller | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """A sender, and the installation that it posts to; `is_anybody` marks a key that anybody can read in a page.

    `delivery_id` is the sender's own id of this delivery; of a signed request it is one that the signature covers.
    `readable_by` is the origin of the page that may read the answer, where the key lists it.
    """

    installation: Installation
    name: str
    is_anybody: bool = False
    delivery_id: str | None = None
    readable_by: str | None = None

    @property
    def largest(self) -> int:
        """The bytes that a body of this caller may have."""
        return LARGEST_FORM if self.is_anybody else LARGEST

    @property
    def bounds(self) -> Bounds:
        """How much a body of this caller may hold."""
        return OF_A_FORM if self.is_anybody else OF_A_SENDER


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request says before its body: its key, or else who signs; `address` is what it is counted by.

    `named` is the sender in the path, whose own signature counts; `signer` the one that the request names either way.
    `delivery_id` is believed beside a key alone, and `reads` marks a request that stores nothing. `host` is the address
    itself. `origin` is that of the page that posts, and `is_open` marks a key that everybody who opens the page can
    read: it stands in an address or a field of a browser's request.
    """

    key: str
    signer: str
    named: str | None
    host: str
    address: str
    delivery_id: str | None
    reads: bool
    origin: str | None = None
    is_open: bool = False

    @classmethod
    def of(cls, request: Request, named: str | None) -> "Credentials":
        """Read them from the headers and the query."""
        given = request.headers.get("authorization", "")
        in_header = given.lower().startswith(BEARER)
        key = given[len(BEARER) :].strip() if in_header else request.query_params.get("key", "")
        origin = request.headers.get("origin")
        signer = named or request.query_params.get("sender", "")
        host = request.client.host if request.client else ""
        delivery_id = request.headers.get("webhook-id") or request.headers.get("idempotency-key")
        reads, is_open = request.method in {"GET", "HEAD"}, not in_header and origin is not None
        return cls(key, signer, named, host, counted_as(host), delivery_id, reads, origin, is_open)

    def with_field(self, key: str) -> "Credentials":
        """Return them with the key that was in a field of the form."""
        return replace(self, key=key, is_open=True)


@dataclass
class Callers:
    """Finds who posts. All calls but `expect_signature` read the database, so they belong in a thread.

    An API key belongs to one of the installations `served`; a signed request is for the first of them.
    """

    database: Database
    served: Sequence[Installation]
    secrets_of: Mapping[str, str]
    now: Callable[[], datetime]
    public_url: str | None
    permits: Permits
    allowances: Allowances = field(default_factory=Allowances)
    _wrong: WrongKeys = field(init=False)

    def __post_init__(self) -> None:
        """Know no address yet."""
        self._wrong = WrongKeys(self.now)

    def by_key(self, credentials: Credentials) -> Caller:
        """Find the caller by API key, and count the request. Raises Refused."""
        self._expect_patience(credentials, credentials.key)
        with self.database.snapshot() as session:
            for installation in self.served:
                known = api_keys.sender_of(session, installation.id, credentials.key)
                if known is not None:
                    break
            else:
                raise self._wrong_guess(credentials)
        self._wrong.right(credentials.address, credentials.key)
        caller = Caller(installation, known.name, is_anybody=known.publishable, delivery_id=credentials.delivery_id)
        if known.publishable and api_keys.limits_of(known).lists(credentials.origin):
            caller = replace(caller, readable_by=credentials.origin)
        try:
            self._count(caller, f"key:{known.id}", credentials.address)
            self._expect_rights(known, credentials)
        except Refused as refused:
            refused.caller = caller if caller.is_anybody else None
            raise
        if api_keys.is_use_to_be_noted(known, self.now()):
            with self.database.transaction() as session:
                api_keys.note_use(session, known.workspace_id, known.id, now=self.now())
        return caller

    def may_ask(self, credentials: Credentials) -> bool:
        """Say whether a page of the request's origin may post to the sender named: the answer to a preflight.

        A preflight carries no key, so the origins count of every publishable key that the sender has. Raises Refused.
        """
        self._expect_patience(credentials, "")
        if credentials.named is None or credentials.origin is None:
            return False
        for installation in self.served:
            wait = self.permits.take(installation.id, f"preflight:{credentials.address}", self.allowances.form_address)
            if wait is not None:
                raise too_often("Too many requests.", wait)
            with self.database.snapshot() as session:
                if api_keys.lists_origin(session, installation.id, credentials.named, credentials.origin):
                    return True
        return False

    def signs(self, credentials: Credentials) -> bool:
        """Say whether the sender named has a secret to sign with."""
        return bool(self.secrets_of.get(credentials.signer))

    def expect_patience(self, credentials: Credentials) -> None:
        """Let the body be read of a form that has its key in a field. Raises Refused."""
        self._expect_patience(credentials, "")

    def expect_signature(self, credentials: Credentials) -> None:
        """Let the body be read of a request whose sender has a secret. Raises Refused.

        No signature lets anybody read: Standard Webhooks covers neither method nor path, so whoever captured a post
        could ask for every lead with it.
        """
        if credentials.reads:
            raise Refused(problem(401, "A signature lets nobody read: send an API key as Authorization: Bearer …."))
        if not self.secrets_of.get(credentials.signer):
            # Nothing was guessed, so it is no wrong guess: a crawler would make everybody at its address pause.
            raise unauthorised()
        self._expect_patience(credentials, _signed_by(credentials))

    def by_signature(self, credentials: Credentials, request: Request, body: bytes) -> Caller:
        """Find the caller by the signature of the body, and count the request. Raises Refused."""
        caller = Caller(self.served[0], credentials.signer)
        scheme = self._scheme(caller) if credentials.named else Signature.STANDARD
        headers = dict(request.headers)
        genuine = signatures.verify(
            scheme,
            self.secrets_of.get(credentials.signer, ""),
            headers=headers,
            body=body,
            url=self._url(request, caller) if scheme in signatures.SIGNS_ADDRESS else "",
            method=request.method,
            now=self.now(),
        )
        if not genuine:
            raise self._wrong_guess(credentials)
        self._wrong.right(credentials.address, _signed_by(credentials))
        self._count(caller, f"sender:{caller.name}", credentials.address)
        return replace(caller, delivery_id=signatures.signed_id(scheme, headers))

    def _expect_rights(self, key: ApiKey, credentials: Credentials) -> None:
        """Refuse what the key is not for; its address first, so that elsewhere nothing more is learnt about it."""
        limits = api_keys.limits_of(key)
        if not limits.admits(credentials.host):
            raise Refused(problem(403, "This key can't be used from this address."))
        if not key.publishable and credentials.is_open:
            log.warning(OPEN_KEY, key.name, extra={"action": "intake", "workspace": key.workspace_id})
            raise Refused(problem(403, OPEN_KEY % key.name))
        if not limits.admits_origin(credentials.origin):
            raise Refused(problem(403, "This key can't be used on this page."))
        if limits.has_expired(self.now()):
            raise Refused(problem(401, f"This key expired on {limits.expires_at:%Y-%m-%d at %H:%M} UTC."))
        if not api_keys.opens(key, credentials.named):
            raise Refused(problem(403, f"Anybody can read this key, so it can only post to /v1/in/{key.name}."))
        if credentials.reads and not limits.may_read:
            raise Refused(problem(403, "This key may not read."))
        if not credentials.reads and not limits.may_post:
            raise Refused(problem(403, "This key may not post."))

    def _expect_patience(self, credentials: Credentials, credential: str) -> None:
        wait = self._wrong.pause(credentials.address, credential)
        if wait is not None:
            raise too_often("Too many wrong keys or signatures came from this address.", wait)

    def _wrong_guess(self, credentials: Credentials) -> Refused:
        self._wrong.wrong(credentials.address)
        return unauthorised()

    def _count(self, caller: Caller, subject: str, address: str) -> None:
        """Take the permits of the address first: whoever has none left takes none of the key's."""
        may = self.allowances
        of_address, of_key = (may.form_address, may.form_key) if caller.is_anybody else (may.address, may.key)
        kind = "form-address" if caller.is_anybody else "address"
        for counted, allowed in ((f"{kind}:{address}", of_address), (subject, of_key)):
            wait = self.permits.take(caller.installation.id, counted, allowed)
            if wait is not None:
                raise too_often("Too many requests.", wait)

    def _url(self, request: Request, caller: Caller) -> str:
        """Return the address that the sender posted to. Raises Refused without PUBLIC_URL.

        The Host header doesn't tell it: whoever posts writes what they like there.
        """
        if self.public_url is None:
            log.warning(UNKNOWN_ADDRESS, caller.name, extra={"action": "intake", "workspace": caller.installation.id})
            raise Refused(problem(503, UNKNOWN_ADDRESS % caller.name))
        path, query = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")
        return f"{self.public_url.rstrip('/')}{path}{f'?{query}' if query else ''}"

    def _scheme(self, caller: Caller) -> Signature:
        with self.database.snapshot() as session:
            sender = playbooks.current(session, caller.installation.id).playbook.sender(caller.name)
        return (sender.signed if sender else None) or Signature.STANDARD


def too_often(sentence: str, seconds: int, status: int = 429) -> Refused:
    """Refuse a request for so many seconds."""
    return Refused(Answer(status, {**problem(status, sentence).body, "retry_after": seconds}))


def unauthorised() -> Refused:
    """Refuse a request that doesn't say who posts."""
    return Refused(problem(401, "Send an API key as Authorization: Bearer …, or sign the request."))


def _signed_by(credentials: Credentials) -> str:
    """Return what stands for a signer among keys."""
    return f"signed by {credentials.signer}"
