"""The environment, read once into a frozen object; every fault is named at once."""

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Final

import dotenv
from sqlalchemy.exc import ArgumentError

from bot.database import database_url as url_of
from qualification.rules.leads.suppression import PersonalKey

LOG_FORMATS: Final = ("text", "json")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
# Characters of BATON_KEY: 32 in hexadecimal are 128 bits.
SHORTEST_KEY: Final = 32
HIGHEST_PORT: Final = 65535
# Names of ours begin like this, and by how much another may differ and still be taken for a slip of the pen.
PREFIXES: Final = ("SLACK_", "INTAKE_", "LOG_", "METRICS_", "BATON_")
PREFIXED: Final = 0.6
NEAR: Final = 0.75
ALL_BUT_RIGHT: Final = 0.85
# Shorter names are near to too many others: HOST to HOSTS, PORT to POST.
LONG_NAME: Final = 8


class SettingsFaults(Exception):
    """The environment does not make a working bot; `faults` has a sentence for each reason."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        """Keep every fault; the text has one a line."""
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says; secrets stay out of its repr.

    `bot_token` is empty only where `read` was told that Slack is not called. Without `app_token` Slack must reach
    /slack/events, and `signing_secret` is there. `slack_api_url` ends in a slash. Without `metrics_token` there are no
    metrics.
    """

    database_url: str = field(repr=False)
    bot_token: str = field(default="", repr=False)
    app_token: str | None = field(default=None, repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    slack_api_url: str = "https://slack.com/api/"
    intake_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    public_url: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 3000
    log_format: str = "text"
    log_level: str = "info"
    metrics_token: str = field(default="", repr=False)
    personal_key: PersonalKey | None = field(default=None, repr=False)

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is a file of this machine, which one process has to itself."""
        return url_of(self.database_url).get_backend_name() == "sqlite"


@dataclass(frozen=True, slots=True)
class Setting:
    """One name in the environment: what it is for, its default ("" is none), whether it must not be shown."""

    name: str
    purpose: str
    default: str = ""
    secret: bool = False


SETTINGS: Final = (
    Setting("SLACK_BOT_TOKEN", "The app's bot token, xoxb-…", secret=True),
    Setting("SLACK_APP_TOKEN", "The app-level token of Socket Mode, xapp-…", secret=True),
    Setting("SLACK_SIGNING_SECRET", "Proves that a request comes from Slack", secret=True),
    Setting("DATABASE_URL", "Where the records are", default="sqlite:///baton.db", secret=True),
    Setting("INTAKE_SECRETS", "What senders sign with: website=whsec_…,demo-form=…", secret=True),
    Setting("PUBLIC_URL", "The address that senders use, such as https://baton.acme.example: HubSpot signs it"),
    Setting("TRUSTED_PROXIES", "The proxies before it, whose X-Forwarded-For says who the client is: 10.0.0.0/8,…"),
    Setting("HOST", "The address that HTTP listens on", default="127.0.0.1"),
    Setting("PORT", "The port that HTTP listens on", default="3000"),
    Setting("LOG_FORMAT", "text or json", default="text"),
    Setting("LOG_LEVEL", "debug, info, warning or error", default="info"),
    Setting("METRICS_TOKEN", "Opens /metrics to whoever sends it as Authorization: Bearer …", secret=True),
    Setting("BATON_KEY", "Hashes people who were erased, so that they are known if they come back", secret=True),
    Setting("SLACK_API_URL", "Slack's Web API, or another's that answers like it", default="https://slack.com/api/"),
)


def stored(file: Path) -> dict[str, str]:
    """Read a .env, which may be missing."""
    return {name: value for name, value in dotenv.dotenv_values(file).items() if value is not None}


def environment(process: Mapping[str, str], file: Path) -> dict[str, str]:
    """Lay the process's environment over what `file` (a .env, which may be missing) says."""
    return {**stored(file), **process}


def read_settings(environ: Mapping[str, str], *, slack: bool = True, in_file: Collection[str] = ()) -> Settings:
    """Read the settings from `environ`; with `slack` false the tokens may be missing.

    `in_file` holds the names that stand in .env: of these, more are taken for slips than of the process's own.
    Raises SettingsFaults with every fault at once.
    """
    reading = _Reading(environ)
    reading.misspelt(in_file)
    bot_token = reading.token("SLACK_BOT_TOKEN", "xoxb-")
    app_token = reading.token("SLACK_APP_TOKEN", "xapp-")
    signing_secret = reading.text("SLACK_SIGNING_SECRET")
    if slack:
        if not reading.given("SLACK_BOT_TOKEN"):
            reading.missing("SLACK_BOT_TOKEN", "it is on the app's page under OAuth & Permissions, once installed")
        if not reading.given("SLACK_APP_TOKEN") and not signing_secret:
            reading.missing(
                "SLACK_APP_TOKEN",
                "it is on the app's page under Basic Information, App-Level Tokens, with connections:write; "
                "or set SLACK_SIGNING_SECRET to be called over HTTP",
            )
    settings = Settings(
        database_url=reading.checked("DATABASE_URL", _database_fault),
        bot_token=bot_token,
        app_token=app_token or None,
        signing_secret=signing_secret or None,
        slack_api_url=reading.checked("SLACK_API_URL", _address_fault).rstrip("/") + "/",
        intake_secrets=reading.pairs("INTAKE_SECRETS"),
        public_url=reading.checked("PUBLIC_URL", _address_fault) if reading.given("PUBLIC_URL") else None,
        trusted_proxies=reading.networks("TRUSTED_PROXIES"),
        host=reading.text("HOST"),
        port=reading.port("PORT"),
        log_format=reading.choice("LOG_FORMAT", LOG_FORMATS),
        log_level=reading.choice("LOG_LEVEL", LOG_LEVELS),
        metrics_token=reading.text("METRICS_TOKEN"),
        personal_key=reading.personal_key("BATON_KEY"),
    )
    if reading.faults:
        raise SettingsFaults(tuple(reading.faults))
    return settings


def _nearest(name: str, likeness: float) -> str | None:
    """Give the setting whose name is the most like this one; None where none is so alike."""
    found = difflib.get_close_matches(name.upper(), [setting.name for setting in SETTINGS], 1, likeness)
    return found[0] if found else None


def _database_fault(text: str) -> str | None:
    """Say what is wrong with a database's address; None when nothing is."""
    try:
        url_of(text)
    except (ArgumentError, ValueError):
        return "must be an address such as sqlite:///baton.db or postgresql://baton@db/baton"
    return None


def _address_fault(text: str) -> str | None:
    """Say what is wrong with a web address; None when nothing is."""
    return None if text.startswith(("https://", "http://")) else "must begin with https:// or http://"


class _Reading:
    """One reading of the environment, and the faults met on the way."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []
        self.defaults = {setting.name: setting.default for setting in SETTINGS}

    def given(self, name: str) -> bool:
        """Tell whether anything stands there; spaces are nothing."""
        return bool(self.environ.get(name, "").strip())

    def text(self, name: str) -> str:
        """Give the trimmed text, or the default where there is none."""
        return self.environ.get(name, "").strip() or self.defaults[name]

    def misspelt(self, in_file: Collection[str]) -> None:
        """Note the names that look like a setting's and are none, each with the nearest right one.

        In .env whatever is near, or has a prefix of ours, is meant for us. The process's environment is everybody's:
        there a name must be all but right, and the setting that it resembles not be set.
        """
        for name in self.environ:
            if name in self.defaults:
                continue
            if name in in_file:
                near = _nearest(name, PREFIXED if name.upper().startswith(PREFIXES) else NEAR)
                if near is not None:
                    self.faults.append(
                        f"{name} in .env is not a setting. Did you mean {near}? Correct it, or remove it."
                    )
            elif len(name) >= LONG_NAME:
                near = _nearest(name, ALL_BUT_RIGHT)
                if near is not None and not self.given(near):
                    self.faults.append(
                        f"{name} is set, but the setting is called {near}. Rename it, or set {near} too."
                    )

    def missing(self, name: str, where: str) -> None:
        """Note that a setting is needed, and where it is found."""
        self.faults.append(f"{name} is missing: {where}.")

    def token(self, name: str, prefix: str) -> str:
        """Give a token, which has its prefix and no blanks; the fault never quotes it."""
        token = self.text(name)
        if token and (not token.startswith(prefix) or len(token.split()) > 1):
            self.faults.append(f"{name} does not look right: such a token begins with {prefix} and has no spaces.")
        return token

    def checked(self, name: str, fault_of: Callable[[str], str | None]) -> str:
        """Give the text that `fault_of` finds nothing wrong with."""
        text = self.text(name)
        fault = fault_of(text)
        if fault is not None:
            self.faults.append(f"{name} {fault}.")
        return text

    def pairs(self, name: str) -> dict[str, str]:
        """Give a secret for each sender, written sender=secret and parted by commas; the fault never quotes them."""
        pairs = [each.strip().partition("=") for each in self.text(name).split(",") if each.strip()]
        if any(not (sender and equals and secret) for sender, equals, secret in pairs):
            self.faults.append(f"{name} does not look right: write sender=secret, and a comma between two of them.")
        return {sender.strip(): secret.strip() for sender, _, secret in pairs}

    def networks(self, name: str) -> tuple[str, ...]:
        """Give addresses and networks, parted by commas."""
        written = [each.strip() for each in self.text(name).split(",") if each.strip()]
        for each in written:
            try:
                ip_network(each)
            except ValueError as error:
                example = "write addresses, and networks such as 10.0.0.0/8, with a comma between two of them"
                self.faults.append(f"{name}: {error}; {example}.")
        return tuple(written)

    def personal_key(self, name: str) -> PersonalKey | None:
        """Give the key that hashes people; a short one could be guessed. The fault never quotes it."""
        text = self.text(name)
        if text and len(text) < SHORTEST_KEY:
            self.faults.append(f"{name} is too short: baton init makes one of {2 * SHORTEST_KEY} characters.")
        return PersonalKey(text.encode()) if text else None

    def port(self, name: str) -> int:
        """Give a port's number; 0 lets the system choose one."""
        text = self.text(name)
        if text.isascii() and text.isdecimal() and int(text) <= HIGHEST_PORT:
            return int(text)
        self.faults.append(f"{name} must be a whole number from 0 to {HIGHEST_PORT}.")
        return 0

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Give one of the choices, in lower case."""
        text = self.text(name).lower()
        if text not in choices:
            self.faults.append(f"{name} must be one of {', '.join(choices)}.")
        return text
